from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.asof import Moments
from leadscore.pasts import Past
from leadscore.recencies import changes, growth, is_counter, since
from leadscore.snapshottimes import DAY_MS

NONE = pa.array([], pa.string())
BASE = 1_700_000_000_000


def _past(rows, kind="number"):
    """Return a past from rows of (contact, day, value)."""
    contact, day, value = zip(*rows, strict=True)
    ms = BASE + np.array(day) * DAY_MS
    return Past(kind, np.array(contact, np.int32), ms, np.array(value, float), NONE)


def _looked(past, contact, day, *, days=7, cut=0):
    ms = BASE + np.array(day) * DAY_MS
    cuts = np.full(len(ms), BASE + cut * DAY_MS if cut else 0)
    moments = Moments(np.array(contact), ms, cuts)
    place = moments.last(past)
    return growth(past, place, moments, days=days), since(past, place, ms)


STEPS = [(0, day, day + 1.0) for day in range(0, 30, 2)]


def test_a_counters_growth_is_what_it_gained_within_the_window():
    grew, _ = _looked(_past([(0, 0, 1.0), (0, 10, 2.0), (0, 12, 3.0)]), [0, 0], [12, 30], days=7)
    assert grew.tolist() == [2.0, 0.0]


def test_a_first_entry_as_small_as_a_step_counts_and_a_stock_of_unknown_age_does_not():
    rows = [(0, 0, 1.0), (0, 5, 2.0), (1, 0, 31.0), (1, 5, 32.0)]
    grew, _ = _looked(_past(rows), [0, 1, 1], [6, 6, 20], days=7)
    assert grew[0] == 2.0
    assert np.isnan(grew[1])
    assert grew[2] == 0.0


def test_before_the_first_entry_nothing_is_known_not_zero():
    grew, days = _looked(_past(STEPS), [0, 1], [-1, 5])
    assert np.isnan(grew).all()
    assert np.isnan(days).all()


def test_a_window_that_reaches_back_before_a_merge_has_no_value():
    grew, _ = _looked(_past(STEPS), [0, 0], [8, 20], days=7, cut=5)
    assert np.isnan(grew[0])
    assert grew[1] == 8.0


def test_a_value_that_is_written_again_is_no_change_and_a_cleared_one_is():
    past = _past([(0, 0, 4.0), (0, 3, 4.0), (0, 9, np.nan)])
    _, days = _looked(past, [0, 0], [5, 10])
    assert days.tolist() == [5.0, 1.0]


def test_a_contact_whose_first_entry_is_empty_has_nothing_of_the_contact_before_it():
    _, days = _looked(_past([(0, 0, 1.0), (1, 4, np.nan)]), [1], [6])
    assert days.tolist() == [2.0]


def _many(values, kind="number", contacts=40):
    rows = [(c, day, v) for c in range(contacts) for day, v in enumerate(values)]
    return _past(rows, kind)


@pytest.mark.parametrize(
    ("past", "expected"),
    [
        (_many([1.0, 2.0, 5.0]), True),
        (_many([1.0, 5.0, 2.0]), False),
        (_many([3.0]), False),
        (_many([1.0, 2.0], contacts=19), False),
        (_many([1.0, 2.0], kind="time"), False),
        (
            _past(
                [(0, 0, 9.0), (0, 1, 1.0), *[(c, d, d) for c in range(1, 60) for d in (1, 2, 3)]]
            ),
            True,
        ),
    ],
)
def test_a_counter_is_told_by_its_history(past, expected):
    assert is_counter(past) is expected


@pytest.mark.parametrize(
    ("past", "expected"),
    [
        (_many([1.0, 0.0], kind="text"), True),
        (_many([1.0, 1.0], kind="text"), False),
        (_many([1.0, 2.0], kind="time"), False),
        (_past([(c, d, d * (c < 30)) for c in range(1000) for d in (0, 1)], "text"), False),
    ],
)
def test_the_time_since_a_change_is_told_of_what_changes_often_enough(past, expected):
    assert changes(past) is expected


entries = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(0, 3)), max_size=14)


@given(entries, st.integers(0, 2), st.integers(0, 40))
def test_growth_and_since_are_what_a_loop_over_the_entries_tells(rows, who, day):
    rows = sorted({(c, d): (c, d, float(v)) for c, d, v in rows}.values())
    if not rows:
        return
    grew, days = _looked(_past(rows), [who], [day], days=7)
    known = [(d, v) for c, d, v in rows if c == who and d <= day]
    earlier = [v for d, v in known if d <= day - 7]
    if not known:
        assert np.isnan(grew[0])
        assert np.isnan(days[0])
        return
    if earlier:
        assert grew[0] == known[-1][1] - earlier[-1]
    else:
        assert np.isnan(grew[0]) or grew[0] == known[-1][1]
    moved = [d for place, (d, v) in enumerate(known) if not place or known[place - 1][1] != v]
    assert days[0] == day - moved[-1]
