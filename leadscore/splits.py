"""Splits in time: what is older to learn from, what is newer to be tested on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from leadscore.errors import DataError

__all__ = ["rolling_starts", "temporal_split", "time_cut"]

Mask = NDArray[np.bool_]


def temporal_split(
    times: Any,
    *,
    train_share: float = 0.7,
    gap: str | pd.Timedelta = "0D",
    outcome: ArrayLike | None = None,
) -> tuple[Mask, Mask]:
    """Split rows into the older ones to train on and the newer ones to test on.

    Rows of one time are never split: the cut moves to the boundary nearest to `train_share`. Rows
    less than `gap` older than the test's first row are in neither part, because their outcome was
    not known yet when the test began (Cerqueira, Torgo, Mozetič 2020, Machine Learning 109).

    Parameters
    ----------
    times : array-like of datetime, shape (n,)
        When each row was true.
    train_share : float
        The share of rows wanted before the cut, between 0 and 1.
    gap : str or Timedelta
        At least the goal's horizon.
    outcome : array-like of bool, shape (n,), optional
        When given, both parts must hold both outcomes.

    Returns
    -------
    train, test : ndarray of bool, shape (n,)

    Raises
    ------
    DataError
        A part is empty or, with `outcome`, holds one outcome only.

    Examples
    --------
    >>> days = pd.date_range("2026-01-01", periods=10, tz="UTC")
    >>> train, test = temporal_split(days, gap="2D")
    >>> int(train.sum()), int(test.sum())
    (6, 3)
    """
    moments = _moments(times)
    start = time_cut(moments, train_share)
    test = np.asarray(moments >= start)
    train = np.asarray(moments <= start - pd.Timedelta(gap)) & ~test
    _check_sides(train, test, outcome, gap=pd.Timedelta(gap))
    return train, test


def _moments(times: Any) -> pd.DatetimeIndex:
    moments = pd.DatetimeIndex(pd.to_datetime(times, utc=True))
    if moments.hasnans:
        raise DataError(
            f"{int(np.sum(moments.isna()))} of {len(moments)} rows have no time.",
            hint="Leave them out, or evaluate without time.",
        )
    return moments


def time_cut(times: Any, share: float) -> pd.Timestamp:
    """Return the time at which the newer rows begin: the boundary nearest to `share`.

    Parameters
    ----------
    times : array-like of datetime, shape (n,)
    share : float
        The share of rows wanted before it, between 0 and 1.

    Raises
    ------
    DataError
        All rows have one time, or the share leaves nothing on one side.

    Examples
    --------
    >>> time_cut(pd.to_datetime(["2026-01-01", "2026-01-01", "2026-01-02"], utc=True), 0.5)
    Timestamp('2026-01-02 00:00:00+0000', tz='UTC')
    """
    moments = _moments(times)
    if not 0 < share < 1:
        raise DataError(
            f"A share of {share} leaves nothing on one side of the cut.",
            hint="Choose a share between 0 and 1.",
        )
    distinct, counts = np.unique(moments.asi8, return_counts=True)
    if len(distinct) < 2:
        raise DataError(
            "The rows cannot be split in time: they have fewer than two different times.",
            hint="Give a date column, or evaluate by cross-validation without time.",
        )
    before = np.cumsum(counts)[:-1] / len(moments)
    nearest = int(np.argmin(np.abs(before - share)))
    cut: pd.Timestamp = moments[moments.asi8 == distinct[nearest + 1]][0]
    return cut


def rolling_starts(times: Any, shares: ArrayLike) -> list[pd.Timestamp]:
    """Return the different times at which the blocks of a rolling origin begin, oldest first.

    Block by block the model learns from all that is older and is tested on the block (Tashman
    2000, International Journal of Forecasting 16).

    Parameters
    ----------
    times : array-like of datetime, shape (n,)
    shares : array-like of float
        The share of rows wanted before each block.

    Examples
    --------
    >>> days = pd.date_range("2026-01-01", periods=10, tz="UTC")
    >>> [str(start.date()) for start in rolling_starts(days, [0.5, 0.8])]
    ['2026-01-06', '2026-01-09']
    """
    return sorted({time_cut(times, float(share)) for share in np.asarray(shares)})


def _check_sides(train: Mask, test: Mask, outcome: ArrayLike | None, *, gap: pd.Timedelta) -> None:
    for name, side in (("training", train), ("test", test)):
        if not side.any():
            raise DataError(
                f"The {name} part of the temporal split is empty, with a gap of {gap.days} days.",
                hint="The data must span more than the horizon: sync more, or shorten it.",
            )
        found: set[bool] = (
            set() if outcome is None else set(np.asarray(outcome)[side].astype(bool).tolist())
        )
        if len(found) == 1:
            raise DataError(
                f"All {int(side.sum())} rows of the {name} part of the temporal split have the"
                f" outcome {found.pop()}.",
                hint="Both outcomes are needed on both sides: get more data, or another goal.",
            )
