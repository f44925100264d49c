"""The forward check: leads as they were scored, against what has happened since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from leadscore import metrics
from leadscore.curves import wilson
from leadscore.givenscores import STATES, scored_leads
from leadscore.resampling import Metric, bootstrap_values, interval
from leadscore.tally import Tally, tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leadscore.store import Store

__all__ = ["FORWARD", "forward_check", "forward_frame"]

FORWARD = (
    *("model", "property", "check", "part", "expected", "value", "low", "high", "rows"),
    *("verdict", "advice"),
)
_FEWEST = 10  # conversions, and as many leads without: fewer tell nothing of a ranking
_RESAMPLES = 500
_FAR_OFF = 2.0
Row = dict[str, Any]


def forward_check(
    store: Store,
    *,
    models: Sequence[str] | None = None,
    promised: Mapping[str, pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """Judge every model by the scores that it really gave, once their horizon has passed.

    Parameters
    ----------
    store : Store
        A synced store with the table ``scores``.
    models : sequence of str, optional
        Only these models, by id.
    promised : mapping of str to DataFrame, optional
        What each model's backtest gave, by its id: ``metric``, ``value``, ``low``, ``high``.

    Returns
    -------
    DataFrame
        As `forward_frame`.
    """
    return forward_frame(scored_leads(store, models=models), promised=promised)


def forward_frame(
    given: pd.DataFrame, *, promised: Mapping[str, pd.DataFrame] | None = None
) -> pd.DataFrame:
    """Judge scores whose outcomes are known.

    Parameters
    ----------
    given : DataFrame
        As `leadscore.givenscores.scored_leads` returns it.
    promised : mapping of str to DataFrame, optional
        As for `forward_check`.

    Returns
    -------
    DataFrame
        For each model rows of ``model``, ``property`` (empty), ``check``, ``part``, ``expected``,
        ``value``, ``low``, ``high`` (float64, 95 %), ``rows`` (Int64: scores judged), ``verdict``
        ("ok", "advice", "alarm", "too few"), ``advice``. Checks:

        - "scores": how many are in each of the states (``part``);
        - "forward roc_auc", "forward lift_top_decile": against what the backtest promised, over
          all, over those written and those held out;
        - "forward calibration": conversions over the sum of the probabilities, over the same
          parts; 1 is right;
        - "forward rate": the share that converted, against the mean probability, by ``tier A``…
          ``tier D``, by month of the score, and of those that sales worked and did not work;
        - "feedback": calibration of the written over that of the held out. Above 1 the written
          convert more often *because* of their score (sales calls them first), and only the
          held-out leads tell how good the ranking is.

        Intervals over contacts: by bootstrap, rates by Wilson's.
    """
    judged = given[given["state"] == "judged"]
    rows: list[Row] = []
    for model, own in judged.groupby("model"):
        told = (promised or {}).get(str(model))
        rows += [{"model": model, "property": "", **row} for row in _model_rows(own, told)]
    rows += [{"model": model, "property": "", **row} for model, row in _counts(given)]
    found = pd.DataFrame(rows, columns=list(FORWARD))
    kinds = dict.fromkeys(("expected", "value", "low", "high"), "float64") | {"rows": "Int64"}
    return found.astype(kinds).sort_values("model", kind="stable", ignore_index=True)


def _counts(given: pd.DataFrame) -> Iterator[tuple[str, Row]]:
    for model, own in given.groupby("model"):
        for state in STATES:
            n = int((own["state"] == state).sum())
            if n:
                yield str(model), _row("scores", state, value=n, rows=n)


def _row(check: str, part: str, *, value: float, rows: int, **more: Any) -> Row:
    nothing = {"expected": np.nan, "low": np.nan, "high": np.nan, "verdict": "ok", "advice": ""}
    return {"check": check, "part": part, "value": value, "rows": rows, **nothing, **more}


def _model_rows(own: pd.DataFrame, promised: pd.DataFrame | None) -> Iterator[Row]:
    held_out = own["held_out"].fillna(value=False).astype(bool)
    yield from _ranking("", own, promised)
    if held_out.any():
        yield from _ranking("written", own[~held_out], promised)
        yield from _ranking("held out", own[held_out], promised)
        yield _feedback(own[~held_out], own[held_out])
    tiers = [_rate(f"tier {tier}", rows) for tier, rows in own.groupby("tier")]
    yield from _in_order(tiers)
    for month, rows in own.groupby("month"):
        yield _rate(str(month), rows)
    for word, worked in (("worked", True), ("not worked", False)):
        if len(rows := own[(own["worked"] == worked).fillna(value=False).astype(bool)]):
            yield _rate(word, rows)


# ranking and calibration -------------------------------------------------------------------------


def _calibration(counted: Tally) -> float:
    expected = float((counted.said * counted.sizes).sum())
    return float(counted.wins.sum()) / expected if expected else float("nan")


_METRICS: dict[str, Metric] = {
    "roc_auc": metrics.roc_auc,
    "lift_top_decile": partial(metrics.lift, share=0.1),
    "calibration": _calibration,
}


def _ranking(part: str, own: pd.DataFrame, promised: pd.DataFrame | None) -> Iterator[Row]:
    if own.empty:
        return
    y, p = own["outcome"].to_numpy("float64"), own["probability"].to_numpy("float64")
    drawn = bootstrap_values(_METRICS, y, p, groups=own["contact_id"], n=_RESAMPLES)
    few = min(y.sum(), len(y) - y.sum()) < _FEWEST
    for name, metric in _METRICS.items():
        value = metric(tally(y, p))
        low, high = interval(drawn[name])
        expected, least = _promise(name, promised)
        verdict = "too few" if few else _verdict(name, value, low, high, least)
        yield _row(
            f"forward {name}",
            part,
            value=value,
            rows=len(own),
            expected=expected,
            low=low,
            high=high,
            verdict=verdict,
            advice=_ADVICE[name] if verdict in ("advice", "alarm") else _FEW.get(verdict, ""),
        )


_FEW = {"too few": "Too few conversions, or too few leads without one, to judge a ranking."}
_ADVICE = {
    "roc_auc": "It ranks worse than its backtest promised: look for drift, train and compare.",
    "lift_top_decile": "Its best tenth holds less than its backtest promised: train and compare.",
    "calibration": "Its probabilities are off: train again, so that they fit newer leads.",
}


def _promise(name: str, promised: pd.DataFrame | None) -> tuple[float, float]:
    """Return what was promised, and the lower end of its interval."""
    if name == "calibration":
        return 1.0, 1.0
    if promised is None or name not in set(promised["metric"]):
        return float("nan"), float("nan")
    row = promised.loc[promised["metric"] == name, ["value", "low"]].to_numpy("float64")[0]
    return float(row[0]), float(row[1])


def _verdict(name: str, value: float, low: float, high: float, least: float) -> str:
    if name == "calibration":
        if low <= 1 <= high:
            return "ok"
        return "advice" if 1 / _FAR_OFF <= value <= _FAR_OFF else "alarm"
    if high < least:
        return "alarm"
    return "advice" if value < least else "ok"


def _feedback(written: pd.DataFrame, held_out: pd.DataFrame) -> Row:
    sides = []
    for seed, side in enumerate((written, held_out)):
        y, p = side["outcome"].to_numpy("float64"), side["probability"].to_numpy("float64")
        if not len(side):
            return _row("feedback", "", value=np.nan, rows=len(held_out), verdict="too few")
        only = {"calibration": _METRICS["calibration"]}
        drawn = bootstrap_values(only, y, p, groups=side["contact_id"], n=_RESAMPLES, seed=seed)
        sides.append((_calibration(tally(y, p)), drawn["calibration"].to_numpy()))
    (value, draws), (other, others) = sides
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = interval(np.where(others > 0, draws / others, np.nan))
    few = held_out["outcome"].sum() < _FEWEST
    looped = bool(low > 1) and not few
    return _row(
        "feedback",
        "",
        value=value / other if other else float("nan"),
        rows=len(held_out),
        expected=1.0,
        low=low,
        high=high,
        verdict="too few" if few else "advice" if looped else "ok",
        advice=_LOOPED if looped else _FEW_HELD_OUT if few else "",
    )


_LOOPED = (
    "Leads whose score was written convert more often for it: trust the held-out leads' figures, "
    "and do not take the others as proof."
)
_FEW_HELD_OUT = "Too few of the held-out leads converted to tell."


# rates -------------------------------------------------------------------------------------------


def _rate(part: str, own: pd.DataFrame) -> Row:
    rate, said = float(own["outcome"].mean()), float(own["probability"].mean())
    contacts = np.array([own["contact_id"].nunique()])
    low, high = (float(bound[0]) for bound in wilson(np.array([rate]), contacts))
    right = low <= said <= high
    return _row(
        "forward rate",
        part,
        value=rate,
        rows=len(own),
        expected=said,
        low=low,
        high=high,
        verdict="ok" if right else "advice",
        advice="" if right else f"{rate:.1%} converted; the probabilities said {said:.1%}.",
    )


def _in_order(tiers: list[Row]) -> Iterator[Row]:
    """Find tiers that convert less often than the one below them, by more than chance."""
    for row, below in zip(tiers, [*tiers[1:], None], strict=True):
        if below is not None and row["high"] < below["low"]:
            said = f"It converts less often than {below['part']}: do not use the ranking."
            yield row | {"verdict": "alarm", "advice": said}
        else:
            yield row
