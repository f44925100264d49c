"""When properties are filled and changed, next to when the goal is reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from leadscore.pasts import Past
from leadscore.snapshottimes import DAY_MS, NEVER

__all__ = ["goal_timing"]

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
    return {name: _timing(past, goal_at) for name, past in sorted(pasts.items())}


def _timing(past: Past, goal_at: Ints) -> dict[str, Any]:
    filled = ~np.isnan(past.value)
    who, first = np.unique(past.contact[filled], return_index=True)
    began = past.ms[filled][first]
    goal = goal_at[past.contact]
    near = past.moved & (goal < NEVER) & (np.abs(past.ms - goal) <= DAY_MS)
    converted = max(int((goal_at < NEVER).sum()), 1)
    late = (goal_at[who] < NEVER) & (began >= goal_at[who])
    return {
        "first_after_goal": round(float(late.sum() / converted), 6),
        "at_goal": round(len(np.unique(past.contact[near])) / converted, 6),
        "filled": round(len(who) / max(len(goal_at), 1), 6),
    }
