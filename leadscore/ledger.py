"""The ledger: portal, runs, checkpoints, plans and the journal of writes, in one SQLite file.

It holds ids, times, states and our own scores; of other properties the values that a run of records
wrote and found there, because undo needs them. `leadscore.store.Store.erase` takes a person out.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from typing import Any

import pandas as pd

from leadscore.errors import StoreError
from leadscore.journal import STATES, Journal
from leadscore.ledgerfile import LedgerFile
from leadscore.stamps import now, to_json
from leadscore.workspace import is_alive

__all__ = ["STATES", "Ledger"]


class Ledger(Journal, LedgerFile):
    """What was done to a portal and by which run; made by `open_store`.

    Every method commits before it returns, and what is committed survives a killed process and a
    power cut (SQLite, write-ahead log, ``synchronous=FULL``). Times are UTC, ISO 8601.

    Parameters
    ----------
    path : Path
        The SQLite file; made when missing, mode 0600.

    Raises
    ------
    StoreError
        The file is damaged, is no ledger, or was made by a newer leadscore.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> ledger = Ledger(Path(tempfile.mkdtemp()) / "ledger.sqlite")
    >>> run = ledger.start_run("apply")
    >>> ledger.journal_intent(
    ...     run, [{"object_id": "7", "old": {}, "new": {"leadscore_score": "81"}}]
    ... )
    >>> ledger.pending(run)
    ['7']
    >>> ledger.journal_outcome(run, [{"object_id": "7", "state": "written"}])
    >>> ledger.counts(run)["written"]
    1
    >>> ledger.close()
    """

    # portal -------------------------------------------------------------------------------------

    @property
    def portal_id(self) -> int | None:
        """The HubSpot account of this workspace; None before the first `bind_portal`."""
        found = self.query("SELECT portal_id FROM portal")
        return int(found[0][0]) if found else None

    def bind_portal(self, portal_id: int) -> None:
        """Tie the workspace to one HubSpot account, for good.

        Raises
        ------
        StoreError
            It belongs to another one: scores must never go to the wrong portal.
        """
        with self.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO portal VALUES (1, ?, ?)", (int(portal_id), now())
            )
        if self.portal_id != int(portal_id):
            raise StoreError(
                f"This workspace belongs to portal {self.portal_id}, not to portal {portal_id}.",
                hint="Use another folder with --workspace, or the token of the first portal.",
            )

    # runs ---------------------------------------------------------------------------------------

    def start_run(self, kind: str, *, plan: str | None = None, **facts: Any) -> str:
        """Put a run on record and return its id.

        Parameters
        ----------
        kind : str
            "sync", "train", "score", "apply", "undo"…
        plan : str, optional
            The plan that it applies; see `run_of`.
        **facts
            JSON-able; ids, counts and settings, never a contact's data.
        """
        if not re.fullmatch(r"[a-z][a-z_]*", kind):
            raise StoreError(f"{kind!r} is no kind of run: use lower-case letters and underscores.")
        moment = now()
        stamp = re.sub(r"[-:.]", "", moment).replace("T", "-")[:15]
        run = f"{stamp}-{kind}-{secrets.token_hex(3)}"
        with self.transaction() as connection:
            connection.execute(
                "INSERT INTO runs VALUES (?, ?, ?, 'running', ?, ?, NULL, ?)",
                (run, kind, plan, os.getpid(), moment, to_json(facts)),
            )
        return run

    def finish_run(self, run: str, status: str, **facts: Any) -> None:
        """Record how a run ended: "done", "failed", "interrupted"… Facts add to those at its start.

        Raises
        ------
        StoreError
            There is no such run.
        """
        known = self.run(run)["facts"] | facts
        with self.transaction() as connection:
            connection.execute(
                "UPDATE runs SET status = ?, finished_at = ?, facts = ? WHERE run = ?",
                (status, now(), to_json(known), run),
            )

    def run(self, run: str) -> dict[str, Any]:
        """Return one run: run, kind, plan, status, pid, started_at, finished_at, facts.

        Raises
        ------
        StoreError
            There is no such run.
        """
        frame = self.runs()
        found = frame[frame["run"] == run]
        if found.empty:
            recent = ", ".join(frame["run"].tail(3)) or "none yet"
            raise StoreError(
                f"There is no run {run!r} on record.", hint=f"The latest runs are: {recent}."
            )
        return {str(name): value for name, value in found.iloc[0].to_dict().items()}

    def resume_run(self, run: str) -> None:
        """Record that a run that was interrupted, or failed, goes on in this process."""
        with self.transaction() as connection:
            connection.execute(
                "UPDATE runs SET status = 'running', pid = ?, finished_at = NULL WHERE run = ?",
                (os.getpid(), run),
            )

    def close_runs(self, kind: str) -> None:
        """Record the runs of a kind that still count as running as interrupted: they were killed.

        Only for whoever holds the workspace, as nobody else runs then.
        """
        with self.transaction() as connection:
            connection.execute(
                "UPDATE runs SET status = 'interrupted' WHERE kind = ? AND status = 'running'",
                (kind,),
            )

    def runs(self) -> pd.DataFrame:
        """Return all runs, oldest first; one whose process was killed is told as interrupted.

        Returns
        -------
        DataFrame
            run, kind, plan, status (str), pid (Int64), started_at, finished_at (UTC), facts (dict).
        """
        found = self.frame(
            "SELECT run, kind, plan, status, pid, started_at, finished_at, facts"
            " FROM runs ORDER BY started_at, rowid"
        )
        killed = [
            row.status == "running" and not is_alive(int(str(row.pid)))
            for row in found.itertuples()
        ]
        found.loc[killed, "status"] = "interrupted"
        return found

    def run_of(self, plan: str) -> str | None:
        """Return the latest run that applies this plan, None before the first."""
        found = self.query(
            "SELECT run FROM runs WHERE plan = ? ORDER BY started_at DESC, rowid DESC LIMIT 1", plan
        )
        return str(found[0][0]) if found else None

    def undone_by(self, run: str) -> str | None:
        """Return the run that undid this one, unless it was undone in its turn."""
        found = self.query(
            "SELECT run FROM runs WHERE kind = 'undo' AND json_extract(facts, '$.undoes') = ?"
            " ORDER BY started_at DESC, rowid DESC",
            run,
        )
        undos = (str(one) for (one,) in found)
        return next((one for one in undos if self.undone_by(one) is None), None)

    # checkpoints and plans ----------------------------------------------------------------------

    def set_checkpoint(self, name: str, value: Any) -> None:
        """Keep a JSON-able value under a name; None forgets it."""
        with self.transaction() as connection:
            connection.execute("DELETE FROM checkpoints WHERE name = ?", (name,))
            if value is not None:
                connection.execute(
                    "INSERT INTO checkpoints VALUES (?, ?, ?)", (name, to_json(value), now())
                )

    def checkpoint(self, name: str, default: Any = None) -> Any:
        """Return the value kept under a name, or the default."""
        found = self.query("SELECT value FROM checkpoints WHERE name = ?", name)
        return json.loads(found[0][0]) if found else default

    def save_plan(self, plan: str, **facts: Any) -> None:
        """Put a plan on record: its id and JSON-able facts (path, hash, portal, expiry, counts)."""
        with self.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO plans VALUES (?, ?, ?)", (plan, now(), to_json(facts))
            )

    def plans(self) -> pd.DataFrame:
        """Return all plans, oldest first: plan (str), created_at (UTC), facts (dict)."""
        return self.frame("SELECT plan, created_at, facts FROM plans ORDER BY created_at, rowid")
