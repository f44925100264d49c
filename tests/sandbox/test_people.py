"""People and companies: invented, from several countries, consistent with each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from leadscore.sandbox.people import COUNTRIES, SENIORITIES, SIZES, companies, people


@pytest.fixture(scope="module")
def firms() -> pd.DataFrame:
    return companies(np.random.default_rng(0), 4000)


@pytest.fixture(scope="module")
def staff(firms: pd.DataFrame) -> pd.DataFrame:
    return people(np.random.default_rng(1), firms)


def test_there_are_half_as_many_companies_as_contacts(firms: pd.DataFrame) -> None:
    assert len(firms) == 2000
    assert len(companies(np.random.default_rng(0), 1)) == 1


def test_every_country_has_a_title_for_every_rank() -> None:
    for country in COUNTRIES:
        assert len(country.titles) == len(SENIORITIES), country.name
        assert all(word.strip() == word != "" for rank in country.titles for word in rank)


def test_companies_are_of_all_sizes_and_countries(firms: pd.DataFrame) -> None:
    assert firms["size"].nunique() == len(SIZES)
    assert firms["country"].nunique() == len(COUNTRIES)


def test_a_city_lies_in_its_company_s_country(firms: pd.DataFrame) -> None:
    for code, city in zip(firms["country"], firms["city"], strict=True):
        assert city in COUNTRIES[code].cities


def test_domains_are_unique_and_reserved(firms: pd.DataFrame) -> None:
    assert firms["domain"].is_unique
    assert firms["domain"].str.fullmatch(r"[a-z]+\d+\.example").all()


def test_a_job_title_is_of_the_country_and_rank(firms: pd.DataFrame, staff: pd.DataFrame) -> None:
    rows = zip(firms["country"], staff["seniority"], staff["jobtitle"], strict=True)
    assert all(title in COUNTRIES[code].titles[rank] for code, rank, title in rows)


def test_private_addresses_are_at_a_free_mail_host(staff: pd.DataFrame) -> None:
    assert staff["email"].str.contains("mail.example").equals(staff["private"])
    assert 0.1 < staff["private"].mean() < 0.3


def test_names_are_of_several_scripts(staff: pd.DataFrame) -> None:
    names = set(staff["firstname"])
    assert {"Jürgen", "Łukasz", "葵", "Ελένη"} <= names
