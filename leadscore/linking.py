"""Associations into the store: those of the records that changed take the place of the former."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import chain
from operator import or_
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from leadscore.choosing import PAIRS
from leadscore.hubspot.reading import chunks, read_associations
from leadscore.staging import Stage
from leadscore.synctask import Task, ids_of, sorted_ids

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = ["SCHEMA", "TABLE", "read_links"]

TABLE = "associations"
SCHEMA = pa.schema(
    [
        ("from_object", pa.string()),
        ("from_id", pa.string()),
        ("to_object", pa.string()),
        ("to_id", pa.string()),
        ("category", pa.string()),
        ("type_id", pa.int64()),
        ("label", pa.string()),
    ]
)
_PART = 20_000  # records that a killed reading reads again at most


def read_links(tasks: Sequence[Task]) -> int:
    """Read the associations that wait for it, and put them into the store in one step.

    Parameters
    ----------
    tasks : sequence of Task
        One per object type that was read.

    Returns
    -------
    int
        The associations that were read.
    """
    kinds = {task.object_type: task for task in tasks}
    waiting = {name: ids for name, task in kinds.items() if (ids := task.recall("links"))}
    pairs = [(kinds[a], b) for a, b in PAIRS if a in waiting and b in kinds]
    stages = [_staged(task, to, waiting[task.object_type]) for task, to in pairs]
    if pairs:
        store = pairs[0][0].store
        # Read before it is written: Delta cannot be asked for rows from within its own writing.
        kept = list(_kept(store, [(task.object_type, to) for task, to in pairs], waiting))
        rows = chain(kept, *(stage.read("rows", SCHEMA) for stage in stages))
        store.write(TABLE, pa.RecordBatchReader.from_batches(SCHEMA, rows))
    for name in waiting:
        kinds[name].record("links", None)
    for stage in stages:
        stage.discard()
    return sum(stage.rows for stage in stages)


def _staged(task: Task, to: str, waiting: list[str] | str) -> Stage:
    """Read the associations from some records, or from all, to one object type."""
    ids = sorted_ids(ids_of(task.stored()).to_pylist() if waiting == "all" else waiting)
    about = {"of": "all" if waiting == "all" else ids}
    stage = Stage(task.store.workspace, f"{task.object_type}-{to}", about)
    last = (stage.position or {}).get("after", "")
    left = [one for one in ids if (len(one), one) > (len(last), last)]
    parts = chunks(left, _PART)
    for part in task.bar(parts, total=len(left), what=f"Associations to {to}"):
        tables = list(read_associations(task.portal, task.object_type, to, part))
        rows = pa.concat_tables([SCHEMA.empty_table(), *(t.cast(SCHEMA) for t in tables)])
        stage.add({"rows": rows}, position={"after": part[-1]})
    return stage


def _kept(
    store: Store, pairs: Sequence[tuple[str, str]], waiting: Mapping[str, list[str] | str]
) -> Iterator[pa.RecordBatch]:
    """Return the associations that were not read again, as a stream."""
    if not store.has(TABLE):
        return iter(())
    replaced = [_of_pair(source, to, waiting[source]) for source, to in pairs]
    return store.stream(TABLE, columns=SCHEMA.names, where=~reduce(or_, replaced))


def _of_pair(source: str, to: str, waiting: list[str] | str) -> pc.Expression:
    pair = (pc.field("from_object") == source) & (pc.field("to_object") == to)
    return pair if waiting == "all" else pair & pc.field("from_id").isin(waiting)
