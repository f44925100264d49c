"""What a run had sent when it was killed is looked up and put on record, without writing."""

from __future__ import annotations

import json

import pytest

from leadscore.errors import BusyError
from leadscore.planning import plan
from leadscore.runlist import run_line
from leadscore.runtexts import several
from leadscore.settling import settle
from leadscore.workspace import hold
from leadscore.writeback import apply


@pytest.fixture
def cut(portal, store, scores, sandbox):
    """Write a plan, then forget the outcomes of two contacts, one of which did not arrive."""
    made = plan(portal, scores, progress=False, override={"constant_scores": "made by hand"})
    run = apply(portal, made, progress=False).id
    arrived, lost = store.ledger.journal(run)["object_id"].tolist()[:2]
    with store.ledger.transaction() as connection:
        connection.execute(
            "UPDATE journal SET state = NULL, outcome_at = NULL, verified_at = NULL"
            " WHERE run = ? AND object_id IN (?, ?)", (run, arrived, lost)
        )  # fmt: skip
        connection.execute("UPDATE runs SET status = 'running', pid = 1 WHERE run = ?", (run,))
    cleared = {"properties": {"leadscore_score": "", "leadscore_tier": ""}}
    portal.client.crm.contacts.basic_api.update(lost, cleared)
    return run, arrived, lost, made


def test_what_arrived_is_on_record_and_nothing_is_written(cut, portal, store, sandbox):
    run, arrived, lost, _ = cut
    before = len(sandbox.writes())
    found = settle(portal, store, progress=False)
    assert found.to_dict("records") == [{"run": run, "kind": "apply", "arrived": 1, "open": 1}]
    journal = store.ledger.journal(run).set_index("object_id")["state"]
    assert journal[arrived] == "resolved"
    assert journal.isna()[lost]
    assert len(sandbox.writes()) == before
    assert store.ledger.run(run)["status"] == "interrupted"


def test_a_run_is_looked_at_once_and_says_what_had_not_arrived(cut, portal, store):
    run, *_ = cut
    settle(portal, store, progress=False)
    assert settle(portal, store, progress=False).empty
    line = json.loads(json.dumps(run_line(store.ledger, store.ledger.run(run)), default=str))
    assert "1 had not arrived: a later plan has them" in several({"runs": [line]})


def test_the_next_plan_does_what_did_not_arrive(cut, portal, store, scores):
    _, _, lost, _ = cut
    settle(portal, store, progress=False)
    made = plan(portal, scores, progress=False, override={"constant_scores": "made by hand"})
    assert made.changes["contact_id"].tolist() == [lost]


def test_without_its_plan_a_run_stays_open(cut, portal, store):
    *_, made = cut
    made.path.unlink()
    assert settle(portal, store, progress=False)["open"].tolist() == [2]


def test_where_no_run_was_cut_short_nothing_is_asked(portal, store, sandbox):
    before = len(sandbox.requests())
    found = settle(portal, store, progress=False)
    assert (len(found), [*found]) == (0, ["run", "kind", "arrived", "open"])
    assert len(sandbox.requests()) == before


def test_whoever_holds_the_workspace_is_named(portal, store):
    with hold(store.workspace, "apply"), pytest.raises(BusyError, match="`apply`"):
        settle(portal, store, progress=False)
