"""Undo a run: a plan of its own, from the ledger alone, which restores only what is still ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from leadscore.errors import PlanError, UsageError
from leadscore.eventtable import take_out
from leadscore.hubspot.connection import Portal
from leadscore.journal import SENT, Entry
from leadscore.planfile import SCORES, Change, Draft, new_id
from leadscore.plans import Plan, load_plan
from leadscore.recordtargets import ARCHIVED, MADE_AT
from leadscore.runrecords import KINDS, Run
from leadscore.scoreproperties import definitions_of
from leadscore.store import Store, open_store
from leadscore.takingback import is_of_files, refuse_for_good, take_back
from leadscore.writeback import carry_out, resolve

__all__ = ["undo"]

VALID_FOR = pd.Timedelta(hours=24)


def undo(
    portal: Portal,
    run: Run | str,
    *,
    canary: int = 50,
    override: Mapping[str, str] | None = None,
    workspace: str | Path | None = None,
    progress: bool = True,
) -> Run:
    """Restore what a run changed, wherever that is still as the run left it.

    Property by property: a value that somebody, or a later run, has changed since is left alone; a
    property that was empty is cleared. What came after the scores is undone too, the last first.
    Properties and lists that the run created stay, and so do enrolments in sequences, which
    HubSpot's API cannot end. An interrupted undo is taken up again by the
    same call; a finished one does nothing more. An undo can be undone in its turn.

    Events that `bring` added to the store with the run are taken out, and do not come back by
    undoing the undo: bring them again.

    A file that was uploaded is deleted, notes that attached one are archived, and neither can be
    undone in its turn. Submissions of forms cannot be taken back, nor can records that a push
    archived: HubSpot's user interface restores them, for 90 days.

    A run that was interrupted does not go on once it is undone.

    Parameters
    ----------
    portal : Portal
        The portal that the run wrote to.
    run : Run or str
        What `apply` or `undo` returned, or its id.
    canary : int, default 50
        So many contacts are restored and read back before the others.
    override : mapping of str to str, optional
        Guards to pass over, by name, each with the reason, which is kept.
    workspace : str or Path, optional
        Where the run is on record, for an id; by default that of the settings.
    progress : bool, default True

    Returns
    -------
    Run
        The undo's own: ``written`` counts contacts that have back what was still ours, ``conflict``
        those with nothing left of ours.

    Raises
    ------
    StoreError
        There is no such run on record.
    UsageError
        It is a run that writes nothing to a portal, or what HubSpot does not take back.
    GuardError
        A guard blocks: another portal, say.
    BusyError, PlanError, HubSpotError
        As for `apply`.

    Examples
    --------
    >>> import leadscore as ls
    >>> def change_back(portal, plan):
    ...     run = ls.apply(portal, plan)
    ...     return ls.undo(portal, run)
    """
    store = open_store(_folder(portal, run, workspace), create=False)
    with store.lock("undo"):
        name = _wrote(store, run if isinstance(run, str) else run.id)
        refuse_for_good(store, name)
        if is_of_files(store, name):
            return take_back(portal, store, name)
        found = _run(store, name)
        plan = _begun(store, found) or _planned(portal, store, found, progress=progress)
        done = carry_out(
            portal,
            store,
            plan,
            canary=canary,
            override=override,
            progress=progress,
            kind="undo",
            undoes=found["run"],
        )
        take_out(store, name)
        return done


def _wrote(store: Store, run: str) -> str:
    """Return the run that wrote to the portal, of one that kept what was brought with it."""
    found = store.ledger.run(run)
    wrote = found["facts"].get("wrote") if found["kind"] == "bring" else None
    return str(wrote or run)


def _folder(portal: Portal, run: Run | str, workspace: str | Path | None) -> Path:
    if workspace is not None:
        return Path(workspace)
    return portal.settings.workspace if isinstance(run, str) else run.workspace


def _run(store: Store, run: str) -> dict[str, Any]:
    found = store.ledger.run(run)
    if found["kind"] not in KINDS:
        raise UsageError(
            f"Run {run} is a {found['kind']}: it wrote nothing to the portal.",
            hint="Undo an apply or an undo; `leadscore runs` lists them.",
        )
    for kind in KINDS:
        store.ledger.close_runs(kind)  # the lock is ours: one that still runs was killed
    return store.ledger.run(run)


def _begun(store: Store, run: Mapping[str, Any]) -> Plan | None:
    """Return the plan of an undo of this run that was begun, and was not undone itself."""
    before = store.ledger.undone_by(str(run["run"]))
    if before is None:
        return None
    plan = store.ledger.run(before)["plan"]
    try:
        return load_plan(store.workspace / "plans" / f"plan-{plan}.parquet")
    except PlanError:  # deleted with a person who was erased: what is left is planned anew
        return None


def _planned(portal: Portal, store: Store, run: Mapping[str, Any], *, progress: bool) -> Plan:
    made = _as_made(portal, store, run)
    if run["status"] != "done" and portal.id == made.portal_id:
        resolve(portal, store, made, str(run["run"]), progress=progress)
    now = pd.Timestamp.now("UTC").floor("ms")
    actions = list(reversed(made.facts["actions"]))
    facts = {
        **{name: made.facts[name] for name in ("model", "portal_id", "prefix", "properties")},
        **({"object_type": made.object_type} if made.of_records else {}),
        "kind": "undo",
        "undoes": run["run"],
        "created_at": now.isoformat(),
        "expires_at": (now + VALID_FOR).isoformat(),
        "creates_properties": [],
        "signal": True,
        "guards": [],
        "actions": actions,
    }
    with Draft(store.workspace / "plans", new_id()) as draft:
        for about in [*actions, {"action": SCORES}]:
            draft.add(str(about["action"]), _back(store, run, about))
        rows = sum(draft.rows.values())
        return load_plan(draft.save({**facts, "contacts": rows}))


def _as_made(portal: Portal, store: Store, run: Mapping[str, Any]) -> Plan:
    """Return what a run was to do, by its record alone: its plan's file may be gone."""
    prefix = portal.settings.prefix
    usual = {
        "model": "",
        "portal_id": store.ledger.portal_id or portal.id,
        "prefix": prefix,
        "properties": [str(d["name"]) for d in definitions_of(prefix)],
        "actions": [],
        "creates_properties": [],
    }
    kind = {"kind": "undo" if run["kind"] == "undo" else "scores", "id": str(run["plan"])}
    return Plan(store.workspace / "plans" / "", {**usual, **run["facts"], **kind})


def _back(store: Store, run: Mapping[str, Any], about: Mapping[str, Any]) -> Iterator[Change]:
    """Return the changes that take back what a run wrote: "" where there was nothing before."""
    action, kind = str(about["action"]), about.get("kind")
    entries = store.ledger.entries(str(run["run"]), action=action, states=SENT)
    if kind == "sequence":  # HubSpot's API has no call that ends an enrolment
        return
    if kind == "creations":
        yield from _gone(entries) if run["kind"] != "undo" else ()
        return
    for entry in entries:
        new = {
            name: entry.old.get(name, "")
            for name, value in entry.new.items()
            if value != entry.old.get(name, "")
        }
        if new:
            known = {name: entry.new[name] for name in new}
            old = known if kind == "records" else {n: v for n, v in known.items() if v}
            yield Change(entry.contact, old, new)


def _gone(entries: Iterator[Entry]) -> Iterator[Change]:
    """Return the changes that archive what a run created; one cannot be brought back so."""
    for entry in entries:
        if entry.record:
            old = {**entry.new, MADE_AT: entry.after or ""}
            yield Change(entry.record, old, {ARCHIVED: "true"})
