"""A run that created and changed records: its counts, and what became of each row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.hubspot.reading import chunks
from leadscore.ledger import Ledger
from leadscore.planfile import Change
from leadscore.plans import load_plan
from leadscore.recordplans import CREATIONS, NEW, ROWS, UPDATES, RecordPlan
from leadscore.runrecords import Run

if TYPE_CHECKING:
    from leadscore.journal import Entry

__all__ = ["OUTCOMES", "RecordRun", "record_run"]

#: How a row can end.
OUTCOMES = ("created", "updated", "unchanged", "conflict", "rejected", "missing", "duplicate")
_ACTIONS = {"create": CREATIONS, "update": UPDATES}
_WELL = {"create": "created", "update": "updated"}
_RESULTS = {"id": "str", "state": "str", "reason": "str"}


@dataclass(frozen=True, repr=False)
class RecordRun(Run):
    """What `create`, `update` and `upsert` did, on record in the workspace's ledger.

    Attributes
    ----------
    id : str
    counts : dict
        How many rows ended in each state: created, updated, unchanged, conflict, rejected,
        missing, duplicate. They add up to the rows.
    verified : int
        Records that were read back and hold what was sent. HubSpot, or a workflow, may write some
        values in its own way: such a record is written, and not verified.
    plan : str
        The id of the plan that was carried out.
    index : Index, optional
        That of the frame, for `results`.
    """

    plan: str = ""
    index: pd.Index | None = field(default=None, repr=False)

    @property
    def results(self) -> pd.DataFrame:
        """What became of each row, in the order, and with the index, of what was given.

        Returns
        -------
        DataFrame
            ``id`` (the record's; missing where there is none), ``state`` (created, updated,
            unchanged, conflict, rejected, missing, duplicate), ``reason``. Read from the ledger
            and the plan's file when it is asked for.
        """
        path = self.workspace / "plans" / f"plan-{self.plan}.parquet"
        found = load_plan(path, check=False)
        ledger = Ledger(self.workspace / "ledger.sqlite")
        try:
            rows = list(_results(ledger, self.id, found.of(ROWS)))
        finally:
            ledger.close()
        return pd.DataFrame(rows, columns=list(_RESULTS), index=self.index).astype(_RESULTS)

    @property
    def outcomes(self) -> pd.DataFrame:
        """The same as `results`."""
        return self.results

    def __repr__(self) -> str:
        told = ", ".join(f"{state}={n}" for state, n in self.counts.items() if n) or "no rows"
        return f"RecordRun(id={self.id!r}, {told}, verified={self.verified})"

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON."""
        return {"run": self.id, **self.counts, "verified": self.verified}

    def _repr_html_(self) -> str:
        from html import escape

        table = pd.DataFrame([self.counts | {"verified": self.verified}], index=["rows"])
        shown = table.to_html(border=0, justify="left")  # pandas escapes
        return f"<p>Run {escape(self.id)}</p>{shown}"


def _results(
    ledger: Ledger, run: str, rows: Iterator[Change]
) -> Iterator[tuple[str | None, str, str]]:
    for some in chunks(rows, 500):
        known: dict[tuple[str, str], Entry] = {}
        for to, action in _ACTIONS.items():
            keys = [one.contact for one in some if _did(one) == to]
            found = ledger.known(run, keys, action=action) if keys else {}
            known |= {(to, key): entry for key, entry in found.items()}
        for one in some:
            yield _result(one, known.get((_did(one), one.contact)))


def _did(row: Change) -> str:
    """Return what tells a row's record: what is done for it, or for the same row before it."""
    return "create" if row.contact.startswith(NEW) else row.new["to"]


def _result(row: Change, entry: Entry | None) -> tuple[str | None, str, str]:
    to, reason = row.new["to"], row.new.get("reason", "")
    own = row.contact or None
    if to not in _ACTIONS:
        made = entry.record if entry is not None else ""
        return (made or None) if row.contact.startswith(NEW) else own, to, reason
    record = own if to == "update" else None
    if entry is None or not entry.state:
        return record, "unknown", reason
    state = _WELL[to] if entry.state in ("written", "resolved") else entry.state
    return record or entry.record or None, state, entry.reason or reason


def record_run(done: Run, plan: RecordPlan, index: Any = None) -> RecordRun:
    """Return a run as the rows of a plan see it."""
    ledger = Ledger(done.workspace / "ledger.sqlite")
    try:
        rows = _results(ledger, done.id, plan.of(ROWS))
        counts = dict.fromkeys(OUTCOMES, 0)
        for _, state, _ in rows:
            counts[state] = counts.get(state, 0) + 1
    finally:
        ledger.close()
    return RecordRun(done.id, counts, done.verified, done.actions, done.workspace, plan.id, index)
