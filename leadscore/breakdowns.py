"""A backtest's figures group by group: by month, source, owner or any other column."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from leadscore import metrics
from leadscore.curves import wilson
from leadscore.errors import DataError

__all__ = ["FEWEST", "breakdown", "rows_of"]

FEWEST = 20  # contacts of either outcome: below it, a group is called small
_KEYS = ["contact_id", "snapshot_at"]
_NONE, _OTHERS = "no value", "others together"


def breakdown(
    predictions: pd.DataFrame,
    data: pd.DataFrame,
    *,
    by: str = "month",
    top: int = 20,
    n: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """Measure predictions group by group.

    Parameters
    ----------
    predictions : DataFrame
        As `leadscore.backtest` gives them.
    data : DataFrame
        The training frame that they are of.
    by : str, default "month"
        ``month`` (of the snapshot, in the portal's time zone where it is known) or a column of
        `data`. Numbers are cut into four groups of about equal size, dates into months; a row with
        several ticked boxes counts in each of its groups.
    top : int, default 20
        The most groups of a text column; the smaller ones are put together.
    n, seed : int
        Bootstrap draws for the interval of the AUC, and their seed.

    Returns
    -------
    DataFrame
        One row per group, months and numbers in order, others by size: ``group`` (str), ``rows``,
        ``contacts``, ``conversions`` (int64), ``rate`` with ``rate_low`` and ``rate_high`` (95 %,
        `leadscore.curves.wilson`, each contact counted once), ``probability`` (the mean promised),
        ``calibration`` (rate ÷ probability: 1 is a kept promise) with ``calibration_low`` and
        ``calibration_high`` (from the rate's interval), ``roc_auc`` with ``auc_low`` and
        ``auc_high`` (bootstrap over contacts), ``small`` (bool: fewer than 20 contacts of one of
        the outcomes) and ``note`` (the same in words). ``attrs``: ``by``, ``protocol``.

    Raises
    ------
    DataError
        `data` has no such column, or the predictions are of other rows.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "contact_id": list("abcd"), "snapshot_at": pd.Timestamp("2026-01-15", tz="UTC"),
    ...     "outcome": [True, False, True, False], "probability": [0.9, 0.8, 0.7, 0.1],
    ...     "source": ["web", "web", "event", None]})
    >>> found = breakdown(rows.drop(columns="source"), rows, by="source")
    >>> found[["group", "rows", "rate", "note"]].values.tolist()[0]
    ['web', 2, 0.5, 'small: 1 converted and 1 did not']
    """
    known = predictions[predictions["outcome"].notna()]
    groups = _groups(known, data, by=by, top=top).dropna()
    rows = known.loc[groups.index].assign(group=groups)
    order = groups.cat.categories if isinstance(groups.dtype, pd.CategoricalDtype) else None
    parts = {str(name): part for name, part in rows.groupby("group", observed=True, sort=True)}
    names = [*parts] if order is not None else sorted(parts, key=lambda g: _place(g, parts[g]))
    found = pd.DataFrame([{"group": g, **_measured(parts[g], n=n, seed=seed)} for g in names])
    found.attrs = {"by": by, "protocol": predictions.attrs.get("protocol")}
    return found


def rows_of(predictions: pd.DataFrame, data: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `data` that predictions are of, in their order and with their index.

    Raises
    ------
    DataError
        A predicted row is not in `data`.
    """
    unique = data.drop_duplicates(_KEYS).set_index(_KEYS)
    wanted = pd.MultiIndex.from_frame(predictions[_KEYS])
    places = unique.index.get_indexer(wanted)
    if (places < 0).any():
        raise DataError(
            f"{int((places < 0).sum())} of {len(places)} predictions are of rows that the data"
            " does not have.",
            hint="Give the training frame that the backtest was made of.",
        )
    found = unique.iloc[places].reset_index().set_axis(predictions.index)
    found.attrs = dict(data.attrs)
    return found


def _place(name: str, part: pd.DataFrame) -> tuple[bool, bool, int, str]:
    return name == _NONE, name == _OTHERS, -len(part), name


def _groups(known: pd.DataFrame, data: pd.DataFrame, *, by: str, top: int) -> pd.Series[Any]:
    zone = (data.attrs.get("snapshots") or {}).get("time_zone") or "UTC"
    if by == "month" and by not in data:
        return _months(known["snapshot_at"], zone)
    if by not in data:
        near = get_close_matches(by, map(str, data.columns), n=3, cutoff=0.5)
        raise DataError(
            f"The data has no column {by!r}.",
            hint=f"Did you mean {', '.join(near)}?" if near else "See the frame's columns.",
        )
    values = rows_of(known, data)[by]
    if pd.api.types.is_datetime64_any_dtype(values):
        return _months(values, zone)
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return _quarters(values)
    return _levels(values, top)


def _months(times: pd.Series[Any], zone: str) -> pd.Series[Any]:
    months = times.dt.tz_convert(zone).dt.strftime("%Y-%m").fillna(_NONE)
    found: pd.Series[Any] = months.astype(pd.CategoricalDtype(sorted(months.unique())))
    return found


def _quarters(values: pd.Series[Any]) -> pd.Series[Any]:
    numbers = pd.Series(values.to_numpy("float64", na_value=np.nan), index=values.index)
    bounds = np.unique(numbers.quantile([0.25, 0.5, 0.75]).dropna())
    place = np.searchsorted(bounds, numbers, side="left")
    spans = numbers.groupby(place).agg(["min", "max"])
    names = {p: _span(*span) for p, *span in spans.dropna().itertuples()}
    told = pd.Series(place, index=values.index).map(names).where(numbers.notna(), _NONE)
    return told.astype(pd.CategoricalDtype([*dict.fromkeys(names.values()), _NONE]))


def _span(low: float, high: float) -> str:
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"


def _levels(values: pd.Series[Any], top: int) -> pd.Series[Any]:
    # A row with several ticked boxes stands in several groups.
    texts = values.explode() if values.dtype == object else values
    texts = texts.astype("str").fillna(_NONE).astype("str")
    counts = texts.value_counts()
    kept = sorted(counts.index, key=lambda level: (-counts[level], level))[:top]
    return texts.where(texts.isin([*kept, _NONE]), _OTHERS)


def _measured(part: pd.DataFrame, *, n: int, seed: int) -> dict[str, Any]:
    y, p = part["outcome"].to_numpy("float64"), part["probability"].to_numpy("float64")
    contacts = part["contact_id"].nunique()
    won = part.loc[y == 1, "contact_id"].nunique()
    lost = contacts - won
    rate, said = float(y.mean()), float(p.mean())
    low, high = (float(v[0]) for v in wilson(np.array([rate]), np.array([contacts])))
    between = metrics.bootstrap(metrics.roc_auc, y, p, groups=part["contact_id"], n=n, seed=seed)
    small = bool(min(won, lost) < FEWEST)
    return {
        "rows": len(part),
        "contacts": contacts,
        "conversions": int(y.sum()),
        "rate": rate,
        "rate_low": low,
        "rate_high": high,
        "probability": said,
        **_ratios(said, calibration=rate, calibration_low=low, calibration_high=high),
        "roc_auc": metrics.roc_auc(y, p),
        "auc_low": between[0],
        "auc_high": between[1],
        "small": small,
        "note": f"small: {won} converted and {lost} did not" if small else "",
    }


def _ratios(said: float, **rates: float) -> dict[str, float]:
    return {name: rate / said if said else float("nan") for name, rate in rates.items()}
