"""What follows scoring, from the plan to the undo, as a user has it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter

import pytest
from dying import Died, dying
from followed import tasks_of
from handscores import hand_scores

import leadscore as ls
from leadscore.errors import StoreError
from leadscore.followups import LeadStatus, Segment, Stage, Task, Trigger
from leadscore.hubspot.lists import find_list, members
from leadscore.hubspot.reading import read_values
from leadscore.store import open_store

ENTERED = "leadscore_entered_a_at"


@pytest.fixture
def owned(sandbox, portal, scores):
    """Give every contact an owner, no opt-out, and a stage to start from; return the scores."""
    records = sandbox.portal.collection("contacts").records
    owner = next(iter(sandbox.portal.shelf("owners")))
    for contact in scores["contact_id"]:
        record = records.get(int(contact))
        for name, value in {
            "hubspot_owner_id": owner,
            "hs_email_optout": "",
            "lifecyclestage": "lead",
            "hs_lead_status": "",
        }.items():
            records.set(record, name, value)
    return scores


def _plan(portal, scores, *then):
    return ls.plan(portal, scores, then=list(then), progress=False)


def _apply(portal, made, **options):
    return ls.apply(portal, made, progress=False, **options)


def _undo(portal, run):
    return ls.undo(portal, run, progress=False)


def _tier(scores, tier):
    return sorted(scores.loc[scores["tier"] == tier, "contact_id"])


def _values(portal, ids, name):
    found = read_values(portal, "contacts", ids, [name])
    return Counter(found[one].get(name, "") for one in ids)


def _everything():
    stage = Stage("marketingqualifiedlead", tier="A")
    return [Task(), stage, LeadStatus("OPEN"), Segment("A leads"), Trigger()]


def _tasks(sandbox):
    records = sandbox.portal.collection("tasks").records
    found = (records.get(number) for number in records.ids_between(0, float("inf")))
    return [
        record.values
        for record in found
        if record and not record.archived_at and "leadscore task" in str(record.values)
    ]


def test_each_is_in_the_plan_with_its_counts_before_anything_happens(portal, sandbox, owned):
    writes = len(sandbox.portal.writes)
    made = _plan(portal, owned, *_everything())
    assert len(sandbox.portal.writes) == writes
    assert find_list(portal, "A leads") is None
    a = len(_tier(owned, "A"))
    assert made.rows == {
        "scores": len(owned),
        "task A": a,
        "lifecycle stage marketingqualifiedlead": a,
        "lead status OPEN": a,
        "segment A leads": a,
        "trigger A": a,
    }
    assert ENTERED in made.creates_properties
    shown = made._repr_html_()
    for action in made.rows:
        assert action in shown or action == "scores"


def test_it_is_done_after_the_scores_and_undone_before_them(portal, sandbox, owned):
    a = _tier(owned, "A")
    run = _apply(portal, _plan(portal, owned, *_everything()))
    assert len(_tasks(sandbox)) == len(a)
    assert all(len(tasks_of(portal, one)) >= 1 for one in a[:3])
    assert _values(portal, a, "lifecyclestage") == {"marketingqualifiedlead": len(a)}
    assert _values(portal, a, "hs_lead_status") == {"OPEN": len(a)}
    assert sorted(members(portal, find_list(portal, "A leads"))) == a
    assert "" not in _values(portal, a, ENTERED)
    assert _values(portal, _tier(owned, "B"), "lifecyclestage") == {"lead": len(_tier(owned, "B"))}

    _undo(portal, run)
    assert _tasks(sandbox) == []
    assert _values(portal, a, "lifecyclestage") == {"lead": len(a)}
    assert _values(portal, a, "hs_lead_status") == {"": len(a)}
    assert list(members(portal, find_list(portal, "A leads"))) == []
    assert _values(portal, a, ENTERED) == {"": len(a)}
    assert _values(portal, a, "leadscore_score") == {"": len(a)}


def test_a_second_plan_over_the_same_scores_does_nothing_more(portal, sandbox, owned):
    _apply(portal, _plan(portal, owned, *_everything()))
    writes = len(sandbox.portal.writes)
    made = _plan(portal, owned, *_everything())
    assert set(made.rows.values()) <= {0}
    _apply(portal, made)
    assert len(sandbox.portal.writes) == writes


def test_only_a_rise_makes_a_task_and_the_segment_follows_the_tier(portal, sandbox, owned):
    _apply(portal, _plan(portal, owned, Task(), Segment("A leads")))
    before = len(_tasks(sandbox))
    first, second = _tier(owned, "A")[0], _tier(owned, "B")[0]
    owned.loc[owned["contact_id"] == first, "tier"] = "B"
    owned.loc[owned["contact_id"] == second, "tier"] = "A"
    made = _plan(portal, owned, Task(), Segment("A leads"))
    assert (made.rows["task A"], made.rows["segment A leads"]) == (1, 2)
    _apply(portal, made)
    assert len(_tasks(sandbox)) == before + 1
    assert sorted(members(portal, find_list(portal, "A leads"))) == _tier(owned, "A")


def test_lost_replies_make_no_second_task(portal, sandbox, owned):
    made = _plan(portal, owned, Task())
    fault = {"match": {"path": "*/tasks/batch/create"}, "times": 1}
    sandbox.faults([fault | {"action": {"apply_then_reset": True}}])
    run = _apply(portal, made, canary=10)
    assert run.counts["written"] == len(owned)
    a = _tier(owned, "A")
    assert len(_tasks(sandbox)) == len(a)
    # Some arrived though nobody heard of it; they are ours, and undone with the others.
    _undo(portal, run)
    assert _tasks(sandbox) == []


@pytest.mark.parametrize("sandbox", [{"latency_ms": 30}], indirect=True)
@pytest.mark.parametrize("after", [1, 20])
def test_a_killed_apply_is_gone_on_with_and_makes_no_second_task(portal, sandbox, owned, after):
    made = _plan(portal, owned, Task(), Segment("A leads"))
    address = {"LEADSCORE_BASE_URL": sandbox.url, "HUBSPOT_PRIVATE_APP_TOKEN": sandbox.token}
    command = [sys.executable, "-m", "leadscore", "apply", str(made.path), "--canary", "10"]
    with subprocess.Popen(command, env=os.environ | address, stderr=subprocess.DEVNULL) as process:
        while len(_tasks(sandbox)) < after and process.poll() is None:
            time.sleep(0.002)
        process.kill()
    assert _tasks(sandbox)
    run = _apply(portal, made)
    bodies = Counter(values["hs_task_body"] for values in _tasks(sandbox))
    assert set(bodies.values()) == {1}
    assert len(bodies) == len(_tier(owned, "A"))
    assert sorted(members(portal, find_list(portal, "A leads"))) == _tier(owned, "A")
    _undo(portal, run)
    assert _tasks(sandbox) == []


def _die_at(points, do):
    """Do something that dies at a point; return whether it came to its end."""
    with dying(points) as fuse:
        try:
            do()
        except (Died, StoreError):
            return False
    return not fuse.dead


def _state(portal, ids):
    names = ["lifecyclestage", "hs_lead_status", ENTERED, "leadscore_tier"]
    number = find_list(portal, "A leads")
    live = read_values(portal, "contacts", ids, names)
    return live, sorted(members(portal, number)) if number else []


@pytest.mark.slow
@pytest.mark.parametrize("killed", ["apply", "undo"])
def test_killed_at_any_point_the_same_call_finishes_and_nothing_is_made_twice(
    portal, sandbox, owned, tmp_path, killed
):
    ids = sorted(owned["contact_id"], key=int)[:8]
    a, before = ids[::4], _state(portal, ids)
    point, ended = 0, False
    while not ended:
        point += 1
        folder = open_store(tmp_path / str(point)).workspace
        made = _plan(portal, hand_scores(sandbox, folder, len(ids)), *_everything())
        if killed == "apply":
            ended = _die_at(point, lambda made=made: _apply(portal, made, canary=3))
        run = _apply(portal, made, canary=3)
        assert len(_tasks(sandbox)) == len({v["hs_task_body"] for v in _tasks(sandbox)}) == len(a)
        live, there = _state(portal, ids)
        assert {live[one]["lifecyclestage"] for one in a} == {"marketingqualifiedlead"}
        assert {live[one]["hs_lead_status"] for one in a} == {"OPEN"}
        assert there == sorted(a)
        if killed == "undo":
            ended = _die_at(point, lambda run=run: _undo(portal, run))
        _undo(portal, run)
        assert _tasks(sandbox) == []
        assert _state(portal, ids) == before
    assert point > 30


def test_whose_score_is_not_written_gets_nothing_that_follows_it(portal, sandbox, owned):
    made = _plan(portal, owned, Task(), Stage("marketingqualifiedlead"))
    gone, *_ = _tier(owned, "A")
    portal.client.crm.contacts.basic_api.archive(gone)
    _apply(portal, made)
    assert len(_tasks(sandbox)) == len(_tier(owned, "A")) - 1


def test_two_actions_of_one_name_are_refused(portal, owned):
    with pytest.raises(ls.errors.UsageError, match="task A"):
        _plan(portal, owned, Task(), Task(subject="Another"))
