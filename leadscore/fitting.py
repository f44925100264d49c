"""The recipe: regularised logistic regression, recalibrated on the newest mature rows.

How strong the regularisation is, and which pairs of properties act together, is decided on the
newest rows as predicted from the older ones. The recalibration is affine in the logit, so it is
folded into the coefficients: what comes out is one plain scikit-learn pipeline whose probabilities
need no second step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import brentq, minimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from leadscore.encoding import encoder
from leadscore.errors import DataError
from leadscore.interactions import screened
from leadscore.metrics import log_loss, temporal_split

__all__ = ["Fit", "Recipe", "Rows", "fit_recalibrated", "folds"]

STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3)  # scikit-learn's C: smaller is stronger regularisation
PAIR_COUNTS = (3, 6, 12)
PAIR_WEIGHT = 1.5
NEWEST_SHARE = 0.2
SLOPES = (0.05, 5.0)
_SLOPE_PRIOR = 4.0  # a normal prior around 1 with standard deviation 1/2
_MOST_ROWS = 120_000  # to choose a recipe on; the final fit takes all

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
    ``cross_fitted``; ``pairs`` are the columns of the prepared frame that act together.
    """

    pipeline: Pipeline
    newest: Mask
    method: str
    strength: float
    slope: float
    intercept: float
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Recipe:
    """What is decided before the final fit, and the slope that came with it."""

    strength: float
    pairs: tuple[tuple[str, str], ...] = ()
    slope: float = 1.0


def fit_recalibrated(rows: Rows, *, time_known: bool, gap: pd.Timedelta, seed: int = 0) -> Fit:
    """Fit the recipe on all rows, and recalibrate it on the newest ones.

    With known time, the strength of the regularisation, the pairs of properties and the slope of
    the recalibration come from the newest fifth of the rows as predicted from the rows before (at
    least `gap` older, of other contacts). Without time, or with too little of it, they come from a
    third of the contacts as predicted from the others. In both cases the final coefficients come
    from all rows, and the intercept makes the mean probability on the newest rows equal the rate
    there (Platt 1999 for the form; King, Zeng 2001, Political Analysis 9, for the intercept).

    Parameters
    ----------
    rows : Rows
        Sorted by contact and time, outcomes known, both present.
    time_known : bool
        Whether ``rows.times`` means anything.
    gap : Timedelta
        The goal's horizon.
    seed : int
        Seeds the choice of the third.
    """
    # One thread: the order of sums, and so the last bits, must not depend on the machine's cores.
    with threadpool_limits(1, user_api="blas"):
        return _fit_recalibrated(rows, gap if time_known else None, seed)


def _fit_recalibrated(rows: Rows, gap: pd.Timedelta | None, seed: int) -> Fit:
    parts = _by_time(rows, gap)
    past, asked = parts or _by_contact(rows, seed)
    recipe = _chosen(rows, past, asked)
    newest = parts[1] if parts else np.ones(len(rows.outcome), dtype=bool)
    pipeline = _pipeline(rows.types, recipe).fit(rows.frame, rows.outcome)
    intercept = _fold_in(pipeline, rows.frame[newest], rows.outcome[newest], recipe.slope)
    method = "newest_block" if parts else "cross_fitted"
    return Fit(pipeline, newest, method, recipe.strength, recipe.slope, intercept, recipe.pairs)


def _by_time(rows: Rows, gap: pd.Timedelta | None) -> tuple[Mask, Mask] | None:
    try:
        return None if gap is None else _past_and_newest(rows, gap)
    except DataError:
        return None


def _by_contact(rows: Rows, seed: int) -> tuple[Mask, Mask]:
    _, test = next(folds(rows.outcome, rows.contacts, seed=seed, n=3))
    asked = np.zeros(len(rows.outcome), dtype=bool)
    asked[test] = True
    return ~asked, asked


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


def _chosen(rows: Rows, past: Mask, asked: Mask) -> Recipe:
    """Return the recipe whose recalibrated predictions of the rows asked about lose least."""
    learnt = _thinned(past, rows.contacts)
    trial = _Trial(rows, np.flatnonzero(learnt), np.flatnonzero(asked))
    best = min((trial.of(Recipe(strength)) for strength in STRENGTHS), key=_loss)
    pairs = trial.screened(best[1])
    counts = sorted({min(count, len(pairs)) for count in PAIR_COUNTS if pairs})
    more = [trial.of(Recipe(best[1].strength, tuple(pairs[:count]))) for count in counts]
    return min([best, *more], key=_loss)[1]


def _loss(tried: tuple[float, Recipe]) -> float:
    return tried[0]


def _thinned(past: Mask, contacts: NDArray[np.int64]) -> Mask:
    """Keep every other contact, or every third…, where there are more rows than a choice needs."""
    step = -(-int(past.sum()) // _MOST_ROWS)
    kept: Mask = past & (contacts % step == 0)
    return kept


class _Trial:
    """Fit recipes on some rows, and see how well they predict the others."""

    def __init__(self, rows: Rows, learnt: NDArray[np.intp], asked: NDArray[np.intp]) -> None:
        self.rows, self.learnt, self.asked = rows, learnt, asked
        self._mains = self._encoded(())

    def of(self, recipe: Recipe) -> tuple[float, Recipe]:
        """Return the loss, and the recipe with the slope of its recalibration."""
        learnt, asked = self._encoded(recipe.pairs) if recipe.pairs else self._mains
        truth = self.rows.outcome[self.asked]
        logistic = _logistic(recipe.strength).fit(learnt, self.rows.outcome[self.learnt])
        logits = logistic.decision_function(asked)
        slope, intercept = _affine(logits, truth)
        loss = log_loss(truth, expit(intercept + slope * logits))
        return loss, Recipe(recipe.strength, recipe.pairs, slope)

    def screened(self, recipe: Recipe) -> list[tuple[str, str]]:
        """Return the pairs within which the recipe is wrong about the rows learnt from."""
        outcome = self.rows.outcome[self.learnt]
        logistic = _logistic(recipe.strength).fit(self._mains[0], outcome)
        said = logistic.predict_proba(self._mains[0])[:, 1]
        prepared = self.rows.frame.iloc[self.learnt]
        return screened(prepared, outcome, said, self.rows.contacts[self.learnt])

    def _encoded(self, pairs: Sequence[tuple[str, str]]) -> tuple[sparse.csr_matrix, ...]:
        made = encoder(self.rows.types, pairs, weight=PAIR_WEIGHT)
        learnt = made.fit_transform(self.rows.frame.iloc[self.learnt])
        return learnt, made.transform(self.rows.frame.iloc[self.asked])


def _logistic(strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, solver="lbfgs", max_iter=1000, tol=1e-5)


def _pipeline(types: Mapping[str, str], recipe: Recipe) -> Pipeline:
    encode = encoder(types, recipe.pairs, weight=PAIR_WEIGHT)
    return Pipeline([("encode", encode), ("logistic", _logistic(recipe.strength))])


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
    logits = slope * pipeline.decision_function(newest)
    rate = np.clip(truth.mean(), 1e-6, 1 - 1e-6)
    added = float(brentq(lambda shift: expit(logits + shift).mean() - rate, -200, 200))
    logistic = pipeline.named_steps["logistic"]
    logistic.coef_ = logistic.coef_ * slope
    logistic.intercept_ = logistic.intercept_ * slope + added
    return added
