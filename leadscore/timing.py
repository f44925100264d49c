"""When properties are filled and changed, next to when the goal is reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.pasts import Past
from leadscore.snapshottimes import DAY_MS, NEVER

__all__ = ["goal_timing", "timing_before", "timing_by_month"]

LATE, NEAR = "first_after_goal", "at_goal"
Ints = npt.NDArray[np.int64]


def goal_timing(pasts: Mapping[str, Past], goal_at: Ints) -> dict[str, dict[str, float]]:
    """Return for each property when it is filled, as against the goal.

    Parameters
    ----------
    pasts : mapping of str to Past
        Histories by property.
    goal_at : array of int64, shape (contacts,)
        When each contact reached the goal, in epoch milliseconds; `NEVER` where it did not.

    Returns
    -------
    dict
        By property ``first_after_goal``: the share of converted contacts whose first value came at
        or after the goal; ``at_goal``: the share of converted contacts with a change within 24
        hours of it; ``filled``: the share of all contacts that ever had a value. 0 where nobody
        converted.

    Examples
    --------
    >>> import pyarrow as pa
    >>> past = Past("number", np.array([0, 1], "int32"), np.array([5, 9 * DAY_MS]),
    ...             np.array([1.0, 2.0]), pa.array([], pa.string()))
    >>> goal_timing({"tier": past}, np.array([2, 5 * DAY_MS, NEVER, NEVER]))["tier"]
    {'first_after_goal': 1.0, 'at_goal': 0.5, 'filled': 0.5}
    """
    converted = int((goal_at < NEVER).sum())
    return {
        name: {
            LATE: _share(len(_late(past, goal_at)), converted),
            NEAR: _share(len(_near(past, goal_at)), converted),
            "filled": _share(len(_first(past)[0]), len(goal_at)),
        }
        for name, past in sorted(pasts.items())
    }


def timing_by_month(pasts: Mapping[str, Past], goal_at: Ints) -> dict[str, Any]:
    """Return what `goal_timing` counts by the month (UTC) in which it was there to be seen.

    Parameters
    ----------
    pasts, goal_at
        As for `goal_timing`.

    Returns
    -------
    dict
        ``months``: their first days as ISO dates, without a break; ``converted``: how many contacts
        reached the goal in each; ``first_after_goal`` and ``at_goal``: the contacts by month, for
        each property that has any. All are texts with blanks between: pandas copies what a frame's
        attrs hold at every step, and a text costs nothing.

    Examples
    --------
    >>> import pyarrow as pa
    >>> past = Past("number", np.array([0]), np.array([40 * DAY_MS]), np.array([1.0]),
    ...             pa.array([], pa.string()))
    >>> found = timing_by_month({"tier": past}, np.array([2, 5 * DAY_MS, NEVER]))
    >>> found["months"], found["converted"], found["first_after_goal"]
    ('1970-01-01 1970-02-01', '2 0', {'tier': '0 1'})
    """
    seen = {
        LATE: {name: _late(past, goal_at) for name, past in sorted(pasts.items())},
        NEAR: {name: _near(past, goal_at) for name, past in sorted(pasts.items())},
    }
    won = _month(goal_at[goal_at < NEVER])
    if not len(won):
        return {"months": "", "converted": "", LATE: {}, NEAR: {}}
    first = int(won.min())
    every = [won, *(_month(ms) for own in seen.values() for ms in own.values())]
    last = int(np.concatenate(every).max())

    def counted(month: Ints) -> str:
        return " ".join(map(str, np.bincount(month - first, minlength=last - first + 1)))

    months = np.arange(first, last + 1).astype("datetime64[M]").astype("datetime64[D]")
    return {
        "months": " ".join(months.astype(str)),
        "converted": counted(won),
        LATE: {name: counted(_month(ms)) for name, ms in seen[LATE].items() if len(ms)},
        NEAR: {name: counted(_month(ms)) for name, ms in seen[NEAR].items() if len(ms)},
    }


def timing_before(facts: Mapping[str, Any], cut: pd.Timestamp) -> dict[str, dict[str, float]]:
    """Return what `goal_timing` would have told at a moment: of the months that were over by then.

    Parameters
    ----------
    facts : mapping
        As `timing_by_month` returns them.
    cut : Timestamp

    Examples
    --------
    >>> facts = {"months": "2026-01-01 2026-02-01", "converted": "4 6",
    ...          "first_after_goal": {"tier": "1 7"}, "at_goal": {}}
    >>> timing_before(facts, pd.Timestamp("2026-02-20", tz="UTC"))
    {'tier': {'first_after_goal': 0.25, 'at_goal': 0.0}}
    """
    begins = pd.DatetimeIndex(facts["months"].split(), tz="UTC")
    over = int((begins + pd.DateOffset(months=1) <= cut).sum())
    converted = _summed(facts["converted"], over)
    return {
        name: {f: _share(_summed(facts[f].get(name, ""), over), converted) for f in (LATE, NEAR)}
        for name in sorted({*facts[LATE], *facts[NEAR]})
    }


def _summed(counts: str, most: int) -> int:
    return sum(map(int, counts.split()[:most]))


def _share(count: int, of: int) -> float:
    return round(count / max(of, 1), 6)


def _month(ms: Ints) -> Ints:
    """Return the months since 1970."""
    return ms.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)


def _first(past: Past) -> tuple[npt.NDArray[np.int32], Ints]:
    """Return who ever had a value, and since when."""
    filled = ~np.isnan(past.value)
    who, first = np.unique(past.contact[filled], return_index=True)
    return who, past.ms[filled][first]


def _late(past: Past, goal_at: Ints) -> Ints:
    """Return when it was seen of contacts that their first value came at or after the goal."""
    who, began = _first(past)
    return began[(goal_at[who] < NEVER) & (began >= goal_at[who])]


def _near(past: Past, goal_at: Ints) -> Ints:
    """Return when it was seen of contacts that a value changed within 24 hours of the goal."""
    goal = goal_at[past.contact]
    near = past.moved & (goal < NEVER) & (np.abs(past.ms - goal) <= DAY_MS)
    first = np.unique(past.contact[near], return_index=True)[1]  # entries are sorted by time
    return np.asarray(np.maximum(past.ms, goal)[near][first])
