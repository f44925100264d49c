"""Boosted trees as the black-box reference: what being explainable costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

__all__ = ["MOST_LEVELS", "trees_probability"]

MOST_LEVELS = 254  # HistGradientBoosting takes 255 categories; one is for missing and rare ones
# Small trees that learn slowly: a stronger rival on leads than the library's defaults, which learn
# noise by heart where few convert.
_SETTINGS: dict[str, Any] = {
    "max_iter": 200,
    "learning_rate": 0.05,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 50,
    "early_stopping": False,
}


def trees_probability(
    past: pd.DataFrame, asked: pd.DataFrame, columns: Sequence[str], *, seed: int = 0
) -> NDArray[np.float64]:
    """Learn from one frame with boosted trees, and predict another.

    scikit-learn's `HistGradientBoostingClassifier`, always with the same settings: 200 trees of at
    most 8 leaves of at least 50 rows, learning rate 0.05. Numbers go in as they are, missing values
    stay missing, dates are days before the snapshot, texts native categories (the 254 most
    frequent), checkboxes one column per option. The probabilities are not recalibrated.

    Parameters
    ----------
    past : DataFrame
        Rows to learn from, with ``snapshot_at`` and a known ``outcome``.
    asked : DataFrame
        Rows to predict, with the same columns.
    columns : sequence of str
        The feature columns that may be read.
    seed : int
        Seeds the trees; the same seed gives the same result on any number of cores.

    Returns
    -------
    ndarray of float64, shape (n_asked,)

    Examples
    --------
    >>> visits = np.arange(400) % 8.0
    >>> rows = pd.DataFrame({"snapshot_at": pd.Timestamp("2026-01-01", tz="UTC"),
    ...                      "visits": visits, "outcome": visits > 4})
    >>> trees_probability(rows, rows.tail(2), ["visits"]).round(2).tolist()
    [1.0, 1.0]
    """
    levels = {name: _levels(past[name]) for name in columns}
    matrix = _encoded(past, levels).dropna(axis="columns", how="all")
    if matrix.empty:
        return np.full(len(asked), float(past["outcome"].mean()))
    trees = HistGradientBoostingClassifier(
        **_SETTINGS, categorical_features="from_dtype", random_state=seed
    )
    # One thread: the order of sums, and so the last bits, must not depend on the machine's cores.
    with threadpool_limits(1):
        trees.fit(matrix, past["outcome"].to_numpy(dtype=bool))
        said: NDArray[np.float64] = trees.predict_proba(_encoded(asked, levels)[matrix.columns])[
            :, 1
        ]
    return said


def _levels(values: pd.Series) -> list[str] | None:
    """Return the most frequent texts or options, or None for what is a number or a date."""
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
        return None
    texts = values.dropna().explode() if _is_list(values) else values.dropna()
    counts = texts.astype("str").value_counts()
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))
    return [str(level) for level, _ in ranked[:MOST_LEVELS]]


def _is_list(values: pd.Series) -> bool:
    filled = values.dropna()
    return len(filled) > 0 and isinstance(filled.iloc[0], list | tuple | set | np.ndarray)


def _encoded(frame: pd.DataFrame, levels: dict[str, list[str] | None]) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    for name, known in levels.items():
        values = frame[name]
        if known is not None and _is_list(values):
            columns |= _boxes(values, known)
        elif known is not None:
            texts = values.astype("str")
            columns[name] = texts.where(texts.isin(known)).astype(pd.CategoricalDtype(known))
        elif pd.api.types.is_datetime64_any_dtype(values):
            days = (frame["snapshot_at"] - values).dt.total_seconds() / 86_400
            columns[name] = days.where(days >= 0)
        else:
            columns[name] = pd.Series(values.to_numpy("float64", na_value=np.nan), frame.index)
    return pd.DataFrame(columns, index=frame.index)


def _boxes(values: pd.Series, known: list[str]) -> dict[str, pd.Series]:
    ticked = values.explode().astype("str")
    return {
        f"{values.name}: {option}": (ticked == option).groupby(level=0).max().astype("float64")
        for option in known
    }
