"""Prepared columns to sparse columns of a matrix: numbers as pieces of lines, texts as levels.

Each transformer takes a whole block of columns, so that a matrix of hundreds of columns is built
in a few steps. ``sources_`` tells which input columns each output column is of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

__all__ = [
    "MISSING",
    "Hinges",
    "Levels",
    "OfLevels",
    "codes_of",
    "columns_of",
    "columns_of_frame",
    "frequent",
    "one_hot",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_WIDEST = 5.0  # standard deviations; a line has no bounds of its own
_HEAP = 0.1  # a smallest value that so many rows share is a state of its own, such as "never"
MISSING = "(missing)"


class _Block(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """What the blocks share: checked input, sparse output with names."""

    sources_: list[tuple[int, ...]]
    what_: list[str]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return a name for each output column."""
        check_is_fitted(self)
        names = input_features if input_features is not None else self._inputs()
        return np.array([self._name(place, names) for place in range(len(self.sources_))], object)

    def _inputs(self) -> list[str]:
        known = getattr(self, "feature_names_in_", None)
        return [f"x{i}" for i in range(self.n_features_in_)] if known is None else list(known)

    def _name(self, place: int, names: Sequence[str]) -> str:
        return f"{'&'.join(str(names[i]) for i in self.sources_[place])} {self.what_[place]}"


class Hinges(_Block):
    """Numbers as pieces of lines: symmetric logarithm, scale, and a bend at each quantile.

    A value counts as its signed log(1 + |value|), which tames skewed counts and amounts, scaled to
    mean 0 and deviation 1. Beside that line stand its parts above each knot, and whether the value
    is missing (then all others are 0, the mean). With a ridge penalty that is a piecewise-linear
    curve which bends only where the data ask for it.

    Parameters
    ----------
    quantiles : sequence of float
        Where the knots are, among the training values (those above the smallest one, where that is
        a heap of a tenth of the rows or more).
    bend : float
        The scale of the parts above the knots. Below 1, a bend costs more than a slope, so that a
        curve stays straight where few rows speak.

    Attributes
    ----------
    sources_ : list of tuple of int
        Input column of each output column.

    Examples
    --------
    >>> values = pd.DataFrame({"visits": [0.0, 1, 2, 3, 50, np.nan]})
    >>> Hinges(quantiles=(0.5,)).fit_transform(values).shape
    (6, 3)
    """

    def __init__(
        self, quantiles: Sequence[float] = (0.2, 0.4, 0.6, 0.8, 0.95), bend: float = 0.25
    ) -> None:
        self.quantiles = quantiles
        self.bend = bend

    def fit(self, X: Any, y: Any = None) -> Hinges:  # noqa: ARG002, N803 - scikit-learn's names
        """Learn scale and knots of each column."""
        values = _logarithms(self._checked(X, reset=True))
        filled = ~np.isnan(values)
        count = np.maximum(filled.sum(axis=0), 1)
        mean = np.where(filled, values, 0).sum(axis=0) / count
        spread = np.sqrt((np.where(filled, values - mean, 0) ** 2).sum(axis=0) / count)
        self.mean_, self.scale_ = mean, np.where(spread > 1e-12, spread, np.inf)
        self.gaps_: NDArray[np.bool_] = np.asarray(~filled.all(axis=0))
        scaled = (values - self.mean_) / self.scale_
        self.knots_ = [self._knots(column) for column in scaled.T]
        self._layout()
        return self

    def transform(self, X: Any) -> sparse.csr_matrix:  # noqa: N803
        """Return the pieces, shape (n_rows, n_pieces)."""
        check_is_fitted(self)
        raw = self._checked(X, reset=False)
        scaled = np.clip((_logarithms(raw) - self.mean_) / self.scale_, -_WIDEST, _WIDEST)
        return _sparse(self._pieces(scaled), len(scaled))

    def _checked(self, X: Any, *, reset: bool) -> Floats:  # noqa: N803
        found: Floats = validate_data(
            self, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan"
        )
        return found

    def _knots(self, scaled: Floats) -> Floats:
        known = np.sort(scaled[~np.isnan(scaled)])
        if len(known) and np.mean(known == known[0]) >= _HEAP:
            known = known[known > known[0]]
        if len(known) < 2:
            return np.empty(0)
        knots = np.unique(np.quantile(known, self.quantiles, method="lower"))
        inside: Floats = knots[(knots < known[-1]) & (knots < _WIDEST)]
        return inside

    def _layout(self) -> None:
        self.sources_, self.what_ = [], []
        for place, (knots, gaps) in enumerate(zip(self.knots_, self.gaps_, strict=True)):
            what = ["line", *(f"above {knot:.3g}" for knot in knots), *["missing"] * bool(gaps)]
            self.what_ += what
            self.sources_ += [(place,)] * len(what)

    def _pieces(self, scaled: Floats) -> Iterator[Floats]:
        """Give the output columns one by one."""
        for column, knots, gaps in zip(scaled.T, self.knots_, self.gaps_, strict=True):
            gone = np.isnan(column)
            filled = np.where(gone, 0.0, column)
            yield filled
            for knot in knots:
                yield np.where(gone, 0.0, self.bend * np.maximum(filled - knot, 0.0))
            if gaps:
                yield gone.astype(np.float64)


def _sparse(columns: Iterable[Floats], rows: int) -> sparse.csr_matrix:
    places, values = [], []
    for column in columns:
        filled = np.flatnonzero(column)
        places.append(filled)
        values.append(column[filled])
    ends = np.concatenate([[0], np.cumsum([len(filled) for filled in places])])
    parts = (np.concatenate(values), np.concatenate(places), ends)
    return sparse.csc_matrix(parts, shape=(rows, len(places))).tocsr()


def _logarithms(values: Floats) -> Floats:
    found: Floats = np.sign(values) * np.log1p(np.abs(values))
    return found


class OfLevels(_Block):
    """A block whose columns may hold texts."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags

    def _never_empty(self, source: tuple[int, ...]) -> None:
        """Name the column of noughts that stands for none at all: a matrix needs one."""
        if not self.sources_:
            self.sources_, self.what_ = [source], ["(none)"]


class Levels(OfLevels):
    """Categories, one column for each level that enough rows have.

    Everything else, levels never seen included, is in none of the columns: with a penalty that is
    the average. A missing value is a level like any other.

    Parameters
    ----------
    min_rows : int
        What a level needs to have a column of its own.

    Examples
    --------
    >>> block = Levels(min_rows=2).fit(pd.DataFrame({"source": ["ads", "ads", "mail", "fair"]}))
    >>> block.get_feature_names_out().tolist()
    ['source ads']
    """

    def __init__(self, min_rows: int = 20) -> None:
        self.min_rows = min_rows

    def fit(self, X: Any, y: Any = None) -> Levels:  # noqa: ARG002, N803
        """Learn the levels of each column."""
        columns = columns_of(self, X, reset=True)
        self.levels_ = [frequent(column, self.min_rows) for column in columns]
        self.sources_ = [(i,) for i, found in enumerate(self.levels_) for _ in found]
        self.what_ = [str(level) for found in self.levels_ for level in found]
        self._never_empty((0,))
        return self

    def transform(self, X: Any) -> sparse.csr_matrix:  # noqa: N803
        """Return zeros and ones, shape (n_rows, n_levels)."""
        check_is_fitted(self)
        columns = columns_of(self, X, reset=False)
        codes = [codes_of(c, known) for c, known in zip(columns, self.levels_, strict=True)]
        return one_hot(codes, [len(known) for known in self.levels_], rows=len(columns[0]))


def columns_of(block: _Block, X: Any, *, reset: bool) -> list[NDArray[Any]]:  # noqa: N803
    """Return the columns one by one: numbers as float64, everything else as text."""
    mixed = isinstance(X, pd.DataFrame)
    checked = validate_data(
        block, X, reset=reset, dtype=None, ensure_all_finite="allow-nan", skip_check_array=mixed
    )
    return columns_of_frame(checked) if mixed else [_column(part) for part in np.asarray(checked).T]


def columns_of_frame(frame: pd.DataFrame) -> list[NDArray[Any]]:
    """Return a frame's columns: numbers as float64, everything else as text."""
    return [_column(frame.iloc[:, place]) for place in range(frame.shape[1])]


def _column(values: Any) -> NDArray[Any]:
    if pd.api.types.is_numeric_dtype(values.dtype):
        return np.asarray(values, dtype=np.float64)
    texts = pd.Series(values, dtype="str").fillna(MISSING)
    return texts.to_numpy(dtype=object)


def frequent(column: NDArray[Any], min_rows: int) -> NDArray[Any]:
    """Return the values that enough rows have, in order; of numbers NaN is one."""
    counts = pd.Series(column).value_counts(dropna=False)
    kept = counts.index[counts >= min_rows]
    return np.asarray(sorted(kept, key=lambda v: (pd.isna(v), v)), dtype=column.dtype)


def codes_of(column: NDArray[Any], known: NDArray[Any]) -> Ints:
    """Return the place of each value among the known ones, -1 where it is none of them."""
    return np.asarray(pd.Index(known).get_indexer(pd.Index(column)), dtype=np.int64)


def one_hot(codes: list[Ints], sizes: list[int], *, rows: int) -> sparse.csr_matrix:
    """Return one-hot columns of several codes side by side; -1 has none.

    Parameters
    ----------
    codes : list of ndarray of int64, shape (rows,)
    sizes : list of int
        How many columns each has.
    rows : int

    Examples
    --------
    >>> one_hot([np.array([0, -1]), np.array([1, 0])], [1, 2], rows=2).toarray().tolist()
    [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    if not starts[-1]:
        return sparse.csr_matrix((rows, 1))
    places = np.stack([np.where(c >= 0, c + s, -1) for c, s in zip(codes, starts, strict=False)], 1)
    there = places >= 0
    ends = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    return sparse.csr_matrix(
        (np.ones(int(ends[-1])), places[there], ends), shape=(rows, int(starts[-1]))
    )
