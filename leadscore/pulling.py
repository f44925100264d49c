"""Portal to a table elsewhere: everything first, then what changed, and who left is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from leadscore.canonical import portal_values, table_values
from leadscore.choosing import choose, listed
from leadscore.departures import fate
from leadscore.errors import UsageError
from leadscore.hubspot.batchreading import chunks
from leadscore.hubspot.objecttypes import find_type
from leadscore.hubspot.properties import definitions
from leadscore.hubspot.reading import (
    MODIFIED,
    changed_since,
    ids_between,
    newest_change,
    read_ids,
    read_records,
)
from leadscore.instep import Base, InStep, Unkept, most_at_once
from leadscore.pulltargets import Target, Untouched, open_target
from leadscore.reconciling import differences
from leadscore.settings import load_settings
from leadscore.store import open_store
from leadscore.synctask import Task
from leadscore.threeways import NOTHING, Settled, check_rule, settle

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["DELETIONS", "Pulled", "pull"]

DELETIONS = ("keep", "mark", "delete")
_OVERLAP = pd.Timedelta("5min")  # search's index lags behind by moments
_CHUNK = 2_000
_DONE = {"keep": "kept", "mark": "marked", "delete": "deleted"}
_GONE = ["id", "why", "done"]
_CONFLICTS = ["id", "property", "won"]


@dataclass(frozen=True)
class Pulled:
    """What a pull did.

    Attributes
    ----------
    run : str or None
        None of a dry run.
    where : str
        The table, without a password.
    counts : dict of str to int
        Records: ``added``, ``updated``, ``unchanged`` (read, and the same), ``gone`` (no longer in
        the portal), ``conflicts`` (values that both sides changed), ``held_back`` (gone, and more
        than may be marked or deleted without being asked).
    gone : DataFrame
        ``id``, ``why`` ("archived", "merged", "erased") and ``done`` ("kept", "marked", "deleted",
        "held back").
    conflicts : DataFrame
        ``id``, ``property``, and which side ``won``.
    """

    run: str | None
    where: str
    counts: dict[str, int]
    gone: pd.DataFrame = field(repr=False)
    conflicts: pd.DataFrame = field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON."""
        return {"run": self.run, "into": self.where, **self.counts}


def pull(
    portal: Portal,
    object_type: str,
    into: Any,
    *,
    table: str | None = None,
    properties: Sequence[str] | None = None,
    deletions: str = "keep",
    most_deletions: int | None = None,
    conflicts: str = "portal",
    full: bool = False,
    dry_run: bool = False,
    workspace: str | Path | None = None,
    progress: bool = True,
) -> Pulled:
    """Keep a table elsewhere in step with a portal's records, which are the source.

    The first time everything is read, afterwards what changed. A row is known by its column ``id``.
    Interrupted, the next call finishes. Rows of other origin and columns of other names stay.

    Parameters
    ----------
    portal : Portal
    object_type : str
        ``contacts``, ``companies``, ``deals``, a custom type's name or id.
    into : path, str, sqlalchemy.URL or sqlalchemy.Engine
        A CSV or Parquet file, which is rewritten in one step, or a database's URL: its table is
        made when missing, with typed columns, gets the columns that it lacks, and is never dropped.
    table : str, optional
        The database's table; the object type's name by default.
    properties : sequence of str, optional
        The columns, after ``id``. Without it all visible ones, less names, e-mail, phone and
        address, and what leadscore writes. In a CSV file an apostrophe marks what spreadsheets
        would take for a formula.
    deletions : {"keep", "mark", "delete"}
        What becomes of rows whose record left the portal: kept (and told once), marked by a column
        ``archived``, or deleted, those too that earlier pulls kept. Each is looked up by id first.
    most_deletions : int, optional
        So many may be marked or deleted at once; by default 5 % of the rows that are in step, but
        one at least. Beyond, none is, and all are told.
    conflicts : {"portal", "source", "report"}
        Where both sides changed a value since they were last in step: who wins, or that it is left
        as it is. Unless the portal wins both still differ, and the next call settles it by its own
        rule. A value that only the table changed stays there (`push` takes it).
    full : bool, default False
        Read everything although only changes are needed.
    dry_run : bool, default False
        Count what would be done; the table stays as it is, and nothing is kept.
    workspace : path, optional
        Keeps what was last in step: keyed digests, no values.
    progress : bool, default True

    Returns
    -------
    Pulled

    Raises
    ------
    UsageError
        No such object type or property, an option that is none, SQLAlchemy is not installed.
    DataError
        The database refuses.
    TableError
        The file has no column ``id``.
    BusyError
        Another run holds the workspace.

    Notes
    -----
    `Store.erase` does not reach into tables elsewhere: delete there what is to be forgotten.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> with ls.open_sandbox(contacts=50) as sandbox, ls.connect(sandbox) as portal:
    ...     done = [pull(portal, "contacts", f"{folder}/leads.csv", properties=["jobtitle"],
    ...                  workspace=folder, progress=False).counts["added"] for _ in range(2)]
    >>> done
    [50, 0]
    """
    if deletions not in DELETIONS:
        raise UsageError(f"deletions is {deletions!r}.", hint='Use "keep", "mark" or "delete".')
    check_rule(conflicts)
    store = open_store(workspace if workspace is not None else load_settings().workspace)
    object_type = find_type(portal, object_type)
    defined = definitions(portal, object_type)
    columns = listed("properties", properties)
    chosen = choose(object_type, defined, columns)
    columns = chosen if columns is None else list(dict.fromkeys(columns))
    names = list(dict.fromkeys([*columns, MODIFIED(object_type)]))  # by which changes are found
    store.ledger.bind_portal(portal.id)
    task = Task(portal, store, object_type, defined, names, [], progress=progress)
    to = open_target(into, table or object_type, defined, columns, make=not dry_run)
    if dry_run:
        with closing(to):
            unkept = Unkept(store, object_type, to.where)
            done = _Pull(task, Untouched(to), unkept, conflicts, deletions, most_deletions)
            return _pulled(done.run(columns, full=full), None, to.where)
    with store.lock("pull"), closing(to) as target:
        store.ledger.close_runs("pull")
        run = store.ledger.start_run("pull", object=object_type, into=target.where)
        try:
            step = InStep(store, object_type, target.where)
            done = _Pull(task, target, step, conflicts, deletions, most_deletions)
            done.run(columns, full=full)
        except Exception as error:
            store.ledger.finish_run(run, "failed", error={"kind": type(error).__name__})
            raise
        except BaseException:
            store.ledger.finish_run(run, "interrupted")
            raise
        store.ledger.finish_run(run, "done", **done.counts)
    return _pulled(done, run, target.where)


def _pulled(done: _Pull, run: str | None, where: str) -> Pulled:
    gone = pd.DataFrame(done.gone, columns=_GONE, dtype="str")
    told = pd.DataFrame(done.conflicts, columns=_CONFLICTS, dtype="str")
    return Pulled(run, where, done.counts, gone, told)


class _Pull:
    """One reading on its way into the table."""

    def __init__(
        self,
        task: Task,
        target: Target,
        step: InStep,
        rule: str,
        deletions: str,
        most: int | None,
    ) -> None:
        self.task, self.target, self.rule = task, target, rule
        self.deletions, self.most = deletions, most
        self.step = step
        self.base = self.step.load()
        self.counts = dict.fromkeys(
            ("added", "updated", "unchanged", "gone", "conflicts", "held_back"), 0
        )
        self.gone: list[tuple[str, str, str]] = []
        self.conflicts: list[tuple[str, str, str]] = []
        self._kept: list[tuple[str, str, dict[str, str]]] = []

    def run(self, columns: Sequence[str], *, full: bool) -> _Pull:
        self.columns = columns
        newest = newest_change(self.task.portal, self.task.object_type)
        mark = newest.isoformat() if newest is not None else None
        before = self.step.recall()
        known = before.get("names") == self.task.names and before.get("bookmark")
        if full or not known or not self.target.ids:
            self._everything({} if full else before, mark)
        else:
            self._changes(pd.Timestamp(before["bookmark"]) - _OVERLAP)
        self._reconcile()
        self.target.finish()
        self._keep()
        self.step.record(names=self.task.names, bookmark=mark, position=None)
        self.step.tidy()
        return self

    # reading --------------------------------------------------------------------------------------

    def _everything(self, before: dict[str, Any], mark: str | None) -> None:
        """Read all; an interrupted reading into a database goes on where it stopped."""
        task = self.task
        position = before.get("position") if before.get("reading") == task.names else None
        if position is None or not self.target.lasting:
            position = None
            self.step.record(reading=task.names, began=mark, position=None, bookmark=None)
        for chunk in read_records(task.portal, task.object_type, task.names, position=position):
            self.take(chunk.rows)
            if self.target.lasting:
                self._keep()
                self.step.record(position=chunk.position)
        if position is not None and before.get("began"):  # what changed before it went on
            self._changes(pd.Timestamp(before["began"]) - _OVERLAP)

    def _changes(self, since: pd.Timestamp) -> None:
        kind = self.task.object_type
        seen = (
            one for page in changed_since(self.task.portal, kind, since) for one in self._new(page)
        )
        for some in chunks(seen, _CHUNK):
            self.take(read_ids(self.task.portal, kind, some, self.task.names).rows)
            if self.target.lasting:
                self._keep()

    def _new(self, page: pa.Table) -> Iterator[str]:
        """Return the ids of what is not known as of its last change."""
        name = self.task.modified
        values = portal_values(page.rename_columns(["id", name]), self.task.defined, [name])
        for one, value in zip(page["id"].to_pylist(), values, strict=True):
            base = self.base.get(self.step.key(one))
            if (
                base is None
                or base.gone
                or base.digests.get(name) != self.step.digest(name, value[name])
            ):
                yield one

    # writing --------------------------------------------------------------------------------------

    def take(self, rows: pa.Table) -> None:
        """Settle records with their rows of the table."""
        names, ids = self.task.names, rows["id"].to_pylist()
        portal = dict(zip(ids, portal_values(rows, self.task.defined, names), strict=True))
        there = self.target.read(ids)
        known = dict(
            zip(
                there, table_values([*there.values()], self.task.defined, self.columns), strict=True
            )
        )
        changes = {one: self._settled(one, portal[one], known.get(one)) for one in ids}
        self.target.write({one: new for one, new in changes.items() if new is not None})

    def _settled(
        self, one: str, portal: dict[str, str | None], table: dict[str, str | None] | None
    ) -> dict[str, str | None] | None:
        """Return what a row is to take over; None where nothing."""
        key = self.step.key(one)
        digests = self.step.digests(portal)
        if table is None:
            self.counts["added"] += 1
            self._kept.append((key, one, digests))
            return {name: portal[name] for name in self.columns}
        base = self.base[key].digests if key in self.base else None
        found = settle(portal, table, base, self.columns, rule=self.rule, digest=self.step.digest)
        self._told(one, found)
        self._kept.append((key, one, (base or {}) | digests | _still(found, base)))
        self.counts["updated" if found.to_table else "unchanged"] += 1
        return found.to_table or None

    def _told(self, one: str, found: Settled) -> None:
        self.conflicts += [(one, each.property, each.won) for each in found.conflicts]
        self.counts["conflicts"] += len(found.conflicts)

    @property
    def _dry(self) -> bool:
        return isinstance(self.target, Untouched)

    def _keep(self) -> None:
        """Put on record what is in step now."""
        newest = {key: (key, one, digests) for key, one, digests in self._kept}
        self.step.save(newest.values(), known=self.base)
        self.base |= {key: Base.of(one, digests) for key, one, digests in newest.values()}
        self._kept = []

    # who left -------------------------------------------------------------------------------------

    def _reconcile(self) -> None:
        """Compare with the portal's count; look up by id whoever the table has too many."""
        task = self.task
        alive = {b.id for b in self.base.values() if not b.gone}
        alive |= {one for _, one, _ in self._kept}
        found = differences(task, pa.array(sorted(alive), pa.string()))
        surplus, unseen = found.surplus, found.unseen
        if found.too_many:
            listed_ids = set(ids_between(task.portal, task.object_type, None, None))
            surplus, unseen = sorted(alive - listed_ids), sorted(listed_ids - alive)
        if unseen:
            self.take(read_ids(task.portal, task.object_type, unseen, task.names).rows)
        if before := self._kept_before():
            surplus = [*surplus, *(one for one in before if one not in {*surplus})]
        if surplus:
            self._left(surplus)

    def _kept_before(self) -> list[str]:
        """Return the records that left earlier, and with whose rows more is to be done now."""
        waiting = {"keep": (), "mark": ("kept",), "delete": ("kept", "marked")}[self.deletions]
        back = {key for key, _, _ in self._kept}
        found = [b.id for key, b in self.base.items() if b.gone in waiting and key not in back]
        there = self.target.ids if found else set()
        return [one for one in found if one in there]

    def _left(self, ids: Iterable[str]) -> None:
        known = fate(self.task, ids, ())
        if known.alive.num_rows:
            self.take(known.alive)
        gone = dict.fromkeys(known.archived, "archived") | dict.fromkeys(known.merged, "merged")
        gone |= dict.fromkeys(known.erased, "erased")
        self.counts["gone"] = len(gone)
        done = _DONE[self.deletions]
        if self.deletions != "keep" and len(gone) > most_at_once(len(self.base), self.most):
            done, self.counts["held_back"] = "held back", len(gone)
        if self._dry and done in ("marked", "deleted"):
            done = f"to be {done}"
        self.gone = [(one, why, done) for one, why in gone.items()]
        self._carry_out(gone, done)

    def _carry_out(self, gone: dict[str, str], done: str) -> None:
        there = self.target.ids if gone and not self._dry else set()
        rows = [one for one in gone if one in there]
        if done == "deleted":
            self.target.delete(rows)
        if done == "marked":
            self.target.mark(rows)
        keys = [key for one in gone if (key := self.step.key(one)) in self.base]
        if done == "deleted":
            self.step.forget(keys)
        elif done in _DONE.values():  # of rows that stay it is known, so that they can go later
            self.step.save_gone(keys, self.base, done=done)
        if done in _DONE.values():
            for key in keys:
                self.base.pop(key)


def _still(found: Settled, base: dict[str, str] | None) -> dict[str, str]:
    """Return the digests that stay: of what only the table changed, and of what still differs.

    What has none yet gets that of nothing where only the table has a value, and else one that no
    value has, so that it stays undecided.
    """
    undecided = {each.property for each in found.conflicts if each.won != "portal"}
    names = {*found.to_portal} | undecided
    return {name: (base or {}).get(name, "?" if name in undecided else NOTHING) for name in names}
