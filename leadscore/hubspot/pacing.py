"""Keep below the portal's limits: buckets of tokens that learn from the replies.

A portal counts a call at some moment between its sending and its reply, and refuses what would be
more than its limit in any span of one interval. So a bucket has as many tokens as the limit; a call
takes one, and it comes back one interval *after the call's reply*. Whatever the network does in
between, the calls whose tokens are out include all that the portal still counts, and there are
never more of them than the limit.

Others may use up the same limit: calls of the same app elsewhere, and for search every app of the
account. Where replies say how much remains, the difference is left to them. Where they do not
(search), a 429 takes a token out of use, and it is regained slowly.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from typing import Final, NamedTuple

from leadscore.hubspot.pacestate import FIELDS, SLOTS, Memory, State
from leadscore.hubspot.waits import Waits

__all__ = ["Bucket", "Ticket"]

LEASE: Final = 60.0  # seconds after which the token of a call without a reply begins to come back
LONGEST_PAUSE: Final = 600.0  # seconds
_INTERVALS: Final = (0.001, 3600.0)
_PATIENCE: Final = (200.0, 1600.0)  # calls without a 429 before a token is tried again

_HELD: Final = 0.3  # of an interval: so long nothing of others is forgotten
_TOLERABLE: Final = 200  # calls for one 429
_SLACK: Final = 1.001  # two machines' clocks do not run alike
_MARK: Final = 20261125.0  # of numbers that are in this order

# What the numbers of a state are.
_LIMIT, _INTERVAL, _PAUSED, _OTHERS, _SEEN, _TAKEN = range(6)
_SHY, _SHIED, _WELL, _PATIENT, _BOLD, _SPAN, _MARKED = range(6, 13)


class Ticket(NamedTuple):
    """A token that is out.

    Attributes
    ----------
    slot : int
        Which one; -1 where the limit is beyond counting.
    out : int
        How many were out when it was taken, itself included.
    taken : float
        How many had ever been taken then.
    """

    slot: int
    out: int
    taken: float


class Bucket:
    """As many tokens as the portal allows calls in one interval.

    Parameters
    ----------
    limit : int
        Calls that the portal allows in one interval, to begin with. Limits beyond 512 are not
        paced: no portal has them.
    interval : float
        The interval's length in seconds.
    waits : Waits, optional
        Injectable, for tests without waiting.
    state : State, optional
        Where the numbers are kept; in this process by default.

    Notes
    -----
    HubSpot states the limit in ``X-HubSpot-RateLimit-Max``, what is left of it in ``-Remaining``
    and the interval in ``-Interval-Milliseconds``, on every reply except those of search (HubSpot
    API docs, "API usage guidelines and limits").

    Examples
    --------
    >>> bucket = Bucket(100, 10.0)
    >>> ticket = bucket.take()
    >>> bucket.back(ticket, {"X-HubSpot-RateLimit-Max": "190"})
    >>> bucket.limit
    190
    """

    def __init__(
        self,
        limit: int,
        interval: float,
        *,
        waits: Waits | None = None,
        state: State | None = None,
    ) -> None:
        self._first = (float(limit), float(interval))
        self._waits = waits or Waits()
        self._state: State = state or Memory()

    def keep_in(self, state: State) -> None:
        """Keep the numbers elsewhere from now on, together with whoever else does."""
        self._state = state

    @property
    def limit(self) -> int:
        """Calls that the portal allows in one interval, as far as is known."""
        return int(self._read(_LIMIT))

    @property
    def interval(self) -> float:
        """The interval's length in seconds."""
        return self._read(_INTERVAL)

    def _read(self, which: int) -> float:
        with self._state.held() as numbers:
            self._mend(numbers)
            return numbers[which]

    def take(self, *, at_most: float = math.inf) -> Ticket | None:
        """Wait for a token and take it.

        Parameters
        ----------
        at_most : float
            Seconds to wait.

        Returns
        -------
        Ticket or None
            None when there will be none in time; then nobody waited.
        """
        end = self._waits.clock() + at_most
        while True:
            now = self._waits.clock()
            found = self._claim(now)
            if isinstance(found, Ticket):
                return found
            if now + found > end:
                return None
            self._waits.sleep(found)

    def _claim(self, now: float) -> Ticket | float:
        """Take a token, or return the seconds until there may be one."""
        with self._state.held() as numbers:
            self._mend(numbers)
            if (pause := _still(numbers[_PAUSED], now, LONGEST_PAUSE)) > 0:
                return pause
            if numbers[_LIMIT] > SLOTS:
                return Ticket(-1, 0, 0.0)
            return _take(numbers, now)

    def back(self, ticket: Ticket, headers: Mapping[str, str] | None = None) -> None:
        """Let a token come back one interval from now: its reply has come, or never will.

        Parameters
        ----------
        headers : mapping, optional
            Of the reply; they correct the limit and tell of others.
        """
        now = self._waits.clock()
        told = headers or {}
        with self._state.held() as numbers:
            self._mend(numbers)
            _learn(numbers, told)
            if ticket.slot >= 0:
                numbers[FIELDS + ticket.slot] = now + numbers[_INTERVAL] * _SLACK
                _heed_others(numbers, ticket, told, now)
                _take_heart(numbers)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take over the limit that a reply states."""
        with self._state.held() as numbers:
            self._mend(numbers)
            _learn(numbers, headers)

    def pause(self, seconds: float) -> None:
        """Let no call through for a while, and then a few less: the portal said it is too much."""
        now = self._waits.clock()
        with self._state.held() as numbers:
            self._mend(numbers)
            left = _still(numbers[_PAUSED], now, LONGEST_PAUSE)
            numbers[_PAUSED] = now + min(max(left, seconds), LONGEST_PAUSE)
            _shy_away(numbers, now)

    def _mend(self, numbers: array[float]) -> None:
        """Begin anew where the numbers are none that a bucket can have."""
        limit, interval = numbers[_LIMIT], numbers[_INTERVAL]
        known = numbers[_MARKED] == _MARK and all(map(math.isfinite, numbers[:FIELDS]))
        fit = limit >= 1 and _INTERVALS[0] <= interval <= _INTERVALS[1] and numbers[_SHY] >= 0
        if known and fit and min(limit, SLOTS) <= numbers[_SPAN] <= SLOTS:
            return
        numbers[:] = array("d", bytes(8 * len(numbers)))
        numbers[_MARKED] = _MARK
        _set(numbers, *self._first)


def _set(numbers: array[float], limit: float, interval: float) -> None:
    numbers[_LIMIT], numbers[_INTERVAL] = limit, interval
    # Tokens of a larger limit may still be out.
    numbers[_SPAN] = max(numbers[_SPAN], min(limit, SLOTS))


def _still(until: float, now: float, most: float) -> float:
    """Return how long something lasts; what lasts too long is from before the machine started."""
    left = until - now
    return left if 0 < left <= most else 0.0


def _out(numbers: array[float], now: float) -> list[float]:
    """Return when each token that is out comes back, with a zero for each that is here."""
    last = now + (LEASE + numbers[_INTERVAL]) * _SLACK
    slots = numbers[FIELDS : FIELDS + int(numbers[_SPAN])]
    return [back if now < back <= last else 0.0 for back in slots]


def _take(numbers: array[float], now: float) -> Ticket | float:
    slots = _out(numbers, now)
    out = len(slots) - slots.count(0.0)
    others = _for_others(numbers, now)
    usable = max(1, int(numbers[_LIMIT] - others - numbers[_SHY]))
    interval = numbers[_INTERVAL]
    if out >= usable:
        # A call under way may be answered now, and others be forgotten, before its token is due.
        due = sorted(slots)[len(slots) - usable] - now
        return min(due, interval / 20 if others else interval) + 1e-6
    slot = slots.index(0.0)
    numbers[FIELDS + slot] = now + LEASE + interval
    numbers[_TAKEN] += 1
    return Ticket(slot, out + 1, numbers[_TAKEN])


def _for_others(numbers: array[float], now: float) -> float:
    """Return the tokens left to others: what was seen of them, and is forgotten bit by bit."""
    age = (now - numbers[_SEEN]) / numbers[_INTERVAL]
    kept = min(1.0, 1.0 + _HELD - age) if age >= 0 else 0.0
    return max(0.0, numbers[_OTHERS] * kept)


def _heed_others(
    numbers: array[float], ticket: Ticket, headers: Mapping[str, str], now: float
) -> None:
    remaining = _whole(headers.get("X-HubSpot-RateLimit-Remaining"))
    if remaining is None:
        return
    since = numbers[_TAKEN] - ticket.taken
    others = numbers[_LIMIT] - remaining - (ticket.out + since)
    if others <= 0:
        return
    others += 3 + since + others / 10  # they go on while our calls are under way
    if others >= _for_others(numbers, now):
        numbers[_OTHERS], numbers[_SEEN] = others, now


def _shy_away(numbers: array[float], now: float) -> None:
    """Use fewer tokens, once for all the 429s of one interval."""
    well, numbers[_WELL] = numbers[_WELL], 0.0
    if well >= _TOLERABLE or (numbers[_SHY] and 0 <= now - numbers[_SHIED] < numbers[_INTERVAL]):
        return
    step = max(1.0, numbers[_LIMIT] // 50)
    numbers[_SHY] = min(numbers[_SHY] + step, numbers[_LIMIT] - 1)
    _grow_patient(numbers, 2.0 if numbers[_BOLD] else 1.0)
    numbers[_SHIED], numbers[_BOLD] = now, 0.0


def _take_heart(numbers: array[float]) -> None:
    """Use one step more again after many calls without a 429."""
    numbers[_WELL] += 1
    if numbers[_SHY] and numbers[_WELL] >= numbers[_PATIENT]:
        _grow_patient(numbers, 0.5 if numbers[_BOLD] else 1.0)
        step = max(1.0, numbers[_LIMIT] // 50)
        numbers[_SHY] = max(0.0, numbers[_SHY] - step)
        numbers[_WELL], numbers[_BOLD] = 0.0, 1.0


def _grow_patient(numbers: array[float], factor: float) -> None:
    """Change the patience, by how the last step upwards went."""
    least, most = _PATIENCE
    numbers[_PATIENT] = min(max(least, numbers[_PATIENT] * factor), most)


def _learn(numbers: array[float], headers: Mapping[str, str]) -> None:
    limit = _whole(headers.get("X-HubSpot-RateLimit-Max"))
    milliseconds = _whole(headers.get("X-HubSpot-RateLimit-Interval-Milliseconds"))
    interval = milliseconds / 1000 if milliseconds else numbers[_INTERVAL]
    if limit and _INTERVALS[0] <= interval <= _INTERVALS[1]:
        _set(numbers, float(limit), interval)


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None
