from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from leadscore.pasts import Past
from leadscore.snapshottimes import DAY_MS, NEVER
from leadscore.timing import goal_timing, timing_before, timing_by_month

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


days = st.integers(0, 400)
entries = st.lists(st.tuples(st.integers(0, 5), days, st.sampled_from([1.0, 2.0, np.nan])))
goals = st.lists(st.one_of(st.none(), days), min_size=6, max_size=6)


def _past(entries):
    found = sorted({(who, day): value for who, day, value in entries}.items())
    contact = np.array([who for (who, _), _ in found], np.int32)
    ms = np.array([day for (_, day), _ in found], np.int64) * DAY_MS
    return Past("number", contact, ms, np.array([value for _, value in found], float), NONE)


@given(entries, goals, st.integers(0, 14))
def test_what_was_known_by_a_month_is_what_the_history_until_then_tells(entries, goals, months):
    cut = pd.Timestamp("1970-01-01", tz="UTC") + pd.DateOffset(months=months)
    day = (cut - pd.Timestamp("1970-01-01", tz="UTC")).days
    goal_at = np.array([NEVER if d is None else d * DAY_MS for d in goals])
    facts = timing_by_month({"p": _past(entries)}, goal_at)
    found = timing_before(facts, cut).get("p", {"first_after_goal": 0.0, "at_goal": 0.0})
    then = goal_timing(
        {"p": _past([entry for entry in entries if entry[1] < day])},
        np.where(goal_at < day * DAY_MS, goal_at, NEVER),
    )["p"]
    assert found == {name: then[name] for name in found}


def test_a_month_that_is_not_over_tells_nothing():
    facts = timing_by_month({"p": _past([(0, 20, 1.0)])}, np.array([10 * DAY_MS]))
    for cut, late in (("1970-01-31", {}), ("1970-02-01", {"p": 1.0})):
        told = timing_before(facts, pd.Timestamp(cut, tz="UTC"))
        assert {n: own["first_after_goal"] for n, own in told.items() if any(own.values())} == late


def test_where_nobody_converted_no_month_tells_anything():
    facts = timing_by_month({"p": _past([(0, 20, 1.0)])}, np.array([NEVER]))
    assert timing_before(facts, pd.Timestamp("1980-01-01", tz="UTC")) == {}
