"""Who contacts say they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from markets import history, world

from leadscore.sandbox.marketprofile import Names, company_city, company_domain, company_name


@pytest.fixture(scope="module")
def told() -> pd.DataFrame:
    return history()


@pytest.fixture(scope="module")
def contacts() -> pd.DataFrame:
    return world().contacts


def test_all_mail_addresses_are_unique_and_reserved(contacts: pd.DataFrame) -> None:
    mails = contacts["email"]
    assert mails.is_unique
    assert mails.str.fullmatch(r"[a-z]+\.\d+@[a-z0-9]+\.example").all()
    domains = history("companies").query("property == 'domain'")["value"]
    assert domains.is_unique
    assert domains.str.endswith(".example").all()


def test_some_write_from_free_mail_and_hide_their_company(contacts: pd.DataFrame) -> None:
    free = contacts["hs_email_domain"].str.endswith("mail.example")
    assert 0.1 < free.mean() < 0.3
    assert contacts.loc[free, ["company", "associatedcompanyid"]].isna().all(axis=None)
    assert contacts.loc[~free, "associatedcompanyid"].notna().all()


@pytest.mark.parametrize("letter", ["ü", "É", "Ł", "佐", "Δ", "Ш", "ح", "श"])
def test_names_are_of_several_scripts(contacts: pd.DataFrame, letter: str) -> None:
    names = contacts["firstname"].str.cat(contacts["lastname"])
    assert names.str.contains(letter).any()


def test_a_longer_form_fills_more_fields(told: pd.DataFrame) -> None:
    at_once = told[told["at"] == told["created"]]
    form = at_once[at_once["property"] == "first_conversion_event_name"].set_index("id")["value"]
    known = set(at_once[at_once["property"] == "jobtitle"]["id"])
    by_form = form.index.to_series().isin(known).groupby(form.str.split(":").str[0]).mean()
    assert by_form["Newsletter"] < by_form["E-book"] < by_form["Contact us"]


def test_an_import_tells_older_facts_in_one_entry_of_its_own_date(told: pd.DataFrame) -> None:
    found = told[(told["source"] == "IMPORT") & (told["property"] == "contract_end_date")]
    assert (found["at"] == found["created"]).all()
    assert (pd.to_datetime(found["value"]).astype("int64") // 10**6 < found["at"]).mean() > 0.1
    many = told[(told["source"] == "IMPORT") & (told["property"] == "email")]
    assert many["created"].value_counts().max() > 5


def test_a_company_keeps_its_name_and_place_whoever_asks() -> None:
    plan = world(contacts=600).plan
    names, again = Names(plan.seed, plan.who), Names(plan.seed, plan.who)
    every, some = np.arange(len(plan.who.country)), np.array([40, 3, 3])
    for told_of in (company_name, company_city, company_domain):
        assert told_of(names, every)[some].tolist() == told_of(again, some).tolist()
    assert len(set(company_domain(names, every))) == len(every)
