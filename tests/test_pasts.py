from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from leadscore.hubspot.history import HISTORY
from leadscore.pasts import read_pasts

START = pd.Timestamp("2026-01-01", tz="UTC")
DAY = pd.Timedelta(days=1)
IDS = pa.array(["1", "2", "30"])
DEFINITIONS = {
    "opens": {"type": "number"},
    "optout": {"type": "bool"},
    "asked": {"type": "datetime"},
    "title": {"type": "string"},
    "topics": {"type": "enumeration", "fieldType": "checkbox"},
}


def _read(store, rows, *, until=START + 100 * DAY):
    """Write entries of (id, property, value, day, source) and read them."""
    columns = {
        "object": ["contacts"] * len(rows),
        "id": [row[0] for row in rows],
        "property": [row[1] for row in rows],
        "value": [row[2] for row in rows],
        "timestamp": [None if row[3] is None else START + row[3] * DAY for row in rows],
        "source_type": [row[4] if len(row) > 4 else "CRM_UI" for row in rows],
        "source_id": [None] * len(rows),
    }
    store.write("history", pa.table(columns, schema=HISTORY))
    return read_pasts(store, IDS, DEFINITIONS, until=until)


def test_entries_come_by_property_sorted_by_contact_and_time(store):
    rows = [("2", "opens", "5", 3), ("1", "opens", "2", 2), ("1", "opens", "1", 1)]
    past = _read(store, rows).by_property["opens"]
    assert past.contact.tolist() == [0, 0, 1]
    assert past.value.tolist() == [1.0, 2.0, 5.0]
    assert (np.diff(past.ms[:2]) == 86_400_000).all()


@pytest.mark.parametrize(
    ("name", "texts", "values"),
    [
        ("opens", ["1.5", "", "many"], [1.5, None, None]),
        ("optout", ["true", "FALSE", "1"], [1.0, 0.0, None]),
        ("asked", ["1970-01-01T00:00:01Z", "soon", ""], [1e6, None, None]),
    ],
)
def test_what_is_on_the_wire_is_typed_as_the_stores_columns(store, name, texts, values):
    rows = [("1", name, text, day) for day, text in enumerate(texts)]
    found = _read(store, rows).by_property[name].value
    assert [None if np.isnan(one) else one for one in found] == values


def test_texts_are_places_in_their_sorted_levels(store):
    rows = [("1", "title", "b", 1), ("2", "title", "a", 1), ("2", "title", "", 2)]
    past = _read(store, rows).by_property["title"]
    assert past.levels.to_pylist() == ["a", "b"]
    assert past.value[:2].tolist() == [1.0, 0.0]
    assert np.isnan(past.value[2])
    assert _read(store, [("1", "topics", "a;b", 1)]).by_property["topics"].kind == "options"


def test_what_was_recorded_while_the_sync_was_reading_counts_from_the_sync_on(store):
    rows = [("1", "opens", "1", 1), ("1", "opens", "2", 50)]
    past = _read(store, rows, until=START + 49 * DAY).by_property["opens"]
    assert past.value.tolist() == [1.0, 2.0]
    assert past.ms[-1] == START.value // 10**6 + 49 * 86_400_000


def test_entries_of_others_and_without_a_time_are_passed_over(store):
    rows = [("404", "opens", "1", 1), ("1", "opens", "2", None), ("1", "nobody_asked", "3", 1)]
    assert _read(store, rows).by_property == {}


def test_of_two_entries_at_one_moment_the_order_of_storing_does_not_matter(store):
    rows = [("1", "opens", "7", 1), ("1", "opens", "3", 1)]
    first = _read(store, rows).by_property["opens"].value.tolist()
    assert first == _read(store, rows[::-1]).by_property["opens"].value.tolist() == [3.0, 7.0]


def test_merges_and_imports_are_noted_with_their_time(store):
    rows = [
        ("1", "title", "a", 5, "IMPORT"),
        ("1", "opens", "1", 9),
        ("2", "title", "a", 1),
        ("2", "opens", "4", 3, "IMPORT"),
        ("30", "title", "a", 2, "MERGE_OBJECTS"),
        ("30", "hs_merged_object_ids", "8;9", 4, "CRM_UI"),
    ]
    found = _read(store, rows)
    assert found.imported.tolist() == [True, False, False]
    day = START.value // 10**6 + 86_400_000 * np.array([5, 1, 2])
    assert found.first.tolist() == day.tolist()
    assert found.merged.tolist() == [0, 0, START.value // 10**6 + 4 * 86_400_000]


def test_a_store_without_history_has_none(store):
    found = read_pasts(store, IDS, DEFINITIONS, until=START)
    assert found.by_property == {}
    assert not found.imported.any()


def test_a_value_moved_where_it_is_not_the_one_before(store):
    values = ["1", "1", "", "", "1"]
    past = _read(store, [("1", "opens", v, day) for day, v in enumerate(values)])
    assert past.by_property["opens"].moved.tolist() == [True, False, True, False, True]
