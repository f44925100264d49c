"""The figures behind the pictures: gains, lift, calibration and tiers, each with its interval."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leadscore.errors import DataError
from leadscore.metrics import gains
from leadscore.tally import resampled

__all__ = ["calibration_bins", "gains_curve", "lift_by_tenth", "tier_summary", "wilson"]

Floats = NDArray[np.float64]
_Z95 = 1.959964


def gains_curve(
    predictions: pd.DataFrame, *, points: int = 101, n: int = 300, seed: int = 0
) -> pd.DataFrame:
    """Return which share of the conversions the best share of the leads holds.

    Parameters
    ----------
    predictions : DataFrame
        As `leadscore.backtest` gives it: contact_id, outcome, probability.
    points : int, default 101
        The number of shares from 0 to 1.
    n : int, default 300
        Bootstrap draws; a contact's rows are drawn together (Efron 1979).
    seed : int, default 0

    Returns
    -------
    DataFrame
        share, reached, low, high: float64 from 0 to 1, the bounds at 95 %. Leads with equal
        probability count with their expected value.

    Raises
    ------
    DataError
        No outcome is known, or nobody converted.

    Examples
    --------
    >>> four = pd.DataFrame({
    ...     "contact_id": list("abcd"), "outcome": [True, False, True, False],
    ...     "probability": [0.9, 0.8, 0.7, 0.1]})
    >>> gains_curve(four, points=3)["reached"].tolist()
    [0.0, 0.5, 1.0]
    """
    shares = np.linspace(0, 1, points)
    reached, draws = _gains(predictions, shares, n=n, seed=seed)
    low, high = np.nanquantile(draws, [0.025, 0.975], axis=0)
    return pd.DataFrame({"share": shares, "reached": reached, "low": low, "high": high})


def lift_by_tenth(predictions: pd.DataFrame, *, n: int = 300, seed: int = 0) -> pd.DataFrame:
    """Return how often each tenth of the leads converts, as a multiple of the average.

    Parameters and errors as for `gains_curve`.

    Returns
    -------
    DataFrame
        tenth (1 is the best), lift, low, high (95 %).
    """
    reached, draws = _gains(predictions, np.linspace(0, 1, 11), n=n, seed=seed)
    low, high = np.nanquantile(np.diff(draws, axis=1) * 10, [0.025, 0.975], axis=0)
    return pd.DataFrame(
        {"tenth": np.arange(1, 11), "lift": np.diff(reached) * 10, "low": low, "high": high}
    )


def _gains(
    predictions: pd.DataFrame, shares: Floats, *, n: int, seed: int
) -> tuple[Floats, Floats]:
    known = _known(predictions)
    y, p = known["outcome"].to_numpy("float64"), known["probability"].to_numpy("float64")
    draws = resampled(y, p, groups=known["contact_id"], n=n, seed=seed)
    return gains(y, p, shares=shares), np.array([gains(draw, shares=shares) for draw in draws])


def _known(predictions: pd.DataFrame) -> pd.DataFrame:
    known = predictions[predictions["outcome"].notna()]
    if not known["outcome"].astype(bool).any():
        raise DataError(
            f"None of the {len(known)} test leads converted, so there is nothing to draw.",
            hint="Give a goal that some leads reached, or sync more of the past.",
        )
    return known


def calibration_bins(predictions: pd.DataFrame, *, bins: int = 10) -> pd.DataFrame:
    """Return, for leads of similar probability, how many really converted.

    Parameters
    ----------
    predictions : DataFrame
        contact_id, outcome, probability.
    bins : int, default 10
        The most bins; of one size, except that equal probabilities share one.

    Returns
    -------
    DataFrame
        probability (mean), rate, low, high (95 %, `wilson`), rows. A contact counts once for the
        interval's width, however many snapshots of it fall into a bin.

    Raises
    ------
    DataError
        No outcome is known, or nobody converted.
    """
    known = _known(predictions)
    said = known["probability"].astype("float64")
    place = (said.rank(method="average") - 0.5) * bins // len(known)
    grouped = known.assign(probability=said, outcome=known["outcome"].astype("float64")).groupby(
        place
    )
    found = grouped.agg(
        probability=("probability", "mean"),
        rate=("outcome", "mean"),
        rows=("outcome", "size"),
        contacts=("contact_id", "nunique"),
    )
    low, high = wilson(found["rate"].to_numpy(), found.pop("contacts").to_numpy())
    return found.assign(low=low, high=high).reset_index(drop=True)


def wilson(rate: Floats, n: NDArray[Any]) -> tuple[Floats, Floats]:
    """Return the 95 % score interval of a share (Wilson 1927, JASA 22).

    Examples
    --------
    >>> low, high = wilson(np.array([0.0]), np.array([10]))
    >>> float(low[0]), round(float(high[0]), 3)
    (0.0, 0.278)
    """
    spread = _Z95**2 / n
    middle = (rate + spread / 2) / (1 + spread)
    half = _Z95 * np.sqrt(rate * (1 - rate) / n + spread / (4 * n)) / (1 + spread)
    return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)


def tier_summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Return what to expect of each tier, if the probabilities are right.

    Parameters
    ----------
    scores : DataFrame
        tier, probability; rows of tier ``reached`` are left out.

    Returns
    -------
    DataFrame
        Indexed by tier, A first: leads, expected (conversions), rate, low, high: the rate's range
        in 95 of 100 cases by chance alone (normal approximation of the Poisson binomial).
    """
    still = scores[scores["tier"].notna() & (scores["tier"] != "reached")]
    said = still["probability"].astype("float64")
    grouped = pd.DataFrame(
        {"tier": still["tier"].astype(str), "p": said, "v": said * (1 - said)}
    ).groupby("tier")
    found = grouped.agg(leads=("p", "size"), expected=("p", "sum"), rate=("p", "mean"))
    half = _Z95 * np.sqrt(grouped["v"].sum()) / found["leads"]
    return found.assign(
        low=(found["rate"] - half).clip(0, 1), high=(found["rate"] + half).clip(0, 1)
    )
