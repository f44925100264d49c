"""How old the open contacts are, and how long they have been silent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from leadscore.conversions import contact_rows, days_between, facts_of, report_facts
from leadscore.goaldates import reached_when
from leadscore.goals import reaches
from leadscore.snapshotfacts import synced_at

if TYPE_CHECKING:
    from leadscore.goals import Goal
    from leadscore.store import Store

__all__ = ["ages"]

# What a contact or sales did, as HubSpot dates it; what is not synced is passed over.
ACTIVITY = (
    *("notes_last_updated", "notes_last_contacted", "hs_last_sales_activity_timestamp"),
    *("hs_analytics_last_timestamp", "hs_analytics_last_visit_timestamp"),
    *("hs_email_last_open_date", "hs_email_last_click_date", "hs_email_last_reply_date"),
    *("hs_sales_email_last_replied", "recent_conversion_date"),
)
_EDGES = (0, 7, 30, 90, 180, 365, 730)
BANDS = (
    *("under 7 days", "7 to 29 days", "30 to 89 days", "90 to 179 days"),
    *("180 to 364 days", "1 to 2 years", "2 years and more", "unknown"),
)


def ages(store: Store, goal: Goal | None = None) -> pd.DataFrame:
    """Return how old the open contacts are, and how long ago they last did or got anything.

    Parameters
    ----------
    store : Store
        A synced store.
    goal : Goal, optional
        A contact is open until it reaches the goal; by default until it is a customer.

    Returns
    -------
    DataFrame
        ``what`` (str: "age" since creation, "silence" since the last activity), ``band`` (str, in
        order; "unknown": without a creation date, or without any activity on record),
        ``contacts`` (Int64), ``share`` (float64, of the open contacts; missing without any).
        ``attrs``: as of `leadscore.origins.sources`, ``open`` (contacts), ``median_days`` (of
        "age" and "silence"), ``activity`` (the properties that tell of it).

    Raises
    ------
    DataError
        The store was never synced, or lacks the goal's property.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> ls.report.ages(ls.open_store(tempfile.mkdtemp()))
    Traceback (most recent call last):
    ...
    leadscore.errors.DataError: The store was never synced completely. Run the sync again.
    """
    goal = goal or reaches("customer")
    as_of = synced_at(store)
    rows = contact_rows(store, (*goal.columns, *ACTIVITY))
    found, _ = reached_when(store, goal, rows, until=as_of)
    still = rows[~found["reached"].to_numpy(dtype=bool)]
    told = [name for name in ACTIVITY if name in still]
    last = still[told].max(axis=1) if told else pd.Series(pd.NaT, index=still.index)
    days = {
        "age": _days(as_of, still["createdate"]),
        "silence": _days(as_of, pd.to_datetime(last, utc=True)),
    }
    table = pd.concat([_banded(what, own) for what, own in days.items()], ignore_index=True)
    medians = {what: float(own.median()) for what, own in days.items()}
    about = {"report": "ages", "open": len(still), "median_days": medians, "activity": told}
    table.attrs = report_facts(store, rows, **about, **facts_of(goal))
    return table


def _days(as_of: pd.Timestamp, since: pd.Series[Any]) -> pd.Series[Any]:
    """Return whole and part days; what is dated after the sync is of now."""
    return days_between(since, as_of).clip(lower=0)


def _banded(what: str, days: pd.Series[Any]) -> pd.DataFrame:
    place = np.searchsorted(_EDGES, days.to_numpy(), side="right") - 1
    place[days.isna().to_numpy()] = len(BANDS) - 1
    counts = np.bincount(place, minlength=len(BANDS))
    return pd.DataFrame(
        {
            "what": what,
            "band": list(BANDS),
            "contacts": pd.array(counts, dtype="Int64"),
            "share": counts / (len(days) or np.nan),
        }
    )
