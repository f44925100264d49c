"""What every run did, from the ledger alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.journal import SENT, STATES
from leadscore.lostrows import ARCHIVED
from leadscore.runrecords import KINDS

if TYPE_CHECKING:
    from leadscore.ledger import Ledger
    from leadscore.store import Store

__all__ = ["counted_in", "run_line", "runs", "unwritten_rows"]

_FACTS = ("model", "undoes")
_COLUMNS = ("run", "kind", "status", "started_at", "finished_at", "plan")


def runs(store: Store) -> pd.DataFrame:
    """Return what every run did, the oldest first; runs that were not to write have no counts.

    Parameters
    ----------
    store : Store

    Returns
    -------
    DataFrame
        ``run``, ``kind``, ``status`` (str: running, done, failed, interrupted…), ``started_at``,
        ``finished_at`` (UTC), ``plan``, ``model``, ``undoes``, ``undone_by`` (str), then
        ``written``, ``unchanged``, ``conflict``, ``rejected``, ``missing``, ``resolved``,
        ``verified``, ``unknown`` (Int64, contacts or other records; unknown: sent, and not looked
        up yet), and ``overridden`` (dict of guard to reason).

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> store = ls.open_store(tempfile.mkdtemp())
    >>> run = store.ledger.start_run("apply", plan="p1")
    >>> ls.runs(store)[["kind", "status", "written"]].values.tolist()
    [['apply', 'running', 0]]
    """
    found = store.ledger.runs()
    counts = [
        counted_in(store.ledger, run, facts) if kind in KINDS else {}
        for run, kind, facts in zip(found["run"], found["kind"], found["facts"], strict=True)
    ]
    numbers = pd.DataFrame(counts, columns=[*STATES, "verified", "unknown"], index=found.index)
    facts = {
        name: pd.Series([f.get(name) for f in found["facts"]], index=found.index, dtype="str")
        for name in _FACTS
    }
    facts["undone_by"] = pd.Series(
        [store.ledger.undone_by(run) for run in found["run"]], index=found.index, dtype="str"
    )
    passed = pd.Series(
        [f.get("overridden") or {} for f in found["facts"]], index=found.index, dtype=object
    )
    return pd.concat(
        [
            found[list(_COLUMNS)],
            pd.DataFrame(facts),
            numbers.astype("Int64"),
            passed.rename("overridden"),
        ],
        axis=1,
    )


def counted_in(ledger: Ledger, run: str, facts: Mapping[str, Any]) -> dict[str, int]:
    """Count what a run did: to contacts' scores, or in all it did to records.

    Parameters
    ----------
    ledger : Ledger
    run : str
    facts : mapping
        The run's, as the ledger has them.

    Returns
    -------
    dict of str to int
        Those that ended in each state, ``verified`` and ``unknown``.
    """
    found = ledger.counts_by_action(run)
    actions = [str(one["action"]) for one in facts.get("actions", [])]
    names = actions if "object_type" in facts else ["scores"]
    states = {state: sum(found.get(name, {}).get(state, 0) for name in names) for state in STATES}
    verified = sum(ledger.verified(run, action=name) for name in names)
    unknown = sum(1 for name in names for _ in ledger.waiting(run, action=name))
    return {**states, "verified": verified, "unknown": unknown}


def run_line(ledger: Ledger, run: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run as the command line prints it: what the ledger has, and its counts.

    Parameters
    ----------
    ledger : Ledger
    run : mapping
        As `Ledger.run` returns it.

    Returns
    -------
    dict
        The run, and of one that writes ``states``, ``verified``, ``unknown``, ``actions`` (the
        states of what came after the scores), ``undone_by`` and ``goes_on``: whether the same
        command has something left to do.
    """
    line = {name: None if _is_missing(value) else value for name, value in run.items()}
    if run["kind"] not in KINDS:
        return line
    counted = counted_in(ledger, str(run["run"]), run["facts"])
    states = {state: counted.pop(state) for state in STATES}
    actions = ledger.counts_by_action(str(run["run"]))
    actions.pop("scores", None)
    undone = ledger.undone_by(str(run["run"]))
    line |= {"states": states, **counted, "actions": actions, "undone_by": undone}
    stopped = run["status"] not in ("done", "running")
    waits = stopped and bool(counted["unknown"]) and undone is None
    return {**line, "goes_on": waits and not _is_finished(ledger, run)}


def _is_finished(ledger: Ledger, run: Mapping[str, Any]) -> bool:
    """Say whether a later run did the same work to its end, under a plan of its own."""
    mine = _work(run)
    found = ledger.runs()
    later = found[(found["status"] == "done") & (found["started_at"] > run["started_at"])]
    return any(_work(one) == mine for one in later.to_dict("records"))


def _work(run: Mapping[Any, Any]) -> tuple[Any, ...]:
    """Return what tells a run's work from another's: of records their digest, as far as is known.

    Pairs have no digest; how many they are, and what they are pairs of, stands in for it.
    """
    facts = run["facts"]
    told = ("undoes", "how", "object_type", "match", "input", "source", "model")
    names = ("action", "from_type", "to_type")
    does = [tuple(one.get(name) for name in names) for one in facts.get("actions", [])]
    pairs = facts.get("contacts") if any(one[1] for one in does) else None
    return (run["kind"], *(facts.get(name) for name in told), tuple(does), pairs)


def _is_missing(value: Any) -> bool:
    return not isinstance(value, dict | list) and bool(pd.isna(value))


def unwritten_rows(ledger: Ledger, run: str) -> list[dict[str, str]]:
    """Return the contacts of a run that were not simply written, and why; whom a push archived."""
    rows = [
        {"action": action, "contact_id": contact, "state": state or "unknown", "reason": reason}
        for action, contact, state, reason in ledger.unwritten(run)
    ]
    gone = ledger.entries(run, action=ARCHIVED, states=SENT)
    common = {"action": ARCHIVED, "state": ARCHIVED, "reason": ""}
    return rows + [{**common, "contact_id": one.contact} for one in gone]
