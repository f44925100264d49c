"""Point rules worked out by hand, contact by contact: what the fast ones are held against."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from leadscore.ruleset import Rules
from leadscore.ruleterms import Condition, Decay, Group, Rule

__all__ = ["points_by_hand"]

DAY = pd.Timedelta(days=1)


def points_by_hand(rules: Rules, frame: pd.DataFrame) -> list[float]:
    """Return each contact's points."""
    rows = frame.to_dict(orient="records")
    return [_limited(sum(_group(g, row) for g in rules.groups), rules) for row in rows]


def _limited(points: float, limits: Rules | Group) -> float:
    if limits.max is not None and points > limits.max:
        return limits.max
    if limits.min is not None and points < limits.min:
        return limits.min
    return points


def _group(group: Group, row: dict[Any, Any]) -> float:
    return _limited(sum(_rule(rule, row) for rule in group.rules), group)


def _rule(rule: Rule, row: dict[Any, Any]) -> float:
    if not all(_holds(condition, row) for condition in rule.conditions):
        return 0.0
    points = float(rule.points)
    first = rule.conditions[0]
    if rule.each:
        points *= max(0.0, row[first.column])
    if rule.decay is not None:
        points *= _left(rule.decay, _age(first.name, row))
    if rule.max is not None and abs(points) > rule.max:
        points = math.copysign(rule.max, points)
    return points


def _left(decay: Decay, age: float) -> float:
    if math.isnan(age) or age < 0:
        return 1.0
    if decay.percent is None:
        return float(0.5 ** (age / decay.days))
    whole = math.floor(age / decay.days + 1e-9)
    return max(0.0, 1.0 - whole * decay.percent / 100)


def _age(name: str, row: dict[Any, Any]) -> float:
    if f"{name}__since" in row:
        return float(row[f"{name}__since"])
    return _days(name, row)


def _days(name: str, row: dict[Any, Any]) -> float:
    if pd.isna(row[name]):
        return math.nan
    return float((row["snapshot_at"] - row[name]) / DAY)


def _holds(condition: Condition, row: dict[Any, Any]) -> bool:
    asked, value = condition.operator, condition.value
    if asked in ("within", "older_than", "due_within", "due_after"):
        return _dated(asked, value, _days(condition.name, row))
    found = row[condition.column]
    if isinstance(found, pd.Timestamp) or found is pd.NaT:
        known = found is not pd.NaT and _days(condition.name, row) >= 0
    else:
        known = isinstance(found, list) or not pd.isna(found)
    if asked == "known":
        return known == value
    return known and _compared(asked, value, found)


def _dated(asked: str, value: float, days: float) -> bool:
    if asked == "within":
        return 0 <= days <= value
    if asked == "older_than":
        return days > value
    return 0 < -days <= value if asked == "due_within" else -days > value


def _compared(asked: str, value: Any, found: Any) -> bool:
    if asked in ("equals", "any_of", "none_of"):
        wanted = [_same(one) for one in (value if isinstance(value, tuple) else (value,))]
        one_of = any(
            _same(one) in wanted for one in (found if isinstance(found, list) else [found])
        )
        return one_of != (asked == "none_of")
    if asked == "contains":
        return any(_same(part) in _same(found) for part in value)
    return {
        "at_least": lambda: found >= value,
        "more_than": lambda: found > value,
        "at_most": lambda: found <= value,
        "less_than": lambda: found < value,
        "between": lambda: value[0] <= found <= value[1],
        "changed_within": lambda: found <= value,
        "unchanged_for": lambda: found > value,
    }[asked]()


def _same(value: Any) -> Any:
    return value.strip().casefold() if isinstance(value, str) else value
