"""Read all records of one type into the store, in parts that survive being killed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from leadscore import departures, histories, misfits
from leadscore.choosing import MERGED
from leadscore.hubspot.reading import Chunk, count, newest_change, read_ids, read_records
from leadscore.reconciling import differences
from leadscore.staging import Stage
from leadscore.synctask import ID, Read, Task, changed_ids, ids_of, without

__all__ = ["columns_of", "read_all"]

_PART = 10_000  # rows that a killed reading reads again at most
_RECOUNTS = 3
_READ = {"read": True}


def read_all(task: Task) -> Read:
    """Read every record, and replace the store's table in one step; or leave it as it was.

    A reading that was interrupted goes on where it stopped.
    """
    stage = Stage(task.store.workspace, task.object_type, {"columns": columns_of(task)})
    if not stage.facts:
        newest = newest_change(task.portal, task.object_type)
        total = count(task.portal, task.object_type)
        stage.note(newest=None if newest is None else newest.isoformat(), total=total)
    _stage_records(task, stage)
    if why := _shortage(task, stage):
        stage.discard()
        return Read(complete=False, whole=True, why=why)
    return _commit(task, stage)


def columns_of(task: Task) -> dict[str, str]:
    """Return the names and types of the columns that a reading has: another choice is another."""
    pairs = zip(task.schema.names, task.schema.types, strict=True)
    return {name: str(kind) for name, kind in pairs}


# records ----------------------------------------------------------------------------------------


def _stage_records(task: Task, stage: Stage) -> None:
    if "read" in (stage.position or {}):
        return
    chunks = read_records(task.portal, task.object_type, task.names, position=stage.position)
    left = max(stage.facts["total"] - stage.rows, 0)
    shown = task.bar(
        chunks,
        total=left,
        what=f"Reading {task.object_type}",
        size=lambda chunk: int(chunk.rows.num_rows),
    )
    for rows, position in _parts(shown):
        _add(task, stage, rows, position)
    stage.add({}, position=_READ)


def _parts(chunks: Iterator[Chunk]) -> Iterator[tuple[pa.Table, dict[str, Any]]]:
    held: list[pa.Table] = []
    position: dict[str, Any] = {}
    for chunk in chunks:
        held.append(chunk.rows)
        position = chunk.position
        if sum(map(len, held)) >= _PART:
            yield pa.concat_tables(held), position
            held = []
    if held:
        yield pa.concat_tables(held), position


def _add(task: Task, stage: Stage, rows: pa.Table, position: dict[str, Any]) -> None:
    table, strange = task.typed(rows)
    stage.add({"rows": table, "misfits": strange}, position=position)


def _shortage(task: Task, stage: Stage) -> str:
    """Return why the reading is not all that the portal has; what was only missed is read now."""
    now = stage.facts["total"]
    for attempt in range(1, _RECOUNTS + 1):
        now = count(task.portal, task.object_type)
        if stage.rows >= min(now, stage.facts["total"]):
            return ""
        found = differences(task, _ids(stage))
        missed = read_ids(task.portal, task.object_type, found.unseen, task.names)
        if missed.rows.num_rows:
            _add(task, stage, missed.rows, _READ)
        elif found.explained:
            return ""  # the index still counts records that are gone
        task.portal.pool.back_off(attempt)
    return f"{stage.rows:,} {task.object_type} were read, and the portal counts {now:,}"


def _ids(stage: Stage) -> pa.Array:
    return ids_of(stage.read("rows", ID).read_all())


# into the store ---------------------------------------------------------------------------------


def _commit(task: Task, stage: Stage) -> Read:
    gone = without(ids_of(task.stored()), _ids(stage))
    if len(gone):
        known = departures.note(task, gone.to_pylist(), _merged(task, stage).to_pylist())
        if known.alive.num_rows:
            _add(task, stage, known.alive, _READ)
    changed = _changed(task, stage)
    known_history = task.recall("history") == task.history
    refreshed = changed if known_history else _ids(stage)
    fresh = histories.read_into(task, refreshed, stage=stage)
    task.await_links()
    task.store.write(task.object_type, stage.read("rows", task.schema))
    strange = stage.read("misfits", misfits.SCHEMA).read_all()
    misfits.keep(task.store, task.object_type, strange)
    task.record("bookmark", stage.facts["newest"])
    task.record("columns", columns_of(task))
    task.record("history", task.history)
    stage.discard()
    return Read(complete=True, whole=True, changed=len(changed), history_rows=fresh)


def _changed(task: Task, stage: Stage) -> pa.Array:
    if task.modified not in task.schema.names:
        return _ids(stage)
    marks = pa.schema([task.schema.field("id"), task.schema.field(task.modified)])
    return changed_ids(stage.read("rows", marks).read_all(), task)


def _merged(task: Task, stage: Stage) -> pa.Array:
    if MERGED not in task.schema.names:
        return departures.merged_ids(pa.table({}))
    shape = pa.schema([task.schema.field(MERGED)])
    return departures.merged_ids(stage.read("rows", shape).read_all())
