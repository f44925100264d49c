"""The hours in which the simulated market acts, its weeks, months and seasons.

Times are counted in working time: day since 1970 plus the share of that day's working hours
(6:00 to 20:00 UTC) that has passed. Nothing in the market happens outside them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from leadscore.sandbox import marketconstants as fixed

__all__ = ["DAY_MS", "activity", "creation_weights", "seasons", "to_ms", "to_work"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DAY_MS = 86_400_000
_OPENS, _LASTS = 6 * 3_600_000, 14 * 3_600_000


def to_ms(work: Floats) -> Ints:
    """Return working time as epoch milliseconds.

    Examples
    --------
    >>> to_ms(np.array([1.5])).tolist()
    [133200000]
    """
    day = np.floor(work)
    return (day * DAY_MS + _OPENS + np.floor((work - day) * _LASTS)).astype(np.int64)


def to_work(ms: npt.ArrayLike) -> Floats:
    """Return epoch milliseconds as working time.

    Examples
    --------
    >>> to_work([133200000, 86400000, 2 * 86400000 - 1]).tolist()
    [1.5, 1.0, 2.0]
    """
    day, rest = np.divmod(np.asarray(ms, dtype=np.int64), DAY_MS)
    return np.asarray(day + np.clip((rest - _OPENS) / _LASTS, 0.0, 1.0))


def _months(days: npt.NDArray[Any]) -> Ints:
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12


def _weekend(days: npt.NDArray[Any], weight: float) -> Floats:
    # 1970-01-01 was a Thursday.
    return np.where((days + 3) % 7 > 4, weight, 1.0)


def activity(days: Ints) -> Floats:
    """Return how much happens on days since 1970, against a usual weekday."""
    return np.array(fixed.ACTIVITY_MONTHS)[_months(days)] * _weekend(days, fixed.WEEKEND_ACTIVITY)


def creation_weights(days: Ints) -> Floats:
    """Return the share of contacts that come in on each of successive days."""
    growth = np.exp(np.linspace(0.0, fixed.GROWTH, len(days)))
    months = np.array(fixed.CREATION_MONTHS)[_months(days)]
    weights = growth * months * _weekend(days, fixed.WEEKEND_CREATION)
    return np.asarray(weights / weights.sum())


def seasons(days: Ints, start: int) -> Floats:
    """Return the factor on the hazard by industry (row) and day (column).

    Parameters
    ----------
    days : array of int64
        Days since 1970.
    start : int
        The day from which the trend counts.
    """
    strength = np.array(fixed.SEASON_STRENGTH)[:, None]
    phase = (days - np.array(fixed.SEASON_DAY)[:, None]) * (2 * np.pi / 365.2425)
    trend = (days - start) / 365.0 * fixed.TREND_PER_YEAR
    factor = np.exp(strength * np.cos(phase) + trend)
    return np.asarray(factor * _weekend(days, fixed.WEEKEND_BUYING))
