"""Portal to store: everything first, then what changed, and whether it was everything."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from html import escape
from typing import Any

import pandas as pd
import pyarrow as pa

from leadscore.cataloguing import read_catalogue, replace_small
from leadscore.changes import read_changes
from leadscore.choosing import (
    OBJECTS,
    PERSONAL,
    choose,
    choose_history,
    listed,
    listed_by_object,
)
from leadscore.departures import carry_out, look_again, look_into_the_bin, too_many
from leadscore.errors import LeadscoreError, MissingScopesError, UsageError
from leadscore.fullread import columns_of, read_all
from leadscore.hubspot.connection import Portal
from leadscore.hubspot.permissions import read_scope
from leadscore.hubspot.properties import definitions, definitions_table
from leadscore.linking import read_links
from leadscore.runlog import logged
from leadscore.store import Store
from leadscore.synctask import Read, Task
from leadscore.visibletext import visible

__all__ = ["OBJECTS", "PERSONAL", "Synced", "sync"]

# So often everything is read again: what no list of changes tells is seen then.
_FULL_EVERY = pd.Timedelta("7D")
# The store's older versions would fill the disk; Delta's own log keeps as long.
_VERSIONS_KEPT = pd.Timedelta("30D")


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did.

    Attributes
    ----------
    contacts, companies, deals, history_rows : int
        What the store holds now: records, and entries of property history.
    complete : bool
        Whether the store holds all that the portal counts. Where it is False, `why` tells why, and
        nothing was removed.
    requests : int
        Requests sent to the portal, repeats included.
    seconds : float
    full, changed, removed : dict
        By object type: whether everything was read, how many records were new or different, how
        many had left the portal.
    misfits : int
        Values in the store's ``misfits``: they did not fit their property's type.
    barred : dict
        The object types that the token may not read, and the scope that it lacks.
    why : list of str
        Why the sync is not complete.
    """

    contacts: int
    companies: int
    deals: int
    history_rows: int
    complete: bool
    requests: int = 0
    seconds: float = 0.0
    full: dict[str, bool] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    removed: dict[str, int] = field(default_factory=dict)
    misfits: int = 0
    barred: dict[str, str] = field(default_factory=dict)
    why: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON."""
        return asdict(self)

    def _repr_html_(self) -> str:
        from leadscore import texts

        lines = texts.sync(self.as_dict()).splitlines()
        # Every blank counts: the second column begins at the same place in each line.
        shown = "\n".join(f"{line[:14]}{visible(line[14:], limit=1_000)}" for line in lines)
        return f"<pre>{escape(shown)}</pre>"


def sync(
    portal: Portal,
    store: Store,
    *,
    properties: Sequence[str] | None = None,
    history: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    full: bool = False,
    progress: bool = True,
) -> Synced:
    """Read a portal into the store: everything first, afterwards what changed.

    Contacts, companies, deals, their associations, the history of the chosen properties, and the
    portal's definitions. An interrupted sync goes on where it stopped when it is run again.

    Parameters
    ----------
    portal : Portal
    store : Store
        Its workspace belongs to one portal, and refuses another.
    properties : sequence of str, optional
        The contact properties to read. Without it all visible ones, less names, e-mail, phone
        and address (`leadscore.syncing.PERSONAL`) and what leadscore itself writes. Another choice
        than last time reads everything again.
    history : sequence or mapping of str, optional
        The contact properties whose history is read, or a list for each object type; an empty one
        for none. Without it all contact properties that are read, and of deals what tells a sale.
    full : bool, default False
        Read everything although only changes are needed. It is done every seven days in any case.
    progress : bool, default True
        Show progress bars, with the time left.

    Returns
    -------
    Synced

    Raises
    ------
    UsageError
        The portal has no property of that name, or an argument is of another kind.
    BusyError
        Another run holds the workspace; the message names it.
    MissingScopesError
        The token may not read contacts.
    StoreError
        The workspace belongs to another portal.
    HubSpotError
        HubSpot refused or did not answer; run it again, and it goes on.

    Notes
    -----
    Changes are found by ``lastmodifieddate`` (``hs_lastmodifieddate`` of other objects). Only times
    of the portal's own serve as bookmarks, with an overlap for search's index, which lags behind.
    A record leaves the store only when it was looked up by its id and is not there. The store's
    versions of the last 30 days are kept.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> store = ls.open_store(tempfile.mkdtemp())
    >>> with ls.open_sandbox(contacts=120) as sandbox, ls.connect(sandbox) as portal:
    ...     first = ls.sync(portal, store, progress=False)
    ...     second = ls.sync(portal, store, progress=False)
    >>> first.contacts, first.changed["contacts"], second.changed["contacts"]
    (120, 120, 0)
    """
    if not (isinstance(portal, Portal) and isinstance(store, Store)):
        raise UsageError(
            "sync takes a portal and a store, in this order.",
            hint="portal = ls.connect(), store = ls.open_store(folder).",
        )
    wanted, past = listed("properties", properties), listed_by_object("history", history)
    wishes = _Wishes(wanted, past, full, progress)
    began, requests = time.monotonic(), portal.requests
    store.ledger.bind_portal(portal.id)
    portal.require("sync")
    with store.lock("sync"), _on_record(portal, store) as facts:
        as_of = _now()
        store.ledger.set_checkpoint("time_zone", str(portal.time_zone))
        done = _read(portal, store, wishes)
        if done.complete:
            store.ledger.set_checkpoint("synced_at", as_of.isoformat())
        for table in store.tables():
            store.forget_versions(table, older_than=_VERSIONS_KEPT)
        done = replace(
            done,
            requests=portal.requests - requests,
            seconds=round(time.monotonic() - began, 2),
        )
        facts.update(done.as_dict())
    return done


def _now() -> pd.Timestamp:
    return pd.Timestamp.now("UTC")


@dataclass(frozen=True, slots=True)
class _Wishes:
    properties: Sequence[str] | None
    history: Mapping[str, Sequence[str]] | None
    full: bool
    progress: bool


@contextmanager
def _on_record(portal: Portal, store: Store) -> Iterator[dict[str, Any]]:
    store.ledger.close_runs("sync")  # the lock is ours: one that still runs was killed
    run = store.ledger.start_run("sync")
    facts: dict[str, Any] = {}
    portal.pool.share(store.workspace)
    try:
        with logged(portal, store.workspace, run):
            yield facts
    except Exception as error:
        store.ledger.finish_run(run, "failed", error=_named(error))
        raise
    except BaseException:
        store.ledger.finish_run(run, "interrupted")
        raise
    store.ledger.finish_run(run, "done" if facts["complete"] else "incomplete", **facts)


def _named(error: Exception) -> dict[str, Any]:
    """Return what an error is, without its message: that may quote a contact's data."""
    if not isinstance(error, LeadscoreError):
        return {"kind": type(error).__name__}
    about = {name: getattr(error, name, "") for name in ("status", "category", "correlation_id")}
    return {"kind": error.kind} | {name: value for name, value in about.items() if value}


def _read(portal: Portal, store: Store, wishes: _Wishes) -> Synced:
    barred: dict[str, str] = {}
    tasks = _tasks(portal, store, wishes, barred)
    read_catalogue(portal, store, barred)
    reads = {task.object_type: _object(task, barred, full=wishes.full) for task in tasks}
    read_links([task for task in tasks if task.object_type not in barred])
    why = [*_stale(store, barred), *(read.why for read in reads.values() if read.why)]
    return Synced(
        **{name: store.rows(name) for name in (*OBJECTS, "misfits")},
        history_rows=store.rows("history"),
        complete=not why,
        full={name: read.whole for name, read in reads.items()},
        changed={name: read.changed for name, read in reads.items()},
        removed={name: read.removed for name, read in reads.items()},
        barred=barred,
        why=why,
    )


def _tasks(portal: Portal, store: Store, wishes: _Wishes, barred: dict[str, str]) -> list[Task]:
    """Return what is to be read; note what the token may not read."""
    lacks = portal.lacks("sync")
    barred |= {n: s for n in OBJECTS if (s := f"crm.objects.{n}.read") in lacks}
    found = {n: defined for n in OBJECTS if (defined := _definitions(portal, n, barred))}
    tables = [definitions_table(defined, name) for name, defined in found.items()]
    replace_small(store, "properties", pa.concat_tables(tables))
    return [_task(portal, store, name, defined, wishes) for name, defined in found.items()]


def _definitions(
    portal: Portal, name: str, barred: dict[str, str]
) -> dict[str, dict[str, Any]] | None:
    """Return an object type's definitions; None where the token may not read them."""
    if name in barred:
        return None
    try:
        return definitions(portal, name)
    except MissingScopesError as error:
        if name == "contacts":
            raise
        barred[name] = read_scope(name) or error.hint
        return None


def _stale(store: Store, barred: Mapping[str, str]) -> list[str]:
    return [
        f"the {name} in the store are of an earlier sync: the token may not read them any more"
        for name in barred
        if name in OBJECTS and store.has(name)
    ]


def _task(
    portal: Portal,
    store: Store,
    name: str,
    defined: Mapping[str, Mapping[str, Any]],
    wishes: _Wishes,
) -> Task:
    names = choose(name, defined, wishes.properties if name == "contacts" else None)
    history = choose_history(name, names, wishes.history, defined=defined)
    return Task(portal, store, name, defined, names, history, progress=wishes.progress)


def _object(task: Task, barred: dict[str, str], *, full: bool) -> Read:
    """Read one object type, unless the token turns out not to be allowed to."""
    try:
        return _in_step(task, full=full)
    except MissingScopesError as error:
        if task.object_type == "contacts":
            raise
        barred[task.object_type] = read_scope(task.object_type) or error.hint
        return Read(complete=False)


def _in_step(task: Task, *, full: bool) -> Read:
    """Read everything or what changed, and remove what left."""
    look_again(task)
    if full or not too_many(task):
        carry_out(task)  # what a sync that was killed left to be done
    look_into_the_bin(task)
    read = None if full or _needs_all(task) else read_changes(task)
    read = _everything(task) if read is None else read
    if read.complete and not full and (why := too_many(task)):
        return replace(read, complete=False, why=why)
    return replace(read, removed=carry_out(task)) if read.complete else read


def _everything(task: Task) -> Read:
    """Read everything, then what changed and left since its first page was read: it may be long."""
    read = read_all(task)
    if not read.complete:
        return read
    task.record("full_at", _now().isoformat())
    later = read_changes(task)
    if later is None:
        return read  # the next sync reads everything again
    return replace(
        read,
        complete=later.complete,
        why=later.why,
        changed=read.changed + later.changed,
        history_rows=read.history_rows + later.history_rows,
    )


def _needs_all(task: Task) -> bool:
    """Say whether a list of changes cannot bring the store up to date."""
    if task.recall("bookmark") is None or not task.store.has(task.object_type):
        return True
    if task.recall("columns") != columns_of(task) or task.recall("history") != task.history:
        return True
    read_at = task.recall("full_at")
    return read_at is None or abs(_now() - pd.Timestamp(read_at)) >= _FULL_EVERY
