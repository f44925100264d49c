"""The audit before training: properties that know the outcome, and properties of no use.

The checks work on the data alone. A list of HubSpot's own properties that are written after the
outcome comes on top.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from leadscore.errors import DataError
from leadscore.features import KEYS, column_types, mismatches, prepare, prepared_columns, select
from leadscore.metrics import roc_auc

__all__ = ["TOO_GOOD_ALONE", "audit"]

TOO_GOOD_ALONE = 0.97
_FEWEST_CONVERSIONS = 20
_BINS = 20
_DENSE = 3  # whole numbers, all different, spread over at most this many times their count: ids

# HubSpot's default contact properties that are written by, or after, a conversion, and scores
# (HubSpot API docs, "Default contact properties" and "Lead scoring").
_AFTER_OUTCOME = re.compile(
    r"num_associated_deals|recent_deal_amount|total_revenue|first_deal_created_date"
    r"|recent_deal_close_date|closedate|days_to_close|hs_lifecyclestage_\w+_date"
    r"|hs_(v2_)?date_(entered|exited)_\w+|hs_(v2_\w*)?time_in_\w+|hs_(v2_)?cumulative_time_in_\w+"
)
_SCORES = re.compile(r"hubspotscore|hs_predictive\w*|leadscore_\w+")
_STAGES = ("lifecyclestage", "hs_lead_status")


class Finding(NamedTuple):
    """One row of the audit."""

    property: str
    check: str
    evidence: str
    verdict: str
    advice: str


def audit(data: pd.DataFrame) -> pd.DataFrame:
    """Check every property of a training frame for leaks and for use.

    Parameters
    ----------
    data : DataFrame
        A training frame. Rows whose outcome is not known are left out.

    Returns
    -------
    DataFrame
        One row per finding and one ``ok`` row per property without any: ``property``, ``check``,
        ``evidence``, ``verdict`` (``exclude``, ``advice`` or ``ok``) and ``advice``. `train`
        leaves out what has the verdict ``exclude``, unless told to keep it.

    Raises
    ------
    DataError
        No row has a known outcome, or a column is not of the type that ``attrs`` gives it.

    Examples
    --------
    >>> days = pd.to_datetime(["2026-01-01"] * 200, utc=True)
    >>> data = pd.DataFrame({"contact_id": [str(i) for i in range(200)], "snapshot_at": days,
    ...                      "outcome": [True, False] * 100, "total_revenue": [9.0, 0.0] * 100})
    >>> audit(data)[["property", "check", "verdict"]].values.tolist()[0]
    ['total_revenue', 'written after the outcome', 'exclude']
    """
    known = data[data["outcome"].notna()]
    if known.empty:
        raise DataError(
            f"None of the {len(data)} rows has a known outcome.",
            hint="Wait until the first snapshots are older than the horizon, or sync more history.",
        )
    known = known.sort_values(["contact_id", "snapshot_at"], kind="stable", ignore_index=True)
    known.attrs = dict(data.attrs)
    if faults := mismatches(known, column_types(known)):
        raise DataError(
            f"Columns are not what attrs['types'] says: {'; '.join(faults)}.",
            hint="Convert the columns, or correct the types.",
        )
    by_name = [*_by_name(known)]
    named = {finding.property for finding in by_name}
    changing = [finding for finding in _changing(known) if finding.property not in named]
    rest = [*_useless(known), *_identifiers(known), *_too_good(known)]
    findings = [*by_name, *changing, *rest]
    found = {finding.property for finding in findings}
    fine = [n for n in sorted(data.columns) if n not in found and n not in KEYS]
    findings += [Finding(name, "", "", "ok", "") for name in fine]
    return pd.DataFrame(findings, columns=list(Finding._fields))


def _by_name(data: pd.DataFrame) -> Iterator[Finding]:
    goal = _goal_property(data.attrs.get("goal", ""))
    for name in column_types(data):
        if why := _name_check(name, goal):
            yield Finding(name, *why, "exclude", "Keep it only if it is known before the outcome.")


def _changing(data: pd.DataFrame) -> Iterator[Finding]:
    """Find what changes after the snapshot, and whose value at the time is not known."""
    for name in data.attrs.get("changing", ()):
        if name in data.columns:
            evidence = "HubSpot keeps it up to date; today's value can know what happened since"
            advice = "Keep it only if it no longer changes once a contact is there."
            yield Finding(name, "changes over time", evidence, "exclude", advice)


def _goal_property(goal: Any) -> str:
    """Return the property that tells whether the goal was reached."""
    if isinstance(goal, dict):
        return str(goal["property"])
    name, equals, _ = str(goal).partition("=")
    return name if equals else _STAGES[0]


def _name_check(name: str, goal: str) -> tuple[str, str] | None:
    if name == goal:
        return "the goal itself", "the goal is a value of this property"
    if goal in _STAGES and name in _STAGES:
        return "the goal itself", "it tells the stage that a contact has reached"
    if _AFTER_OUTCOME.fullmatch(name):
        return "written after the outcome", "HubSpot fills it when a deal or a stage is reached"
    if _SCORES.fullmatch(name):
        return "a score", "it is the output of a model, not something known about the contact"
    return None


def _useless(data: pd.DataFrame) -> Iterator[Finding]:
    for left_out in select(data).excluded:
        yield Finding(
            left_out["property"], "nothing to learn", left_out["why"], "exclude", "Leave it out."
        )
    for name, type_ in column_types(data).items():
        if type_ != "checkboxes" and _is_constant(data[name]):
            evidence = "it has the same value in every row"
            yield Finding(name, "constant", evidence, "advice", "It tells no lead from another.")


def _is_constant(values: pd.Series) -> bool:
    return bool(values.notna().all() and (values == values.iloc[0]).all())


def _identifiers(data: pd.DataFrame) -> Iterator[Finding]:
    newest = data.drop_duplicates("contact_id", keep="last")
    for name, type_ in column_types(data).items():
        if type_ == "number" and _counts_up(newest[name].dropna().to_numpy("float64")):
            evidence = "whole numbers, all different, with hardly a gap"
            yield Finding(name, "identifier", evidence, "exclude", "Leave it out.")


def _counts_up(values: np.ndarray) -> bool:
    if len(values) < 100 or len(np.unique(values)) < len(values):
        return False
    whole = bool(np.all(np.mod(values, 1) == 0))
    return whole and float(np.ptp(values)) < _DENSE * len(values)


def _too_good(data: pd.DataFrame) -> Iterator[Finding]:
    outcome = data["outcome"].to_numpy("float64")
    if min(outcome.sum(), (1 - outcome).sum()) < _FEWEST_CONVERSIONS:
        return
    chosen = select(data)
    frame = prepare(data, chosen.types, options=chosen.options)
    halves = pd.factorize(data["contact_id"])[0] % 2
    for name, column in prepared_columns(chosen.types, chosen.options).items():
        skill = _skill_alone(frame[name], outcome, halves)
        if skill >= TOO_GOOD_ALONE:
            evidence = f"alone it ranks with a ROC AUC of {skill:.3f} (limit {TOO_GOOD_ALONE})"
            advice = "Find out when it is filled; keep it only if that is before the outcome."
            yield Finding(column.property, "too good alone", evidence, "exclude", advice)


def _skill_alone(values: pd.Series, outcome: np.ndarray, halves: np.ndarray) -> float:
    """Return the AUC of the conversion rates of a column's levels, learnt on the other half."""
    levels = _levels(values)
    said = np.empty(len(levels))
    for half in (0, 1):
        learnt = halves != half
        wins = np.bincount(levels[learnt], outcome[learnt], minlength=levels.max() + 1)
        rows = np.bincount(levels[learnt], minlength=levels.max() + 1)
        rates = (wins + outcome.mean()) / (rows + 1)
        said[~learnt] = rates[levels[~learnt]]
    return roc_auc(outcome, said)


def _levels(values: pd.Series) -> np.ndarray:
    """Return a code for each value: texts as they are, numbers in bins of equal count."""
    if values.dtype == "float64":
        ranks = values.rank(method="average", pct=True)
        return (ranks * _BINS).fillna(0).to_numpy().astype(int) + ranks.notna().to_numpy()
    codes: np.ndarray = pd.factorize(values)[0] + 1
    return codes
