"""The simulated market: reproducible, plausible, honest about what can be known when."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from leadscore.errors import UsageError
from leadscore.sandbox.world import World, definitions, simulate

NOW = pd.Timestamp("2026-01-01T15:30", tz="UTC")
LEAKS = [
    "lifecyclestage",
    "hs_lifecyclestage_customer_date",
    "hs_v2_date_entered_customer",
    "closedate",
    "num_associated_deals",
    "recent_deal_amount",
]


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(contacts=10_000, seed=3, now=NOW)


@pytest.fixture(scope="module")
def mature(world: World) -> pd.DataFrame:
    ended = world.contacts["createdate"] + pd.Timedelta("90D") <= world.now
    return world.contacts[ended]


def won(contacts: pd.DataFrame) -> pd.Series:
    return contacts["closedate"].notna()


# ------------------------------------------------------------------ shape


def test_the_same_seed_and_moment_give_the_same_world() -> None:
    first, second = (simulate(contacts=300, seed=5, now=NOW) for _ in range(2))
    pd.testing.assert_frame_equal(first.contacts, second.contacts)
    pd.testing.assert_series_equal(first.oracle(), second.oracle())


def test_another_seed_gives_another_world() -> None:
    first, second = (simulate(contacts=300, seed=seed, now=NOW) for seed in (5, 6))
    assert not first.oracle().equals(second.oracle())


@pytest.mark.parametrize("contacts", [1, 2, 7])
def test_tiny_worlds_are_worlds(contacts: int) -> None:
    assert len(simulate(contacts=contacts, now=NOW).contacts) == contacts


@pytest.mark.parametrize("wrong", [{"contacts": 0}, {"contacts": -3}, {"seed": -1}])
def test_impossible_worlds_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="cannot be simulated"):
        simulate(**wrong)


def test_without_a_moment_it_is_midnight_utc_today() -> None:
    found = simulate(contacts=2).now
    assert found == found.floor("D")
    assert pd.Timedelta(0) <= pd.Timestamp.now("UTC") - found < pd.Timedelta("2D")


def test_ids_are_unique_numbers_in_order_of_creation(world: World) -> None:
    ids = world.contacts.index
    assert ids.is_unique
    assert ids.dtype == "str"
    assert ids.astype(int).is_monotonic_increasing
    assert world.contacts["createdate"].is_monotonic_increasing
    assert world.oracle().index.equals(ids)


def test_every_column_has_a_documented_dtype(world: World) -> None:
    known = {"float64", "boolean", "str", "datetime64[us, UTC]"}
    assert {str(dtype) for dtype in world.contacts.dtypes} == known


def test_custom_properties_are_defined_and_present(world: World) -> None:
    for found in definitions():
        values = world.contacts[found["name"]].dropna()
        options = [option["value"] for option in found["options"]]
        assert found["type"] != "enumeration" or set(values) == set(options)
    assert {found["type"] for found in world.properties} == {
        "enumeration",
        "number",
        "bool",
        "string",
    }


def test_changing_the_oracles_answer_does_not_change_the_world(world: World) -> None:
    answer = world.oracle()
    answer.iloc[:] = 0
    assert world.oracle().gt(0).all()


# ------------------------------------------------------------------ time


def test_nothing_happens_after_now_or_before_creation(world: World) -> None:
    contacts = world.contacts
    for name in contacts.select_dtypes("datetimetz"):
        times = contacts[name].dropna()
        assert times.max() <= world.now, name
        assert (times >= contacts["createdate"].loc[times.index]).all(), name


def test_engagement_ends_before_any_conversion(world: World) -> None:
    contacts = world.contacts
    age = contacts["closedate"] - contacts["createdate"]
    assert age.min() >= pd.Timedelta("4D 23:59:59")
    assert age.max() < pd.Timedelta("90D")
    for name in ("hs_email_last_open_date", "notes_last_contacted"):
        assert (contacts[name] - contacts["createdate"]).max() <= pd.Timedelta("5D")


def test_contacts_come_over_two_years_and_more_of_late(world: World) -> None:
    created = world.contacts["createdate"]
    assert created.max() - created.min() > pd.Timedelta("700D")
    assert (created > world.now - pd.Timedelta("365D")).mean() > 0.52
    assert created.dt.day_of_week.ge(5).mean() < 0.2


def test_young_contacts_are_partly_not_yet_converted(world: World) -> None:
    age = world.now - world.contacts["createdate"]
    young = age < pd.Timedelta("90D")
    expected = world.oracle()[young].mean()
    assert 0.2 * expected < won(world.contacts)[young].mean() < 0.8 * expected


# ------------------------------------------------------------------ outcome


def test_about_one_in_eight_mature_contacts_is_a_customer(mature: pd.DataFrame) -> None:
    assert 0.10 < won(mature).mean() < 0.14


def test_the_oracle_is_calibrated_against_what_happened(world: World, mature: pd.DataFrame) -> None:
    truth = world.oracle()[mature.index]
    tenth = pd.qcut(truth, 10, labels=False)
    gap = won(mature).groupby(tenth).mean() - truth.groupby(tenth).mean()
    assert gap.abs().max() < 0.06


def test_the_oracle_ranks_well_but_not_perfectly(world: World, mature: pd.DataFrame) -> None:
    assert 0.86 < roc_auc_score(won(mature), world.oracle()[mature.index]) < 0.93


def test_what_can_be_learnt_lies_well_below_the_oracle(mature: pd.DataFrame) -> None:
    frame = mature.drop(columns=[*LEAKS, "email", "firstname", "lastname", "company"])
    frame = frame.select_dtypes(exclude="datetimetz")
    words = frame.select_dtypes("str").columns
    numbers = frame.columns.difference(words)
    encoder = make_column_transformer(
        (make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), numbers),
        (OneHotEncoder(min_frequency=20, handle_unknown="infrequent_if_exist"), words),
    )
    frame = frame.astype(dict.fromkeys(numbers, "float64")).fillna(dict.fromkeys(words, "?"))
    cut = int(len(frame) * 0.7)
    model = make_pipeline(encoder, LogisticRegression(max_iter=2000))
    model.fit(frame[:cut], won(mature)[:cut])
    auc = roc_auc_score(won(mature)[cut:], model.predict_proba(frame[cut:])[:, 1])
    assert 0.74 < auc < 0.84


def test_no_single_property_reveals_the_oracle(world: World) -> None:
    contacts, truth = world.contacts.drop(columns=LEAKS), world.oracle()
    for name in contacts.select_dtypes(["float64", "boolean"]):
        assert abs(contacts[name].astype("float64").corr(truth, method="spearman")) < 0.6, name
    for name in contacts:
        told = (
            abs(contacts[name].notna().astype(float).corr(truth)) if contacts[name].hasnans else 0
        )
        assert told < 0.45, name


def test_deals_and_dates_of_the_close_exist_for_customers_only(world: World) -> None:
    contacts = world.contacts
    customer = contacts["lifecyclestage"].eq("customer")
    for name in LEAKS[1:]:
        assert contacts[name].notna().equals(customer), name


def test_stages_of_the_others_follow_their_engagement(world: World) -> None:
    contacts = world.contacts
    order = ["subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead"]
    opened = contacts["hs_email_open"].fillna(0)
    assert opened.groupby(contacts["lifecyclestage"]).mean()[order].is_monotonic_increasing
    assert contacts["lifecyclestage"].value_counts(normalize=True)[order].gt(0.03).all()


# ------------------------------------------------------------------ what is on record


def test_offline_contacts_have_no_web_analytics(world: World) -> None:
    offline = world.contacts["hs_analytics_source"].eq("OFFLINE")
    for name in ("hs_analytics_num_page_views", "num_conversion_events", "demo_requested"):
        assert world.contacts[name].isna().equals(offline), name


def test_counters_are_missing_rather_than_zero(world: World) -> None:
    counters = world.contacts.filter(regex="^hs_email_(open|click|delivered)|num_")
    assert counters.min().min() > 0


def test_a_longer_form_fills_more_fields(world: World) -> None:
    filled = world.contacts["jobtitle"].notna()
    by_form = filled.groupby(world.contacts["first_conversion_event_name"]).mean()
    assert by_form["Newsletter"] < by_form["E-book"] < by_form["Contact us"]


def test_mail_addresses_are_unique_and_reserved(world: World) -> None:
    mails = world.contacts["email"]
    assert mails.is_unique
    assert mails.map(
        lambda mail: bool(re.fullmatch(r"[a-z]+\.[0-9]+@[a-z0-9]+\.example", mail))
    ).all()


def test_enumerations_hold_hubspots_own_values(world: World) -> None:
    sizes = {"1-5", "5-25", "25-50", "50-100", "100-500", "500-1000", "1000+"}
    assert set(world.contacts["numemployees"].dropna()) == sizes
    assert "ORGANIC_SEARCH" in set(world.contacts["hs_analytics_source"])


def test_counters_do_not_drift_with_the_age_of_a_contact(mature: pd.DataFrame) -> None:
    half = np.arange(len(mature)) < len(mature) // 2
    pages = mature["hs_analytics_num_page_views"]
    assert abs(pages[half].mean() / pages[~half].mean() - 1) < 0.1


def test_the_hour_of_the_day_changes_only_the_newest_contacts():
    morning, night = (
        simulate(contacts=2000, seed=0, now=f"2026-05-01T{h}:00Z") for h in ("01", "23")
    )
    before = morning.now - pd.Timedelta(days=7)
    settled = (morning.contacts["createdate"] < before) & ~(
        morning.contacts["closedate"].isna() & night.contacts["closedate"].notna()
    )
    assert settled.mean() > 0.97
    pd.testing.assert_frame_equal(morning.contacts[settled], night.contacts[settled])
