"""The records of one object type, in the order of their ids."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

__all__ = ["Record", "Records"]


@dataclass(slots=True)
class Record:
    """One contact, company or deal.

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


class Records:
    """Records by id, with an index for every property whose values are unique.

    Parameters
    ----------
    unique : iterable of str
        Names of properties that no two records share.

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
        self._by_id: dict[int, Record] = {}
        self._ids: list[int] = []
        self._holders: dict[str, dict[str, int]] = {name: {} for name in unique}

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[Record]:
        """Walk over the records that are not archived, by id."""
        return self.walk()

    @property
    def unique(self) -> set[str]:
        """The properties with an index."""
        return set(self._holders)

    def watch(self, name: str) -> None:
        """Keep an index of one more unique property."""
        held = ((record.values.get(name), record.id) for record in self)
        self._holders.setdefault(name, {value: number for value, number in held if value})

    def add(self, record: Record) -> None:
        """Add a record with a new id."""
        self._by_id[record.id] = record
        if not self._ids or record.id > self._ids[-1]:
            self._ids.append(record.id)
        else:
            insort(self._ids, record.id)
        for name, holders in self._holders.items():
            if name in record.values:
                holders[record.values[name]] = record.id

    def get(self, number: int, *, archived: bool = False) -> Record | None:
        """Return a record, None if there is none or if it is archived (or is not)."""
        found = self._by_id.get(number)
        return found if found and bool(found.archived_at) is archived else None

    def holder(self, name: str, value: str) -> int | None:
        """Return the id of the record that has a unique property's value."""
        return self._holders.get(name, {}).get(value)

    def set(self, record: Record, name: str, value: str) -> None:
        """Set a value, or clear it when empty."""
        holders = self._holders.get(name)
        if holders is not None:
            holders.pop(record.values.get(name, ""), None)
            if value:
                holders[value] = record.id
        if value:
            record.values[name] = value
        else:
            record.values.pop(name, None)

    def archive(self, record: Record, *, at: str) -> None:
        """Archive a record: its unique values are free again."""
        record.archived_at = at
        for name, holders in self._holders.items():
            holders.pop(record.values.get(name, ""), None)

    def walk(self, *, after: int = 0, archived: bool = False) -> Iterator[Record]:
        """Walk over records by id, from an id on."""
        for place in range(bisect_left(self._ids, after), len(self._ids)):
            record = self._by_id[self._ids[place]]
            if bool(record.archived_at) is archived:
                yield record

    def page(self, *, after: int, limit: int, archived: bool = False) -> list[Record]:
        """Return up to so many records from an id on."""
        return list(islice(self.walk(after=after, archived=archived), limit))
