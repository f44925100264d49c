"""What a model's training rows looked like: bins and shares, to tell later rows from them.

It goes onto the model's card and holds nobody's values: numbers as rounded quantiles, texts only
where 20 contacts share them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    from leadscore.model import LeadModel

__all__ = ["binned", "describe", "reference_of"]

BINS = 10  # as scorecards are customarily watched: Siddiqi 2006, Credit Risk Scorecards
FEWEST_CONTACTS = 20
MOST_LEVELS = 50
_SAMPLE = 20_000
_HUGE = 1e300
_DIGITS = 3
_DAY = pd.Timedelta(days=1)

Counts = NDArray[np.float64]


def reference_of(model: LeadModel, data: pd.DataFrame) -> dict[str, Any]:
    """Describe the rows that a model learnt from.

    Parameters
    ----------
    model : LeadModel
    data : DataFrame
        Its training frame; rows without an outcome are left out.

    Returns
    -------
    dict
        JSON-able: ``rows``, ``contacts``, ``columns`` (each of the model's features as `describe`
        gives it), ``score`` (the same of the probability) and ``weights`` (property: the mean
        absolute contribution of its terms, in log-odds).
    """
    known = data[data["outcome"].notna()].sort_values(["contact_id", "snapshot_at"])
    few = known.iloc[:: max(1, len(known) // _SAMPLE)]
    probability = pd.Series(model.probability(few), index=few.index)
    columns = {name: describe(known[name], known) for name in model.features}
    return {
        "rows": len(known),
        "contacts": int(known["contact_id"].nunique()),
        "columns": columns,
        "score": describe(probability, few),
        "weights": _weights(model, few),
    }


def _weights(model: LeadModel, rows: pd.DataFrame) -> dict[str, float]:
    sizes = model.contributions(rows).abs().mean()
    found: dict[str, float] = {}
    for term, size in sizes.items():
        for name in model.terms[str(term)].properties:
            found[name] = found.get(name, 0.0) + float(size)
    return {name: round(size, 6) for name, size in sorted(found.items())}


def describe(values: pd.Series, rows: pd.DataFrame) -> dict[str, Any]:
    """Describe a column by bins and the share of the rows in each.

    Numbers, and dates as days before the snapshot: ten bins between rounded quantiles. All else:
    the values that at least 20 contacts have, at most 50 of them, and one bin for the others.
    The last bin holds the missing.

    Parameters
    ----------
    values : Series
        The column.
    rows : DataFrame
        ``contact_id`` and ``snapshot_at`` of the same rows.

    Returns
    -------
    dict
        ``edges`` (of numbers) or ``levels``; ``shares``, ``rows`` and ``contacts``.

    Examples
    --------
    >>> rows = pd.DataFrame({"contact_id": range(40), "snapshot_at": pd.Timestamp("2026-01-01")})
    >>> describe(pd.Series(["web"] * 30 + ["fair"] * 8 + [None] * 2), rows)
    {'levels': ['web'], 'shares': [0.75, 0.2, 0.05], 'rows': 40, 'contacts': 40}
    """
    numbers = _numbers(values, rows)
    if numbers is not None:
        found: dict[str, Any] = {"edges": _edges(numbers)}
    else:
        found = {"levels": _levels(_texts(values), rows["contact_id"])}
    counts = binned(found, values, rows)
    shares = [round(float(share), 6) for share in counts / max(1, len(values))]
    contacts = int(rows["contact_id"].nunique())
    return found | {"shares": shares, "rows": len(values), "contacts": contacts}


def binned(described: dict[str, Any], values: pd.Series, rows: pd.DataFrame) -> Counts:
    """Count a column's rows in the bins of a description; the last two are other and missing.

    Numbers have no bin for others.

    Returns
    -------
    ndarray of float64
        One count per bin; they add up to the number of rows.
    """
    if "edges" in described:
        numbers = _numbers(values, rows)
        known = np.empty(0) if numbers is None else numbers[np.isfinite(numbers)]
        places = np.searchsorted(described["edges"], known, side="left")
        counts = np.bincount(places, minlength=len(described["edges"]) + 1)
    else:
        texts = _texts(values).dropna()
        places = pd.Index(described["levels"], dtype="str").get_indexer(texts)
        counts = np.bincount(
            np.where(places < 0, len(described["levels"]), places),
            minlength=len(described["levels"]) + 1,
        )
    return np.append(counts, len(values) - counts.sum()).astype("float64")


def _numbers(values: pd.Series, rows: pd.DataFrame) -> NDArray[np.float64] | None:
    """Return numbers as they are, dates as days before the snapshot, None for anything else."""
    if isinstance(values.dtype, pd.DatetimeTZDtype) or values.dtype.kind == "M":
        days = (
            pd.to_datetime(rows["snapshot_at"], utc=True) - pd.to_datetime(values, utc=True)
        ) / _DAY
        return np.asarray(days, dtype="float64")
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return None
    numbers = values.to_numpy("float64", na_value=np.nan)
    return np.where(np.abs(numbers) < _HUGE, numbers, np.nan)


def _edges(numbers: NDArray[np.float64]) -> list[float]:
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return []
    quantiles = np.quantile(known, np.arange(1, BINS) / BINS, method="inverted_cdf")
    return sorted({float(f"{value:.{_DIGITS}g}") for value in quantiles})


def _levels(texts: pd.Series, contacts: pd.Series) -> list[str]:
    pairs = pd.DataFrame({"text": texts, "contact": contacts.to_numpy()}).dropna(subset="text")
    counts = pairs.drop_duplicates()["text"].value_counts()
    often = counts[counts >= FEWEST_CONTACTS].reset_index()
    often = often.sort_values(["count", "text"], ascending=[False, True])
    return sorted(map(str, often["text"].head(MOST_LEVELS)))


def _texts(values: pd.Series) -> pd.Series:
    """Return a column as text, missing where missing; several ticked boxes are one text."""
    if values.dtype != object:
        return values.astype("str")
    return values.map(_text).astype("str")


def _text(value: Any) -> str | None:
    if isinstance(value, (list, tuple, set, np.ndarray)):
        return "; ".join(sorted(map(str, value)))
    return None if pd.isna(value) else str(value)
