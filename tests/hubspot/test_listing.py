from __future__ import annotations

import pytest
from scripted import reply

from leadscore.errors import BadReplyError
from leadscore.hubspot.listing import EMPTY, fits_url, list_pages


def _page(ids, after=None):
    body = {"results": [{"id": i, "properties": {}} for i in ids]}
    if after:
        body["paging"] = {"next": {"after": after}}
    return reply(200, body)


def _ids(portal, **options):
    pages = list_pages(portal, "contacts", ["email"], **options)
    return [one for page in pages for one in page.ids]


def test_the_list_is_read_to_its_end(portal):
    ids = _ids(portal)
    assert len(ids) == len(set(ids)) == 250


def test_reading_goes_on_from_a_cursor(portal):
    ids = _ids(portal)
    assert _ids(portal, after=ids[120]) == ids[120:]


def test_a_cursor_that_repeats_is_an_error_and_not_an_endless_read(portal, sandbox):
    sandbox.faults([{"match": {"path": "*/contacts"}, "action": {"cursor_loop": True}}])
    with pytest.raises(BadReplyError, match="cursor repeats"):
        _ids(portal)
    assert len([r for r in sandbox.requests() if r["path"].endswith("/contacts")]) <= 4


def test_a_cursor_that_stays_is_an_error(portal, sandbox):
    sandbox.faults([{"match": {"path": "*/contacts"}, "action": {"repeat_cursor": True}}])
    with pytest.raises(BadReplyError, match="cursor repeats"):
        _ids(portal)


def test_a_cycle_of_two_cursors_is_found_within_two_pages(odd, script):
    script.replies = [_page("1", "a"), _page("2", "b"), _page("3", "a"), _page("4", "b")]
    with pytest.raises(BadReplyError, match="cursor repeats"):
        _ids(odd)
    assert len(script.requests) <= 4


def test_a_short_page_with_a_cursor_is_not_the_end(odd, script):
    script.replies = [_page("1", "5"), _page("", "6"), _page("7")]
    assert _ids(odd) == ["1", "7"]


def test_many_empty_pages_with_cursors_are_an_error(odd, script):
    script.replies = [_page("", str(n)) for n in range(1, 50)]
    with pytest.raises(BadReplyError, match="empty"):
        _ids(odd)
    assert len(script.requests) == EMPTY


@pytest.mark.parametrize("body", [{}, {"results": None}, {"results": [{}]}, {"results": ["x"]}])
def test_a_page_without_records_in_it_is_not_the_end_but_an_error(odd, script, body):
    script.replies = [_page("1", "5"), reply(200, body)]
    with pytest.raises(BadReplyError):
        _ids(odd)


@pytest.mark.parametrize("fault", ["html", "empty", "array", "truncated"])
def test_a_page_that_came_broken_once_is_asked_for_again(portal, sandbox, fault):
    sandbox.faults([{"match": {"path": "*/contacts", "nth": 2}, "action": {fault: True}}])
    assert len(_ids(portal)) == 250


def test_archived_records_are_read_when_they_are_asked_for(portal):
    ids, before = _ids(portal), _ids(portal, archived=True)
    portal.transport.call("DELETE", portal.path("objects", "contacts", ids[7]), expect=(204,))
    assert set(_ids(portal, archived=True)) - set(before) == {ids[7]}
    assert ids[7] not in _ids(portal)


def test_without_properties_only_the_ids_travel(portal, sandbox):
    page = next(list_pages(portal, "contacts", []))
    assert page.rows.column_names == ["id"]
    assert "properties=hs_object_id" in str(sandbox.requests()[-1]["query"])


@pytest.mark.parametrize("names", [10, 250, 400])
def test_what_is_said_to_fit_into_a_url_does(portal, names):
    wanted = [f"a_property_with_a_name_{n:04d}" for n in range(names)]
    assert fits_url(wanted) == (names < 400)
    if fits_url(wanted):
        assert next(list_pages(portal, "contacts", wanted)).rows.num_rows == 100


@pytest.mark.parametrize("object_type", ["companies", "deals", "0-1"])
def test_any_object_type_is_read(portal, object_type):
    pages = list_pages(portal, object_type, ["createdate"])
    rows = [row for page in pages for row in page.rows.to_pylist()]
    assert rows
    assert all(row["createdate"] for row in rows)
