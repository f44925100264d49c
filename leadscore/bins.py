"""Prepared columns in bins: one column of the matrix per bin, per level, per cell of a pair.

It is the encoding in which an additive model of trees is a linear one: within a bin such a model
is flat, so its scores are coefficients.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from leadscore.blocks import OfLevels, columns_of, frequent, one_hot
from leadscore.pairs import code_of, word_of

__all__ = ["Bins"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Bins(OfLevels):
    """Numbers in bins of about equal count, texts by level, and each cell of chosen pairs.

    Each row has exactly one 1 in the columns of each input column, and of each pair. Code 0 is a
    missing number, or a text that is none of the levels; missing is a level like any other.

    Parameters
    ----------
    pairs : sequence of (int, int)
        Places of the columns that act together.
    most_bins : int
        Of a number, its missing values aside.
    min_rows : int
        What a bin or a level needs at least: neither tells what one contact holds.

    Attributes
    ----------
    coders_ : list of ndarray
        Of each input column the upper edges of all bins but the last, or the levels.
    sizes_ : list of int
        How many codes each input column has.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"visits": [1.0, 2.0, None], "source": ["ads", "mail", "mail"]})
    >>> block = Bins(min_rows=1).fit(frame)
    >>> block.get_feature_names_out().tolist()[:4]
    ['visits (missing)', 'visits <= 1', 'visits > 1', 'source (other)']
    >>> block.transform(frame).toarray()[:, :3].tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """

    def __init__(
        self,
        pairs: Sequence[tuple[int, int]] = (),
        most_bins: int = 64,
        min_rows: int = 20,
    ) -> None:
        self.pairs = pairs
        self.most_bins = most_bins
        self.min_rows = min_rows

    def fit(self, X: Any, y: Any = None) -> Bins:  # noqa: ARG002, N803 - scikit-learn's names
        """Learn bins and levels of each column."""
        columns = columns_of(self, X, reset=True)
        self.coders_ = [
            _edges(column, self.most_bins, self.min_rows)
            if column.dtype == np.float64
            else frequent(column, self.min_rows)
            for column in columns
        ]
        self.sizes_ = [len(c) + (2 if c.dtype == np.float64 else 1) for c in self.coders_]
        self.pairs_ = [(int(a), int(b)) for a, b in self.pairs]
        return self

    @property
    def sources_(self) -> list[tuple[int, ...]]:  # type: ignore[override]
        """Input column, or the two of them, of each output column.

        Derived, as `what_` is: pairs have thousands of cells, too many to be saved one by one.
        """
        sources: list[tuple[int, ...]] = [*((i,) for i in range(len(self.sizes_))), *self.pairs_]
        return [s for s, n in zip(sources, self._counts(), strict=True) for _ in range(n)]

    @property
    def what_(self) -> list[str]:  # type: ignore[override]
        """What each output column stands for: a bin or a level, or two of them."""
        words = [
            [word_of(coder, code) for code in range(size)]
            for coder, size in zip(self.coders_, self.sizes_, strict=True)
        ]
        cells = [f"{a}&{b}" for i, j in self.pairs_ for a in words[i] for b in words[j]]
        return [*(word for said in words for word in said), *cells]

    def _counts(self) -> list[int]:
        return [*self.sizes_, *(self.sizes_[a] * self.sizes_[b] for a, b in self.pairs_)]

    def codes(self, X: Any) -> list[Ints]:  # noqa: N803
        """Return the code of each value, column by column, each of shape (n_rows,)."""
        check_is_fitted(self)
        columns = columns_of(self, X, reset=False)
        return [code_of(c, coder) for c, coder in zip(columns, self.coders_, strict=True)]

    def transform(self, X: Any) -> sparse.csr_matrix:  # noqa: N803
        """Return zeros and ones, shape (n_rows, n_bins)."""
        codes = self.codes(X)
        cells = [codes[a] * self.sizes_[b] + codes[b] for a, b in self.pairs_]
        return one_hot([*codes, *cells], self._counts(), rows=len(codes[0]))


def _edges(column: Floats, most_bins: int, min_rows: int) -> Floats:
    """Return the upper edges of all bins but the last, each bin with `min_rows` rows or more."""
    known = np.sort(column[~np.isnan(column)])
    bins = min(most_bins, len(known) // max(min_rows, 1))
    if bins < 2:
        return np.empty(0)
    wanted = np.unique(np.quantile(known, np.arange(1, bins) / bins, method="lower"))
    kept, below = [], 0
    for edge, rows in zip(wanted, np.searchsorted(known, wanted, side="right"), strict=True):
        if min(rows - below, len(known) - rows) >= min_rows:
            kept.append(edge)
            below = int(rows)
    return np.asarray(kept, dtype=np.float64)
