"""Property history into the store: what HubSpot still keeps, added to what it kept before."""

from __future__ import annotations

import pyarrow as pa

from leadscore.hubspot.reading import chunks, read_history
from leadscore.staging import Stage
from leadscore.synctask import Task, sorted_ids

__all__ = ["TABLE", "read_into"]

TABLE = "history"
_KEYS = ("object", "id", "property", "timestamp", "value")
_PARTS = (250, 2_500)  # records that a killed reading reads again at most


def read_into(task: Task, ids: pa.Array, *, stage: Stage | None = None) -> int:
    """Read the history of some records, and add the entries that the store does not have.

    HubSpot keeps a limited number of entries (how many is unverified); what it drops later stays
    here.

    Parameters
    ----------
    task : Task
    ids : pyarrow.Array of str
    stage : Stage, optional
        Keeps on record how far the reading came, so that a killed one goes on.

    Returns
    -------
    int
        The entries that are new.
    """
    if not task.history or not len(ids):
        return 0
    order = sorted_ids(ids.to_pylist())
    left = order if stage is None else order[_done(order, stage, task.history) :]
    part = min(max(len(left) // 20, _PARTS[0]), _PARTS[1])
    parts = task.bar(chunks(left, part), total=len(left), what=f"History of {task.object_type}")
    return sum(_part(task, part, stage) for part in parts)


def _done(order: list[str], stage: Stage, names: list[str]) -> int:
    position = stage.position or {}
    last = position.get("history")
    same = position.get("of") == names  # the interrupted reading may have had another choice
    return order.index(last) + 1 if same and last in order else 0


def _part(task: Task, ids: list[str], stage: Stage | None) -> int:
    tables = list(read_history(task.portal, task.object_type, ids, task.history))
    rows = pa.concat_tables(tables) if tables else None
    fresh = task.store.append_new(TABLE, rows, keys=_KEYS, among="id") if rows else 0
    if stage is not None:
        stage.add({}, position={"read": True, "history": ids[-1], "of": task.history})
    return fresh
