"""Two models on the same newest rows, and whether one may take the other's place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore import metrics
from leadscore.keptmodels import backtest, is_seen
from leadscore.resampling import Metric, bootstrap_values, interval
from leadscore.tally import tally

if TYPE_CHECKING:
    from leadscore.keptmodels import Model

__all__ = ["KEPT_SHARE", "compare", "judge"]

#: Dynamics 365 Sales publishes a retrained model when it keeps 95 % of the live one's accuracy.
KEPT_SHARE = 0.95
_RESAMPLES = 500


def compare(first: Model, second: Model, data: pd.DataFrame) -> pd.DataFrame:
    """Backtest the recipes of two models on the same rows, and set the figures side by side.

    Each recipe is refitted on the older rows; the rows that both are judged by have been seen by
    neither.

    Parameters
    ----------
    first, second : LeadModel or PointsModel
        Two models of one goal. Rules learn from the older rows what a point is worth.
    data : DataFrame
        A training frame of that goal.

    Returns
    -------
    DataFrame
        ``metric``, ``first``, ``second``, ``difference`` (second - first), ``low``, ``high``: its
        95 % interval by a paired bootstrap over contacts (Efron 1979): both models are judged by
        the same drawn contacts. ``gini`` is 2 AUC - 1. ``attrs``: ``first``, ``second`` (ids),
        ``protocol``, ``test_rows``, ``same_rows`` (True), ``signal``: the second's AUC interval
        lies above chance, ``seen``: the second's rules were made from a model, which may have
        seen these rows.

    Raises
    ------
    ModelError
        `data` is about another goal than a model.
    DataError
        The rows cannot be split.
    """
    tested = [backtest(model, data) for model in (first, second)]
    keys = ["contact_id", "snapshot_at"]
    both = tested[0].merge(tested[1][[*keys, "probability"]], on=keys, suffixes=("", "_second"))
    y = both["outcome"].to_numpy("float64")
    named = _metrics(float(tested[0].attrs["reference_rate"]))
    sides = [both[name].to_numpy("float64") for name in ("probability", "probability_second")]
    drawn = [bootstrap_values(named, y, p, groups=both["contact_id"], n=_RESAMPLES) for p in sides]
    counted = [tally(y, p) for p in sides]
    rows = [
        _row(name, metric(counted[0]), metric(counted[1]), drawn[1][name] - drawn[0][name])
        for name, metric in named.items()
    ]
    found = pd.DataFrame(rows, columns=["metric", "first", "second", "difference", "low", "high"])
    found.attrs = {
        "first": first.id,
        "second": second.id,
        "protocol": tested[0].attrs["protocol"],
        "test_rows": len(both),
        "same_rows": True,
        "signal": interval(drawn[1]["roc_auc"])[0] > 0.5,
        "seen": is_seen(second),
    }
    return found


def _metrics(reference: float) -> dict[str, Metric]:
    return {
        "roc_auc": metrics.roc_auc,
        "gini": lambda counted: 2 * metrics.roc_auc(counted) - 1,
        "average_precision": metrics.average_precision,
        "lift_top_decile": partial(metrics.lift, share=0.1),
        "brier_skill": partial(metrics.brier_skill, reference=reference),
        "ece": metrics.ece,
        "log_loss": metrics.log_loss,
    }


def _row(name: str, first: float, second: float, differences: pd.Series) -> tuple[Any, ...]:
    return name, first, second, second - first, *interval(differences)


def judge(compared: pd.DataFrame) -> pd.DataFrame:
    """Say whether the second of two compared models may take the first one's place.

    It may when its skill on the same newest rows is at least 95 % of the first one's, both in
    ranking (Gini = 2 AUC - 1) and in probability (Brier skill), and when it has a signal at all.
    A first model with a skill of zero or less is matched by being no worse. The 95 % are those of
    Dynamics 365 Sales, which retrains every 15 days and publishes a model whose accuracy is at
    least 95 % of the live one's (Microsoft Learn, "Configure predictive lead scoring"); skill
    stands for accuracy here, because accuracy is mostly the base rate.

    Parameters
    ----------
    compared : DataFrame
        As `compare` returns it.

    Returns
    -------
    DataFrame
        ``guard`` ("no_signal", "worse_ranking", "worse_probability", and "seen" for rules that a
        model was turned into: their figures are too good), ``value``, ``least`` (what
        is asked for), ``passed`` (bool), ``why`` (in words).

    Examples
    --------
    >>> same = pd.DataFrame({"metric": ["roc_auc", "gini", "brier_skill"],
    ...                      "first": [0.8, 0.6, 0.1], "second": [0.79, 0.58, 0.05]})
    >>> same.attrs = {"signal": True}
    >>> judge(same)[["guard", "passed"]].values.tolist()
    [['no_signal', True], ['worse_ranking', True], ['worse_probability', False]]
    """
    rows = compared.set_index("metric")
    said = "is better than chance" if compared.attrs["signal"] else "cannot be told from chance"
    signal = {
        "guard": "no_signal",
        "value": float(rows["second"]["roc_auc"]),
        "least": 0.5,
        "passed": bool(compared.attrs["signal"]),
        "why": f"Its ranking of the newest leads {said}.",
    }
    kept = (
        ("worse_ranking", "gini", "ranking (Gini)"),
        ("worse_probability", "brier_skill", "probability (Brier skill)"),
    )
    sides = rows[["first", "second"]].astype("float64")
    seen = [_SEEN] if compared.attrs.get("seen") else []
    return pd.DataFrame([signal, *(_kept(g, words, *sides.loc[m]) for g, m, words in kept), *seen])


_SEEN = {
    "guard": "seen",
    "value": float("nan"),
    "least": float("nan"),
    "passed": False,
    "why": "Its rules were made from a model that knows these leads, so the figures are too good.",
}


def _kept(guard: str, word: str, live: float, new: float) -> dict[str, Any]:
    least = KEPT_SHARE * live if live > 0 else live
    return {
        "guard": guard,
        "value": float(new),
        "least": float(least),
        "passed": bool(new >= least),
        "why": f"Its skill in {word} on the newest leads is {new:.3f}, the live model's {live:.3f};"
        f" {least:.3f} is asked for.",
    }
