"""What a naive reading promises, beside what it delivers: today's values, tested by a shuffle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leadscore.blackbox import trees_probability
from leadscore.errors import DataError
from leadscore.evaluation import measure

__all__ = ["compare_naive"]

_KEYS = ["contact_id", "snapshot_at"]
_TODAY, _THEN = "today's values, boosted trees", "values of then, our recipe"
_SHUFFLED, _LATER = "a random half, today's values", "later rows, values of then"


def compare_naive(
    predictions: pd.DataFrame, data: pd.DataFrame, naive: pd.DataFrame, *, seed: int = 0
) -> pd.DataFrame:
    """Set a naive reading of the same contacts beside the point-in-time backtest.

    Naive is what most notebooks do: one row per contact with the values of today, boosted trees,
    a random half of the rows as the test. The same trees then predict the rows of that half's
    contacts on which the backtest was tested: there the values are those of then, as they will be
    for tomorrow's leads.

    Parameters
    ----------
    predictions : DataFrame
        As `leadscore.backtest` gives them for `data`.
    data : DataFrame
        The training frame, with values as of the snapshots.
    naive : DataFrame
        ``leadscore.training_set(store, goal, history=False)``.
    seed : int
        Of the shuffle and the trees.

    Returns
    -------
    DataFrame
        Three rows: what the naive reading promises, what it delivers, and the backtest, all about
        the same half of the contacts. ``reading``, ``test`` (str), ``roc_auc``, ``low``, ``high``
        (float64, 95 % interval over contacts), ``expected`` (float64: conversions that the
        probabilities add up to), ``conversions``, ``rows`` (int64).

    Raises
    ------
    DataError
        The two frames are not of the two readings, or too few contacts converted to learn from.

    Notes
    -----
    The trees learn from the other half of the contacts, whose values are newer than the later rows:
    that flatters what the naive reading delivers.

    Examples
    --------
    >>> found = compare_naive(predictions, data, naive)  # doctest: +SKIP
    """
    if not data.attrs.get("history") or naive.attrs.get("history"):
        raise DataError(
            "Two readings are compared: values of then with values of today.",
            hint="Give the training set first, and then training_set(store, goal, history=False).",
        )
    drawn = _half(naive["contact_id"], seed)
    known, chosen = naive["outcome"].notna(), naive["contact_id"].isin(drawn)
    learnt, shuffled = naive[known & ~chosen], naive[known & chosen]
    tested = predictions[predictions["contact_id"].isin(drawn)]
    later = tested[[*_KEYS, "outcome"]].merge(data.drop(columns="outcome"), on=_KEYS, how="left")
    columns = _features(naive)
    asked = pd.concat([shuffled, _shaped_as(shuffled, later)], ignore_index=True)
    said = trees_probability(learnt, asked, columns, seed=seed)
    cut = len(shuffled)
    return pd.DataFrame(
        [
            {"reading": _TODAY, "test": _SHUFFLED, **_figures(shuffled, said[:cut], learnt)},
            {"reading": _TODAY, "test": _LATER, **_figures(later, said[cut:], learnt)},
            {"reading": _THEN, "test": _LATER, **_measured(tested)},
        ]
    )


def _half(contacts: pd.Series, seed: int) -> pd.Series:
    """Draw half of the contacts: they are asked about, the others are learnt from."""
    each = contacts.drop_duplicates().sort_values()
    return each[np.random.default_rng(seed).random(len(each)) < 1 / 2]


def _features(naive: pd.DataFrame) -> list[str]:
    none = {*_KEYS, "outcome", *naive.attrs.get("not_features", ())}
    return [str(name) for name in naive if name not in none]


def _shaped_as(model: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with the columns of another frame; what they lack is missing, of its type."""
    blank = {
        str(name): pd.Series(index=rows.index, dtype=kind)
        for name, kind in model.dtypes.items()
        if name not in rows
    }
    return rows.assign(**blank)[list(model)]


def _figures(
    rows: pd.DataFrame, probability: NDArray[np.float64], learnt: pd.DataFrame
) -> dict[str, Any]:
    found = rows[["contact_id", "outcome"]].assign(probability=probability)
    found.attrs = {"protocol": None, "reference_rate": float(learnt["outcome"].mean())}
    return _measured(found)


def _measured(predictions: pd.DataFrame) -> dict[str, Any]:
    auc: Any = measure(predictions).set_index("metric").loc["roc_auc"]
    known = predictions[predictions["outcome"].notna()]
    return {
        "roc_auc": float(auc["value"]),
        "low": float(auc["low"]),
        "high": float(auc["high"]),
        "expected": float(known["probability"].sum()),
        "conversions": int(known["outcome"].sum()),
        "rows": len(known),
    }
