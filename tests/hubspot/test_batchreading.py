from __future__ import annotations

import pytest
from scripted import reply

from leadscore.errors import BadReplyError, InvalidRequestError
from leadscore.hubspot.batchreading import chunks, read_ids
from leadscore.hubspot.listing import list_pages


@pytest.fixture
def ids(portal):
    return [one for page in list_pages(portal, "contacts", []) for one in page.ids]


def _read(portal, ids, names=("email",)):
    return read_ids(portal, "contacts", ids, list(names))


def test_the_order_of_the_ids_is_kept_over_many_batches(portal, ids):
    asked = ids[::-1]
    found = _read(portal, asked)
    assert found.rows["id"].to_pylist() == asked
    assert found.missing == []


def test_what_is_not_there_is_missing(portal, ids):
    found = _read(portal, [ids[2], "999999999", ids[0]])
    assert found.rows["id"].to_pylist() == [ids[2], ids[0]]
    assert found.missing == ["999999999"]


def test_an_id_that_comes_twice_is_read_once(portal, ids):
    assert _read(portal, [ids[0], ids[1], ids[0]]).rows["id"].to_pylist() == ids[:2]


def test_no_ids_are_no_rows_and_no_call(portal):
    before = portal.requests
    found = _read(portal, [])
    assert (found.rows.column_names, found.rows.num_rows, found.missing) == (["id", "email"], 0, [])
    assert portal.requests == before


def test_more_properties_than_fit_into_a_url_are_read(portal, ids):
    names = [f"a_property_with_a_rather_long_name_{n:04d}" for n in range(600)]
    assert _read(portal, ids[:2], [*names, "jobtitle"]).rows.num_columns == 602


def test_a_merged_record_is_missing_under_its_own_id(portal, ids):
    body = {"primaryObjectId": ids[0], "objectIdToMerge": ids[1]}
    portal.transport.call("POST", portal.path("objects", "contacts", "merge"), body=body)
    found = _read(portal, ids[:3])
    assert ids[1] in found.missing
    assert ids[2] in found.rows["id"].to_pylist()


def test_a_record_left_out_once_is_asked_for_again(portal, sandbox, ids):
    rule = {"match": {"path": "*/batch/read", "nth": 1}, "action": {"drop_ids": [ids[4]]}}
    sandbox.faults([rule])
    assert _read(portal, ids[:10]).rows["id"].to_pylist() == ids[:10]


def test_a_record_that_is_there_and_always_left_out_is_an_error(portal, sandbox, ids):
    sandbox.faults([{"match": {"path": "*/batch/read"}, "action": {"drop_ids": [ids[4]]}}])
    with pytest.raises(BadReplyError, match=ids[4]):
        _read(portal, ids[:10])


def test_a_refused_input_is_asked_for_again(portal, sandbox, ids):
    rule = {"match": {"path": "*/batch/read", "nth": 1}, "action": {"reject_ids": [ids[4]]}}
    sandbox.faults([rule])
    assert _read(portal, ids[:10]).rows.num_rows == 10


def test_a_record_that_comes_twice_has_one_row(portal, sandbox, ids):
    sandbox.faults([{"match": {"path": "*/batch/read"}, "action": {"duplicate_ids": True}}])
    assert _read(portal, ids[:10]).rows["id"].to_pylist() == ids[:10]


def test_a_batch_refused_for_one_bad_id_is_narrowed_down(portal, sandbox, ids):
    refusal = {"status": 400, "body": "400"}
    sandbox.faults([{"match": {"path": "*/batch/read", "id": "bad-id"}, "action": refusal}])
    asked = [*ids[:60], "bad-id", *ids[60:99]]
    found = _read(portal, asked)
    assert found.rows["id"].to_pylist() == ids[:99]
    assert found.missing == ["bad-id"]
    assert len([r for r in sandbox.requests() if "batch/read" in r["path"]]) <= 1 + 2 * 7


def test_a_refusal_of_everything_is_an_error_and_not_a_portal_without_records(portal, sandbox, ids):
    refusal = {"status": 400, "body": "400"}
    sandbox.faults([{"match": {"path": "*/batch/read"}, "action": refusal}])
    with pytest.raises(InvalidRequestError):
        _read(portal, ids)


def test_a_record_that_nobody_asked_for_gets_no_row(odd, script):
    records = [{"id": "2", "properties": {}}, {"id": "1", "properties": {}}]
    script.replies = [reply(200, {"results": records})]
    assert _read(odd, ["1"]).rows["id"].to_pylist() == ["1"]


@pytest.mark.parametrize("body", [{}, {"results": None}, {"results": [{"id": "1"}]}])
def test_a_batch_that_cannot_be_believed_is_an_error(odd, script, body):
    script.replies = [reply(200, body)]
    with pytest.raises(BadReplyError):
        _read(odd, ["1"])


def test_archived_records_are_read_when_they_are_asked_for(portal, ids):
    portal.transport.call("DELETE", portal.path("objects", "contacts", ids[0]), expect=(204,))
    assert _read(portal, ids[:1]).missing == ids[:1]
    found = read_ids(portal, "contacts", ids[:1], ["email"], archived=True)
    assert found.rows["id"].to_pylist() == ids[:1]


@pytest.mark.parametrize("items", [[], [1], list(range(7))])
def test_chunks_lose_nothing(items):
    assert [n for part in chunks(items, 3) for n in part] == items
    assert all(len(part) <= 3 for part in chunks(items, 3))
