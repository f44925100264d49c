"""What one object type's sync works with: the portal, the store, and what is to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from leadscore.bars import tqdm
from leadscore.choosing import PAIRS
from leadscore.hubspot.properties import schema, typed_rows
from leadscore.hubspot.reading import MODIFIED
from leadscore.staging import discard

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal
    from leadscore.store import Store

__all__ = [
    "ID",
    "MARKS",
    "Read",
    "Task",
    "changed_ids",
    "ids_of",
    "no_ids",
    "sorted_ids",
    "without",
]

ID = pa.schema([pa.field("id", pa.string(), nullable=False)])
#: A record and when it was changed, as on the wire.
MARKS = pa.schema([("id", pa.string()), ("modified", pa.string())])
Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Read:
    """What reading one object type came to.

    Attributes
    ----------
    complete : bool
    changed : int
        Records that are new, or differ from what the store held.
    history_rows : int
        Entries of property history that are new.
    removed : int
        Records that had left the portal.
    whole : bool
        Whether everything was read, and not what changed.
    why : str
        Why the reading is not complete; empty where it is.
    """

    complete: bool
    changed: int = 0
    history_rows: int = 0
    removed: int = 0
    whole: bool = False
    why: str = ""


@dataclass(frozen=True)
class Task:
    """The sync of one object type.

    Attributes
    ----------
    portal : Portal
    store : Store
    object_type : str
    defined : mapping
        The portal's property definitions by name.
    names, history : list of str
        The properties to read, and those whose history is read.
    progress : bool
    """

    portal: Portal
    store: Store
    object_type: str
    defined: Mapping[str, Mapping[str, Any]]
    names: list[str]
    history: list[str]
    progress: bool = False

    @property
    def modified(self) -> str:
        """The property that tells when a record was last changed."""
        return MODIFIED(self.object_type)

    @property
    def schema(self) -> pa.Schema:
        """The columns of the store's table."""
        return schema(self.defined, self.names)

    def typed(self, rows: pa.Table) -> tuple[pa.Table, pa.Table]:
        """Turn rows as on the wire into the store's, and what did not fit."""
        made = typed_rows(rows, self.defined)
        whose = pa.array([self.object_type] * made.misfits.num_rows, pa.string())
        misfits = made.misfits.add_column(0, "object", whose)
        return made.table.select(self.schema.names).cast(self.schema), misfits

    def recall(self, what: str, default: Any = None) -> Any:
        """Return what the ledger holds of this object type under a name."""
        return self.store.ledger.checkpoint(f"{what}:{self.object_type}", default)

    def record(self, what: str, value: Any) -> None:
        """Put something of this object type on record; None forgets it."""
        self.store.ledger.set_checkpoint(f"{what}:{self.object_type}", value)

    def await_links(self, ids: Sequence[str] | None = None) -> None:
        """Put on record that associations are to be read again: of these records, or of all."""
        before = self.recall("links", [])
        if ids is None or before == "all":
            self.record("links", "all")
        else:
            self.record("links", sorted({*before, *ids}))
        self.distrust_links()

    def await_no_links(self, ids: Sequence[str]) -> None:
        """Forget that the associations of these records were to be read again."""
        before = self.recall("links", [])
        if before != "all":
            self.record("links", sorted({*before} - {*ids}) or None)

    def distrust_links(self) -> None:
        """Forget what a sync that was killed read of associations: it is of before a change."""
        for pair in PAIRS:
            if self.object_type in pair:
                discard(self.store.workspace, "-".join(pair))

    def stored(self, *columns: str) -> pa.Table:
        """Return columns of the store's table, ``id`` first; no rows before the first sync."""
        if not self.store.has(self.object_type):
            return pa.table({name: pa.array([], pa.string()) for name in ("id", *columns)})
        return self.store.arrow(self.object_type, ["id", *columns])

    def bar(
        self, parts: Iterable[Part], *, total: int, what: str, size: Callable[[Any], int] = len
    ) -> Iterator[Part]:
        """Go through parts, with a progress bar that counts rows and tells the time left."""
        with tqdm(total=total, unit=" rows", desc=what, disable=not self.progress) as bar:
            for part in parts:
                yield part
                bar.update(size(part))


def changed_ids(seen: pa.Table, task: Task) -> pa.Array:
    """Return the ids whose time of change is not the one that the store holds.

    Parameters
    ----------
    seen : pyarrow.Table
        ``id``, and the time as text or as a timestamp.
    task : Task
    """
    ids, times = seen.column("id"), seen.column(1)
    if not pa.types.is_timestamp(times.type):
        about = {task.modified: task.defined.get(task.modified, {"type": "datetime"})}
        rows = pa.table({"id": ids, task.modified: times})
        times = typed_rows(rows, about).table.column(task.modified)
    stored = task.stored(task.modified)
    place = pc.index_in(ids, value_set=stored.column("id").combine_chunks())
    known = stored.column(task.modified).take(place)
    same = pc.equal(known.cast(pa.timestamp("us", "UTC")), times.cast(pa.timestamp("us", "UTC")))
    return pc.filter(ids, pc.invert(pc.fill_null(same, False))).combine_chunks()


def ids_of(rows: pa.Table) -> pa.Array:
    """Return the ids of a table as one array."""
    return rows.column("id").combine_chunks()


def no_ids() -> pa.Array:
    """Return an array of no ids."""
    return pa.array([], pa.string())


def without(ids: pa.Array, others: pa.Array) -> pa.Array:
    """Return the ids that are not among others.

    Examples
    --------
    >>> without(pa.array(["1", "2"]), pa.array(["2"])).to_pylist()
    ['1']
    """
    return ids.filter(pc.invert(pc.is_in(ids, value_set=others)))


def sorted_ids(ids: Iterable[str]) -> list[str]:
    """Return ids in the order of their numbers.

    Examples
    --------
    >>> sorted_ids(["10", "9"])
    ['9', '10']
    """
    return sorted(ids, key=lambda one: (len(one), one))
