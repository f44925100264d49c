from __future__ import annotations

import numpy as np
import pyarrow as pa

from leadscore.pasts import Past
from leadscore.snapshottimes import DAY_MS, NEVER
from leadscore.timing import goal_timing

NONE = pa.array([], pa.string())


def _timing(contact, day, value, goal_day):
    ms = (np.array(day) * DAY_MS).astype(np.int64)
    past = Past("number", np.array(contact, np.int32), ms, np.array(value, float), NONE)
    goal = np.array([NEVER if d is None else d * DAY_MS for d in goal_day])
    return goal_timing({"p": past}, goal)["p"]


def test_a_property_that_is_filled_after_the_goal_says_so():
    told = _timing([0, 1, 2], [11, 9, 5], [1, 1, 1], [10, 10, None, None])
    assert told == {"first_after_goal": 0.5, "at_goal": 1.0, "filled": 0.75}


def test_a_value_that_is_written_again_at_the_goal_is_no_change():
    assert _timing([0, 0], [1, 10], [3, 3], [10])["at_goal"] == 0
    assert _timing([0, 0], [1, 10], [3, 4], [10])["at_goal"] == 1


def test_a_change_more_than_a_day_from_the_goal_is_not_at_it():
    assert _timing([0], [12], [3], [10])["at_goal"] == 0


def test_an_empty_first_entry_fills_nothing():
    assert _timing([0, 0], [1, 12], [np.nan, 3], [10])["first_after_goal"] == 1
    assert _timing([0], [1], [np.nan], [10])["filled"] == 0


def test_where_nobody_converted_there_is_no_share():
    told = _timing([0], [1], [1], [None])
    assert (told["first_after_goal"], told["at_goal"]) == (0, 0)
