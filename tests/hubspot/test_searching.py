from __future__ import annotations

import json

import pandas as pd
import pytest
from scripted import reply

from leadscore.errors import BadReplyError
from leadscore.hubspot.listing import list_pages
from leadscore.hubspot.searching import (
    changed_since,
    count,
    fits_body,
    ids_between,
    keyset,
    modified_property,
    newest_change,
)
from leadscore.sandbox.records import Record

EPOCH = pd.Timestamp(0, tz="UTC")


@pytest.fixture
def ids(portal):
    pages = list_pages(portal, "contacts", [])
    return sorted((one for page in pages for one in page.ids), key=int)


def _found(ids, total=None, modified="2026-01-01T00:00:00Z"):
    properties = {"lastmodifieddate": modified}
    records = [{"id": str(i), "properties": properties} for i in ids]
    return reply(200, {"total": len(records) if total is None else total, "results": records})


def _changed(portal, since=EPOCH, object_type="contacts"):
    return [row for table in changed_since(portal, object_type, since) for row in table.to_pylist()]


def _edit(portal, record, **values):
    where = portal.path("objects", "contacts", record)
    portal.transport.call("PATCH", where, body={"properties": values})


def test_the_count_is_the_portals_and_can_be_bounded(portal, ids):
    assert count(portal, "contacts") == 250
    assert count(portal, "contacts", low=ids[9]) == 240
    assert count(portal, "contacts", high=ids[9]) == 10
    assert count(portal, "contacts", low=ids[9], high=ids[19]) == 10


def test_a_count_that_is_no_number_is_an_error(odd, script):
    script.replies = [reply(200, {"total": "many", "results": []})]
    with pytest.raises(BadReplyError, match="total"):
        count(odd, "contacts")


def test_ids_between_are_above_the_low_one_and_up_to_the_high_one(portal, ids):
    assert ids_between(portal, "contacts", None, None) == ids
    assert ids_between(portal, "contacts", ids[3], ids[230]) == ids[4:231]


def test_a_search_from_above_descends(portal, ids):
    pages = list(keyset(portal, "contacts", ["email"], high=ids[-1], descending=True))
    assert [one for page in pages for one in page.ids] == ids[-2::-1]


@pytest.mark.parametrize("object_type", ["contacts", "companies", "deals"])
def test_the_newest_change_is_the_portals_own_time(portal, object_type):
    name = modified_property(object_type)
    pages = list_pages(portal, object_type, [name])
    times = [one for page in pages for one in page.rows[name].to_pylist()]
    assert newest_change(portal, object_type) == pd.Timestamp(max(times))


@pytest.mark.parametrize("sandbox", [{"contacts": 1}], indirect=True)
def test_an_empty_portal_has_no_changes_and_counts_nothing(portal, ids):
    portal.transport.call("DELETE", portal.path("objects", "contacts", ids[0]), expect=(204,))
    assert newest_change(portal, "contacts") is None
    assert count(portal, "contacts") == 0
    assert _changed(portal) == []


def test_only_what_changed_since_is_found(portal, ids):
    since = newest_change(portal, "contacts") + pd.Timedelta("1ms")
    for record in (ids[3], ids[200]):
        _edit(portal, record, jobtitle="Head of Search")
    rows = _changed(portal, since)
    assert [row["id"] for row in rows] == [ids[3], ids[200]]
    assert all(pd.Timestamp(row["modified"]) >= since for row in rows)


def test_a_change_at_the_very_moment_counts_as_since(portal):
    newest = newest_change(portal, "contacts")
    assert newest in {pd.Timestamp(row["modified"]) for row in _changed(portal, newest)}


def test_a_moment_without_an_offset_is_utc(portal):
    newest = newest_change(portal, "contacts")
    assert _changed(portal, newest.tz_localize(None)) == _changed(portal, newest)


def test_filter_values_are_milliseconds(odd, script):
    script.replies = [_found([])]
    _changed(odd, pd.Timestamp("2026-03-01T01:00:00.123456+01:00"))
    body = json.loads(script.requests[0].partition(b"\r\n\r\n")[2])
    assert body["filterGroups"][0]["filters"][0]["value"] == "1772323200123"


def test_every_query_begins_behind_the_last_id_and_uses_no_offset(odd, script):
    script.replies = [_found([1, 2], 3), _found([9])]
    assert [row["id"] for row in _changed(odd)] == ["1", "2", "9"]
    bodies = [json.loads(request.partition(b"\r\n\r\n")[2]) for request in script.requests]
    assert [len(body["filterGroups"][0]["filters"]) for body in bodies] == [1, 2]
    assert bodies[1]["filterGroups"][0]["filters"][1]["value"] == "2"
    assert not any("after" in body for body in bodies)


def test_a_short_page_is_not_the_end_while_the_portal_counts_more(odd, script):
    script.replies = [_found([1], 3), _found([2], 2), _found([3])]
    assert [row["id"] for row in _changed(odd)] == ["1", "2", "3"]


@pytest.mark.parametrize("second", [[2, 3], [1], [5, 4], [7, 7]])
def test_ids_that_do_not_ascend_are_an_error_and_not_an_endless_read(odd, script, second):
    script.replies = [_found([1, 2], 9), _found(second, 9)]
    with pytest.raises(BadReplyError, match="order"):
        _changed(odd)


def test_a_search_that_counts_and_shows_nothing_is_an_error(odd, script):
    script.replies = [_found([], 3)]
    with pytest.raises(BadReplyError, match="none"):
        _changed(odd)


def test_ids_that_are_no_numbers_are_an_error(odd, script):
    script.replies = [_found(["x"], 1)]
    with pytest.raises(BadReplyError, match="numbers"):
        _changed(odd)


def test_records_that_change_while_one_reads_come_once(portal, ids):
    tables = changed_since(portal, "contacts", EPOCH)
    first = next(tables)["id"].to_pylist()
    for record in (ids[0], ids[-1]):
        _edit(portal, record, jobtitle="Changed meanwhile")
    rest = [one for table in tables for one in table["id"].to_pylist()]
    assert first + rest == ids


def test_what_the_index_does_not_see_yet_is_found_later(portal, sandbox, ids):
    since = newest_change(portal, "contacts") + pd.Timedelta("1ms")
    sandbox.portal.index_lag = 60
    _edit(portal, ids[5], jobtitle="Not in the index yet")
    assert _changed(portal, since) == []
    sandbox.advance(61)
    assert [row["id"] for row in _changed(portal, since)] == [ids[5]]


@pytest.mark.slow
@pytest.mark.parametrize("sandbox", [{"contacts": 1, "limits": False}], indirect=True)
def test_more_than_ten_thousand_changes_of_one_moment_come_once_each(portal, sandbox):
    portal.pool.waits.sleep = lambda _: None
    records, moment = sandbox.portal.collection("contacts").records, "2026-11-01T00:00:00.000Z"
    for number in range(1, 31_501, 3):
        values = {"createdate": moment, "lastmodifieddate": moment, "hs_object_id": str(number)}
        records.add(Record(number, values))
    rows = [row for row in _changed(portal, pd.Timestamp(moment)) if row["modified"] == moment]
    assert len(rows) == len({row["id"] for row in rows}) == 10_500


@pytest.mark.parametrize("names", [1, 80, 130])
def test_what_is_said_to_fit_into_a_body_does(portal, names):
    wanted = [f"a_property_with_a_name_{n:04d}" for n in range(names)]
    if fits_body(wanted):
        bounds = {"low": "1", "high": "9" * 18}
        assert next(keyset(portal, "contacts", wanted, **bounds)).rows.num_rows == 200
    else:
        assert names == 130


def test_times_are_the_portals_own_whatever_the_clock_here_says(portal, sandbox, ids):
    sandbox.advance(2 * 86_400)
    _edit(portal, ids[0], jobtitle="Two days ahead")
    newest = newest_change(portal, "contacts")
    assert newest > pd.Timestamp.now("UTC") + pd.Timedelta("1D")
    assert [row["id"] for row in _changed(portal, newest)] == [ids[0]]
