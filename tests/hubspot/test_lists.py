from __future__ import annotations

import pytest
from scripted import reply

from leadscore.errors import BadReplyError, NotFoundError, PlanError
from leadscore.hubspot.lists import change_members, find_list, in_list, make_list, members


def _contacts(portal, n=5):
    return [c.id for c in portal.client.crm.contacts.basic_api.get_page(limit=n).results]


def _make(portal, name, kind, object_type="0-1"):
    body = {"name": name, "objectTypeId": object_type, "processingType": kind}
    if kind == "DYNAMIC":
        known = {"operationType": "ALL_PROPERTY", "operator": "IS_KNOWN"}
        one = {"filterType": "PROPERTY", "property": "email", "operation": known}
        branch = {"filterBranchType": "AND", "filters": [one]}
        body["filterBranch"] = {"filterBranchType": "OR", "filterBranches": [branch]}
    return portal.transport.call("POST", portal.path("lists"), body=body)["list"]["listId"]


def test_a_list_is_found_by_its_name_whatever_is_in_it(portal):
    for name in ("A leads", "A/B & C? 100 %", "Größe #1"):
        assert find_list(portal, name) is None
        assert find_list(portal, name) is None
        made = make_list(portal, name)
        assert find_list(portal, name) == made


def test_who_is_put_in_is_in_and_who_is_taken_out_is_not(portal):
    one, two, three, *_ = _contacts(portal)
    number = make_list(portal, "A leads")
    assert change_members(portal, number, add=[one, two], remove=[]) == []
    assert change_members(portal, number, add=[three, "404"], remove=[one]) == ["404"]
    assert sorted(members(portal, number)) == sorted([two, three])
    assert in_list(portal, number, [one, two, "404"]) == {one: False, two: True}


def test_all_pages_of_a_long_list_are_read(portal):
    ids = [c.id for c in portal.client.crm.contacts.get_all()]
    number = make_list(portal, "All")
    for start in range(0, len(ids), 100):
        change_members(portal, number, add=ids[start : start + 100], remove=[])
    assert sorted(members(portal, number)) == sorted(ids)


def test_a_list_that_goes_by_filters_is_refused(portal):
    _make(portal, "Hot", "DYNAMIC")
    with pytest.raises(PlanError, match="'Hot' is active"):
        find_list(portal, "Hot")


def test_a_name_that_a_list_of_companies_has_is_refused(portal):
    _make(portal, "Hot", "MANUAL", "0-2")
    with pytest.raises(PlanError, match="not one of contacts"):
        find_list(portal, "hot")


def test_a_list_is_made_once_though_the_reply_is_lost(portal, sandbox):
    portal.pool.waits.sleep = lambda _: None
    sandbox.faults([{"match": {"method": "POST"}, "action": {"apply_then_reset": True}}])
    number = make_list(portal, "A leads")
    sandbox.clear_faults()
    assert find_list(portal, "A leads") == number
    assert make_list(portal, "a LEADS") == number


def test_members_of_a_list_that_is_gone_are_an_error(portal):
    with pytest.raises(NotFoundError):
        list(members(portal, "999"))


@pytest.mark.parametrize("body", [{}, {"results": [{}]}, {"results": [], "paging": {"next": {}}}])
def test_a_page_that_is_none_is_never_no_members(odd, script, body):
    script.replies = [reply(200, body)]
    with pytest.raises(BadReplyError):
        list(members(odd, "1"))


def test_a_cursor_that_repeats_ends_the_reading(odd, script):
    page = {"results": [{"recordId": "1"}], "paging": {"next": {"after": "x"}}}
    script.replies = [reply(200, page)]
    with pytest.raises(BadReplyError, match="cursor repeats"):
        list(members(odd, "1"))
    assert len(script.requests) == 2


def test_a_contact_that_the_reply_leaves_out_is_no_non_member(odd, script):
    script.replies = [reply(200, {"results": [{"recordId": "1", "recordListMemberships": []}]})]
    assert in_list(odd, "7", ["1"]) == {"1": False}
    with pytest.raises(BadReplyError, match="leaves out 2"):
        in_list(odd, "7", ["1", "2"])
