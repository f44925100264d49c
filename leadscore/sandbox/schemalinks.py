"""The associations that custom object types are defined with (HubSpot API reference, "Schemas")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from leadscore.sandbox.replies import bad_json, invalid, not_found

if TYPE_CHECKING:
    from leadscore.sandbox.associationtypes import AssociationType
    from leadscore.sandbox.portal import Collection, Portal

__all__ = ["create", "ends", "join", "of_type", "remove"]

# HubSpot API docs, "Custom objects": every custom object can be associated with activities.
_ALWAYS = ("tasks", "notes", "calls", "meetings", "emails")

Link = dict[str, Any]


def of_type(portal: Portal, schema: Mapping[str, Any]) -> list[Link]:
    """Return the definitions of a custom object type's associations, in both directions."""
    found: list[Link] = portal.shelf("schema associations").get(schema["fullyQualifiedName"], [])
    return found


def ends(portal: Portal, names: Any) -> list[Collection]:
    """Return the object types that a new one is to be associated with.

    Raises
    ------
    Refusal
        400: there is no such type.
    """
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise bad_json("associatedObjects must be a list of object types")
    found = {portal.collection(one).kind.name: portal.collection(one) for one in names}
    return [*found.values(), *(portal.collections[one] for one in _ALWAYS if one not in found)]


def join(portal: Portal, schema: Mapping[str, Any], found: Iterable[Collection]) -> None:
    """Define the associations of a new type, in both directions."""
    for end in found:
        there = portal.associations.types.default(schema["fullyQualifiedName"], end.kind.name)
        _note(portal, schema, there)


def _note(portal: Portal, schema: Mapping[str, Any], there: AssociationType) -> Link:
    types, now = portal.associations.types, portal.now
    made = [
        {
            "id": str(one.id),
            "fromObjectTypeId": portal.collection(one.from_kind).kind.type_id,
            "toObjectTypeId": portal.collection(one.to_kind).kind.type_id,
            "name": one.name,
            "createdAt": now,
            "updatedAt": now,
        }
        for one in (there, types[there.inverse])
    ]
    shelf = portal.shelf("schema associations")
    shelf[schema["fullyQualifiedName"]] = [*of_type(portal, schema), *made]
    return made[0]


def create(portal: Portal, schema: Mapping[str, Any], body: Mapping[str, Any]) -> Link:
    """Define one more association of a custom object type.

    Raises
    ------
    Refusal
        400: there is no such type, or the association is not of this one.
    """
    keys = ("fromObjectTypeId", "toObjectTypeId")
    start, end = (portal.collection(str(body[key])).kind.name for key in keys)
    if schema["fullyQualifiedName"] not in {start, end}:
        raise invalid(f"The association is not one of {schema['name']}.")
    types, name = portal.associations.types, body.get("name")
    if name is None:
        return _note(portal, schema, types.default(start, end))
    return _note(portal, schema, types.define(start, end, str(name), str(name), None))


def remove(portal: Portal, schema: Mapping[str, Any], key: str) -> None:
    """Delete a definition with its inverse, and the associations of that type.

    Raises
    ------
    Refusal
        404: there is no such definition.
    """
    found = of_type(portal, schema)
    if key not in {one["id"] for one in found}:
        raise not_found(f"Association {key} does not exist")
    gone = {key, str(portal.associations.types[int(key)].inverse)}
    portal.associations.forget_type(int(key))
    kept = [one for one in found if one["id"] not in gone]
    portal.shelf("schema associations")[schema["fullyQualifiedName"]] = kept
