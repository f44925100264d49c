"""A set of record ids in eight bytes each, that can be written down."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import numpy.typing as npt

__all__ = ["IdSet", "Ids", "Marks"]

Ids = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]

_RECENT = 5_000  # ids that wait to be sorted in


class IdSet:
    """A growing set of ids; nothing is sorted before somebody asks.

    Parameters
    ----------
    text : str, optional
        What `packed` returned earlier.

    Examples
    --------
    >>> read = IdSet()
    >>> read.add(np.array([7, 3]))
    >>> IdSet(read.packed()).has(np.array([1, 3])).tolist()
    [False, True]
    """

    def __init__(self, text: str = "") -> None:
        self._sorted: Ids = _unpacked(text) if text else np.empty(0, np.int64)
        self._recent: list[Ids] = []

    def add(self, ids: Ids) -> None:
        """Add ids; they need not be new."""
        self._recent.append(ids)

    def has(self, ids: Ids) -> Marks:
        """Say of each id whether it is in the set."""
        recent = np.concatenate([np.empty(0, np.int64), *self._recent])
        self._recent = [recent]
        if len(recent) > _RECENT:
            self._sort()
        found: Marks = np.isin(ids, self._recent[0]) if self._recent else np.zeros(len(ids), bool)
        if len(self._sorted):
            places = np.searchsorted(self._sorted, ids)
            found |= self._sorted[np.minimum(places, len(self._sorted) - 1)] == ids
        return found

    def _sort(self) -> None:
        # A stable sort knows what is in order already.
        self._sorted = np.sort(np.concatenate([self._sorted, *self._recent]), kind="stable")
        self._recent = []

    def packed(self) -> str:
        """Return the set as text."""
        self._sort()
        steps = np.diff(np.unique(self._sorted), prepend=np.int64(0)).astype("<i8")
        return base64.b64encode(zlib.compress(steps.tobytes(), 1)).decode()


def _unpacked(text: str) -> Ids:
    steps = np.frombuffer(zlib.decompress(base64.b64decode(text)), "<i8")
    return np.cumsum(steps, dtype=np.int64)
