"""Compare a reading with the portal's own count, and explain every difference.

A record that left the portal is not told by any list of changes. Search counts the records of any
range of ids, so halving the range that differs finds the ones that left, or that a reading missed,
with a few searches each; every one is then looked up by its id, since search's index lags behind.

A record that left and one that was missed, close to each other, make the counts agree again: such a
pair is found by the next full reading.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from leadscore.hubspot.reading import count, ids_between
from leadscore.synctask import Task

__all__ = ["Differences", "differences"]

Ids = npt.NDArray[np.int64]
_LEAF = 200  # ids that one search returns
_TOP = 2**53 - 1  # the largest id that every reader of JSON keeps whole
_SEARCHES = 400  # beyond so many a full reading is cheaper


@dataclass
class Differences:
    """What the portal's count and a reading do not agree on.

    Attributes
    ----------
    surplus : list of str
        Ids that were read, and that search does not find.
    unseen : list of str
        Ids that search finds, and that were not read.
    explained : bool
        Whether these are all.
    too_many : bool
        Whether they are so scattered that reading everything is cheaper than finding them.
    """

    surplus: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    explained: bool = True
    too_many: bool = False


def differences(task: Task, ids: pa.Array) -> Differences:
    """Find the records in which a reading and the portal's index differ.

    Parameters
    ----------
    task : Task
    ids : pyarrow.Array of str
        The ids that were read.
    """
    total = count(task.portal, task.object_type)
    numbers = _numbers(ids)
    if numbers is None:
        return Differences(explained=total == len(ids))
    return _Search(task, numbers).run(total)


def _numbers(ids: pa.Array) -> Ids | None:
    try:
        return np.sort(ids.cast(pa.int64()).to_numpy(zero_copy_only=False))
    except pa.ArrowInvalid:
        return None


class _Search:
    """The halving; ranges are above `low`, up to and including `high`."""

    def __init__(self, task: Task, ids: Ids) -> None:
        self._task, self._ids = task, ids
        self._left = _SEARCHES
        self._found = Differences()

    def run(self, total: int) -> Differences:
        ranges = [(0, _TOP, total)]
        while ranges and self._found.explained:
            ranges.extend(self._split(*ranges.pop()))
        return self._found

    def _split(self, low: int, high: int, total: int) -> list[tuple[int, int, int]]:
        own = self._own(low, high)
        if len(own) == total:
            return []
        if total <= _LEAF:
            self._compare(low, high, total, own)
            return []
        middle = _middle(own, low, high)
        below = self._count(low, middle)
        return [(low, middle, below), (middle, high, total - below)]

    def _own(self, low: int, high: int) -> Ids:
        first, last = np.searchsorted(self._ids, [low, high], side="right")
        return self._ids[first:last]

    def _count(self, low: int, high: int) -> int:
        self._spend()
        return count(self._task.portal, self._task.object_type, low=str(low), high=str(high))

    def _spend(self) -> None:
        self._left -= 1
        self._found.too_many = self._left <= 0
        self._found.explained &= not self._found.too_many

    def _compare(self, low: int, high: int, total: int, own: Ids) -> None:
        self._spend()
        there = ids_between(self._task.portal, self._task.object_type, str(low), str(high))
        self._found.explained &= len(there) == total
        mine = {str(number) for number in own}
        self._found.surplus += sorted(mine - set(there))
        self._found.unseen += sorted(set(there) - mine)


def _middle(own: Ids, low: int, high: int) -> int:
    """Return where to halve: in the middle of the ids that are known."""
    middle = int(own[len(own) // 2]) if len(own) else 0
    return middle if low < middle < high else (low + high) // 2
