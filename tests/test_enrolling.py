from __future__ import annotations

import json

import pandas as pd
import pytest
from followed import done, planned
from usertokens import sender_address, user_portal, without_address

from leadscore.enrolling import Sequence, SequenceTarget
from leadscore.errors import PlanError
from leadscore.finding import find
from leadscore.reacting import react
from leadscore.targetkinds import target_of
from leadscore.undoing import undo


@pytest.fixture
def user(sandbox, monkeypatch):
    with user_portal(sandbox, monkeypatch) as portal:
        yield portal


@pytest.fixture
def sequence(sandbox):
    return Sequence("New lead follow-up", sender=sender_address(sandbox))


@pytest.fixture
def people(user):
    found = find(user, "contacts", properties=["email", "hs_email_optout"], progress=False)
    free = found["hs_email_optout"].ne(other=True).fillna(value=True)
    return {
        "free": list(found["id"][found["email"].notna() & free][:3]),
        "no_email": without_address(user),
    }


def enrolments(sandbox):
    return sandbox.portal.shelf("sequences").get("active", {})


def test_who_comes_into_the_tier_is_enrolled_once(user, sandbox, sequence, people):
    one, two, three = people["free"]
    tiers = {one: ("A", "B"), two: ("B", "C"), three: ("A", ""), people["no_email"]: ("A", "")}
    changes = planned(user, sequence, tiers)
    about = sequence.about()
    assert "1 without an e-mail address" in " ".join(about["notes"])
    target = target_of(user, "leadscore", json.loads(json.dumps(about)))
    assert done(target, changes) == {one: "written", three: "written"}
    assert set(enrolments(sandbox)) == {one, three}
    assert done(target, changes) == {one: "unchanged", three: "unchanged"}


def test_what_is_kept_of_the_sender_is_a_number(user, sequence, sandbox):
    sequence.prepare(user, "leadscore")
    assert sender_address(sandbox) not in json.dumps(sequence.about())


def test_who_has_opted_out_since_is_not_enrolled(user, sandbox, sequence, people):
    one = people["free"][0]
    changes = planned(user, sequence, {one: ("A", "B")})
    target = SequenceTarget(user, sequence.about())
    target.live([one])
    target._opted_out.add(one)
    (outcome,) = target.send({one: changes[0].new})
    assert (outcome.state, "opted out" in outcome.reason) == ("rejected", True)
    assert not enrolments(sandbox)


def test_a_lost_reply_enrols_nobody_twice_and_undo_leaves_the_enrolment(
    user, sandbox, sequence, people, tmp_path
):
    frame = pd.DataFrame({"contact_id": people["free"], "tier": "A"})
    lost = {"match": {"path": "*/enrollments", "nth": 2}, "action": {"apply_then_reset": True}}
    sandbox.faults([lost])
    options = {"then": [sequence], "workspace": tmp_path / "crm", "progress": False}
    run = react(user, frame, first="react", **options)
    counts = run.actions[sequence.action]
    assert counts["written"] + counts["resolved"] == 3
    assert len(enrolments(sandbox)) == 3
    assert sandbox.portal.shelf("sequences")["last"] == 9003
    undone = undo(user, run.id, workspace=tmp_path / "crm", progress=False)
    assert sum(undone.actions[sequence.action].values()) == 0
    assert len(enrolments(sandbox)) == 3


def test_a_sequence_or_sender_that_is_not_there_is_said_before_anything(user, sandbox):
    for wrong in (
        Sequence("Nothing", sender=sender_address(sandbox)),
        Sequence("Win back", sender="no@body.example"),
    ):
        with pytest.raises(PlanError):
            wrong.prepare(user, "leadscore")
