"""Contacts from their creation on: who converted within the horizon, and who is too young to tell.

A share is over those whose horizon has passed. Younger ones are counted beside it and taken for
neither success nor loss, also those that have converted already: of the young only these are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.curves import wilson
from leadscore.errors import DataError
from leadscore.goaldates import reached_when
from leadscore.goals import outcomes, within_horizon
from leadscore.snapshotfacts import synced_at
from leadscore.snapshottimes import zone_of

if TYPE_CHECKING:
    from leadscore.goals import Goal
    from leadscore.store import Store

__all__ = [
    "SHARES",
    "contact_rows",
    "conversions",
    "days_between",
    "facts_of",
    "months",
    "rates",
    "report_facts",
    "share",
]

SHARES = (
    *("contacts", "judged", "converted", "rate", "low", "high"),
    *("median_days", "immature", "before"),
)
_WHOLE = ("contacts", "judged", "converted", "immature", "before")
_NOTHING = pd.Timedelta(0)


def contact_rows(store: Store, columns: Iterable[str] = ()) -> pd.DataFrame:
    """Return every contact, sorted by id: ``id``, ``createdate``, and the columns that there are.

    Raises
    ------
    DataError
        The store holds no contacts table.
    """
    there = store.schema("contacts").names
    wanted = [name for name in dict.fromkeys(("id", "createdate", *columns)) if name in there]
    rows = store.contacts(wanted)
    if "createdate" not in rows:
        rows["createdate"] = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us, UTC]")
    return rows.sort_values("id", ignore_index=True)


def conversions(store: Store, goal: Goal, columns: Sequence[str] = ()) -> pd.DataFrame:
    """Return of every contact whether it reached a goal within the horizon after its creation.

    Parameters
    ----------
    store : Store
        A synced store.
    goal : Goal
        Without a horizon: whether it is reached by now, which is then known of all contacts.
    columns : sequence of str
        Properties that are wanted beside it; those that the store lacks are passed over.

    Returns
    -------
    DataFrame
        ``id`` (str), ``createdate``, ``when`` (UTC; missing when not reached or not known),
        ``reached`` (bool: by now), ``outcome`` (boolean), ``state`` (str: "judged", "immature", or
        "before": the goal was reached by the time of creation or at an unknown one, or the creation
        date is missing),
        ``days`` (float64, from creation to the goal), ``month`` (str, "2026-05", the portal's time
        zone; missing without a creation date), and the columns.

    Raises
    ------
    DataError
        The store was never synced, lacks the goal's property, or nothing tells when it was reached.
    """
    as_of = synced_at(store)
    rows = contact_rows(store, (*goal.columns, *columns))
    found, dated = reached_when(store, goal, rows, until=as_of)
    start = rows["createdate"]
    if goal.within is None and not goal.of_deals:
        outcome = outcomes(goal, rows, start=start, as_of=as_of)["outcome"]
        young = pd.Series(data=False, index=rows.index)
    else:
        _check_dated(goal, dated=dated)
        outcome = within_horizon(goal, found["when"], found["reached"], start=start, as_of=as_of)
        outcome = outcome.mask(start.isna())
        young = start + (goal.within or _NOTHING) > as_of
    state = pd.Series("judged", index=rows.index).mask(outcome.isna(), "before")
    return rows.assign(
        when=found["when"],
        reached=found["reached"],
        outcome=outcome,
        state=state.mask(young, "immature"),
        days=days_between(start, found["when"]),
        month=months(start, store),
    )


def _check_dated(goal: Goal, *, dated: bool) -> None:
    if not dated:
        raise DataError(
            f"Nothing tells when a contact's {goal.property_name} became {goal.value!r}.",
            hint="Sync the history of that property, or leave out the horizon.",
        )


def months(moments: pd.Series[Any], store: Store) -> pd.Series[Any]:
    """Return the months of moments in the portal's time zone (UTC where it is not known)."""
    local = moments.dt.tz_convert(zone_of(_zone_name(store)))
    number = local.dt.year * 12 + local.dt.month - 1
    names = {n: f"{int(n) // 12}-{int(n) % 12 + 1:02d}" for n in number.dropna().unique()}
    return pd.Series(number.map(names), dtype="str")


def days_between(start: Any, end: Any) -> pd.Series[Any]:
    """Return the days from one moment to another, with fractions; one of the two is a Series."""
    span: pd.Series[Any] = (end - start).dt.total_seconds()
    return span / 86_400.0


def _zone_name(store: Store) -> str | None:
    kept = store.ledger.checkpoint("time_zone")
    return None if kept is None else str(kept)


def rates(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    """Count conversions by group.

    Parameters
    ----------
    rows : DataFrame
        As `conversions` returns it.
    by : str
        A column of it; where it is missing, the row is in no group.

    Returns
    -------
    DataFrame
        Indexed by group: ``contacts``, ``judged``, ``converted`` (of the judged), ``immature``,
        ``before`` (Int64), ``rate`` of the judged with its 95 % interval ``low`` and ``high``
        (Wilson; missing where nobody is judged), ``median_days`` from creation to the goal of those
        that converted (float64).
    """
    judged = rows["state"] == "judged"
    won = judged & rows["outcome"].fillna(value=False).astype(bool)
    told = pd.DataFrame(
        {
            by: rows[by],
            "contacts": 1,
            "judged": judged.astype("int64"),
            "converted": won.astype("int64"),
            "immature": (rows["state"] == "immature").astype("int64"),
            "before": (rows["state"] == "before").astype("int64"),
            "days": rows["days"].where(won & (rows["days"] > 0)),
        }
    ).groupby(by, observed=True)
    found = told[list(_WHOLE)].sum()
    found["median_days"] = told["days"].median()
    found["rate"], found["low"], found["high"] = share(found["converted"], found["judged"])
    kinds = dict.fromkeys(_WHOLE, "Int64") | {"median_days": "float64"}
    return found.astype(kinds)[list(SHARES)]


Floats = npt.NDArray[np.float64]


def share(wins: Any, of: Any) -> tuple[Floats, Floats, Floats]:
    """Return shares with their 95 % intervals (Wilson); NaN where there is nothing to divide by.

    Examples
    --------
    >>> rate, low, high = share([5, 0], [10, 0])
    >>> rate.tolist(), low.round(3).tolist()
    ([0.5, nan], [0.237, nan])
    """
    n = np.asarray(of, dtype=np.float64)
    n[n == 0] = np.nan
    rate = np.asarray(wins, dtype=np.float64) / n
    low, high = wilson(rate, n)
    return rate, low, high


def report_facts(store: Store, rows: pd.DataFrame, **more: Any) -> dict[Any, Any]:
    """Return what a report says of itself: as of when, over which contacts, in which time zone."""
    created = rows["createdate"].dropna()
    period = [f"{day:%Y-%m-%d}" for day in (created.min(), created.max())] if len(created) else []
    return {
        "as_of": synced_at(store).isoformat(),
        "contacts": len(rows),
        "created": period,
        "time_zone": _zone_name(store) or "UTC",
        **more,
    }


def facts_of(goal: Goal | None) -> dict[Any, Any]:
    """Return what a report says of its goal."""
    if goal is None:
        return {"goal": None, "horizon_days": None}
    return {"goal": str(goal), "horizon_days": None if goal.within is None else goal.within.days}
