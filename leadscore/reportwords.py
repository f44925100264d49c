"""What the report says, in words that need no explaining: verdict, figures, reasons, write-back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from leadscore.curves import wilson
from leadscore.ledger import STATES
from leadscore.visibletext import visible

__all__ = [
    "Measure",
    "calibration_words",
    "figure_rows",
    "key_figures",
    "reason_words",
    "shown",
    "verdict",
    "writeback_rows",
    "writeback_words",
]


class Measure(NamedTuple):
    """One figure with its interval (empty when there is none) and what it means."""

    name: str
    value: str
    interval: str
    meaning: str


# metric: name, how it is written, what it means
_METRICS: dict[str, tuple[str, str, str]] = {
    "roc_auc": (
        "Ranking (ROC AUC)",
        "{:.3f}",
        "Take one lead that converted and one that did not: how often the first has the higher"
        " score. 0.5 is chance, 1 is perfect.",
    ),
    "lift_top_decile": (
        "Best tenth against the average",
        "{:.2f}",
        "Lift: how many times as often as the average the tenth of leads with the highest scores"
        " converts.",
    ),
    "recall_top_decile": (
        "Conversions in the best tenth",
        "{:.1%}",
        "The share of all conversions among the tenth of leads with the highest scores.",
    ),
    "recall_top_half": (
        "Conversions in the better half",
        "{:.1%}",
        "The share of all conversions among the half of leads with the higher scores.",
    ),
    "lift_top_twentieth": (
        "Best twentieth against the average",
        "{:.2f}",
        "How many times as often as the average the 5 % of leads with the highest scores convert.",
    ),
    "recall_top_twentieth": (
        "Conversions in the best twentieth",
        "{:.1%}",
        "The share of all conversions among the 5 % of leads with the highest scores.",
    ),
    "lift_top_fifth": (
        "Best fifth against the average",
        "{:.2f}",
        "How many times as often as the average the 20 % of leads with the highest scores convert.",
    ),
    "recall_top_fifth": (
        "Conversions in the best fifth",
        "{:.1%}",
        "The share of all conversions among the 20 % of leads with the highest scores.",
    ),
    "lift_top_half": (
        "Better half against the average",
        "{:.2f}",
        "How many times as often as the average the half of leads with the higher scores converts.",
    ),
    "flagged_share": (
        "Leads to work for most conversions",
        "{:.1%}",
        "The smallest share of the leads, best first, that holds 60 % of the conversions. Good: at"
        " most 35 % (MadKudu).",
    ),
    "flagged_recall": (
        "Conversions in the best quarter",
        "{:.1%}",
        "The share of all conversions among the quarter of leads with the highest scores. Good: at"
        " least 60 % (MadKudu).",
    ),
    "very_good_to_low": (
        "Very good against low",
        "{:.1f}",
        "How many times as often the best tenth of the leads converts as the worse half. Good: at"
        " least 10 (MadKudu).",
    ),
    "average_precision": (
        "Average precision",
        "{:.3f}",
        "The share of conversions among the leads at the top, averaged over all ways to say where"
        " the top ends. By chance it equals the average conversion rate.",
    ),
    "brier_skill": (
        "Gain of the probabilities (Brier skill)",
        "{:.3f}",
        "How much nearer to the truth the probabilities are than the average rate said of every"
        " lead. 0 is no gain, 1 is perfect, below 0 is a loss.",
    ),
    "ece": (
        "Promise kept (calibration error)",
        "{:.3f}",
        "The mean gap between the probability promised and the share that converted. 0 is perfect.",
    ),
    "log_loss": (
        "Log loss",
        "{:.3f}",
        "The mean penalty of the probabilities; being sure and wrong costs most. Lower is better.",
    ),
    "base_rate": (
        "Average conversion rate",
        "{:.2%}",
        "The share of the test leads that converted.",
    ),
}
_KEYS = ("roc_auc", "lift_top_decile", "recall_top_half", "ece")

_STATES = {
    "written": "written by this run",
    "unchanged": "already held the planned values, so nothing was sent",
    "conflict": "changed by somebody else since the plan, so left alone",
    "rejected": "refused by HubSpot",
    "missing": "not in the portal any more (deleted or merged)",
    "resolved": "no answer came, but reading back showed the values in place",
}


def shown(value: Any) -> str:
    """Return any value as one would write it in a text.

    Examples
    --------
    >>> shown(41188), shown(0.12345), shown(True), shown(["a", "b"]), shown(None)
    ('41,188', '0.1235', 'yes', 'a, b', 'none')
    """
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{visible(name)}: {shown(part)}" for name, part in value.items())
    if isinstance(value, list | tuple | set | np.ndarray):
        return ", ".join(shown(part) for part in value) or "none"
    if pd.isna(value):
        return "none"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M").removesuffix(" 00:00")
    return _number(value) if isinstance(value, Real) else visible(value)


def _number(value: Any) -> str:
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{float(value):,.4g}" if abs(value) < 1e4 else f"{float(value):,.0f}"


def figure_rows(evaluation: pd.DataFrame) -> list[Measure]:
    """Return every metric of an evaluation with name, interval and meaning.

    Examples
    --------
    >>> rows = pd.DataFrame({"metric": ["ece"], "value": [0.01], "low": [0.005], "high": [0.02]})
    >>> figure_rows(rows)[0][:3]
    ('Promise kept (calibration error)', '0.010', '0.005 to 0.020')
    """
    return [
        _figure(row["metric"], row["value"], row["low"], row["high"])
        for row in evaluation.to_dict("records")
    ]


def key_figures(evaluation: pd.DataFrame) -> list[Measure]:
    """Return the few figures that one looks at first, as far as they were measured."""
    by_metric = {row["metric"]: row for row in evaluation.to_dict("records")}
    return [
        _figure(key, *(by_metric[key][name] for name in ("value", "low", "high")))
        for key in _KEYS
        if key in by_metric and not pd.isna(by_metric[key]["value"])
    ]


def _figure(metric: Any, value: Any, low: Any, high: Any) -> Measure:
    name, form, meaning = _METRICS.get(str(metric), (visible(metric), "{:.3f}", ""))
    said = "none" if pd.isna(value) else _written(form, value)
    bounded = not (pd.isna(low) or pd.isna(high))
    interval = (
        f"{_written(form, low).removesuffix(' %')} to {_written(form, high)}" if bounded else ""
    )
    return Measure(name, said, interval, meaning)


def _written(form: str, value: Any) -> str:
    return form.format(float(value)).replace("%", " %")


def verdict(evaluation: pd.DataFrame, goal: Any, *, written: bool) -> dict[str, Any]:
    """Return the headline and the sentences below it.

    Returns
    -------
    dict
        signal (bool), headline (str), sentences (list of str).
    """
    signal = bool(evaluation.attrs.get("signal"))
    told = evaluation.attrs.get("verdict")
    ranking = [*_ranking(evaluation), *([visible(told)] if told else [])]
    if signal:
        headline = "The scores tell likely leads from unlikely ones."
        sentences = [ranking[0], *_best_tenth(evaluation), *ranking[1:]]
    else:
        headline = "No usable signal: the scores cannot be told from chance."
        consequence = (
            "They were written all the same, because that was asked for."
            if written
            else "So nothing was written to the portal."
        )
        sentences = [*ranking, consequence]
    aim = [f"The goal: {visible(goal)}."] if goal else []
    return {"signal": signal, "headline": headline, "sentences": aim + sentences}


def _measured(evaluation: pd.DataFrame, metric: str) -> tuple[float, float, float] | None:
    rows = evaluation.loc[evaluation["metric"] == metric, ["value", "low", "high"]]
    if rows.empty or rows.iloc[0].isna().any():
        return None
    value, low, high = (float(part) for part in rows.iloc[0])
    return value, low, high


def _ranking(evaluation: pd.DataFrame) -> list[str]:
    found = _measured(evaluation, "roc_auc")
    if found is None:
        return ["How well the scores rank the leads could not be measured."]
    value, low, high = (f"{100 * part:.0f}" for part in found)
    return [
        f"Of a lead that converted and one that did not, the first had the higher score in {value}"
        f" of 100 pairs (95 % interval {low} to {high}; chance is 50)."
    ]


def _best_tenth(evaluation: pd.DataFrame) -> list[str]:
    found = _measured(evaluation, "lift_top_decile")
    if found is None:
        return []
    value, low, high = (f"{part:.1f}" for part in found)
    return [
        f"The tenth of the leads with the highest scores converted {value} times as often as the"
        f" average (95 % interval {low} to {high})."
    ]


def calibration_words(predictions: pd.DataFrame) -> str:
    """Return in words whether the test leads converted as often as they were promised to.

    Parameters
    ----------
    predictions : DataFrame
        contact_id, outcome, probability; a contact counts once for the interval's width.

    Returns
    -------
    str
        Empty when no outcome is known.
    """
    known = predictions[predictions["outcome"].notna()]
    if known.empty:
        return ""
    promised, real = (float(known[n].astype("float64").mean()) for n in ("probability", "outcome"))
    bounds = wilson(np.array([real]), np.array([known["contact_id"].nunique()]))
    low, high = (float(bound[0]) for bound in bounds)
    said = (
        f"On average the test leads were promised {100 * promised:.1f} %, and {100 * real:.1f} %"
        f" converted (95 % interval {100 * low:.1f} to {100 * high:.1f})."
    )
    if low <= promised <= high:
        return f"{said} On the whole the probabilities held."
    fault = "too low" if promised < low else "too high"
    return (
        f"{said} The probabilities were {fault} for these leads: trust the order of the leads more"
        " than the percentages, those of the tiers included."
    )


def reason_words(reasons: Any, labels: Mapping[str, str]) -> list[str]:
    """Return reasons as "property: value (+0.41)".

    Examples
    --------
    >>> reason_words([{"property": "n", "value": 3.0, "contribution": 0.412}], {"n": "Visits"})
    ['Visits: 3 (+0.41)']
    """
    if not isinstance(reasons, Sequence | np.ndarray) or isinstance(reasons, str):
        return []
    return [_reason(reason, labels) for reason in reasons if isinstance(reason, Mapping)]


def _reason(reason: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    name = str(reason.get("property", ""))
    value = visible(shown(reason.get("value")), limit=120)
    return f"{visible(labels.get(name, name), limit=60)}: {value} ({reason['contribution']:+.2f})"


def writeback_rows(writeback: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return the six states, their counts and what each means; empty when nothing was written."""
    if writeback is None:
        return []
    return [
        {"state": state, "count": int(writeback.get(state, 0)), "meaning": _STATES[state]}
        for state in STATES
    ]


def writeback_words(writeback: Mapping[str, Any] | None, evaluation: pd.DataFrame) -> str:
    """Return in one sentence whether every contact of the plan is accounted for."""
    if writeback is None:
        without = "" if evaluation.attrs.get("signal") else ", because there is no usable signal"
        return f"Nothing was written to the portal{without}."
    total = sum(row["count"] for row in writeback_rows(writeback))
    planned = int(writeback.get("changes", total))
    verified = int(writeback.get("verified", 0))
    account = (
        f"Every one of the {planned:,} contacts in the plan is accounted for"
        if total == planned
        else f"Attention: {total:,} of the {planned:,} contacts in the plan are accounted for"
    )
    return f"{account}; {verified:,} were read back from the portal and hold what was planned."
