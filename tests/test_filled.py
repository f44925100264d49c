"""Completeness: every property in one row, counted and not loaded."""

import pandas as pd
import pytest
from crmstores import HOSTILE, entry, fill, person

from leadscore import filled
from leadscore.errors import DataError, UsageError
from leadscore.filled import completeness


def test_a_property_is_filled_where_it_has_a_value(store):
    people = [person("1", jobtitle="CTO"), person("2", jobtitle="CTO"), person("3", jobtitle=None)]
    history = [
        entry("1", "jobtitle", "CEO", "2026-02-01"),
        entry("1", "jobtitle", "CTO", "2026-03-01"),
    ]
    found = completeness(fill(store, people, history)).set_index("property")
    row = found.loc["jobtitle"]
    assert row[["label", "filled", "distinct", "history"]].tolist() == ["Job title", 2, 1, 2]
    assert row["share"] == pytest.approx(2 / 3)
    assert row["newest"] == pd.Timestamp("2026-03-01", tz="UTC")
    assert found.loc["hs_v2_date_entered_customer", "filled"] == 0
    assert "id" not in found.index
    assert found["filled"].is_monotonic_decreasing


def test_many_records_are_estimated_and_the_frame_says_so(store, monkeypatch):
    fill(store, [person(str(n)) for n in range(5)])
    assert completeness(store).attrs["distinct"] == "counted"
    monkeypatch.setattr(filled, "_EXACT", 4)
    found = completeness(store)
    assert found.attrs == {
        "report": "completeness", "object": "contacts", "records": 5, "distinct": "estimated",
    }  # fmt: skip
    assert found.set_index("property").loc["lifecyclestage", "distinct"] == 1


def test_a_table_without_definitions_goes_by_names_even_hostile_ones(store):
    store.write("contacts", pd.DataFrame({"id": ["1"], 'a"b': ["x"], HOSTILE: ["y"]}))
    found = completeness(store)
    assert sorted(found["label"]) == sorted(['a"b', HOSTILE])
    assert found["filled"].tolist() == [1, 1]


def test_lists_are_counted_like_any_value(store):
    store.write("contacts", pd.DataFrame({"id": ["1", "2"], "topics": [["a"], None]}))
    assert completeness(store)["filled"].tolist() == [1]


def test_an_empty_or_missing_table_is_said_clearly(store):
    assert completeness(fill(store, []))["share"].isna().all()
    with pytest.raises(DataError, match="holds no deals"):
        completeness(store, "deals")
    with pytest.raises(UsageError, match="no 'tickets'"):
        completeness(store, "tickets")
