"""Intervals of metrics and of differences between two rankings, by the bootstrap."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from leadscore.tally import resampled

__all__ = ["Metric", "bootstrap", "bootstrap_difference", "bootstrap_values", "interval"]

Metric = Callable[..., float]  # of a `Tally`, or of outcomes and probabilities


def bootstrap_values(
    metrics: Mapping[str, Metric],
    y: ArrayLike,
    p: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    n: int = 500,
    seed: int = 0,
) -> pd.DataFrame:
    """Return each metric of each bootstrap draw.

    Parameters
    ----------
    metrics : mapping of str to callable
        Each takes a `Tally` and returns a float.
    y, p, groups, n, seed
        As for `leadscore.tally.resampled`.

    Returns
    -------
    DataFrame
        One row per draw, one float64 column per metric.

    Examples
    --------
    >>> from leadscore.metrics import roc_auc
    >>> bootstrap_values({"roc_auc": roc_auc}, [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], n=9).shape
    (9, 1)
    """
    draws = resampled(y, p, groups=groups, n=n, seed=seed)
    return pd.DataFrame([{k: m(draw) for k, m in metrics.items()} for draw in draws])


def interval(values: ArrayLike) -> tuple[float, float]:
    """Return the middle 95 % of bootstrap values; ``nan`` where most are undefined.

    Examples
    --------
    >>> interval(range(101))
    (2.5, 97.5)
    """
    drawn = np.asarray(values, dtype=np.float64)
    if np.isnan(drawn).mean() > 0.5:
        return float("nan"), float("nan")
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def bootstrap(
    metric: Metric,
    y: ArrayLike,
    p: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    n: int = 500,
    seed: int = 0,
) -> tuple[float, float]:
    """Return a 95 % interval of a metric by the percentile bootstrap.

    Parameters
    ----------
    metric : callable
        Takes a `Tally`, returns a float.
    y, p, groups, n, seed
        As for `leadscore.tally.resampled`; the same seed gives the same interval.

    Returns
    -------
    low, high : float
        ``nan`` when the metric is undefined for most draws.

    Examples
    --------
    >>> from leadscore.metrics import roc_auc
    >>> low, high = bootstrap(roc_auc, [0, 0, 1, 1] * 20, [0.1, 0.4, 0.35, 0.8] * 20)
    >>> low < 0.75 < high
    True
    """
    return interval([metric(t) for t in resampled(y, p, groups=groups, n=n, seed=seed)])


def bootstrap_difference(
    metric: Metric,
    y: ArrayLike,
    p: ArrayLike,
    other: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    n: int = 500,
    seed: int = 0,
) -> tuple[float, float]:
    """Return a 95 % interval of metric(y, p) - metric(y, other), paired over the same draws.

    Examples
    --------
    >>> from leadscore.metrics import roc_auc
    >>> y, good, bad = [0, 0, 1, 1] * 20, [0.1, 0.4, 0.35, 0.8] * 20, [0.5] * 80
    >>> low, high = bootstrap_difference(roc_auc, y, good, bad)
    >>> low > 0
    True
    """
    both = [
        np.array([metric(t) for t in resampled(y, said, groups=groups, n=n, seed=seed)])
        for said in (p, other)
    ]
    return interval(both[0] - both[1])
