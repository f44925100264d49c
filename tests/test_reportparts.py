"""What the report says of the model's making is what the frames say, and nothing without them."""

import numpy as np
import pandas as pd
import pytest

from leadscore import rules
from leadscore.reportparts import (
    baseline_words,
    baselines_table,
    learnt_from,
    named,
    points_table,
)

COLUMNS = ["ranking", "metric", "value", "low", "high",
           "difference", "difference_low", "difference_high"]  # fmt: skip


def comparison() -> pd.DataFrame:
    rows = [
        ("model", "roc_auc", 0.7, 0.65, 0.75, 0.0, 0.0, 0.0),
        ("model", "lift_top_decile", 3.4, 3.0, 3.8, 0.0, 0.0, 0.0),
        ("boosted trees", "roc_auc", 0.72, 0.68, 0.76, -0.02, -0.03, -0.01),
        ("boosted trees", "lift_top_decile", 3.5, 3.1, 3.9, -0.1, -0.3, 0.1),
        ("recency alone", "roc_auc", 0.70004, 0.6, 0.7, -0.00004, -0.04, 0.16),
    ]
    found = pd.DataFrame(rows, columns=COLUMNS)
    found.attrs = {"beaten_by": ["boosted trees"], "cost": "It costs.", "absent": {"x": "none"}}
    return found


def frame(**attrs: object) -> pd.DataFrame:
    data = pd.DataFrame(
        {"contact_id": ["1", "1", "2"], "outcome": pd.array([True, pd.NA, False], "boolean")}
    )
    data.attrs = attrs
    return data


def test_rankings_stand_best_first_with_the_models_lead() -> None:
    rows = baselines_table(comparison())
    assert [row["ranking"] for row in rows] == ["boosted trees", "recency alone", "model"]
    assert rows[0] == {
        "ranking": "boosted trees",
        "auc": "0.720",
        "interval": "0.680 to 0.760",
        "lift": "3.50",
        "lead": "-0.020 (-0.030 to -0.010)",
    }
    assert rows[2]["lead"] == ""


def test_a_difference_that_rounds_to_nothing_has_no_minus_and_an_unmeasured_lift_is_empty() -> None:
    row = baselines_table(comparison())[1]
    assert row["lead"].startswith("+0.000 (")
    assert row["lift"] == ""


def test_what_beats_the_model_is_said_before_what_it_costs_and_what_is_absent() -> None:
    said = baseline_words(comparison())
    assert said == [
        "Attention: better than the model by more than chance: boosted trees.",
        "It costs.",
        "Not compared: x (none).",
    ]


def test_all_that_beat_the_model_are_named() -> None:
    found = comparison()
    found.attrs = {"beaten_by": ["boosted trees", "recency alone"]}
    assert baseline_words(found)[0].endswith("chance: boosted trees and recency alone.")


def test_nothing_is_said_where_nothing_was_compared_or_nothing_is_better() -> None:
    assert baselines_table(None) == baseline_words(None) == []
    found = comparison()
    found.attrs = {}
    assert baseline_words(found) == []


def test_the_training_set_is_told_with_its_snapshots_and_those_too_young() -> None:
    snapshots = {"ages": [1.0, 7.0, 30.0], "month_starts": True, "time_zone": "Europe/Berlin"}
    told = learnt_from(frame(snapshots=snapshots, immature=1, left_out={"no creation date": 3}))
    words = " ".join(told["sentences"])
    assert "2 snapshots with a known outcome, of 2 contacts in all" in words
    assert "1, 7 and 30 days after it came in" in words
    assert "at the start of each month (Europe/Berlin)" in words
    assert "1 more snapshots are too young" in words
    assert told["left_out"] == {"no creation date": 3}


def test_a_frame_without_history_tells_only_how_many_rows_it_has() -> None:
    told = learnt_from(frame(snapshots=None, immature=0))
    assert len(told["sentences"]) == 1
    assert told["left_out"] == {}
    assert learnt_from(None) == {"sentences": [], "left_out": {}}


@pytest.mark.parametrize(
    ("ages", "months", "says"),
    [
        ([1.0], False, "known of a contact 1 day after it came in."),
        ([0.5, 3.0], False, "0.5 and 3 days after"),
        ([], True, "known of a contact at the start of each month (UTC)."),
    ],
)
def test_ages_and_month_starts_are_told_as_they_were_asked_for(
    ages: list[float], months: bool, says: str
) -> None:
    told = learnt_from(frame(snapshots={"ages": ages, "month_starts": months}))
    assert says in told["sentences"][1]


def test_names_are_shown_as_people_know_them() -> None:
    items = [{"property": "n", "why": "x"}, {"property": "m", "why": "y"}]
    assert [item["property"] for item in named(items, {"n": "Visits"})] == ["Visits", "m"]


def test_points_are_told_property_by_property_with_the_most_first() -> None:
    found = rules.parse("""
groups:
  Who they are:
    rules:
      - {property: seats, at_least: 5, less_than: 9, points: 3}
      - {property: source, any_of: [fair, web], points: 2}
      - {property: seats, at_least: 9, points: 8}
  What they did:
    kind: engagement
    rules:
      - {property: visits, at_least: 2, in_last: 7, points: 20}
""")
    rows = points_table(found, {"seats": "Seats needed"})
    assert [(row["group"], row["property"]) for row in rows] == [
        ("What they did", "visits, last 7 days"),
        ("Who they are", "Seats needed"),
        ("Who they are", "source"),
    ]
    assert rows[0]["levels"] == [{"points": 20, "when": "is at least 2"}]
    assert rows[1]["levels"][1] == {"points": 8, "when": "is at least 9"}
    assert "seats" not in str(rows[1])
    assert rows[2]["levels"][0]["when"] == "is fair or web"


def test_every_rule_of_a_points_table_is_told_once() -> None:
    names = [f"p{n}" for n in range(4)]
    lines = [
        f"      - {{property: {name}, at_least: {n}, points: {n + 1}}}"
        for name in names
        for n in range(3)
    ]
    found = rules.parse("groups:\n  G:\n    rules:\n" + "\n".join(lines))
    rows = points_table(found, {})
    assert sum(len(row["levels"]) for row in rows) == len([*found.rules]) == 12
    given = [level["points"] for row in rows for level in row["levels"]]
    assert sorted(given) == sorted(np.tile([1, 2, 3], 4).tolist())
    assert points_table(None, {}) == []
