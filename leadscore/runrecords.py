"""A run as an object, and its record: begun, gone on with, ended one way or another."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import LeadscoreError, StoreError
from leadscore.journal import STATES
from leadscore.ledger import Ledger
from leadscore.planfile import SCORES
from leadscore.plans import Plan
from leadscore.runlog import logged

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal
    from leadscore.store import Store

__all__ = ["KINDS", "Run", "named", "on_record", "report"]

#: The kinds of runs that write to a portal.
KINDS = ("apply", "undo")


@dataclass(frozen=True)
class Run:
    """One apply or undo, on record in the workspace's ledger.

    Attributes
    ----------
    id : str
    counts : dict
        How many contacts ended in each state: written, unchanged, conflict, rejected, missing,
        resolved. They add up to the plan's changes.
    verified : int
        Contacts that were read back and hold what was planned.
    actions : dict of str to dict
        The same counts of what came after the scores, by action; of records, by what was done.
    workspace : Path
        Where the ledger is.
    """

    id: str
    counts: dict[str, int]
    verified: int
    actions: dict[str, dict[str, int]] = field(default_factory=dict)
    workspace: Path = field(default=Path(), repr=False)

    @property
    def outcomes(self) -> pd.DataFrame:
        """One row per contact, or other record, of the plan: ``contact_id``, ``state``, ``reason``.

        Read from the ledger when it is asked for.
        """
        ledger = Ledger(self.workspace / "ledger.sqlite")
        try:
            found = ledger.journal(self.id)
            if found.empty and self.actions:  # of records there are no scores
                journals = [ledger.journal(self.id, action=name) for name in self.actions]
                found = pd.concat(journals, ignore_index=True)
        finally:
            ledger.close()
        found = found.rename(columns={"object_id": "contact_id"})
        return found[["contact_id", "state", "reason"]]

    @property
    def _of_records(self) -> bool:
        """Whether its counts are the sums of its actions: of scores they are not."""
        sums = {s: sum(one.get(s, 0) for one in self.actions.values()) for s in self.counts}
        return bool(self.actions) and sums == self.counts

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON."""
        after = {"actions": self.actions} if self.actions else {}
        return {"run": self.id, **self.counts, "verified": self.verified, **after}

    def _repr_html_(self) -> str:
        first = "all" if self._of_records else "scores"
        rows = {first: self.counts | {"verified": self.verified}, **self.actions}
        table = pd.DataFrame(rows).T.reindex(columns=[*STATES, "verified"]).astype("Int64")
        cells = table.astype("object").where(table.notna(), "")
        shown = cells.to_html(border=0, justify="left")  # pandas escapes
        return f"<p>Run {escape(self.id)}</p>{shown}"


def report(store: Store, run: str, plan: Plan) -> Run:
    """Return a run that has come to its end, if its record accounts for every change of the plan.

    Raises
    ------
    StoreError
        It does not.
    """
    found = store.ledger.counts_by_action(run)
    for action, planned in plan.rows.items():
        accounted = sum(found.get(action, {}).values())
        if accounted != planned:
            what = "" if action == SCORES else f" of {action}"
            raise StoreError(
                f"Run {run} accounts for {accounted} of {planned} contacts{what}.",
                hint="Do the same again; it goes on where it stopped.",
            )
    actions = {name: found.get(name, {}) for name in plan.rows if name != SCORES}
    counted = list(actions) if plan.of_records else [SCORES]
    counts = {state: sum(found.get(name, {}).get(state, 0) for name in counted) for state in STATES}
    verified = sum(store.ledger.verified(run, action=name) for name in counted)
    return Run(run, counts, verified, actions, store.workspace)


@contextmanager
def on_record(portal: Portal, store: Store, run: str) -> Iterator[dict[str, Any]]:
    """Put on record how a run ended; facts that are put into what is yielded are added.

    Seconds and requests add up over the attempts of a run.
    """
    began, sent = time.monotonic(), portal.requests
    store.ledger.resume_run(run)
    before = store.ledger.run(run)["facts"]
    facts: dict[str, Any] = {}

    def spent() -> dict[str, Any]:
        return {
            "seconds": round(before.get("seconds", 0) + time.monotonic() - began, 2),
            "requests": before.get("requests", 0) + portal.requests - sent,
        }

    try:
        with logged(portal, store.workspace, run):
            yield facts
    except Exception as error:
        store.ledger.finish_run(run, "failed", **spent(), error=named(error))
        raise
    except BaseException:
        store.ledger.finish_run(run, "interrupted", **spent())
        raise
    if "error" in before:
        facts["error"] = None
    store.ledger.finish_run(run, "done", **spent(), **facts)


def named(error: Exception) -> Mapping[str, Any]:
    """Return what an error is, without its message: that may quote a contact's data."""
    if not isinstance(error, LeadscoreError):
        return {"kind": type(error).__name__}
    about = {name: getattr(error, name, "") for name in ("status", "category", "correlation_id")}
    return {"kind": error.kind} | {name: value for name, value in about.items() if value}
