from __future__ import annotations

import pandas as pd

from leadscore.runlist import run_line, runs, unwritten_rows

INTENT = {"object_id": "7", "old": {}, "new": {"leadscore_score": "81"}}


def _applied(store):
    run = store.ledger.start_run(
        "apply", plan="p1", model="m1", overridden={"big_moves": "a new model"}
    )
    store.ledger.journal_intent(run, [INTENT, INTENT | {"object_id": "8"}])
    store.ledger.journal_outcome(run, [{"object_id": "7", "state": "written"}])
    store.ledger.journal_outcome(
        run, [{"object_id": "9", "state": "rejected", "reason": "too long"}]
    )
    store.ledger.journal_verified(run, ["7"])
    return run


def test_every_run_is_one_row_and_only_those_that_write_have_counts(store):
    sync, run = store.ledger.start_run("sync"), _applied(store)
    undo = store.ledger.start_run("undo", plan="p2", undoes=run)
    found = runs(store).set_index("run")
    assert found.index.tolist() == [sync, run, undo]
    assert pd.isna(found.loc[sync, "written"])
    counts = found.loc[run, ["written", "rejected", "missing", "verified", "unknown"]].tolist()
    assert counts == [1, 1, 0, 1, 1]
    assert found.loc[run, ["model", "undone_by"]].tolist() == ["m1", undo]
    assert found.loc[undo, "undoes"] == run
    assert found.loc[run, "overridden"] == {"big_moves": "a new model"}


def test_a_workspace_without_runs_has_a_frame_of_the_same_columns(store):
    empty = runs(store)
    _applied(store)
    assert empty.empty
    assert empty.columns.tolist() == runs(store).columns.tolist()


def test_a_line_has_the_states_of_the_scores_and_of_what_came_after_them(store):
    run = _applied(store)
    store.ledger.journal_outcome(run, [{"object_id": "7", "state": "missing"}], action="task A")
    line = run_line(store.ledger, store.ledger.run(run))
    assert line["states"]["written"] == 1
    assert line["actions"]["task A"]["missing"] == 1
    assert line["finished_at"] is None
    assert "states" not in run_line(store.ledger, store.ledger.run(store.ledger.start_run("sync")))


def test_a_run_goes_on_until_it_or_a_later_one_of_the_same_work_is_done(store):
    def line(**facts):
        run = store.ledger.start_run("apply", plan="p1", how="upsert", **facts)
        store.ledger.journal_intent(run, [INTENT])
        store.ledger.finish_run(run, "interrupted")
        return lambda: run_line(store.ledger, store.ledger.run(run))["goes_on"]

    ours, other = line(input="one"), line(input="two")
    assert ours() is True
    store.ledger.finish_run(store.ledger.start_run("apply", how="upsert", input="one"), "done")
    assert (ours(), other()) == (False, True)
    running = store.ledger.start_run("apply", plan="p1", how="upsert", input="three")
    store.ledger.journal_intent(running, [INTENT])
    assert run_line(store.ledger, store.ledger.run(running))["goes_on"] is False


def test_whoever_was_not_simply_written_is_told_with_the_reason(store):
    assert unwritten_rows(store.ledger, _applied(store)) == [
        {"action": "scores", "contact_id": "8", "state": "unknown", "reason": ""},
        {"action": "scores", "contact_id": "9", "state": "rejected", "reason": "too long"},
    ]
