from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import reply

from leadscore.errors import BadReplyError
from leadscore.hubspot.properties import definitions
from leadscore.hubspot.reading import chunks, count, read_batch, read_pages, record_batches


def _page(ids, after=None):
    body = {"results": [{"id": i, "properties": {}} for i in ids]}
    if after:
        body["paging"] = {"next": {"after": after}}
    return reply(200, body)


def _ids(portal):
    return [r["id"] for page in read_pages(portal, "contacts", ["email"]) for r in page]


def test_every_record_is_read_once(portal):
    ids = _ids(portal)
    assert len(ids) == len(set(ids)) == count(portal, "contacts") == 250


def test_a_cursor_that_repeats_is_an_error_and_not_an_endless_read(odd, script):
    script.replies = [_page(["1"], "5"), _page(["2"], "6"), _page(["3"], "5")]
    with pytest.raises(BadReplyError, match="cursor repeats"):
        _ids(odd)


@pytest.mark.parametrize("body", [{}, {"results": None}, {"results": [{}]}, {"results": ["x"]}])
def test_a_page_without_records_in_it_is_not_the_end_but_an_error(odd, script, body):
    script.replies = [_page(["1"], "5"), reply(200, body)]
    with pytest.raises(BadReplyError):
        _ids(odd)


def test_too_many_properties_for_a_url_are_asked_for_by_batch(portal, sandbox):
    names = [f"a_property_with_a_rather_long_name_{n:04d}" for n in range(300)]
    page = next(iter(read_pages(portal, "contacts", [*names, "jobtitle"])))
    assert len(page) == 100
    assert "jobtitle" in page[0]["properties"]
    assert any("batch/read" in request.path for request in sandbox.portal.requests)


def test_a_batch_leaves_out_what_the_portal_lacks_and_keeps_the_order(portal):
    ids = _ids(portal)[:3]
    asked = [ids[2], "999999999", ids[0]]
    assert list(read_batch(portal, "contacts", asked, [])) == [ids[2], ids[0]]


def test_a_count_that_is_no_number_is_an_error(odd, script):
    script.replies = [reply(200, {"total": "many", "results": []})]
    with pytest.raises(BadReplyError, match="total"):
        count(odd, "contacts")


def test_batches_have_one_typed_column_per_property(portal):
    defined = definitions(portal, "contacts")
    names = ["createdate", "hs_analytics_num_visits", "lifecyclestage"]
    pages = read_pages(portal, "contacts", names)
    table = pa.Table.from_batches(record_batches(pages, defined, names, pages_each=2))
    assert table.column_names == ["id", *names]
    assert table.num_rows == 250
    assert table.schema.field("createdate").type == pa.timestamp("us", "UTC")


@given(st.lists(st.integers()), st.integers(1, 7))
def test_chunks_lose_nothing_and_are_no_longer_than_asked(items, size):
    parts = list(chunks(items, size))
    assert [item for part in parts for item in part] == items
    assert all(0 < len(part) <= size for part in parts)
