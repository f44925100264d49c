"""Entries of property history, in columns."""

from __future__ import annotations

import numpy as np

from leadscore.sandbox.markethistory import Recorder

ROWS, AT = np.array([0, 0, 1]), np.array([30, 10, 20])


def recorded(*, history: bool = True, limit: tuple[int, int] = (99, 99)) -> Recorder:
    return Recorder(["city", "visits"], np.array(limit), history=history)


def test_entries_come_in_order_of_record_property_and_time():
    book = recorded()
    book.numbers("visits", ROWS[:1], AT[:1], np.array([2]), 0)
    book.texts("city", ROWS, AT, np.array(["Ulm", "Bonn", "Köln"], dtype=object), 1)
    found = book.entries()
    assert found.record.tolist() == [0, 0, 0, 1]
    assert found.at.tolist() == [10, 30, 30, 20]
    assert found.value == ["Bonn", "Ulm", "2", "Köln"]


def test_of_two_entries_at_one_moment_the_later_one_stays():
    book = recorded()
    for city in ("Ulm", "Bonn"):
        book.texts("city", ROWS[:1], AT[:1], city, 0)
    assert book.entries().value == ["Bonn"]


def test_nothing_is_kept_of_what_lies_after_a_records_limit():
    book = recorded(limit=(15, 99))
    book.texts("city", ROWS, AT, np.array(["Ulm", "Bonn", "Köln"], dtype=object), 0)
    assert book.entries().value == ["Bonn", "Köln"]


def test_without_history_the_last_entry_of_each_property_stays():
    book = recorded(history=False)
    rows, at = np.array([0, 0, 1]), np.array([10, 20, 5])
    book.numbers("visits", rows, at, np.array([1, 2, 7]), 0)
    assert book.entries().value == ["2", "7"]


def test_nothing_recorded_is_no_entries():
    assert recorded().entries().value == []
