"""The challenger: an Explainable Boosting Machine, turned into a plain scikit-learn pipeline.

An EBM (Lou, Caruana, Gehrke, Hooker 2013, KDD; Nori, Jenkins, Koch, Caruana 2019,
arXiv:1909.09223) is a sum of one step function per column and per chosen pair of columns, boosted
in turn. Such a function is flat within each bin, so its scores are the coefficients of a logistic
regression over `leadscore.bins.Bins`: the same probabilities, to be taken apart, saved and read as
those of the default recipe. Only fitting needs interpret-core.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import Pipeline

from leadscore.bins import Bins
from leadscore.errors import DataError, UsageError

__all__ = ["as_pipeline", "boost", "boosted", "coded", "need_interpret", "pairs_of"]

BAGS = 4
HELD_OUT = 0.15  # of the contacts of each bag, to tell when to stop: interpret-core's own default
INTERACTIONS = 10

Ints = NDArray[np.int64]


def need_interpret() -> None:
    """Say how to install interpret-core where it is not.

    Raises
    ------
    UsageError
        It cannot be imported.
    """
    try:
        import interpret.glassbox  # noqa: F401
    except ImportError:
        raise UsageError(
            "The challenger needs interpret-core, which is not installed.",
            hint='Install it: pip install "leadscore[ebm]".',
        ) from None


def boosted(
    frame: pd.DataFrame, outcome: Ints, contacts: Ints, types: Mapping[str, str], *, seed: int = 0
) -> Pipeline:
    """Fit an EBM and return it as a pipeline of `encode` and `logistic`.

    Parameters
    ----------
    frame : DataFrame
        A prepared frame (`leadscore.features.prepare`), sorted by contact and time.
    outcome, contacts : ndarray of int64, shape (n_rows,)
        0 or 1, and a code from 0 up of each row's contact.
    types : mapping
        The columns to be used, as for `leadscore.encoding.encoder`.
    seed : int

    Raises
    ------
    UsageError
        interpret-core is not installed.
    DataError
        Fewer than two contacts converted, or none of the rows is without conversion.
    """
    need_interpret()
    bins = Bins().fit(frame[list(types)])
    machine = boost(bins, frame[list(types)], outcome, contacts, seed=seed)
    return as_pipeline(machine, bins, frame[list(types)])


def pairs_of(pipeline: Pipeline) -> tuple[tuple[str, str], ...]:
    """Return the pairs of columns that a pipeline of `boosted` holds."""
    _, block, columns = pipeline.named_steps["encode"].transformers_[0]
    return tuple((str(columns[a]), str(columns[b])) for a, b in block.pairs_)


def boost(bins: Bins, frame: pd.DataFrame, outcome: Ints, contacts: Ints, *, seed: int = 0) -> Any:
    """Return the ExplainableBoostingClassifier of a frame's codes.

    The settings are interpret-core's own, but for fewer bags and pairs. Boosting stops when the
    loss on contacts that are not learnt from stops falling: all rows of a contact are on one side.
    """
    from interpret.glassbox import ExplainableBoostingClassifier

    machine = ExplainableBoostingClassifier(
        feature_types=[_type(coder) for coder in bins.coders_],
        interactions=INTERACTIONS,
        outer_bags=BAGS,
        n_jobs=1,  # further processes would each load all of it again
        random_state=seed,
    )
    with warnings.catch_warnings():
        # It warns of missing values, for its own pictures do not show them; the reasons here do.
        warnings.filterwarnings("ignore", message="Missing values detected")
        machine.fit(coded(bins, frame), outcome, bags=_bags(outcome, contacts, seed))
    return machine


def coded(bins: Bins, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame as the EBM sees it: codes of bins, NaN where missing, and of levels."""
    columns = {
        str(place): pd.Series(codes.astype(str), dtype="str")
        if _type(coder) == "nominal"
        else pd.Series(np.where(codes == 0, np.nan, codes))
        for place, (codes, coder) in enumerate(zip(bins.codes(frame), bins.coders_, strict=True))
    }
    return pd.DataFrame(columns)


def _type(coder: NDArray[Any]) -> str | list[float]:
    """Return the cuts between the codes of a number; a number of a single bin has levels."""
    if coder.dtype != np.float64 or not len(coder):
        return "nominal"
    return [float(edge) for edge in np.arange(len(coder)) + 1.5]


def _bags(outcome: Ints, contacts: Ints, seed: int) -> NDArray[np.int8]:
    """Return 1 for rows to learn from and -1 for those that tell when to stop, by bag."""
    ever = np.bincount(contacts, outcome) > 0
    if ever.sum() < 2 or not (outcome == 0).any():
        raise DataError(
            f"Only {int(ever.sum())} contacts converted: too few to tell when to stop boosting.",
            hint="Collect more conversions first.",
        )
    stratum = ever if (~ever).sum() > 1 else np.ones(len(ever))
    splitter = StratifiedShuffleSplit(BAGS, test_size=HELD_OUT, random_state=seed)
    bags = np.ones((len(outcome), BAGS), dtype=np.int8)
    for bag, (_, held) in enumerate(splitter.split(stratum, stratum)):
        bags[np.isin(contacts, held), bag] = -1
    return bags


def as_pipeline(machine: Any, bins: Bins, frame: pd.DataFrame) -> Pipeline:
    """Turn an EBM of a frame's codes into a pipeline of the frame, with the same logits.

    Parameters
    ----------
    machine : ExplainableBoostingClassifier
        As `boost` returns it.
    bins : Bins
        The codes that it was fitted on.
    frame : DataFrame
        The rows that it was fitted on.
    """
    scores = dict(zip(machine.term_features_, machine.term_scores_, strict=True))
    pairs = [term for term in scores if len(term) == 2]
    encode = ColumnTransformer(
        [("bins", Bins(pairs), list(frame.columns))], remainder="drop", sparse_threshold=1.0
    ).fit(frame)
    terms = [*((place,) for place in range(len(bins.sizes_))), *pairs]
    coefficients = [_by_code(machine, bins, term, scores) for term in terms]
    logistic = _logistic(np.concatenate(coefficients), float(machine.intercept_[0]))
    return Pipeline([("encode", encode), ("logistic", logistic)])


def _by_code(
    machine: Any, bins: Bins, term: tuple[int, ...], scores: Mapping[tuple[int, ...], Any]
) -> NDArray[np.float64]:
    """Return a term's score of each code, or of each pair of codes, row by row."""
    if term not in scores:
        return np.zeros(bins.sizes_[term[0]])
    places = [_places(machine.bins_[i], bins.sizes_[i], len(term)) for i in term]
    found: NDArray[np.float64] = scores[term][np.ix_(*places)].ravel()
    return found


def _places(resolutions: list[Any], size: int, width: int) -> list[int]:
    """Return where an EBM has the scores of each code: at a level's own place, else the last.

    Terms of two columns have a resolution of their own, unless it is the same.
    """
    known = resolutions[min(len(resolutions), width) - 1]
    if isinstance(known, dict):
        return [known.get(str(code), -1) for code in range(size)]
    return list(range(size))


def _logistic(coefficients: NDArray[np.float64], intercept: float) -> LogisticRegression:
    logistic = LogisticRegression()
    logistic.classes_ = np.array([0, 1])
    logistic.coef_, logistic.intercept_ = coefficients[None, :], np.array([intercept])
    logistic.n_features_in_, logistic.n_iter_ = len(coefficients), np.array([0], dtype=np.int32)
    return logistic
