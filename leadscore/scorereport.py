"""One HTML file for a marketing analyst: what was learnt, how sure it is, what was written.

The file is self-contained: it loads nothing and runs nothing. Every text in it may come from
a stranger's form, so all of it is escaped, and a content security policy stands behind that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.figure import Figure

from leadscore import plots
from leadscore.curves import tier_summary
from leadscore.htmlpages import picture, write_page
from leadscore.pictures import protocol_words
from leadscore.reportparts import (
    baseline_words,
    baselines_table,
    learnt_from,
    named,
    points_table,
)
from leadscore.reportwords import (
    calibration_words,
    figure_rows,
    key_figures,
    reason_words,
    verdict,
    writeback_rows,
    writeback_words,
)

if TYPE_CHECKING:
    from leadscore.ruleset import Rules

__all__ = ["write_report"]

_TOP_LEADS = 15


def write_report(
    path: str | Path,
    *,
    title: str,
    evaluation: pd.DataFrame,
    predictions: pd.DataFrame,
    contributions: pd.DataFrame,
    scores: pd.DataFrame,
    facts: Mapping[str, Any],
    notes: Sequence[str] = (),
    excluded: Sequence[Mapping[str, Any]] = (),
    set_aside: Sequence[Mapping[str, Any]] = (),
    pairs: Sequence[str] = (),
    baselines: pd.DataFrame | None = None,
    points: Rules | None = None,
    data: pd.DataFrame | None = None,
    stages: Mapping[str, float] | None = None,
    writeback: Mapping[str, Any] | None = None,
) -> Path:
    """Write the report of one run.

    Parameters
    ----------
    path : str or Path
        The file; replaced in one step, mode 0600.
    title : str
    evaluation : DataFrame
        As `leadscore.evaluate` gives it: metric, value, low, high; attrs protocol, test_rows,
        signal.
    predictions : DataFrame
        As `leadscore.backtest` gives it: contact_id, snapshot_at, outcome, probability, fold.
    contributions : DataFrame
        One row per row of `scores` (same index, or the contact ids), one column per property, in
        log-odds; ``attrs["base"]``.
    scores : DataFrame
        As `leadscore.score` gives it.
    facts : mapping
        Shown one per line, in this order. ``goal`` is also the headline's word for converting,
        ``labels`` (mapping) gives properties the names to show and is not listed.
    notes : sequence of str
        How it was done, and its limits.
    excluded : sequence of mapping
        ``{"property": str, "why": str}``: what was left out.
    set_aside : sequence of mapping
        The same of clocks that did not help (``model.card["set_aside"]``).
    pairs : sequence of str
        The pairs of properties that act together, in words (labels of ``model.terms``).
    baselines : DataFrame, optional
        As `leadscore.compare_baselines` gives it.
    points : Rules, optional
        The model as `leadscore.rules.from_model` turns it into points.
    data : DataFrame, optional
        The training frame: who was left out of it, and the time zone in which months begin.
    stages : mapping of str to float, optional
        Seconds by stage.
    writeback : mapping, optional
        ``changes`` (int: contacts in the plan), the count of each of the six states, ``verified``,
        ``run``; None when nothing was written.

    Returns
    -------
    Path

    Raises
    ------
    SettingsError
        The file cannot be written.
    """
    labels = dict(facts.get("labels") or {})
    protocol = protocol_words(evaluation.attrs.get("protocol"))
    context = {
        "title": title,
        "made": datetime.now(UTC),
        "verdict": verdict(evaluation, facts.get("goal"), written=writeback is not None),
        "protocol": protocol[:1].upper() + protocol[1:],
        "keys": key_figures(evaluation),
        "calibration": calibration_words(predictions),
        "figures": figure_rows(evaluation),
        "facts": {k: v for k, v in facts.items() if k != "labels"},
        "pictures": _pictures(predictions, contributions, scores, labels)
        | _further_pictures(predictions, baselines, data),
        "leads": _leads(scores, labels),
        "tiers": tier_summary(scores).reset_index().to_dict("records"),
        "excluded": named(excluded, labels),
        "set_aside": named(set_aside, labels),
        "pairs": pairs,
        "baselines": baselines_table(baselines),
        "baseline_words": baseline_words(baselines),
        "points": points_table(points, labels),
        "points_words": "" if points is None else str(points.about.get("summary", "")),
        "learnt": learnt_from(data),
        "stages": stages or {},
        "writeback": writeback_rows(writeback),
        "writeback_words": writeback_words(writeback, evaluation),
        "notes": notes,
    }
    return write_page(path, "report.html.j2", context)


def _pictures(
    predictions: pd.DataFrame,
    contributions: pd.DataFrame,
    scores: pd.DataFrame,
    labels: dict[str, str],
) -> dict[str, dict[str, Any]]:
    best = _best(scores, contributions)
    wanted: dict[str, tuple[str, Callable[[], Figure]]] = {
        "gains": ("gains curve", lambda: plots.gains(predictions)),
        "lift": ("conversion rate by tenth", lambda: plots.lift(predictions)),
        "reliability": ("calibration", lambda: plots.reliability(predictions)),
        "importance": (
            "what drives the score",
            lambda: plots.importance(contributions, labels=labels),
        ),
        "waterfall": (
            "one lead's score explained",
            lambda: plots.waterfall(contributions, best, labels=labels),
        ),
        "distribution": ("scores of all leads", lambda: plots.score_distribution(scores)),
        "tiers": ("expected conversions by tier", lambda: plots.conversion_by_tier(scores)),
    }
    return {name: picture(alt, draw) for name, (alt, draw) in wanted.items()}


def _further_pictures(
    predictions: pd.DataFrame, baselines: pd.DataFrame | None, data: pd.DataFrame | None
) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    timed = data is None or data.attrs.get("time_known", True)
    if timed and _months(predictions) > 1:
        found["months"] = picture(
            "promised and real conversions by month",
            lambda: plots.conversion_over_time(predictions, data),
        )
    if baselines is not None:
        found["compare"] = picture(
            "the model beside simpler rankings", lambda: plots.compare(baselines)
        )
    return found


def _months(predictions: pd.DataFrame) -> int:
    known = predictions.loc[predictions["outcome"].notna(), "snapshot_at"]
    return int(known.dt.strftime("%Y-%m").nunique())


def _best(scores: pd.DataFrame, contributions: pd.DataFrame) -> object:
    top = scores.sort_values("probability", ascending=False, kind="stable").head(1)
    for label in (*top["contact_id"], *top.index):
        if label in contributions.index:
            found: object = label
            return found
    return None


def _leads(scores: pd.DataFrame, labels: dict[str, str]) -> list[dict[str, Any]]:
    order = ["probability", "contact_id"]
    best = scores[scores["tier"] != "reached"].sort_values(order, ascending=[False, True])
    return [
        {
            **{n: row[n] for n in ("contact_id", "probability", "score", "tier")},
            "up": reason_words(row.get("reasons_for"), labels),
            "down": reason_words(row.get("reasons_against"), labels),
        }
        for row in best.head(_TOP_LEADS).to_dict("records")
    ]
