"""Runs of equal keys in sorted arrays: where they begin and end, counts within them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["begins", "ends", "running"]

Places = npt.NDArray[Any]


def begins(*keys: Places) -> npt.NDArray[np.bool_]:
    """Return which elements are the first of a run of equal keys.

    Examples
    --------
    >>> begins(np.array([4, 4, 7])).tolist()
    [True, False, True]
    """
    return np.append(True, _changes(keys))[: len(keys[0])]


def ends(*keys: Places) -> npt.NDArray[np.bool_]:
    """Return which elements are the last of a run of equal keys.

    Examples
    --------
    >>> ends(np.array([4, 4, 7])).tolist()
    [False, True, True]
    """
    return np.append(_changes(keys), True)[: len(keys[0])]


def _changes(keys: tuple[Places, ...]) -> npt.NDArray[np.bool_]:
    changed = np.zeros(max(len(keys[0]) - 1, 0), dtype=np.bool_)
    for key in keys:
        changed |= key[1:] != key[:-1]
    return changed


def running(rows: Places, size: Places | None = None) -> npt.NDArray[np.int64]:
    """Return running counts (or sums of whole ``size``) within each run of equal rows.

    Examples
    --------
    >>> running(np.array([4, 4, 7])).tolist()
    [1, 2, 1]
    """
    sizes = np.ones(len(rows), dtype=np.int64) if size is None else size.astype(np.int64)
    if not len(rows):
        return sizes
    total, new = np.cumsum(sizes), begins(rows)
    return np.asarray(total - (total - sizes)[new][np.cumsum(new) - 1])
