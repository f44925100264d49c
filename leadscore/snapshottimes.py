"""When contacts are looked at: at fixed ages, and at month starts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.errors import UsageError

__all__ = ["DAY_MS", "NEVER", "WINDOWS", "month_starts_between", "snapshot_times", "zone_of"]

DAY_MS = 86_400_000
WINDOWS = (7, 30, 90)  # days over which a snapshot counts what happened
#: The moment of what never happened.
NEVER = int(np.iinfo(np.int64).max)
Ints = npt.NDArray[np.int64]


def snapshot_times(
    start: Ints,
    end: Ints,
    *,
    ages: Sequence[float],
    months: Ints,
) -> tuple[npt.NDArray[np.int32], Ints]:
    """Return the snapshots of each contact, sorted by contact and time.

    Parameters
    ----------
    start : array of int64, shape (contacts,)
        Epoch milliseconds from which a contact is there; `NEVER` for none.
    end : array of int64, shape (contacts,)
        The first millisecond at which it is no longer looked at.
    ages : sequence of float
        Days after the start.
    months : array of int64, ascending
        Epoch milliseconds of month starts; those after the start count.

    Returns
    -------
    contact : array of int32, shape (n,)
    at : array of int64, shape (n,)
        Epoch milliseconds. No contact has a moment twice.

    Examples
    --------
    >>> start, end = np.array([0, 5 * DAY_MS]), np.array([40 * DAY_MS, 6 * DAY_MS])
    >>> contact, at = snapshot_times(start, end, ages=[1, 7], months=np.array([7, 31]) * DAY_MS)
    >>> contact.tolist(), (at // DAY_MS).tolist()
    ([0, 0, 0], [1, 7, 31])
    """
    everyone = np.flatnonzero(start < end)
    steps = [round(age * DAY_MS) for age in _checked(ages)]
    aged = [(everyone, start[everyone] + step) for step in steps]
    parts = [(who[at < end[who]], at[at < end[who]]) for who, at in aged]
    parts.append(_at_months(everyone, start, end, months))
    contact = np.concatenate([who for who, _ in parts])
    at = np.concatenate([moment for _, moment in parts])
    order = np.lexsort((at, contact))
    contact, at = contact[order], at[order]
    again = (np.diff(contact) == 0) & (np.diff(at) == 0)
    first = np.concatenate([[True], ~again])[: len(at)]
    return contact[first].astype(np.int32), at[first]


def _checked(ages: Any) -> list[float]:
    given = [ages] if isinstance(ages, int | float) else list(ages)
    if not all(isinstance(age, int | float) and 0 <= age < 10_000 for age in given):
        raise UsageError(
            f"The ages {given} are not all numbers of days.", hint="Write ages=(1, 7, 30)."
        )
    return given


def _at_months(who: Any, start: Ints, end: Ints, months: Ints) -> tuple[Any, Ints]:
    first = np.searchsorted(months, start[who], side="right")
    count = np.maximum(np.searchsorted(months, end[who], side="left") - first, 0)
    contact = np.repeat(who, count)
    place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return contact, months[np.repeat(first, count) + place]


def month_starts_between(first: int, last: int, zone: tzinfo) -> Ints:
    """Return the first moments of the months of a time zone, as epoch milliseconds.

    Parameters
    ----------
    first, last : int
        Epoch milliseconds; what lies after the one, up to the other.
    zone : tzinfo

    Examples
    --------
    >>> first = pd.Timestamp("2026-01-15", tz="UTC").value // 10**6
    >>> found = month_starts_between(first, first + 31 * DAY_MS, ZoneInfo("America/New_York"))
    >>> pd.to_datetime(found, unit="ms").tolist()
    [Timestamp('2026-02-01 05:00:00')]
    """
    lower, upper = (pd.Timestamp(ms, unit="ms") for ms in (first, last))
    days = pd.date_range(lower.normalize() - pd.Timedelta("62D"), upper, freq="MS")
    # Where a clock is put forward at midnight, the month starts when it has been.
    there = days.tz_localize(zone, nonexistent="shift_forward", ambiguous=np.ones(len(days), bool))
    made = there.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[ms]")
    found = made.astype(np.int64)
    return np.asarray(found[(found > first) & (found <= last)])


def zone_of(name: str | None) -> tzinfo:
    """Return the time zone that the ledger keeps; UTC where it keeps none.

    Parameters
    ----------
    name : str or None
        ``America/New_York``, or an offset as ``UTC+02:00``.

    Examples
    --------
    >>> str(zone_of("Europe/Berlin")), str(zone_of("UTC-03:30")), str(zone_of(None))
    ('Europe/Berlin', 'UTC-03:30', 'UTC')
    """
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        sign, _, offset = str(name).partition("UTC")[2].partition(":")
        hours, minutes = sign.lstrip("+-"), offset[:2]
    if not (hours.isdigit() and minutes.isdigit()):
        return UTC
    ahead = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-ahead if sign.startswith("-") else ahead)
