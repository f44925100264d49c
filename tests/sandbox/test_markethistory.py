"""Property history as it is recorded."""

from __future__ import annotations

import numpy as np
from markets import read

from leadscore.sandbox.markethistory import Entries, Recorder, counted, moments


def test_entries_are_sorted_and_no_two_are_of_one_property_at_one_moment() -> None:
    for batch in read():
        found = batch.entries
        keys = np.stack([found.record, found.property, found.at])
        assert (np.lexsort(keys[::-1]) == np.arange(len(found.at))).all()
        assert not (np.diff(keys) == 0).all(axis=0).any()


def test_entries_have_the_documented_types() -> None:
    for batch in read():
        found = batch.entries
        assert [
            a.dtype.str[1:] for a in (found.record, found.property, found.at, found.source)
        ] == [*("i4", "i2", "i8", "i1")]
        assert {type(value) for value in found.value} == {str}
        assert len(found.value) == len(found.at)


def rows(found: Entries) -> list[tuple[int, int, int, str, int]]:
    parts = (found.record, found.property, found.at, found.source)
    record, place, at, source = (part.tolist() for part in parts)
    return list(zip(record, place, at, found.value, source, strict=True))


def recorded(*, history: bool) -> Entries:
    book = Recorder(["a", "b"], np.array([10, 30]), history=history)
    book.numbers("b", np.array([0, 0, 1]), np.array([5, 11, 20]), np.array([1, 2, 3]), 4)
    book.texts("a", np.array([1, 1]), np.array([2, 30]), "x", np.array([5, 6]))
    book.texts("a", np.array([1]), np.array([30]), "y", 7)
    return book.entries()


def test_a_recorder_sorts_and_drops_what_lies_after_the_limit() -> None:
    # Of two entries at one moment the later one stays.
    assert rows(recorded(history=True)) == [
        *((0, 1, 5, "1", 4), (1, 0, 2, "x", 5), (1, 0, 30, "y", 7), (1, 1, 20, "3", 4))
    ]


def test_a_recorder_without_history_keeps_the_last_of_each_property() -> None:
    assert rows(recorded(history=False)) == [
        *((0, 1, 5, "1", 4), (1, 0, 30, "y", 7), (1, 1, 20, "3", 4))
    ]


def test_a_recorder_of_nothing_gives_no_entries() -> None:
    found = Recorder(["a"], np.array([10]), history=True).entries()
    assert rows(found) == []
    assert found.record.dtype == np.int32


def test_numbers_and_moments_are_strings_as_on_the_wire() -> None:
    assert counted(np.array([0, 9_999, 10_000])).tolist() == ["0", "9999", "10000"]
    assert counted(np.array([7]))[0] is counted(np.array([7, 8]))[0]
    assert moments(np.array([0, 1_582_947_017_005])).tolist() == [
        *("1970-01-01T00:00:00.000Z", "2020-02-29T03:30:17.005Z")
    ]
