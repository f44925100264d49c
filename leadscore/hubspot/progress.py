"""What a full read has read so far: each id once, and where to go on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from leadscore.errors import BadReplyError
from leadscore.hubspot.idset import Ids, IdSet, Marks
from leadscore.hubspot.pages import Page

__all__ = ["Progress"]

_PLAIN = (
    *("after", "first", "last", "above", "top", "listed"),
    *("ordered", "alone", "catching_up", "lost", "done"),
)
IDLE = 20  # pages in a row that bring nothing new and are no catching up


class Progress:
    """Takes pages of the list, from below, and of a search, from above, until they meet.

    While the list's ids ascend, everything up to the last one is read, and everything in the
    search's range. Where they do not (HubSpot documents no order), the ids themselves are kept,
    eight bytes each, and the list goes on alone.

    Parameters
    ----------
    position : dict, optional
        What `position` returned earlier.

    Attributes
    ----------
    after : str or None
        The list's next cursor; None: it is lost, go on from `last` by search.
    first, last : int or None
        The ids that the list began with and came to.
    above, top : int or None
        What the search has read: all ids from `above` to `top`.
    listed : int
        How many records came of the list.
    ordered : bool
        Whether the list's ids ascend so far.
    alone : bool
        The list is read to its end, whatever the search has read.
    catching_up : bool
        The list began again, and has not come to what is new.
    lost : bool
        The cursor was lost at some time.
    met : bool
        Both ways have met; whether that is all must be judged.
    done : bool
        Everything is read.
    """

    def __init__(self, position: dict[str, Any] | None = None) -> None:
        position = position or {}
        self.after: str | None = position.get("after", "")
        self.first: int | None = position.get("first")
        self.last: int | None = position.get("last")
        self.above: int | None = position.get("above")
        self.top: int | None = position.get("top")
        self.listed: int = position.get("listed", 0)
        self.ordered = bool(position.get("ordered", True))
        self.alone = bool(position.get("alone", False))
        self.met = False
        self.done = bool(position.get("done", False))
        # Up to here the ids of an earlier run are known by their order alone.
        self._earlier: int | None = self.last if self.ordered else position.get("earlier")
        self.catching_up = bool(position.get("catching_up", False))
        self.lost = bool(position.get("lost", False)) or self.after is None
        self._read = IdSet(position.get("read", ""))
        self._idle = 0

    def position(self) -> dict[str, Any]:
        """Return where to go on, as plain JSON values."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        if self.ordered:
            return plain
        return plain | {"earlier": self._earlier, "read": self._read.packed()}

    def start_anew(self) -> None:
        """Begin the list again: its cursor is lost, and what was read is to be dropped."""
        if not self.ordered and self._earlier is not None:
            raise _again("the list's cursor was lost, and its order is not that of ids")
        self.after, self.catching_up, self.lost = "", True, True

    def judge(self, below: int) -> None:
        """Believe that nothing lies between list and search, or read on by the list alone.

        A list that only seemed to ascend, on short pages, has fewer records than the portal
        counts `below` the search's.
        """
        self.met = False
        self.done = below <= self.listed
        self.alone = not self.done

    @property
    def doubt(self) -> int | None:
        """Up to which id a count must confirm the end; None where nothing is doubtful.

        A cursor that was lost makes everything hang on the order that the list had before.
        """
        if not self.done or not self.lost or not self.ordered or self.last is None:
            return None
        return self.last if self.above is None else min(self.last, self.above - 1)

    def confirm(self, counted: int) -> None:
        """Compare with the portal's count up to `doubt`."""
        if counted > self.listed:
            raise _again("the list's cursor was lost, and its order is not that of ids")

    # ----------------------------------------------------------------- the list

    def take_list(self, page: Page) -> pa.Table:
        """Take a page of the list; return the rows of it that are new."""
        numbers = _numbers(page.rows)
        rows = self._from_list(page.rows, numbers) if len(numbers) else page.rows
        self.after = page.after
        self.done = self.done or not page.after
        return rows

    def _from_list(self, rows: pa.Table, numbers: Ids) -> pa.Table:
        fresh = self._fresh(numbers)
        self._idle = 0 if fresh.any() or self.catching_up else self._idle + 1
        self.catching_up = self.catching_up and not fresh.any()
        if self._idle > IDLE:
            raise _again(f"{IDLE} pages in a row hold only records that were read before")
        self.first = int(numbers[0]) if self.first is None else self.first
        self._read.add(numbers[fresh])
        if self.ordered and fresh.any():
            self.last = int(numbers[fresh][-1])
        if not self.alone and self.above is not None and numbers[-1] >= self.above:
            self.met = True
        return self._mine(rows, numbers, fresh)

    def _mine(self, rows: pa.Table, numbers: Ids, fresh: Marks) -> pa.Table:
        """Keep the fresh rows that the search has not read."""
        mine = fresh
        if self.above is not None and self.top is not None:
            mine = fresh & ~((numbers >= self.above) & (numbers <= self.top))
        self.listed += int(mine.sum())
        return rows if mine.all() else rows.filter(pa.array(mine))

    def _fresh(self, numbers: Ids) -> Marks:
        """Say which ids of a page of the list no page of the list had before."""
        if self.ordered and _ascend(numbers, self.last):
            return np.ones(len(numbers), bool)
        fresh = _firsts(numbers)
        fresh &= ~self._before(numbers)
        if self.ordered and not _ascend(numbers[fresh], self.last):
            self.ordered, self.alone = False, True
        return fresh

    def _before(self, numbers: Ids) -> Marks:
        """Say which ids earlier pages had."""
        seen = self._read.has(numbers)
        if self._earlier is None:
            return seen
        early: Marks = numbers <= self._earlier
        restarted = self.ordered and bool(numbers[0] == self.first)
        self.catching_up = self.catching_up or restarted
        self.lost = self.lost or self.catching_up
        if not self.catching_up and (early & (numbers != self._earlier)).any():
            raise _again("the list's order is not what it was")
        return seen | early

    # ----------------------------------------------------------------- searches

    def take_search(self, page: Page) -> pa.Table:
        """Take a page from above, ids descending; return the rows that the list has not read."""
        numbers = _numbers(page.rows)
        if self.alone or not len(numbers):
            return page.rows.slice(0, 0)
        self.top = int(numbers[0]) if self.top is None else self.top
        self.above = int(numbers[-1])
        if self.last is None or self.above > self.last:
            return page.rows
        self.met, self.above = True, self.last + 1
        return page.rows.filter(pa.array(numbers > self.last))

    def take_below(self, page: Page) -> pa.Table:
        """Take a page of the search that stands in for the list, ids ascending."""
        numbers = _numbers(page.rows)
        self.after, self.lost = None, True
        if not len(numbers):
            return page.rows
        self.last = int(numbers[-1])
        self._read.add(numbers)
        self.done = self.above is not None and self.last >= self.above
        return self._mine(page.rows, numbers, np.ones(len(numbers), bool))


def _numbers(rows: pa.Table) -> Ids:
    try:
        found: Ids = pc.cast(rows["id"], pa.int64()).to_numpy()
    except pa.ArrowInvalid:
        raise _again("an id is no number") from None
    return found


def _ascend(numbers: Ids, last: int | None) -> bool:
    """Say whether ids ascend, strictly, and go on from the last one."""
    if len(numbers) and last is not None and numbers[0] <= last:
        return False
    return bool((np.diff(numbers) > 0).all())


def _firsts(numbers: Ids) -> Marks:
    """Say which places of a page hold an id for the first time in it."""
    firsts = np.zeros(len(numbers), bool)
    firsts[np.unique(numbers, return_index=True)[1]] = True
    return firsts


def _again(why: str) -> BadReplyError:
    return BadReplyError(
        f"The reading cannot be complete: {why}.", hint="Read this type again from the start."
    )
