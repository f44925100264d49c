"""What HubSpot would have recorded of journeys."""

from __future__ import annotations

import pandas as pd
import pytest
from markets import COUNTERS, DAY, first_entries, history, world
from sklearn.metrics import roc_auc_score

from leadscore.sandbox import marketconstants as fixed
from leadscore.sandbox import marketfields as field


@pytest.fixture(scope="module")
def told() -> pd.DataFrame:
    return history()


ONLY_AFTER = (
    *("closedate", "recent_deal_amount", "days_to_close", "product_logins"),
    *("hs_lifecyclestage_customer_date", "hs_v2_date_entered_customer"),
)


def test_counters_only_grow_and_are_missing_rather_than_zero(told: pd.DataFrame) -> None:
    for name in COUNTERS:
        found = told[told["property"] == name]
        steps = found["value"].astype(int).groupby(found["id"]).diff().dropna()
        assert (steps > 0).all(), name
        assert found["value"].astype(int).min() > 0, name


def test_each_stage_has_its_dates(told: pd.DataFrame) -> None:
    stage = told[told["property"] == "lifecyclestage"]
    for name in field.STAGES:
        entered = stage[stage["value"] == name].set_index("id")["at"]
        for date in (f"hs_lifecyclestage_{name}_date", f"hs_v2_date_entered_{name}"):
            found = told[told["property"] == date].set_index("id")
            assert found["at"].equals(entered), date
            assert (pd.to_datetime(found["value"]).astype("int64") // 1000).equals(entered), date


def test_what_only_customers_have_comes_at_or_after_the_conversion(told: pd.DataFrame) -> None:
    converted = first_entries(told[told["value"] == "customer"], "lifecyclestage")
    for name in ONLY_AFTER:
        first = first_entries(told, name)
        assert set(first.index) <= set(converted.index), name
        assert (first >= converted.loc[first.index]).all(), name


def test_who_unsubscribes_opens_no_mail_any_more(told: pd.DataFrame) -> None:
    left = first_entries(told, "hs_email_optout")
    assert len(left) > 100
    later = told[told["at"] > told["id"].map(left)]
    assert not later["property"].str.contains("hs_email_(?:open|click|delivered)").any()


@pytest.mark.parametrize("name", ["account_review_score", "account_tier"])
def test_a_planted_leak_looks_innocent_and_tells_the_outcome(name: str) -> None:
    told = history(leak=name)
    found = world(leak=name).contacts
    assert {p["name"] for p in world(leak=name).properties} >= {name}
    set_at = first_entries(told, name)
    converted = first_entries(told[told["value"] == "customer"], "lifecyclestage")
    both = set_at.index.intersection(converted.index)
    assert (set_at[both] >= converted[both]).all()
    assert (set_at[both] <= converted[both] + 5 * DAY).all()
    assert len(both) > 0.8 * len(converted) * 0.9
    known = found[found[name].notna()]
    value = known[name].map({"low": 0, "medium": 1, "high": 2}) if "tier" in name else known[name]
    assert roc_auc_score(known["closedate"].notna(), value) > 0.9


def test_a_demo_is_asked_for_once_with_the_first_form_that_offers_it(told: pd.DataFrame) -> None:
    demo = told[told["property"] == "demo_requested"].set_index("id")["at"]
    names = told[told["property"] == "recent_conversion_event_name"]
    asked = first_entries(
        names[names["value"].str.startswith(fixed.FORMS[-1])], "recent_conversion_event_name"
    )
    assert demo.index.is_unique
    assert demo.equals(asked)


def test_of_visits_there_is_one_entry_a_day(told: pd.DataFrame) -> None:
    found = told[told["property"] == "hs_analytics_num_visits"]
    assert not pd.DataFrame({"id": found["id"], "day": found["at"] // DAY}).duplicated().any()
