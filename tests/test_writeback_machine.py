"""Whatever people do in the portal, and wherever a write breaks off: all is accounted for.

What holds after every step: nothing but a plan's change was written by us; every run that came to
its end accounts for every contact; no contact's score was changed twice by one run; and an undo
with nobody in between leaves the portal as it was.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from contextlib import suppress

import pytest
from dying import Died, dying
from handscores import hand_scores
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from portals import Hand, truth, unpaced

from leadscore.errors import GuardError, HubSpotError, PlanError, StoreError
from leadscore.hubspot.connection import connect
from leadscore.planning import plan
from leadscore.sandbox import open_sandbox
from leadscore.scoreproperties import definitions_of
from leadscore.store import open_store
from leadscore.undoing import undo
from leadscore.writeback import apply

PLACES = st.integers(0, 10_000)
OURS = tuple(str(definition["name"]) for definition in definitions_of("leadscore"))
PASSED = dict.fromkeys(
    (
        *("big_moves", "distribution_shift", "constant_scores"),
        *("fewer_contacts", "stale_plan", "write_cap"),
    ),
    "the machine does as it likes",
)
FAULTS = st.sampled_from(
    [
        {"apply_then_reset": True},
        {"reset": "before"},
        {"html": True},
        {"status": 500},
        {"status": 401},
        {"body": "429 daily"},
        {"status": 400},
    ]
)


class Desk(RuleBasedStateMachine):
    """A portal that people work in, and somebody who plans, applies and undoes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.sandbox = open_sandbox(contacts=30, seed=2, limits=False, process=False)
        self.portal = connect(self.sandbox)
        unpaced(self.portal)
        self.store = open_store(self.folder)
        self.hand = Hand(self.portal)
        self.plan = self.done = self.before = None
        self.written: Counter[tuple[str, str]] = Counter()  # by run and contact
        self.seen = 0

    def teardown(self) -> None:
        self.store.close()
        self.portal.close()
        self.sandbox.close()
        shutil.rmtree(self.folder)

    # people ---------------------------------------------------------------------------------------

    def _one(self, place: int) -> str:
        ids = sorted(truth(self.sandbox, "hs_object_id"), key=int)
        return ids[place % len(ids)]

    def _touched(self) -> None:
        self.before = None
        self.seen = self.sandbox.portal.writes.total

    @rule(place=PLACES, score=st.integers(0, 100))
    def edit(self, place: int, score: int) -> None:
        names = self.sandbox.portal.collection("contacts").definitions.active
        one = {"leadscore_score": str(score)} if "leadscore_score" in names else {"city": "Ulm"}
        self.hand.edit(self._one(place), **one)
        self._touched()

    @precondition(lambda self: len(truth(self.sandbox, "hs_object_id")) > 8)
    @rule(place=PLACES, how=st.sampled_from(["archive", "erase"]))
    def leave(self, place: int, how: str) -> None:
        getattr(self.hand, how)(self._one(place))
        self._touched()

    @precondition(lambda self: len(truth(self.sandbox, "hs_object_id")) > 8)
    @rule(one=PLACES, other=PLACES)
    def merge(self, one: int, other: int) -> None:
        first, second = self._one(one), self._one(other)
        if first != second:
            self.hand.merge(first, second)
            self._touched()

    # us -------------------------------------------------------------------------------------------

    @rule(turn=st.integers(0, 100))
    def make_a_plan(self, turn: int) -> None:
        scores = hand_scores(self.sandbox, self.store.workspace)
        scores["score"] = (scores["score"] * 7 + turn) % 101
        self.plan = plan(self.portal, scores, override=PASSED, progress=False)
        self.done = None

    @precondition(lambda self: self.plan is not None)
    @rule()
    def apply(self) -> None:
        self._apply()

    @precondition(lambda self: self.plan is not None)
    @rule(points=st.integers(1, 30))
    def an_apply_is_killed_and_done_again(self, points: int) -> None:
        with dying(points):
            self._try(lambda: self._write(self.plan))
        self.before = None
        self._look()
        self._apply()

    @precondition(lambda self: self.plan is not None)
    @rule(action=FAULTS, nth=st.integers(1, 4), path=st.sampled_from(["read", "update"]))
    def an_apply_meets_a_fault(self, action: dict, nth: int, path: str) -> None:
        match = {"path": f"*/contacts/batch/{path}", "nth": [nth]}
        self.sandbox.faults([{"match": match, "action": action}])
        self._try(lambda: self._write(self.plan))
        self.sandbox.clear_faults()
        self.before = None
        self._look()
        self._apply()

    @precondition(lambda self: self.done is not None)
    @rule(points=st.integers(0, 25))
    def undo(self, points: int) -> None:
        run, before = self.done, self.before
        with dying(points):
            self._try(lambda: undo(self.portal, run, override=PASSED, progress=False))
        self._look()
        undone = undo(self.portal, run, override=PASSED, progress=False)
        self._look()
        assert sum(undone.counts.values()) == self.store.ledger.run(undone.id)["facts"]["contacts"]
        if before is not None:
            assert self._ours() == before
        self.done = self.before = self.plan = None

    def _apply(self) -> None:
        known = self.store.ledger.run_of(self.plan.id)
        fresh = known is None
        before = self._ours() if fresh else None
        try:
            done = self._write(self.plan)
        except GuardError as error:  # undone before it was finished
            assert "was undone" in error.message  # noqa: PT017 - what else stops it is an error
            self.plan = None
            return
        self._look()
        assert sum(done.counts.values()) == self.plan.rows["scores"]
        assert done.outcomes["contact_id"].is_unique
        self.done = done
        if fresh:
            self.before = before

    def _write(self, made: object) -> object:
        return apply(self.portal, made, canary=3, override=PASSED, progress=False)

    def _try(self, do: object) -> None:
        with suppress(Died, HubSpotError, PlanError, StoreError):
            do()

    def _ours(self) -> dict[str, dict[str, str | None]]:
        return {name: truth(self.sandbox, name) for name in OURS}

    def _look(self) -> None:
        """Take what was written since for the latest run's, and see that it was planned."""
        new = list(self.sandbox.portal.writes.after(self.seen))
        self.seen = self.sandbox.portal.writes.total
        runs = self.store.ledger.runs()
        latest = runs[runs["kind"].isin(["apply", "undo"])].tail(1)
        for _, write in new:
            if write.property not in OURS:
                continue
            run = latest["run"].item()
            known = self.store.ledger.known(run, [write.id]).get(write.id)
            assert known is not None, "somebody was written without an intent"
            assert (write.new or "") == known.new[write.property]
            if write.property == "leadscore_scored_at":
                self.written[run, write.id] += 1

    @invariant()
    def no_contact_gets_two_effective_writes_of_one_run(self) -> None:
        assert all(n == 1 for n in self.written.values())

    @invariant()
    def a_run_that_is_done_knows_of_every_contact(self) -> None:
        runs = self.store.ledger.runs()
        for row in runs[
            runs["kind"].isin(["apply", "undo"]) & (runs["status"] == "done")
        ].itertuples():
            assert self.store.ledger.pending(row.run) == []
            counts = self.store.ledger.counts(row.run)
            assert sum(counts.values()) == row.facts["rows"]["scores"]


TestDesk = pytest.mark.slow(Desk.TestCase)
TestDesk.settings = settings(
    max_examples=15,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
