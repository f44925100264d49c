from __future__ import annotations

import json

import pandas as pd
import pytest
from followed import contacts, done, planned, tasks_of, undone
from hypothesis import given
from hypothesis import strategies as st

from leadscore.errors import AmbiguousError, MissingScopesError, UsageError
from leadscore.followup import Scored
from leadscore.followups import Task
from leadscore.hubspot.properties import create_missing
from leadscore.scoreproperties import GROUP, definitions_of
from leadscore.tasks import _body
from leadscore.tasktarget import TaskTarget, _rise, mark_of

HOSTILE = "Name is <img src=x onerror=alert(1)></p><script>alert(2)</script> & \"'{{7*7}}"


@pytest.fixture
def portal(portal):
    """Return the portal with our properties."""
    create_missing(portal, "contacts", GROUP, definitions_of("leadscore"))
    return portal


def _owner(sandbox):
    return next(iter(sandbox.portal.shelf("owners")))


def _give(sandbox, contact, **values):
    """Set what no API may, as HubSpot itself does."""
    records = sandbox.portal.collection("contacts").records
    for name, value in values.items():
        records.set(records.get(int(contact)), name, value)


def _ready(portal, sandbox, n=3):
    """Return contacts in tier A that have an owner and have not opted out."""
    found = contacts(portal, n)
    for contact in found:
        given = {"hubspot_owner_id": _owner(sandbox), "hs_email_optout": ""}
        _give(sandbox, contact, leadscore_tier="A", **given)
    return found


def _target(portal, task):
    return TaskTarget(portal, json.loads(json.dumps(task.about())))


def _risen(ids):
    return dict.fromkeys(ids, ("A", "B"))


def test_a_task_for_the_owner_of_each_contact_that_comes_into_the_tier(portal, sandbox):
    one, two, three = _ready(portal, sandbox)
    task = Task(tier="A", subject="Ring them", due="2D", priority="MEDIUM", type="EMAIL")
    tiers = {one: ("A", "B"), two: ("A", "A"), three: ("B", "A")}
    changes = planned(portal, task, tiers, "Seats needed is 40")
    assert [change.contact for change in changes] == [one]
    assert done(_target(portal, task), changes) == {one: "written"}
    (made,) = tasks_of(portal, one)
    assert made["hs_task_subject"] == "Ring them"
    assert made["hubspot_owner_id"] == _owner(sandbox)
    assert made["hs_task_status"] == "NOT_STARTED"
    assert "Tier A, B before. Score 90 of 100." in made["hs_task_body"]
    assert "Seats needed is 40" in made["hs_task_body"]
    due = pd.Timestamp(made["hs_timestamp"]) - pd.Timestamp.now("UTC")
    assert pd.Timedelta("47h") < due <= pd.Timedelta("48h")
    assert not tasks_of(portal, two) + tasks_of(portal, three)


def test_contacts_without_an_owner_or_opted_out_get_none_and_are_counted(portal, sandbox):
    one, two, three = _ready(portal, sandbox)
    _give(sandbox, one, hubspot_owner_id="")
    _give(sandbox, two, hs_email_optout="true")
    task = Task()
    assert [change.contact for change in planned(portal, task, _risen([one, two, three]))] == [
        three
    ]
    assert task.about()["notes"] == [
        "1 without an owner get no task.",
        "1 that have opted out of e-mail get no task.",
    ]


@pytest.mark.parametrize(
    "change",
    [{"hs_email_optout": "true"}, {"hubspot_owner_id": "77"}, {"leadscore_tier": "B"}],
)
def test_who_opts_out_changes_hands_or_leaves_the_tier_before_the_run_gets_none(
    portal, sandbox, change
):
    (one,) = _ready(portal, sandbox, 1)
    task = Task()
    changes = planned(portal, task, _risen([one]))
    _give(sandbox, one, **change)
    assert done(_target(portal, task), changes) == {one: "conflict"}
    assert tasks_of(portal, one) == []


def test_a_task_whose_reply_was_lost_is_found_and_not_made_again(portal, sandbox):
    ids = _ready(portal, sandbox)
    task = Task()
    changes = planned(portal, task, _risen(ids))
    target = _target(portal, task)
    portal.pool.waits.sleep = lambda _: None
    fault = {"match": {"path": "*/tasks/batch/create"}, "action": {"apply_then_reset": True}}
    sandbox.faults([fault])
    with pytest.raises(AmbiguousError):
        done(target, changes)
    sandbox.clear_faults()
    assert set(done(_target(portal, task), changes, sent=True).values()) == {"unchanged"}
    assert [len(tasks_of(portal, one)) for one in ids] == [1, 1, 1]


def test_two_plans_of_the_same_rise_make_one_task_and_the_next_rise_makes_another(portal, sandbox):
    (one,) = _ready(portal, sandbox, 1)
    first, second = Task(), Task(subject="Another")
    _give(sandbox, one, leadscore_scored_at="2026-01-01T00:00:00Z")
    plans = [(task, planned(portal, task, _risen([one]))) for task in (first, second)]
    states = [done(_target(portal, task), changes)[one] for task, changes in plans]
    assert states == ["written", "unchanged"]
    _give(sandbox, one, leadscore_scored_at="2026-02-01T00:00:00Z")
    changes = planned(portal, first, _risen([one]))
    assert done(_target(portal, first), changes) == {one: "written"}
    assert len(tasks_of(portal, one)) == 2


def test_undo_archives_the_tasks_that_nobody_touched_and_leaves_the_others(portal, sandbox):
    one, two, three = _ready(portal, sandbox)
    task = Task()
    changes = planned(portal, task, _risen([one, two, three]))
    target = _target(portal, task)
    done(target, changes)
    for contact, values in ((two, {"hs_task_status": "COMPLETED"}), (three, {})):
        (made,) = tasks_of(portal, contact)
        more = values or {"hs_task_body": made["hs_task_body"] + "<p>They are nice.</p>"}
        where = portal.path("objects", "tasks", made["id"])
        portal.transport.call("PATCH", where, body={"properties": more})
    _give(sandbox, one, hs_email_optout="true", leadscore_tier="")
    back = undone(changes)
    states = {one: "written", two: "conflict", three: "conflict"}
    assert done(_target(portal, task), back) == states
    assert [len(tasks_of(portal, c)) for c in (one, two, three)] == [0, 1, 1]
    assert done(_target(portal, task), back)[one] == "unchanged"


def test_an_undo_that_names_older_tasks_makes_none_of_them_again(portal, sandbox):
    (one,) = _ready(portal, sandbox, 1)
    task = Task()
    changes = planned(portal, task, _risen([one]))
    done(_target(portal, task), changes)
    old = _target(portal, task).live([one])[one]
    _give(sandbox, one, leadscore_scored_at="2026-02-01T00:00:00Z")
    (change,) = planned(portal, task, _risen([one]))
    done(_target(portal, task), [change])
    target = _target(portal, task)
    target.live([one])
    target.send({one: {**old, **dict.fromkeys(change.new, "")}})
    assert len(tasks_of(portal, one)) == 1


def test_a_body_that_hubspot_wrote_in_its_own_way_is_still_ours(portal, sandbox):
    (one,) = _ready(portal, sandbox, 1)
    task = Task()
    changes = planned(portal, task, _risen([one]), HOSTILE)
    done(_target(portal, task), changes)
    (made,) = tasks_of(portal, one)
    body = made["hs_task_body"].replace("<p>", '<div class="x"><p dir="auto">')
    body = body.replace("</p>", "</p></div>\n").replace("&#x27;", "'")
    where = portal.path("objects", "tasks", made["id"])
    portal.transport.call("PATCH", where, body={"properties": {"hs_task_body": body}})
    assert done(_target(portal, task), changes) == {one: "unchanged"}
    assert done(_target(portal, task), undone(changes)) == {one: "written"}


def test_what_somebody_typed_into_a_form_stays_text(portal, sandbox):
    (one,) = _ready(portal, sandbox, 1)
    task = Task()
    changes = planned(portal, task, _risen([one]), HOSTILE)
    done(_target(portal, task), changes)
    (made,) = tasks_of(portal, one)
    assert "<img" not in made["hs_task_body"]
    assert "<script" not in made["hs_task_body"]
    assert "&lt;script&gt;" in made["hs_task_body"]


@given(reasons=st.text(), other=st.integers(1, 10**9))
def test_no_text_forges_the_mark_of_a_task_or_brings_a_tag(reasons, other):
    forged = mark_of("7", "0" * 12)
    one = Scored("7", {}, "A", "", 90.0, written=True, reasons=f"{reasons}{forged}<b>")
    body = _body(one, mark_of("7", "a" * 12))
    assert _rise(body, "7") == "a" * 12
    assert body.count("<") == body.count("<p>") + body.count("</p>") == 6
    if other != 7:
        assert _rise(body, str(other)) == ""


def test_a_contact_that_is_gone_is_missing(portal, sandbox):
    one, two = _ready(portal, sandbox, 2)
    task = Task()
    changes = planned(portal, task, _risen([one, two]))
    portal.client.crm.contacts.basic_api.archive(one)
    assert done(_target(portal, task), changes) == {one: "missing", two: "written"}


@pytest.mark.parametrize(
    "wrong", [{"tier": "E"}, {"due": "soon"}, {"due": "-1D"}, {"priority": "NOW"}, {"type": "FAX"}]
)
def test_what_hubspot_has_not_is_refused_at_once(wrong):
    with pytest.raises(UsageError):
        Task(**wrong)


def test_the_missing_scope_is_named_before_anything_is_planned(portal, sandbox):
    sandbox.portal.scopes = {"crm.objects.contacts.read"}
    portal.__dict__.pop("scopes", None)
    with pytest.raises(MissingScopesError, match=r"crm\.objects\.contacts\.write"):
        Task().prepare(portal, "leadscore")
