from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter

import pytest
from handscores import hand_scores, score_writes

from leadscore.engine import Engine, Job
from leadscore.errors import AuthenticationError, LimitReachedError, PlanError
from leadscore.hubspot.writing import Outcome
from leadscore.journal import STATES
from leadscore.planfile import Change


class Notes:
    """A target on this machine: what contacts have, in a dictionary."""

    names = ("leadscore_note",)

    def __init__(self, contacts, *, refuse=(), fail_at=None, keep=True):
        self.values = {one: {} for one in contacts}
        self.refuse, self.fail_at, self.keep = set(refuse), fail_at, keep
        self.sent, self.steps, self.lock = Counter(), [], threading.Lock()

    def live(self, contacts):
        self.steps.append(("live", len(contacts)))
        return {one: dict(self.values[one]) for one in contacts if one in self.values}

    def send(self, changes):
        with self.lock:
            self.steps.append(("send", len(changes)))
            if self.fail_at and sum(what == "send" for what, _ in self.steps) >= self.fail_at:
                raise AuthenticationError("The token was revoked.")
        self.sent.update(changes.keys())
        done = [one for one in changes if one not in self.refuse]
        if self.keep:
            self.values |= {one: {**self.values[one], **changes[one]} for one in done}
        return [Outcome(one, "written" if one in done else "rejected", "no") for one in changes]

    def holds(self, live, new):
        return all(live.get(name, "") == value for name, value in new.items())

    def untouched(self, live, old, *, sent):
        return live == old


@pytest.fixture
def few(portal):
    """The ids of contacts that are the portal's own, for look-ups of those that are missing."""
    return [str(n) for n in range(1, 1001)]


def engine(portal, store, run, target, **more):
    job = Job(portal, store.ledger, run, "scores", target, "leadscore", lambda: None, **more)
    return Engine(job, progress=False)


def changes(contacts, value="new"):
    return [Change(one, {}, {"leadscore_note": value}) for one in contacts]


def test_the_canary_goes_first_alone_and_is_read_back(portal, store, few):
    run, target = store.ledger.start_run("apply"), Notes(few)
    engine(portal, store, run, target).carry_out(changes(few), canary=7, total=1000)
    assert target.steps[:3] == [("live", 7), ("send", 7), ("live", 7)]
    assert store.ledger.counts(run)["written"] == store.ledger.verified(run) == 1000
    assert set(target.sent.values()) == {1}


def test_an_error_lets_no_new_batch_begin_and_what_was_done_is_on_record(portal, store, few):
    run, target = store.ledger.start_run("apply"), Notes(few, fail_at=4)
    with pytest.raises(AuthenticationError):
        engine(portal, store, run, target).carry_out(changes(few), canary=100, total=1000)
    known = store.ledger.counts(run)["written"]
    assert known == sum(target.sent.values()) == 300
    pending = len(store.ledger.pending(run))
    assert 100 <= pending <= 700
    target.fail_at = None
    again = engine(portal, store, run, target)
    again.resolve()
    again.carry_out(changes(few), canary=100, total=1000)
    assert sum(store.ledger.counts(run).values()) == 1000
    assert set(target.sent.values()) == {1}


def test_a_write_whose_outcome_is_not_on_record_is_resolved_and_not_sent_again(portal, store, few):
    run, target = store.ledger.start_run("apply"), Notes(few)
    rows = [{"object_id": one, "old": {}, "new": {"leadscore_note": "new"}} for one in few[:150]]
    store.ledger.journal_intent(run, rows)
    target.values |= {one: {"leadscore_note": "new"} for one in few[:100]}
    first = engine(portal, store, run, target)
    first.resolve()
    assert store.ledger.counts(run)["resolved"] == 100
    first.carry_out(changes(few), canary=0, total=1000)
    assert set(target.sent) == set(few[100:])
    assert store.ledger.verified(run) == 1000


def test_a_whole_batch_that_is_refused_stops_the_run_and_goes_on_when_it_is_mended(
    portal, store, few
):
    run, target = store.ledger.start_run("apply"), Notes(few, refuse=few)
    with pytest.raises(PlanError, match="refuses every contact"):
        engine(portal, store, run, target).carry_out(changes(few), canary=50, total=1000)
    assert sum(store.ledger.counts(run).values()) == 0
    target.refuse = {few[0]}
    engine(portal, store, run, target).carry_out(changes(few), canary=50, total=1000)
    assert store.ledger.counts(run) == dict.fromkeys(STATES, 0) | {"written": 999, "rejected": 1}


def test_a_refusal_that_the_portal_explains_is_told_by_that(portal, store, few):
    def lost():
        raise PlanError("The portal has lost leadscore_note.")

    run, target = store.ledger.start_run("apply"), Notes(few, refuse=few[:1])
    job = Job(portal, store.ledger, run, "scores", target, "leadscore", lost)
    with pytest.raises(PlanError, match="has lost"):
        Engine(job, progress=False).carry_out(changes(few), canary=50, total=1000)
    assert store.ledger.counts(run)["rejected"] == 0


def test_what_reads_back_otherwise_for_all_stops_the_run(portal, store, few):
    run, target = store.ledger.start_run("apply"), Notes(few, keep=False)
    with pytest.raises(PlanError, match="None of 50 contacts"):
        engine(portal, store, run, target).carry_out(changes(few), canary=50, total=1000)
    assert sum(target.sent.values()) == 50


def test_an_undo_restores_a_part_and_names_who_has_the_rest(portal, store, few):
    run, target = store.ledger.start_run("undo"), Notes(few[:3])
    both = {"leadscore_note": "n", "leadscore_tone": "t"}
    target.values |= {few[0]: {**both, "leadscore_tone": "theirs"}, few[1]: {}, few[2]: both}
    target.values[few[1]] = {"leadscore_note": "theirs", "leadscore_tone": "theirs"}
    back = [Change(one, both, {"leadscore_note": "", "leadscore_tone": ""}) for one in few[:3]]
    undoing = engine(
        portal, store, run, target, partly=True, foreign=lambda ids: {ids[0]: "By run r9."}
    )
    undoing.carry_out(back, canary=0, total=3)
    assert target.values[few[0]] == {"leadscore_note": "", "leadscore_tone": "theirs"}
    assert target.values[few[2]] == {"leadscore_note": "", "leadscore_tone": ""}
    journal = store.ledger.journal(run).set_index("object_id")
    assert journal.loc[few[1], ["state", "reason"]].tolist() == ["conflict", "By run r9."]
    assert journal.loc[few[0], "new"] == {"leadscore_note": ""}


def test_the_daily_limit_ends_the_run_and_the_same_call_goes_on_the_next_day(
    portal, sandbox, store
):
    from leadscore.planning import plan
    from leadscore.writeback import apply

    made = plan(portal, hand_scores(sandbox, store.workspace), progress=False)
    rule = {"match": {"path": "*/batch/update", "nth": {"from": 2}}}
    sandbox.faults([rule | {"action": {"body": "429 daily"}}])
    with pytest.raises(LimitReachedError):
        apply(portal, made, progress=False)
    run = store.ledger.run_of(made.id)
    assert store.ledger.run(run)["status"] == "failed"
    assert store.ledger.run(run)["facts"]["error"]["kind"] == "limit_reached"
    sandbox.clear_faults()
    done = apply(portal, made, progress=False)
    assert done.id == run
    assert done.verified == len(made.changes)
    assert set(score_writes(sandbox).values()) == {1}


ORPHAN = """
import os, sys, tempfile, time, types
sys.modules["ipykernel"] = types.ModuleType("ipykernel")
from pathlib import Path
import leadscore as ls
from leadscore.engine import Engine, Job
from leadscore.planfile import Change
from leadscore.hubspot.writing import Outcome
done = Path(sys.argv[1])
class Slow:
    names = ("leadscore_note",)
    has = {}
    def live(self, ids): return {i: dict(self.has.get(i, {})) for i in ids}
    def send(self, changes):
        if not self.has:
            self.has["begun"] = {}
            print("begun", flush=True)
        time.sleep(0.2)
        self.has.update(changes)
        return [Outcome(i, "written") for i in changes]
    def holds(self, live, new): return live == new
    def untouched(self, live, old, *, sent): return live == old
store = ls.open_store(done.parent / "crm")
run = store.ledger.start_run("apply")
job = Job(None, store.ledger, run, "scores", Slow(), "leadscore", lambda: None)
changes = [Change(str(n), {}, {"leadscore_note": "x"}) for n in range(100_000)]
try:
    Engine(job, progress=False).carry_out(changes, canary=0, total=len(changes))
except KeyboardInterrupt:
    done.write_text(str(store.ledger.counts(run)["written"]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a parent's death is not seen there")
def test_a_kernel_whose_parent_died_begins_no_new_batch(tmp_path):
    """Papermill is killed, and the kernel that it started lives on for a while."""
    parent = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', sys.argv[1], sys.argv[2]],"
        " stdout=subprocess.PIPE)\n"
        "child.stdout.readline(); print('begun', flush=True); time.sleep(600)"
    )
    told = tmp_path / "told"
    command = [sys.executable, "-c", parent, ORPHAN, str(told)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ) as process:
        assert process.stdout.readline().strip() == b"begun"
        process.kill()
    for _ in range(600):
        if told.exists() and told.read_text():
            break
        threading.Event().wait(0.1)
    assert int(told.read_text()) < 100_000
