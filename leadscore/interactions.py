"""Which pairs of columns say more together than one by one: a screening of a model's misses."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leadscore.blocks import columns_of_frame
from leadscore.pairs import code_of, coder_of

__all__ = ["screened"]

MOST_CODES = 15
CELL_ROWS = 100
QUICK_ROWS = 40_000
CANDIDATES = 60  # of the quick statistic, for the careful one
CLEAR = 5.0  # standard deviations: of thousands of pairs, chance alone would bring hardly one
MOST_PAIRS = 12

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def screened(
    prepared: pd.DataFrame,
    outcome: NDArray[np.int64],
    said: Floats,
    contacts: Ints,
) -> list[tuple[str, str]]:
    """Return the pairs of columns within whose cells a model without pairs is wrong, worst first.

    In each cell of two columns' codes (levels, or quarters of a number) the misses of the model
    are added up. What row and column explain is taken out; the rest, squared over its variance,
    is a chi-squared statistic (a score test of the interaction, as in Lou, Caruana, Gehrke, Hooker
    2013, KDD, who screen pairs by residuals too). The variance is that of sums over contacts, for
    the snapshots of one contact are no independent rows.

    Parameters
    ----------
    prepared : DataFrame
        As `leadscore.features.prepare` makes it.
    outcome, said : ndarray, shape (n_rows,)
        What happened, and the model's probability.
    contacts : ndarray of int64, shape (n_rows,)
        A code of each row's contact.

    Returns
    -------
    list of (str, str)
        At most twelve pairs that stand out by five standard deviations or more.
    """
    coded = _coded(prepared)
    misses, variance = outcome - said, said * (1 - said)
    some = contacts % -(-len(outcome) // QUICK_ROWS) == 0
    first = {name: (codes[some], size) for name, (codes, size) in coded.items()}
    quick = [
        (_excess(*_cells(first[a], first[b], misses[some], variance[some])), a, b)
        for a, b in combinations(first, 2)
    ]
    best = sorted(quick, key=lambda found: (-found[0], found[1:]))[:CANDIDATES]
    checked = [(_careful(coded[a], coded[b], misses, contacts), a, b) for _, a, b in best]
    clear = sorted((-z, a, b) for z, a, b in checked if z >= CLEAR)
    return [(a, b) for _, a, b in clear[:MOST_PAIRS]]


def _coded(prepared: pd.DataFrame) -> dict[str, tuple[Ints, int]]:
    """Return codes from 0 up and their number, of the columns with few codes."""
    found: dict[str, tuple[Ints, int]] = {}
    for name, column in zip(prepared.columns, columns_of_frame(prepared), strict=True):
        known, codes = np.unique(code_of(column, coder_of(column, CELL_ROWS)), return_inverse=True)
        if 2 <= len(known) <= MOST_CODES:
            found[str(name)] = (codes, len(known))
    return found


def _cells(
    a: tuple[Ints, int], b: tuple[Ints, int], misses: Floats, variance: Floats
) -> tuple[Floats, Floats]:
    """Return the sums of misses and of their variances, by cell."""
    shape, cell = (a[1], b[1]), a[0] * b[1] + b[0]
    size = a[1] * b[1]
    rows = np.bincount(cell, minlength=size)
    sums, spread = np.bincount(cell, misses, size), np.bincount(cell, variance, size)
    spread = np.where(rows >= CELL_ROWS, spread, 0.0)
    return np.asarray(sums.reshape(shape), float), np.asarray(spread.reshape(shape), float)


def _careful(a: tuple[Ints, int], b: tuple[Ints, int], misses: Floats, contacts: Ints) -> float:
    """Return the statistic with the variance of sums over contacts."""
    cell = a[0] * b[1] + b[0]
    order = np.lexsort((cell, contacts))
    new = np.append(True, (np.diff(contacts[order]) != 0) | (np.diff(cell[order]) != 0))
    each = np.add.reduceat(misses[order], np.flatnonzero(new))
    squares = np.bincount(cell[order][new], each**2, a[1] * b[1])
    sums, spread = _cells(a, b, misses, np.ones(len(misses)))
    return _excess(sums, np.where(spread > 0, squares.reshape(spread.shape), 0.0))


def _excess(sums: Floats, spread: Floats) -> float:
    """Return by how many standard deviations the cells' misses exceed what chance would bring."""
    there = spread > 0
    freedom = int(there.sum() - sum(map(np.count_nonzero, (there.any(0), there.any(1)))) + 1)
    if freedom < 1:
        return 0.0
    left = _without_margins(np.where(there, sums, 0.0), spread)
    statistic = float(np.sum(left[there] ** 2 / spread[there]))
    return (statistic - freedom) / float(np.sqrt(2 * freedom))


def _without_margins(sums: Floats, spread: Floats) -> Floats:
    """Take out of each cell what its row and its column explain."""
    left = sums.copy()
    for axis in (0, 1) * 3:
        total = spread.sum(axis=axis, keepdims=True)
        mean = np.divide(
            left.sum(axis=axis, keepdims=True), total, out=np.zeros_like(total), where=total > 0
        )
        left = left - mean * spread
    return left
