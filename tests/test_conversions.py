"""Who converted within the horizon after creation, and who is too young to tell."""

import numpy as np
import pandas as pd
import pytest
from crmstores import entry, fill, person

from leadscore.conversions import conversions, rates, report_facts, share
from leadscore.errors import DataError
from leadscore.goals import deal_won, property_equals, reaches

GOAL = reaches("customer", within="90D")


def rows_of(store, *people, history=None, goal=GOAL, **more):
    return conversions(fill(store, list(people), history, **more), goal).set_index("id")


def test_a_contact_converts_within_the_horizon_after_its_creation_or_it_does_not(store):
    found = rows_of(
        store,
        person("in", won="2026-04-10"),
        person("late", won="2026-04-11"),
        person("never"),
    )
    assert found["outcome"].to_dict() == {"in": True, "late": False, "never": False}
    assert set(found["state"]) == {"judged"}
    assert found.loc["in", "days"] == 90


def test_the_young_are_neither_won_nor_lost_even_when_they_have_converted(store):
    found = rows_of(
        store,
        person("won", "2026-08-01", won="2026-08-02"),
        person("open", "2026-08-01"),
        person("just old enough", "2026-06-03"),
        person("a day too young", "2026-06-04"),
    )
    assert found["state"].to_dict() == {
        "won": "immature", "open": "immature", "just old enough": "judged",
        "a day too young": "immature",
    }  # fmt: skip
    counted = rates(found.assign(all="x"), "all").loc["x"]
    assert (counted["contacts"], counted["judged"], counted["converted"]) == (4, 1, 0)


def test_who_had_reached_the_goal_at_creation_or_at_an_unknown_time_is_not_judged(store):
    found = rows_of(
        store,
        person("imported", won="2026-01-09"),
        person("when?", lifecyclestage="customer"),
        person("known", won="2026-01-11"),
    )
    assert found["state"].to_dict() == {"imported": "before", "when?": "before", "known": "judged"}


def test_without_a_horizon_everybody_is_judged_by_now(store):
    goal = property_equals("hs_lead_status", "CONNECTED")
    found = rows_of(
        store,
        person("1", "2026-08-31", hs_lead_status="CONNECTED"),
        person("2", hs_lead_status="NEW"),
        goal=goal,
    )
    assert found["outcome"].tolist() == [True, False]
    assert set(found["state"]) == {"judged"}


def test_the_history_dates_what_no_property_dates(store):
    goal = property_equals("hs_lead_status", "CONNECTED", within="30D")
    history = [entry("1", "hs_lead_status", "CONNECTED", "2026-01-20")]
    found = rows_of(
        store,
        person("1", hs_lead_status="NEW"),
        person("2", hs_lead_status="NEW"),
        history=history,
        goal=goal,
    )
    assert found["outcome"].tolist() == [True, False]


def test_a_month_is_one_of_the_portals_time_zone(store):
    found = rows_of(store, person("1", "2026-03-01T04:00:00+00:00"), person("2", "2026-03-02"))
    assert found["month"].tolist() == ["2026-02", "2026-03"]
    store.ledger.set_checkpoint("time_zone", None)
    assert conversions(store, GOAL)["month"].tolist() == ["2026-03", "2026-03"]


def test_a_contact_without_a_creation_date_is_in_no_month_and_not_judged(store):
    found = rows_of(store, person("1", createdate=None), person("2"))
    assert found.loc["1", "state"] == "before"
    assert pd.isna(found.loc["1", "month"])


def test_a_goal_that_nothing_dates_is_a_clear_error(store):
    fill(store, [person("1", lifecyclestage="customer")])
    with pytest.raises(DataError, match="Nothing tells when a contact's lifecyclestage became"):
        conversions(store, GOAL)


@pytest.mark.parametrize("goal", [deal_won(), property_equals("nope", "1")])
def test_a_portal_without_what_the_goal_is_about_is_a_clear_error(store, goal):
    fill(store, [person("1")])
    with pytest.raises(DataError, match=r"holds no deals|no contact property 'nope'"):
        conversions(store, goal)


def test_a_store_that_was_never_synced_is_a_clear_error(store):
    with pytest.raises(DataError, match="never synced"):
        conversions(store, GOAL)


def test_an_empty_portal_gives_an_empty_frame(store):
    fill(store, [])
    assert rates(conversions(store, GOAL), "month").empty
    assert report_facts(store, conversions(store, GOAL))["created"] == []


def test_a_share_of_nobody_is_not_known_rather_than_nought():
    rate, low, high = share([0, 1], [0, 2])
    assert np.isnan([rate[0], low[0], high[0]]).all()
    assert 0 < low[1] < rate[1] == 0.5 < high[1] < 1
