"""Pairs of columns as columns of a matrix: what two properties say together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from leadscore.blocks import MISSING, OfLevels, codes_of, columns_of, frequent, one_hot

__all__ = ["Pairs", "code_of", "coder_of", "word_of"]

Ints = NDArray[np.int64]
_WIDE = 4096  # more than any column has codes


class Pairs(OfLevels):
    """Pairs of columns, one column for each pair of levels that enough rows have.

    Numbers are cut at their quartiles first. What a pair says beyond its two members is learnt
    under a heavier penalty where `weight` is below 1.

    Parameters
    ----------
    pairs : sequence of (int, int), optional
        Places of columns; None is every pair.
    min_rows : int
        What a pair of levels needs to have a column of its own.
    weight : float
        The value in the columns.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"a": ["x", "x", "y", "y"], "b": ["u", "u", "u", "v"]})
    >>> Pairs(min_rows=2).fit(frame).get_feature_names_out().tolist()
    ['a&b x&u']
    """

    def __init__(
        self,
        pairs: Sequence[tuple[int, int]] | None = None,
        min_rows: int = 100,
        weight: float = 1.0,
    ) -> None:
        self.pairs = pairs
        self.min_rows = min_rows
        self.weight = weight

    def fit(self, X: Any, y: Any = None) -> Pairs:  # noqa: ARG002, N803
        """Learn levels, quartiles, and which pairs of levels are frequent."""
        columns = columns_of(self, X, reset=True)
        every = [(a, b) for b in range(len(columns)) for a in range(b)]
        self.pairs_ = every if self.pairs is None else [(int(a), int(b)) for a, b in self.pairs]
        self.coders_ = [coder_of(column, self.min_rows) for column in columns]
        codes = self._coded(columns)
        self.cells_ = [_frequent_cells(codes[a], codes[b], self.min_rows) for a, b in self.pairs_]
        self.sources_ = [
            p for p, cells in zip(self.pairs_, self.cells_, strict=True) for _ in cells
        ]
        self.what_ = [
            f"{word_of(self.coders_[a], cell // _WIDE)}&{word_of(self.coders_[b], cell % _WIDE)}"
            for (a, b), cells in zip(self.pairs_, self.cells_, strict=True)
            for cell in cells.tolist()
        ]
        self._never_empty(self.pairs_[0] if self.pairs_ else (0, 0))
        return self

    def transform(self, X: Any) -> sparse.csr_matrix:  # noqa: N803
        """Return `weight` where a pair of levels is met, shape (n_rows, n_cells)."""
        check_is_fitted(self)
        columns = columns_of(self, X, reset=False)
        codes = self._coded(columns)
        found = [
            _places(codes[a] * _WIDE + codes[b], cells)
            for (a, b), cells in zip(self.pairs_, self.cells_, strict=True)
        ]
        made = one_hot(found, [len(cells) for cells in self.cells_], rows=len(columns[0]))
        return made * self.weight

    def _coded(self, columns: list[NDArray[Any]]) -> list[Ints]:
        used = {place for pair in self.pairs_ for place in pair}
        return [
            code_of(column, coder) if place in used else np.empty(len(column), dtype=np.int64)
            for place, (column, coder) in enumerate(zip(columns, self.coders_, strict=True))
        ]


def coder_of(column: NDArray[Any], min_rows: int) -> NDArray[Any]:
    """Return what a column is coded by: the quartiles of numbers, the frequent levels of texts."""
    if column.dtype != np.float64:
        return frequent(column, min_rows)
    known = column[~np.isnan(column)]
    if not len(known):
        return np.empty(0)
    edges = np.unique(np.quantile(known, (0.25, 0.5, 0.75), method="lower"))
    return np.asarray(edges[edges < known.max()])


def code_of(column: NDArray[Any], coder: NDArray[Any]) -> Ints:
    """Return a code from 0 up: 0 is missing (of numbers) or none of the levels (of texts)."""
    if column.dtype != np.float64:
        return codes_of(column, coder) + 1
    binned = np.searchsorted(coder, column, side="left") + 1
    return np.where(np.isnan(column), 0, binned)


def word_of(coder: NDArray[Any], code: int) -> str:
    """Return a code in words: a level, or the edge of a bin."""
    if coder.dtype != np.float64:
        return "(other)" if code == 0 else str(coder[code - 1])
    if code == 0:
        return MISSING
    if not len(coder):
        return "(any)"
    return f"> {coder[-1]:.4g}" if code > len(coder) else f"<= {coder[code - 1]:.4g}"


def _frequent_cells(a: Ints, b: Ints, min_rows: int) -> Ints:
    cells, counts = np.unique(a * _WIDE + b, return_counts=True)
    return np.asarray(cells[counts >= min_rows])


def _places(cells: Ints, known: Ints) -> Ints:
    if not len(known):
        return np.full(len(cells), -1)
    place = np.minimum(np.searchsorted(known, cells), len(known) - 1)
    return np.where(known[place] == cells, place, -1)
