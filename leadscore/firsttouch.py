"""Speed to lead: how long it took sales to turn to a new contact for the first time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from leadscore.conversions import (
    contact_rows,
    conversions,
    days_between,
    facts_of,
    rates,
    report_facts,
)
from leadscore.errors import DataError, UsageError
from leadscore.pasts import read_pasts
from leadscore.snapshotfacts import synced_at
from leadscore.snapshottimes import NEVER

if TYPE_CHECKING:
    from leadscore.goals import Goal
    from leadscore.store import Store

__all__ = ["first_touches", "speed_to_lead"]

OWNER = "hubspot_owner_id"
_OUTREACH = "hs_first_outreach_date"
_LAST, _TIMES = "notes_last_contacted", "num_contacted_notes"
BANDS = {
    "within 5 minutes": 1 / 12,
    "within 1 hour": 1.0,
    "within 1 day": 24.0,
    "within 7 days": 168.0,
    "later": np.inf,
}
_NOT_YET = "not contacted"


def speed_to_lead(
    store: Store, goal: Goal | None = None, *, by: Literal["owner", "band"] = "owner"
) -> pd.DataFrame:
    """Return how fast sales turned to new contacts, and what became of them.

    The first touch is the earliest of ``hs_first_outreach_date``, the history of
    ``notes_last_contacted`` and the first count in the history of ``num_contacted_notes`` (HubSpot
    counts calls, sales e-mails, meetings and chats that were logged). Where the store has no such
    history, ``notes_last_contacted`` is the last touch, and the first one only of contacts that
    were contacted once; of the others it is not known when.

    Parameters
    ----------
    store : Store
        A synced store.
    goal : Goal, optional
        Adds what became of the contacts within its horizon after their creation.
    by : {"owner", "band"}
        "owner": all together first (``owner`` is missing), then by ``hubspot_owner_id``, the
        present owner. "band": by how fast it was; takes a goal.

    Returns
    -------
    DataFrame
        ``owner`` or ``band`` (str), ``contacts``, ``contacted``, ``unknown`` (Int64: contacted,
        but nothing tells when first), ``median_hours``, ``q25_hours``, ``q75_hours`` (float64, of
        those contacted), ``within_5_min``, ``within_1_hour``, ``within_1_day`` (float64, shares of
        those contacted), and with a goal ``judged``, ``converted`` (Int64), ``rate``, ``low``,
        ``high`` (float64, 95 % by Wilson). A contact touched before it was created counts as
        unknown. Fast and slow are no fair trial: sales turns first to who looks best.

    Raises
    ------
    DataError
        The store has none of these properties, or as for `leadscore.origins.sources`.
    UsageError
        ``by`` is something else, or "band" without a goal.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> ls.report.speed_to_lead(ls.open_store(tempfile.mkdtemp()), by="band")
    Traceback (most recent call last):
    ...
    leadscore.errors.UsageError: Speed by band takes a goal. Write speed_to_lead(store, goal, ...
    """
    _check(by, goal)
    columns = (_OUTREACH, _LAST, _TIMES, OWNER)
    rows = contact_rows(store, columns) if goal is None else conversions(store, goal, columns)
    rows = rows.join(first_touches(store, rows))
    if by == "band":
        groups = pd.Series(pd.Categorical(_bands(rows), [*BANDS, _NOT_YET]), index=rows.index)
        found = _summary(rows.assign(band=groups), "band")
    else:
        owner = rows[OWNER] if OWNER in rows else pd.Series(pd.NA, index=rows.index)
        whole = _summary(rows.assign(owner=""), "owner")
        whole["owner"] = whole["owner"].mask(whole["owner"] == "")
        each = _summary(rows.assign(owner=owner.astype("str")), "owner")
        each = each.sort_values(["contacts", "owner"], ascending=[False, True])
        found = pd.concat([whole, each], ignore_index=True)
    found.attrs = report_facts(store, rows, report="speed_to_lead", by=by, **facts_of(goal))
    return found


def _check(by: str, goal: Goal | None) -> None:
    if by not in ("owner", "band"):
        raise UsageError(f"Speed by {by!r} is not to be had.", hint='Use by="owner" or by="band".')
    if by == "band" and goal is None:
        raise UsageError(
            "Speed by band takes a goal.", hint='Write speed_to_lead(store, goal, by="band").'
        )


def first_touches(store: Store, rows: pd.DataFrame) -> pd.DataFrame:
    """Return of each contact the hours to its first touch, and whether it was contacted.

    Parameters
    ----------
    store : Store
    rows : DataFrame
        ``id``, ``createdate`` and those of the properties that the store has, sorted by id.

    Returns
    -------
    DataFrame
        ``hours`` (float64; missing when not contacted, or not known when), ``contacted``,
        ``unknown`` (bool).

    Raises
    ------
    DataError
        The store has none of the properties.
    """
    if not {_OUTREACH, _LAST, _TIMES} & set(rows):
        raise DataError(
            "Nothing in the store tells when sales contacted whom.",
            hint=f"Sync {_LAST} and {_TIMES} with their history.",
        )
    at = _from_history(store, rows)
    nothing = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us, UTC]")
    outreach, last = rows.get(_OUTREACH, nothing), rows.get(_LAST, nothing)
    times = pd.to_numeric(rows.get(_TIMES, pd.Series(np.nan, index=rows.index)), errors="coerce")
    once = last.where(at.isna() & (times.fillna(0) <= 1) & (_TIMES in rows))
    when = pd.to_datetime(pd.concat([at, outreach, once], axis=1).min(axis=1), utc=True)
    hours = 24 * days_between(rows["createdate"], when)
    known = hours.notna() & (hours >= 0)
    any_sign = when.notna() | last.notna() | (times > 0)
    return pd.DataFrame(
        {"hours": hours.where(known), "contacted": known, "unknown": any_sign & ~known}
    )


def _from_history(store: Store, rows: pd.DataFrame) -> pd.Series[Any]:
    """Return the first touch that the history of the properties has."""
    first = np.full(len(rows), NEVER)
    about = {_LAST: {"name": _LAST, "type": "datetime"}, _TIMES: {"name": _TIMES, "type": "number"}}
    ids = pa.array(rows["id"], pa.string())
    past = read_pasts(store, ids, about, until=synced_at(store)).by_property
    if (last := past.get(_LAST)) is not None:
        told = ~np.isnan(last.value)
        np.minimum.at(first, last.contact[told], (last.value[told] // 1000).astype(np.int64))
    if (times := past.get(_TIMES)) is not None:
        told = times.value > 0
        np.minimum.at(first, times.contact[told], times.ms[told])
    when = pd.Series(pd.to_datetime(np.where(first == NEVER, 0, first), unit="ms", utc=True))
    return when.mask(first == NEVER).astype("datetime64[us, UTC]")


def _bands(rows: pd.DataFrame) -> pd.Series[Any]:
    place = np.searchsorted(list(BANDS.values()), rows["hours"].fillna(0).to_numpy())
    found = pd.Series(np.array([*BANDS, ""], dtype=object)[place], index=rows.index)
    return found.mask(~rows["contacted"], _NOT_YET).mask(rows["unknown"])


def _summary(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    told = rows[[by, "contacted", "unknown", "hours"]].assign(contacts=1)
    for name, most in zip(("within_5_min", "within_1_hour", "within_1_day"), BANDS.values()):  # noqa: B905
        told[name] = (told["hours"] <= most).astype(float).where(told["contacted"])
    grouped = told.groupby(by, observed=True)
    found = grouped[["contacts", "contacted", "unknown"]].sum().astype("Int64")
    for name, part in (("median_hours", 0.5), ("q25_hours", 0.25), ("q75_hours", 0.75)):
        found[name] = grouped["hours"].quantile(part)
    shares = grouped[["within_5_min", "within_1_hour", "within_1_day"]].mean()
    found = found.join(shares)
    if "state" in rows:
        found = found.join(rates(rows, by)[["judged", "converted", "rate", "low", "high"]])
    found = found.reset_index()
    return found.assign(**{by: found[by].astype("str")})
