"""Property definitions, and the typed columns that their strings become."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore.errors import PlanError
from leadscore.hubspot.connection import Portal
from leadscore.hubspot.replies import records_of

__all__ = ["arrow_type", "create_missing", "definitions", "definitions_table", "typed"]

_TIMESTAMP = pa.timestamp("us", "UTC")
_TYPES = {
    "number": pa.float64(),
    "bool": pa.bool_(),
    "datetime": _TIMESTAMP,
    "date": _TIMESTAMP,
}
_TABLE = pa.schema(
    [
        ("object", pa.string()),
        ("name", pa.string()),
        ("label", pa.string()),
        ("type", pa.string()),
        ("field_type", pa.string()),
        ("group", pa.string()),
        ("description", pa.string()),
        ("options", pa.list_(pa.string())),
        ("calculated", pa.bool_()),
        ("read_only", pa.bool_()),
        ("hubspot_defined", pa.bool_()),
    ]
)


def definitions(portal: Portal, object_type: str) -> dict[str, dict[str, Any]]:
    """Return the portal's property definitions of one object type, by name.

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     definitions(portal, "contacts")["email"]["type"]
    'string'
    """
    where = portal.path("properties", object_type)
    found = records_of(portal.transport.call("GET", where), path=where, key="name")
    return {str(definition["name"]): definition for definition in found}


def definitions_table(found: dict[str, dict[str, Any]], object_type: str) -> pa.Table:
    """Return definitions as the store keeps them: one row per property."""
    return pa.Table.from_pylist([_row(d, object_type) for d in found.values()], schema=_TABLE)


def _row(definition: dict[str, Any], object_type: str) -> dict[str, Any]:
    return {
        "object": object_type,
        "name": definition["name"],
        "label": definition.get("label") or definition["name"],
        "type": definition.get("type"),
        "field_type": definition.get("fieldType"),
        "group": definition.get("groupName"),
        "description": definition.get("description"),
        "options": [str(option.get("value")) for option in definition.get("options") or []],
        "calculated": bool(definition.get("calculated")),
        "read_only": bool((definition.get("modificationMetadata") or {}).get("readOnlyValue")),
        "hubspot_defined": bool(definition.get("hubspotDefined")),
    }


def arrow_type(definition: dict[str, Any]) -> pa.DataType:
    """Return the Arrow type of a property's column.

    Numbers are float64, booleans bool, dates and times UTC microseconds, multiple checkboxes
    lists of strings, all else strings.

    Examples
    --------
    >>> arrow_type({"type": "number"})
    DataType(double)
    """
    if definition.get("type") == "enumeration" and definition.get("fieldType") == "checkbox":
        return pa.list_(pa.string())
    return _TYPES.get(str(definition.get("type")), pa.string())


def typed(values: Sequence[str | None], definition: dict[str, Any]) -> pa.Array:
    """Turn a property's strings into a typed column; what does not fit becomes missing.

    HubSpot sends every value as a string or null; an empty string is a missing value, and times
    come as ISO 8601 or as epoch milliseconds (HubSpot API docs, "Properties").

    Examples
    --------
    >>> typed(["1.5", "", None, "n/a"], {"type": "number"}).to_pylist()
    [1.5, None, None, None]
    """
    kind = arrow_type(definition)
    text = pa.array([value or None for value in values], pa.string())
    if kind == pa.float64():
        return _numbers(text)
    if kind == pa.bool_():
        return _booleans(text)
    if kind == _TIMESTAMP:
        return _times(text)
    if pa.types.is_list(kind):
        return pa.array([v and [p for p in v.split(";") if p] for v in text.to_pylist()], kind)
    return text


def _numbers(text: pa.Array) -> pa.Array:
    try:
        numbers = pc.cast(text, pa.float64())
    except pa.ArrowInvalid:
        coerced = pd.to_numeric(text.to_pandas(), errors="coerce")
        numbers = pa.array(coerced, pa.float64(), from_pandas=True)
    return pc.if_else(pc.is_finite(numbers), numbers, pa.scalar(None, pa.float64()))


def _booleans(text: pa.Array) -> pa.Array:
    lower = pc.utf8_lower(text)
    known = pc.is_in(lower, value_set=pa.array(["true", "false"]))
    return pc.if_else(known, pc.equal(lower, "true"), pa.scalar(None, pa.bool_()))


def _times(text: pa.Array) -> pa.Array:
    milliseconds = pc.match_substring_regex(text, r"^-?\d{9,}$")
    if pc.any(milliseconds).as_py():
        return _mixed_times(text)
    try:
        return pc.cast(text, _TIMESTAMP)
    except pa.ArrowInvalid:
        return _mixed_times(text)


def _mixed_times(text: pa.Array) -> pa.Array:
    words = text.to_pandas().astype("str")
    epoch = words.str.fullmatch(r"-?\d{9,15}").fillna(value=False).astype(bool)
    iso = pd.to_datetime(words.mask(epoch), format="ISO8601", errors="coerce", utc=True)
    ms = pd.to_datetime(pd.to_numeric(words.where(epoch)), unit="ms", errors="coerce", utc=True)
    both = iso.where(~epoch, ms).dt.as_unit("us")
    return pa.array(both, _TIMESTAMP, from_pandas=True)


def create_missing(
    portal: Portal, object_type: str, group: dict[str, str], wanted: Sequence[dict[str, Any]]
) -> list[str]:
    """Create the properties of ours that the portal lacks; check the others, alter none.

    Returns
    -------
    list of str
        The names of the properties that were created.

    Raises
    ------
    PlanError
        The portal has a property of that name with another type: somebody else's.
    """
    present = definitions(portal, object_type)
    missing = missing_from(present, wanted)
    if missing:
        _create_group(portal, object_type, group)
    where = portal.path("properties", object_type)
    for definition in missing:
        body = {**definition, "groupName": group["name"]}
        portal.transport.call("POST", where, body=body, expect=(201,))
    return [str(definition["name"]) for definition in missing]


def missing_from(
    present: dict[str, dict[str, Any]], wanted: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the wanted definitions that are not there; refuse those that are there otherwise."""
    for definition in wanted:
        there = present.get(definition["name"])
        if there and not _same(there, definition):
            raise PlanError(
                f"The portal's property {definition['name']} is a {there.get('type')} "
                f"({there.get('fieldType')}), not what leadscore writes.",
                hint="Choose another prefix (LEADSCORE_PREFIX), or rename that property.",
            )
    return [definition for definition in wanted if definition["name"] not in present]


def _same(there: dict[str, Any], wanted: dict[str, Any]) -> bool:
    options = {str(o["value"]) for o in there.get("options") or []}
    needed = {str(o["value"]) for o in wanted.get("options") or []}
    return there.get("type") == wanted["type"] and needed <= options


def _create_group(portal: Portal, object_type: str, group: dict[str, str]) -> None:
    where = portal.path("properties", object_type, "groups")
    groups = records_of(portal.transport.call("GET", where), path=where, key="name")
    if group["name"] not in {found["name"] for found in groups}:
        portal.transport.call("POST", where, body=group, expect=(201,))
