"""A run that associated or dissociated pairs: its counts, and what became of each row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from leadscore.hubspot.pairwriting import pair_of_key
from leadscore.hubspot.reading import chunks
from leadscore.ledger import Ledger
from leadscore.pairplans import PAIRS, PairPlan
from leadscore.planfile import Change
from leadscore.plans import load_plan
from leadscore.recordplans import ROWS
from leadscore.recordruns import RecordRun
from leadscore.runrecords import Run

__all__ = ["OUTCOMES", "PairRun", "pair_run"]

#: How a row can end.
OUTCOMES = ("associated", "dissociated", "unchanged", "conflict", "rejected", "duplicate")
_WELL = {"associate": "associated", "dissociate": "dissociated"}
_RESULTS = ("from_id", "to_id", "label", "state", "reason")


@dataclass(frozen=True)
class PairRun(RecordRun):
    """What `associate` and `dissociate` did, on record in the workspace's ledger.

    Attributes
    ----------
    id : str
    counts : dict
        How many rows ended in each state: associated, dissociated, unchanged, conflict, rejected,
        duplicate. They add up to the rows.
    verified : int
        Pairs that were read back and are as they were to be.
    """

    @property
    def results(self) -> pd.DataFrame:
        """What became of each row, in the order, and with the index, of what was given.

        Returns
        -------
        DataFrame
            ``from_id``, ``to_id``, ``label`` (empty without one), ``state`` and ``reason``: of a
            pair that HubSpot refused, its own words. Read from the ledger and the plan's file
            when it is asked for.
        """
        path = self.workspace / "plans" / f"plan-{self.plan}.parquet"
        ledger = Ledger(self.workspace / "ledger.sqlite")
        try:
            rows = list(_results(ledger, self.id, load_plan(path, check=False).of(ROWS)))
        finally:
            ledger.close()
        return pd.DataFrame(rows, columns=list(_RESULTS), index=self.index).astype("str")


def _results(ledger: Ledger, run: str, rows: Iterator[Change]) -> Iterator[list[str]]:
    for some in chunks(rows, 500):
        doing = [one.contact for one in some if one.new["to"] in _WELL]
        known = ledger.known(run, doing, action=PAIRS) if doing else {}
        for row in some:
            yield [*pair_of_key(row.contact), row.new["label"], *_end(row, known.get(row.contact))]


def _end(row: Change, entry: Any) -> tuple[str, str]:
    to, reason = row.new["to"], row.new.get("reason", "")
    if to not in _WELL:
        return to, reason
    if entry is None or not entry.state:
        return "unknown", reason
    well = entry.state in ("written", "resolved")
    return (_WELL[to] if well else entry.state), entry.reason or reason


def pair_run(done: Run, plan: PairPlan, index: Any = None) -> PairRun:
    """Return a run as the rows of a plan see it."""
    ledger = Ledger(done.workspace / "ledger.sqlite")
    try:
        counts = dict.fromkeys(OUTCOMES, 0)
        for *_, state, _reason in _results(ledger, done.id, plan.of(ROWS)):
            counts[state] = counts.get(state, 0) + 1
    finally:
        ledger.close()
    return PairRun(done.id, counts, done.verified, done.actions, done.workspace, plan.id, index)
