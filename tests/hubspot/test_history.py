from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest
from scripted import reply

from leadscore.errors import BadReplyError
from leadscore.hubspot import history
from leadscore.hubspot.history import HISTORY, read_history
from leadscore.hubspot.listing import list_pages

NAMES = ["lifecyclestage", "hs_analytics_num_visits"]


@pytest.fixture
def ids(portal):
    return [one for page in list_pages(portal, "contacts", []) for one in page.ids]


def _read(portal, ids, names=NAMES):
    tables = list(read_history(portal, "contacts", ids, list(names)))
    assert all(table.schema == HISTORY for table in tables)
    return pa.concat_tables([HISTORY.empty_table(), *tables])


def _entry(value, timestamp="2026-01-02T03:04:05.678Z", **more):
    return {"value": value, "timestamp": timestamp, "sourceType": "CRM_UI", **more}


def _past(record, **histories):
    return {"id": record, "properties": {}, "propertiesWithHistory": histories}


def test_the_newest_entry_is_the_value_that_the_record_has(portal, ids):
    frame = _read(portal, ids, ["lifecyclestage"]).to_pandas()
    newest = frame.sort_values("timestamp").groupby("id")["value"].last()
    pages = list_pages(portal, "contacts", ["lifecyclestage"])
    now = pd.concat([page.rows.to_pandas() for page in pages]).set_index("id")["lifecyclestage"]
    assert newest.to_dict() == now.dropna().to_dict()


def test_history_equals_what_each_record_says_of_itself(portal, ids):
    record = ids[17]
    query = [("propertiesWithHistory", ",".join(NAMES))]
    alone = portal.transport.call("GET", portal.path("objects", "contacts", record), query=query)
    expected = [
        (name, entry["value"], pd.Timestamp(entry["timestamp"]), entry["sourceType"])
        for name in NAMES
        for entry in alone["propertiesWithHistory"][name]
    ]
    rows = [r for r in _read(portal, ids[10:90]).to_pylist() if r["id"] == record]
    found = [
        (r["property"], r["value"], pd.Timestamp(r["timestamp"]), r["source_type"]) for r in rows
    ]
    assert found == expected


def test_batches_are_of_fifty(portal, sandbox, ids):
    _read(portal, ids)
    calls = [r for r in sandbox.requests() if r["path"].endswith("/batch/read")]
    assert len(calls) == 5


def test_tables_come_in_the_order_of_the_ids_and_in_streams(portal, ids, monkeypatch):
    monkeypatch.setattr(history, "ROWS", 10)
    tables = list(read_history(portal, "contacts", ids[::-1], NAMES))
    assert len(tables) > 1
    seen = list(dict.fromkeys(one for table in tables for one in table["id"].to_pylist()))
    assert seen == [one for one in ids[::-1] if one in set(seen)]


def test_a_record_without_history_ends_nothing(odd, script):
    results = [
        _past("1", a=[_entry("x")]),
        {"id": "2", "properties": {}},
        _past("3"),
        _past("4", a=[]),
        _past("5", a=[_entry("y")]),
    ]
    script.replies = [reply(200, {"results": results})]
    table = _read(odd, list("12345"), ["a"])
    assert table["id"].to_pylist() == ["1", "5"]


@pytest.mark.parametrize(
    ("wire", "time"),
    [
        ("2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("1767323045678", "2026-01-02T03:04:05.678Z"),
        (1767323045678, "2026-01-02T03:04:05.678Z"),
        (None, None),
    ],
)
def test_times_come_in_several_forms(odd, script, wire, time):
    entries = [_entry("x", wire), _entry("y")]
    script.replies = [reply(200, {"results": [_past("1", a=entries)]})]
    found = _read(odd, ["1"], ["a"])["timestamp"][0].as_py()
    assert found == (time and pd.Timestamp(time))


@pytest.mark.parametrize(
    ("wire", "value"), [("", ""), (None, None), (True, "true"), (5, "5"), ("a;b", "a;b")]
)
def test_values_are_as_on_the_wire(odd, script, wire, value):
    script.replies = [reply(200, {"results": [_past("1", a=[_entry(wire, sourceId=7)])]})]
    row = _read(odd, ["1"], ["a"]).to_pylist()[0]
    assert (row["value"], row["source_id"]) == (value, "7")


def test_a_record_that_comes_twice_has_its_history_once(portal, sandbox, ids):
    plain = _read(portal, ids[:10])
    sandbox.faults([{"match": {"path": "*/batch/read"}, "action": {"duplicate_ids": True}}])
    assert _read(portal, ids[:10]) == plain


def test_a_record_left_out_of_a_batch_is_asked_for_again(portal, sandbox, ids):
    plain = _read(portal, ids[:10]).to_pandas()
    rule = {"match": {"path": "*/batch/read", "nth": 1}, "action": {"drop_ids": [ids[4]]}}
    sandbox.faults([rule])
    again = _read(portal, ids[:10]).to_pandas()
    key = ["id", "property", "timestamp", "value"]
    left, right = (f.sort_values(key, ignore_index=True) for f in (plain, again))
    pd.testing.assert_frame_equal(left, right)


def test_ids_that_are_not_there_have_no_rows(portal):
    assert _read(portal, ["999999999"]).num_rows == 0


@pytest.mark.parametrize("past", ["x", {"a": "x"}, {"a": ["x"]}])
def test_a_history_of_another_shape_is_an_error(odd, script, past):
    record = {"id": "1", "properties": {}, "propertiesWithHistory": past}
    script.replies = [reply(200, {"results": [record]})]
    with pytest.raises(BadReplyError):
        _read(odd, ["1"], ["a"])


def test_a_record_that_nobody_asked_for_has_no_rows(odd, script):
    results = [_past("2", a=[_entry("x")]), _past("1", a=[_entry("y")])]
    script.replies = [reply(200, {"results": results})]
    assert _read(odd, ["1"], ["a"])["id"].to_pylist() == ["1"]
