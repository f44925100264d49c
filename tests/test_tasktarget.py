from __future__ import annotations

import json

import pytest
from followed import contacts, tasks_of

from leadscore.tasktarget import TaskTarget, mark_of, name_of

ABOUT = {"prefix": "leadscore", "tier": "A"}
RISE, OTHER = "0123456789ab", "ba9876543210"


def _task(contact, rise=RISE, **more):
    body = f"<p>Why</p><p>{mark_of(contact, rise)}</p>"
    values = {"hs_task_subject": "Call", "hs_task_body": body, "hs_task_status": "NOT_STARTED"}
    return json.dumps(values | {"hs_timestamp": "2026-12-01T00:00:00.000Z"} | more)


def test_a_task_is_read_by_the_words_at_its_end_and_cleared_again(portal):
    target, (one, two) = TaskTarget(portal, ABOUT), contacts(portal, 2)
    name = name_of("leadscore", RISE)
    target.send({one: {name: _task(one)}})
    live = target.live([one, two, "404"])
    assert json.loads(live[one][name])["hs_task_subject"] == "Call"
    assert live == {one: live[one], two: {}}
    assert target.holds(live[one], {name: _task(one)})
    assert not target.holds(live[one], {name_of("leadscore", OTHER): _task(one, OTHER)})
    target.send({one: {name: ""}})
    assert target.live([one]) == {one: {}}
    assert target.holds({}, {name: ""})


def test_the_tasks_of_others_are_nobody_elses_business(portal):
    target, (one, two) = TaskTarget(portal, ABOUT), contacts(portal, 2)
    target.send({one: {name_of("leadscore", RISE): _task(two)}})  # names another contact
    target.send({two: {name_of("leadscore", RISE): json.dumps({"hs_timestamp": "1"})}})
    assert target.live([one, two]) == {one: {}, two: {}}


@pytest.mark.parametrize(
    ("more", "untouched"),
    [
        ({}, True),
        ({"hs_timestamp": "2026-12-01T00:00:00Z"}, True),
        ({"hs_task_status": "COMPLETED"}, False),
        ({"hs_task_subject": "Call them"}, False),
        ({"hs_timestamp": "2026-12-02T00:00:00.000Z"}, False),
        ({"hubspot_owner_id": "5"}, False),
    ],
)
def test_a_task_that_somebody_changed_is_not_ours_any_more(portal, more, untouched):
    target, name = TaskTarget(portal, ABOUT), name_of("leadscore", RISE)
    live = {name: _task("7", **more)}
    assert target.untouched(live, {name: _task("7")}, sent=False) is untouched


def test_nothing_is_left_to_undo_of_a_task_that_is_gone(portal):
    target, name = TaskTarget(portal, ABOUT), name_of("leadscore", RISE)
    assert not target.untouched({}, {name: _task("7")}, sent=False)
    assert target.holds({}, {name: ""})


def test_many_contacts_are_asked_about_in_few_calls(portal):
    target, ids = TaskTarget(portal, ABOUT), contacts(portal, 100)
    target.send({one: {name_of("leadscore", RISE): _task(one)} for one in ids})
    before = portal.requests
    assert len(target.live(ids)) == 100
    assert portal.requests == before + 3  # contacts, associations, tasks
    assert len(tasks_of(portal, ids[0])) == 1


def test_an_undo_does_not_take_an_edited_task_for_the_one_that_was_made(portal):
    name = name_of("leadscore", RISE)
    live = {name: _task("7", hs_task_status="COMPLETED")}
    assert TaskTarget(portal, ABOUT).holds(live, {name: _task("7")})
    undo = TaskTarget(portal, ABOUT, undoing=True)
    assert not undo.holds(live, {name: _task("7")})
    assert undo.holds({name: _task("7")}, {name: _task("7")})
    assert not undo.holds(live, {name: ""})


def test_nobody_who_opted_out_is_given_a_task_not_even_by_the_undo_of_an_undo(portal, sandbox):
    (one,) = contacts(portal, 1)
    records = sandbox.portal.collection("contacts").records
    records.set(records.get(int(one)), "hs_email_optout", "true")
    target = TaskTarget(portal, ABOUT, undoing=True)
    target.live([one])
    (outcome,) = target.send({one: {name_of("leadscore", RISE): _task(one)}})
    assert (outcome.state, "opted out" in outcome.reason) == ("rejected", True)
    assert tasks_of(portal, one) == []
