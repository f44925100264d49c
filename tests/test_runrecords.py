from __future__ import annotations

import pytest
from handscores import hand_scores

from leadscore.errors import BadReplyError, PlanError, StoreError
from leadscore.planfile import SCORES, Change, Draft, new_id
from leadscore.plans import load_plan
from leadscore.runrecords import Run, named, on_record, report

ZERO = dict.fromkeys(("written", "unchanged", "conflict", "rejected", "missing", "resolved"), 0)


def _plan(store, **changes):
    with Draft(store.workspace / "plans", new_id()) as draft:
        for action, n in changes.items():
            draft.add(action, [Change(str(i), {}, {}) for i in range(n)])
        return load_plan(draft.save({}))


def _ended(store, run, action, n):
    rows = [{"object_id": str(i), "state": "missing"} for i in range(n)]
    store.ledger.journal_outcome(run, rows, action=action)


def test_a_run_must_account_for_every_change_of_every_action(store):
    made, run = _plan(store, **{SCORES: 3, "task": 2}), store.ledger.start_run("apply")
    _ended(store, run, SCORES, 3)
    with pytest.raises(StoreError, match="accounts for 0 of 2 contacts of task"):
        report(store, run, made)
    _ended(store, run, "task", 2)
    done = report(store, run, made)
    assert done.counts == ZERO | {"missing": 3}
    assert done.actions == {"task": ZERO | {"missing": 2}}
    assert done.outcomes["state"].tolist() == ["missing"] * 3
    assert done.as_dict() == {"run": run, **done.counts, "verified": 0, "actions": done.actions}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (PlanError("x"), "failed"),
        (KeyboardInterrupt(), "interrupted"),
        (ZeroDivisionError(), "failed"),
    ],
)
def test_a_run_that_broke_off_says_how_and_never_stays_running(portal, store, error, status):
    run = store.ledger.start_run("apply")

    def broken():
        with on_record(portal, store, run):
            raise error

    with pytest.raises(type(error)):
        broken()
    assert store.ledger.run(run)["status"] == status
    with on_record(portal, store, run) as facts:
        facts["written"] = 3
    ended = store.ledger.run(run)
    assert ended["status"] == "done"
    assert ended["facts"]["written"] == 3
    assert ended["facts"].get("error") is None


def test_seconds_and_requests_add_up_over_the_attempts(portal, store):
    run = store.ledger.start_run("apply")
    for _ in range(2):
        with on_record(portal, store, run):
            portal.transport.call("GET", portal.path("account-info", "details"))
    assert store.ledger.run(run)["facts"]["requests"] == 2


def test_an_error_is_named_without_its_message():
    error = BadReplyError("Zq8 Forgetme", status=200, correlation_id="c1")
    assert named(error) == {"kind": "bad_reply", "status": 200, "correlation_id": "c1"}
    assert named(ZeroDivisionError("Zq8")) == {"kind": "ZeroDivisionError"}


def test_a_run_shows_itself_as_a_table_of_counts():
    shown = Run("r<1>", ZERO | {"written": 12}, 12, {"task A": ZERO | {"written": 3}})._repr_html_()
    assert "r&lt;1&gt;" in shown
    assert "task A" in shown
    assert "12" in shown


def test_hand_scores_are_of_the_portals_own_contacts(sandbox, store):
    assert len(hand_scores(sandbox, store.workspace)) == 250
