"""Rows and conversions at each distinct probability, and the bootstrap draws of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from leadscore.errors import DataError

__all__ = ["Tally", "resampled", "tally"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tally:
    """Rows and conversions at each distinct probability: all that a metric has to know.

    ``said``: the probabilities, lowest first; ``wins``, ``sizes``: the conversions and the rows at
    each. Sizes may be zero in a bootstrap draw.
    """

    said: Floats
    wins: Floats
    sizes: Floats

    @cached_property
    def gains(self) -> tuple[Floats, Floats]:
        """The corners of the gains curve: share of the rows, best first, and of the conversions."""
        taken, reached = np.zeros((2, len(self.said) + 1))
        np.cumsum(self.sizes[::-1], out=taken[1:])
        np.cumsum(self.wins[::-1], out=reached[1:])
        total = reached[-1] or np.nan
        return taken / taken[-1], reached / total


def tally(y: ArrayLike | Tally, p: ArrayLike | None = None) -> Tally:
    """Count rows and conversions by probability; a `Tally` is returned as it is.

    Raises
    ------
    DataError
        The lengths differ, there is no row, or a value is no outcome or no finite number.

    Examples
    --------
    >>> tally([0, 1, 1], [0.2, 0.2, 0.7]).wins.tolist()
    [1.0, 1.0]
    """
    if isinstance(y, Tally):
        return y
    truth, said = _checked(y, p)
    order, starts = _levels(said)
    sizes = np.diff(np.append(starts, len(said))).astype(np.float64)
    return Tally(said[order][starts], np.add.reduceat(truth[order], starts), sizes)


def _levels(said: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the order of the rows, lowest first, and where each distinct probability begins."""
    order = np.argsort(said, kind="stable")
    return order, np.concatenate([[0], np.flatnonzero(np.diff(said[order])) + 1])


def _checked(y: ArrayLike, p: ArrayLike | None) -> tuple[Floats, Floats]:
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


def resampled(
    y: ArrayLike, p: ArrayLike, *, groups: ArrayLike | None = None, n: int = 500, seed: int = 0
) -> Iterator[Tally]:
    """Draw the groups again with replacement, `n` times, and tally each draw (Efron 1979).

    The rows are sorted once; a draw only weights them, so it costs no sort. The same seed draws
    the same groups whatever the probabilities are, which makes differences between two rankings
    of the same rows paired.

    Parameters
    ----------
    y, p : array-like, shape (n_rows,)
        Outcomes and probabilities.
    groups : array-like, shape (n_rows,), optional
        Rows of one group, such as one contact, are drawn together. With groups the draws do not
        depend on the order of the rows.
    n, seed : int
        How many times to draw, and the seed.

    Yields
    ------
    Tally

    Examples
    --------
    >>> draws = resampled([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], n=3)
    >>> [float(draw.sizes.sum()) for draw in draws]
    [4.0, 4.0, 4.0]
    """
    truth, said = _checked(y, p)
    order, starts = _levels(said)
    codes = np.arange(len(said)) if groups is None else _codes(groups)
    count = int(codes.max()) + 1
    truth, codes, levels = truth[order], codes[order], said[order][starts]
    rng = np.random.default_rng(seed)
    for _ in range(n):
        drawn = np.bincount(rng.integers(count, size=count), minlength=count).astype(np.float64)
        weight = drawn[codes]
        wins = np.add.reduceat(weight * truth, starts)
        yield Tally(levels, wins, np.add.reduceat(weight, starts))


def _codes(groups: ArrayLike) -> NDArray[np.intp]:
    return np.asarray(pd.factorize(np.asarray(groups), sort=True)[0], dtype=np.intp)
