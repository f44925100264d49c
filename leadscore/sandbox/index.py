"""What a search sees: records as they were some time ago, and what was last looked up.

HubSpot API docs, "Search the CRM": new and changed records "may take a few moments" to show up.
With a lag, a search sees every record as it was that long ago: new ones not yet, changed ones
with their old values in filters, sorts and results, archived ones still. How HubSpot's own index
lags is not documented beyond that sentence; that one moment holds for all records is assumed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from leadscore.sandbox.records import Record

__all__ = ["Index"]

MOST_KEPT = 4


@dataclass
class Index:
    """What a search of one object type sees.

    Attributes
    ----------
    changed : list of tuple of (int, int, Record or None)
        Time in milliseconds, record id, and the record as it was before; None when it was not.

    Examples
    --------
    >>> index, ada = Index(), Record(1, {"city": "London"})
    >>> index.note(ada, at=1000, keep=5000)
    >>> ada.values["city"] = "Paris"
    >>> index.past(500)[1].values["city"], index.past(1000)
    ('London', {})
    """

    changed: list[tuple[int, int, Record | None]] = field(default_factory=list)
    _kept: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict)

    def note(self, record: Record, *, at: int, keep: int, new: bool = False) -> None:
        """Note a record before it changes, and forget what is older than so many milliseconds."""
        last = self.changed[-1] if self.changed else None
        if last is None or last[:2] != (at, record.id):
            copy = None if new else Record(record.id, dict(record.values), record.archived_at)
            self.changed.append((at, record.id, copy))
        if len(self.changed) > 1000 and self.changed[len(self.changed) // 2][0] < at - keep:
            self.changed = [one for one in self.changed if one[0] >= at - keep]

    def past(self, at: int) -> dict[int, Record | None]:
        """Return what was otherwise at a time: records by id, None for those that were not."""
        found: dict[int, Record | None] = {}
        for moment, number, record in self.changed:
            if moment > at:
                found.setdefault(number, record)
        return found

    def kept(self, key: Hashable) -> Any:
        """Return a result that was kept, None if there is none."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def keep(self, key: Hashable, result: Any) -> None:
        """Keep a result; the one that was used longest ago goes."""
        self._kept[key] = result
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def forget(self, number: int) -> None:
        """Leave nothing of a record that was erased for good."""
        self.changed = [one for one in self.changed if one[1] != number]
        self._kept.clear()
