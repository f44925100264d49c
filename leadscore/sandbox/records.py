"""The records of one object type, in the order of their ids."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from leadscore.sandbox.shuffling import mixed, unmixed

__all__ = ["Record", "Records", "record_id"]

_ID = re.compile(r"[0-9]{1,18}\Z")


def record_id(key: object) -> int:
    """Return the id that a request names, and 0, which no record has, for what is no id.

    Examples
    --------
    >>> record_id("1001"), record_id("ada@example.com"), record_id("9" * 5000)
    (1001, 0, 0)
    """
    text = str(key)
    return int(text) if _ID.match(text) else 0


@dataclass(slots=True)
class Record:
    """One record of any object type.

    Parameters
    ----------
    id : int
    values : dict of str to str
        What is known, as on the wire; what is not known is not there.
    archived_at : str, optional
        When it was archived.
    """

    id: int
    values: dict[str, str]
    archived_at: str | None = None


Before = Callable[[Record, bool], None]

# What else a record is known by: HubSpot API docs, "Contacts": additional email addresses are
# unique too, and are separated by semicolons.
FURTHER = {"email": "hs_additional_emails"}
MERGED = "hs_merged_object_ids"
_INDEXED = {*FURTHER.values(), MERGED}


def _keys(record: Record, name: str) -> list[str]:
    """Return the values that nobody else may have."""
    own = record.values.get(name)
    more = record.values.get(FURTHER.get(name, ""), "")
    return [key for key in (own, *more.split(";")) if key]


def _nothing(record: Record, new: bool) -> None:
    """Do nothing before a change."""


class Records:
    """Records by id, with an index for every property whose values are unique.

    Parameters
    ----------
    unique : iterable of str
        Names of properties that no two records share.

    Attributes
    ----------
    version : int
        Goes up with every change.
    merged : dict of int to int
        The ids of records that were merged, and of what came of them.
    before : callable
        Is told of a record that is about to change, and whether it is new.

    Examples
    --------
    >>> records = Records(["email"])
    >>> for number in (3, 1, 2):
    ...     records.add(Record(number, {"email": f"{number}@example.com"}))
    >>> [record.id for record in records.page(after=2, limit=5)]
    [2, 3]
    >>> records.holder("email", "3@example.com")
    3
    """

    def __init__(self, unique: tuple[str, ...] = ()) -> None:
        self.version = 0
        self.before: Before = _nothing
        self._by_id: dict[int, Record] = {}
        self._ids: dict[bool, list[int]] = {False: [], True: []}
        self._shuffled: dict[bool, list[int]] = {}
        self.merged: dict[int, int] = {}
        self._holders: dict[str, dict[str, int]] = {name: {} for name in unique}

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Record]:
        """Walk over the records that are not archived, by id."""
        return self.walk()

    @property
    def unique(self) -> set[str]:
        """The properties with an index."""
        return set(self._holders)

    def watch(self, name: str) -> None:
        """Keep an index of one more unique property."""
        held = {key: record.id for record in self for key in _keys(record, name)}
        self._holders.setdefault(name, held)

    def add(self, record: Record) -> None:
        """Add a record with a new id."""
        self._changing(record, new=True)
        self._by_id[record.id] = record
        self._place(record)
        if record.archived_at is None:
            self._hold(record)

    def _hold(self, record: Record) -> None:
        for name, holders in self._holders.items():
            for key in _keys(record, name):
                holders[key] = record.id
        if MERGED in record.values:
            self._note_merged(record)

    def _note_merged(self, record: Record) -> None:
        for number in record.values.get(MERGED, "").split(";"):
            if number:
                self.merged[int(number)] = record.id

    def _release(self, record: Record) -> None:
        for name, holders in self._holders.items():
            for key in _keys(record, name):
                if holders.get(key) == record.id:
                    del holders[key]

    def get(self, number: int, *, archived: bool = False) -> Record | None:
        """Return a record, None if there is none or if it is archived (or is not)."""
        found = self._by_id.get(number)
        return found if found and bool(found.archived_at) is archived else None

    def holder(self, name: str, value: str) -> int | None:
        """Return the id of the record that has a unique property's value."""
        return self._holders.get(name, {}).get(value)

    def survivor(self, number: int) -> int | None:
        """Return the id of the record that another was merged into, at last."""
        found = self.merged.get(number)
        while found in self.merged:
            found = self.merged[found]
        return found

    def _changing(self, record: Record, *, new: bool = False) -> None:
        self.version += 1
        self.before(record, new)

    def _place(self, record: Record) -> None:
        ids = self._ids[bool(record.archived_at)]
        if not ids or record.id > ids[-1]:
            ids.append(record.id)
        else:
            insort(ids, record.id)
        if self._shuffled:
            insort(self._shuffled[bool(record.archived_at)], mixed(record.id))

    def _displace(self, record: Record) -> None:
        ids = self._ids[bool(record.archived_at)]
        del ids[bisect_left(ids, record.id)]
        if self._shuffled:
            places = self._shuffled[bool(record.archived_at)]
            del places[bisect_left(places, mixed(record.id))]

    def set(self, record: Record, name: str, value: str) -> None:
        """Set a value, or clear it when empty."""
        self._changing(record)
        indexed = name in self._holders or name in _INDEXED
        if indexed:
            self._release(record)
        if value:
            record.values[name] = value
        else:
            record.values.pop(name, None)
        if indexed:
            self._hold(record)

    def archive(self, record: Record, *, at: str) -> None:
        """Archive a record: its unique values are free again."""
        self._changing(record)
        self._displace(record)
        record.archived_at = at
        self._place(record)
        self._release(record)

    def remove(self, record: Record) -> None:
        """Forget a record altogether."""
        self._changing(record)
        self._displace(record)
        self._release(record)
        del self._by_id[record.id]

    def walk(self, *, after: int = 0, archived: bool = False) -> Iterator[Record]:
        """Walk over records by id, from an id on."""
        ids = self._ids[archived]
        for place in range(bisect_left(ids, after), len(ids)):
            yield self._by_id[ids[place]]

    def ids_between(self, low: float, high: float) -> list[int]:
        """Return the ids from one to another, both included, of records not archived."""
        ids = self._ids[False]
        return ids[bisect_left(ids, low) : bisect_right(ids, high)]

    def page(
        self, *, after: int, limit: int, archived: bool = False, shuffled: bool = False
    ) -> list[Record]:
        """Return up to so many records from an id on, in the order of ids or another one."""
        if not shuffled:
            return list(islice(self.walk(after=after, archived=archived), limit))
        places = self._places(archived)
        start = bisect_left(places, mixed(after))
        return [self._by_id[unmixed(place)] for place in places[start : start + limit]]

    def _places(self, archived: bool) -> list[int]:
        if not self._shuffled:
            self._shuffled = {key: sorted(map(mixed, ids)) for key, ids in self._ids.items()}
        return self._shuffled[archived]
