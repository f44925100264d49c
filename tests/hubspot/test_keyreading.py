from __future__ import annotations

import pytest
from scripted import reply

from leadscore.errors import BadReplyError
from leadscore.hubspot.keyreading import read_keys
from leadscore.hubspot.listing import list_pages


@pytest.fixture
def mails(portal):
    rows = [r for page in list_pages(portal, "contacts", ["email"]) for r in page.rows.to_pylist()]
    return {row["email"]: row["id"] for row in rows if row["email"]}


def test_addresses_are_found_in_the_order_asked_whatever_their_case(portal, mails):
    asked = [*list(mails)[:110:-1], *list(mails)[:110]]
    found = read_keys(portal, "contacts", "email", [f" {one.upper()} " for one in asked], [])
    assert found.rows["id"].to_pylist() == [mails[one] for one in asked]
    assert (found.keys, found.missing) == (asked, [])


def test_who_is_not_there_is_missing(portal, mails):
    one = next(iter(mails))
    found = read_keys(portal, "contacts", "email", ["no@body.example", one, one], ["jobtitle"])
    assert (found.keys, found.missing) == ([one], ["no@body.example"])
    assert found.rows.column_names == ["id", "jobtitle"]


def test_an_address_left_out_once_is_asked_for_again(portal, sandbox, mails):
    lost = list(mails.values())[4]
    rule = {"match": {"path": "*/batch/read", "nth": 1}, "action": {"drop_ids": [lost]}}
    sandbox.faults([rule])
    found = read_keys(portal, "contacts", "email", list(mails)[:10], [])
    assert sorted(found.rows["id"].to_pylist()) == sorted(list(mails.values())[:10])


def test_a_record_that_is_there_and_always_left_out_is_an_error(portal, sandbox, mails):
    lost = list(mails.values())[4]
    sandbox.faults([{"match": {"path": "*/batch/read"}, "action": {"drop_ids": [lost]}}])
    with pytest.raises(BadReplyError, match="leaves out"):
        read_keys(portal, "contacts", "email", list(mails)[:10], [])


def test_a_key_that_the_portal_refuses_does_not_take_the_others_along(odd, script):
    bad = reply(400, {"status": "error", "message": "no", "category": "VALIDATION_ERROR"})
    good = reply(200, {"results": [{"id": "7", "properties": {"email": "a@b.example"}}]})
    gone = reply(404, {"status": "error", "message": "no", "category": "OBJECT_NOT_FOUND"})
    script.replies = [bad, good, bad, gone]
    found = read_keys(odd, "contacts", "email", ["a@b.example", "odd@"], [])
    assert (found.keys, found.missing) == (["a@b.example"], ["odd@"])
