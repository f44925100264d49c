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
    from leadscore.keptmodels import Model

__all__ = ["age_weights", "binned", "describe", "places", "reference_of"]

BINS = 10  # as scorecards are customarily watched: Siddiqi 2006, Credit Risk Scorecards
FEWEST_CONTACTS = 20
MOST_LEVELS = 50
_SAMPLE = 20_000
_HUGE = 1e300
_DIGITS = 3
_DAY = pd.Timedelta(days=1)
_AGE_BINS = 20
CREATED = "createdate"

Counts = NDArray[np.float64]


def reference_of(model: Model, data: pd.DataFrame) -> dict[str, Any]:
    """Describe the rows that a model learnt from.

    Parameters
    ----------
    model : Model
    data : DataFrame
        Its training frame; rows without an outcome are left out.

    Returns
    -------
    dict
        JSON-able: ``rows``, ``contacts``, ``columns`` (each of the model's features as `describe`
        gives it), ``score`` (the same of the probability), ``weights`` (property: the mean
        absolute contribution of its terms, in log-odds) and ``ages``: the same of the days since
        the contacts' creation, and the ``oldest``; None where the frame has no ``createdate``.
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
        "ages": _ages(known),
    }


def _ages(rows: pd.DataFrame) -> dict[str, Any] | None:
    days = _numbers(rows[CREATED], rows) if CREATED in rows else None
    if days is None or not np.isfinite(days).any():
        return None
    return describe(rows[CREATED], rows, bins=_AGE_BINS) | {"oldest": float(np.nanmax(days))}


def age_weights(ages: dict[str, Any] | None, rows: pd.DataFrame) -> Counts:
    """Return a weight for each row, so that contacts are as old as they were in the reference.

    A portal's open leads grow older from month to month; without weights that alone would look
    like drift in everything that takes time (as direct standardisation of rates by age does in
    epidemiology). Rows of contacts that are older than any in the reference get no weight.

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        With mean 1; all 1 where the ages are not known, all 0 where none is of an age known.
    """
    if ages is None or CREATED not in rows:
        return np.ones(len(rows))
    days = _numbers(rows[CREATED], rows)
    assert days is not None
    young = ~(days > ages["oldest"])
    place = places(ages, rows[CREATED], rows)
    now = np.bincount(place[young], minlength=len(ages["shares"]))
    weights = np.where(young, np.array(ages["shares"])[place] / np.maximum(now[place], 1), 0.0)
    total = weights.sum()
    return weights * (len(rows) / total) if total else weights


def _weights(model: Model, rows: pd.DataFrame) -> dict[str, float]:
    sizes = model.contributions(rows).abs().mean()
    found: dict[str, float] = {}
    for term, size in sizes.items():
        for name in model.terms[str(term)].properties:
            found[name] = found.get(name, 0.0) + float(size)
    return {name: round(size, 6) for name, size in sorted(found.items())}


def describe(values: pd.Series, rows: pd.DataFrame, *, bins: int = BINS) -> dict[str, Any]:
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
    bins : int, default 10
        Of numbers and dates.

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
        found: dict[str, Any] = {"edges": _edges(numbers, bins)}
    else:
        found = {"levels": _levels(_texts(values), rows["contact_id"])}
    counts = binned(found, values, rows)
    shares = [round(float(share), 6) for share in counts / max(1, len(values))]
    contacts = int(rows["contact_id"].nunique())
    return found | {"shares": shares, "rows": len(values), "contacts": contacts}


def binned(
    described: dict[str, Any],
    values: pd.Series,
    rows: pd.DataFrame,
    *,
    weights: Counts | None = None,
) -> Counts:
    """Count a column's rows, or add up their weights, in the bins of a description.

    Returns
    -------
    ndarray of float64
        One count per bin, the missing last; they add up to the number of rows.
    """
    bins = len(described.get("edges", described.get("levels", ()))) + 2
    found = np.bincount(places(described, values, rows), weights=weights, minlength=bins)
    return found.astype("float64")


def places(described: dict[str, Any], values: pd.Series, rows: pd.DataFrame) -> NDArray[np.intp]:
    """Return each row's bin in a description.

    Returns
    -------
    ndarray of int, shape (n_rows,)
        The last bin holds the missing; with levels, the one before it all others.
    """
    if "edges" in described:
        numbers, edges = _numbers(values, rows), np.array(described["edges"], dtype="float64")
        if numbers is None:
            return np.full(len(values), len(edges) + 1)
        place = np.searchsorted(edges, numbers, side="left")
        return np.where(np.isfinite(numbers), place, len(edges) + 1)
    texts, levels = _texts(values), pd.Index(described["levels"], dtype="str")
    place = levels.get_indexer(texts)
    place = np.where(place < 0, len(levels), place)
    return np.where(texts.isna(), len(levels) + 1, place)


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


def _edges(numbers: NDArray[np.float64], bins: int) -> list[float]:
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return []
    quantiles = np.quantile(known, np.arange(1, bins) / bins, method="inverted_cdf")
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
