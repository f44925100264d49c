"""Leaks that take two: columns that tell nothing alone, and the outcome together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leadscore.ablation import Ablation, Codes, bin_codes, binned, gain, separation
from leadscore.dominating import SHARE
from leadscore.metrics import roc_auc

__all__ = ["Together", "together"]

_BINS = 8
_WORTH_A_MODEL = 0.1  # of the outcome's variance, explained by a pair beyond its two columns
_MOST_ROUNDS = 3
_PAIR = "\0pair"  # no property has such a name

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Together(NamedTuple):
    """A property that tells the outcome with another: ROC AUC of the quick model with the pair.

    Of the two, ``property`` is the one that ranks worse alone: without it the other is harmless.
    """

    property: str
    other: str
    whole: float
    without: float


def together(
    prepared: pd.DataFrame, properties: Sequence[str], outcome: Floats, *, limit: float
) -> Iterator[Together]:
    """Find pairs of columns whose cells dominate the quick model, as one property may not.

    All pairs are looked at by the variance of the outcome between the cells of their cross table
    that is not between the levels of either column (the interaction of an analysis of variance:
    Fisher 1925, "Statistical Methods for Research Workers"). The quick model judges the largest.

    Parameters
    ----------
    prepared : DataFrame
        float64 and text columns; one row per contact.
    properties : sequence of str
        The property of each column.
    outcome : ndarray of float64, shape (n_rows,)
        0 or 1.
    limit : float
        The ROC AUC that a pair's part is held against.
    """
    left = list(range(prepared.shape[1]))
    for _ in range(_MOST_ROUNDS):
        owners = [properties[place] for place in left]
        found = _judged(prepared.iloc[:, left], owners, outcome, limit)
        if found is None:
            return
        yield found
        left = [place for place in left if properties[place] != found.property]


def _judged(
    prepared: pd.DataFrame, properties: list[str], outcome: Floats, limit: float
) -> Together | None:
    levels = [binned(prepared[name], _BINS) for name in prepared.columns]
    pair = _strongest(levels, properties, outcome)
    if pair is None:
        return None
    codes = bin_codes(prepared, properties)
    cells = _cells(levels[pair[0]], levels[pair[1]])
    names = np.append(codes.properties, [_PAIR] * cells.shape[1])
    ablation = Ablation(Codes(np.hstack([codes.matrix, cells]), names), outcome)
    said = ablation.without_each(ablation.properties, [_PAIR])
    found = gain(outcome, said[:, 0], said[:, 1])
    if found.share < SHARE or found.low < separation(limit):
        return None
    both = sorted((properties[place] for place in pair), key=lambda n: _alone(ablation, n))
    return Together(both[0], both[1], *(roc_auc(outcome, column) for column in said.T))


def _alone(ablation: Ablation, name: str) -> float:
    return roc_auc(ablation.outcome, ablation.predict([name]))


def _strongest(
    levels: list[Ints], properties: list[str], outcome: Floats
) -> tuple[int, int] | None:
    """Return the two columns, of two properties, that explain most together and not alone."""
    places, columns = _one_hot(levels)
    centred = outcome - outcome.mean()
    rows, sums = columns.T @ columns, columns.T @ (columns * centred[:, None])
    explained = sums**2 / np.maximum(rows, 1.0)
    starts = np.searchsorted(places, np.arange(len(levels)))
    cells = np.add.reduceat(np.add.reduceat(explained, starts, axis=0), starts, axis=1)
    alone = np.diag(cells)
    beyond = (cells - alone[:, None] - alone[None, :]) / (centred @ centred)
    owners = np.array(properties)
    beyond[owners[:, None] == owners[None, :]] = -1.0
    best = np.unravel_index(int(np.argmax(beyond)), beyond.shape)
    return None if beyond[best] < _WORTH_A_MODEL else (int(best[0]), int(best[1]))


def _one_hot(levels: list[Ints]) -> tuple[Ints, Floats]:
    """Return a column of 0 and 1 for each level of each column, and the place of its column."""
    parts = [(codes[:, None] == np.unique(codes)).astype(np.float64) for codes in levels]
    places = np.repeat(np.arange(len(parts)), [part.shape[1] for part in parts])
    return places, np.hstack(parts)


def _cells(first: Ints, second: Ints) -> Floats:
    cell = first * (int(second.max()) + 1) + second
    found: Floats = (cell[:, None] == np.unique(cell)).astype(np.float64)
    return found
