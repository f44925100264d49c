"""The recipe: regularised logistic regression, recalibrated on the newest mature rows.

The recalibration is affine in the logit, so it is folded into the coefficients: what comes out is
one plain scikit-learn pipeline whose probabilities need no second step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from leadscore.errors import DataError
from leadscore.features import encoder
from leadscore.metrics import log_loss, temporal_split

__all__ = ["Fit", "Rows", "fit_recalibrated", "folds"]

STRENGTHS = (0.01, 0.1, 1.0)  # scikit-learn's C: smaller is stronger regularisation
NEWEST_SHARE = 0.2
SLOPES = (0.05, 5.0)
_SLOPE_PRIOR = 4.0  # a normal prior around 1 with standard deviation 1/2

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Rows:
    """Prepared training rows, and what is known of each; ``contacts`` are codes, not ids."""

    frame: pd.DataFrame
    outcome: NDArray[np.int64]
    contacts: NDArray[np.int64]
    times: pd.Series
    types: Mapping[str, str]


@dataclass(frozen=True)
class Fit:
    """A fitted, recalibrated pipeline and how it came about.

    ``newest`` marks the rows on which it was recalibrated; ``method`` is ``newest_block`` or
    ``cross_fitted``.
    """

    pipeline: Pipeline
    newest: Mask
    method: str
    strength: float
    slope: float
    intercept: float


def fit_recalibrated(rows: Rows, *, time_known: bool, gap: pd.Timedelta, seed: int = 0) -> Fit:
    """Fit the recipe on all rows, and recalibrate it on the newest ones.

    With known time, the strength of the regularisation and the slope of the recalibration come
    from the newest fifth of the rows as predicted from the rows before (at least `gap` older, of
    other contacts). Without time, or with too little of it, the slope comes from cross-fitted
    predictions. In both cases the final coefficients come from all rows, and the intercept makes
    the mean probability on the newest rows equal the rate there (Platt 1999 for the form; King,
    Zeng 2001, Political Analysis 9, for the intercept).

    Parameters
    ----------
    rows : Rows
        Sorted by contact and time, outcomes known, both present.
    time_known : bool
        Whether ``rows.times`` means anything.
    gap : Timedelta
        The goal's horizon.
    seed : int
        Seeds the folds of the cross-fitting.
    """
    # One thread: the order of sums, and so the last bits, must not depend on the machine's cores.
    with threadpool_limits(1, user_api="blas"):
        return _fit_recalibrated(rows, gap if time_known else None, seed)


def _fit_recalibrated(rows: Rows, gap: pd.Timedelta | None, seed: int) -> Fit:
    try:
        parts = None if gap is None else _past_and_newest(rows, gap)
    except DataError:
        parts = None
    if parts is None:
        newest = np.ones(len(rows.outcome), dtype=bool)
        strength, slope = 1.0, _affine(_cross_fitted(rows, seed), rows.outcome)[0]
    else:
        past, newest = parts
        strength, slope = _strength_and_slope(rows, past, newest)
    pipeline = _fitted(rows, np.ones(len(newest), dtype=bool), strength)
    intercept = _fold_in(pipeline, rows.frame[newest], rows.outcome[newest], slope)
    method = "cross_fitted" if parts is None else "newest_block"
    return Fit(pipeline, newest, method, strength, slope, intercept)


def folds(
    outcome: NDArray[np.int64], contacts: NDArray[np.int64], *, seed: int, n: int = 5
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Return folds over contacts, stratified by whether a contact ever converted.

    Parameters
    ----------
    outcome : ndarray of int, shape (n_rows,)
        0 or 1.
    contacts : ndarray of int, shape (n_rows,)
        A code from 0 upwards for each row's contact.
    seed, n : int
        The seed of the shuffle, and the number of folds.

    Yields
    ------
    train, test : ndarray of int
        Positions of rows; every row is tested once.

    Raises
    ------
    DataError
        Too few contacts converted, or did not, for as many folds.
    """
    ever = np.bincount(contacts, outcome) > 0
    scarce = int(min(ever.sum(), (~ever).sum()))
    if scarce < n:
        raise DataError(
            f"Only {scarce} contacts have the rarer outcome: too few for {n} folds.",
            hint="Collect more conversions first.",
        )
    splitter = StratifiedKFold(n, shuffle=True, random_state=seed)
    for _, chosen in splitter.split(ever, ever):
        test = np.isin(contacts, chosen)
        yield np.flatnonzero(~test), np.flatnonzero(test)


def _past_and_newest(rows: Rows, gap: pd.Timedelta) -> tuple[Mask, Mask]:
    past, newest = temporal_split(
        rows.times, train_share=1 - NEWEST_SHARE, gap=gap, outcome=rows.outcome
    )
    past &= ~np.isin(rows.contacts, rows.contacts[newest])
    if len(np.unique(rows.outcome[past])) < 2:
        raise DataError("The older contacts have one outcome only.", hint="Collect more data.")
    return past, newest


def _strength_and_slope(rows: Rows, past: Mask, newest: Mask) -> tuple[float, float]:
    """Choose the strength whose recalibrated predictions of the newest rows lose least."""
    pipeline, truth = _pipeline(rows.types, STRENGTHS[0]), rows.outcome[newest]
    matrix = pipeline[:-1].fit_transform(rows.frame[past])
    asked = pipeline[:-1].transform(rows.frame[newest])
    tried = []
    for strength in STRENGTHS:
        logistic = pipeline[-1].set_params(C=strength).fit(matrix, rows.outcome[past])
        logits = logistic.decision_function(asked)
        slope, intercept = _affine(logits, truth)
        tried.append((log_loss(truth, expit(intercept + slope * logits)), strength, slope))
    _, strength, slope = min(tried)
    return strength, slope


def _cross_fitted(rows: Rows, seed: int) -> Floats:
    logits = np.empty(len(rows.outcome))
    for train, test in folds(rows.outcome, rows.contacts, seed=seed, n=3):
        mask = np.zeros(len(logits), dtype=bool)
        mask[train] = True
        logits[test] = _logits(_fitted(rows, mask, 1.0), rows.frame.iloc[test])
    return logits


def _pipeline(types: Mapping[str, str], strength: float) -> Pipeline:
    # Centred columns make each product of coefficient and value a contribution, and the
    # intercept the logit of the average training row.
    return Pipeline(
        [
            ("encode", encoder(types)),
            ("centre", StandardScaler(with_std=False)),
            ("logistic", LogisticRegression(C=strength, solver="newton-cholesky", tol=1e-7)),
        ]
    )


def _fitted(rows: Rows, mask: Mask, strength: float) -> Pipeline:
    fitted: Pipeline = _pipeline(rows.types, strength).fit(rows.frame[mask], rows.outcome[mask])
    return fitted


def _logits(pipeline: Pipeline, frame: pd.DataFrame) -> Floats:
    logits: Floats = pipeline.decision_function(frame)
    return logits


def _affine(logits: Floats, truth: NDArray[np.int64]) -> tuple[float, float]:
    """Return slope and intercept of the best line in the logit, by penalised likelihood."""

    def loss(line: Floats) -> tuple[float, Floats]:
        slope, intercept = line
        at = intercept + slope * logits
        miss = expit(at) - truth
        cost = np.sum(np.logaddexp(0, at) - truth * at) + _SLOPE_PRIOR / 2 * (slope - 1) ** 2
        return cost, np.array([miss @ logits + _SLOPE_PRIOR * (slope - 1), miss.sum()])

    best = minimize(loss, np.array([1.0, 0.0]), jac=True, bounds=[SLOPES, (-50.0, 50.0)])
    return float(best.x[0]), float(best.x[1])


def _fold_in(
    pipeline: Pipeline, newest: pd.DataFrame, truth: NDArray[np.int64], slope: float
) -> float:
    """Fold the recalibration into the coefficients; return the intercept that it added."""
    logits = slope * _logits(pipeline, newest)
    rate = np.clip(truth.mean(), 1e-6, 1 - 1e-6)
    added = float(brentq(lambda shift: expit(logits + shift).mean() - rate, -200, 200))
    logistic = pipeline.named_steps["logistic"]
    logistic.coef_ = logistic.coef_ * slope
    logistic.intercept_ = logistic.intercept_ * slope + added
    return added
