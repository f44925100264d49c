"""What follows the scores: done after them, only where they went well, and undone before them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from dying import Died, dying
from handscores import hand_scores
from portals import Hand, truth

from leadscore.errors import StoreError
from leadscore.followups import LeadStatus, Segment
from leadscore.planning import plan
from leadscore.undoing import undo
from leadscore.writeback import apply

SEGMENT, STATUS = "segment A leads", "lead status OPEN"


@pytest.fixture
def made(portal, sandbox, store):
    scores = hand_scores(sandbox, store.workspace, 40)
    then = [Segment("A leads", tier="A"), LeadStatus("OPEN", tier="A")]
    return plan(portal, scores, then=then, progress=False)


def _apply(portal, made):
    return apply(portal, made, canary=5, progress=False)


def _members(portal):
    where = portal.path("lists", "search")
    body = {"query": "A leads", "count": 20}
    found = portal.transport.call("POST", where, body=body)["lists"]
    if not found:
        return set()
    there = portal.transport.call("GET", portal.path("lists", found[0]["listId"], "memberships"))
    return {str(one["recordId"]) for one in there["results"]}


def _in_tier_a(made):
    changes = made.changes
    return set(changes.loc[changes["new.leadscore_tier"] == "A", "contact_id"])


def test_every_action_accounts_for_its_contacts_and_undo_takes_all_of_it_back(
    portal, sandbox, made
):
    before = truth(sandbox, "hs_lead_status")
    run = _apply(portal, made)
    assert _members(portal) == _in_tier_a(made)
    assert {n: sum(c.values()) for n, c in run.actions.items()} == {
        name: n for name, n in made.rows.items() if name != "scores"
    }
    assert sum(run.counts.values()) == 40
    undone = undo(portal, run, progress=False)
    assert list(undone.actions) == [STATUS, SEGMENT]
    assert _members(portal) == set()
    assert truth(sandbox, "hs_lead_status") == before
    assert set(truth(sandbox, "leadscore_score").values()) == {None}


def test_a_contact_whose_score_did_not_arrive_is_not_followed_up(portal, sandbox, made, store):
    gone = min(_in_tier_a(made))
    Hand(portal).archive(gone)
    run = _apply(portal, made)
    assert run.actions[SEGMENT]["missing"] == 1
    assert run.actions[SEGMENT]["written"] == len(_in_tier_a(made)) - 1
    row = store.ledger.journal(run.id, action=SEGMENT).set_index("object_id").loc[gone]
    assert row["reason"] == "Its score ended as missing."


def test_the_ledger_keeps_of_an_action_what_it_wrote_and_nothing_else(portal, made, store):
    run = _apply(portal, made)
    new = store.ledger.journal(run.id, action=STATUS)["new"]
    assert {name for values in new for name in values} == {"hs_lead_status"}


@pytest.mark.parametrize("point", [18, 22, 26, 30, 34, 38])
def test_killed_between_the_actions_the_same_call_finishes(portal, sandbox, made, point):
    with dying(point), suppress(Died, StoreError):
        _apply(portal, made)
    run = _apply(portal, made)
    assert _members(portal) == _in_tier_a(made)
    assert {name: sum(c.values()) for name, c in run.actions.items()}[SEGMENT] == 10
    statuses = [w for w in sandbox.portal.writes if w.property == "hs_lead_status"]
    assert len(statuses) == len({w.id for w in statuses})
