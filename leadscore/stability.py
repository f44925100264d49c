"""How far two samples lie apart, counted in the same bins: the population stability index."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["psi", "psis"]


def psi(expected: ArrayLike, actual: ArrayLike) -> float:
    """Return the population stability index of two samples, counted in the same bins.

    The sum over bins of (a - e) ln(a / e), of the shares a and e (Siddiqi 2006, Credit Risk
    Scorecards; it is the divergence J of Jeffreys 1946). Half a row is added to each bin, so that
    an empty one does not make it infinite.

    Parameters
    ----------
    expected, actual : array-like, shape (n_bins,)
        Counts, or shares times the number of rows.

    Examples
    --------
    >>> psi([50, 50], [50, 50])
    0.0
    >>> round(psi([500, 500], [800, 200]), 2)
    0.41
    """
    return float(psis(expected, actual))


def psis(expected: ArrayLike, actual: ArrayLike) -> NDArray[np.float64]:
    """Return `psi` of many pairs of samples at once, shape (..., n_bins) to shape (...).

    Examples
    --------
    >>> psis([[50, 50], [500, 500]], [[50, 50], [800, 200]]).round(2).tolist()
    [0.0, 0.41]
    """
    e, a = (np.asarray(counts, dtype="float64") + 0.5 for counts in (expected, actual))
    e, a = e / e.sum(axis=-1, keepdims=True), a / a.sum(axis=-1, keepdims=True)
    return np.asarray(((a - e) * np.log(a / e)).sum(axis=-1))
