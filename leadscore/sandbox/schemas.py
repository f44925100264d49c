"""Custom object types over HTTP (HubSpot API docs, "Custom objects"; API reference, "Schemas").

What is kept of a type is its definition; its kind, by which the rest of the portal knows it,
follows from it. A type with records cannot be deleted, and its name is taken until it is purged
(HubSpot API docs, "Custom objects"); the words of refusals are assumed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from leadscore.sandbox import schemalinks
from leadscore.sandbox.definitions import Definitions
from leadscore.sandbox.kinds import Kind
from leadscore.sandbox.replies import Refusal, Reply, bad_json, invalid, missing_fields, not_found
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call
    from leadscore.sandbox.portal import Collection, Portal

__all__ = ["MOST_TYPES", "PATHS", "archive_schema", "create_schema", "kind_of"]

MOST_TYPES = 10
FIRST_TYPE = 1_000_001
# HubSpot API docs, "Custom objects": letters, digits and underscores, a letter first; the length
# is assumed.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,49}\Z")
_LISTS = ("requiredProperties", "searchableProperties", "secondaryDisplayProperties")

Schema = dict[str, Any]


def kind_of(schema: Mapping[str, Any]) -> Kind:
    """Return how the portal knows a custom object type.

    Examples
    --------
    >>> kind = kind_of({"name": "cars", "fullyQualifiedName": "p1_cars", "objectTypeId": "2-1"})
    >>> kind.name, kind.aliases
    ('p1_cars', ('p1_cars', '2-1', 'p_cars'))
    """
    return Kind(
        name=schema["fullyQualifiedName"],
        singular=schema["name"],
        type_id=schema["objectTypeId"],
        modified="hs_lastmodifieddate",
        shown=("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
        needs=tuple(schema.get("requiredProperties", ())),
        searched=tuple(schema.get("searchableProperties", ())),
        other_names=(f"p_{schema['name']}",),
    )


def _schemas(portal: Portal) -> dict[str, Schema]:
    found: dict[str, Schema] = portal.shelf("schemas")
    return found


# --------------------------------------------------------------------------- read


def list_schemas(call: Call) -> Reply:
    """List the custom object types, or those that were deleted."""
    found = [one for one in _schemas(call.portal).values() if one["archived"] is call.archived]
    return Reply(200, {"results": [_full(call, one) for one in found]})


def get_schema(call: Call) -> Reply:
    """Return one custom object type, with its properties and associations."""
    return Reply(200, _full(call, _found(call)))


def batch_read_schemas(call: Call) -> Reply:
    """Return several custom object types."""
    keys = [str(one["id"]) for one in call.inputs("id")]
    return Reply(200, {"results": [_full(call, _named(call, key)) for key in keys]})


def _found(call: Call) -> Schema:
    return _named(call, call.path["name"])


def _named(call: Call, key: str) -> Schema:
    for schema in _schemas(call.portal).values():
        names = {alias.lower() for alias in kind_of(schema).aliases}
        if key.lower() in names and not schema["archived"]:
            return schema
    raise not_found(f"Unable to infer object type from: {key}")


def _full(call: Call, schema: Schema) -> dict[str, Any]:
    collection = call.portal.collections.get(schema["fullyQualifiedName"])
    properties = list(collection.definitions.active.values()) if collection else []
    return schema | {
        "properties": properties,
        "associations": schemalinks.of_type(call.portal, schema),
    }


# --------------------------------------------------------------------------- create


def create_schema(call: Call) -> Reply:
    """Create a custom object type with its properties: 201."""
    body, portal = call.body("name", "labels"), call.portal
    properties = _properties(body)
    _check_name(portal, body["name"])
    schema = _schema(portal, body)
    definitions = _trial(call, schema, properties)
    _check_named(definitions, schema)
    ends = schemalinks.ends(portal, body.get("associatedObjects") or [])
    _schemas(portal)[schema["fullyQualifiedName"]] = schema
    collection = portal.add_kind(kind_of(schema))
    _define(collection, properties, portal.now)
    schemalinks.join(portal, schema, ends)
    return Reply(201, _full(call, schema))


def _properties(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = body.get("properties") or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise bad_json("properties must be a list of objects")
    missing = [key for key in ("singular", "plural") if not _labels(body).get(key)]
    if missing:
        raise missing_fields(*(f"labels.{key}" for key in missing))
    return found


def _labels(body: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(body["labels"], dict):
        raise bad_json("labels must be an object")
    return body["labels"]


def _check_name(portal: Portal, name: Any) -> None:
    if not isinstance(name, str) or not _NAME.match(name):
        raise invalid(f"Invalid object type name: {name}")
    there = {one["name"].lower() for one in _schemas(portal).values()}
    taken = {alias for kind in portal.collections.values() for alias in kind.kind.aliases}
    if name.lower() in there | taken:
        message = f"An object type named '{name}' already exists."
        raise Refusal(409, message, "OBJECT_ALREADY_EXISTS")
    if sum(not one["archived"] for one in _schemas(portal).values()) >= MOST_TYPES:
        raise invalid(f"You have reached your limit of {MOST_TYPES} custom object types.")


def _schema(portal: Portal, body: Mapping[str, Any]) -> Schema:
    counter = portal.shelf("schema counter")
    number = counter["last"] = counter.get("last", FIRST_TYPE - 1) + 1
    schema: Schema = {
        "id": str(number),
        "objectTypeId": f"2-{number}",
        "fullyQualifiedName": f"p{portal.id}_{body['name']}",
        "name": body["name"],
        "labels": dict(_labels(body)),
        "portalId": portal.id,
        "archived": False,
        "allowsSensitiveProperties": body.get("allowsSensitiveProperties") is True,
        "createdAt": portal.now,
        "updatedAt": portal.now,
    }
    return schema | _chosen(body) | {key: _names(body, key) for key in _LISTS}


def _chosen(body: Mapping[str, Any]) -> Schema:
    keys = ("description", "primaryDisplayProperty")
    return {key: str(body[key]) for key in keys if body.get(key) is not None}


def _names(body: Mapping[str, Any], key: str) -> list[str]:
    found = body.get(key) or []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise bad_json(f"{key} must be a list of names")
    return list(dict.fromkeys(found))


def _trial(call: Call, schema: Schema, properties: list[dict[str, Any]]) -> Definitions:
    """Check all definitions before anything is kept."""
    definitions = Definitions(schema["fullyQualifiedName"])
    for one in properties:
        definitions.create(_grouped(definitions, one), at=call.portal.now)
    return definitions


def _grouped(definitions: Definitions, one: dict[str, Any]) -> dict[str, Any]:
    return {"groupName": next(iter(definitions.groups))} | one


def _define(collection: Collection, properties: list[dict[str, Any]], now: str) -> None:
    for one in properties:
        made = collection.definitions.create(_grouped(collection.definitions, one), at=now)
        if made["hasUniqueValue"]:
            collection.records.watch(made["name"])


def _check_named(definitions: Definitions, schema: Schema) -> None:
    """Check that the properties that a type names are its own."""
    named = {name for key in _LISTS for name in schema[key]}
    named |= {schema["primaryDisplayProperty"]} if "primaryDisplayProperty" in schema else set()
    unknown = sorted(named - definitions.active.keys())
    if unknown:
        raise invalid(
            f"The properties {unknown} do not exist on {schema['name']}.",
            context={"properties": unknown},
        )


# --------------------------------------------------------------------------- change


def update_schema(call: Call) -> Reply:
    """Change a custom object type; the fields that are not given stay."""
    schema, body, portal = _found(call), call.body(), call.portal
    changed = schema | _chosen(body) | {k: _names(body, k) for k in _LISTS if k in body}
    if body.get("labels") is not None:
        changed["labels"] = schema["labels"] | _labels(body)
    if body.get("clearDescription") is True:
        changed.pop("description", None)
    collection = portal.collections[schema["fullyQualifiedName"]]
    _check_named(collection.definitions, changed)
    changed["updatedAt"] = portal.now
    _schemas(portal)[schema["fullyQualifiedName"]] = changed
    collection.kind = kind_of(changed)
    return Reply(200, changed)


def archive_schema(call: Call) -> Reply:
    """Delete a custom object type that has no records: 204.

    With ``archived=true`` a type that was deleted is purged, so that its name is free again.
    """
    if call.archived:
        return _purge(call)
    schema, portal = _found(call), call.portal
    collection = portal.collections[schema["fullyQualifiedName"]]
    if any(True for _ in collection.records):
        message = f"There are records of {schema['name']}: an object type in use is not deleted."
        raise invalid(message, context={"objectTypeId": [schema["objectTypeId"]]})
    _schemas(portal)[schema["fullyQualifiedName"]] = schema | {"archived": True}
    portal.drop_kind(collection.kind)
    return Reply(204)


def _purge(call: Call) -> Reply:
    key = call.path["name"].lower()
    schemas = _schemas(call.portal)
    for name, schema in schemas.items():
        if schema["archived"] and key in {one.lower() for one in kind_of(schema).aliases}:
            del schemas[name]
            call.portal.shelf("schema associations").pop(name, None)
            return Reply(204)
    raise not_found(f"Unable to infer object type from: {call.path['name']}")


def create_association(call: Call) -> Reply:
    """Define an association of a custom object type with another type: 201."""
    schema, body = _found(call), call.body("fromObjectTypeId", "toObjectTypeId")
    return Reply(201, schemalinks.create(call.portal, schema, body))


def archive_association(call: Call) -> Reply:
    """Delete a definition of an association: 204."""
    schemalinks.remove(call.portal, _found(call), call.path["id"])
    return Reply(204)


_READ = ("crm.schemas.custom.read",)
_WRITE = ("crm.schemas.custom.write",)
PATHS = (
    Path("schemas", "", "GET", list_schemas, _READ),
    Path("schemas", "", "POST", create_schema, _WRITE),
    Path("schemas", "/batch/read", "POST", batch_read_schemas, _READ),
    Path("schemas", "/{name}", "GET", get_schema, _READ),
    Path("schemas", "/{name}", "PATCH", update_schema, _WRITE),
    Path("schemas", "/{name}", "DELETE", archive_schema, _WRITE),
    Path("schemas", "/{name}/associations", "POST", create_association, _WRITE),
    Path("schemas", "/{name}/associations/{id}", "DELETE", archive_association, _WRITE),
)
