"""The contact properties that leadscore writes, and a score's values in them."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

__all__ = ["GROUP", "REACHED", "STEADY", "definitions_of", "same", "values_of"]

GROUP = {"name": "leadscore", "label": "Lead score (leadscore)"}
REACHED = "reached"  # the goal, after a score: the contact has no score any more
_TIERS = ("A", "B", "C", "D", REACHED)
_TRENDS = ("rising", "steady", "falling", "new")
STEADY = 3.0  # points
_REASONS_MAX = 1_000  # characters; HubSpot takes 65,536 and salespeople read three lines


def definitions_of(prefix: str) -> list[dict[str, Any]]:
    """Return the definitions of our properties, as HubSpot's properties API takes them.

    Examples
    --------
    >>> [d["name"] for d in definitions_of("leadscore")][:2]
    ['leadscore_score', 'leadscore_tier']
    """
    return [
        _number(
            prefix, "score", "Lead score", "0 to 100: the share of recent leads below this one."
        ),
        _choice(prefix, "tier", "Lead tier", "A is called first.", _TIERS),
        _number(prefix, "probability", "Lead probability", "Calibrated, 0 to 1.", "probability"),
        _number(prefix, "fit", "Lead fit", "0 to 100: who they are."),
        _number(prefix, "engagement", "Lead engagement", "0 to 100: what they did."),
        _choice(prefix, "trend", "Lead trend", "Against the last score.", _TRENDS),
        _define(prefix, "reasons", "Lead reasons", "Why.", "string", "textarea"),
        _define(prefix, "model", "Lead score model", "Which model gave it.", "string", "text"),
        _define(prefix, "scored_at", "Lead scored at", "When written last.", "datetime", "date"),
    ]


def _define(
    prefix: str, name: str, label: str, about: str, kind: str, field: str, **more: Any
) -> dict[str, Any]:
    return {
        "name": f"{prefix}_{name}",
        "label": label,
        "description": f"{about} Written by leadscore.",
        "type": kind,
        "fieldType": field,
        **more,
    }


def _number(
    prefix: str, name: str, label: str, about: str, hint: str = "unformatted"
) -> dict[str, Any]:
    return _define(prefix, name, label, about, "number", "number", numberDisplayHint=hint)


def _choice(
    prefix: str, name: str, label: str, about: str, values: tuple[str, ...]
) -> dict[str, Any]:
    options = [
        {"label": value.capitalize(), "value": value, "displayOrder": place, "hidden": False}
        for place, value in enumerate(values)
    ]
    return _define(prefix, name, label, about, "enumeration", "select", options=options)


def values_of(
    scores: pd.DataFrame,
    old: dict[str, dict[str, str]],
    *,
    prefix: str,
    at: pd.Timestamp,
) -> dict[str, dict[str, str]]:
    """Return the strings to be written, by contact and property; never an empty one.

    The trend is against the score that the portal has, which people saw last; one that reached
    the goal has no numbers and keeps those of the portal.

    Raises
    ------
    ValueError
        A score is not finite or out of range: nothing of the kind may reach a portal.
    """
    _check(scores[scores["tier"] != REACHED])
    if not scores["contact_id"].is_unique:
        raise ValueError("a contact has two scores")
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
    rows = scores.to_dict("records")
    made = {}
    for row in rows:
        before = old.get(row["contact_id"], {}).get(f"{prefix}_score")
        values = {
            "score": _digits(row["score"]),
            "tier": str(row["tier"]),
            "probability": _share(row["probability"]),
            "fit": _digits(row["fit"]),
            "engagement": _digits(row["engagement"]),
            "trend": "" if row["tier"] == REACHED else _trend(before, row["score"]),
            "reasons": str(row["reasons"])[:_REASONS_MAX],
            "model": str(row["model"]),
            "scored_at": stamp,
        }
        made[row["contact_id"]] = {f"{prefix}_{n}": v for n, v in values.items() if v}
    return made


def _check(scores: pd.DataFrame) -> None:
    score, probability = scores["score"].astype("Float64"), scores["probability"]
    parts = [scores[name].astype("Float64").dropna() for name in ("fit", "engagement")]
    within = [score.between(0, 100).fillna(value=False), probability.between(0, 1)]
    within += [part.between(0, 100) for part in parts]
    if not all(column.all() for column in within):
        raise ValueError("a score is missing, not finite, or out of range")
    if not scores["tier"].isin(_TIERS).all() or scores["reasons"].isna().any():
        raise ValueError("a contact has no tier or no reasons")


def _digits(value: Any) -> str:
    return "" if pd.isna(value) else str(int(value))


def _share(value: Any) -> str:
    return "" if pd.isna(value) else f"{value:.6f}"


def _trend(before: str | None, score: float) -> str:
    try:
        moved = float(score) - float(before or "")
    except ValueError:
        return "new"
    if abs(moved) < STEADY:
        return "steady"
    return "rising" if moved > 0 else "falling"


def same(one: str | None, other: str | None, kind: str = "string") -> bool:
    """Say whether two stored values are the same value, however they are written.

    Examples
    --------
    >>> same("12", "12.0", "number"), same("12", "12.0")
    (True, False)
    >>> same("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z", "datetime")
    True
    >>> same(None, "")
    True
    """
    if (one or "") == (other or ""):
        return True
    if not one or not other:
        return False
    if kind == "number":
        return _same_number(one, other)
    return kind == "datetime" and _same_time(one, other)


def _same_number(one: str, other: str) -> bool:
    try:
        numbers = float(one), float(other)
    except ValueError:
        return False
    return all(map(math.isfinite, numbers)) and math.isclose(*numbers, rel_tol=1e-12)


def _same_time(one: str, other: str) -> bool:
    times = pd.to_datetime(pd.Series([one, other]), format="ISO8601", errors="coerce", utc=True)
    return bool(times.notna().all() and times.iloc[0] == times.iloc[1])
