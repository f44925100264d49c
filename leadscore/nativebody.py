"""A points table as the body of a request for HubSpot's own lead score.

Shapes: HubSpot's public API specification, "Lead Scoring" 2026-09-beta.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from leadscore.errors import UsageError
from leadscore.nativeconditions import Unsayable, asked
from leadscore.ruleset import Rules
from leadscore.ruleterms import Decay, Group, Rule

__all__ = ["Native", "native_body"]

_CATEGORIES = {"fit": "FIT", "engagement": "INTENT"}

Definitions = Mapping[str, Mapping[str, Any]]
Left = tuple[str, float, str]


@dataclass
class Native:
    """What of a points table HubSpot's tool can say.

    Attributes
    ----------
    body : dict
    kept : Rules
        The rules that it says.
    left_out : list of tuple
        Rule, points, and why HubSpot's tool cannot say it.
    notes : list of str
        Where the tool may count otherwise.
    """

    body: dict[str, Any]
    kept: Rules
    left_out: list[Left] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def native_body(rules: Rules, name: str, there: Definitions) -> Native:
    """Return the body of a request that makes a draft of a score.

    Parameters
    ----------
    rules : Rules
    name : str
    there : mapping
        The portal's definitions of contact properties, by name.

    Raises
    ------
    UsageError
        None of the rules can be said.
    """
    left: list[Left] = []
    kept: list[Group] = []
    configs = []
    for group in rules.groups:
        said = {rule.name: _said(rule, group, there) for rule in group.rules}
        left += [(r.name, r.points, w) for r in group.rules if isinstance(w := said[r.name], str)]
        good = tuple(rule for rule in group.rules if not isinstance(said[rule.name], str))
        if good:
            kept.append(replace(group, rules=good))
            configs.append(_config(group, [said[rule.name] for rule in good]))
    if not configs:
        why = f"{left[0][0]}: {left[0][2]}." if left else "There are no rules."
        raise UsageError("None of the rules can be said in HubSpot's tool.", hint=why)
    body = {
        "name": name,
        "objectTypeId": "0-1",
        "allowedGroupTypes": sorted({config["groupCategory"] for config in configs}),
        "maxScorePerCategory": _ceiling(rules, kept),
        "groupConfigs": configs,
    }
    said_rules = replace(rules, groups=tuple(kept))
    return Native(body, said_rules, left, list(_notes(said_rules)))


def _said(rule: Rule, group: Group, there: Definitions) -> dict[str, Any] | str:
    """Return a rule's calculator, or why there is none."""
    if rule.each:
        return "HubSpot gives no points for each unit of a number"
    if rule.decay and _linear(group) is None:
        return "HubSpot lets all points of a group fade alike, by whole percents and days"
    try:
        conditions = [one for c in rule.conditions for one in asked(c, there.get(c.name))]
    except Unsayable as why:
        return str(why)
    most = abs(rule.points) if rule.max is None else rule.max
    where = {"type": "COMPOSITE", "operator": "AND", "conditions": conditions}
    points = _short(max(-most, min(rule.points, most)))
    return {"type": "CONDITIONAL", "value": points, "whereCondition": where}


def _linear(group: Group) -> Decay | None:
    """Return how the points of a whole group fade, if they do so as HubSpot's groups can."""
    first = group.rules[0].decay
    if first is None or first.percent is None or any(r.decay != first for r in group.rules):
        return None
    whole = first.days == int(first.days) and first.percent == int(first.percent)
    return first if whole else None


def _config(group: Group, calculators: Sequence[Any]) -> dict[str, Any]:
    limits = {"minValue": group.min, "maxValue": group.max}
    found: dict[str, Any] = {
        "groupName": group.name,
        "groupCategory": _CATEGORIES[group.kind],
        **{key: _short(value) for key, value in limits.items() if value is not None},
        "ruleConfigurations": [
            {"enabled": True, "configuration": {"calculation": one}} for one in calculators
        ],
    }
    decay = _linear(group)
    if decay and decay.percent is not None:
        found["groupDecay"] = {
            "decayIntervalDays": int(decay.days),
            "percentToDecayPerInterval": int(decay.percent),
        }
    return found


def _ceiling(rules: Rules, kept: Sequence[Group]) -> int:
    """Return the most that a category gives: the table's limit, or all points there are."""
    if rules.max is not None:
        return max(1, round(rules.max))
    sides: dict[str, float] = {}
    for group in kept:
        sides[group.kind] = sides.get(group.kind, 0.0) + _most(group)
    return max(1, round(max(sides.values())))


def _most(group: Group) -> float:
    points = sum(max(rule.points, 0) for rule in group.rules)
    return points if group.max is None else min(points, group.max)


def _notes(rules: Rules) -> Iterator[str]:
    kinds = {group.kind for group in rules.groups}
    if len(kinds) > 1:
        yield "A score of both fit and engagement is a combined one, which needs Enterprise."
    if rules.min is not None:
        yield f"HubSpot's tool has no least score; the table's is {rules.min:g}."
    if len(kinds) > 1 and rules.max is not None and sum(map(_most, rules.groups)) > rules.max:
        yield f"HubSpot limits each side to {rules.max:g}, the table both together."
    if any(rule.decay for rule in rules.rules):
        yield "That points of properties fade in HubSpot, as those of events do, is unverified."
    if any(c.operator == "within" for rule in rules.rules for c in rule.conditions):
        yield "Whether HubSpot counts a date ahead as within the last days is unverified."


def _short(value: float) -> float:
    return int(value) if value == int(value) else value
