"""Conversion by month of creation and age: the triangle in which a slow funnel can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from leadscore.conversions import conversions, days_between, facts_of, report_facts, share
from leadscore.errors import DataError, UsageError
from leadscore.snapshotfacts import synced_at

if TYPE_CHECKING:
    from leadscore.goals import Goal
    from leadscore.store import Store

__all__ = ["cohorts"]

_MONTH = 30  # days
_MOST = 120


def cohorts(store: Store, goal: Goal, *, ages: int = 12) -> pd.DataFrame:
    """Return which share of each month's new contacts had converted at which age.

    Parameters
    ----------
    store : Store
        A synced store.
    goal : Goal
        What counts. Its horizon does not: the ages take its place.
    ages : int, default 12
        The greatest age, in months of 30 days.

    Returns
    -------
    DataFrame
        One row per month of creation (the portal's time zone) and age: ``month`` (str, "2026-05"),
        ``age`` (Int64, months of 30 days since a contact's own creation), ``contacts`` (Int64:
        those created in the month that had not reached the goal by then), ``converted`` (Int64),
        ``rate``, ``low``, ``high`` (float64: cumulative share and its 95 % interval by Wilson).
        Where not all of the month's contacts are of that age yet, ``converted`` and the shares are
        missing. ``attrs``: as of `leadscore.origins.sources`; ``left_out`` is how many contacts
        had reached the goal when they were created, or at an unknown time.

    Raises
    ------
    DataError
        Nothing tells when contacts were created (all at one moment), or when they reached the goal.
    UsageError
        ``ages`` is not from 1 to 120.
    """
    if not 1 <= ages <= _MOST:
        raise UsageError(f"{ages} months is no age.", hint=f"Write ages=12; at most {_MOST}.")
    rows = conversions(store, goal)
    untold = rows["reached"] & rows["when"].isna()
    left = rows["createdate"].isna() | untold | (rows["when"] <= rows["createdate"])
    own = rows[~left]
    if len(own) > 1 and len(own["createdate"].unique()) == 1:
        raise DataError(
            "All contacts were created at one moment, so nothing tells how old they are.",
            hint="Cohorts need a portal, or a table with a date column.",
        )
    parts = [
        _cohort(str(month), group, ages, synced_at(store)) for month, group in own.groupby("month")
    ]
    columns = ["month", "age", "contacts", "converted", "rate", "low", "high"]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    kinds: dict[Any, Any] = dict.fromkeys(("age", "contacts", "converted"), "Int64")
    kinds |= dict.fromkeys(("rate", "low", "high"), "float64") | {"month": "str"}
    found = found.astype(kinds)
    about = {"report": "cohorts", "left_out": int(left.sum())}
    found.attrs = report_facts(store, rows, **about, **facts_of(goal))
    return found


def _cohort(month: str, own: pd.DataFrame, ages: int, as_of: pd.Timestamp) -> pd.DataFrame:
    steps = np.arange(1, ages + 1)
    took = days_between(own["createdate"], own["when"]) / _MONTH
    won = np.searchsorted(np.sort(took.dropna()), steps, side="right")
    grown = own["createdate"].max() + pd.to_timedelta(_MONTH * steps, unit="D") <= as_of
    rate, low, high = share(won, np.full(ages, len(own)))
    cells = pd.DataFrame({"converted": won, "rate": rate, "low": low, "high": high})
    cells = cells.astype({"converted": "Int64"}).where(pd.Series(grown))
    return cells.assign(month=month, age=steps, contacts=len(own))[
        ["month", "age", "contacts", "converted", "rate", "low", "high"]
    ]
