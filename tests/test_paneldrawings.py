from __future__ import annotations

import math

import pandas as pd

from leadscore.paneldrawings import timeline, waterfall_steps, waterfall_svg

NOTHING = {
    "at": pd.Series([], dtype="datetime64[us, UTC]"),
    "kind": pd.Series([], dtype="str"),
    "score": pd.Series([], dtype="Int64"),
    "tier": pd.Series([], dtype="str"),
}


def test_the_steps_add_up_to_the_probability_with_and_without_a_base():
    for base in (None, -2.0):
        start, steps = waterfall_steps(0.3, [("a", 0.5), ("b", -0.2)], base=base)
        logit = start + sum(value for _, value in steps)
        assert math.isclose(1 / (1 + math.exp(-logit)), 0.3)


def test_names_in_a_drawing_are_inert():
    drawn = waterfall_svg(-1, [("<script>", 0.4), ("b", -0.4)])
    assert "<script" not in drawn
    assert "+0.40" in drawn


def test_a_contact_without_a_past_is_drawn_as_that():
    empty = pd.DataFrame(NOTHING)
    assert "Nothing is known" in timeline(empty, empty)


def test_changes_activities_and_scores_have_marks_of_their_own():
    at = pd.to_datetime(["2026-01-01", "2026-02-01"], utc=True)
    events = pd.DataFrame({"at": at, "kind": ["activities", "changes"]})
    scores = pd.DataFrame({"at": at, "score": [10, 90], "tier": ["C", "A"]})
    drawn = timeline(events, scores)
    assert drawn.count("<circle") == 1
    assert drawn.count("<polyline") == 1
    assert "2026-01-01" in drawn
