"""Property history as it is recorded: who set what, when, to which string."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadscore.sandbox.marketruns import ends

__all__ = ["Batch", "Entries", "Links", "Recorder", "counted"]

Ints = npt.NDArray[np.int64]
Places = npt.NDArray[Any]
_COUNTED = np.array([str(number) for number in range(10_000)], dtype=object)


@dataclass(frozen=True)
class Entries:
    """Property history, sorted by record, property and time.

    Parameters
    ----------
    record : array of int32
        Place in `Batch.ids`.
    property : array of int16
        Place in `World.names` of the kind.
    at : array of int64
        Epoch milliseconds of the change.
    value : list of str
        As on the wire; "" clears. Equal strings are one object where that is cheap.
    source : array of int8
        Place in `World.sources`.
    """

    record: npt.NDArray[np.int32]
    property: npt.NDArray[np.int16]
    at: Ints
    value: list[str]
    source: npt.NDArray[np.int8]


@dataclass(frozen=True)
class Links:
    """Associations of one type per row; ``type_ids`` are HubSpot's."""

    from_ids: Ints
    to_kind: str
    to_ids: Ints
    type_ids: npt.NDArray[np.int16]


@dataclass(frozen=True)
class Batch:
    """Records of one kind, in order of creation.

    Parameters
    ----------
    kind : str
        "contacts", "companies" or "deals".
    ids, created : array of int64
        Record ids, ascending; epoch milliseconds.
    entries : Entries
    archived : dict of int to int
        Id -> epoch milliseconds.
    merged : dict of int to (int, int)
        Id that is gone (not in ``ids``) -> id that it was merged into, epoch milliseconds.
    links : list of Links
    """

    kind: str
    ids: Ints
    created: Ints
    entries: Entries
    archived: dict[int, int]
    merged: dict[int, tuple[int, int]]
    links: list[Links]


def counted(numbers: Places) -> Places:
    """Return whole numbers as strings; small ones are the same object.

    Examples
    --------
    >>> counted(np.array([3, 12_345])).tolist()
    ['3', '12345']
    """
    if len(numbers) == 0 or numbers.max() < len(_COUNTED):
        return np.asarray(_COUNTED[numbers])
    return np.array([str(number) for number in numbers.tolist()], dtype=object)


def moments(ms: Ints) -> Places:
    """Return epoch milliseconds as HubSpot sends times.

    Examples
    --------
    >>> moments(np.array([1582947017000])).tolist()
    ['2020-02-29T03:30:17.000Z']
    """
    texts = np.datetime_as_string(ms.astype("datetime64[ms]"), unit="ms", timezone="UTC")
    return texts.astype(object)


class Recorder:
    """Collect entries by property; give them back in order.

    Parameters
    ----------
    names : sequence of str
        The properties, in the order of their places.
    limit : array of int64
        The moment after which nothing of a record is kept, epoch milliseconds.
    history : bool
        Without it only the last entry of each property is kept.
    """

    def __init__(self, names: Sequence[str], limit: Ints, *, history: bool) -> None:
        self.place = {name: place for place, name in enumerate(names)}
        self.limit, self.history = limit, history
        self.parts: list[tuple[Places, ...]] = []

    def texts(self, name: str, rows: Ints, at: Ints, values: Any, source: Any) -> None:
        """Record strings: an object array, or one string for all."""
        self._add(name, rows, at, source, lambda keep: _strings(values, keep))

    def numbers(self, name: str, rows: Ints, at: Ints, values: Places, source: Any) -> None:
        """Record whole numbers."""
        self._add(name, rows, at, source, lambda keep: counted(values[keep]))

    def moments(self, name: str, rows: Ints, at: Ints, values: Ints, source: Any) -> None:
        """Record times, given as epoch milliseconds."""
        self._add(name, rows, at, source, lambda keep: moments(values[keep]))

    def _add(self, name: str, rows: Ints, at: Ints, source: Any, values: Any) -> None:
        # An entry for each act, in order of contact and time: the last of a row stays.
        keep = np.flatnonzero(at <= self.limit[rows])
        if not self.history and len(keep):
            keep = keep[ends(rows[keep])]
        if not len(keep):
            return
        setter = np.broadcast_to(np.asarray(source, dtype=np.int8), rows.shape)[keep]
        place = np.full(len(keep), self.place[name], dtype=np.int16)
        self.parts.append((rows[keep], place, at[keep], values(keep), setter))

    def entries(self) -> Entries:
        """Return everything in order: of two entries at one moment the later one stays."""
        row, place, at, value, source = (
            np.concatenate(part) for part in zip(*(self.parts or [_NOTHING]), strict=True)
        )
        order = np.lexsort((at, row * len(self.place) + place))
        row, place, at = row[order], place[order], at[order]
        kept = ends(row, place, at) if self.history else ends(row, place)
        return Entries(
            record=row[kept].astype(np.int32),
            property=place[kept].astype(np.int16),
            at=at[kept],
            value=value[order[kept]].tolist(),
            source=source[order[kept]],
        )


_NOTHING: tuple[Places, ...] = tuple(np.zeros(0, dtype=k) for k in ("i8", "i2", "i8", "O", "i1"))


def _strings(values: Any, keep: Ints) -> Places:
    if isinstance(values, str):
        filled = np.empty(len(keep), dtype=object)
        filled[:] = values
        return filled
    return np.asarray(values[keep])
