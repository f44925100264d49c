"""The filters of a search: what a record must be like to be found.

HubSpot API docs, "Search the CRM": 5 groups of 6 filters, 18 in all; filters of a group are joined
by and, groups by or. Text is compared without regard to case, enumerations exactly; the values of
IN and NOT_IN on text must be in lower case. A multiple checkbox is compared choice by choice: the
joined text matches nothing (HubSpot community, thread 774485). Not documented, and assumed: a
record without a value matches no operator but NOT_HAS_PROPERTY.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from leadscore.sandbox.moments import date_to_ms, from_ms, to_ms
from leadscore.sandbox.records import Record, record_id
from leadscore.sandbox.replies import Refusal, bad_json, invalid

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Collection, Portal

__all__ = ["Group", "definition", "groups", "holds", "key", "patterns"]

MOST_GROUPS, MOST_FILTERS, MOST_IN_ALL = 5, 6, 18
LINKED = "associations."

Definition = Mapping[str, Any]
Given = Mapping[str, Any]
Test = Callable[[Record], bool]
Check = Callable[[str], bool]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)\Z", re.ASCII)
_WORDS = re.compile(r"[^\W_]+")
_PATTERNS = re.compile(r"[^\W_*]*(?:[^\W_]|\*)[^\W_*]*(?:\*[^\W_]*)*")
_BOUNDS = {"GT", "GTE", "LT", "LTE", "EQ", "BETWEEN"}


class Group(NamedTuple):
    """Filters that a record must all meet: ids within bounds, and tests."""

    low: float
    high: float
    tests: tuple[Test, ...]
    linked: bool = False

    def meets(self, record: Record) -> bool:
        """Whether a record meets all of them."""
        return self.low <= record.id <= self.high and all(test(record) for test in self.tests)


def groups(portal: Portal, collection: Collection, body: Given) -> list[Group]:
    """Read the filters of a search.

    Raises
    ------
    Refusal
        400.
    """
    return [_group(portal, collection, filters) for filters in _groups(body)]


def _groups(body: Given) -> list[list[dict[str, Any]]]:
    found = [_listed(group, "filters") for group in _listed(body, "filterGroups")]
    bare = _listed(body, "filters")
    found += [bare] if bare else []
    sizes = [len(group) for group in found]
    if len(found) > MOST_GROUPS or max(sizes, default=0) > MOST_FILTERS or sum(sizes) > MOST_IN_ALL:
        raise invalid(
            f"A search takes up to {MOST_GROUPS} filterGroups of up to {MOST_FILTERS} filters, "
            f"{MOST_IN_ALL} in all."
        )
    return found


def _listed(body: Given, name: str) -> list[dict[str, Any]]:
    found = body.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise bad_json(f"{name} must be a list of objects")
    return found


def _group(portal: Portal, collection: Collection, filters: Sequence[Given]) -> Group:
    low, high, tests, linked = -math.inf, math.inf, list[Test](), False
    for one in filters:
        name, operator = one.get("propertyName"), one.get("operator")
        if isinstance(name, str) and name.startswith(LINKED):
            linked = True
            tests.append(_association(portal, collection, one))
        elif name == "hs_object_id" and operator in _BOUNDS:
            least, most = _bounds(definition(collection, name), one)
            low, high = max(low, least), min(high, most)
        else:
            tests.append(_test(collection, one))
    return Group(low, high, tuple(tests), linked)


def _bounds(known: Definition, given: Given) -> tuple[float, float]:
    """Return which ids meet a filter on hs_object_id, so that they can be looked up."""
    value = _decimal(known, _given(given, "value"))
    if given["operator"] == "BETWEEN":
        return math.ceil(value), math.floor(_decimal(known, _given(given, "highValue")))
    return {
        "GT": (math.floor(value) + 1, math.inf),
        "GTE": (math.ceil(value), math.inf),
        "LT": (-math.inf, math.ceil(value) - 1),
        "LTE": (-math.inf, math.floor(value)),
        "EQ": (math.ceil(value), math.floor(value)),
    }[given["operator"]]


def _decimal(known: Definition, text: str) -> Decimal:
    if not _NUMBER.match(text):
        raise _unfitting(known, text)
    return Decimal(text)


def definition(collection: Collection, name: Any) -> Definition:
    """Return the definition of a property to filter or sort by.

    Raises
    ------
    Refusal
        400: there is none.
    """
    found = collection.definitions.active.get(name) if isinstance(name, str) else None
    if found is None:
        raise invalid(f"There was a problem with the request: property {name} does not exist.")
    return found


def _test(collection: Collection, given: Given) -> Test:
    name, operator = given.get("propertyName"), str(given.get("operator"))
    known = definition(collection, name)
    if operator in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
        _only_presence(given)
        wanted = operator == "HAS_PROPERTY"
        return lambda record: (name in record.values) is wanted
    check = _check(known, given)

    def test(record: Record) -> bool:
        value = record.values.get(str(name))
        return value is not None and check(value)

    return test


def _only_presence(given: Given) -> None:
    """Refuse a value where none may be (appsmithorg/appsmith#39865)."""
    for name in ("value", "values", "highValue"):
        if given.get(name) is not None:
            raise invalid(f"operator {given['operator']} does not take a {name}")


def _check(known: Definition, given: Given) -> Check:
    operator = str(given.get("operator"))
    if operator not in _OPERATORS:
        listed = sorted([*_OPERATORS, "HAS_PROPERTY", "NOT_HAS_PROPERTY"])
        raise invalid(f"Invalid operator {operator}; it must be one of: {listed}")
    negative = operator == "NEQ" or operator.startswith("NOT_")
    check = _OPERATORS[operator](known, given)
    if known.get("fieldType") == "checkbox" and "TOKEN" not in operator:
        several = check
        check = lambda value: any(several(one) for one in value.split(";"))  # noqa: E731
    return (lambda value: not check(value)) if negative else check


# --------------------------------------------------------------------------- associations


def _association(portal: Portal, collection: Collection, given: Given) -> Test:
    """Read a filter on ``associations.{type}``; custom objects cannot be searched by it."""
    other = portal.collection(str(given["propertyName"])[len(LINKED) :])
    if "2-" in {collection.kind.type_id[:2], other.kind.type_id[:2]}:
        raise invalid("Custom objects cannot be searched through associations.")
    links, own, theirs = portal.associations, collection.kind.name, other.kind.name
    operator = str(given.get("operator"))
    if operator in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
        _only_presence(given)
        wanted = operator == "HAS_PROPERTY"
        return lambda record: bool(links.count(own, record.id, theirs)) is wanted
    if operator not in {"EQ", "NEQ", "IN", "NOT_IN"}:
        raise invalid(f"Invalid operator {operator} for {given['propertyName']}")
    keys = _texts(given) if operator.endswith("IN") else [_given(given, "value")]
    numbers = {_record_id(one) for one in keys}
    near = {found for number in numbers for found in links.of(theirs, number, own)}
    return lambda record: (record.id in near) is (operator in {"EQ", "IN"})


def _record_id(text: str) -> int:
    number = record_id(text)
    if not number:
        raise invalid(f"{text} is not the id of a record.")
    return number


# --------------------------------------------------------------------------- values


def key(known: Definition) -> Callable[[str], Any]:
    """Return what values of a property are compared by."""
    return _KEYS.get(known["type"], str.lower)


def _moment(text: str) -> str:
    """Return an instant in the form in which all of them are kept, so that text compares."""
    return text if len(text) == 24 and text[-1] == "Z" else _written(to_ms(text))


def _day(text: str) -> str:
    return text if len(text) == 10 and text[4] == "-" else _written(date_to_ms(text))[:10]


def _written(milliseconds: int) -> str:
    try:
        return from_ms(milliseconds)
    except OverflowError:
        return "~" if milliseconds > 0 else ""


_KEYS: dict[str, Callable[[str], Any]] = {
    "number": float,
    "datetime": _moment,
    "date": _day,
    "enumeration": str,
    "bool": str,
}


def _given(given: Given, name: str) -> str:
    value = given.get(name)
    if value is None or isinstance(value, (list, dict)):
        raise invalid(f"operator {given.get('operator')} requires a {name}")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _texts(given: Given) -> list[str]:
    listed = given.get("values")
    if not isinstance(listed, list) or not listed:
        raise invalid(f"operator {given['operator']} requires values")
    return [_given({"value": one} | {"operator": given["operator"]}, "value") for one in listed]


def _unfitting(known: Definition, text: str) -> Refusal:
    return invalid(f"{text} does not fit property {known['name']}.")


def _wanted(known: Definition, text: str) -> Any:
    if known["type"] == "number":
        return float(_decimal(known, text))
    try:
        if known["type"] == "datetime":
            return _written(to_ms(text))
        return _written(date_to_ms(text))[:10] if known["type"] == "date" else key(known)(text)
    except (ValueError, OverflowError):
        raise _unfitting(known, text) from None


def _comparison(compare: Callable[[Any, Any], bool]) -> Callable[[Definition, Given], Check]:
    def build(known: Definition, given: Given) -> Check:
        read, wanted = key(known), _wanted(known, _given(given, "value"))
        return lambda value: compare(read(value), wanted)

    return build


def _between(known: Definition, given: Given) -> Check:
    read = key(known)
    low, high = (_wanted(known, _given(given, end)) for end in ("value", "highValue"))
    return lambda value: bool(low <= read(value) <= high)


def _in(known: Definition, given: Given) -> Check:
    read, texts = key(known), _texts(given)
    # Values on text are taken as they are: in capitals they match nothing.
    wanted = set(texts) if read is str.lower else {_wanted(known, text) for text in texts}
    return lambda value: read(value) in wanted


def _token(_: Definition, given: Given) -> Check:
    found = patterns(_given(given, "value"))
    if not found:
        raise invalid(f"{given['value']} holds no token.")
    return lambda value: holds(value, found)


def patterns(text: str) -> list[re.Pattern[str]]:
    """Return a pattern for each word of a text, in which a star stands for more."""
    tokens = _PATTERNS.findall(text.lower())
    return [re.compile(re.escape(token).replace(r"\*", ".*") + r"\Z") for token in tokens]


def holds(value: str, wanted: Sequence[re.Pattern[str]]) -> bool:
    """Whether every pattern fits one of a value's words.

    Examples
    --------
    >>> holds("Ada, Countess of Lovelace", patterns("ada love*"))
    True
    """
    words = _WORDS.findall(value.lower())
    return all(any(pattern.match(word) for word in words) for pattern in wanted)


_EQUAL = _comparison(lambda value, wanted: value == wanted)
_OPERATORS: dict[str, Callable[[Definition, Given], Check]] = {
    "LT": _comparison(lambda value, wanted: value < wanted),
    "LTE": _comparison(lambda value, wanted: value <= wanted),
    "GT": _comparison(lambda value, wanted: value > wanted),
    "GTE": _comparison(lambda value, wanted: value >= wanted),
    "EQ": _EQUAL,
    "NEQ": _EQUAL,
    "BETWEEN": _between,
    "IN": _in,
    "NOT_IN": _in,
    "CONTAINS_TOKEN": _token,
    "NOT_CONTAINS_TOKEN": _token,
}
