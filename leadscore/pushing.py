"""A table elsewhere to a portal: what changed since both were in step, and nothing by surprise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from leadscore.arrivals import Arrival, Folded, fold, read_arrival, row_results
from leadscore.canonical import portal_values
from leadscore.hubspot.ahead import several
from leadscore.hubspot.objecttypes import find_type
from leadscore.hubspot.properties import definitions
from leadscore.hubspot.reading import chunks
from leadscore.instep import Base, InStep
from leadscore.lostrows import LostRows, check_deletions
from leadscore.pushed import Pushed
from leadscore.recordmatching import Matching, Sheet, Wanted
from leadscore.recordplanning import Asked, plan_rows
from leadscore.settings import load_settings
from leadscore.sources import Source, open_source
from leadscore.store import open_store
from leadscore.threeways import NOTHING, Settled, check_rule, settle

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal
    from leadscore.store import Store

__all__ = ["push"]

Told = tuple[Any, str, str]


def push(
    portal: Portal,
    object_type: str,
    source: Any,
    *,
    match: str,
    map: Mapping[str, str | None] | None = None,  # noqa: A002 - the word for it
    conflicts: str = "portal",
    deletions: str = "keep",
    most_deletions: int | None = None,
    clear: bool = False,
    new: bool = True,
    marketing: bool = False,
    dates: str | None = None,
    decimal: str | None = None,
    called: str | None = None,
    dry_run: bool = False,
    workspace: str | Path | None = None,
    override: Mapping[str, str] | None = None,
    progress: bool = True,
) -> Pushed:
    """Keep a portal's records in step with a table elsewhere, which is the source.

    What a row was when it was last in step is known by digests in the workspace: a row that has not
    changed since costs nothing, and a value that only the portal changed is not overwritten.

    Parameters
    ----------
    portal : Portal
    object_type : str
    source : DataFrame, path, or what `sql` makes
    match : str
        The property by which rows find their records; ``id`` for a table of `pull`, whose state it
        then shares.
    map : mapping of str to str or None, optional
        Column to property, as for `bring`. Columns of no property stay where they are.
    conflicts : {"portal", "source", "report"}
        Who wins where both sides changed a value since they were in step, or never were. All are
        told, by every push until both sides agree: what the portal wins the table takes by `pull`.
    deletions : {"keep", "archive"}
        What becomes of records in step whose row is gone: nothing (they are told), or they are
        archived, on record, unless somebody changed them in the portal and the table does not win.
        HubSpot's user interface restores them for 90 days; its API cannot, nor can `undo`.
    most_deletions : int, optional
        So many may be archived at once; by default 5 % of the rows that are in step, but one at
        least. Beyond, none is.
    clear : bool, default False
        A cell that is empty now clears the portal's value; else it is left alone. A cell that
        cannot be read, or says "n/a", clears nothing, and is told.
    new : bool, default True
        Create the records of rows that find none. One that was in step and has left the portal is
        told as missing, and not created again.
    marketing : bool, default False
        As for `upsert`: whether new contacts are to be marketing contacts, which cost money.
    dates, decimal : str, optional
        As for `bring`; the sign of a CSV file that `pull` has made is ".".
    called : str, optional
        What tells the table from others, where its place changes. Frames without it share what is
        in step, none of their rows counts as gone, and `deletions` other than "keep" needs it.
    dry_run : bool, default False
    workspace : path, optional
    override : mapping of str to str, optional
        Guards to pass over, each with the reason.
    progress : bool, default True

    Returns
    -------
    Pushed

    Raises
    ------
    UsageError
        An option, column or property that is none. Nothing was sent.
    TableError
        The source is no table, has no rows, or has dates or numbers that may be read in two ways.
    GuardError, BusyError, HubSpotError
        As for `upsert`. The same call goes on.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> leads = pd.DataFrame({"email": ["ada@example.com"], "jobtitle": ["Engineer"]})
    >>> folder = tempfile.mkdtemp()
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     done = [push(portal, "contacts", leads, match="email", workspace=folder,
    ...                  progress=False).counts for _ in range(2)]
    >>> done[0]["created"], done[1]["unchanged"]
    (1, 1)
    """
    given = open_source(source)
    check_deletions(deletions, given, called)
    check_rule(conflicts)
    kind = find_type(portal, object_type)
    defined = definitions(portal, kind)
    rows = read_arrival(given, defined, match=match, told=map, dates=dates, decimal=decimal)
    store = open_store(workspace if workspace is not None else load_settings().workspace)
    store.ledger.bind_portal(portal.id)
    step = InStep(store, kind, called or given.where, match=match)
    job = _Push(portal, store, kind, match, rows, given, step, defined, rule=conflicts, clear=clear)
    job.named = bool(called) or given.kind != "frame"
    job.compare(new=new)
    plan = job.plan(new=new, marketing=marketing, override=override, progress=progress)
    job.lose(deletions, most_deletions)
    if dry_run:
        return job.told(None, plan=plan, dry_run=True)
    return job.carry_out(plan, override=override, progress=progress)


class _Push:
    """A table's rows against what was in step, and against the portal."""

    def __init__(
        self,
        portal: Portal,
        store: Store,
        kind: str,
        match: str,
        rows: Arrival,
        source: Source,
        step: InStep,
        defined: Mapping[str, Mapping[str, Any]],
        *,
        rule: str,
        clear: bool,
    ) -> None:
        self.portal, self.store, self.kind, self.match = portal, store, kind, match
        self.rows, self.source, self.step, self.defined = rows, source, step, defined
        self.rule, self.clear = rule, clear
        self.folded: Folded = fold(rows)
        self.names = [name for name in rows.texts if name not in ("id", match)]
        self.base: dict[str, Base] = step.load()
        self.conflicts: list[tuple[int, str, str, str]] = []
        self.named = True  # a frame without a name knows of no row that is gone
        self.values = self._values()
        self.unread = self._unread()
        self.states: list[Told] = [("", "", "")] * len(self.values)
        self.writes: dict[int, dict[str, str | None]] = {}
        self._kept: dict[int, tuple[str, dict[str, str]]] = {}

    def _values(self) -> list[dict[str, str | None]]:
        frame = self.folded.frame[self.names]
        columns = [[v if isinstance(v, str) else None for v in frame[n]] for n in self.names]
        if not columns:
            return [{} for _ in self.folded.keys]
        return [dict(zip(self.names, row, strict=True)) for row in zip(*columns, strict=True)]

    def _unread(self) -> dict[int, dict[str, str]]:
        """Return why cells that are not empty gave no value, by row of the folded frame."""
        found: dict[int, dict[str, str]] = {}
        for (row, name), why in self.rows.unread.items():
            place = self.folded.place[row]
            if place >= 0 and name in self.names and not self.values[place][name]:
                found.setdefault(place, {})[name] = why
        return found

    def _compared(self, place: int) -> dict[str, str | None]:
        """Return the values of a row, less those of cells that nobody can read."""
        unread = self.unread.get(place, {})
        return {n: v for n, v in self.values[place].items() if n not in unread}

    # what is to be done ---------------------------------------------------------------------------

    def compare(self, *, new: bool) -> None:
        """Settle every row that is not as it was when it was last in step."""
        left = []
        for place, key in enumerate(self.folded.keys):
            base = self.base.get(self.step.key(key))
            if base is not None and self._as_it_was(place, base):
                self.states[place] = (base.id, "unchanged", "")
            else:
                left.append(place)
        sheet = Sheet(self.kind, self.defined, self.match, clear=False, refuse=False)
        sheet.check([self.match, *self.names])
        matching = Matching(self.portal, sheet, has_key=False)
        for some in several(lambda part: self._found(matching, sheet, part), chunks(left)):
            found = [wanted.hits[0][1] for _, wanted in some if len(wanted.hits) == 1]
            live = iter(self._canonical(found))
            for place, wanted in some:
                self._one(place, wanted, live, new=new)

    def _as_it_was(self, place: int, base: Base) -> bool:
        if base.gone:
            return False
        known = base.digests
        now = self.step.digests(self._compared(place))
        return all(known.get(name) == digest for name, digest in now.items())

    def _found(
        self, matching: Matching, sheet: Sheet, part: Sequence[int]
    ) -> list[tuple[int, Wanted]]:
        rows = [sheet.wanted(place, {self.match: self.folded.keys[place]}) for place in part]
        matching.find(rows)
        return list(zip(part, rows, strict=True))

    def _canonical(self, records: Sequence[Mapping[str, str]]) -> list[dict[str, str | None]]:
        if not self.names or not records:
            return [{} for _ in records]
        columns = {n: pa.array([one.get(n) for one in records], pa.string()) for n in self.names}
        return portal_values(pa.table(columns), self.defined, self.names)

    def _one(
        self, place: int, wanted: Wanted, live: Iterator[dict[str, str | None]], *, new: bool
    ) -> None:
        base = self.base.get(self.step.key(self.folded.keys[place]))
        portal = next(live) if len(wanted.hits) == 1 else {}
        if wanted.wrong or len(wanted.hits) > 1:
            many = f"{len(wanted.hits)} records have this {self.match}"
            state = ("", "rejected", wanted.wrong) if wanted.wrong else ("", "duplicate", many)
            self.states[place] = state
        elif wanted.hits:
            self._settle(place, wanted.hits[0][0], portal, base=base)
        elif base is not None or not new or self.match == "id":
            why = "it has left the portal" if base is not None else "the portal has no such record"
            self.states[place] = (base.id if base else "", "missing", why)
        else:
            self.writes[place] = {n: v for n, v in self.values[place].items() if v is not None}
            self._kept[place] = ("", self.step.digests(self.values[place]))

    def _settle(
        self, place: int, record: str, portal: Mapping[str, str | None], *, base: Base | None
    ) -> None:
        known = None if base is None else base.digests
        found = settle(
            portal,
            self.values[place],
            known,
            self._compared(place),
            rule=self.rule,
            digest=self.step.digest,
        )
        row = self.folded.last[place]
        self.conflicts += [(row, record, each.property, each.won) for each in found.conflicts]
        write = {n: v for n, v in found.to_portal.items() if v is not None or self.clear}
        self._kept[place] = (record, self._after(place, found, known or {}, write))
        if write:
            self.writes[place] = write
        elif found.conflicts:
            self.states[place] = (record, "conflict", _named(found))
        else:
            cleared = sorted(found.to_portal)
            why = f"empty in the table, and left alone: {', '.join(cleared)}" if cleared else ""
            self.states[place] = (record, "unchanged", why)

    def _after(
        self, place: int, found: Settled, known: Mapping[str, str], write: Mapping[str, Any]
    ) -> dict[str, str]:
        """Return the digests of what is in step afterwards.

        What the portal alone changed stays as it was, until a pull takes it; a conflict too, unless
        the table has won: the two still differ, and the next call settles it by its own rule.
        """
        undecided = {each.property for each in found.conflicts if each.won != "source"}
        taken = found.same | set(write)
        now = {n: self.step.digest(n, self.values[place][n]) for n in taken}
        others = {*found.to_table, *found.to_portal} - taken - undecided
        open_ = {n: known.get(n, NOTHING) for n in others}
        doubt = {n: known.get(n, "?") for n in undecided}
        return {**known, **open_, **now, **doubt}

    def plan(
        self, *, new: bool, marketing: bool, override: Mapping[str, str] | None, progress: bool
    ) -> Any:
        """Write down what is to be written; None where nothing is."""
        if not self.writes:
            return None
        asked = Asked(
            "upsert" if new and self.match != "id" else "update",
            self.match,
            columns=[self.match, *self.names],
            clear=self.clear,
            marketing=marketing,
            on_error="reject",
        )
        return plan_rows(
            self.portal,
            self.kind,
            self._rows(),
            asked,
            workspace=self.store.workspace,
            total=len(self.writes),
            override=override,
            progress=progress,
        )

    def _rows(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        for number, (place, values) in enumerate(self.writes.items()):
            yield number, {self.match: self.folded.keys[place], **values}

    # records whose row is gone --------------------------------------------------------------------

    def lose(self, deletions: str, most: int | None) -> None:
        """Say what becomes of records whose row is gone."""
        there = {self.step.key(key) for key in self.folded.keys}
        known = {key: base for key, base in self.base.items() if not base.gone}
        gone = {key: base for key, base in known.items() if key not in there} if self.named else {}
        self.lost = LostRows(self.portal, self.store, self.kind, self.step, gone)
        self.lost.judge(
            deletions,
            rows=len(known),
            most=most,
            names=self.names,
            read=lambda live: [self.step.digests(one) for one in self._canonical(live)],
            table_wins=self.rule == "source",
        )

    # doing it -------------------------------------------------------------------------------------

    def carry_out(self, plan: Any, *, override: Mapping[str, str] | None, progress: bool) -> Pushed:
        """Write, archive, and keep what is in step now."""
        from leadscore.writeback import apply

        run = None
        if plan is not None:
            run = apply(self.portal, plan, override=override, progress=progress)
            found = run.results  # type: ignore[attr-defined]
            for place, one in zip(self.writes, found.itertuples(index=False), strict=True):
                self.states[place] = (one.id, one.state, one.reason)
        with self.store.lock("push"):
            self.lost.carry_out()
            self.step.save(self._in_step(), known=self.base)
            self.step.tidy()
        return self.told(run)

    def _in_step(self) -> Iterator[tuple[str, str, dict[str, str]]]:
        well = ("created", "updated", "unchanged")
        for place, (record, digests) in self._kept.items():
            one, state, _ = self.states[place]
            if place not in self.writes or state in well:
                yield self.step.key(self.folded.keys[place]), str(one or record), digests

    def told(self, run: Any, *, plan: Any = None, dry_run: bool = False) -> Pushed:
        """Return what was done, or would be."""
        if plan is not None:
            planned = plan.results.itertuples(index=False)
            for place, one in zip(self.writes, planned, strict=True):
                self.states[place] = (one.id, one.state, one.reason)
        for place, cells in self.unread.items():
            one, state, why = self.states[place]
            told = "; ".join(f"{name} left as it is: {said}" for name, said in cells.items())
            self.states[place] = (one, state, "; ".join(filter(None, [why, told])))
        results = row_results(
            self.rows, self.folded, self.states, match=self.match, index=self.source.index
        )
        gone = pd.DataFrame(self.lost.told, columns=["id", "done"])
        if dry_run:
            gone["done"] = gone["done"].replace("archived", "to be archived")
        return Pushed(
            run=self.lost.run if run is None else run.id,
            source=self.source.name,
            dry_run=dry_run,
            results=results,
            conflicts=pd.DataFrame(self.conflicts, columns=["row", "id", "property", "won"]),
            gone=gone,
            plan=plan,
            archive_run=self.lost.run,
            unread=sum(map(len, self.unread.values())),
        )


def _named(found: Settled) -> str:
    sides = {"portal": "the portal has it", "nobody": "left as it is", "source": "the table has it"}
    return "; ".join(f"{each.property}: {sides[each.won]}" for each in found.conflicts)
