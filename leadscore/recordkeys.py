"""The key that leadscore gives a record which nothing else tells apart, so that it is made once.

A company's domain is not unique in HubSpot, a deal has nothing at all, and search does not see for
some moments what was just created. So such records are created with a property of ours whose values
are unique: a batch read finds it at once, and HubSpot refuses a second record with the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from leadscore.errors import PlanError
from leadscore.hubspot.objecttypes import type_id
from leadscore.hubspot.properties import check_definitions
from leadscore.hubspot.propertyroom import property_room
from leadscore.scoreproperties import GROUP

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["OWN_KEY", "check_key", "key_definition", "key_name", "matched_key", "own_key"]

#: A key of a record that is the run's own, whatever else there is, begins so.
OWN_KEY = "run-"
_MOST = 10  # unique properties of an object type (HubSpot API docs, "Properties")
_OTHERWISE = "Or match by a property that is unique already, and no key is needed."


def key_name(prefix: str) -> str:
    """Return the name of the property.

    Examples
    --------
    >>> key_name("leadscore")
    'leadscore_key'
    """
    return f"{prefix}_key"


def key_definition(prefix: str) -> dict[str, Any]:
    """Return the property's definition, as HubSpot's properties API takes it."""
    return {
        "name": key_name(prefix),
        "label": "leadscore key",
        "description": "Keeps a record from being created twice. Written by leadscore.",
        "type": "string",
        "fieldType": "text",
        "hasUniqueValue": True,
        "hidden": True,
    }


def matched_key(object_type: str, name: str, value: str) -> str:
    """Return the key of the record that a value is to find: always the same one.

    Examples
    --------
    >>> one = matched_key("companies", "domain", "acme.example")
    >>> one == matched_key("companies", "domain", "acme.example"), len(one)
    (True, 38)
    """
    said = "\0".join((object_type, name, value)).encode()
    return f"match-{hashlib.sha256(said).hexdigest()[:32]}"


def own_key(plan: str, row: int) -> str:
    """Return the key of a record that a plan creates whatever else there is.

    Examples
    --------
    >>> own_key("0123456789ab", 7)
    'run-0123456789ab-7'
    """
    return f"{OWN_KEY}{plan}-{row}"


def check_key(
    portal: Portal, object_type: str, there: Mapping[str, Mapping[str, Any]], prefix: str
) -> bool:
    """Say whether the property is there already; refuse where it cannot be made, or used.

    Raises
    ------
    PlanError
        It is somebody else's, not unique, or there is no room for it.
    """
    wanted = key_definition(prefix)
    check_definitions(there, [wanted], group=GROUP["name"])
    name = wanted["name"]
    if name in there:
        if there[name].get("hasUniqueValue"):
            return True
        raise PlanError(
            f"The portal's property {name} of {object_type} is not unique.",
            hint="Archive it, or choose another prefix (LEADSCORE_PREFIX).",
        )
    _check_room(portal, object_type, there)
    return False


def _check_room(portal: Portal, object_type: str, there: Mapping[str, Mapping[str, Any]]) -> None:
    room = property_room(portal, type_id(object_type))
    unique = sum(bool(one.get("hasUniqueValue")) for one in there.values())
    if room == 0 or unique >= _MOST:
        raise PlanError(
            f"The portal has no room for one more {'unique ' if room else ''}property of "
            f"{object_type}, which keeps records from being created twice.",
            hint=f"Archive a property that nobody uses. {_OTHERWISE}",
        )
