"""Temporal splits, and metrics with intervals.

Every metric takes outcomes and probabilities of equal length. Rows with equal probability count
with their expected value under a random order, so no metric depends on the order of the rows. A
metric that is undefined (a single class, for instance) is ``nan``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from leadscore.errors import DataError

__all__ = [
    "average_precision",
    "bootstrap",
    "brier_skill",
    "ece",
    "lift",
    "log_loss",
    "recall_at",
    "roc_auc",
    "temporal_split",
]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Metric = Callable[[Any, Any], float]


def temporal_split(
    times: ArrayLike,
    *,
    train_share: float = 0.7,
    gap: str | pd.Timedelta = "0D",
    outcome: ArrayLike | None = None,
) -> tuple[Mask, Mask]:
    """Split rows into the older ones to train on and the newer ones to test on.

    Rows of one time are never split: the cut moves to the boundary nearest to `train_share`. Rows
    less than `gap` older than the test's first row are in neither part, because their outcome was
    not known yet when the test began (Cerqueira, Torgo, Mozetič 2020, Machine Learning 109).

    Parameters
    ----------
    times : array-like of datetime, shape (n,)
        When each row was true.
    train_share : float
        The share of rows wanted before the cut, between 0 and 1.
    gap : str or Timedelta
        At least the goal's horizon.
    outcome : array-like of bool, shape (n,), optional
        When given, both parts must hold both outcomes.

    Returns
    -------
    train, test : ndarray of bool, shape (n,)

    Raises
    ------
    DataError
        A part is empty or, with `outcome`, holds one outcome only.

    Examples
    --------
    >>> days = pd.date_range("2026-01-01", periods=10, tz="UTC")
    >>> train, test = temporal_split(days, gap="2D")
    >>> int(train.sum()), int(test.sum())
    (6, 3)
    """
    moments = pd.DatetimeIndex(pd.to_datetime(np.asarray(times), utc=True))
    if moments.hasnans:
        raise DataError(
            f"{int(np.sum(moments.isna()))} of {len(moments)} rows have no time.",
            hint="Leave them out, or evaluate without time.",
        )
    start = _cut(moments, train_share)
    test = np.asarray(moments >= start)
    train = np.asarray(moments <= start - pd.Timedelta(gap)) & ~test
    _check_sides(train, test, outcome, gap=pd.Timedelta(gap))
    return train, test


def _cut(moments: pd.DatetimeIndex, share: float) -> pd.Timestamp:
    if not 0 < share < 1:
        raise DataError(
            f"A share of {share} leaves nothing on one side of the cut.",
            hint="Choose a share between 0 and 1.",
        )
    distinct, counts = np.unique(moments.asi8, return_counts=True)
    if len(distinct) < 2:
        raise DataError(
            "The rows cannot be split in time: they have fewer than two different times.",
            hint="Give a date column, or evaluate by cross-validation without time.",
        )
    before = np.cumsum(counts)[:-1] / len(moments)
    nearest = int(np.argmin(np.abs(before - share)))
    cut: pd.Timestamp = moments[moments.asi8 == distinct[nearest + 1]][0]
    return cut


def _check_sides(train: Mask, test: Mask, outcome: ArrayLike | None, *, gap: pd.Timedelta) -> None:
    for name, side in (("training", train), ("test", test)):
        if not side.any():
            raise DataError(
                f"The {name} part of the temporal split is empty, with a gap of {gap.days} days.",
                hint="The data must span more than the horizon: sync more, or shorten it.",
            )
        found: set[bool] = (
            set() if outcome is None else set(np.asarray(outcome)[side].astype(bool).tolist())
        )
        if len(found) == 1:
            raise DataError(
                f"All {int(side.sum())} rows of the {name} part of the temporal split have the"
                f" outcome {found.pop()}.",
                hint="Both outcomes are needed on both sides: get more data, or another goal.",
            )


def roc_auc(y: ArrayLike, p: ArrayLike) -> float:
    """Return the chance that a converted row has a higher probability than another one.

    The Mann-Whitney statistic with ties counted half (Hanley, McNeil 1982, Radiology 143).

    Examples
    --------
    >>> roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    wins, sizes = _by_level(*_checked(y, p))
    losses = sizes - wins
    pairs = wins.sum() * losses.sum()
    beaten = np.cumsum(losses) - losses / 2
    return float(wins @ beaten / pairs) if pairs else float("nan")


def average_precision(y: ArrayLike, p: ArrayLike) -> float:
    """Return the precision averaged over the conversions, one step per distinct probability.

    As ``sklearn.metrics.average_precision_score``.

    Examples
    --------
    >>> round(average_precision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 4)
    0.8333
    """
    wins, sizes = (level[::-1] for level in _by_level(*_checked(y, p)))
    total = wins.sum()
    precision = np.cumsum(wins) / np.cumsum(sizes)
    return float(precision @ wins / total) if total else float("nan")


def recall_at(y: ArrayLike, p: ArrayLike, share: float) -> float:
    """Return the share of all conversions that the best `share` of the rows holds.

    One point of the cumulative gains curve, read off by linear interpolation: rows tied at the
    cut count with their expected value.

    Examples
    --------
    >>> recall_at([1, 0, 0, 1], [0.9, 0.2, 0.1, 0.8], 0.25)
    0.5
    """
    wins, sizes = (level[::-1] for level in _by_level(*_checked(y, p)))
    if not wins.sum():
        return float("nan")
    reached = np.concatenate([[0.0], np.cumsum(wins) / wins.sum()])
    taken = np.concatenate([[0.0], np.cumsum(sizes) / sizes.sum()])
    return float(np.interp(share, taken, reached))


def lift(y: ArrayLike, p: ArrayLike, share: float) -> float:
    """Return how many times the average rate the best `share` of the rows converts.

    `recall_at` divided by `share` (Ling, Li 1998, KDD).

    Examples
    --------
    >>> lift([1, 0, 0, 1], [0.9, 0.2, 0.1, 0.8], 0.25)
    2.0
    """
    return recall_at(y, p, share) / share


def brier_skill(y: ArrayLike, p: ArrayLike, *, reference: float) -> float:
    """Return 1 - Brier score / Brier score of always saying `reference`.

    Brier 1950 (Monthly Weather Review 78) for the score, Murphy 1973 for the skill. Zero is no
    better than the reference, one is perfect, below zero is worse.

    Examples
    --------
    >>> brier_skill([0, 1], [0.0, 1.0], reference=0.5)
    1.0
    """
    truth, said = _checked(y, p)
    base = float(np.mean((truth - reference) ** 2))
    return 1.0 - float(np.mean((truth - said) ** 2)) / base if base else float("nan")


def log_loss(y: ArrayLike, p: ArrayLike) -> float:
    """Return the mean negative log-likelihood, in nats; probabilities are kept off 0 and 1.

    Examples
    --------
    >>> round(log_loss([0, 1], [0.5, 0.5]), 4)
    0.6931
    """
    truth, said = _checked(y, p)
    tiny = np.finfo(np.float64).eps
    said = np.clip(said, tiny, 1 - tiny)
    return float(-np.mean(truth * np.log(said) + (1 - truth) * np.log1p(-said)))


def ece(y: ArrayLike, p: ArrayLike, *, bins: int = 10) -> float:
    """Return the expected calibration error over bins of equal count.

    The mean over bins of |share converted - mean probability|, weighted by size (Naeini, Cooper,
    Hauskrecht 2015, AAAI).

    Examples
    --------
    >>> ece([0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5], bins=2)
    0.0
    """
    truth, said = _checked(y, p)
    wins, sizes = _by_level(truth, said)
    expected = np.repeat(wins / sizes, sizes.astype(int))
    ends = np.linspace(0, len(said), min(bins, len(said)) + 1).astype(int)[:-1]
    surplus = np.add.reduceat(expected - np.sort(said), ends)
    return float(np.abs(surplus).sum() / len(said))


def bootstrap(
    metric: Metric,
    y: ArrayLike,
    p: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    n: int = 500,
    seed: int = 0,
) -> tuple[float, float]:
    """Return a 95 % interval of a metric by the percentile bootstrap (Efron 1979).

    Parameters
    ----------
    metric : callable
        Takes outcomes and probabilities, returns a float.
    y, p : array-like, shape (n_rows,)
        Outcomes and probabilities.
    groups : array-like, shape (n_rows,), optional
        Rows of one group, such as one contact, are drawn together.
    n : int
        How many times to draw.
    seed : int
        The same seed gives the same interval.

    Returns
    -------
    low, high : float
        ``nan`` when the metric is undefined for most draws.

    Examples
    --------
    >>> low, high = bootstrap(roc_auc, [0, 0, 1, 1] * 20, [0.1, 0.4, 0.35, 0.8] * 20)
    >>> low < 0.75 < high
    True
    """
    truth, said = _checked(y, p)
    codes = np.arange(len(said)) if groups is None else pd.factorize(np.asarray(groups))[0]
    # Sorted once, every draw stays sorted and the sort inside the metric has nothing to do.
    order = np.lexsort((truth, said))
    truth, said, codes = truth[order], said[order], codes[order]
    rng = np.random.default_rng(seed)
    draws = [_drawn(rng, codes) for _ in range(n)]
    values = np.array([metric(truth[rows], said[rows]) for rows in draws])
    if np.isnan(values).mean() > 0.5:
        return float("nan"), float("nan")
    low, high = np.nanquantile(values, [0.025, 0.975])
    return float(low), float(high)


def _drawn(rng: np.random.Generator, codes: NDArray[np.int64]) -> NDArray[np.int64]:
    count = int(codes.max()) + 1
    times = np.bincount(rng.integers(count, size=count), minlength=count)
    return np.repeat(np.arange(len(codes)), times[codes])


def _checked(y: ArrayLike, p: ArrayLike) -> tuple[Floats, Floats]:
    truth, said = np.asarray(y, dtype=np.float64), np.asarray(p, dtype=np.float64)
    if truth.shape != said.shape or truth.ndim != 1 or not len(truth):
        raise DataError(
            f"Outcomes of shape {truth.shape} do not match probabilities of shape {said.shape}.",
            hint="Give two columns of equal length with at least one row.",
        )
    if not (np.isfinite(said).all() and np.isin(truth, (0.0, 1.0)).all()):
        raise DataError(
            "Outcomes must be 0 or 1 and probabilities finite numbers.",
            hint="Leave out rows whose outcome is not known.",
        )
    return truth, said


def _by_level(truth: Floats, said: Floats) -> tuple[Floats, Floats]:
    """Return conversions and rows per distinct probability, lowest probability first."""
    order = np.argsort(said, kind="stable")
    ordered = said[order]
    starts = np.concatenate([[0], np.flatnonzero(np.diff(ordered)) + 1])
    wins = np.add.reduceat(truth[order], starts)
    sizes = np.diff(np.append(starts, len(said))).astype(np.float64)
    return wins, sizes
