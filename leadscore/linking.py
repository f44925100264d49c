"""Associations into the store: those of the records that changed take the place of the former."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import chain
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from leadscore.choosing import PAIRS
from leadscore.hubspot.reading import ASSOCIATIONS, chunks, read_associations
from leadscore.staging import Stage
from leadscore.synctask import Task, ids_of, sorted_ids

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = ["TABLE", "read_links"]

TABLE = "associations"
_PART = 20_000  # records that a killed reading reads again at most


def read_links(tasks: Sequence[Task]) -> int:
    """Read the associations that wait for it, and put them into the store in one step.

    Where a link between two records is new or gone, the other record's are read as well: HubSpot
    does not promise that its time of change tells of it, and a merge passes links on.

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
    wanted = _wanted(kinds)
    if wanted:
        read = _read(kinds, wanted)
        _write(tasks[0].store, read)
    for task in tasks:
        _settle(task, [to for from_, to in PAIRS if from_ == task.object_type and to in kinds])
        task.distrust_links()
    return sum(one.rows for one in read) if wanted else 0


def _wanted(kinds: Mapping[str, Task]) -> dict[tuple[str, str], list[str] | str]:
    """Return whose associations wait; all of a pair that could not be read before."""
    wanted = {}
    for pair in PAIRS:
        if pair[0] in kinds and pair[1] in kinds:
            task = kinds[pair[0]]
            ids = task.recall("links") if pair[1] in task.recall("linked", []) else "all"
            if ids:
                wanted[pair] = ids
    return wanted


def _settle(task: Task, linked: list[str]) -> None:
    """Put on record to which object types a type's associations are up to date."""
    kept = [] if task.recall("links") else task.recall("linked", [])
    task.record("linked", sorted({*kept, *linked}))
    task.record("links", None)


class _Links(NamedTuple):
    """Associations that were read of one pair of object types."""

    pair: tuple[str, str]
    ids: list[str] | str
    stage: Stage
    others: pa.Table = ASSOCIATIONS.empty_table()
    other_ids: Sequence[str] = ()

    @property
    def rows(self) -> int:
        return self.stage.rows + len(self.others)

    @property
    def replaced(self) -> pc.Expression:
        """What in the store these take the place of."""
        pair = (pc.field("from_object") == self.pair[0]) & (pc.field("to_object") == self.pair[1])
        if self.ids == "all":
            return pair
        return pair & pc.field("from_id").isin(pa.array([*self.ids, *self.other_ids], pa.string()))

    def batches(self) -> Iterator[pa.RecordBatch]:
        yield from self.stage.read("rows", ASSOCIATIONS)
        yield from self.others.to_batches()


def _read(
    kinds: Mapping[str, Task], wanted: Mapping[tuple[str, str], list[str] | str]
) -> list[_Links]:
    direct = {
        pair: _Links(pair, ids, _staged(kinds[pair[0]], pair[1], ids))
        for pair, ids in wanted.items()
    }
    for (one, other), links in [*direct.items()]:
        back = (other, one)
        ids = direct[back].ids if back in direct else []
        if back in PAIRS and ids != "all":
            touched = sorted_ids(_touched(kinds[one].store, links) - {*ids})
            if touched:
                stage = direct[back].stage if back in direct else _staged(kinds[other], one, [])
                rows = _rows_of(kinds[other], one, touched)
                direct[back] = _Links(back, ids, stage, rows, touched)
    return list(direct.values())


def _touched(store: Store, links: _Links) -> set[str]:
    """Return the records at the other end of links that are new, or gone."""
    ends = ["from_id", "to_id"]
    here = [
        pa.Table.from_batches(links.stage.read("rows", ASSOCIATIONS), ASSOCIATIONS).select(ends)
    ]
    if store.has(TABLE):
        before = store.stream(TABLE, columns=ends, where=links.replaced)
        here.append(pa.Table.from_batches(before, ASSOCIATIONS.empty_table().select(ends).schema))
    once = [rows.group_by(ends).aggregate([]) for rows in here]
    counts = pa.concat_tables(once).group_by(ends).aggregate([([], "count_all")])
    return set(counts.filter(pc.equal(counts["count_all"], 1))["to_id"].to_pylist())


def _write(store: Store, read: Sequence[_Links]) -> None:
    # Read before it is written: Delta cannot be asked for rows from within its own writing.
    rest = ~reduce(or_, (one.replaced for one in read))
    kept = (
        list(store.stream(TABLE, columns=ASSOCIATIONS.names, where=rest))
        if store.has(TABLE)
        else []
    )
    rows = chain(kept, *(one.batches() for one in read))
    store.write(TABLE, pa.RecordBatchReader.from_batches(ASSOCIATIONS, rows))


def _rows_of(task: Task, to: str, ids: list[str]) -> pa.Table:
    tables = list(read_associations(task.portal, task.object_type, to, ids))
    return pa.concat_tables([ASSOCIATIONS.empty_table(), *(t.cast(ASSOCIATIONS) for t in tables)])


def _staged(task: Task, to: str, waiting: list[str] | str) -> Stage:
    """Read the associations from some records, or from all, to one object type."""
    ids = sorted_ids(ids_of(task.stored()).to_pylist() if waiting == "all" else waiting)
    about = {"of": "all" if waiting == "all" else ids}
    stage = Stage(task.store.workspace, f"{task.object_type}-{to}", about)
    last = (stage.position or {}).get("after", "")
    left = [one for one in ids if (len(one), one) > (len(last), last)]
    parts = chunks(left, _PART)
    for part in task.bar(parts, total=len(left), what=f"{task.object_type.capitalize()} to {to}"):
        rows = _rows_of(task, to, part)
        stage.add({"rows": rows}, position={"after": part[-1]})
    return stage
