from __future__ import annotations

import pandas as pd
import pytest

from leadscore.followups import Task
from leadscore.reactionplanning import Reaction


def fired(portal, now, known, to=None):
    values = pd.Series(now, dtype="str")
    was = {one: (value, "2026-01-01") for one, value in known.items()}
    return Reaction(portal, [Task()], values, was, column="x", to=to).fired


@pytest.mark.parametrize(
    ("was", "now", "fires"),
    [
        ("B", "A", True),
        ("A", "B", False),
        ("A", "A", False),
        ("", "D", True),
        ("A", "reached", False),
    ],
)
def test_tiers_react_to_a_rise_alone(portal, was, now, fires):
    assert fired(portal, {"7": now}, {"7": was}) == ({"7"} if fires else set())


@pytest.mark.parametrize(("was", "now", "fires"), [("x", "y", True), ("x", "x", False)])
def test_other_values_react_to_any_change(portal, was, now, fires):
    assert fired(portal, {"7": now}, {"7": was}) == ({"7"} if fires else set())
    assert fired(portal, {"7": now}, {"7": was}, to={"z"}) == set()
