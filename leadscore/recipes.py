"""How strong the regularisation is, and which pairs of columns act together: tried and chosen."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from leadscore.encoding import bends_of, encoder
from leadscore.interactions import screened

__all__ = ["Recipe", "Rows", "Side", "affine", "chosen", "pipeline_of"]

USUAL = 0.03
STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0)  # scikit-learn's C: smaller is stronger regularisation
STIFF, SUPPLE = 0.25, 1.0  # the scale of bends: see `leadscore.blocks.Hinges`
PAIR_COUNTS = (0, 3, 6, 12)
PAIR_WEIGHT = 1.5
SLOPES = (0.05, 5.0)
_SLOPE_PRIOR = 4.0  # a normal prior around 1 with standard deviation 1/2
_WORKERS = 4  # more sides at once would cost more memory
_MOST_ROWS = 80_000  # to choose a recipe on; the final fit takes all

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Places = NDArray[np.intp]
PairsOf = tuple[tuple[str, str], ...]
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Rows:
    """Prepared training rows, and what is known of each; ``contacts`` are codes, not ids."""

    frame: pd.DataFrame
    outcome: NDArray[np.int64]
    contacts: NDArray[np.int64]
    times: pd.Series
    types: Mapping[str, str]


@dataclass(frozen=True)
class Side:
    """Places of the rows to learn from, and of the rows that are then predicted.

    Block 0 is the newest; what is said of one block is recalibrated together.
    """

    learnt: Places
    asked: Places
    block: int = 0


@dataclass(frozen=True)
class Recipe:
    """What is decided before the final fit, and the slope of the recalibration that came with it.

    ``pairs`` are columns of the prepared frame; ``bend`` is the scale of the bends.
    """

    strength: float
    pairs: PairsOf = ()
    slope: float = 1.0
    bend: float = STIFF


def chosen(rows: Rows, sides: Sequence[Side]) -> Recipe:
    """Return the recipe whose recalibrated predictions lose least, by more than chance.

    First the strength is chosen, without pairs; then whether curves may bend easily; then how many
    pairs; then, with pairs or bends, once more the strength among its neighbours. What is usual (a
    strength of .03, stiff curves, no pairs) gives way only to what loses less by more than a
    standard error of the difference, contacts being the units: the best of several is often so by
    luck (the one-standard-error rule of Breiman, Friedman, Olshen, Stone 1984). Each side screens
    pairs among the rows that it learns from; the pairs of the recipe are those of all rows.

    Parameters
    ----------
    rows : Rows
    sides : sequence of Side
        Together they predict each row at most once.
    """
    trials = _at_once(lambda side: _Trial(rows, side), sides)
    usual = _Option(USUAL)
    best = _step(trials, _try(trials, usual), [_Option(strength) for strength in STRENGTHS])
    best = _step(trials, best, [replace(best.option, bend=SUPPLE)])
    best = _step(trials, best, [replace(best.option, count=count) for count in PAIR_COUNTS])
    if (best.option.count, best.option.bend) != (usual.count, usual.bend):
        best = _step(trials, best, _beside(best.option))
    found = best.option
    return Recipe(found.strength, _pairs(rows, found), slope=best.slope, bend=found.bend)


@dataclass(frozen=True)
class _Option:
    """What a recipe decides: strength, scale of the bends, number of pairs."""

    strength: float
    bend: float = STIFF
    count: int = 0


@dataclass(frozen=True)
class _Tried:
    """An option, what it lost on each contact, and the slope of its recalibration."""

    option: _Option
    losses: Floats
    slope: float

    def beats(self, other: _Tried) -> bool:
        gain = other.losses - self.losses
        return bool(gain.sum() > np.sqrt(np.sum(gain**2)))


def _step(trials: Sequence[_Trial], usual: _Tried, options: Sequence[_Option]) -> _Tried:
    """Return the option that loses least, if it beats what is usual."""
    tried = [_try(trials, option) for option in options if option != usual.option]
    better = [one for one in tried if one.beats(usual)]
    return min(better, key=lambda one: float(one.losses.sum()), default=usual)


def _beside(option: _Option) -> list[_Option]:
    place = STRENGTHS.index(option.strength)
    near = STRENGTHS[max(0, place - 1) : place] + STRENGTHS[place + 1 : place + 2]
    return [replace(option, strength=strength) for strength in near]


def _thinned(places: Places, contacts: Ints) -> Places:
    """Keep every other contact, or every third…, where there are more rows than a choice needs."""
    step = -(-len(places) // _MOST_ROWS)
    kept: Places = places[contacts[places] % step == 0]
    return kept


class _Trial:
    """Fit recipes on one side's rows, and see what they say of the others."""

    def __init__(self, rows: Rows, side: Side) -> None:
        self.rows, self.asked, self.block = rows, side.asked, side.block
        self.learnt = _thinned(side.learnt, rows.contacts)
        self.outcome = rows.outcome[self.learnt]
        mains = encoder(rows.types, bend=STIFF)
        self._mains = self._encoded(mains)
        self._bends = bends_of(mains)
        self._walk = LogisticRegression(max_iter=1000, warm_start=True)
        self._pairs: PairsOf | None = None

    def logits(self, option: _Option) -> Floats:
        """Return what a recipe says of the rows asked about."""
        mains = self._bent(option.bend)
        if not option.count or not self._screened(option):
            return self._said(self._walk.set_params(C=option.strength), mains)
        pairs = encoder({}, self._screened(option)[: option.count], weight=PAIR_WEIGHT)
        both = [
            sparse.hstack(part).tocsr() for part in zip(mains, self._encoded(pairs), strict=True)
        ]
        return self._said(LogisticRegression(C=option.strength, max_iter=1000), both)

    def _bent(self, bend: float) -> tuple[Any, Any]:
        """Return the columns without pairs; other bends are the same columns, scaled."""
        if bend == STIFF:
            return self._mains
        scale = sparse.diags_array(np.where(self._bends, bend / STIFF, 1.0))
        learnt, asked = self._mains
        return learnt @ scale, asked @ scale

    def _said(self, logistic: LogisticRegression, parts: Sequence[Any]) -> Floats:
        learnt, asked = parts
        said: Floats = logistic.fit(learnt, self.outcome).decision_function(asked)
        return said

    def _screened(self, option: _Option) -> PairsOf:
        if self._pairs is None:
            mains, _ = self._bent(option.bend)
            said = self._walk.set_params(C=option.strength).fit(mains, self.outcome)
            said = said.predict_proba(mains)[:, 1]
            self._pairs = _found(self.rows, self.learnt, said)
        return self._pairs

    def _encoded(self, made: ColumnTransformer) -> tuple[Any, Any]:
        learnt = made.fit_transform(self.rows.frame.iloc[self.learnt])
        return learnt, made.transform(self.rows.frame.iloc[self.asked])


def _try(trials: Sequence[_Trial], option: _Option) -> _Tried:
    blocks: dict[int, list[_Trial]] = {}
    for trial in trials:
        blocks.setdefault(trial.block, []).append(trial)
    said = dict(zip(trials, _at_once(lambda trial: trial.logits(option), trials), strict=True))
    told = {block: _recalibrated(blocks[block], said) for block in blocks}
    losses = sum((lost for lost, _ in told.values()), start=np.zeros(1))
    return _Tried(option, losses, slope=told[0][1])


def _at_once(do: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Do it for each in a thread: most of the time goes into SciPy, which lets others run."""
    with ThreadPoolExecutor(min(_WORKERS, os.cpu_count() or 1)) as pool:
        return list(pool.map(do, items))


def _recalibrated(trials: Sequence[_Trial], said: Mapping[_Trial, Floats]) -> tuple[Floats, float]:
    """Return the losses by contact in one block, and the slope."""
    rows, asked = trials[0].rows, np.concatenate([trial.asked for trial in trials])
    logits = np.concatenate([said[trial] for trial in trials])
    truth = rows.outcome[asked]
    slope, intercept = affine(logits, truth)
    at = intercept + slope * logits
    size = int(rows.contacts.max()) + 1
    lost = np.bincount(rows.contacts[asked], np.logaddexp(0, at) - truth * at, size)
    return np.asarray(lost, dtype=np.float64), slope


def _pairs(rows: Rows, option: _Option) -> PairsOf:
    """Return the pairs that stand out among all rows."""
    if not option.count:
        return ()
    every = _thinned(np.arange(len(rows.outcome)), rows.contacts)
    mains = pipeline_of(rows.types, Recipe(option.strength, bend=option.bend))
    mains.fit(rows.frame.iloc[every], rows.outcome[every])
    said = mains.predict_proba(rows.frame.iloc[every])[:, 1]
    return _found(rows, every, said)[: option.count]


def _found(rows: Rows, places: Places, said: Floats) -> PairsOf:
    prepared, contacts = rows.frame.iloc[places], rows.contacts[places]
    return tuple(screened(prepared, rows.outcome[places], said, contacts))


def _logistic(strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, solver="lbfgs", max_iter=1000, tol=1e-5)


def pipeline_of(types: Mapping[str, str], recipe: Recipe) -> Pipeline:
    """Return the unfitted pipeline of a recipe, over the prepared frame."""
    encode = encoder(types, recipe.pairs, weight=PAIR_WEIGHT, bend=recipe.bend)
    return Pipeline([("encode", encode), ("logistic", _logistic(recipe.strength))])


def affine(logits: Floats, truth: NDArray[np.int64]) -> tuple[float, float]:
    """Return slope and intercept of the best line in the logit, by penalised likelihood.

    The slope is held between 0.05 and 5, and drawn a little towards 1.
    """

    def loss(line: Floats) -> tuple[float, Floats]:
        slope, intercept = line
        at = intercept + slope * logits
        miss = expit(at) - truth
        cost = np.sum(np.logaddexp(0, at) - truth * at) + _SLOPE_PRIOR / 2 * (slope - 1) ** 2
        return cost, np.array([miss @ logits + _SLOPE_PRIOR * (slope - 1), miss.sum()])

    best = minimize(loss, np.array([1.0, 0.0]), jac=True, bounds=[SLOPES, (-50.0, 50.0)])
    return float(best.x[0]), float(best.x[1])
