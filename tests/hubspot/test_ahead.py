from __future__ import annotations

import threading
import time
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.hubspot.ahead import ahead, several


def test_every_item_comes_once_and_those_of_one_source_in_order():
    found = list(ahead((("a", n) for n in range(50)), (("b", n) for n in range(30)), size=2))
    assert [n for name, n in found if name == "a"] == list(range(50))
    assert [n for name, n in found if name == "b"] == list(range(30))


def test_an_error_in_a_source_is_raised_where_the_items_are_taken():
    def source():
        yield 1
        raise LookupError("gone")

    items = ahead(source())
    assert next(items) == 1
    with pytest.raises(LookupError, match="gone"):
        next(items)


def _settled(read, patience=2.0):
    """Return what stays the same for a moment."""
    end, last = time.monotonic() + patience, None
    while time.monotonic() < end and last != (last := read()):
        time.sleep(0.05)
    return last


def test_a_source_runs_no_further_ahead_than_asked():
    given = []

    def source():
        for n in count():
            given.append(n)
            yield n

    items = ahead(source(), size=3)
    assert next(items) == 0
    assert _settled(lambda: len(given)) <= 1 + 3 + 1
    items.close()


def test_closing_ends_the_threads_and_closes_the_sources():
    closed = threading.Event()

    def source():
        try:
            yield from count()
        finally:
            closed.set()

    before = threading.active_count()
    items = ahead(source(), size=2)
    next(items)
    items.close()
    assert closed.is_set()
    assert threading.active_count() == before


def test_without_a_source_there_is_nothing():
    assert list(ahead()) == []


@given(st.lists(st.integers(), max_size=40), st.integers(1, 5))
def test_several_calls_at_once_keep_the_order(items, workers):
    assert list(several(lambda n: n * 2, items, workers=workers)) == [n * 2 for n in items]


def test_several_are_really_under_way_at_once():
    barrier = threading.Barrier(3, timeout=5)
    assert len(list(several(lambda _: barrier.wait(), range(3), workers=3))) == 3


def test_the_first_error_of_several_ends_them():
    def call(n):
        if n == 2:
            raise LookupError(n)
        return n

    results = several(call, count(), workers=2)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(LookupError):
        next(results)


def test_items_are_taken_as_they_are_needed():
    taken = []

    def items():
        for n in count():
            taken.append(n)
            yield n

    results = several(lambda n: n, items(), workers=2)
    next(results)
    results.close()
    assert len(taken) <= 5
