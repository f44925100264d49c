"""The as-of join: for each contact and moment, the last entry that was there by then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["NOTHING", "Moments", "cover", "entry_ms", "keys", "last_entries", "moment_ms"]

#: Where no entry was there yet.
NOTHING = -1
_FIRST = 946_684_800_000  # 2000-01-01, before HubSpot: what claims to be older is just old
_MOST = 2**63 - 1
Ints = npt.NDArray[np.int64]


def entry_ms(times: npt.NDArray[Any]) -> Ints:
    """Return epoch milliseconds of entries, rounded up: none is seen before its moment.

    Parameters
    ----------
    times : array of datetime64[us], without missing values

    Examples
    --------
    >>> entry_ms(np.array(["2026-01-01T00:00:00.000001"], dtype="datetime64[us]")).tolist()
    [1767225600001]
    """
    return -(-times.astype("datetime64[us]").astype("int64") // 1000)


def moment_ms(times: Any) -> Ints:
    """Return epoch milliseconds of the moments that are asked about, rounded down.

    Parameters
    ----------
    times : Series or DatetimeIndex of datetime64[us, UTC]
    """
    stamps = pd.DatetimeIndex(times).tz_convert("UTC").tz_localize(None).to_numpy()
    return np.asarray(stamps.astype("datetime64[us]").astype("int64") // 1000)


def cover(last: int) -> int:
    """Return how many milliseconds lie between the first moment of all and `last`."""
    return max(last - _FIRST, 0) + 2


def keys(contact: npt.NDArray[Any], ms: Ints, *, width: int) -> Ints:
    """Return one number for each pair of contact and moment, in the order of both.

    Parameters
    ----------
    contact : array of int, shape (n,)
        Numbers of contacts, from 0.
    ms : array of int64, shape (n,)
        Epoch milliseconds. Earlier than the year 2000 is the year 2000.
    width : int
        As `cover` says; no moment lies beyond it.

    Raises
    ------
    OverflowError
        A moment does lie beyond it, or there are too many contacts (ten million have room).

    Examples
    --------
    >>> made = keys(np.array([0, 1]), np.array([2_000_000_000_000, 0]), width=cover(2 * 10**12))
    >>> bool(made[0] < made[1])
    True
    """
    after = np.maximum(ms - _FIRST, 0)
    if len(contact) and (int(contact.max()) > _MOST // width - 1 or int(after.max()) >= width):
        raise OverflowError("more contacts, or a later moment, than the as-of join can number")
    return contact.astype(np.int64) * width + after


def last_entries(entries: Ints, moments: Ints, *, width: int) -> Ints:
    """Return the place of the last entry of the same contact at or before each moment.

    Parameters
    ----------
    entries : array of int64, shape (n,), ascending
        Keys of entries, see `keys`.
    moments : array of int64, shape (m,), any order
        Keys of what is asked about.
    width : int
        That of both.

    Returns
    -------
    array of int64, shape (m,)
        Of entries with equal keys the last one's place; `NOTHING` where there is no entry.

    Examples
    --------
    >>> at = [1_800_000_000_000, 1_900_000_000_000]
    >>> width = cover(2 * 10**12)
    >>> entries = keys(np.array([0, 0]), np.array(at), width=width)
    >>> asked = keys(np.array([0, 0, 1]), np.array([at[0] - 1, at[1] + 5, at[1]]), width=width)
    >>> last_entries(entries, asked, width=width).tolist()
    [-1, 1, -1]
    """
    if not len(entries):
        return np.full(len(moments), NOTHING, dtype=np.int64)
    place = np.searchsorted(entries, moments, side="right") - 1
    same = (place >= 0) & (entries[place] // width == moments // width)
    return np.where(same, place, NOTHING)


class _Entries(Protocol):
    @property
    def contact(self) -> npt.NDArray[Any]: ...
    @property
    def ms(self) -> Ints: ...


@dataclass(frozen=True, eq=False)
class Moments:
    """Contacts and the moments at which they are looked at.

    Attributes
    ----------
    contact : array of int, shape (n,)
        Numbers of contacts, from 0.
    ms : array of int64, shape (n,)
        Epoch milliseconds.
    cut : array of int64, shape (n,)
        The moment before which nothing is known of the contact.
    """

    contact: npt.NDArray[Any]
    ms: Ints
    cut: Ints

    def last(self, past: _Entries, *, before: int = 0) -> Ints:
        """Return the place of the entry that held at each moment, or so many ms before it.

        Parameters
        ----------
        past : Past
            Entries sorted by contact and time.
        """
        width = cover(max(int(self.ms.max(initial=0)), int(past.ms.max(initial=0))))
        entries = keys(past.contact, past.ms, width=width)
        asked = keys(self.contact, self.ms - before, width=width)
        return last_entries(entries, asked, width=width)
