"""Our own writing changes a record; the next sync must not take that for news.

Where a record was, just before the write, as the store holds it, then after the write it is the
same but for our properties and the time of change that HubSpot's reply states. The store takes
over that time. Any other change leaves another time, and the next sync reads the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from leadscore.hubspot.properties import typed
from leadscore.hubspot.reading import MODIFIED

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = ["Echoes"]

_TIME = {"type": "datetime"}


class Echoes:
    """The times of change before and after each of our writes.

    Parameters
    ----------
    object_type : str
    """

    def __init__(self, object_type: str) -> None:
        self.object_type = object_type
        self._before: dict[str, str] = {}
        self._after: dict[str, str] = {}

    def before(self, times: Mapping[str, str]) -> None:
        """Note when records were last changed, as first read; later reads see our own writing."""
        self._before = {**times, **self._before}

    def after(self, times: Mapping[str, str]) -> None:
        """Note when they were changed by our write, as its reply says."""
        self._after |= times

    def settle(self, store: Store) -> int:
        """Tell the store; return how many records stay known to it."""
        name = MODIFIED(self.object_type)
        if not self._after or not store.has(self.object_type):
            return 0
        written = [one for one in self._after if self._before.get(one) and self._after[one]]
        ids = pa.array(written, pa.string())
        before = typed([self._before[one] for one in written], _TIME)
        after = typed([self._after[one] for one in written], _TIME)
        stored = store.arrow(self.object_type, ["id", name])
        place = pc.index_in(ids, value_set=stored.column("id").combine_chunks())
        known = pc.equal(stored.column(name).combine_chunks().take(place), before)
        rows = pa.table({"id": ids, name: after}).filter(pc.fill_null(known, fill_value=False))
        if rows.num_rows:
            store.merge(self.object_type, rows)
        return int(rows.num_rows)
