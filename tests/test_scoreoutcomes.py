"""Scores as given against what came of them, by tier and by owner."""

import pandas as pd
import pytest
from givenstores import contact, given, put
from leadframes import leads, with_attrs

from leadscore.errors import DataError
from leadscore.goals import property_equals, reaches
from leadscore.registry import register
from leadscore.scoreoutcomes import owners, tiers
from leadscore.training import train

GOAL = reaches("customer", within="90D")
DATA = leads(400)
MODEL = train(with_attrs(DATA, goal=GOAL.as_dict(), horizon_days=90))
PEOPLE = [
    contact("1", won="2026-04-01", hubspot_owner_id="7"),
    contact("2", hubspot_owner_id="7"),
    contact("3", hubspot_owner_id=None),
    contact("4", hubspot_owner_id="8"),
]
SCORES = [
    given("1", "2026-03-01", model=MODEL, said=0.6),
    given("1", "2026-03-20", model=MODEL, said=0.9),  # the same month: counts once
    given("2", "2026-03-01", model=MODEL, said=0.4),
    given("3", "2026-03-01", model=MODEL, tier="D", held_out=True),
    given("4", "2026-08-20", model=MODEL, tier="D"),  # not due
]


@pytest.fixture
def crm(store):
    register(store, MODEL)
    put(store, PEOPLE, SCORES)
    return store


def test_a_tier_is_judged_by_the_scores_whose_horizon_has_passed(crm):
    found = tiers(crm).set_index("tier")
    a, d = found.loc["A"], found.loc["D"]
    assert a[["scores", "judged", "contacts", "converted", "not_due"]].tolist() == [2, 2, 2, 1, 0]
    assert (a["rate"], a["expected"]) == (0.5, pytest.approx(0.5))
    assert a["low"] < 0.5 < a["high"]
    assert d[["scores", "judged", "converted", "not_due", "held_out"]].tolist() == [2, 1, 0, 1, 1]


def test_an_owner_is_judged_beside_what_the_scores_of_its_leads_said(crm):
    found = owners(crm).assign(owner=lambda rows: rows["owner"].fillna("-")).set_index("owner")
    assert found["judged"].to_dict() == {"-": 1, "7": 2, "8": 0}
    assert found.loc["7", "rate"] == 0.5
    assert pd.isna(found.loc["8", "rate"])
    assert found.attrs["scored"] == ["2026-03-01", "2026-08-20"]


def test_another_goal_can_be_asked_of_the_same_scores(crm):
    found = tiers(crm, reaches("customer", within="30D")).set_index("tier")
    assert found.loc["A", "converted"] == 0
    assert found.attrs["goal"] == "customer within 30 days"


def test_a_goal_without_a_horizon_is_never_due(crm):
    found = tiers(crm, property_equals("lifecyclestage", "customer"))
    assert found["judged"].sum() == 0
    assert found["rate"].isna().all()


def test_without_scores_the_error_says_what_to_do(store, crm):
    with pytest.raises(DataError, match="'nobody' has given no scores"):
        tiers(crm, model="nobody")
    crm.delete("scores", ["1", "2", "3", "4"], column="contact_id")
    for report in (tiers, owners):
        with pytest.raises(DataError, match=r"No scores have been given.*Score the leads first"):
            report(crm)


def test_owners_need_the_owner(store):
    register(store, MODEL)
    put(store, [contact("1")], [given("1", "2026-03-01", model=MODEL)])
    with pytest.raises(DataError, match="no hubspot_owner_id"):
        owners(store)
