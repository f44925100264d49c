"""Scores whose outcome is known: those given come before any rehearsal."""

import pandas as pd
import pytest
from crmstores import fill, person
from givenstores import contact, given, put
from leadframes import leads, with_attrs

from leadscore.errors import DataError
from leadscore.goals import reaches
from leadscore.outcomeplots import by_tier
from leadscore.pastscores import past_scores
from leadscore.registry import register
from leadscore.scoreoutcomes import owners, tiers
from leadscore.training import train

GOAL = reaches("customer", within="90D")
MODEL = train(with_attrs(leads(400), goal=GOAL.as_dict(), horizon_days=90))


def predictions(n=40):
    found = pd.DataFrame(
        {
            "contact_id": [str(i) for i in range(n)] * 2,
            "snapshot_at": pd.to_datetime(["2026-03-02"] * n + ["2026-03-20"] * n, utc=True),
            "outcome": pd.array([i < 4 for i in range(n)] + [False] * n, dtype="boolean"),
            "probability": [1 - i / n for i in range(n)] * 2,
        }
    )
    found.attrs["protocol"] = "temporal_holdout"
    return found


def test_a_backtest_stands_in_with_the_first_snapshot_of_each_month_and_a_tenth_in_tier_a(store):
    fill(store, [person(str(i), hubspot_owner_id="7") for i in range(40)])
    found = past_scores(store, predictions())
    assert len(found) == 40
    assert found["tier"].value_counts()["A"] == 4
    assert found.attrs["kind"] == "rehearsed"
    told = tiers(store, scores=found)
    assert told.set_index("tier").loc["A", "rate"] == 1
    assert owners(store, scores=found)["judged"].tolist() == [40]
    title = by_tier(told).axes[0].get_title(loc="left")
    assert title == "Conversion by tier, rehearsed on the backtest"


def test_scores_that_were_given_and_are_due_come_first(store):
    register(store, MODEL)
    put(store, [contact("1", won="2026-04-01")], [given("1", "2026-03-01", model=MODEL)])
    found = past_scores(store, predictions())
    assert found.attrs["kind"] == "as given"
    assert found["outcome"].tolist() == [True]


def test_scores_that_are_not_due_leave_the_word_to_the_rehearsal(store):
    register(store, MODEL)
    put(store, [contact("1")], [given("1", "2026-08-30", model=MODEL)])
    assert past_scores(store, predictions()).attrs["kind"] == "rehearsed"
    assert past_scores(store)["state"].tolist() == ["not due"]


def test_neither_scores_nor_a_backtest_is_a_clear_error(store):
    fill(store, [person("1")])
    with pytest.raises(DataError, match=r"No scores have been given.*Score the leads first"):
        past_scores(store)
