"""What a model's recipe would have been worth: predictions of rows that it had not seen."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from leadscore import metrics
from leadscore.errors import DataError, ModelError
from leadscore.holdouts import Fold, grouped_by, make_folds, past_rows
from leadscore.model import LeadModel
from leadscore.resampling import Metric, bootstrap_values, interval
from leadscore.tally import tally
from leadscore.training import fit

__all__ = ["backtest", "evaluate", "known_rows", "measure"]

_HEADLINE, _BLIND = "temporal_holdout", "cross_validation"
_RESAMPLES = 500
_RULES = "These are point rules: there is no recipe to refit."
_FACTS = ("protocol", "reference_rate", "train_rows", "cuts", "grouped_by")


def backtest(model: LeadModel, data: pd.DataFrame, *, protocol: str | None = None) -> pd.DataFrame:
    """Refit the model's recipe on the past, and predict what came after.

    With known time: train on the oldest 70 % of the rows, test on the newest 30 %, with a gap of
    the goal's horizon between them and each contact (and company) on one side only. Without: five
    stratified folds over contacts, which is optimistic, because the future helps to predict the
    past. Exclusions, encoding, strength and recalibration are chosen inside the training side.

    Parameters
    ----------
    model : LeadModel
        Gives the recipe (what to drop, what to keep, the seed); its coefficients are not used.
    data : DataFrame
        The training frame.
    protocol : {"temporal_holdout", "rolling", "cross_validation"}, optional
        As `leadscore.holdouts.make_folds`: ``rolling`` tests five blocks, each after its own past;
        ``cross_validation`` is for data whose time is unknown.

    Returns
    -------
    DataFrame
        One row per tested snapshot, sorted by contact and time: ``contact_id``, ``snapshot_at``,
        ``outcome``, ``probability`` (float64), ``fold`` (int64). ``attrs``: ``protocol``,
        ``reference_rate`` (of the newest training block; the mean of the folds'), ``train_rows``
        (the mean of the folds'), ``goal``, ``grouped_by`` (the column that stays on one side) and
        ``cuts``: for each fold ``fold``, ``cut`` (ISO time or None), ``train_rows``,
        ``test_rows``, ``rate`` and ``columns`` (what the refitted model read).

    Raises
    ------
    ModelError
        `data` is about another goal than the model.
    DataError
        A side of a split is empty or has one outcome only.
    UsageError
        The protocol does not fit what is known of time.
    """
    if not isinstance(model, LeadModel):
        raise ModelError(_RULES, hint="Use ls.rules.evaluate(rules, data), or ls.rules.backtest.")
    _check_goal(model, data)
    known = known_rows(data)
    splits = make_folds(known, protocol=protocol, seed=model.card["recipe"]["seed"])
    parts = [_predicted(model, known, split, number=n) for n, split in enumerate(splits)]
    found = pd.concat([part for part, _ in parts])
    found = found.sort_values(["contact_id", "snapshot_at"], kind="stable", ignore_index=True)
    cuts = [cut for _, cut in parts]
    found.attrs = {
        "protocol": protocol or (_BLIND if cuts[0]["cut"] is None else _HEADLINE),
        "reference_rate": float(np.mean([cut["rate"] for cut in cuts])),
        "train_rows": int(np.mean([cut["train_rows"] for cut in cuts])),
        "goal": model.goal,
        "grouped_by": grouped_by(known),
        "cuts": cuts,
    }
    return found


def known_rows(data: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with a known outcome, sorted by contact and time.

    Raises
    ------
    DataError
        There is none.
    """
    known = data[data["outcome"].notna()]
    known = known.sort_values(["contact_id", "snapshot_at"], kind="stable", ignore_index=True)
    known.attrs = dict(data.attrs)
    if known.empty:
        raise DataError("No row has a known outcome.", hint="Sync more history.")
    return known


def evaluate(
    model: LeadModel, data: pd.DataFrame, *, predictions: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Measure the model's recipe on rows that it had not seen, with 95 % intervals.

    The figures, and whether there is a usable signal, are also noted on the model's card: scores
    of a model that was never evaluated are not written. A rolling test stands beside the headline
    and does not replace it on the card.

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
        As `measure`.

    Raises
    ------
    ModelError, DataError
        As `backtest`.
    """
    tested = backtest(model, data) if predictions is None else predictions
    found = measure(tested, seed=model.card["recipe"]["seed"])
    if found.attrs["protocol"] != "rolling" or not model.card.get("protocol"):
        model.record(found)
    return found


def measure(predictions: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Measure predictions of any ranking, with 95 % intervals by bootstrap over contacts.

    Parameters
    ----------
    predictions : DataFrame
        As `backtest` gives them; ``attrs["reference_rate"]`` is what the Brier skill compares
        with. Rows without an outcome do not count.
    seed : int
        The same seed gives the same intervals, whatever the order of the rows.

    Returns
    -------
    DataFrame
        ``metric`` (str), ``value``, ``low``, ``high`` (float64); metrics are over snapshots,
        intervals over contacts. ``roc_auc``, ``average_precision``, ``brier_skill``, ``ece`` (ten
        bins of equal count), ``log_loss``, ``base_rate``; ``lift_…`` and ``recall_…`` of the best
        5, 10, 20 and 50 % of the rows; MadKudu's three numbers: ``flagged_share``, the share of
        rows to be flagged, best first, for 60 % of the conversions (good: at most 35 %),
        ``flagged_recall``, the share of conversions in the best quarter (good: at least 60 %), and
        ``very_good_to_low``, how many times as often the best tenth converts as the worse half
        (good: at least 10). ``attrs``: ``protocol``, ``test_rows``, ``test_contacts``,
        ``train_rows``, ``reference_rate``; ``signal``, True when the interval of the ROC AUC lies
        above chance; ``verdict``, the same as a sentence.

    Notes
    -----
    MadKudu (support.madkudu.com, article 4407471867405) asks that 15 to 35 % of the leads be
    flagged good or very good, that they hold 60 % of the conversions, and that "very good" convert
    ten times as often as "low". Where the segments begin is the user's there; here they are the
    best tenth (very good), the next 15 % (good), the quarter below, and the worse half (low).

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "contact_id": [str(i) for i in range(200)], "outcome": [True, False] * 100,
    ...     "probability": [0.6, 0.4] * 100})
    >>> rows.attrs = {"protocol": "temporal_holdout", "reference_rate": 0.5}
    >>> measure(rows).attrs["verdict"]
    'There is a usable signal: the ROC AUC is 1.000, 95 % interval 1.000 to 1.000.'
    """
    tested = predictions[predictions["outcome"].notna()]
    y, p = tested["outcome"].to_numpy("float64"), tested["probability"].to_numpy("float64")
    named = _metrics(predictions.attrs["reference_rate"])
    groups, counted = tested["contact_id"], tally(y, p)
    drawn = bootstrap_values(named, y, p, groups=groups, n=_RESAMPLES, seed=seed)
    rows = [(name, metric(counted), *interval(drawn[name])) for name, metric in named.items()]
    found = pd.DataFrame(rows, columns=["metric", "value", "low", "high"])
    facts: dict[Hashable, Any] = {k: predictions.attrs.get(k) for k in _FACTS}
    found.attrs = facts | {
        "test_rows": len(tested),
        "test_contacts": int(tested["contact_id"].nunique()),
        **_verdict(*rows[0][1:]),
    }
    return found


def _metrics(reference: float) -> dict[str, Metric]:
    shares = {"twentieth": 0.05, "decile": 0.1, "fifth": 0.2, "half": 0.5}
    tops: dict[str, Metric] = {}
    for word, share in shares.items():
        tops[f"lift_top_{word}"] = partial(metrics.lift, share=share)
        tops[f"recall_top_{word}"] = partial(metrics.recall_at, share=share)
    return {
        "roc_auc": metrics.roc_auc,
        "average_precision": metrics.average_precision,
        "brier_skill": partial(metrics.brier_skill, reference=reference),
        "ece": metrics.ece,
        "log_loss": metrics.log_loss,
        **tops,
        "flagged_share": partial(metrics.flagged_share, recall=0.6),
        "flagged_recall": partial(metrics.recall_at, share=0.25),
        "very_good_to_low": partial(metrics.top_to_bottom, top=0.1, bottom=0.5),
        "base_rate": metrics.base_rate,
    }


def _verdict(auc: float, low: float, high: float) -> dict[str, Any]:
    """Say whether the ranking can be told from chance, above 0.5 with the whole interval."""
    signal = bool(low > 0.5)
    said = f"the ROC AUC is {auc:.3f}, 95 % interval {low:.3f} to {high:.3f}"
    if signal:
        return {"signal": True, "verdict": f"There is a usable signal: {said}."}
    if np.isnan(low):
        said = "too few leads of one of the two outcomes are in the test"
    elif high < 0.5:
        said += ", which is worse than chance: what the past taught was wrong"
    else:
        said += ", which includes chance (0.5)"
    return {"signal": False, "verdict": f"No usable signal: {said}."}


def _check_goal(model: LeadModel, data: pd.DataFrame) -> None:
    if data.attrs.get("goal", "") != model.card["goal"]:
        other = data.attrs.get("goal_text", data.attrs.get("goal", ""))
        raise ModelError(
            f"The model predicts {model.goal!r}, and the data is about {other!r}.",
            hint="Evaluate on a training set of the model's own goal.",
        )


def _predicted(
    model: LeadModel, known: pd.DataFrame, split: Fold, *, number: int
) -> tuple[pd.DataFrame, dict[str, Any]]:
    past, asked = past_rows(known, split), known.iloc[split.asked]
    refitted = fit(past, **model.card["recipe"])
    found = asked[["contact_id", "snapshot_at", "outcome"]].copy()
    found["probability"] = refitted.probability(asked)
    found["fold"] = number
    return found, {
        "fold": number,
        "cut": None if split.cut is None else split.cut.isoformat(),
        "train_rows": len(past),
        "test_rows": len(asked),
        "rate": float(refitted.card["recalibration"]["rate"]),
        "columns": list(refitted.features),
    }
