"""What every property was before, since when, and by whom: HubSpot's property history.

HubSpot API docs, "Contacts": with ``propertiesWithHistory`` a record comes with every value that a
property had, the newest first, each with its time and source. Kept here are the changes only: a
value that nobody has changed since its record was made has one entry, which is derived.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from leadscore.sandbox.moments import from_ms

__all__ = ["CALCULATED", "Block", "Change", "History", "Source"]


class Source(NamedTuple):
    """Who or what set a value (HubSpot API reference, "ValueWithTimestamp")."""

    type: str
    id: str | None = None
    label: str | None = None
    user: int | None = None


CALCULATED = Source("CALCULATED")


class Change(NamedTuple):
    """One value that a property had; "" when it was cleared."""

    value: str
    at: int
    source: Source

    def wire(self) -> dict[str, Any]:
        """Return the entry as HubSpot sends it."""
        shape: dict[str, Any] = {
            "value": self.value,
            "timestamp": from_ms(self.at),
            "sourceType": self.source.type,
        }
        more = {
            "sourceId": self.source.id,
            "sourceLabel": self.source.label,
            "updatedByUserId": self.source.user,
        }
        return shape | {key: value for key, value in more.items() if value is not None}


@dataclass(frozen=True)
class Block:
    """The history of many records at once, in columns: what a world comes with.

    Parameters
    ----------
    ids : list of int
        Record ids, ascending.
    starts : int64[len(ids) + 1]
        Where each record's entries start.
    names : tuple of str
        Property names.
    sources : tuple of Source
    property, source : int16[n], int8[n]
        Places in ``names`` and ``sources``; within a record, entries are in order of property and
        time.
    at : int64[n]
        Epoch milliseconds.
    value : sequence of str
    """

    ids: list[int]
    starts: npt.NDArray[np.int64]
    names: tuple[str, ...]
    sources: tuple[Source, ...]
    property: npt.NDArray[np.int16]
    at: npt.NDArray[np.int64]
    value: Sequence[str]
    source: npt.NDArray[np.int8]

    def of(self, row: int, name: str) -> list[Change]:
        """Return the entries of one property of the record in a row, the oldest first."""
        if name not in self.names:
            return []
        start, end = int(self.starts[row]), int(self.starts[row + 1])
        place = self.names.index(name)
        low, high = start + np.searchsorted(self.property[start:end], [place, place + 1])
        return [self._change(number) for number in range(int(low), int(high))]

    def _change(self, number: int) -> Change:
        source = self.sources[int(self.source[number])]
        return Change(self.value[number], int(self.at[number]), source)


class History:
    """The property history of one object type.

    Examples
    --------
    >>> history = History()
    >>> history.add(1001, "city", Change("Köln", 0, Source("CRM_UI")))
    >>> [entry["value"] for entry in history.wire(1001, "city")]
    ['Köln']
    """

    def __init__(self) -> None:
        self.live: dict[int, dict[str, list[Change]]] = {}
        self.blocks: list[Block] = []
        self._firsts: list[int] = []

    def load(self, block: Block) -> None:
        """Take a block of entries whose ids lie above those of all blocks before."""
        if block.ids:
            self.blocks.append(block)
            self._firsts.append(block.ids[0])

    def add(self, number: int, name: str, change: Change) -> None:
        """Add a property's newest entry."""
        self.live.setdefault(number, {}).setdefault(name, []).append(change)

    def of(self, number: int, name: str) -> list[Change]:
        """Return the entries of one property of one record, the oldest first."""
        return self._loaded(number, name) + self.live.get(number, {}).get(name, [])

    def has(self, number: int, name: str) -> bool:
        """Say whether there is any entry of one property of one record."""
        live = self.live.get(number, {}).get(name)
        return bool(live or self._loaded(number, name))

    def _loaded(self, number: int, name: str) -> list[Change]:
        found = self._row(number)
        return self.blocks[found[0]].of(found[1], name) if found else []

    def _row(self, number: int) -> tuple[int, int] | None:
        """Return in which block a record is, and in which row of it."""
        place = bisect_left(self._firsts, number + 1) - 1
        if place < 0:
            return None
        ids = self.blocks[place].ids
        row = bisect_left(ids, number)
        return (place, row) if row < len(ids) and ids[row] == number else None

    def wire(self, number: int, name: str, *, most: int | None = None) -> list[dict[str, Any]]:
        """Return the entries as HubSpot sends them, the newest first, at most so many."""
        newest = self.of(number, name)[::-1]
        return [change.wire() for change in newest[:most]]

    def forget(self, numbers: Iterable[int]) -> None:
        """Erase what is known of records; a loaded block is copied once, however many go."""
        rows: dict[int, list[int]] = {}
        for number in sorted(set(numbers)):
            self.live.pop(number, None)
            found = self._row(number)
            if found is not None:
                rows.setdefault(found[0], []).append(found[1])
        for place, gone in rows.items():
            self.blocks[place] = _without(self.blocks[place], gone)


def _without(block: Block, rows: Sequence[int]) -> Block:
    """Return a block without the entries of the records in some rows, in ascending order."""
    keep, value, place = np.ones(len(block.at), bool), list[str](), 0
    for row in rows:
        start, end = int(block.starts[row]), int(block.starts[row + 1])
        keep[start:end] = False
        value += block.value[place:start]
        place = end
    sizes = np.diff(block.starts)
    sizes[list(rows)] = 0
    return Block(
        block.ids,
        np.append(0, np.cumsum(sizes)),
        block.names,
        block.sources,
        block.property[keep],
        block.at[keep],
        [*value, *block.value[place:]],
        block.source[keep],
    )
