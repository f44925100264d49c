from __future__ import annotations

import json
from itertools import islice

import pandas as pd
import pyarrow as pa
import pytest

from leadscore.errors import BadReplyError
from leadscore.hubspot import fullreading
from leadscore.hubspot.batchreading import read_ids
from leadscore.hubspot.fullreading import read_records
from leadscore.hubspot.pages import rows_schema
from leadscore.hubspot.searching import changed_since, newest_change

NAMES = ["email", "lifecyclestage"]
LONG = [f"a_property_with_a_rather_long_name_{n:04d}" for n in range(250)]
LONGER = [*LONG, *(f"and_another_with_a_rather_long_name_{n:04d}" for n in range(50))]


@pytest.fixture(params=["list", "both"])
def way(request, monkeypatch):
    """Read by the list alone, or together with a search; chunks after every page."""
    monkeypatch.setattr(fullreading, "ROWS", 1)
    monkeypatch.setattr(fullreading, "WORTH", 0 if request.param == "both" else 10**9)
    return request.param


@pytest.fixture(autouse=True)
def _at_once(request):
    if "portal" in request.fixturenames:
        portal = request.getfixturevalue("portal")
        portal.pool.waits.sleep = lambda _: None


def _kept(sandbox, object_type="contacts"):
    return {str(record.id) for record in sandbox.portal.collection(object_type).records}


def _read(portal, names=NAMES, **options):
    return list(read_records(portal, "contacts", names, **options))


def _ids(chunks):
    return [one for chunk in chunks for one in chunk.rows["id"].to_pylist()]


def _once(chunks, sandbox):
    ids = _ids(chunks)
    assert len(ids) == len(set(ids))
    assert set(ids) == _kept(sandbox)


ORDERS = [{"limits": False}, {"limits": False, "list_order": "shuffled"}]
orders = pytest.mark.parametrize("sandbox", ORDERS, indirect=True, ids=["by id", "shuffled"])


@orders
def test_every_record_comes_exactly_once(portal, sandbox, way):
    _once(_read(portal), sandbox)


@orders
def test_reading_goes_on_after_any_chunk_without_loss_or_repetition(portal, sandbox, way):
    whole = len(_read(portal))
    for cut in range(1, whole + 1):
        before = list(islice(read_records(portal, "contacts", NAMES), cut))
        position = json.loads(json.dumps(before[-1].position))
        _once([*before, *_read(portal, position=position)], sandbox)


@orders
def test_reading_is_interrupted_after_every_chunk(portal, sandbox, way):
    chunks, position = [], None
    while not (chunks and chunks[-1].position["done"]):
        chunks += islice(read_records(portal, "contacts", NAMES, position=position), 1)
        position = json.loads(json.dumps(chunks[-1].position))
    _once(chunks, sandbox)


def test_after_the_last_chunk_there_is_nothing_more(portal, way):
    assert _read(portal, position=_read(portal)[-1].position) == []


@orders
@pytest.mark.parametrize("refused", [True, False])
def test_a_cursor_that_is_refused_or_forgotten_loses_and_repeats_nothing(
    portal, sandbox, way, refused
):
    before = list(islice(read_records(portal, "contacts", NAMES), 2))
    position = before[-1].position
    if refused:
        rule = {"match": {"path": "*/contacts", "method": "GET", "nth": 1}}
        sandbox.faults([rule | {"action": {"status": 400, "body": "400"}}])
    else:
        position = position | ({"after": "0"} if position["after"] else {})
    _once([*before, *_read(portal, position=position)], sandbox)


@orders
def test_repeated_records_come_once(portal, sandbox, way):
    sandbox.faults([{"match": {"method": "GET"}, "action": {"duplicate_ids": True}}])
    _once(_read(portal), sandbox)


def test_cursors_that_go_in_circles_are_an_error(portal, sandbox, monkeypatch):
    monkeypatch.setattr(fullreading, "WORTH", 10**9)
    sandbox.faults([{"match": {"path": "*/contacts"}, "action": {"cursor_loop": True}}])
    with pytest.raises(BadReplyError, match="cursor repeats"):
        _read(portal)


@pytest.mark.parametrize("names", [LONG, LONGER], ids=["for a search", "for a url"])
@orders
def test_property_lists_that_are_too_long_are_read_by_batch(portal, sandbox, way, names):
    chunks = _read(portal, [*names, "lifecyclestage"])
    _once(chunks, sandbox)
    records = sandbox.portal.collection("contacts").records
    for row in chunks[0].rows.slice(0, 20).to_pylist():
        record = records.get(int(row["id"]))
        assert row["lifecyclestage"] == record.values.get("lifecyclestage")  # noqa: PD011


def test_a_search_works_from_above_where_there_are_many(portal, sandbox, way):
    _read(portal)
    searched = [r for r in sandbox.requests() if r["path"].endswith("/search")]
    assert (len(searched) > 1) == (way == "both")


@pytest.mark.parametrize("sandbox", [{"limits": False}], indirect=True)
@pytest.mark.parametrize(
    "action",
    [{"status": 400, "body": "400"}, {"duplicate_ids": True}, {"drop_ids": "all"}],
    ids=["refuses", "repeats", "shows nothing"],
)
@pytest.mark.parametrize("first", [1, 2])
def test_a_search_that_cannot_be_used_leaves_all_to_the_list(portal, sandbox, way, action, first):
    rules = {"match": {"path": "*/search", "nth": {"from": first}}, "action": action}
    sandbox.faults([rules])
    _once(_read(portal), sandbox)


def test_archived_records_are_read_instead(portal, sandbox, way):
    records = sandbox.portal.collection("contacts").records
    archived = {str(record.id) for record in records.walk(archived=True)}
    gone = sorted(_kept(sandbox))[:120]
    for record in gone:
        portal.transport.call("DELETE", portal.path("objects", "contacts", record), expect=(204,))
    ids = _ids(_read(portal, archived=True))
    assert len(ids) == len(set(ids))
    assert set(ids) == archived | set(gone)
    assert not [r for r in sandbox.requests() if r["path"].endswith("/search")]


def test_records_that_change_while_one_reads_come_once(portal, sandbox, way):
    kept, reading = _kept(sandbox), read_records(portal, "contacts", NAMES)
    chunks = [next(reading)]
    for record in sorted(kept)[::40]:
        where = portal.path("objects", "contacts", record)
        portal.transport.call("PATCH", where, body={"properties": {"jobtitle": "Changed"}})
    new = {"properties": {"email": "new@example.com"}}
    portal.transport.call("POST", portal.path("objects", "contacts"), body=new, expect=(201,))
    ids = _ids([*chunks, *reading])
    assert len(ids) == len(set(ids))
    assert set(ids) >= kept


def test_records_that_are_deleted_while_one_reads_do_no_harm(portal, sandbox, way):
    kept, reading = _kept(sandbox), read_records(portal, "contacts", NAMES)
    chunks = [next(reading)]
    gone = set(sorted(kept)[5::10])
    for record in gone:
        portal.transport.call("DELETE", portal.path("objects", "contacts", record), expect=(204,))
    ids = _ids([*chunks, *reading])
    assert len(ids) == len(set(ids))
    assert kept - gone <= set(ids) <= kept


def test_records_of_a_custom_object_are_read_by_its_type_id(portal, way):
    labels = {"singular": "Machine", "plural": "Machines"}
    name = {"name": "serial", "label": "Serial", "type": "string", "fieldType": "text"}
    schema = {"name": "machine", "labels": labels, "properties": [name]}
    schema |= {"primaryDisplayProperty": "serial", "requiredProperties": ["serial"]}
    schema |= {"associatedObjects": []}
    where = portal.path("schemas")
    made = portal.transport.call("POST", where, body=schema, expect=(201,))["objectTypeId"]
    for n in range(3):
        record = {"properties": {"serial": str(n)}}
        portal.transport.call("POST", portal.path("objects", made), body=record, expect=(201,))
    chunks = list(read_records(portal, made, ["serial"]))
    serials = [one for chunk in chunks for one in chunk.rows["serial"].to_pylist()]
    assert sorted(serials) == ["0", "1", "2"]
    found = read_ids(portal, made, _ids(chunks), ["serial"])
    assert found.rows["serial"].to_pylist() == serials
    changed = pa.concat_tables(changed_since(portal, made, pd.Timestamp(0)))
    assert set(changed["id"].to_pylist()) == set(_ids(chunks))
    assert newest_change(portal, made) is not None


def test_rows_are_strings_as_on_the_wire(portal, sandbox, way):
    chunk = _read(portal, ["createdate", "hs_object_id", "nothing_of_this_name"])[0]
    assert chunk.rows.schema == rows_schema(["createdate", "hs_object_id", "nothing_of_this_name"])
    assert chunk.rows["hs_object_id"].to_pylist() == chunk.rows["id"].to_pylist()
    assert chunk.rows["nothing_of_this_name"].null_count == chunk.rows.num_rows


@pytest.mark.parametrize("sandbox", [{"contacts": 1}], indirect=True)
def test_an_empty_portal_gives_one_empty_chunk(portal, sandbox):
    for record in _kept(sandbox):
        portal.transport.call("DELETE", portal.path("objects", "contacts", record), expect=(204,))
    chunks = _read(portal)
    assert [chunk.rows.num_rows for chunk in chunks] == [0]
    assert chunks[0].rows.schema == rows_schema(NAMES)
    assert chunks[0].position["done"]


@pytest.mark.parametrize("object_type", ["companies", "deals", "0-1"])
def test_any_object_type_is_read(portal, sandbox, way, object_type):
    ids = _ids(read_records(portal, object_type, ["createdate"]))
    assert len(ids) == len(set(ids))
    assert set(ids) == _kept(sandbox, object_type)


def test_an_error_of_the_list_is_raised_where_the_chunks_are_taken(portal, sandbox, way):
    sandbox.faults([{"match": {"method": "GET", "path": "*/contacts"}, "action": {"html": True}}])
    with pytest.raises(BadReplyError):
        _read(portal)
