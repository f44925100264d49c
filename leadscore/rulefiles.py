"""Rule files: YAML that a person writes, to rules and back; docs/rules.md shows one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from leadscore.errors import UsageError
from leadscore.jobtitles import ROLES, SENIORITIES
from leadscore.maildomains import KINDS
from leadscore.markedyaml import Section, read_yaml
from leadscore.ruleconditions import OPERATORS
from leadscore.ruleset import TOTAL, Rules
from leadscore.ruleterms import WINDOWS, Condition, Decay, Group, Rule, default_name
from leadscore.visibletext import visible

__all__ = ["load", "parse", "written"]

_LEVELS = {"role": ROLES, "seniority": SENIORITIES, "domain": KINDS}
_NUMERIC = (
    *("known", "equals", "any_of", "none_of", "between"),
    *("at_least", "more_than", "at_most", "less_than"),
)
_FILE = ("name", "min", "max", "groups", "about")
_GROUP = ("kind", "min", "max", "decay", "rules")
_CONDITION = ("property", "in_last", *OPERATORS)
_RULE = ("name", "points", "points_each", "max", "decay", "all", *_CONDITION)


def load(path: str | Path) -> Rules:
    """Read rules from a YAML file.

    Parameters
    ----------
    path : str or Path
        docs/rules.md says what may stand in it.

    Raises
    ------
    UsageError
        The file cannot be read, is no YAML, or says what no rule can mean; with the line.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The rules in {file.name} cannot be read: {type(error).__name__}.",
            hint="Give the path of a YAML file in UTF-8.",
        ) from None
    return parse(text, source=file.name)


def parse(text: str, *, source: str = "rules") -> Rules:
    """Read rules from YAML text.

    Parameters
    ----------
    text : str
    source : str
        What errors call it.

    Raises
    ------
    UsageError
        As `load`.

    Examples
    --------
    >>> parse('''
    ... groups:
    ...   Fit:
    ...     rules:
    ...       - {property: seats_needed, at_least: 50, points: 10}
    ... ''')
    Rules('rules', 1 rule in 1 group)
    """
    top = read_yaml(text, source=source)
    top.only(_FILE)
    low, high = _limits(top)
    bodies = top.section("groups")
    groups = tuple(_group(name, bodies.section(name)) for name in bodies)
    _check_names(bodies, groups)
    about = _plain(top.section("about")) if "about" in top else {}
    name = top.text("name") if "name" in top else "rules"
    return Rules(groups, name=name, min=low, max=high, about=about)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _group(name: str, body: Section) -> Group:
    body.only(_GROUP)
    decay = _decay(body)
    kind = body.get("kind", "engagement" if decay else "fit")
    if kind not in ("fit", "engagement"):
        raise body.refuse("kind", "kind is neither fit nor engagement", "Use one of them.")
    low, high = _limits(body)
    rules = tuple(_rule(entry, decay) for entry in body.entries("rules"))
    return Group(name, rules, str(kind), low, high)


def _rule(body: Section, group_decay: Decay | None) -> Rule:
    body.only(_RULE)
    given = [key for key in ("points", "points_each") if key in body]
    if len(given) != 1:
        raise body.refuse(None, "a rule has points or points_each", "Give one of the two.")
    each = given == ["points_each"]
    conditions = _conditions(body, each=each)
    most = body.number("max") if "max" in body else None
    if most is not None and most < 0:
        raise body.refuse("max", "a rule's max is below 0", "Give how much it may give or take.")
    return Rule(
        name=body.text("name") if "name" in body else default_name(conditions, each=each),
        points=body.number(given[0]),
        conditions=conditions,
        each=each,
        max=most,
        decay=_decay(body) or group_decay,
    )


def _conditions(body: Section, *, each: bool) -> tuple[Condition, ...]:
    others = body.entries("all") if "all" in body else []
    for other in others:
        other.only(_CONDITION)
    found = [] if others and "property" not in body else _asked(body, alone=each)
    found += [condition for other in others for condition in _asked(other)]
    if each and found[0].operator not in _NUMERIC:
        raise body.refuse("points_each", "points_each counts no number", "Put a number first.")
    return tuple(found)


def _asked(body: Section, *, alone: bool = False) -> list[Condition]:
    """Return what is asked of one property; `alone`, that it is known will do."""
    name = body.text("property")
    window = _window(body) if "in_last" in body else None
    found = [Condition(name, key, _value(body, key), window) for key in body if key in OPERATORS]
    if window and any(condition.operator not in _NUMERIC for condition in found):
        raise body.refuse("in_last", "in_last counts no number", f"Use {', '.join(_NUMERIC)}.")
    if not found and not alone:
        raise body.refuse(
            "property",
            f"nothing is asked of {visible(name)}",
            f"Use one of {', '.join(OPERATORS)}.",
        )
    return found or [Condition(name, "known", True, window)]


def _value(body: Section, key: str) -> Any:
    takes = {
        "value": body.scalar,
        "list": body.scalars,
        "number": body.number,
        "pair": body.pair,
        "days": body.days,
        "bool": body.flag,
    }
    found: Any = takes[OPERATORS[key].takes](key)
    for level in found if key in _LEVELS else ():
        if level not in _LEVELS[key]:
            raise body.refuse(
                key, f"there is no {key} {visible(level)}", f"Use {', '.join(_LEVELS[key])}."
            )
    return found


def _window(body: Section) -> int:
    days = body.days("in_last")
    if days not in WINDOWS:
        raise body.refuse("in_last", f"{days:g} days are not counted", "Use 7, 30 or 90 days.")
    return int(days)


def _decay(body: Section) -> Decay | None:
    if "decay" not in body:
        return None
    given = body.section("decay")
    given.only(("half_life", "percent", "every"))
    if set(given) == {"half_life"}:
        return Decay(given.days("half_life"))
    if set(given) != {"percent", "every"}:
        raise given.refuse(
            None, "decay is incomplete", "Give half_life, or percent and every, as HubSpot does."
        )
    percent = given.number("percent")
    if not 0 < percent <= 100:
        raise given.refuse("percent", f"{percent:g} % cannot fade", "Give 100 or less.")
    return Decay(given.days("every"), percent)


def _limits(body: Section) -> tuple[float | None, float | None]:
    low, high = (body.number(key) if key in body else None for key in ("min", "max"))
    if (low or 0) > 0 or (high or 0) < 0:
        key = "min" if (low or 0) > 0 else "max"
        raise body.refuse(key, "0 does not lie between min and max", "Nobody starts outside them.")
    return low, high


def _check_names(bodies: Section, groups: tuple[Group, ...]) -> None:
    taken = {TOTAL, *(f"limit of {group.name}" for group in groups)}
    for group in groups:
        for rule in group.rules:
            if rule.name in taken:
                raise bodies.refuse(
                    group.name, f"two rules are called {visible(rule.name)}", "Name one of them."
                )
            taken.add(rule.name)


def written(rules: Rules) -> str:
    """Return rules as YAML text; `parse` makes equal rules of it."""
    groups = {group.name: _group_body(group) for group in rules.groups}
    top = {"name": rules.name, **_given_limits(rules), "groups": groups}
    if rules.about:
        top["about"] = dict(rules.about)
    return yaml.safe_dump(
        top, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100
    )


def _group_body(group: Group) -> dict[str, Any]:
    rules = [_rule_body(rule) for rule in group.rules]
    return {"kind": group.kind, **_given_limits(group), "rules": rules}


def _given_limits(limits: Rules | Group) -> dict[str, float]:
    given = {"min": limits.min, "max": limits.max}
    return {key: value for key, value in given.items() if value is not None}


def _rule_body(rule: Rule) -> dict[str, Any]:
    named = (
        {} if rule.name == default_name(rule.conditions, each=rule.each) else {"name": rule.name}
    )
    bodies = _condition_bodies(rule.conditions)
    asked = bodies[0] if len(bodies) == 1 else {"all": bodies}
    body = {**named, **asked, ("points_each" if rule.each else "points"): rule.points}
    if rule.max is not None:
        body["max"] = rule.max
    if rule.decay is not None:
        body["decay"] = _decay_body(rule.decay)
    return body


def _condition_bodies(conditions: tuple[Condition, ...]) -> list[dict[str, Any]]:
    """Return one body per condition, or one for all where they ask different things of one."""
    bodies = [_condition_body(condition) for condition in conditions]
    merged = {key: value for body in bodies for key, value in body.items()}
    one = len({(c.name, c.in_last) for c in conditions}) == 1
    return [merged] if one and len({c.operator for c in conditions}) == len(bodies) else bodies


def _condition_body(condition: Condition) -> dict[str, Any]:
    value = condition.value
    window = {} if condition.in_last is None else {"in_last": f"{condition.in_last} days"}
    listed = list(value) if isinstance(value, tuple) else value
    return {"property": condition.name, **window, condition.operator: listed}


def _decay_body(decay: Decay) -> dict[str, Any]:
    if decay.percent is None:
        return {"half_life": decay.days}
    return {"percent": decay.percent, "every": decay.days}
