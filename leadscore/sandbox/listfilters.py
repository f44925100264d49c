"""The filters of lists: which records meet them.

HubSpot API docs, "List filters": a branch of type OR holds branches of type AND, and these hold
filters. Served are filters on properties, by the operations on text, numbers, choices, yes and no,
and on whether there is a value at all. All else that HubSpot knows is a 501 here. A record without
a value meets an operation when ``includeObjectsWithNoValueSet`` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from leadscore.sandbox.replies import Refusal, invalid, unserved

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Collection

__all__ = ["Test", "compiled"]

Given = Mapping[str, Any]
Values = Mapping[str, str]
Test = Callable[[Values], bool]
Check = Callable[[str], bool]

_OTHER_BRANCHES = {"NOT_ALL", "NOT_ANY", "ASSOCIATION", "UNIFIED_EVENTS", "PROPERTY_ASSOCIATION"}
_OTHER_OPERATIONS = {
    *("TIME_POINT", "TIME_RANGED", "DATE", "RANGED_DATE", "DATETIME", "CALENDAR_DATE"),
    *("COMPARATIVE_DATE", "COMPARATIVE_PROPERTY_UPDATED", "ROLLING_DATE_RANGE"),
    *("ROLLING_PROPERTY_UPDATED", "RANGED_TIME", "STRING_RANGED"),
}
_HISTORIC = ("HAS_EVER_", "HAS_NEVER_")


def compiled(collection: Collection, branch: Any) -> Test:
    """Return the test that a filter definition is.

    Raises
    ------
    Refusal
        400: it is not formed as HubSpot wants it; 501: it is, and is not served here.
    """
    kind, filters, branches = _branch(branch)
    if kind != "OR":
        raise _bad("The root filter branch must be of type OR.")
    if filters or not branches:
        raise _bad("The root filter branch must hold branches of type AND, and no filters.")
    tests = [_and(collection, one) for one in branches]
    return lambda values: any(test(values) for test in tests)


def _bad(message: str) -> Refusal:
    return invalid(message, subCategory="ListError.INVALID_FILTER_BRANCH")


def _branch(given: Any) -> tuple[str, list[Any], list[Any]]:
    if not isinstance(given, dict):
        raise _bad("A filter branch must be an object.")
    kind = str(given.get("filterBranchType"))
    filters, branches = given.get("filters"), given.get("filterBranches")
    if kind in _OTHER_BRANCHES:
        raise unserved(f"filter branches of type {kind}")
    if kind not in {"AND", "OR"}:
        raise _bad(f"Invalid filterBranchType: {kind}")
    if not all(one is None or isinstance(one, list) for one in (filters, branches)):
        raise _bad("filters and filterBranches must be lists.")
    return kind, filters or [], branches or []


def _and(collection: Collection, given: Any) -> Test:
    kind, filters, branches = _branch(given)
    if kind != "AND" or any(_branch(one)[0] for one in branches):
        raise _bad("Branches of type AND within one of type OR are all that may be nested.")
    if not filters:
        raise _bad("A filter branch of type AND needs filters.")
    tests = [_filter(collection, one) for one in filters]
    return lambda values: all(test(values) for test in tests)


def _filter(collection: Collection, given: Any) -> Test:
    if not isinstance(given, dict) or not isinstance(given.get("filterType"), str):
        raise _bad("A filter needs a filterType.")
    if given["filterType"] != "PROPERTY":
        raise unserved(f"filters of type {given['filterType']}")
    name, operation = given.get("property"), given.get("operation")
    known = collection.definitions.active.get(str(name))
    if known is None:
        raise _bad(f"Property {name} does not exist.")
    if not isinstance(operation, dict):
        raise _bad("A property filter needs an operation.")
    return _operation(str(name), known, operation)


def _operation(name: str, known: Given, operation: Given) -> Test:
    kind, operator = str(operation.get("operationType")), str(operation.get("operator"))
    if kind in _OTHER_OPERATIONS or operator.startswith(_HISTORIC):
        raise unserved(f"{kind} {operator} in filters of lists")
    if kind == "ALL_PROPERTY":
        return _presence(name, operator)
    if kind not in _OPERATIONS:
        raise _bad(f"Invalid operationType: {kind}")
    fitting, build = _OPERATIONS[kind]
    if known["type"] not in fitting:
        raise _bad(f"Operation {kind} does not fit property {name} of type {known['type']}.")
    check = build(operator, operation)
    if check is None:
        raise _bad(f"Invalid operator {operator} for {kind}.")
    without = bool(operation.get("includeObjectsWithNoValueSet", False))
    return lambda values: check(values[name]) if name in values else without


def _presence(name: str, operator: str) -> Test:
    if operator not in {"IS_KNOWN", "IS_UNKNOWN"}:
        raise _bad(f"Invalid operator {operator} for ALL_PROPERTY.")
    wanted = operator == "IS_KNOWN"
    return lambda values: (name in values) is wanted


# --------------------------------------------------------------------------- operations


def _texts(operation: Given) -> list[str]:
    found = operation.get("values")
    if not isinstance(found, list) or not found or not all(isinstance(one, str) for one in found):
        raise _bad("The operation needs values, a list of strings.")
    return found


def _number(operation: Given, key: str) -> float:
    found = operation.get(key)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise _bad(f"The operation needs {key}, a number.")
    return float(found)


def _numeric(operator: str, operation: Given) -> Check | None:
    wanted = _number(operation, "value")
    compare: dict[str, Check] = {
        "IS_EQUAL_TO": lambda value: float(value) == wanted,
        "IS_NOT_EQUAL_TO": lambda value: float(value) != wanted,
        "IS_GREATER_THAN": lambda value: float(value) > wanted,
        "IS_GREATER_THAN_OR_EQUAL_TO": lambda value: float(value) >= wanted,
        "IS_LESS_THAN": lambda value: float(value) < wanted,
        "IS_LESS_THAN_OR_EQUAL_TO": lambda value: float(value) <= wanted,
    }
    return compare.get(operator)


def _ranged(operator: str, operation: Given) -> Check | None:
    low, high = (_number(operation, key) for key in ("lowerBound", "upperBound"))
    compare: dict[str, Check] = {
        "IS_BETWEEN": lambda value: low <= float(value) <= high,
        "IS_NOT_BETWEEN": lambda value: not low <= float(value) <= high,
    }
    return compare.get(operator)


def _yes_or_no(operator: str, operation: Given) -> Check | None:
    if not isinstance(operation.get("value"), bool):
        raise _bad("The operation needs a value, true or false.")
    wanted = str(operation["value"]).lower()
    compare: dict[str, Check] = {
        "IS_EQUAL_TO": lambda value: value == wanted,
        "IS_NOT_EQUAL_TO": lambda value: value != wanted,
    }
    return compare.get(operator)


def _choices(operator: str, operation: Given) -> Check | None:
    wanted = set(_texts(operation))
    compare: dict[str, Callable[[set[str]], bool]] = {
        "IS_ANY_OF": lambda chosen: bool(chosen & wanted),
        "IS_NONE_OF": lambda chosen: not chosen & wanted,
        "IS_EXACTLY": lambda chosen: chosen == wanted,
        "IS_NOT_EXACTLY": lambda chosen: chosen != wanted,
        "CONTAINS_ALL": lambda chosen: wanted <= chosen,
        "DOES_NOT_CONTAIN_ALL": lambda chosen: not wanted <= chosen,
    }
    found = compare.get(operator)
    return None if found is None else lambda value: found(set(value.split(";")))


def _text(operator: str, operation: Given) -> Check | None:
    """Compare with one text: what MULTISTRING does with several."""
    value = operation.get("value")
    if not isinstance(value, str):
        raise _bad("The operation needs a value, a string.")
    return _any_text(operator, {"values": [value]})


_PLAIN: dict[str, Callable[[str, str], bool]] = {
    "IS_EQUAL_TO": lambda value, wanted: value == wanted,
    "CONTAINS": lambda value, wanted: wanted in value,
    "CONTAINS_EXACTLY": lambda value, wanted: f" {wanted} " in f" {value} ",
    "STARTS_WITH": lambda value, wanted: value.startswith(wanted),
    "ENDS_WITH": lambda value, wanted: value.endswith(wanted),
}
_NEGATIVE = {
    "IS_NOT_EQUAL_TO": "IS_EQUAL_TO",
    "DOES_NOT_CONTAIN": "CONTAINS",
    "DOES_NOT_CONTAIN_EXACTLY": "CONTAINS_EXACTLY",
}


def _any_text(operator: str, operation: Given) -> Check | None:
    wanted = [one.lower() for one in _texts(operation)]
    compare = _PLAIN.get(_NEGATIVE.get(operator, operator))
    if compare is None:
        return None
    positive = _some(compare, wanted)
    return (lambda value: not positive(value)) if operator in _NEGATIVE else positive


def _some(compare: Callable[[str, str], bool], wanted: Sequence[str]) -> Check:
    return lambda value: any(compare(value.lower(), one) for one in wanted)


_Build = Callable[[str, Given], Check | None]
_OPERATIONS: dict[str, tuple[frozenset[str], _Build]] = {
    "NUMBER": (frozenset({"number"}), _numeric),
    "NUMBER_RANGED": (frozenset({"number"}), _ranged),
    "BOOL": (frozenset({"bool"}), _yes_or_no),
    "ENUMERATION": (frozenset({"enumeration"}), _choices),
    "STRING": (frozenset({"string", "phone_number"}), _text),
    "MULTISTRING": (frozenset({"string", "phone_number"}), _any_text),
}
