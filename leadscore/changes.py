"""Read what changed since the last sync, and find out what left the portal."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from leadscore import departures, histories, misfits
from leadscore.choosing import MERGED
from leadscore.hubspot.reading import changed_since, count, newest_change, read_ids
from leadscore.reconciling import differences
from leadscore.synctask import MARKS, Read, Task, changed_ids, ids_of, without

__all__ = ["read_changes"]

# Search's index lags behind by moments (HubSpot API docs, "Search the CRM", names no number).
_OVERLAP = pd.Timedelta("5min")
_MOST = 0.3  # of the records: beyond, reading all of them is cheaper
_FEW = 1_000
_LOOKS = 3


def read_changes(task: Task) -> Read | None:
    """Read the records that changed since the bookmark, and merge them into the store's table.

    Search names the records that changed and when; those that the store does not hold as of that
    moment are read by their ids. So what the overlap or our own writing makes look new costs two
    columns, and no value comes from an index that lags behind.

    Returns
    -------
    Read or None
        None where so much has changed, or left, that reading everything is cheaper.
    """
    newest = newest_change(task.portal, task.object_type)
    seen = _seen(task, pd.Timestamp(task.recall("bookmark")) - _OVERLAP)
    if seen is None:
        return None
    done = _Changes(task)
    done.take(changed_ids(seen, task).to_pylist())
    why = done.reconcile()
    if done.scattered:
        return None
    if newest is not None and not why:
        task.record("bookmark", newest.isoformat())
    return Read(not why, changed=done.changed, history_rows=done.history_rows, why=why)


def _seen(task: Task, since: pd.Timestamp) -> pa.Table | None:
    most = max(_FEW, int(task.stored().num_rows * _MOST))
    tables = [MARKS.empty_table()]
    for table in changed_since(task.portal, task.object_type, since):
        tables.append(table.cast(MARKS))
        if sum(map(len, tables)) > most:
            return None
    return pa.concat_tables(tables)


class _Changes:
    """Changed records on their way into the store."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.changed = self.history_rows = 0
        self.scattered = False  # so much has left that it is cheaper to read everything
        self._missing: set[str] = set()

    def take(self, ids: Sequence[str]) -> int:
        """Read records by their ids and merge them; return how many there were."""
        task = self.task
        found = read_ids(task.portal, task.object_type, ids, task.names)
        self._missing |= set(found.missing)
        if not found.rows.num_rows:
            return 0
        there = ids_of(found.rows)
        self.history_rows += histories.read_into(task, there)
        # The rows in the table say that a change was taken; so they come last.
        task.await_links(there.to_pylist())
        table, strange = task.typed(found.rows)
        misfits.keep(task.store, task.object_type, strange, among=there)
        task.store.merge(task.object_type, table)
        self.changed += len(there)
        return len(there)

    def reconcile(self) -> str:
        """Compare with the portal's count, and remove what left it; return what is unexplained."""
        task, why = self.task, ""
        gone: set[str] = set(self._missing)
        for attempt in range(1, _LOOKS + 1):
            ids = self._ids()
            gone |= set(self._merged().to_pylist())
            left = without(ids, pa.array(sorted(gone), pa.string()))
            found = differences(task, left)
            gone |= set(found.surplus)
            self.scattered = found.too_many
            if self.scattered:
                break
            if not self.take(found.unseen) and found.explained:
                why = ""
                break
            now = count(task.portal, task.object_type)
            why = f"the store has {len(left):,} {task.object_type}, and the portal counts {now:,}"
            task.portal.pool.back_off(attempt)
        self._note(gone)
        return why

    def _note(self, gone: set[str]) -> None:
        here = gone & set(self._ids().to_pylist())
        if here:
            departures.note(self.task, here, self._merged().to_pylist())

    def _ids(self) -> pa.Array:
        return ids_of(self.task.stored())

    def _merged(self) -> pa.Array:
        columns = [MERGED] if MERGED in self.task.names else []
        return departures.merged_ids(self.task.stored(*columns))
