"""Search: filters, a query, one sort, and a window of 10,000 results.

HubSpot API docs, "Search the CRM": limit 200; 10,000 results per query, beyond which paging is
refused; bodies of up to 3,000 characters; 5 groups of 6 filters, 18 in all; one sort; the oldest
first without one. Text is compared without regard to case, enumerations exactly; the values of IN
and NOT_IN on text must be in lower case. Not documented, and assumed: a record without a value
matches no operator but NOT_HAS_PROPERTY, and comes last in a sort.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from leadscore.sandbox.calls import Call, whole
from leadscore.sandbox.moments import date_to_ms, to_ms
from leadscore.sandbox.objects import known, shown
from leadscore.sandbox.portal import Collection
from leadscore.sandbox.records import Record
from leadscore.sandbox.replies import Reply, bad_json, invalid
from leadscore.sandbox.routes import Path

__all__ = ["PATHS", "search"]

MOST_LISTED, MOST_FOUND, LONGEST = 200, 10_000, 3_000
MOST_GROUPS, MOST_FILTERS, MOST_IN_ALL = 5, 6, 18

Definition = Mapping[str, Any]
Values = Mapping[str, str]
Test = Callable[[Values], bool]
_KEYS: dict[str, Callable[[str], Any]] = {
    "number": float,
    "datetime": to_ms,
    "date": date_to_ms,
    "enumeration": str,
    "bool": str,
}
_WORDS = re.compile(r"[^\W_]+")
_PATTERNS = re.compile(r"[^\W_*]*(?:[^\W_]|\*)[^\W_*]*(?:\*[^\W_]*)*")


def search(call: Call) -> Reply:
    """Search records."""
    if len(call.raw.decode("utf-8", "replace")) > LONGEST:
        raise invalid(f"The request body is longer than {LONGEST} characters.")
    body, collection = call.body(), call.collection
    limit = whole(body.get("limit", 10), "limit", most=MOST_LISTED)
    start = whole(body.get("after") or 0, "after", least=0, most=10**12)
    if start + limit > MOST_FOUND:
        raise invalid(f"Paging past {MOST_FOUND} results is not possible: after {start}.")
    found = _found(collection, body)
    names = known(collection, map(str, body.get("properties") or []))
    results = [shown(call, collection, record, names) for record in found[start : start + limit]]
    reply: dict[str, Any] = {"total": len(found), "results": results}
    if start + limit < len(found):
        reply["paging"] = {"next": {"after": str(start + limit)}}
    return Reply(200, reply)


def _found(collection: Collection, body: Mapping[str, Any]) -> list[Record]:
    groups = [_group(collection, group) for group in _groups(body)]
    asked = _query(collection, body.get("query"))
    order = _order(collection, body.get("sorts") or [])
    tests = [test for test in (asked, _any(groups)) if test]
    matching = list(collection.records)
    for test in tests:
        matching = [record for record in matching if test(record.values)]
    return order(matching)


def _any(groups: Sequence[Test]) -> Test | None:
    if len(groups) < 2:
        return groups[0] if groups else None
    return lambda values: any(group(values) for group in groups)


# --------------------------------------------------------------------------- filters


def _groups(body: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
    groups = [_listed(group, "filters") for group in _listed(body, "filterGroups")]
    bare = _listed(body, "filters")
    groups += [bare] if bare else []
    sizes = [len(group) for group in groups]
    most = max(sizes, default=0)
    if len(groups) > MOST_GROUPS or most > MOST_FILTERS or sum(sizes) > MOST_IN_ALL:
        raise invalid(
            f"A search takes up to {MOST_GROUPS} filterGroups of up to {MOST_FILTERS} filters, "
            f"{MOST_IN_ALL} in all."
        )
    return groups


def _listed(body: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    found = body.get(key) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise bad_json(f"{key} must be a list of objects")
    return found


def _group(collection: Collection, filters: Sequence[Mapping[str, Any]]) -> Test:
    tests = [_filter(collection, one) for one in filters]
    if len(tests) == 1:
        return tests[0]
    return lambda values: all(test(values) for test in tests)


def _filter(collection: Collection, given: Mapping[str, Any]) -> Test:
    name, operator = given.get("propertyName"), given.get("operator")
    definition = _definition(collection, name)
    if operator == "HAS_PROPERTY":
        return lambda values: name in values
    if operator == "NOT_HAS_PROPERTY":
        return lambda values: name not in values
    if operator not in _OPERATORS:
        raise invalid(f"Invalid operator {operator}; it must be one of: {sorted(_OPERATORS)}")
    matches = _OPERATORS[operator](definition, given)
    return lambda values: name in values and matches(values[str(name)])


def _definition(collection: Collection, name: Any) -> Definition:
    found = collection.definitions.active.get(name) if isinstance(name, str) else None
    if found is None:
        raise invalid(f"There was a problem with the request: property {name} does not exist.")
    return found


def _given(given: Mapping[str, Any], key: str) -> str:
    value = given.get(key)
    if value is None or isinstance(value, (list, dict)):
        raise invalid(f"operator {given.get('operator')} requires a {key}")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _key(definition: Definition) -> Callable[[str], Any]:
    """Return what values of a property are compared by."""
    return _KEYS.get(definition["type"], str.lower)


def _wanted(definition: Definition, text: str) -> Any:
    try:
        return _key(definition)(text)
    except (ValueError, OverflowError):
        raise invalid(f"{text} does not fit property {definition['name']}.") from None


def _comparison(compare: Callable[[Any, Any], bool]) -> Callable[..., Callable[[str], bool]]:
    def build(definition: Definition, given: Mapping[str, Any]) -> Callable[[str], bool]:
        key, wanted = _key(definition), _wanted(definition, _given(given, "value"))
        return lambda value: compare(key(value), wanted)

    return build


def _between(definition: Definition, given: Mapping[str, Any]) -> Callable[[str], bool]:
    key = _key(definition)
    low, high = (_wanted(definition, _given(given, end)) for end in ("value", "highValue"))
    return lambda value: bool(low <= key(value) <= high)


def _in(definition: Definition, given: Mapping[str, Any]) -> Callable[[str], bool]:
    listed = given.get("values")
    if not isinstance(listed, list) or not listed:
        raise invalid(f"operator {given['operator']} requires values")
    texts = [_given({"value": one}, "value") for one in listed]
    key = _key(definition)
    # Values on text are taken as they are: in capitals they match nothing.
    wanted = set(texts) if key is str.lower else {_wanted(definition, text) for text in texts}
    return lambda value: key(value) in wanted


def _token(_: Definition, given: Mapping[str, Any]) -> Callable[[str], bool]:
    patterns = _patterns(_given(given, "value"))
    if not patterns:
        raise invalid(f"{given['value']} holds no token.")
    return lambda value: _holds(value, patterns)


def _patterns(text: str) -> list[re.Pattern[str]]:
    tokens = _PATTERNS.findall(text.lower())
    return [re.compile(re.escape(token).replace(r"\*", ".*") + r"\Z") for token in tokens]


def _holds(value: str, patterns: Sequence[re.Pattern[str]]) -> bool:
    words = _WORDS.findall(value.lower())
    return all(any(pattern.match(word) for word in words) for pattern in patterns)


def _negated(build: Callable[..., Callable[[str], bool]]) -> Callable[..., Callable[[str], bool]]:
    def negative(definition: Definition, given: Mapping[str, Any]) -> Callable[[str], bool]:
        positive = build(definition, given)
        return lambda value: not positive(value)

    return negative


_OPERATORS: dict[str, Callable[[Definition, Mapping[str, Any]], Callable[[str], bool]]] = {
    "LT": _comparison(lambda value, wanted: value < wanted),
    "LTE": _comparison(lambda value, wanted: value <= wanted),
    "GT": _comparison(lambda value, wanted: value > wanted),
    "GTE": _comparison(lambda value, wanted: value >= wanted),
    "EQ": _comparison(lambda value, wanted: value == wanted),
    "NEQ": _comparison(lambda value, wanted: value != wanted),
    "BETWEEN": _between,
    "IN": _in,
    "NOT_IN": _negated(_in),
    "CONTAINS_TOKEN": _token,
    "NOT_CONTAINS_TOKEN": _negated(_token),
}


# --------------------------------------------------------------------------- query and sort


def _query(collection: Collection, text: Any) -> Test | None:
    if not text:
        return None
    patterns = _patterns(str(text) + "*")
    names = collection.kind.searched
    return lambda values: any(_holds(values[name], patterns) for name in names if name in values)


def _order(collection: Collection, sorts: Sequence[Any]) -> Callable[[list[Record]], list[Record]]:
    if not isinstance(sorts, list) or len(sorts) > 1:
        raise invalid("A search takes one sort at most.")
    name, descending = _sort(sorts[0]) if sorts else ("createdate", False)
    key = _key(_definition(collection, name))

    def ordered(records: list[Record]) -> list[Record]:
        have = [record for record in records if name in record.values]
        have.sort(key=lambda record: key(record.values[name]), reverse=descending)
        return have + [record for record in records if name not in record.values]

    return ordered


def _sort(given: Any) -> tuple[str, bool]:
    """Read a sort: an object, the same as JSON text, or a name with a minus for descending."""
    if isinstance(given, str) and given.startswith("{"):
        try:
            given = json.loads(given)
        except ValueError:
            raise invalid(f"Invalid sort: {given}") from None
    if isinstance(given, str):
        return given.removeprefix("-"), given.startswith("-")
    if not isinstance(given, dict) or not isinstance(given.get("propertyName"), str):
        raise invalid("A sort needs a propertyName.")
    direction = given.get("direction", "ASCENDING")
    if direction not in {"ASCENDING", "DESCENDING"}:
        raise invalid(f"Invalid direction: {direction}")
    return given["propertyName"], direction == "DESCENDING"


PATHS = (
    Path(
        "objects",
        "/{type}/search",
        "POST",
        search,
        ("crm.objects.{type}.read",),
        policy="search",
    ),
)
