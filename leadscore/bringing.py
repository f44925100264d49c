"""Rows from anywhere into a portal: cleaned, matched, shown, upserted; events into the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore.arrivals import Arrival, Asides, Folded, fold, read_arrival, row_results
from leadscore.brought import Brought
from leadscore.errors import PlanError, UsageError
from leadscore.eventtable import Kept, Occurrences, event_name, keep
from leadscore.hubspot.objecttypes import find_type, type_id
from leadscore.hubspot.properties import create_missing, definitions
from leadscore.hubspot.propertyroom import property_room
from leadscore.recordtypes import MATCH
from leadscore.sources import open_source
from leadscore.store import open_store

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal
    from leadscore.sources import Source
    from leadscore.store import Store

__all__ = ["bring"]

GROUP = {"name": "brought_in", "label": "Brought in"}
_PROBLEMS = {"row": "Int64", "column": "str", "value": "str", "why": "str"}


def bring(
    source: Any,
    *,
    match: str | None = None,
    map: Mapping[str, str | None] | None = None,  # noqa: A002 - the word for it
    portal: Portal | None = None,
    object_type: str = "contacts",
    store: Store | None = None,
    event: str | None = None,
    at: str | None = None,
    amount: str | None = None,
    event_id: str | None = None,
    zone: str = "UTC",
    dates: str | None = None,
    decimal: str | None = None,
    new: bool = True,
    create_properties: bool = False,
    marketing: bool = False,
    dry_run: bool = False,
    override: Mapping[str, str] | None = None,
    progress: bool = True,
) -> Brought:
    """Bring a table of people or companies into the portal, and what they did into the store.

    Cells are cleaned (spaces, words for nothing, addresses in lower case and checked, numbers,
    dates, options by label), rows matched with the portal's records, and only what differs is
    written. The same table a second time writes nothing.

    Parameters
    ----------
    source : DataFrame, mapping, path, or what `sql` makes
    match : str, optional
        The property by which rows find their records: by default ``email`` of contacts, ``domain``
        of companies; a unique property, or ``id``.
    map : mapping of str to str or None, optional
        Column to property; None leaves a column out. Other columns go to the property of the same
        name or label, which the result shows; the rest is left out, and named.
    portal : Portal, optional
        By default that of the settings (`connect`).
    object_type : str, default "contacts"
    store : Store, optional
        By default that of the settings. Keeps run, plan and events.
    event : str, optional
        What each row says that a contact did: ``"webinar"``. Several rows per contact are fine
        then: of each property the newest value is written, and every row is an event. Events are
        columns of `training_set` and `scoring_frame`, as of each snapshot.
    at : str, optional
        The column that says when; needed with `event`.
    amount, event_id : str, optional
        Columns: what it came to (orders), and what tells two events of one moment apart.
    zone : str, default "UTC"
        The time zone of the times in `at` that name none: ``"Europe/Berlin"``. (The days that
        `find` takes are those of the portal's time zone.)
    dates : str, optional
        "day/month/year" or "month/day/year", where a column does not tell.
    decimal : {".", ","}, optional
        The decimal sign, where a column of numbers in text does not tell: "1.250" alone is a
        thousand and more, or one and a quarter.
    new : bool, default True
        False: no record is created. Events of people without one wait in the store, by a keyed
        hash of their address, until a later `bring` finds the contact.
    create_properties : bool, default False
        Make the properties that `map` names and the portal lacks, in the group ``brought_in``.
    marketing : bool, default False
        As for `upsert`: whether new contacts are to be marketing contacts, which cost money.
    dry_run : bool, default False
        Say what would be done; nothing is sent, and nothing kept but the plan's file.
    override : mapping of str to str, optional
        Guards to pass over, each with the reason.
    progress : bool, default True

    Returns
    -------
    Brought
        It shows itself.

    Raises
    ------
    UsageError
        A column or property is not there, no column is matched by, an event without `at`. Nothing
        was sent.
    TableError
        The source is no table, or a column's dates or numbers may be read in two ways.
    PlanError
        The portal has no room for more properties.
    GuardError, BusyError, HubSpotError
        As for `upsert`. The same call goes on.

    Notes
    -----
    `undo` takes back what was written, and takes out the events that this call added to the store.
    Properties that were made stay. All events of a name:
    ``store.delete("events", ["webinar"], column="event")``.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> leads = {"Email": " Ada@Example.com", "Job title": "Engineer", "Mood": "fine"}
    >>> store = ls.open_store(tempfile.mkdtemp())
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     first = ls.bring(leads, portal=portal, store=store, progress=False)
    ...     again = ls.bring(leads, portal=portal, store=store, progress=False)
    >>> first.counts["created"], again.counts["unchanged"]
    (1, 1)
    >>> first.columns["property"].tolist()
    ['email', 'jobtitle', nan]
    """
    happened = _event(event, at, object_type, amount=amount, event_id=event_id)
    with ExitStack() as stack:
        if portal is None:
            from leadscore.hubspot.connection import connect

            portal = stack.enter_context(connect())
        where = store if store is not None else open_store(portal.settings.workspace)
        kind = find_type(portal, object_type)
        by = match or MATCH.get(kind)
        if by is None:
            raise UsageError(
                f"Nothing says by what {kind} are matched.", hint='Name a property: match="…".'
            )
        given = open_source(source)
        rows = read_arrival(
            given,
            definitions(portal, kind),
            match=by,
            told=map,
            asides=Asides(at, amount, event_id, zone),
            dates=dates,
            decimal=decimal,
            create=create_properties,
        )
        job = _Job(portal, where, kind, by, rows, given)
        job.check_room()
        more: dict[str, Any] = {"override": override, "progress": progress}
        more |= {"marketing": marketing} if new else {}
        act = job.planned if dry_run else job.done
        return act(happened, new=new, **more)


def _event(event: str | None, at: str | None, object_type: str, **others: str | None) -> str | None:
    if event is None:
        given = [name for name, column in {"at": at, **others}.items() if column is not None]
        if given:
            raise UsageError(
                f"{given[0]} is for events, and none is named.", hint='Add event="webinar", say.'
            )
        return None
    if at is None:
        raise UsageError(
            "Nothing says when the events happened.", hint='Name the column: at="attended_at".'
        )
    if object_type not in ("contacts", "contact", "0-1"):
        raise UsageError("Events are of contacts.", hint="Leave event out, or bring contacts.")
    return event_name(event)


class _Job:
    """A table on its way into a portal and a store."""

    def __init__(
        self, portal: Portal, store: Store, kind: str, match: str, rows: Arrival, source: Source
    ) -> None:
        self.portal, self.store, self.kind, self.match = portal, store, kind, match
        self.rows, self.source, self.folded = rows, source, fold(rows)

    @property
    def _new_names(self) -> list[str]:
        return [str(one["name"]) for one in self.rows.new]

    def check_room(self) -> None:
        """Refuse more properties than the portal takes."""
        room = property_room(self.portal, type_id(self.kind))
        if self.rows.new and room is not None and room < len(self.rows.new):
            raise PlanError(
                f"The portal takes {room} more properties, and {len(self.rows.new)} are needed.",
                hint="Leave columns out with map, or archive properties that nobody uses.",
            )

    def _write(self, frame: pd.DataFrame, *, new: bool, **options: Any) -> Any:
        from leadscore.records import update, upsert

        how = upsert if new else update
        return how(
            self.portal,
            self.kind,
            frame,
            match=self.match,
            on_error="reject",
            workspace=self.store.workspace,
            **options,
        )

    def planned(self, event: str | None, *, new: bool, **options: Any) -> Brought:
        """Say what would be done."""
        frame = self.folded.frame.drop(columns=self._new_names)
        plan = None if frame.empty else self._write(frame, new=new, dry_run=True, **options)
        results = self._results(None if plan is None else plan.results)
        kept, untimed = self._events() if event is not None else ([], 0)
        events = {} if event is None else {"planned": len(kept), "untimed": untimed}
        events |= {} if event is None else {"future": self._future(kept)}
        return self._brought(results, run=None, events=events, plan=plan, dry_run=True)

    def done(self, event: str | None, *, new: bool, **options: Any) -> Brought:
        """Do it: properties, records, then events; the same again where it was interrupted."""
        if self.rows.new:
            create_missing(self.portal, self.kind, GROUP, self.rows.new)
        frame = self.folded.frame
        run = None if frame.empty else self._write(frame, new=new, **options)
        found = None if run is None else run.results
        results = self._results(found)
        wrote = None if run is None else run.id
        events = {} if event is None else self._keep(event, found, wrote)
        return self._brought(results, run=run, events=events)

    # rows -----------------------------------------------------------------------------------------

    def _results(self, found: pd.DataFrame | None) -> pd.DataFrame:
        records = [] if found is None else list(found.itertuples(index=False, name=None))
        return row_results(
            self.rows, self.folded, records, match=self.match, index=self.source.index
        )

    # events ---------------------------------------------------------------------------------------

    def _keep(self, event: str, found: pd.DataFrame | None, wrote: str | None) -> dict[str, int]:
        rows, folded = self.rows, self.folded
        assert rows.at is not None
        kept, untimed = self._events()
        happened = Occurrences(
            [str(rows.keys[n]) for n in kept],
            rows.at.take(pa.array(kept, pa.int64())),
            [rows.amounts[n] for n in kept],
            [rows.ids[n] for n in kept],
        )
        done = self._kept(event, happened, _ids(folded, found), wrote)
        return {
            "added": done.added,
            "known": done.known,
            "found": done.found,
            "waiting": done.waiting,
            "untimed": untimed,
            "future": self._future(kept),
        }

    def _events(self) -> tuple[list[int], int]:
        """Return the rows that are events, and how many have no time."""
        assert self.rows.at is not None
        timed = pc.is_valid(self.rows.at).to_pylist()
        kept = [n for n, key in enumerate(self.rows.keys) if key is not None and timed[n]]
        return kept, len(timed) - sum(timed)

    def _future(self, kept: list[int]) -> int:
        """Return how many of the events are dated later than now: kept, and told."""
        assert self.rows.at is not None
        times = self.rows.at.take(pa.array(kept, pa.int64()))
        return pc.sum(pc.greater(times, pa.scalar(datetime.now(UTC), times.type))).as_py() or 0

    def _kept(
        self,
        event: str,
        happened: Occurrences,
        contacts: Mapping[str, str],
        wrote: str | None,
    ) -> Kept:
        store = self.store
        with store.lock("bring"):
            store.ledger.close_runs("bring")
            run = store.ledger.start_run("bring", event=event, source=self.source.kind, wrote=wrote)
            done = keep(
                store,
                happened,
                event=event,
                match=self.match,
                source=self.source.name,
                contacts=contacts,
                run=wrote,
            )
            counts = {"added": done.added, "known": done.known, "waiting": done.waiting}
            store.ledger.finish_run(run, "done", **counts)
        return done

    # the result -----------------------------------------------------------------------------------

    def _brought(
        self,
        results: pd.DataFrame,
        *,
        run: Any,
        events: dict[str, int] | None = None,
        plan: Any = None,
        dry_run: bool = False,
    ) -> Brought:
        rows = self.rows
        problems = pd.DataFrame(rows.problems, columns=list(_PROBLEMS)).astype(_PROBLEMS)
        return Brought(
            source=self.source.name,
            id=None if run is None else run.id,
            dry_run=dry_run,
            counts=dict(Counter(results["state"])),
            results=results,
            columns=rows.columns.frame.astype("str"),
            cleaned=pd.DataFrame(rows.cleaned, columns=["column", "what", "cells"]),
            problems=problems,
            events=events or {},
            new_properties=self._new_names,
            plan=plan,
        )


def _ids(folded: Folded, found: pd.DataFrame | None) -> dict[str, str]:
    """Return the records' ids by key, as far as they have one."""
    if found is None:
        return {}
    pairs = zip(folded.keys, found["id"], strict=True)
    return {key: str(one) for key, one in pairs if pd.notna(one)}
