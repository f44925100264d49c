from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synctasks import task_of

from leadscore.synctask import MARKS, changed_ids, no_ids, sorted_ids, without

TIMES = ["2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.001Z", "2026-01-03T00:00:00Z"]


@pytest.fixture
def task(portal, store):
    """A sync whose store holds three contacts."""
    made = task_of(portal, store)
    times = pa.array(pd.to_datetime(TIMES, utc=True, format="ISO8601"), pa.timestamp("us", "UTC"))
    store.write("contacts", pa.table({"id": ["1", "2", "3"], "lastmodifieddate": times}))
    return made


def _changed(task, **times):
    seen = pa.table({"id": list(times), "modified": list(times.values())}, schema=MARKS)
    return changed_ids(seen, task).to_pylist()


def test_a_record_is_changed_where_its_time_is_not_the_stores(task):
    later = {"1": TIMES[0], "2": TIMES[2], "9": TIMES[0]}
    assert _changed(task, **later) == ["2", "9"]


def test_the_same_moment_written_otherwise_is_no_change(task):
    assert _changed(task, **{"3": "2026-01-03T00:00:00.000Z", "1": "1767225600000"}) == []


def test_a_record_without_a_time_counts_as_changed(task):
    assert _changed(task, **{"1": ""}) == ["1"]


def test_before_the_first_sync_everything_is_changed(portal, store):
    assert _changed(task_of(portal, store), **{"1": TIMES[0]}) == ["1"]


def test_what_is_on_record_is_of_one_object_type(portal, store):
    contacts, deals = task_of(portal, store), task_of(portal, store, "deals")
    contacts.record("bookmark", "x")
    assert (contacts.recall("bookmark"), deals.recall("bookmark")) == ("x", None)


def test_links_that_wait_add_up_until_all_are_to_be_read(task):
    task.await_links(["2"])
    task.await_links(["1", "2"])
    assert task.recall("links") == ["1", "2"]
    task.record("links", "all")
    task.await_links(["3"])
    assert task.recall("links") == "all"


@given(st.lists(st.integers(0, 10**18), unique=True))
def test_ids_sort_as_numbers(numbers):
    assert sorted_ids(map(str, numbers)) == [str(n) for n in sorted(numbers)]


@given(st.sets(st.integers(0, 50)), st.sets(st.integers(0, 50)))
def test_without_is_the_difference(one, other):
    left = without(
        pa.array([str(n) for n in sorted(one)], pa.string()),
        pa.array([str(n) for n in sorted(other)], pa.string()),
    )
    assert set(left.to_pylist()) == {str(n) for n in one - other}
    assert len(no_ids()) == 0
