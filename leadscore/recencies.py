"""What a property did lately: the growth of counters, and the days since a value last changed.

Which properties count up, and which change at all, is found in their history and not told by
their names.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from leadscore.asof import NOTHING, Ints, Moments
from leadscore.pasts import Past
from leadscore.snapshottimes import DAY_MS

__all__ = ["changes", "growth", "is_counter", "since"]

_FEWEST = 20  # contacts in whose history something moved; with fewer nothing can be said
_FALLS = 0.01  # of a counter's moves, at most: records are corrected, and contacts merged
_CHANGERS = 0.05  # of the contacts that ever had a value, at least
_USUAL_STEP = 0.95  # the quantile of a counter's steps above which a first value is a stock
Floats = npt.NDArray[np.float64]


def is_counter(past: Past) -> bool:
    """Return whether a property is a number that goes up, and hardly ever down.

    Parameters
    ----------
    past : Past

    Returns
    -------
    bool
        True where the values of at least 20 contacts moved, and at most 1 % of the moves were
        downwards.

    Examples
    --------
    >>> from leadscore.pasts import Past
    >>> import pyarrow as pa
    >>> contact, at = np.repeat(np.arange(20, dtype="int32"), 2), np.arange(40)
    >>> none = pa.array([], pa.string())
    >>> is_counter(Past("number", contact, at, np.tile([1.0, 2.0], 20), none))
    True
    >>> is_counter(Past("number", contact, at, np.tile([2.0, 1.0], 20), none))
    False
    """
    if past.kind != "number":
        return False
    move = _moves(past)
    movers = np.unique(past.contact[move != 0])
    return len(movers) >= _FEWEST and bool((move < 0).sum() <= _FALLS * (move != 0).sum())


def _moves(past: Past) -> Floats:
    """Return by how much each entry differs from the one before; 0 where there is none."""
    move = np.zeros(len(past.ms))
    move[1:] = np.diff(past.value)
    return np.asarray(np.where(past.follows & np.isfinite(move), move, 0.0))


def changes(past: Past) -> bool:
    """Return whether a property changes often enough that the time since tells something.

    A date tells its own age, so that of its last change is left out.

    Returns
    -------
    bool
        True where at least 20 contacts, and 5 % of those that ever had a value, had another.
    """
    if past.kind == "time":
        return False
    changers = len(np.unique(past.contact[past.moved & past.follows]))
    return changers >= max(_FEWEST, _CHANGERS * len(np.unique(past.contact)))


def growth(past: Past, place: Ints, moments: Moments, *, days: int) -> Floats:
    """Return by how much a counter grew during the days before each snapshot.

    Parameters
    ----------
    past : Past
        A counter.
    place : array of int64, shape (n,)
        The entry that holds at each snapshot, see `leadscore.asof.Moments.last`.
    moments : Moments
        The snapshots.
    days : int
        The window.

    Returns
    -------
    array of float64, shape (n,)
        NaN where there is no value at the snapshot, or none can be told at the window's start.

    Notes
    -----
    Before the oldest entry a value is unknown: HubSpot keeps a limited number of entries (how
    many is unverified). A counter's first entry that is no larger than its steps usually are (their
    95th percentile) is taken for its first step from nothing; a larger one is a stock of unknown
    age, and windows that reach back before it have no value.
    """
    before = moments.last(past, before=days * DAY_MS)
    value = np.append(past.value, np.nan)
    stood = np.where(before == NOTHING, _origin(past)[place], value[before])
    lost = moments.ms - days * DAY_MS < moments.cut
    return np.asarray(np.where(lost, np.nan, value[place] - stood))


def _origin(past: Past) -> Floats:
    """Return for each entry what the counter was before the contact's first one; then NaN."""
    first = np.flatnonzero(~past.follows)
    move = _moves(past)
    usual = np.quantile(move[move > 0], _USUAL_STEP) if (move > 0).any() else 0.0
    origin = np.where(past.value[first] <= usual, 0.0, np.nan)
    sizes = np.diff(np.append(first, len(past.ms)))
    return np.append(np.repeat(origin, sizes), np.nan)


def since(past: Past, place: Ints, at: Ints) -> Floats:
    """Return the days since a property's value last changed, as of each snapshot.

    An entry that repeats the value before it is no change; a first value is one.

    Returns
    -------
    array of float64, shape (n,)
        NaN before the first entry.
    """
    own = np.where(past.moved | ~past.follows, np.arange(len(past.ms)), 0)
    changed = past.ms[np.maximum.accumulate(own)] if len(own) else past.ms
    days = (at - np.append(changed, 0)[place]) / DAY_MS
    return np.asarray(np.where(place == NOTHING, np.nan, days))
