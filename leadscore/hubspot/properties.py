"""Property definitions: read, kept as a table, and created where ours are missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from leadscore.errors import (
    BadReplyError,
    HubSpotError,
    InvalidRequestError,
    UnreachableError,
)
from leadscore.hubspot.propertychecks import check_definitions, definition_digest, differences
from leadscore.hubspot.replies import records_of
from leadscore.hubspot.wiretypes import Typed, arrow_type, schema, typed, typed_rows

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = [
    "Typed",
    "arrow_type",
    "check_definitions",
    "create_missing",
    "definition_digest",
    "definitions",
    "definitions_table",
    "differences",
    "missing_from",
    "schema",
    "typed",
    "typed_rows",
]

_TRIES = 4
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
        ("option_labels", pa.list_(pa.string())),
        ("calculated", pa.bool_()),
        ("read_only", pa.bool_()),
        ("hubspot_defined", pa.bool_()),
        ("has_unique_value", pa.bool_()),
        ("hidden", pa.bool_()),
    ]
)


def definitions(
    portal: Portal, object_type: str, *, archived: bool = False
) -> dict[str, dict[str, Any]]:
    """Return the portal's property definitions of one object type, by name.

    HubSpot lists what is neither archived nor sensitive (HubSpot API docs, "Properties":
    ``archived`` and ``dataSensitivity`` have to be asked for), and so does this.

    Parameters
    ----------
    portal : Portal
    object_type : str
        Any: ``contacts``, ``line_items``, ``0-1``, a custom type's ``2-123`` or full name.
    archived : bool, default False
        Archived properties instead of the others; HubSpot keeps them for 90 days.

    Returns
    -------
    dict of str to dict
        Definitions as HubSpot sends them.

    Raises
    ------
    InvalidRequestError, NotFoundError
        The portal has no such object type (which of the two HubSpot says is unverified).

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     definitions(portal, "contacts")["email"]["type"]
    'string'
    """
    where = portal.path("properties", object_type)
    query = [("archived", "true")] if archived else []
    reply = portal.transport.call("GET", where, query=query)
    found = records_of(reply, path=where, key="name")
    return {str(definition["name"]): definition for definition in found}


def definitions_table(found: dict[str, dict[str, Any]], object_type: str) -> pa.Table:
    """Return definitions as the store keeps them: one row per property.

    Returns
    -------
    pyarrow.Table
        ``object``, ``name``, ``label``, ``type``, ``field_type``, ``group``, ``description``
        (strings), ``options`` and ``option_labels`` (lists of strings, in step, as HubSpot shows
        them), ``calculated``, ``read_only``, ``hubspot_defined``, ``has_unique_value``,
        ``hidden`` (bool).

    Examples
    --------
    >>> tier = {"name": "tier", "type": "enumeration", "options": [{"value": "a", "label": "A"}]}
    >>> definitions_table({"tier": tier}, "contacts")["option_labels"].to_pylist()
    [['A']]
    """
    return pa.Table.from_pylist([_row(d, object_type) for d in found.values()], schema=_TABLE)


def _row(definition: dict[str, Any], object_type: str) -> dict[str, Any]:
    options = sorted(definition.get("options") or [], key=_place)
    return {
        "object": object_type,
        "name": definition["name"],
        "label": definition.get("label") or definition["name"],
        "type": definition.get("type"),
        "field_type": definition.get("fieldType"),
        "group": definition.get("groupName"),
        "description": definition.get("description"),
        "options": [str(option.get("value")) for option in options],
        "option_labels": [str(option.get("label") or option.get("value")) for option in options],
        "calculated": bool(definition.get("calculated")),
        "read_only": bool((definition.get("modificationMetadata") or {}).get("readOnlyValue")),
        "hubspot_defined": bool(definition.get("hubspotDefined")),
        "has_unique_value": bool(definition.get("hasUniqueValue")),
        "hidden": bool(definition.get("hidden")),
    }


def _place(option: dict[str, Any]) -> tuple[bool, int]:
    """Order by ``displayOrder``; those with -1, the default, come last (unverified)."""
    order = option.get("displayOrder")
    place = order if isinstance(order, int) else -1
    return place < 0, place


def create_missing(
    portal: Portal, object_type: str, group: dict[str, str], wanted: Sequence[dict[str, Any]]
) -> list[str]:
    """Create the properties of ours that the portal lacks; check the others, alter none.

    Where the reply to a creation is lost or says nothing, or HubSpot says that the name is taken,
    the definitions are read again: what is there as we want it is done, what is not is created
    again. That is safe, as a name is there once (HubSpot answers 409 to a second creation).

    Parameters
    ----------
    portal : Portal
    object_type : str
    group : dict
        ``name`` and ``label`` of the group that they go into.
    wanted : sequence of dict
        As HubSpot's properties API takes them, but for ``groupName``.

    Returns
    -------
    list of str
        The names of the properties that were missing and are there now.

    Raises
    ------
    PlanError
        The portal has a property of that name with another type: somebody else's.
    UnreachableError
        The portal does not answer; call again, and what is there by then is left alone.
    """
    missing = missing_from(definitions(portal, object_type), wanted)
    if missing:
        _create_group(portal, object_type, group)
    for definition in missing:
        _create(portal, object_type, {**definition, "groupName": group["name"]})
    return [str(definition["name"]) for definition in missing]


def _create(portal: Portal, object_type: str, definition: dict[str, Any]) -> None:
    def there() -> bool:
        return not missing_from(definitions(portal, object_type), [definition])

    _post_once(portal, portal.path("properties", object_type), definition, there)


def _post_once(portal: Portal, where: str, body: dict[str, Any], there: Callable[[], bool]) -> None:
    """Create something that has a name, and look whether it is there where that is in doubt.

    A new property can be read only after a moment (250 to 700 ms were seen in a developer's test
    portal), so one look is not enough to say that it is not there.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            portal.transport.call("POST", where, body=body, expect=(201,))
        except (UnreachableError, BadReplyError, InvalidRequestError) as error:
            if not _in_doubt(error):
                raise
            if there():
                return
            if attempt == _TRIES:
                raise
            portal.pool.back_off(attempt)
        else:
            return


def _in_doubt(error: HubSpotError) -> bool:
    return not isinstance(error, InvalidRequestError) or error.status == 409


def missing_from(
    present: dict[str, dict[str, Any]], wanted: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the wanted definitions that are not there; refuse those that are there otherwise."""
    check_definitions(present, wanted)
    return [definition for definition in wanted if definition["name"] not in present]


def _create_group(portal: Portal, object_type: str, group: dict[str, str]) -> None:
    where = portal.path("properties", object_type, "groups")

    def there() -> bool:
        found = records_of(portal.transport.call("GET", where), path=where, key="name")
        return group["name"] in {str(one["name"]) for one in found}

    if not there():
        _post_once(portal, where, group, there)
