"""Which pairs of columns say more together than one by one: a screening of a model's misses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
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
    quick = _quick(first, misses[some], variance[some])
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


def _quick(
    coded: dict[str, tuple[Ints, int]], misses: Floats, variance: Floats
) -> Iterator[tuple[float, str, str]]:
    """Yield the quick statistic of each pair; those with equally many cells are judged at once."""
    alike = defaultdict(list)
    for a, b in combinations(coded, 2):
        alike[coded[a][1], coded[b][1]].append((a, b))
    for pairs in alike.values():
        cells = [_cells(coded[a], coded[b], misses, variance) for a, b in pairs]
        sums, spread = (np.stack(part) for part in zip(*cells, strict=True))
        for found, pair in zip(_excesses(sums, spread), pairs, strict=True):
            yield found, *pair


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
    own = np.where(spread > 0, squares.reshape(spread.shape), 0.0)
    return _excesses(sums[None], own[None])[0]


def _excesses(sums: Floats, spread: Floats) -> list[float]:
    """Return by how many standard deviations the cells' misses exceed what chance would bring.

    Of several pairs, shape (pairs, codes of the one, codes of the other).
    """
    there = spread > 0
    edges = there.any(1).sum(1) + there.any(2).sum(1)
    freedom = (there.sum((1, 2)) - edges + 1).tolist()
    left = _without_margins(np.where(there, sums, 0.0), spread)
    return [_excess(*cells) for cells in zip(left, spread, there, freedom, strict=True)]


def _excess(left: Floats, spread: Floats, there: NDArray[np.bool_], freedom: int) -> float:
    if freedom < 1:
        return 0.0
    statistic = float(np.sum(left[there] ** 2 / spread[there]))
    return (statistic - freedom) / float(np.sqrt(2 * freedom))


def _without_margins(sums: Floats, spread: Floats) -> Floats:
    """Take out of each cell what its row and its column explain."""
    left = sums.copy()
    totals = {axis: spread.sum(axis=axis, keepdims=True) for axis in (1, 2)}
    for axis in (1, 2) * 3:
        total = totals[axis]
        mean = np.divide(
            left.sum(axis=axis, keepdims=True), total, out=np.zeros_like(total), where=total > 0
        )
        left = left - mean * spread
    return left
