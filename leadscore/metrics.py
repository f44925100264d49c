"""Metrics of a ranking and of its probabilities, with intervals; and the splits in time.

Every metric takes outcomes and probabilities of equal length, or the `Tally` of both. Rows with
equal probability count with their expected value under a random order, so no metric depends on the
order of the rows. A metric that is undefined (a single class, for instance) is ``nan``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadscore.resampling import Metric, bootstrap, bootstrap_difference
from leadscore.splits import temporal_split
from leadscore.tally import Tally, tally

__all__ = [
    "Metric",
    "average_precision",
    "base_rate",
    "bootstrap",
    "bootstrap_difference",
    "brier_skill",
    "ece",
    "flagged_share",
    "gains",
    "lift",
    "log_loss",
    "recall_at",
    "roc_auc",
    "temporal_split",
    "top_to_bottom",
]

Floats = NDArray[np.float64]


def roc_auc(y: ArrayLike | Tally, p: ArrayLike | None = None) -> float:
    """Return the chance that a converted row has a higher probability than another one.

    The Mann-Whitney statistic with ties counted half (Hanley, McNeil 1982, Radiology 143).

    Examples
    --------
    >>> roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    found = tally(y, p)
    losses = found.sizes - found.wins
    pairs = found.wins.sum() * losses.sum()
    beaten = np.cumsum(losses) - losses / 2
    return float(_dot(found.wins, beaten) / pairs) if pairs else float("nan")


def average_precision(y: ArrayLike | Tally, p: ArrayLike | None = None) -> float:
    """Return the precision averaged over the conversions, one step per distinct probability.

    As ``sklearn.metrics.average_precision_score``.

    Examples
    --------
    >>> round(average_precision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 4)
    0.8333
    """
    found = tally(y, p)
    wins, taken = found.wins[::-1], np.cumsum(found.sizes[::-1])
    precision = np.cumsum(wins) / np.maximum(taken, 1)
    return float(_dot(precision, wins) / wins.sum()) if wins.sum() else float("nan")


def gains(y: ArrayLike | Tally, p: ArrayLike | None = None, *, shares: ArrayLike) -> Floats:
    """Return the share of all conversions that the best rows hold, for many shares at once.

    The cumulative gains curve, read off by linear interpolation: rows tied at a cut count with
    their expected value.

    Examples
    --------
    >>> gains([1, 0, 0, 1], [0.9, 0.2, 0.1, 0.8], shares=[0, 0.25, 0.5, 1]).tolist()
    [0.0, 0.5, 1.0, 1.0]
    """
    taken, reached = tally(y, p).gains
    return np.asarray(
        np.interp(np.asarray(shares, dtype=np.float64), taken, reached), dtype=np.float64
    )


def recall_at(y: ArrayLike | Tally, p: ArrayLike | None = None, share: float = 0.1) -> float:
    """Return the share of all conversions that the best `share` of the rows holds.

    One point of the `gains` curve.

    Examples
    --------
    >>> recall_at([1, 0, 0, 1], [0.9, 0.2, 0.1, 0.8], 0.25)
    0.5
    """
    return float(gains(y, p, shares=share))


def lift(y: ArrayLike | Tally, p: ArrayLike | None = None, share: float = 0.1) -> float:
    """Return how many times the average rate the best `share` of the rows converts.

    `recall_at` divided by `share` (Ling, Li 1998, KDD).

    Examples
    --------
    >>> lift([1, 0, 0, 1], [0.9, 0.2, 0.1, 0.8], 0.25)
    2.0
    """
    return recall_at(y, p, share) / share


def flagged_share(y: ArrayLike | Tally, p: ArrayLike | None = None, recall: float = 0.6) -> float:
    """Return the smallest share of the rows, best first, that holds `recall` of the conversions.

    The `gains` curve read the other way round.

    Examples
    --------
    >>> flagged_share([1, 0, 0, 1], [0.9, 0.2, 0.1, 0.8], 0.5)
    0.25
    """
    taken, reached = tally(y, p).gains
    if np.isnan(reached[-1]):
        return float("nan")
    after = max(int(np.searchsorted(reached, recall)), 1)
    corners = slice(after - 1, after + 1)
    return float(np.interp(recall, reached[corners], taken[corners]))


def top_to_bottom(
    y: ArrayLike | Tally, p: ArrayLike | None = None, top: float = 0.1, bottom: float = 0.5
) -> float:
    """Return how many times as often the best `top` of the rows converts as the worst `bottom`.

    Half a conversion and half a loss are added to either side, so that the ratio is finite where
    the bottom holds no conversion (Haldane 1956, Annals of Human Genetics 20).

    Examples
    --------
    >>> top_to_bottom([1, 1, 0, 0, 1, 0], [0.9, 0.8, 0.7, 0.3, 0.2, 0.1], 0.5, 0.5)
    1.6666666666666667
    """
    found = tally(y, p)
    rows, wins = found.sizes.sum(), found.wins.sum()
    above = gains(found, shares=[top, 1 - bottom])
    high = (above[0] * wins + 0.5) / (top * rows + 1)
    low = ((1 - above[1]) * wins + 0.5) / (bottom * rows + 1)
    return float(high / low)


def brier_skill(y: ArrayLike | Tally, p: ArrayLike | None = None, *, reference: float) -> float:
    """Return 1 - Brier score / Brier score of always saying `reference`.

    Brier 1950 (Monthly Weather Review 78) for the score, Murphy 1973 for the skill. Zero is no
    better than the reference, one is perfect, below zero is worse.

    Examples
    --------
    >>> brier_skill([0, 1], [0.0, 1.0], reference=0.5)
    1.0
    """
    found = tally(y, p)
    said, wins, losses = found.said, found.wins, found.sizes - found.wins
    base = wins.sum() * (1 - reference) ** 2 + losses.sum() * reference**2
    lost = _dot(wins, (1 - said) ** 2) + _dot(losses, said**2)
    return float(1.0 - lost / base) if base else float("nan")


def log_loss(y: ArrayLike | Tally, p: ArrayLike | None = None) -> float:
    """Return the mean negative log-likelihood, in nats; probabilities are kept off 0 and 1.

    Examples
    --------
    >>> round(log_loss([0, 1], [0.5, 0.5]), 4)
    0.6931
    """
    found = tally(y, p)
    tiny = np.finfo(np.float64).eps
    said = np.clip(found.said, tiny, 1 - tiny)
    losses = found.sizes - found.wins
    likelihood = _dot(found.wins, np.log(said)) + _dot(losses, np.log(1 - said))
    return float(-likelihood / found.sizes.sum())


def ece(y: ArrayLike | Tally, p: ArrayLike | None = None, *, bins: int = 10) -> float:
    """Return the expected calibration error over bins of equal count.

    The mean over bins of |share converted - mean probability|, weighted by size (Naeini, Cooper,
    Hauskrecht 2015, AAAI).

    Examples
    --------
    >>> ece([0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5], bins=2)
    0.0
    """
    found = tally(y, p)
    taken = np.append(0.0, np.cumsum(found.sizes))
    surplus = np.append(0.0, np.cumsum(found.wins - found.sizes * found.said))
    rows = taken[-1]
    ends = np.floor(np.linspace(0, rows, int(min(bins, rows)) + 1))
    return float(np.abs(np.diff(np.interp(ends, taken, surplus))).sum() / rows)


def base_rate(y: ArrayLike | Tally, p: ArrayLike | None = None) -> float:
    """Return the share of the rows that converted.

    Examples
    --------
    >>> base_rate([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4])
    0.5
    """
    found = tally(y, p)
    return float(found.wins.sum() / found.sizes.sum())


def _dot(one: Floats, other: Floats) -> float:
    # Not BLAS: its sums depend on the number of threads, and its threads cost more than they save.
    return float((one * other).sum())
