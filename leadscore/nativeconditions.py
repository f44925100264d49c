"""Conditions of point rules as HubSpot's own lead scoring asks them, or why it cannot.

Shapes: HubSpot's public API specification, "Lead Scoring" 2026-09-beta. Operators: those of list
filters (API docs, "List filters", and HubSpot's SDKs); that lead scoring takes the same is
unverified, as the specification leaves them open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadscore.ruleterms import Condition

__all__ = ["Unsayable", "asked"]

Definition = Mapping[str, Any]
Operation = dict[str, Any]

_COMPARED = {
    "at_least": "IS_GREATER_THAN_OR_EQUAL_TO",
    "more_than": "IS_GREATER_THAN",
    "at_most": "IS_LESS_THAN_OR_EQUAL_TO",
    "less_than": "IS_LESS_THAN",
    "equals": "IS_EQUAL_TO",
}
_DATED = {
    "within": "IS_LESS_THAN_X_DAYS_AGO",
    "older_than": "IS_MORE_THAN_X_DAYS_AGO",
    "due_within": "IS_LESS_THAN_X_DAYS_FROM_NOW",
    "due_after": "IS_MORE_THAN_X_DAYS_FROM_NOW",
}
_UPDATED = {
    "changed_within": "UPDATED_IN_LAST_X_DAYS",
    "unchanged_for": "NOT_UPDATED_IN_LAST_X_DAYS",
}
_OURS = {"role": "job roles", "seniority": "seniorities", "domain": "kinds of mail domains"}


class Unsayable(Exception):  # noqa: N818 - no error of a user's: a reason that is told
    """HubSpot's tool has no words for a condition; the message says why."""


def asked(condition: Condition, definition: Definition | None) -> list[dict[str, Any]]:
    """Return a condition as one or two of HubSpot's, which must both hold.

    Parameters
    ----------
    condition : Condition
    definition : mapping or None
        Of the property in the portal; None where it has none of that name.

    Raises
    ------
    Unsayable
        HubSpot cannot ask that.

    Examples
    --------
    >>> seats = {"name": "seats", "type": "number"}
    >>> [one["operation"]["operator"] for one in asked(Condition("seats", "at_least", 5), seats)]
    ['IS_GREATER_THAN_OR_EQUAL_TO']
    >>> asked(Condition("jobtitle", "role", ("sales",)), {"name": "jobtitle", "type": "string"})
    Traceback (most recent call last):
    leadscore.nativeconditions.Unsayable: HubSpot knows no job roles
    """
    if definition is None:
        raise Unsayable(f"the portal's contacts have no property {condition.name}")
    if condition.operator in _OURS:
        raise Unsayable(f"HubSpot knows no {_OURS[condition.operator]}")
    if condition.in_last is not None:
        raise Unsayable("what a counter gained lately is an event in HubSpot, and not known here")
    return [
        {"type": "SINGLE", "property": condition.name, "operation": operation}
        for operation in _operations(condition, definition)
    ]


def _operations(condition: Condition, definition: Definition) -> list[Operation]:
    operator, value, kind = condition.operator, condition.value, str(definition.get("type"))
    if operator == "known":
        return [_operation("ALL_PROPERTY", "IS_KNOWN" if value else "IS_UNKNOWN")]
    if operator in _DATED:
        return [_days("ROLLING_DATE_RANGE", _DATED[operator], value, converts=True)]
    if operator in _UPDATED:
        return [_days("ROLLING_PROPERTY_UPDATED", _UPDATED[operator], value)]
    if operator == "between":
        ends = zip(("at_least", "at_most"), value, strict=True)
        return [_operation("NUMBER", _COMPARED[each], value=end) for each, end in ends]
    values = value if isinstance(value, tuple) else (value,)
    return [_compared(operator, values, kind, definition)]


def _operation(kind: str, operator: str, **more: Any) -> Operation:
    """Return an operation; a record without a value never meets it, as with our rules."""
    named = {"operationType": kind, "operator": operator, "includeObjectsWithNoValueSet": False}
    return named | more


def _days(kind: str, operator: str, days: float, *, converts: bool = False) -> Operation:
    if days != int(days):
        raise Unsayable("HubSpot counts whole days")
    more = {"requiresTimeZoneConversion": False} if converts else {}
    return _operation(kind, operator, numberOfDays=int(days), **more)


def _compared(operator: str, values: Sequence[Any], kind: str, definition: Definition) -> Operation:
    if kind == "number":
        if operator not in _COMPARED and (operator, len(values)) != ("any_of", 1):
            raise Unsayable("HubSpot compares a number with one number at a time")
        return _operation("NUMBER", _COMPARED.get(operator, "IS_EQUAL_TO"), value=values[0])
    if kind == "bool":
        return _operation("BOOL", "IS_EQUAL_TO", value=bool(values[0]))
    if kind == "enumeration":
        chosen = _options(operator, values, definition)
        return _operation(
            "ENUMERATION", "IS_NONE_OF" if operator == "none_of" else "IS_ANY_OF", values=chosen
        )
    if kind not in ("string", "phone_number"):
        raise Unsayable(f"{definition.get('name')} is {kind} in HubSpot")
    texts = {"none_of": "IS_NOT_EQUAL_TO", "contains": "CONTAINS"}.get(operator, "IS_EQUAL_TO")
    return _operation("MULTISTRING", texts, values=[str(value) for value in values])


def _options(operator: str, values: Sequence[Any], definition: Definition) -> list[str]:
    """Return the options that are meant, in HubSpot's own spelling, which must be exact."""
    known = [str(option["value"]) for option in definition.get("options") or []]
    plain = [str(value).strip().casefold() for value in values]
    parts = operator == "contains"
    found = [
        option
        for option in known
        if any(p in option.casefold() if parts else p == option.casefold() for p in plain)
    ]
    if not known and definition.get("externalOptions"):
        return [str(value) for value in values]
    missing = [] if parts else [p for p in plain if p not in {o.casefold() for o in known}]
    if not found or missing:
        lost = missing[0] if missing else plain[0]
        raise Unsayable(f"{definition.get('name')} has no option {lost}")
    return found
