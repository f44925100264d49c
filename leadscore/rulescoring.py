"""Point rules held against outcomes by the same backtest as a model, and used for scores."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from leadscore.evaluation import known_rows, measure
from leadscore.holdouts import Fold, grouped_by, make_folds
from leadscore.pointsmodel import as_model
from leadscore.ruleset import Rules
from leadscore.scores import score_frame as _score_frame
from leadscore.training import FEWEST_CONVERSIONS

if TYPE_CHECKING:
    from leadscore.model import LeadModel

__all__ = ["ALL_ROWS", "backtest", "evaluate", "score_frame"]

ALL_ROWS = "all_rows"
_OF_PROBABILITY = ("brier_skill", "ece", "log_loss")


def backtest(rules: Rules, data: pd.DataFrame, *, protocol: str | None = None) -> pd.DataFrame:
    """Give points to the rows that a model would be tested on.

    Rules learn nothing, but for what a point is worth: that comes from each fold's past, as all
    that a model learns does. Where fewer than 40 contacts converted, half of them would not tell
    anything, so all rows are tested, on points alone.

    Parameters
    ----------
    rules : Rules
        Rules that `from_model` made have seen the data: the figures on them are in
        ``rules.about``, and these here are too good.
    data : DataFrame
        The training frame.
    protocol : str, optional
        As for `leadscore.evaluation.backtest`, or ``all_rows``, which is the default below 40
        conversions.

    Returns
    -------
    DataFrame
        ``contact_id``, ``snapshot_at``, ``outcome``, ``probability``, ``points``, ``fold``; attrs
        as `leadscore.evaluation.backtest` sets them, ``protocol`` being ``all_rows`` where nothing
        was split. Then the probability only ranks.

    Raises
    ------
    DataError
        No outcome is known, the rules do not fit the frame, or a side of a split is empty or has
        one outcome only.
    """
    known = known_rows(data)
    rules.check(known)
    splits = _splits(known, protocol)
    parts = [_tested(rules, known, split, number=n) for n, split in enumerate(splits)]
    found = pd.concat(parts)
    found = found.sort_values(["contact_id", "snapshot_at"], kind="stable", ignore_index=True)
    past = [known["outcome"].iloc[split.past].astype("float64") for split in splits]
    found.attrs = {
        "protocol": _protocol(known, splits, protocol),
        "reference_rate": float(np.mean([one.mean() for one in past])),
        "train_rows": int(np.mean([len(one) for one in past])),
        "goal": str(known.attrs.get("goal_text", known.attrs.get("goal", ""))),
        "grouped_by": grouped_by(known),
        "cuts": [_cut(known, split, n) for n, split in enumerate(splits)],
    }
    return found


def _splits(known: pd.DataFrame, protocol: str | None) -> list[Fold]:
    converted = known.loc[known["outcome"].astype(bool), "contact_id"].nunique()
    few = protocol is None and converted < FEWEST_CONVERSIONS
    if few or protocol == ALL_ROWS:
        everything = np.arange(len(known))
        return [Fold(everything, everything)]
    return make_folds(known, protocol=protocol)


def _protocol(known: pd.DataFrame, splits: list[Fold], protocol: str | None) -> str:
    if protocol or len(splits[0].past) == len(known):
        return protocol or ALL_ROWS
    return "cross_validation" if splits[0].cut is None else "temporal_holdout"


def _tested(rules: Rules, known: pd.DataFrame, split: Fold, *, number: int) -> pd.DataFrame:
    past, asked = known.iloc[split.past], known.iloc[split.asked]
    past.attrs, asked.attrs = dict(known.attrs), dict(known.attrs)
    logit = as_model(rules, past).card["points"]
    points = rules.points(asked)
    found = asked[["contact_id", "snapshot_at", "outcome"]].copy()
    said = 1 / (1 + np.exp(-(logit["intercept"] + logit["slope"] * points)))
    return found.assign(probability=said, points=points, fold=number)


def _cut(known: pd.DataFrame, split: Fold, number: int) -> dict[str, Any]:
    return {
        "fold": number,
        "cut": None if split.cut is None else split.cut.isoformat(),
        "train_rows": len(split.past),
        "test_rows": len(split.asked),
        "rate": float(known["outcome"].iloc[split.past].astype("float64").mean()),
    }


def evaluate(
    rules: Rules, data: pd.DataFrame, *, predictions: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Measure rules on the rows that a model would be tested on, with 95 % intervals.

    Parameters
    ----------
    rules : Rules
    data : DataFrame
        The training frame.
    predictions : DataFrame, optional
        What `backtest` returned, to save doing it again.

    Returns
    -------
    DataFrame
        ``metric``, ``value``, ``low``, ``high``, and attrs, as `leadscore.evaluation.measure`
        gives them. Where nothing was split, without the metrics of probabilities
        (``brier_skill``, ``ece``, ``log_loss``): those would be of the rows that taught what a
        point is worth. ``attrs["seen"]``: whether the rules were made from a model of this portal,
        so that they know some of the tested rows.

    Raises
    ------
    DataError
        As `backtest`.
    """
    tested = backtest(rules, data) if predictions is None else predictions
    found = measure(tested)
    facts = found.attrs | {"seen": "model" in rules.about}
    if tested.attrs["protocol"] == ALL_ROWS:
        found = _without(found, _OF_PROBABILITY)
    found.attrs = facts
    return found


def _without(found: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    return found[~found["metric"].isin(list(names))].reset_index(drop=True)


def score_frame(
    rules: Rules, frame: pd.DataFrame, *, data: pd.DataFrame, capacity: int | None = None
) -> pd.DataFrame:
    """Score the contacts of a frame by rules: one row each, as a model's scores are.

    Parameters
    ----------
    rules : Rules
    frame : DataFrame
        A scoring frame, one row per contact.
    data : DataFrame
        The training frame, from whose outcomes it is learnt what a point is worth, and from whose
        rows what a high score is.
    capacity : int, optional
        How many leads sales can work.

    Returns
    -------
    DataFrame
        As `leadscore.scores.score_frame`; the reasons are the properties whose rules fired.
    """
    model = as_model(rules, data)
    # A PointsModel has all that scoring reads of a model.
    return _score_frame(cast("LeadModel", model), frame, capacity=capacity)
