"""What a model's recipe would have been worth: predictions of rows that it had not seen."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from leadscore import metrics
from leadscore.errors import DataError, ModelError
from leadscore.fitting import folds
from leadscore.model import LeadModel, fit

__all__ = ["backtest", "evaluate"]

TRAIN_SHARE = 0.7
_RESAMPLES = 500


def backtest(model: LeadModel, data: pd.DataFrame) -> pd.DataFrame:
    """Refit the model's recipe on the past, and predict what came after.

    With known time: train on the oldest 70 % of the rows, test on the newest 30 %, with a gap of
    the goal's horizon between them and each contact on one side only. Without: five stratified
    folds over contacts, which is optimistic, because the future helps to predict the past.
    Exclusions, encoding, strength and recalibration are chosen inside the training side.

    Parameters
    ----------
    model : LeadModel
        Gives the recipe (what to drop, what to keep, the seed); its coefficients are not used.
    data : DataFrame
        The training frame.

    Returns
    -------
    DataFrame
        One row per tested snapshot: ``contact_id``, ``snapshot_at``, ``outcome``,
        ``probability``, ``fold``. ``attrs``: ``protocol`` (``temporal_holdout`` or
        ``cross_validation``), ``reference_rate`` (of the newest training block), ``train_rows``.

    Raises
    ------
    ModelError
        `data` is about another goal than the model.
    DataError
        A side of a split is empty or has one outcome only.
    """
    _check_goal(model, data)
    known = data[data["outcome"].notna()]
    known = known.sort_values(["contact_id", "snapshot_at"], kind="stable", ignore_index=True)
    known.attrs = dict(data.attrs)
    if known.empty:
        raise DataError("No row has a known outcome.", hint="Sync more history.")
    time_known = bool(data.attrs.get("time_known", True))
    splits = [_temporal(known)] if time_known else _folds(known, model.card["recipe"]["seed"])
    parts = [_predicted(model, known, *split, fold=n) for n, split in enumerate(splits)]
    found = pd.concat([part for part, _ in parts], ignore_index=True)
    facts = pd.DataFrame([fact for _, fact in parts])
    found.attrs = {
        "protocol": "temporal_holdout" if time_known else "cross_validation",
        "reference_rate": float(facts["rate"].mean()),
        "train_rows": int(facts["rows"].mean()),
        "goal": model.goal,
    }
    return found


def evaluate(
    model: LeadModel, data: pd.DataFrame, *, predictions: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Measure the model's recipe on rows that it had not seen, with 95 % intervals.

    The figures, and whether there is a usable signal, are also noted on the model's card: scores
    of a model that was never evaluated are not written.

    Parameters
    ----------
    model : LeadModel
        Gives the recipe.
    data : DataFrame
        The training frame.
    predictions : DataFrame, optional
        What `backtest` returned, to save doing it again.

    Returns
    -------
    DataFrame
        ``metric``, ``value``, ``low``, ``high``; intervals by bootstrap over contacts.
        ``attrs``: ``protocol``, ``test_rows``, ``train_rows``, ``reference_rate`` and ``signal``,
        which is True when the interval of the ROC AUC lies above chance.

    Raises
    ------
    ModelError, DataError
        As `backtest`.
    """
    tested = backtest(model, data) if predictions is None else predictions
    y, p = tested["outcome"].to_numpy("float64"), tested["probability"].to_numpy("float64")
    groups = pd.factorize(tested["contact_id"])[0]
    named = _metrics(tested.attrs["reference_rate"])
    seed = model.card["recipe"]["seed"]
    rows = [
        (name, m(y, p), *metrics.bootstrap(m, y, p, groups=groups, n=_RESAMPLES, seed=seed))
        for name, m in named.items()
    ]
    found = pd.DataFrame(rows, columns=["metric", "value", "low", "high"])
    kept = ("protocol", "reference_rate", "train_rows")
    facts: dict[Hashable, Any] = {key: tested.attrs[key] for key in kept}
    found.attrs = facts | {
        "test_rows": len(tested),
        "test_contacts": int(tested["contact_id"].nunique()),
        "signal": bool(found["low"].to_numpy()[0] > 0.5),  # the first row is the ROC AUC
    }
    model.record(found)
    return found


def _metrics(reference: float) -> dict[str, metrics.Metric]:
    return {
        "roc_auc": metrics.roc_auc,
        "average_precision": metrics.average_precision,
        "lift_top_decile": partial(metrics.lift, share=0.1),
        "brier_skill": partial(metrics.brier_skill, reference=reference),
        "ece": metrics.ece,
        "log_loss": metrics.log_loss,
        "recall_top_decile": partial(metrics.recall_at, share=0.1),
        "recall_top_half": partial(metrics.recall_at, share=0.5),
        "base_rate": lambda y, _: float(np.mean(y)),
    }


def _check_goal(model: LeadModel, data: pd.DataFrame) -> None:
    if data.attrs.get("goal", "") != model.card["goal"]:
        other = data.attrs.get("goal_text", data.attrs.get("goal", ""))
        raise ModelError(
            f"The model predicts {model.goal!r}, and the data is about {other!r}.",
            hint="Evaluate on a training set of the model's own goal.",
        )


def _temporal(known: pd.DataFrame) -> tuple[Any, Any]:
    gap = pd.Timedelta(days=known.attrs.get("horizon_days") or 0)
    outcome = known["outcome"].to_numpy(bool)
    train, test = metrics.temporal_split(
        known["snapshot_at"], train_share=TRAIN_SHARE, gap=gap, outcome=outcome
    )
    train &= ~known["contact_id"].isin(known.loc[test, "contact_id"]).to_numpy()
    if len(np.unique(outcome[train])) < 2:
        raise DataError(
            "No older contact that is not in the test part has one of the two outcomes.",
            hint="The data must span more time: sync a longer history.",
        )
    return np.flatnonzero(train), np.flatnonzero(test)


def _folds(known: pd.DataFrame, seed: int) -> list[tuple[Any, Any]]:
    contacts = pd.factorize(known["contact_id"])[0]
    return list(folds(known["outcome"].to_numpy("int64"), contacts, seed=seed))


def _predicted(
    model: LeadModel, known: pd.DataFrame, train: Any, test: Any, *, fold: int
) -> tuple[pd.DataFrame, dict[str, float]]:
    past, asked = known.iloc[train], known.iloc[test]
    refitted = fit(past, **model.card["recipe"])
    found = asked[["contact_id", "snapshot_at", "outcome"]].copy()
    found["probability"] = refitted.probability(asked)
    found["fold"] = fold
    return found, {"rate": refitted.card["recalibration"]["rate"], "rows": len(past)}
