"""A run of a notebook tells what the runs did that its kernel made, and no others."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from leadscore.notebookruns import NotebookRun, done_by, summary


def _apply(ledger, *states):
    run = ledger.start_run("apply", plan=f"p{len(states)}")
    rows = [{"object_id": str(n), "state": state} for n, state in enumerate(states)]
    ledger.journal_intent(
        run, [{"object_id": row["object_id"], "old": {}, "new": {}} for row in rows]
    )
    ledger.journal_outcome(run, rows)
    ledger.finish_run(run, "done")
    return run


def test_the_writes_of_one_process_since_a_moment_are_summed(store):
    ledger = store.ledger
    _apply(ledger, "written")
    since = pd.Timestamp.now("UTC") + pd.Timedelta("1ms")
    while pd.Timestamp.now("UTC") < since + pd.Timedelta("2ms"):
        pass
    runs = [_apply(ledger, "written", "rejected"), _apply(ledger, "written", "conflict", "missing")]
    did = done_by(ledger, os.getpid(), since)
    assert did["runs"] == runs
    assert {name: did[name] for name in ("written", "rejected", "conflict", "missing")} == {
        "written": 2, "rejected": 1, "conflict": 1, "missing": 1,
    }  # fmt: skip
    assert done_by(ledger, os.getpid() + 1, since)["runs"] == []
    assert done_by(ledger, None, since)["written"] == 0


def test_records_count_as_contacts_do(store):
    since = pd.Timestamp("2020-01-01", tz="UTC")
    actions = [{"action": "updates"}, {"action": "creations"}]
    run = store.ledger.start_run("apply", plan="p", object_type="deals", actions=actions)
    for action, state in (("updates", "conflict"), ("creations", "rejected")):
        row = {"object_id": "1", "state": state}
        store.ledger.journal_outcome(run, [row], action=action)
    did = done_by(store.ledger, os.getpid(), since)
    assert (did["conflict"], did["rejected"], did["runs"]) == (1, 1, [run])


def test_a_sync_that_is_incomplete_is_told(store):
    run = store.ledger.start_run("sync")
    store.ledger.finish_run(run, "incomplete", changed={}, why=["Two are missing."])
    did = done_by(store.ledger, os.getpid(), pd.Timestamp("2020-01-01", tz="UTC"))
    assert did["incomplete"] == ["Two are missing."]


@pytest.mark.parametrize(
    ("did", "code"),
    [({}, 0), ({"rejected": 1}, 3), ({"incomplete": ["why"]}, 3), ({"written": 5}, 0)],
)
def test_rejected_contacts_and_half_a_sync_are_told_by_the_exit_code(did, code):
    assert NotebookRun("r", "n", "done", 1.0, Path("o"), did=did).exit_code == code


def test_the_summary_is_one_line_whatever_the_names_are():
    line = summary({"notebook": "my\nbook 1", "status": "done", "output": "a b.ipynb"})
    assert line == 'leadscore-run notebook="my book 1" status=done output="a b.ipynb"'
