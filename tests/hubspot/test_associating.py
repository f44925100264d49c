from __future__ import annotations

import json

import pyarrow as pa
import pytest
from scripted import reply

from leadscore.errors import BadReplyError
from leadscore.hubspot import associating
from leadscore.hubspot.associating import ASSOCIATIONS, read_associations
from leadscore.hubspot.listing import list_pages


@pytest.fixture
def ids(portal):
    return [one for page in list_pages(portal, "contacts", []) for one in page.ids]


def _read(portal, ids, to_type="companies"):
    tables = list(read_associations(portal, "contacts", to_type, ids))
    assert all(table.schema == ASSOCIATIONS for table in tables)
    return pa.concat_tables([ASSOCIATIONS.empty_table(), *tables])


def _result(one, *ends, after=None):
    types = [{"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None}]
    to = [{"toObjectId": end, "associationTypes": types} for end in ends]
    paging = {"paging": {"next": {"after": after}}} if after else {}
    return {"from": {"id": one}, "to": to, **paging}


def _reply(*results, errors=()):
    body = {"results": list(results), **({"errors": list(errors)} if errors else {})}
    return reply(207 if errors else 200, body)


def test_associations_are_those_that_the_portal_has(portal, sandbox, ids):
    table = _read(portal, ids)
    kept = sandbox.portal.associations
    expected = {
        (one, str(end), number)
        for one in ids
        for end, numbers in kept.of("contacts", int(one), "companies").items()
        for number in numbers
    }
    columns = (table[name].to_pylist() for name in ("from_id", "to_id", "type_id"))
    rows = list(zip(*columns, strict=True))
    assert set(rows) == expected
    assert len(rows) == len(expected) > 0


def test_each_type_of_a_pair_has_its_row_and_its_label(portal, ids):
    rows = _read(portal, ids[:50]).to_pylist()
    assert {(r["type_id"], r["label"]) for r in rows} == {(1, "Primary"), (279, None)}
    assert {(r["from_object"], r["to_object"]) for r in rows} == {("contacts", "companies")}


def test_records_without_associations_and_unknown_ids_are_simply_absent(portal):
    assert _read(portal, ["999999999"]).num_rows == 0


def test_batches_are_cut_to_size(portal, sandbox, ids, monkeypatch):
    monkeypatch.setattr(associating, "BATCH", 60)
    assert _read(portal, ids).num_rows == _read(portal, ids[::-1]).num_rows
    calls = [r for r in sandbox.requests() if r["path"].endswith("/companies/batch/read")]
    assert len(calls) == 10


def test_the_pages_of_one_record_are_read_to_the_end(odd, script):
    script.replies = [
        _reply(_result("1", 7, 8, after="c1"), _result("2", 9)),
        _reply(_result("1", "10")),
    ]
    table = _read(odd, ["1", "2"])
    assert sorted(table["to_id"].to_pylist(), key=int) == ["7", "8", "9", "10"]
    body = json.loads(script.requests[1].partition(b"\r\n\r\n")[2])
    assert body["inputs"] == [{"id": "1", "after": "c1"}]


def test_a_cursor_that_repeats_is_an_error(odd, script):
    script.replies = [_reply(_result("1", 7, after="a")), _reply(_result("1", 8, after="a"))]
    with pytest.raises(BadReplyError, match="cursor repeats"):
        _read(odd, ["1"])


def test_a_refusal_of_single_records_is_not_a_record_without_associations(odd, script):
    error = {"category": "VALIDATION_ERROR", "message": "not now", "context": {"ids": ["2"]}}
    script.replies = [_reply(_result("1", 7), errors=[error])]
    with pytest.raises(BadReplyError, match="not now"):
        _read(odd, ["1", "2"])


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"from": {}, "to": []},
        {"from": {"id": "1"}},
        {"from": {"id": "1"}, "to": [{"associationTypes": []}]},
        {"from": {"id": "1"}, "to": [{"toObjectId": 5, "associationTypes": []}]},
        {"from": {"id": "1"}, "to": [{"toObjectId": 5, "associationTypes": [{"typeId": "x"}]}]},
    ],
)
def test_a_result_of_another_shape_is_an_error(odd, script, result):
    script.replies = [_reply(result)]
    with pytest.raises(BadReplyError):
        _read(odd, ["1"])
