"""Filters of a search as HubSpot writes them, checked before they are sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from difflib import get_close_matches
from typing import Any

from leadscore.errors import UsageError
from leadscore.filtervalues import wire_of
from leadscore.filterwords import OPERATORS, check_known

__all__ = ["LINKED", "MOST_FILTERS", "MOST_GROUPS", "MOST_IN_ALL", "check_limits", "groups_of"]

Definition = Mapping[str, Any]
Filter = dict[str, Any]

# HubSpot API docs, "Search the CRM": how much one search takes.
MOST_GROUPS, MOST_FILTERS, MOST_IN_ALL = 5, 6, 18
LINKED = "associations."  # and a type: a pseudo-property
_ALL = (*OPERATORS.values(), "NOT_HAS_PROPERTY")
_NONE, _SEVERAL = ("HAS_PROPERTY", "NOT_HAS_PROPERTY"), ("IN", "NOT_IN")
_SHAPE = (
    'A filter is {"propertyName": "lifecyclestage", "operator": "EQ", "value": "lead"}; give one, '
    'a list of them, or {"filterGroups": [{"filters": […]}, …]}.'
)


def groups_of(
    where: Any, definitions: Mapping[str, Definition], *, object_type: str, zone: tzinfo
) -> list[list[Filter]]:
    """Return the groups of filters of what is written as HubSpot writes it.

    Parameters
    ----------
    where : mapping or list
        One filter, a list of filters (all must hold), a list of groups (one must hold), or the
        body of a search with ``filterGroups`` or ``filters``.
    definitions : mapping
        The portal's, by name.
    object_type : str
    zone : tzinfo

    Raises
    ------
    UsageError
        It has another shape, or names a property, an operator or an option that does not exist.

    Examples
    --------
    >>> from datetime import UTC
    >>> known = {"seats": {"name": "seats", "type": "number"}}
    >>> one = {"propertyName": "seats", "operator": "GTE", "value": "5"}
    >>> groups_of(one, known, object_type="contacts", zone=UTC) == [[one]]
    True
    """
    groups = _groups(where)
    for one in (one for group in groups for one in group):
        _check(one, definitions, object_type, zone)
    return groups


def _groups(where: Any) -> list[list[Filter]]:
    if isinstance(where, Mapping):
        return _of_body(where)
    if not isinstance(where, Sequence) or isinstance(where, str) or not where:
        raise UsageError("where= is not written as HubSpot writes filters.", hint=_SHAPE)
    if not all(isinstance(one, Mapping) for one in where):
        raise UsageError("where= is a list of something else than filters.", hint=_SHAPE)
    if all("filters" in one for one in where):
        return [_filters(one["filters"]) for one in where]
    return [_filters(where)]


def _of_body(where: Mapping[str, Any]) -> list[list[Filter]]:
    if "propertyName" in where:
        return [_filters([where])]
    strange = sorted(set(where) - {"filterGroups", "filters"})
    if strange or not where:
        named = f", {strange[0]!r} among it" if strange else ""
        raise UsageError(f"where= holds something else than filters{named}.", hint=_SHAPE)
    groups = _groups(where["filterGroups"]) if where.get("filterGroups") else []
    return groups + ([_filters(where["filters"])] if where.get("filters") else [])


def _filters(given: Any) -> list[Filter]:
    good = isinstance(given, Sequence) and given and not isinstance(given, str)
    if not good or not all(isinstance(o, Mapping) and "propertyName" in o for o in given):
        raise UsageError("A group of where= has a filter without propertyName.", hint=_SHAPE)
    return [dict(one) for one in given]


def _check(
    one: Filter, definitions: Mapping[str, Definition], object_type: str, zone: tzinfo
) -> None:
    name, operator = str(one["propertyName"]), str(one.get("operator"))
    if operator not in _ALL:
        near = get_close_matches(operator.upper(), _ALL, n=2) or _ALL
        raise UsageError(
            f"The filter on {name} has no operator {operator!r}.",
            hint=f"HubSpot has {', '.join(near)}.",
        )
    _check_values(one, name, operator)
    if name.startswith(LINKED):
        return
    definition = {"name": name, **check_known(name, definitions, object_type)}
    if definition.get("type") == "enumeration" and "TOKEN" not in operator:
        for value in _texts(one):
            wire_of(value, definition, zone=zone)


def _texts(one: Filter) -> list[Any]:
    return [*(one.get("values") or []), *([one["value"]] if one.get("value") is not None else [])]


def _check_values(one: Filter, name: str, operator: str) -> None:
    """Check that a filter has the values that its operator takes, and no others."""
    wanted = {"BETWEEN": ["value", "highValue"]}.get(operator, ["value"])
    wanted = [] if operator in _NONE else ["values"] if operator in _SEVERAL else wanted
    given = [key for key in ("value", "values", "highValue") if one.get(key) is not None]
    listed = not isinstance(one.get("values", []), list) or one.get("values") == []
    if sorted(given) != sorted(wanted) or (listed and "values" in wanted):
        takes = " and ".join(wanted) or "no value"
        raise UsageError(f"The filter on {name} takes {takes}: {operator}.", hint=_SHAPE)


def check_limits(groups: Sequence[Sequence[Filter]]) -> None:
    """Check that HubSpot takes so many groups and filters.

    Raises
    ------
    UsageError
        It does not.
    """
    sizes = [len(group) for group in groups]
    if len(sizes) > MOST_GROUPS or max(sizes, default=0) > MOST_FILTERS or sum(sizes) > MOST_IN_ALL:
        raise UsageError(
            f"A search takes {MOST_GROUPS} groups of {MOST_FILTERS} filters, {MOST_IN_ALL} in all; "
            f"this one has {len(sizes)} groups, the largest of {max(sizes)}, {sum(sizes)} in all.",
            hint="Ask in several calls, and put the frames together with pandas.concat.",
        )
