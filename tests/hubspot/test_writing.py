from __future__ import annotations

import json

import pytest
from scripted import reply

from leadscore.errors import BadReplyError, HubSpotError
from leadscore.hubspot.writing import update_batch

VALUES = {"1": {"leadscore_score": "10"}, "2": {"leadscore_score": "20"}}


def _states(portal, values=VALUES):
    return {o.id: o.state for o in update_batch(portal, "contacts", values)}


def _result(*ids):
    return [{"id": i, "properties": {}} for i in ids]


def test_a_merged_contact_that_no_reply_names_is_missing_and_not_written(odd, script):
    script.replies = [reply(200, {"status": "COMPLETE", "results": _result("1")})]
    assert _states(odd) == {"1": "written", "2": "missing"}


def test_a_contact_that_the_portal_does_not_find_is_missing(odd, script):
    error = {"category": "OBJECT_NOT_FOUND", "message": "gone", "context": {"ids": ["2"]}}
    script.replies = [reply(207, {"results": _result("1"), "errors": [error], "numErrors": 1})]
    assert _states(odd) == {"1": "written", "2": "missing"}


@pytest.mark.parametrize("status", [200, 207])
def test_errors_inside_a_reply_count_whatever_its_status(odd, script, status):
    error = {"category": "VALIDATION_ERROR", "message": "no", "context": {"ids": ["1"]}}
    script.replies = [reply(status, {"results": _result("1", "2"), "errors": [error]})]
    assert _states(odd) == {"1": "rejected", "2": "written"}


@pytest.mark.parametrize("body", [{}, {"results": None}, []])
def test_a_reply_without_results_is_not_a_success(odd, script, body):
    script.replies = [reply(200, body)]
    with pytest.raises(BadReplyError):
        _states(odd)


def test_a_refused_batch_is_halved_until_the_guilty_record_stands_alone(odd, script):
    def answer(connection):
        sent = json.loads(script.requests[-1].partition(b"\r\n\r\n")[2])["inputs"]
        ids = [entry["id"] for entry in sent]
        if "13" in ids:
            body = {"message": "bad value", "category": "VALIDATION_ERROR"}
            connection.sendall(reply(400, body, Connection="close"))
        else:
            connection.sendall(reply(200, {"results": _result(*ids)}, Connection="close"))

    script.replies = [answer]
    values = {str(n): {"leadscore_score": str(n)} for n in range(100)}
    states = _states(odd, values)
    assert [i for i, state in states.items() if state != "written"] == ["13"]
    assert states["13"] == "rejected"
    assert len(script.requests) <= 1 + 2 * 7


def test_a_server_error_is_not_taken_for_a_refusal(odd, script):
    script.replies = [reply(500, {"message": "internal error"})]
    with pytest.raises(HubSpotError, match="internal error"):
        _states(odd)


def test_outcomes_come_in_the_order_that_was_asked(odd, script):
    script.replies = [reply(200, {"results": _result("2", "1")})]
    assert list(_states(odd)) == ["1", "2"]


def test_an_empty_string_would_clear_a_property_and_is_not_sent(odd, script):
    with pytest.raises(ValueError, match="clears"):
        _states(odd, {"1": {"leadscore_score": ""}})
    assert not script.requests


def test_each_record_is_judged_by_itself_and_refusals_are_told_by_trace_id(portal):
    page = portal.client.crm.contacts.basic_api.get_page(limit=3).results
    values = {record.id: {"jobtitle": "Baker"} for record in page}
    values[page[1].id] = {"hs_analytics_source": "NO SUCH OPTION"}
    sent = portal.requests
    assert _states(portal, values) == {
        page[0].id: "written",
        page[1].id: "rejected",
        page[2].id: "written",
    }
    assert portal.requests == sent + 1


def test_an_undo_may_clear_a_property(portal):
    contact = portal.client.crm.contacts.basic_api.get_page(limit=1).results[0].id
    update_batch(portal, "contacts", {contact: {"jobtitle": "Baker"}})
    cleared = update_batch(portal, "contacts", {contact: {"jobtitle": ""}}, clear=True)
    assert [outcome.state for outcome in cleared] == ["written"]
    found = portal.client.crm.contacts.basic_api.get_by_id(contact, properties=["jobtitle"])
    assert not found.properties["jobtitle"]
