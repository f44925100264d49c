"""Boosted trees as the black-box reference: what being explainable costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from leadscore.fitting import folds
from leadscore.snapshotfacts import bare

__all__ = ["MOST_LEVELS", "trees_probability"]

_FEWEST_CONTACTS = 20
MOST_LEVELS = 254  # HistGradientBoosting takes 255 categories; one is for missing and rare ones
# Small trees that learn slowly and stop in time: a stronger rival on leads than the library's
# defaults, which learn contacts by heart where few convert.
_SETTINGS: dict[str, Any] = {
    "max_iter": 300,
    "learning_rate": 0.05,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 50,
    "early_stopping": True,
    "n_iter_no_change": 20,
}


def trees_probability(
    past: pd.DataFrame, asked: pd.DataFrame, columns: Sequence[str], *, seed: int = 0
) -> NDArray[np.float64]:
    """Learn from one frame with boosted trees, and predict another.

    scikit-learn's `HistGradientBoostingClassifier`, always with the same settings: trees of at most
    8 leaves of at least 50 rows, learning rate 0.05, and as many trees (at most 300) as lower the
    loss of a fifth of the contacts that is kept apart for that. Numbers go in as they are, missing
    values stay missing, dates are days before the snapshot, texts native categories (those that 20
    contacts share, at most 254), checkboxes one column per option. The probabilities are not
    recalibrated.

    Parameters
    ----------
    past : DataFrame
        Rows to learn from, with ``contact_id``, ``snapshot_at`` and a known ``outcome``.
    asked : DataFrame
        Rows to predict, with the same columns.
    columns : sequence of str
        The feature columns that may be read.
    seed : int
        Seeds the trees; the same seed gives the same result on any number of cores.

    Returns
    -------
    ndarray of float64, shape (n_asked,)

    Raises
    ------
    DataError
        Fewer than five contacts have one of the outcomes.

    Examples
    --------
    >>> visits = np.arange(400) % 8.0
    >>> rows = pd.DataFrame({
    ...     "contact_id": [str(i) for i in range(400)],
    ...     "snapshot_at": pd.Timestamp("2026-01-01", tz="UTC"),
    ...     "visits": visits, "outcome": visits > 4})
    >>> trees_probability(rows, rows.tail(2), ["visits"]).round(2).tolist()
    [1.0, 1.0]
    """
    past, asked = bare(past), bare(asked)
    levels = {name: _levels(past[name], past["contact_id"]) for name in columns}
    matrix = _encoded(past, levels).dropna(axis="columns", how="all")
    if matrix.empty:
        return np.full(len(asked), float(past["outcome"].mean()))
    trees = HistGradientBoostingClassifier(
        **_SETTINGS, categorical_features="from_dtype", random_state=seed
    )
    outcome, apart = past["outcome"].to_numpy(dtype=bool), _apart(past, seed=seed)
    # One thread: the order of sums, and so the last bits, must not depend on the machine's cores.
    with threadpool_limits(1):
        kept = ~apart
        trees.fit(matrix[kept], outcome[kept], X_val=matrix[apart], y_val=outcome[apart])
        said = trees.predict_proba(_encoded(asked, levels)[matrix.columns])[:, 1]
    return np.asarray(said, dtype=np.float64)


def _apart(past: pd.DataFrame, *, seed: int) -> NDArray[np.bool_]:
    """Choose a fifth of the contacts, converted and not, to tell when to stop."""
    contacts = np.asarray(pd.factorize(past["contact_id"], sort=True)[0], dtype=np.int64)
    _, places = next(folds(past["outcome"].to_numpy(dtype=np.int64), contacts, seed=seed))
    apart = np.zeros(len(past), dtype=bool)
    apart[places] = True
    return apart


def _levels(values: pd.Series, contacts: pd.Series) -> list[str] | None:
    """Return the texts or options that 20 contacts have; None for numbers and dates."""
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
        return None
    filled = values.dropna()
    texts = (filled.explode() if _is_list(values) else filled).astype("str")
    # A level that few contacts have, each in many rows, would be learnt by heart.
    counts = contacts.loc[texts.index].groupby(texts.to_numpy()).nunique()
    shared = counts[counts >= _FEWEST_CONTACTS]
    ranked = sorted(shared.items(), key=lambda pair: (-pair[1], str(pair[0])))
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
