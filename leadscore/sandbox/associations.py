"""Which records are associated with which, and how: both directions, always in step.

A million associations that a world comes with lie in sorted arrays, 18 bytes each in either
direction; the associations of a record that a request changes are copied into a dict first. What
a request may do, and the properties that follow, are in ``links``
(``shown``, ``checked_links``, ``link_new``); the paths in ``associationcalls``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from leadscore.sandbox.associationtypes import Types

__all__ = ["Associations"]

Ints = npt.NDArray[np.int64]
Linked = dict[int, tuple[int, ...]]


class _Block(NamedTuple):
    """Associations in one direction, in order of record and of the record at the other end.

    ``code`` says in which row of ``sets`` the type ids of each association are.
    """

    start: Ints
    end: Ints
    code: npt.NDArray[np.int16]
    sets: tuple[tuple[int, ...], ...]

    def rows(self, number: int) -> slice:
        low, high = np.searchsorted(self.start, [number, number + 1])
        return slice(int(low), int(high))

    def of(self, number: int) -> Linked:
        rows = self.rows(number)
        ends, codes = self.end[rows].tolist(), self.code[rows].tolist()
        return {end: self.sets[code] for end, code in zip(ends, codes, strict=True)}


def _block(start: Ints, end: Ints, kind: Ints) -> _Block:
    order = np.lexsort((kind, end, start))
    start, end, kind = start[order], end[order], kind[order]
    first = np.r_[True, (start[1:] != start[:-1]) | (end[1:] != end[:-1])]
    known, place = np.unique(kind, return_inverse=True)
    if len(known) > 62:
        raise ValueError("more than 62 types of association between two object types")
    masks = np.bitwise_or.reduceat(np.int64(1) << place, np.flatnonzero(first))
    sets, code = np.unique(masks, return_inverse=True)
    return _Block(
        start[first],
        end[first],
        code.astype(np.int16),
        tuple(tuple(int(one) for bit, one in enumerate(known) if mask >> bit & 1) for mask in sets),
    )


class _Side:
    """All associations from one object type to another."""

    def __init__(self) -> None:
        self.blocks: list[_Block] = []
        self.live: dict[int, Linked] = {}

    def of(self, number: int) -> Linked:
        if number in self.live:
            return self.live[number]
        found: Linked = {}
        for block in self.blocks:
            for end, types in block.of(number).items():
                found[end] = _union(found.get(end, ()), types)
        return dict(sorted(found.items())) if len(self.blocks) > 1 else found

    def count(self, number: int) -> int:
        if number not in self.live and len(self.blocks) == 1:
            rows = self.blocks[0].rows(number)
            return int(rows.stop - rows.start)
        return len(self.of(number))

    def set(self, number: int, end: int, types: tuple[int, ...]) -> None:
        own = self.live.get(number)
        if own is None:
            own = self.live[number] = self.of(number)
        early = bool(own) and end not in own and end < next(reversed(own))
        if types:
            own[end] = types
        else:
            own.pop(end, None)
        if types and early:
            self.live[number] = dict(sorted(own.items()))

    def rows(self) -> Iterator[tuple[Ints, Ints, Ints]]:
        """Walk over columns of record, record at the other end, type."""
        live = np.fromiter(self.live, np.int64, len(self.live))
        for block in self.blocks:
            keep = ~np.isin(block.start, live)
            for code, types in enumerate(block.sets):
                chosen = keep & (block.code == code)
                for kind in types:
                    size = int(chosen.sum())
                    yield block.start[chosen], block.end[chosen], np.full(size, kind)
        flat = [
            (number, end, kind)
            for number, own in self.live.items()
            for end, types in own.items()
            for kind in types
        ]
        columns = np.array(flat, np.int64).reshape(-1, 3).T
        yield columns[0], columns[1], columns[2]


def _union(one: tuple[int, ...], other: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted({*one, *other}))


class Associations:
    """The associations of a portal.

    Attributes
    ----------
    types : Types
        What two records can be to each other.

    Examples
    --------
    >>> associations = Associations()
    >>> associations.put("contacts", 1, "companies", 7, [279])
    >>> associations.put("contacts", 1, "companies", 9, [1])
    >>> associations.of("contacts", 1, "companies")
    {7: (279,), 9: (1, 279)}
    >>> associations.of("companies", 9, "contacts")
    {1: (2, 280)}
    """

    def __init__(self) -> None:
        self.types = Types()
        self._sides: dict[tuple[str, str], _Side] = {}

    def _side(self, kind: str, to_kind: str) -> _Side:
        return self._sides.setdefault((kind, to_kind), _Side())

    def of(self, kind: str, number: int, to_kind: str) -> Linked:
        """Return the records that one is associated with, by id, each with its type ids."""
        side = self._sides.get((kind, to_kind))
        return dict(side.of(number)) if side else {}

    def count(self, kind: str, number: int, to_kind: str) -> int:
        """Return with how many records one is associated."""
        side = self._sides.get((kind, to_kind))
        return side.count(number) if side else 0

    def between(self, kind: str, number: int, to_kind: str, to_number: int) -> tuple[int, ...]:
        """Return the type ids of one association; none if there is none."""
        side = self._sides.get((kind, to_kind))
        return side.of(number).get(to_number, ()) if side else ()

    def kinds(self, kind: str) -> list[str]:
        """Return the object types with which one has associations."""
        return [end for start, end in self._sides if start == kind]

    def primary(self, kind: str, number: int, to_kind: str) -> int | None:
        """Return the primary record at the other end, if there is one."""
        wanted = self.types.primary(kind, to_kind)
        if wanted is None:
            return None
        side = self._sides.get((kind, to_kind))
        linked = side.of(number).items() if side else ()
        return next((end for end, types in linked if wanted.id in types), None)

    # ------------------------------------------------------------------ write

    def put(
        self, kind: str, number: int, to_kind: str, to_number: int, type_ids: Iterable[int]
    ) -> None:
        """Associate two records; the type without a label is among the types always.

        Who is made the primary record at the other end takes the place of the one before.
        """
        given = {*type_ids, self.types.default(kind, to_kind).id}
        self._move_primary(kind, number, to_kind, given)
        back = {self.types[one].inverse for one in given}
        self._move_primary(to_kind, to_number, kind, back)
        old = self.between(kind, number, to_kind, to_number)
        self._set(kind, number, to_kind, to_number, _union(old, given))

    def _move_primary(self, kind: str, number: int, to_kind: str, given: set[int]) -> None:
        wanted = self.types.primary(kind, to_kind)
        holder = self.primary(kind, number, to_kind) if wanted and wanted.id in given else None
        if wanted and holder is not None:
            self.drop(kind, number, to_kind, holder, [wanted.id])

    def drop(
        self,
        kind: str,
        number: int,
        to_kind: str,
        to_number: int,
        type_ids: Iterable[int] | None = None,
    ) -> bool:
        """Take types off an association, or end it when none are given; say whether it was."""
        old = self.between(kind, number, to_kind, to_number)
        gone = set(old if type_ids is None else type_ids) & set(old)
        if gone:
            left = tuple(one for one in old if one not in gone)
            self._set(kind, number, to_kind, to_number, left)
        return bool(gone)

    def _set(
        self, kind: str, number: int, to_kind: str, to_number: int, types: tuple[int, ...]
    ) -> None:
        back = tuple(sorted(self.types[one].inverse for one in types))
        if (kind, number) == (to_kind, to_number):
            back = types = _union(types, back)
        self._side(kind, to_kind).set(number, to_number, types)
        self._side(to_kind, kind).set(to_number, number, back)

    def load(
        self, kind: str, to_kind: str, numbers: Any, to_numbers: Any, type_ids: int | Any
    ) -> None:
        """Associate many records at once, one row each; nothing is added to what is given.

        Parameters
        ----------
        kind, to_kind : str
        numbers, to_numbers : array-like of int
        type_ids : int or array-like of int
            Types in this direction.
        """
        start, end = (np.asarray(one, np.int64) for one in (numbers, to_numbers))
        types = np.broadcast_to(np.asarray(type_ids, np.int64), start.shape)
        if not len(start):
            return
        known, place = np.unique(types, return_inverse=True)
        back = np.array([self.types[int(one)].inverse for one in known], np.int64)[place]
        if kind == to_kind:
            both = ((start, end), (end, start), (types, back))
            self._load(kind, kind, *(np.concatenate(pair) for pair in both))
        else:
            self._load(kind, to_kind, start, end, types)
            self._load(to_kind, kind, end, start, back)

    def _load(self, kind: str, to_kind: str, start: Ints, end: Ints, types: Ints) -> None:
        side = self._side(kind, to_kind)
        if side.live:
            for number, other, one in np.column_stack((start, end, types)).tolist():
                side.set(number, other, _union(side.of(number).get(other, ()), [one]))
        else:
            side.blocks.append(_block(start, end, types))

    def move(self, kind: str, old: int, new: int) -> None:
        """Give the associations of one record to another: what a merge does.

        A primary record that the other has stays what it is.
        """
        for to_kind in self.kinds(kind):
            wanted, taken = self.types.primary(kind, to_kind), self.primary(kind, new, to_kind)
            for end, types in self.of(kind, old, to_kind).items():
                self.drop(kind, old, to_kind, end)
                kept = {one for one in types if not (taken and wanted and one == wanted.id)}
                if (to_kind, end) != (kind, new):
                    self.put(kind, new, to_kind, end, kept)

    def forget(self, kind: str, number: int) -> list[tuple[str, int]]:
        """End all associations of a record, and return those at the other ends."""
        others = []
        for to_kind in self.kinds(kind):
            for end in self.of(kind, number, to_kind):
                self.drop(kind, number, to_kind, end)
                others.append((to_kind, end))
        return others

    def forget_type(self, number: int) -> None:
        """Take a type of the portal's own off all associations, and forget it."""
        gone = self.types[number]
        columns = np.column_stack(self.columns(gone.from_kind, gone.to_kind))
        for one, other, _ in columns[columns[:, 2] == number].tolist():
            self.drop(gone.from_kind, one, gone.to_kind, other, [number])
        self.types.remove(number)

    # ------------------------------------------------------------------ state

    def _rows(self, kind: str, to_kind: str) -> Iterator[tuple[Ints, Ints, Ints]]:
        side = self._sides.get((kind, to_kind))
        return side.rows() if side else iter(())

    def columns(self, kind: str, to_kind: str) -> tuple[Ints, Ints, Ints]:
        """Return the associations between two object types in three columns.

        Returns
        -------
        tuple of int64[n]
            Record, record at the other end, type: one row for each type of each association.
        """
        empty = np.array([], np.int64)
        parts = [(empty, empty, empty), *self._rows(kind, to_kind)]
        one, other, types = (np.concatenate(each) for each in zip(*parts, strict=True))
        return one, other, types

    def dump(self) -> dict[str, Any]:
        """Return everything: plain JSON values, and int64 arrays under ``links``."""
        pairs = [pair for pair in self._sides if pair[0] <= pair[1]]
        links = {" ".join(pair): self.columns(*pair) for pair in pairs}
        return {"types": self.types.dump(), "links": links}

    def restore(self, state: dict[str, Any]) -> None:
        """Take what `dump` returned; lists do as well as arrays."""
        self.types.restore(state["types"])
        self._sides = {}
        for pair, columns in state["links"].items():
            self.load(*pair.split(" "), *columns)
