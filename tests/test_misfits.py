from __future__ import annotations

import pyarrow as pa

from leadscore.misfits import SCHEMA, TABLE, keep


def _misfits(*pairs, kind="contacts"):
    rows = [
        {"object": kind, "property": "seats", "id": one, "value": value, "why": "no number"}
        for one, value in pairs
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _kept(store):
    rows = store.arrow(TABLE).to_pylist() if store.has(TABLE) else []
    return {(row["object"], row["id"], row["value"]) for row in rows}


def test_the_misfits_of_a_full_reading_take_the_place_of_the_former(store):
    keep(store, "contacts", _misfits(("1", "many"), ("2", "few")))
    keep(store, "deals", _misfits(("1", "some"), kind="deals"))
    keep(store, "contacts", _misfits(("3", "n/a")))
    assert _kept(store) == {("contacts", "3", "n/a"), ("deals", "1", "some")}


def test_the_misfits_of_changed_records_replace_only_theirs(store):
    keep(store, "contacts", _misfits(("1", "many"), ("2", "few")))
    keep(store, "contacts", _misfits(("2", "none")), among=pa.array(["2", "9"]))
    assert _kept(store) == {("contacts", "1", "many"), ("contacts", "2", "none")}
    keep(store, "contacts", _misfits(), among=pa.array(["1"]))
    assert _kept(store) == {("contacts", "2", "none")}


def test_without_misfits_there_is_no_table_and_no_new_version(store):
    keep(store, "contacts", _misfits())
    assert not store.has(TABLE)
    keep(store, "contacts", _misfits(("1", "many")))
    before = store.version(TABLE)
    keep(store, "contacts", _misfits(), among=pa.array(["5"]))
    assert store.version(TABLE) == before
