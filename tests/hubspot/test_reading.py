from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import reply

from leadscore.errors import BadReplyError
from leadscore.hubspot.reading import MODIFIED, chunks, count, read_records, read_values


def _ids(portal):
    chunks_read = read_records(portal, "contacts", ["email"])
    return [one for chunk in chunks_read for one in chunk.rows["id"].to_pylist()]


def test_every_record_is_read_once(portal):
    ids = _ids(portal)
    assert len(ids) == len(set(ids)) == count(portal, "contacts") == 250


def test_values_leave_out_what_the_portal_lacks_and_what_is_empty(portal):
    ids = _ids(portal)[:3]
    asked = [ids[2], "999999999", ids[0]]
    found = read_values(portal, "contacts", asked, ["createdate", "no_such_property"])
    assert list(found) == [ids[2], ids[0]]
    assert all(list(row) == ["createdate"] for row in found.values())


def test_a_count_that_is_no_number_is_an_error(odd, script):
    script.replies = [reply(200, {"total": "many", "results": []})]
    with pytest.raises(BadReplyError, match="total"):
        count(odd, "contacts")


def test_contacts_have_another_time_of_change_than_other_objects():
    assert [MODIFIED(kind) for kind in ("contacts", "0-1", "deals", "2-123")] == [
        "lastmodifieddate",
        "lastmodifieddate",
        "hs_lastmodifieddate",
        "hs_lastmodifieddate",
    ]


@given(st.lists(st.integers()), st.integers(1, 7))
def test_chunks_lose_nothing_and_are_no_longer_than_asked(items, size):
    parts = list(chunks(items, size))
    assert [item for part in parts for item in part] == items
    assert all(0 < len(part) <= size for part in parts)
