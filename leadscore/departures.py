"""Records that left the portal: archived, merged into another, or erased."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from leadscore.choosing import MERGED
from leadscore.hubspot.reading import answering, read_ids
from leadscore.synctask import Task, no_ids

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = [
    "Fate",
    "carry_out",
    "fate",
    "look_again",
    "look_into_the_bin",
    "merged_ids",
    "note",
    "too_many",
]

_FEW, _SHARE = 50, 0.1  # records that a sync erases without being told to
_ELSEWHERE = (
    ("history", "object", "id"),
    ("misfits", "object", "id"),
    ("associations", "from_object", "from_id"),
    ("associations", "to_object", "to_id"),
)


class Fate(NamedTuple):
    """What became of records that were here and are not in the portal's lists.

    Attributes
    ----------
    alive : pyarrow.Table
        Rows, as on the wire, of those that are there all the same.
    archived, merged, erased : list of str
        In HubSpot's recycling bin; part of another record now; gone.
    """

    alive: pa.Table
    archived: list[str]
    merged: list[str]
    erased: list[str]


def fate(task: Task, ids: Iterable[str], merged: Iterable[str]) -> Fate:
    """Look records up one by one: nothing is taken for gone because a list lacks it.

    Parameters
    ----------
    task : Task
    ids : iterable of str
    merged : iterable of str
        The ids that records of the portal say they were merged from.
    """
    asked = list(dict.fromkeys(ids))
    found = read_ids(task.portal, task.object_type, asked, task.names)
    gone = set(found.missing)
    became = gone & set(merged)
    binned = read_ids(task.portal, task.object_type, sorted(gone - became), [], archived=True)
    archived = set(binned.rows.column("id").to_pylist())
    # The record that one was merged into may be in no list yet.
    answers = answering(task.portal, task.object_type, sorted(gone - became - archived))
    became |= {one for one, other in answers.items() if other != one}
    return Fate(
        found.rows, sorted(archived), sorted(became), sorted(gone - became - archived - {*answers})
    )


def note(task: Task, ids: Iterable[str], merged: Iterable[str]) -> Fate:
    """Find out what became of records, and put on record what is to be done about it.

    On record first, so that a sync that is killed afterwards still removes them.
    """
    known = fate(task, ids, merged)
    _note_parts(task, [*known.archived, *known.merged, *known.erased])
    _record(task, archived=known.archived, merged=known.merged, erased=known.erased)
    return known


def _record(task: Task, **kinds: Iterable[str]) -> None:
    before = task.recall("gone") or {}
    task.record("gone", {k: sorted({*before.get(k, ()), *ids}) for k, ids in kinds.items()})


def _note_parts(task: Task, ids: Sequence[str]) -> None:
    """Put on record what records were merged from, before their rows go: it is erased with them."""
    if MERGED not in task.names or not ids:
        return
    stored = task.stored(MERGED)
    rows = stored.filter(pc.is_in(stored["id"], value_set=pa.array(ids, pa.string())))
    parts = {
        row["id"]: merged_ids(pa.Table.from_pylist([row], rows.schema)).to_pylist()
        for row in rows.to_pylist()
        if row[MERGED]
    }
    if parts:
        task.record("parts", (task.recall("parts") or {}) | parts)


def _with_parts(task: Task, ids: Sequence[str]) -> list[str]:
    """Return records and all that they were merged from."""
    parts, found = task.recall("parts") or {}, dict.fromkeys(ids)
    waiting = [*ids]
    while waiting:
        new = [one for one in parts.get(waiting.pop(), ()) if one not in found]
        found |= dict.fromkeys(new)
        waiting += new
    return [*found]


def too_many(task: Task) -> str:
    """Return why what is to be erased needs somebody's word first; empty where it does not.

    Erasing cannot be undone, and a portal that says of everybody "not found" is more likely out of
    order than empty.
    """
    erased = (task.recall("gone") or {}).get("erased", [])
    stored = task.store.rows(task.object_type)
    if len(erased) <= max(_FEW, stored * _SHARE):
        return ""
    return (
        f"the portal says that {len(erased):,} of the {task.object_type} are gone for good; none "
        "was erased here: run `leadscore sync --full` if that is right"
    )


def look_again(task: Task) -> None:
    """Look up anew what an earlier sync found gone and did not dare to erase."""
    if too_many(task):
        before = task.recall("gone")
        known = fate(task, before["erased"], before.get("merged", ()))
        task.record("gone", None)
        _record(
            task,
            archived={*before.get("archived", ()), *known.archived},
            merged={*before.get("merged", ()), *known.merged},
            erased=known.erased,
        )


def carry_out(task: Task) -> int:
    """Remove from the store what left the portal; return how many records.

    A record in HubSpot's recycling bin leaves the current tables, one that was merged too. Of one
    that was erased nothing stays in any file of the workspace.
    """
    gone = task.recall("gone")
    if gone is None:
        return 0
    asked = gone.get("erased", [])
    erased = _with_parts(task, asked)
    removed = [*gone.get("archived", ()), *gone.get("merged", ())]
    task.distrust_links()
    binned = {*task.recall("bin", []), *gone.get("archived", ())} - {*erased}
    task.record("bin", sorted(binned) or None)
    if removed:
        _remove(task.store, task.object_type, removed)
    if erased:
        task.await_no_links(erased)
        task.store.erase(erased, object=task.object_type)
    task.record("gone", None)
    return len(removed) + len(asked)


def _remove(store: Store, object_type: str, ids: Sequence[str]) -> None:
    """Take records out of the current tables; older versions keep them."""
    store.delete(object_type, ids)
    whose, numbers = pa.array([object_type] * len(ids)), pa.array(ids, pa.string())
    for table, kind, key in _ELSEWHERE:
        if store.has(table):
            store.delete_matching(table, pa.table({kind: whose, key: numbers}))


def look_into_the_bin(task: Task) -> None:
    """Erase what HubSpot's recycling bin no longer holds, unless it was restored.

    HubSpot keeps archived records for 90 days (API docs, "Contacts").
    """
    before = task.recall("bin", [])
    if not before:
        return
    held = read_ids(task.portal, task.object_type, before, [], archived=True)
    left = pa.array(held.missing, pa.string())
    known = fate(task, left.to_pylist(), ())
    restored = set(known.alive.column("id").to_pylist())
    task.record("bin", sorted(set(before) - restored - {*known.merged}) or None)
    _record(task, erased=known.erased)
    if not too_many(task):
        carry_out(task)


def merged_ids(rows: pa.Table) -> pa.Array:
    """Return the ids that records say they were merged from."""
    if MERGED not in rows.column_names:
        return no_ids()
    values = rows.column(MERGED).combine_chunks()
    if not pa.types.is_list(values.type):
        values = pc.split_pattern(values.cast(pa.string()), ";")
    return pc.list_flatten(values).drop_null().cast(pa.string())
