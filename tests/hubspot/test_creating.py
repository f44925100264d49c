from __future__ import annotations

import pytest
from scripted import reply

from leadscore.errors import AmbiguousError, BadReplyError
from leadscore.hubspot.creating import archive_batch, create_batch
from leadscore.hubspot.reading import read_associations, read_values


def _contacts(portal, n=3):
    return [c.id for c in portal.client.crm.contacts.basic_api.get_page(limit=n).results]


def _task(contact, subject="Call", **more):
    kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 204}
    return {
        "properties": {"hs_timestamp": "2026-12-01T00:00:00Z", "hs_task_subject": subject} | more,
        "associations": [{"to": {"id": contact}, "types": [kind]}],
    }


def _of(portal, contact):
    tables = read_associations(portal, "contacts", "tasks", [contact])
    return [row["to_id"] for table in tables for row in table.to_pylist()]


def _states(outcomes):
    return {outcome.id: outcome.state for outcome in outcomes}


def test_records_are_created_with_their_associations(portal):
    wanted = {contact: _task(contact, f"Call {contact}") for contact in _contacts(portal)}
    assert set(_states(create_batch(portal, "tasks", wanted)).values()) == {"written"}
    for contact in wanted:
        (task,) = _of(portal, contact)
        found = read_values(portal, "tasks", [task], ["hs_task_subject"])
        assert found[task]["hs_task_subject"] == f"Call {contact}"


def test_what_is_wrong_with_one_is_told_of_it_alone(portal):
    one, two, _ = _contacts(portal)
    wanted = {one: _task(one), two: _task(two, hs_task_status="NO SUCH"), "404": _task("404")}
    states = _states(create_batch(portal, "tasks", wanted))
    assert states == {one: "written", two: "rejected", "404": "missing"}
    assert len(_of(portal, one)) == 1
    assert _of(portal, two) == []


def test_an_archived_record_is_gone_with_its_association(portal):
    (contact, *_) = _contacts(portal)
    create_batch(portal, "tasks", {contact: _task(contact)})
    archive_batch(portal, "tasks", [*_of(portal, contact), "404"])
    assert _of(portal, contact) == []


def test_a_creation_whose_reply_is_lost_is_not_sent_again(portal, sandbox):
    portal.pool.waits.sleep = lambda _: None
    (contact, *_) = _contacts(portal)
    sandbox.faults([{"match": {"path": "*/batch/create"}, "action": {"apply_then_reset": True}}])
    with pytest.raises(AmbiguousError):
        create_batch(portal, "tasks", {contact: _task(contact)})
    sandbox.clear_faults()
    assert len(_of(portal, contact)) == 1


def _made(*keys):
    return [{"id": str(n), "properties": {}, "objectWriteTraceId": k} for n, k in enumerate(keys)]


def test_a_reply_that_does_not_account_for_every_record_is_not_believed(odd, script):
    wanted = {"1": _task("1"), "2": _task("2")}
    for results in (_made("1"), _made("1", "3"), []):
        script.replies = [reply(201, {"results": results})]
        with pytest.raises(BadReplyError, match="account"):
            create_batch(odd, "tasks", wanted)
    script.replies = [reply(201, {"results": [{"id": "8"}, {"id": "9"}]})]
    assert set(_states(create_batch(odd, "tasks", wanted)).values()) == {"written"}


def test_a_refused_batch_is_halved_until_the_guilty_record_stands_alone(odd, script):
    bad = reply(400, {"message": "no", "category": "VALIDATION_ERROR"})
    script.replies = [bad, reply(201, {"results": _made("1")}), bad]
    assert _states(create_batch(odd, "tasks", {"1": _task("1"), "2": _task("2")})) == {
        "1": "written",
        "2": "rejected",
    }


def test_a_refusal_is_told_in_words_without_the_address(portal):
    wanted = {"x": {"properties": {"email": "no@address"}}, "y": {"properties": {"city": "Ulm"}}}
    refused = next(o for o in create_batch(portal, "contacts", wanted) if o.id == "x")
    assert refused.state == "rejected"
    assert "INVALID_EMAIL" in refused.reason
    assert "no@address" not in refused.reason
    assert "{" not in refused.reason
