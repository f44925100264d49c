from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.asof import NOTHING, Moments, cover, entry_ms, keys, last_entries, moment_ms

DAY = 86_400_000
BASE = 1_700_000_000_000
WIDTH = cover(BASE + 2000 * DAY)
moment = st.integers(BASE, BASE + 20)
pairs = st.lists(st.tuples(st.integers(0, 3), moment), max_size=12)


@given(pairs, pairs)
def test_the_join_finds_what_a_loop_over_all_entries_finds(entries, asked):
    entries = sorted(entries)
    made = [np.array(part, dtype=np.int64) for part in zip(*entries, strict=True)] or [
        np.zeros(0, np.int64)
    ] * 2
    wanted = [np.array(part, dtype=np.int64) for part in zip(*asked, strict=True)] or [
        np.zeros(0, np.int64)
    ] * 2
    found = last_entries(keys(*made, width=WIDTH), keys(*wanted, width=WIDTH), width=WIDTH)
    slow = [
        max((i for i, (who, at) in enumerate(entries) if who == c and at <= t), default=NOTHING)
        for c, t in asked
    ]
    assert found.tolist() == slow


def test_nothing_is_seen_a_microsecond_before_it_was_there():
    entry = pd.DatetimeIndex(["2026-01-01T00:00:00.000500Z"])
    asked = pd.DatetimeIndex(["2026-01-01T00:00:00.000499Z", "2026-01-01T00:00:00.001Z"])
    made = keys(np.zeros(1, int), entry_ms(entry.tz_localize(None).to_numpy()), width=WIDTH)
    wanted = keys(np.zeros(2, int), moment_ms(asked), width=WIDTH)
    assert last_entries(made, wanted, width=WIDTH).tolist() == [NOTHING, 0]


def test_a_time_before_hubspot_is_old_and_does_not_reach_into_another_contact():
    made = keys(np.array([0, 1]), np.array([BASE, -62_135_596_800_000]), width=WIDTH)
    assert (np.diff(made) > 0).all()
    wanted = keys(np.array([0, 1]), np.array([BASE, BASE]), width=WIDTH)
    assert last_entries(made, wanted, width=WIDTH).tolist() == [0, 1]


def test_millions_of_contacts_over_decades_have_room_and_more_is_refused():
    width = cover(BASE + 30 * 365 * DAY)
    assert keys(np.array([5_000_000]), np.array([BASE]), width=width)[0] > 0
    with pytest.raises(OverflowError):
        keys(np.array([0]), np.array([BASE + 40 * 365 * DAY]), width=width)
    with pytest.raises(OverflowError):
        keys(np.array([50_000_000]), np.array([BASE]), width=width)


@given(st.integers(-(10**15), 10**15))
def test_entries_round_up_and_moments_round_down(us):
    stamp = np.array([us], dtype="datetime64[us]")
    index = pd.DatetimeIndex(stamp, tz="UTC")
    assert entry_ms(stamp)[0] * 1000 >= us >= moment_ms(index)[0] * 1000


class _Entries:
    contact = np.array([0, 0, 2])
    ms = BASE + np.array([0, 5, 3]) * DAY


def test_moments_find_what_held_then_and_some_time_before():
    at = BASE + np.array([4, 6, 6, 2]) * DAY
    moments = Moments(np.array([0, 0, 1, 2]), at, np.zeros(4, np.int64))
    assert moments.last(_Entries()).tolist() == [0, 1, NOTHING, NOTHING]
    assert moments.last(_Entries(), before=5 * DAY).tolist() == [NOTHING, 0, NOTHING, NOTHING]


def test_entries_later_than_all_moments_are_seen_by_none():
    moments = Moments(np.array([0]), np.array([BASE - DAY]), np.zeros(1, np.int64))
    assert moments.last(_Entries()).tolist() == [NOTHING]
