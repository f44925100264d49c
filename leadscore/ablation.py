"""How much of a model's skill only one property brings: the sign of a leak that is no giveaway.

A quick model (ridge regression on binned columns) predicts every sampled row from the others, with
all properties and without each of them. Skill is measured as squared separation: 2 z(AUC)², the
squared distance in standard deviations between the leads that converted and the others, if scores
are normal in both (Green, Swets 1966, "Signal Detection Theory and Psychophysics": d' = √2 z(AUC)).
Squared distances of independent properties add up (Mahalanobis 1936), which AUCs do not.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import norm, rankdata

__all__ = ["Ablation", "Codes", "Gain", "bin_codes", "binned", "forecast", "gain", "separation"]

FOLDS = 3
MOST_COLUMNS = 600  # of the binned matrix: the cost grows with its square
BINS = (4, 20)
_RIDGE = 30.0  # rows' worth of shrinkage towards no effect
_FEWEST_ROWS = 10  # a text's level that fewer sampled rows have shares one code with the others
_CLEAREST = 0.9995

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Codes:
    """Columns as one matrix, and the property behind each of its columns.

    A column of 0 and 1 for each bin or level, and one of standard scores for each number: bins
    follow any curve, scores make good what is lost between the edges.
    """

    matrix: Floats
    properties: NDArray[np.str_]


@dataclass(frozen=True)
class _Fold:
    """The sums of one fold's training rows that every model of it is solved from."""

    centre: Floats
    gram: Floats
    pull: Floats


def separation(auc: float) -> float:
    """Return the squared separation that an AUC stands for; below chance it is 0.

    Examples
    --------
    >>> round(separation(0.8), 2), separation(0.4)
    (1.42, 0.0)
    """
    return float(2.0 * max(0.0, ndtri(np.clip(auc, 0.0, _CLEAREST))) ** 2)


def bin_codes(prepared: pd.DataFrame, properties: Sequence[str]) -> Codes:
    """Bin every column: numbers by quantiles, texts by their most frequent levels.

    Parameters
    ----------
    prepared : DataFrame
        float64 and text columns, as `leadscore.features.prepare` makes them.
    properties : sequence of str
        The property of each column.

    Examples
    --------
    >>> frame = pd.DataFrame({"visits": [0.0] * 10 + [1.0] * 10 + [np.nan] * 10})
    >>> bin_codes(frame, ["visits"]).matrix.sum(axis=0).tolist()
    [10.0, 10.0, 10.0, 0.0]
    """
    bins = int(np.clip(MOST_COLUMNS // max(1, prepared.shape[1]), *BINS))
    parts, names = [np.empty((len(prepared), 0))], []
    for name, column in zip(prepared.columns, properties, strict=True):
        codes = binned(prepared[name], bins)
        part = (codes[:, None] == np.unique(codes)).astype(np.float64)
        if prepared[name].dtype == "float64":
            part = np.column_stack([part, _scaled(prepared[name].to_numpy())])
        parts.append(part)
        names += [column] * part.shape[1]
    return Codes(np.hstack(parts), np.array(names, dtype=str))


def _scaled(values: Floats) -> Floats:
    """Return standard scores without the outermost hundredths; 0 where the value is missing."""
    known = values[~np.isnan(values)]
    if not len(known):
        return np.zeros(len(values))
    clipped = np.clip(values, *np.quantile(known, [0.01, 0.99]))
    spread = float(np.nanstd(clipped)) or 1.0
    return np.nan_to_num((clipped - np.nanmean(clipped)) / spread)


def binned(values: pd.Series, bins: int) -> Ints:
    """Return a code from 0 upwards for each row, 0 where the value is missing.

    Parameters
    ----------
    values : Series
        float64 or text.
    bins : int
        Numbers get as many bins of equal count, texts twice as many levels.

    Examples
    --------
    >>> binned(pd.Series([1.0, 1.0, 2.0, np.nan]), 2).tolist()
    [2, 2, 4, 0]
    """
    if values.dtype == "float64":
        found = values.to_numpy()
        known = found[~np.isnan(found)]
        edges = np.quantile(known, np.linspace(0, 1, bins + 1)) if len(known) else known
        # A value that fills more than a bin gets one of its own.
        shared = np.nextafter(edges[1:][edges[1:] == edges[:-1]], np.inf)
        places = np.searchsorted(np.unique(np.r_[edges, shared]), found, side="right")
        return np.where(np.isnan(found), 0, places + 1)
    counts = values.value_counts()
    kept = sorted(counts[counts >= _FEWEST_ROWS].head(2 * bins).index)
    place = values.map({level: code for code, level in enumerate(kept, start=2)})
    return place.fillna(1).where(values.notna(), 0).to_numpy("int64")


class Ablation:
    """A quick model of the rows, and what it loses without some of its properties.

    Parameters
    ----------
    codes : Codes
        As `bin_codes` makes them, one row per contact.
    outcome : ndarray of float64, shape (n_rows,)
        0 or 1.

    Notes
    -----
    Sums depend on the number of threads in their last bits: limit BLAS to one (threadpoolctl).
    """

    def __init__(self, codes: Codes, outcome: Floats) -> None:
        self._codes, self.outcome = codes, outcome
        self.properties: list[str] = np.unique(codes.properties).tolist()
        # The rows come in the order of their ids; every fold gets its share of both outcomes.
        rank = np.empty(len(outcome), dtype=np.int64)
        rank[np.argsort(-outcome, kind="stable")] = np.arange(len(outcome))
        self._tested = [rank % FOLDS == fold for fold in range(FOLDS)]
        self._folds = [_fold(codes.matrix[~rows], outcome[~rows]) for rows in self._tested]

    def predict(self, properties: Collection[str]) -> Floats:
        """Return cross-fitted predictions by these properties alone, shape (n_rows,)."""
        return self.without_each(properties, ())[:, 0]

    def without_each(self, properties: Collection[str], dropped: Sequence[str]) -> Floats:
        """Return cross-fitted predictions by `properties`, then without each one of `dropped`.

        Returns
        -------
        ndarray of float64, shape (n_rows, 1 + len(dropped))
        """
        chosen = np.flatnonzero(np.isin(self._codes.properties, list(properties)))
        names = self._codes.properties[chosen]
        said = np.zeros((len(self.outcome), 1 + len(dropped)))
        for rows, fold in zip(self._tested, self._folds, strict=True):
            weights = _weights(fold, chosen, [names == name for name in dropped])
            matrix = self._codes.matrix[np.ix_(rows, chosen)]
            said[rows] = (matrix - fold.centre[chosen]) @ weights
        return said


def forecast(
    codes: Codes, outcome: Floats, *, past: Mask, asked: Mask, dropped: Sequence[Collection[str]]
) -> list[Floats]:
    """Predict some rows from others, by all properties and without each set of `dropped`.

    Parameters
    ----------
    codes : Codes
        As `bin_codes` makes them.
    outcome : ndarray of float64, shape (n_rows,)
        0 or 1; only those of `past` are looked at.
    past, asked : ndarray of bool, shape (n_rows,)
        The rows to learn from, and those to predict.
    dropped : sequence of collection of str
        Sets of properties.

    Returns
    -------
    list of ndarray of float64, shape (number of rows asked,)
        The first is by all properties.
    """
    fold = _fold(codes.matrix[past], outcome[past])
    groups = [np.isin(codes.properties, list(names)) for names in dropped]
    weights = _weights(fold, np.arange(len(codes.properties)), groups)
    return list(((codes.matrix[asked] - fold.centre) @ weights).T)


def _fold(matrix: Floats, outcome: Floats) -> _Fold:
    centre = matrix.mean(axis=0)
    learnt = matrix - centre
    gram = learnt.T @ learnt
    gram[np.diag_indices_from(gram)] += _RIDGE
    return _Fold(centre, gram, learnt.T @ (outcome - outcome.mean()))


def _weights(fold: _Fold, chosen: Ints, dropped: Sequence[Mask]) -> Floats:
    """Return the weights of all columns, then without each group: that needs no new fit.

    Removing columns g from a least-squares fit changes the others by -P[:, g] P[g, g]^-1 w[g],
    with P the inverse of the Gram matrix (the inverse of a partitioned matrix).
    """
    inverse = np.linalg.inv(fold.gram[np.ix_(chosen, chosen)])
    weights = inverse @ fold.pull[chosen]
    found = [weights]
    for group in dropped:
        moved = np.linalg.solve(inverse[np.ix_(group, group)], weights[group])
        left = weights - inverse[:, group] @ moved
        left[group] = 0.0
        found.append(left)
    return np.column_stack(found)


@dataclass(frozen=True)
class Gain:
    """What a property adds: squared separation with and without it, and the gain's interval."""

    whole: float
    without: float
    low: float

    @property
    def gain(self) -> float:
        """Squared separation that only this property brings."""
        return self.whole - self.without

    @property
    def share(self) -> float:
        """The share of the model's squared separation that only this property brings."""
        return self.gain / self.whole if self.whole > 0 else 0.0


def gain(outcome: Floats, whole: Floats, without: Floats) -> Gain:
    """Compare two predictions of the same rows.

    The lower end of the 95 % interval is by DeLong, DeLong, Clarke-Pearson 1988 (Biometrics 44),
    carried over to the squared separation by the delta method.

    Parameters
    ----------
    outcome, whole, without : ndarray of float64, shape (n_rows,)
        0 or 1, and predictions with and without a property; one row per contact.

    Examples
    --------
    >>> found = gain(np.repeat([0.0, 1.0], 50), np.arange(100.0), np.tile(np.arange(50.0), 2))
    >>> round(found.without, 2), round(found.share, 2)
    (0.0, 1.0)
    """
    won = outcome == 1.0
    pulls = [_placements(won, said) for said in (whole, without)]
    squares = [separation(auc) for auc, _, _ in pulls]
    steps = [_slope(auc) for auc, _, _ in pulls]
    above = steps[0] * pulls[0][1] - steps[1] * pulls[1][1]
    below = steps[0] * pulls[0][2] - steps[1] * pulls[1][2]
    error = np.sqrt(above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below))
    return Gain(squares[0], squares[1], float(squares[0] - squares[1] - norm.ppf(0.975) * error))


def _placements(won: Mask, said: Floats) -> tuple[float, Floats, Floats]:
    """Return the AUC, and each row's share of the other side's rows that it is right about."""
    ranks, wins, losses = rankdata(said), int(won.sum()), int((~won).sum())
    above = (ranks[won] - rankdata(said[won])) / losses
    below = 1 - (ranks[~won] - rankdata(said[~won])) / wins
    return float(above.mean()), above, below


def _slope(auc: float) -> float:
    """Return the derivative of `separation`."""
    z = float(ndtri(np.clip(auc, 0.5, _CLEAREST)))
    return 4 * z / float(norm.pdf(z))
