from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leadscore.hubspot.waits import Deadline, Waits

TIMES = st.floats(-1e9, 1e9)


@given(at=TIMES, now=TIMES)
def test_what_is_left_is_never_less_than_nothing(at, now):
    left = Deadline(at, lambda: now).left()
    assert left >= 0
    assert (left == 0) == (now >= at)


def test_a_deadline_follows_its_clock():
    now = [0.0]
    deadline = Deadline(10.0, lambda: now[0])
    now[0] = 7.0
    assert deadline.left() == 3.0


def test_the_clock_the_sleep_and_the_chance_can_be_replaced_later():
    waits, slept = Waits(), []
    waits.sleep, waits.clock, waits.uniform = slept.append, lambda: 5.0, lambda _low, high: high
    waits.sleep(2.0)
    assert (slept, waits.clock(), waits.uniform(0.0, 1.0)) == ([2.0], 5.0, 1.0)


def test_by_default_the_clock_only_goes_forward():
    waits = Waits()
    times = [waits.clock() for _ in range(100)]
    assert times == sorted(times)
