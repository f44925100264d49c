"""Columns that are really clocks: the same for all rows of one time, and another later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["CLOCK", "clock_share", "clocks", "turns"]

CLOCK = 0.95
_ROWS = 25  # per stretch of time
_FEWEST_STRETCHES = 20

Floats = NDArray[np.float64]


class Clock(NamedTuple):
    """A property that is a clock: how much time tells of it, and how often it turned."""

    property: str
    share: float
    turned: int


def clocks(prepared: pd.DataFrame, properties: Sequence[str]) -> Iterator[Clock]:
    """Find the properties all of whose columns are clocks.

    Parameters
    ----------
    prepared : DataFrame
        float64 and text columns, as `leadscore.features.prepare` makes them, in the order of time.
    properties : sequence of str
        The property of each column.

    Examples
    --------
    >>> index = pd.DataFrame({"price_index": np.repeat(np.arange(40.0), 25)})
    >>> list(clocks(index, ["price_index"]))
    [Clock(property='price_index', share=1.0, turned=1)]
    """
    owners = pd.Series(list(properties), index=prepared.columns)
    for name, group in owners.groupby(owners, sort=True):
        shares = [clock_share(prepared[column]) for column in group.index]
        if all(share >= CLOCK for share in shares):  # nan is none
            turned = max(turns(prepared[column]) for column in group.index)
            yield Clock(str(name), min(shares), turned)


def clock_share(values: pd.Series) -> float:
    """Return how much of a column its row's place in time tells, between 0 and 1.

    The rows are cut into stretches of 25 that follow each other. For numbers it is the share of
    the variance of the ranks that lies between stretches and not within (the correlation ratio,
    Pearson 1905); for texts, how much more often than everywhere the most frequent value of a
    stretch is met in it (lambda of Goodman, Kruskal 1954, Journal of the American Statistical
    Association 49). Outcomes are not needed. `CLOCK` and more make a clock.

    Parameters
    ----------
    values : Series
        float64 or text, in the order of time.

    Returns
    -------
    float
        nan with fewer than 20 stretches, or one value only.

    Examples
    --------
    >>> index = pd.Series(np.repeat(np.arange(40.0), 25))  # an index of prices, by the month
    >>> clock_share(index), round(clock_share(index.sample(frac=1, random_state=0)), 2)
    (1.0, 0.03)
    """
    stretches = len(values) // _ROWS
    if stretches < _FEWEST_STRETCHES or values.nunique(dropna=False) < 2:
        return float("nan")
    used = values.iloc[: stretches * _ROWS]
    if used.dtype == "float64":
        return _correlation_ratio(_ranks(used).reshape(stretches, _ROWS))
    return _lambda(pd.factorize(used, use_na_sentinel=False)[0].reshape(stretches, _ROWS))


def _correlation_ratio(ranks: Floats) -> float:
    total = ranks.var()
    return float(1 - ranks.var(axis=1).mean() / total) if total else float("nan")


def _lambda(codes: NDArray[np.int64]) -> float:
    overall = np.bincount(codes.ravel()).max() / codes.size
    ordered = np.sort(codes, axis=1)
    middle = ordered[:, [_ROWS // 2]]  # whatever fills more than half of a stretch is its middle
    return float(((codes == middle).mean() - overall) / (1 - overall)) if overall < 1 else np.nan


def turns(values: pd.Series) -> int:
    """Return how often a clock comes back to where it was: the times it crosses its middle.

    One that never turned back, such as an index that only fell, stands for a moment of history,
    and says nothing of what comes next; one that turned often, such as the weekday, can be learnt.

    Examples
    --------
    >>> weekday = pd.Series(np.repeat(np.tile(np.arange(5.0), 8), 25))
    >>> turns(weekday), turns(pd.Series(np.arange(1000.0)))
    (15, 1)
    """
    stretches = len(values) // _ROWS
    codes = values if values.dtype == "float64" else _as_met(values)
    places = np.median(_ranks(codes)[: stretches * _ROWS].reshape(stretches, _ROWS), axis=1)
    above = places > places.mean()
    return int(np.sum(above[1:] != above[:-1]))


def _ranks(values: pd.Series) -> Floats:
    """Return ranks from 1, and 0 where the value is missing."""
    return np.asarray(values.rank().fillna(0.0), dtype=np.float64)


def _as_met(values: pd.Series) -> pd.Series:
    """Return texts as numbers in the order in which they first came up."""
    return pd.Series(pd.factorize(values, use_na_sentinel=False)[0].astype(np.float64))
