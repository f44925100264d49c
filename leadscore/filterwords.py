"""Filters of a search from keyword arguments: ``lifecyclestage="lead"``, ``createdate__gte=…``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from difflib import get_close_matches
from itertools import chain, product
from typing import Any

from leadscore.errors import UsageError
from leadscore.filtervalues import is_missing, span_of, wire_of

__all__ = ["OPERATORS", "alternatives_of", "check_known", "parse_words"]

Definition = Mapping[str, Any]
Filter = dict[str, Any]

# HubSpot API docs, "Search the CRM": its operators.
OPERATORS = {
    "eq": "EQ",
    "ne": "NEQ",
    "lt": "LT",
    "lte": "LTE",
    "gt": "GT",
    "gte": "GTE",
    "between": "BETWEEN",
    "in": "IN",
    "not_in": "NOT_IN",
    "has": "HAS_PROPERTY",
    "contains": "CONTAINS_TOKEN",
    "not_contains": "NOT_CONTAINS_TOKEN",
}
_LISTS = {"eq": "in", "ne": "not_in"}
# Of a whole day, where times are searched: which end of it counts.
_ENDS = {"lt": 0, "gte": 0, "gt": 1, "lte": 1}


def check_known(name: str, definitions: Mapping[str, Definition], object_type: str) -> Definition:
    """Return a property's definition, or say which names come nearest.

    Raises
    ------
    UsageError
        The type has no such property.
    """
    if name in definitions:
        return definitions[name]
    labels = {str(d.get("label", "")).lower(): n for n, d in definitions.items()}
    near = [labels[name.lower()]] if name.lower() in labels else []
    near += get_close_matches(name.lower(), definitions, n=3, cutoff=0.6)
    hint = f"Did you mean {', '.join(dict.fromkeys(near))}?" if near else _LOOK
    raise UsageError(f"{object_type} have no property {name!r}.", hint=hint)


_LOOK = "HubSpot lists them under Settings, Properties: use the internal name."


def alternatives_of(
    words: Mapping[str, Any],
    definitions: Mapping[str, Definition],
    *,
    object_type: str,
    zone: tzinfo,
) -> list[list[Filter]]:
    """Return the groups of filters that keyword arguments ask for, as HubSpot writes them.

    One group, unless some value or none at all is asked for: those are two.

    Parameters
    ----------
    words : mapping
        ``property`` or ``property__operator`` to a value, see `OPERATORS`. A list is IN; None is
        NOT_HAS_PROPERTY, in a list it is the other group.
    definitions : mapping
        The portal's, by name.
    object_type : str
    zone : tzinfo
        The portal's. A day alone (``"2026-01-31"``), asked of a property that holds times, is
        the whole day there.

    Raises
    ------
    UsageError
        No such property, operator or option, or a value that does not fit.

    Examples
    --------
    >>> from datetime import UTC
    >>> known = {"seats": {"name": "seats", "type": "number"}}
    >>> alternatives_of({"seats__gte": 5}, known, object_type="contacts", zone=UTC)
    [[{'propertyName': 'seats', 'operator': 'GTE', 'value': '5'}]]
    """
    found = []
    for word, value in words.items():
        name, operator = _split(word, definitions)
        definition = {"name": name, **check_known(name, definitions, object_type)}
        ways = _ways(operator, value, definition, zone)
        found.append([[{"propertyName": name, **one} for one in way] for way in ways])
    return [list(chain.from_iterable(way)) for way in product(*found)]


def _ways(operator: str, value: Any, definition: Definition, zone: tzinfo) -> list[list[Filter]]:
    """Return the ways in which one word can hold: filters that must all hold, each."""
    many = _listed(value) if _LISTS.get(operator, operator) in _LISTS.values() else None
    if not many or not any(map(is_missing, many)):
        return [[_filter(operator, value, definition, zone)]]
    negative = operator in ("ne", "not_in")
    found = [{"operator": "HAS_PROPERTY" if negative else "NOT_HAS_PROPERTY"}]
    if some := [one for one in many if not is_missing(one)]:
        found.insert(0, _filter(operator, some, definition, zone))
    return [found] if negative else [[one] for one in found]


def _split(word: str, known: Mapping[str, Definition]) -> tuple[str, str]:
    name, sign, operator = word.rpartition("__")
    if word in known or not sign:
        return word, "eq"
    if operator in OPERATORS:
        return name, operator
    if name not in known:
        return word, "eq"
    near = get_close_matches(operator, OPERATORS, n=1)
    hint = f"Did you mean {name}__{near[0]}?" if near else f"Use one of {', '.join(OPERATORS)}."
    raise UsageError(f"There is no operator {operator!r}.", hint=hint)


def _filter(operator: str, value: Any, definition: Definition, zone: tzinfo) -> Filter:
    if operator == "has" or (operator in ("eq", "ne") and is_missing(value)):
        return {"operator": _presence(operator, value, definition)}
    if operator == "between":
        return _between(value, definition, zone)
    values = _listed(value)
    if values is not None and operator in _LISTS:
        operator = _LISTS[operator]
    if operator in ("in", "not_in"):
        return _one_of(operator, [value] if values is None else values, definition, zone)
    if values is not None or is_missing(value):
        hint = f"{definition['name']}=[…] finds any of several"
        raise UsageError(f"{definition['name']}__{operator} takes one value.", hint=f"{hint}.")
    return _single(operator, value, definition, zone)


def _presence(operator: str, value: Any, definition: Definition) -> str:
    if operator != "has":
        return "HAS_PROPERTY" if operator == "ne" else "NOT_HAS_PROPERTY"
    if value not in (True, False):
        name = definition["name"]
        raise UsageError(f"{name}__has takes True or False, not {value!r}.")
    return "HAS_PROPERTY" if value else "NOT_HAS_PROPERTY"


def _listed(value: Any) -> list[Any] | None:
    """Return the values of a list, a set, a Series or an array; None of a single one."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        return None
    return list(value)


def _one_of(operator: str, values: list[Any], definition: Definition, zone: tzinfo) -> Filter:
    name = definition["name"]
    if not values:
        raise UsageError(f"{name}__{operator} has no value.", hint="Give at least one.")
    if any(span_of(one, definition, zone=zone) for one in values):
        raise UsageError(
            f"{name} holds times, and none of them is a whole day.",
            hint=f"Use {name}__between=(first, last), or give times.",
        )
    texts = [wire_of(one, definition, zone=zone) for one in values]
    if definition.get("type") == "string":
        texts = [text.lower() for text in texts]  # else HubSpot finds nothing (same page)
    return {"operator": OPERATORS[operator], "values": list(dict.fromkeys(texts))}


def _between(value: Any, definition: Definition, zone: tzinfo) -> Filter:
    ends = _listed(value)
    if ends is None or len(ends) != 2 or any(map(is_missing, ends)):
        name = definition["name"]
        raise UsageError(f"{name}__between takes two values.", hint=f"{name}__between=(low, high)")
    low, high = (
        (span_of(one, definition, zone=zone) or (wire_of(one, definition, zone=zone),) * 2)[n]
        for n, one in enumerate(ends)
    )
    return {"operator": "BETWEEN", "value": low, "highValue": high}


def _single(operator: str, value: Any, definition: Definition, zone: tzinfo) -> Filter:
    if operator in ("contains", "not_contains"):
        return {"operator": OPERATORS[operator], "value": _token(value, definition)}
    day = span_of(value, definition, zone=zone)
    if day and operator == "eq":
        return {"operator": "BETWEEN", "value": day[0], "highValue": day[1]}
    if day and operator == "ne":
        raise UsageError(
            f"{definition['name']} holds times: everything but one day are two searches.",
            hint="Ask for what is before the day, then for what is after it.",
        )
    wire = day[_ENDS[operator]] if day else wire_of(value, definition, zone=zone)
    return {"operator": OPERATORS[operator], "value": wire}


def _token(value: Any, definition: Definition) -> str:
    text = str(value).strip()
    if not any(map(str.isalnum, text)):
        raise UsageError(
            f"{text!r} holds no word to look for in {definition['name']}.",
            hint='Give a word; a star stands for more: "ann*".',
        )
    return text


#: Signs of the command line, the longer ones first, and the operators that they stand for.
_SIGNS = (
    ("!~", "not_contains"),
    (">=", "gte"),
    ("<=", "lte"),
    ("!=", "ne"),
    ("=", "eq"),
    (">", "gt"),
    ("<", "lt"),
    ("~", "contains"),
)


def parse_words(texts: Iterable[str]) -> list[tuple[str, Any]]:
    """Return keyword arguments from ``lifecyclestage=lead``, ``amount>=5`` or ``name~ann*``.

    A name alone asks for records that have a value, ``!name`` or ``name=`` for those that have
    none, ``name=a|b`` for any of several, ``name=a|`` for that or none.

    Raises
    ------
    UsageError
        Nothing that can be read.

    Examples
    --------
    >>> parse_words(["createdate>=2026-01-01", "!phone", "topic=a|b"])
    [('createdate__gte', '2026-01-01'), ('phone__has', False), ('topic__in', ['a', 'b'])]
    """
    return [_parsed(text.strip()) for text in texts]


def _parsed(text: str) -> tuple[str, Any]:
    places = [(text.find(sign), -len(sign), sign, op) for sign, op in _SIGNS if sign in text[1:]]
    if not places:
        name = text.removeprefix("!").strip()
        if not name.isidentifier():
            raise UsageError(
                f"{text!r} is no filter.", hint='Write "lifecyclestage=lead" or "amount>=1000".'
            )
        return f"{name}__has", not text.startswith("!")
    at, _, sign, operator = min(places)
    name, value = text[:at].strip(), text[at + len(sign) :].strip()
    if operator in ("eq", "ne") and "|" in value:
        several = [one.strip() or None for one in value.split("|")]
        return f"{name}__{_LISTS[operator]}", several
    return f"{name}__{operator}", value or None
