"""What became of writes that a run had sent when it was cut short."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from leadscore.errors import LeadscoreError
from leadscore.hubspot.connection import Portal
from leadscore.plans import load_plan
from leadscore.runrecords import KINDS
from leadscore.store import Store
from leadscore.writeback import resolve

__all__ = ["LOST", "settle"]

#: The fact of a run that says how many contacts had not arrived when it was looked.
LOST = "not_arrived"


def settle(portal: Portal, store: Store, *, progress: bool = True) -> pd.DataFrame:
    """Look up what runs that were cut short had sent, and put on record what arrived.

    Reads the portal, and writes nothing to it. What did not arrive is for the next plan, which
    compares with what the portal has; the same plan, applied again while it is valid, would do it
    too. Each run is looked at once; without one that was cut short, nothing is asked.

    Parameters
    ----------
    portal : Portal
    store : Store
    progress : bool, default True

    Returns
    -------
    DataFrame
        One row per run of which it was not known: ``run``, ``kind`` (str), ``arrived``, ``open``
        (int64, contacts; open: not in the portal, or its plan is gone).

    Raises
    ------
    BusyError
        Another run holds the workspace.
    HubSpotError
        The portal does not answer.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> store = ls.open_store(tempfile.mkdtemp())
    >>> with ls.open_sandbox(contacts=3) as sandbox, ls.connect(sandbox) as portal:
    ...     len(ls.settle(portal, store))
    0
    """
    with store.lock("settle"):
        for kind in KINDS:
            store.ledger.close_runs(kind)  # the lock is ours: one that still runs was killed
        runs = store.ledger.runs()
        cut = runs[runs["kind"].isin(KINDS) & (runs["status"] != "done")]
        rows = [
            (run["run"], run["kind"], *_settled(portal, store, run, progress=progress))
            for run in cut.to_dict("records")
            if LOST not in run["facts"] and _waiting(store, run["run"])
        ]
    frame = pd.DataFrame(rows, columns=["run", "kind", "arrived", "open"])
    return frame.astype({"run": "str", "kind": "str", "arrived": "int64", "open": "int64"})


def _waiting(store: Store, run: str) -> int:
    sql = "SELECT count(*) FROM journal WHERE run = ? AND state IS NULL"
    return int(store.ledger.query(sql, run)[0][0])


def _settled(
    portal: Portal, store: Store, run: dict[Hashable, Any], *, progress: bool
) -> tuple[int, int]:
    name, before = str(run["run"]), _waiting(store, str(run["run"]))
    try:
        made = load_plan(store.workspace / "plans" / f"plan-{run['plan']}.parquet", check=False)
    except LeadscoreError:
        return 0, before
    resolve(portal, store, made, name, progress=progress)
    after = _waiting(store, name)
    store.ledger.finish_run(name, str(run["status"]), **{LOST: after})
    return before - after, after
