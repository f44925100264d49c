"""The recipe: regularised logistic regression, recalibrated on the newest mature rows.

The recalibration is affine in the logit, so it is folded into the coefficients: what comes out is
one plain scikit-learn pipeline whose probabilities need no second step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from leadscore.boosting import boosted, pairs_of
from leadscore.errors import DataError
from leadscore.recipes import Rows, Side, affine, chosen, pipeline_of
from leadscore.splits import rolling_starts, temporal_split

__all__ = ["Fit", "Rows", "fit_recalibrated", "folds"]

NEWEST_SHARE = 0.2
OLDER_SHARES = (0.4, 0.6)  # of the rows before the older blocks
_FEWEST = 20  # rows of the rarer outcome, on either side of an older block

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Fit:
    """A fitted, recalibrated pipeline and how it came about.

    ``newest`` marks the rows on which it was recalibrated; ``method`` is ``newest_block`` or
    ``cross_fitted``; ``pairs`` are the columns of the prepared frame that act together.
    """

    pipeline: Pipeline
    newest: Mask
    method: str
    strength: float | None  # None: the learner has none
    slope: float
    intercept: float
    pairs: tuple[tuple[str, str], ...] = ()


def fit_recalibrated(
    rows: Rows, *, time_known: bool, gap: pd.Timedelta, seed: int = 0, learner: str = "logistic"
) -> Fit:
    """Fit the recipe on all rows, and recalibrate it on the newest ones.

    With known time, the strength of the regularisation and the number of pairs come from the newest
    three fifths of the rows, fifth by fifth as predicted from rows at least `gap` older, of other
    contacts; the slope of the recalibration from the newest fifth alone. Leads that stay open for
    long have rows on both sides: leaving only their older ones out would leave the converted ones
    to learn from, so contacts are dealt into two halves instead, and each half is predicted from
    the other. Without time, or with too little of it, each third of the contacts is predicted from
    the others.

    The final coefficients come from all rows, and the intercept makes the mean probability on the
    newest rows equal the rate there (Platt 1999 for the form; King, Zeng 2001, Political Analysis
    9, for the intercept).

    Parameters
    ----------
    rows : Rows
        Sorted by contact and time, outcomes known, both present.
    time_known : bool
        Whether ``rows.times`` means anything.
    gap : Timedelta
        The goal's horizon.
    seed : int
        Deals the contacts.
    learner : {"logistic", "ebm"}
        ``ebm`` is the challenger (`leadscore.boosting`). It chooses its pairs itself; its slope is
        learnt in the same way.
    """
    # One thread: the order of sums, and so the last bits, must not depend on the machine's cores.
    with threadpool_limits(1, user_api="blas"):
        return _fit_recalibrated(rows, gap if time_known else None, seed, learner)


def _fit_recalibrated(rows: Rows, gap: pd.Timedelta | None, seed: int, learner: str) -> Fit:
    newest, sides = _sides(rows, gap, seed)
    asked = np.ones(len(rows.outcome), dtype=bool) if newest is None else newest
    method = "cross_fitted" if newest is None else "newest_block"
    if learner == "ebm":
        slope, pipeline = _slope(rows, sides, seed), _challenger(rows, seed)
        intercept = _fold_in(pipeline, rows.frame[asked], rows.outcome[asked], slope)
        return Fit(pipeline, asked, method, None, slope, intercept, pairs_of(pipeline))
    recipe = chosen(rows, sides)
    pipeline = pipeline_of(rows.types, recipe).fit(rows.frame, rows.outcome)
    intercept = _fold_in(pipeline, rows.frame[asked], rows.outcome[asked], recipe.slope)
    return Fit(pipeline, asked, method, recipe.strength, recipe.slope, intercept, recipe.pairs)


def _challenger(rows: Rows, seed: int, learnt: NDArray[np.intp] | None = None) -> Pipeline:
    places = np.arange(len(rows.outcome)) if learnt is None else learnt
    contacts = np.unique(rows.contacts[places], return_inverse=True)[1]
    frame, outcome = rows.frame.iloc[places], rows.outcome[places]
    return boosted(frame, outcome, contacts, rows.types, seed=seed)


def _slope(rows: Rows, sides: list[Side], seed: int) -> float:
    """Return the slope of the challengers of the sides."""
    newest = [side for side in sides if side.block == 0]
    made = [
        _challenger(rows, seed, side.learnt).decision_function(rows.frame.iloc[side.asked])
        for side in newest
    ]
    truth = rows.outcome[np.concatenate([side.asked for side in newest])]
    return affine(np.concatenate(made), truth)[0]


def _sides(rows: Rows, gap: pd.Timedelta | None, seed: int) -> tuple[Mask | None, list[Side]]:
    """Return the newest rows, if time tells, and from which rows which others are predicted."""
    if gap is not None:
        try:
            past, newest = temporal_split(
                rows.times, train_share=1 - NEWEST_SHARE, gap=gap, outcome=rows.outcome
            )
            return newest, [*_apart(rows, past, newest, seed), *_older(rows, gap, seed)]
        except DataError:
            pass
    return None, [Side(*part) for part in folds(rows.outcome, rows.contacts, seed=seed, n=3)]


def _apart(rows: Rows, past: Mask, newest: Mask, seed: int) -> list[Side]:
    """Keep each contact on one side."""
    parts = [(past, newest)]
    if np.isin(rows.contacts[past], rows.contacts[newest]).any():
        halves = [
            _mask(t, len(past)) for _, t in folds(rows.outcome, rows.contacts, seed=seed, n=2)
        ]
        parts = [(past & ~half, newest & half) for half in halves]
    for older, newer in parts:
        if len(np.unique(rows.outcome[older])) < 2 or not newer.any():
            raise DataError("The older contacts have one outcome only.", hint="Collect more data.")
    return [Side(np.flatnonzero(older), np.flatnonzero(newer)) for older, newer in parts]


def _older(rows: Rows, gap: pd.Timedelta, seed: int) -> list[Side]:
    """Ask about older blocks too, where they hold enough: one block may be unlike the next."""
    starts = rolling_starts(rows.times, (*OLDER_SHARES, 1 - NEWEST_SHARE))
    found: list[Side] = []
    for block, (start, end) in enumerate(pairwise(starts), start=1):
        past = ((rows.times < start) & (rows.times <= start - gap)).to_numpy(bool)
        asked = ((rows.times >= start) & (rows.times < end)).to_numpy(bool)
        if np.isin(rows.contacts[past], rows.contacts[asked]).any():
            halves = [t for _, t in folds(rows.outcome, rows.contacts, seed=seed, n=2)]
            half = _mask(halves[block % 2], len(past))
            past, asked = past & ~half, asked & half
        if min(_rarer(rows.outcome[past]), _rarer(rows.outcome[asked])) >= _FEWEST:
            found.append(Side(np.flatnonzero(past), np.flatnonzero(asked), block))
    return found


def _rarer(outcome: NDArray[np.int64]) -> int:
    return int(np.bincount(outcome, minlength=2).min())


def _mask(places: NDArray[np.intp], size: int) -> Mask:
    made = np.zeros(size, dtype=bool)
    made[places] = True
    return made


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
    for _, tested in splitter.split(ever, ever):
        test = np.isin(contacts, tested)
        yield np.flatnonzero(~test), np.flatnonzero(test)


def _fold_in(
    pipeline: Pipeline, newest: pd.DataFrame, truth: NDArray[np.int64], slope: float
) -> float:
    """Fold the recalibration into the coefficients; return the intercept that it added."""
    logits = slope * pipeline.decision_function(newest)
    rate = np.clip(truth.mean(), 1e-6, 1 - 1e-6)
    added = float(brentq(lambda shift: expit(logits + shift).mean() - rate, -200, 200))
    logistic = pipeline.named_steps["logistic"]
    logistic.coef_ = logistic.coef_ * slope
    logistic.intercept_ = logistic.intercept_ * slope + added
    return added
