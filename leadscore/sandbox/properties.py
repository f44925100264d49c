"""Property definitions and groups over HTTP (HubSpot API docs, "Properties")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from leadscore.sandbox.moments import to_ms
from leadscore.sandbox.propertyrules import bad_property
from leadscore.sandbox.replies import Refusal, Reply, batch, batch_error, invalid, not_found
from leadscore.sandbox.routes import Path
from leadscore.sandbox.values import checked

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call
    from leadscore.sandbox.portal import Collection

__all__ = [
    "PATHS",
    "archive_group",
    "archive_property",
    "batch_archive_properties",
    "batch_create_properties",
    "batch_read_properties",
    "create_group",
    "create_property",
    "get_group",
    "get_property",
    "list_groups",
    "list_properties",
    "update_group",
    "update_property",
]

MOST_OVERALL = 10_000
KEPT_MS = 90 * 86_400_000
_PLAIN = "non_sensitive"


def _sensitivity(given: Any) -> str:
    found = str(given or _PLAIN)
    if found not in {_PLAIN, "sensitive", "highly_sensitive"}:
        raise invalid(f"Invalid dataSensitivity: {found}")
    return found


def _collection(call: Call) -> Collection:
    """Return the object type in the path, rid of properties that were archived too long ago."""
    collection = call.collection
    archived, records = collection.definitions.archived, collection.records
    for name, found in list(archived.items()):
        if call.portal.now_ms - to_ms(found["archivedAt"]) >= KEPT_MS:
            del archived[name]
            for gone in (False, True):
                for record in list(records.walk(archived=gone)):
                    if name in record.values:
                        records.set(record, name, "")
    return collection


def _user(call: Call) -> str | None:
    return str(call.grant.user_id) if call.grant else None


def list_properties(call: Call) -> Reply:
    """List all properties in one reply: there is no paging."""
    definitions = _collection(call).definitions
    wanted = _sensitivity(call.query.get("dataSensitivity"))
    found = (definitions.archived if call.archived else definitions.active).values()
    return Reply(200, {"results": [one for one in found if _is(one, wanted)]})


def _is(found: Mapping[str, Any], sensitivity: str) -> bool:
    return bool(found.get("dataSensitivity", _PLAIN) == sensitivity)


def get_property(call: Call) -> Reply:
    """Return one property."""
    sensitivity = _sensitivity(call.query.get("dataSensitivity"))
    return Reply(200, _read(call, call.path["name"], sensitivity, archived=call.archived))


def _read(call: Call, name: str, sensitivity: str, *, archived: bool) -> dict[str, Any]:
    found = _collection(call).definitions.get(name, archived=archived)
    if not _is(found, sensitivity):
        raise not_found(f"Property {name} does not exist", context={"propertyName": [name]})
    return found


def create_property(call: Call) -> Reply:
    """Create a property."""
    made = _created(call, call.body())
    return Reply(201, made, {"Location": f"{call.url.path}/{made['name']}"})


def _created(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    collection = _collection(call)
    _check_sensitive(call, body)
    total = sum(len(one.definitions.custom) for one in call.portal.collections.values())
    if total >= MOST_OVERALL:
        message = f"You have reached your limit of {MOST_OVERALL} custom properties."
        raise bad_property(message, "PROPERTY_LIMIT_REACHED")
    made = collection.definitions.create(body, at=call.portal.now, user=_user(call))
    if made["hasUniqueValue"]:
        collection.records.watch(made["name"])
    return made


def _check_sensitive(call: Call, body: Mapping[str, Any]) -> None:
    wanted = body.get("dataSensitivity")
    held = call.grant.scopes if call.grant else set()
    if wanted in ("sensitive", "highly_sensitive") and not any(f".{wanted}." in s for s in held):
        message = "Missing required scope for: sensitive-data-property-create"
        raise Refusal(403, message, "MISSING_SCOPES")


def update_property(call: Call) -> Reply:
    """Change a property; the fields that are not given stay."""
    collection, name, body = _collection(call), call.path["name"], call.body()
    _check_values(call, collection, collection.definitions.changed(name, body))
    changed = collection.definitions.update(name, body, at=call.portal.now, user=_user(call))
    return Reply(200, changed)


def _check_values(call: Call, collection: Collection, changed: Mapping[str, Any]) -> None:
    """Refuse a type that values which are there do not fit (assumed)."""
    name = changed["name"]
    if changed["type"] in {collection.definitions.active[name]["type"], "enumeration"}:
        return
    for record in collection.records:
        if name in record.values:
            given = {name: record.values[name]}
            checked({name: dict(changed)}, given, {}, portal_id=call.portal.id)


def archive_property(call: Call) -> Reply:
    """Archive a custom property that nothing uses."""
    _archive(call, call.path["name"])
    return Reply(204)


def _archive(call: Call, name: str) -> None:
    collection = _collection(call)
    users = _users(call, name) if name in collection.definitions.active else []
    if users:
        raise _in_use(collection, name, users)
    collection.definitions.archive(name, at=call.portal.now)


def _users(call: Call, name: str) -> list[tuple[str, str]]:
    """Return what uses a property: formulas, and the custom object type that it belongs to."""
    collection = call.collection
    own, formulas = collection.kind.type_id, collection.definitions.users_of(name)
    found = [("CALCULATED_PROPERTY", f"{own}/{one}") for one in formulas]
    schemas = call.portal.shelf("schemas").values()
    return found + [
        ("OBJECT_SCHEMA", own)
        for schema in schemas
        if schema.get("objectTypeId") == own and name in _named_by(schema)
    ]


def _named_by(schema: Mapping[str, Any]) -> set[str]:
    lists = ("requiredProperties", "searchableProperties", "secondaryDisplayProperties")
    listed = (name for key in lists for name in schema.get(key) or [])
    return {str(schema.get("primaryDisplayProperty")), *listed}


def _in_use(collection: Collection, name: str, users: list[tuple[str, str]]) -> Refusal:
    return bad_property(
        f"Property: {name} of object type {collection.kind.type_id} is currently used in "
        f"{len(users)} places and cannot be deleted",
        "CANNOT_DELETE_PROPERTY_IN_USE",
        context={"usageCount": [str(len(users))]},
        errors=[
            {
                "message": f"{name} is used by {parent}",
                "subCategory": "PropertyValidationError.PROPERTY_USAGE",
                "context": {"parentType": [kind], "parentName": [parent]},
            }
            for kind, parent in users
        ],
    )


# --------------------------------------------------------------------------- batches


def batch_create_properties(call: Call) -> Reply:
    """Create up to 100 properties: 201, or 207 when some are not accepted."""
    results, errors, started = [], [], call.portal.now
    for one in call.inputs():
        try:
            results.append(_created(call, one))
        except Refusal as refusal:
            errors.append(batch_error(refusal, {"name": [str(one.get("name"))]}))
    return batch(results, errors, started=started, completed=call.portal.now, whole=201)


def batch_read_properties(call: Call) -> Reply:
    """Return up to 100 properties by name: 200, or 207 when some are not there."""
    results, errors, started, body = [], [], call.portal.now, call.body()
    sensitivity, archived = _sensitivity(body.get("dataSensitivity")), body.get("archived") is True
    for one in call.inputs("name"):
        try:
            results.append(_read(call, str(one["name"]), sensitivity, archived=archived))
        except Refusal as refusal:
            errors.append(batch_error(refusal, {"name": [str(one["name"])]}))
    return batch(results, errors, started=started, completed=call.portal.now)


def batch_archive_properties(call: Call) -> Reply:
    """Archive up to 100 properties; those that are not there are passed over."""
    names = [str(one["name"]) for one in call.inputs("name")]
    for name in dict.fromkeys(names):
        if name in call.collection.definitions.active:
            _archive(call, name)
    return Reply(204)


# --------------------------------------------------------------------------- groups


def list_groups(call: Call) -> Reply:
    """List the property groups."""
    return Reply(200, {"results": list(call.collection.definitions.groups.values())})


def get_group(call: Call) -> Reply:
    """Return one property group."""
    return Reply(200, call.collection.definitions.group(call.path["name"]))


def create_group(call: Call) -> Reply:
    """Create a property group."""
    made = call.collection.definitions.create_group(call.body())
    return Reply(201, made, {"Location": f"{call.url.path}/{made['name']}"})


def update_group(call: Call) -> Reply:
    """Change a property group's label or place."""
    return Reply(200, call.collection.definitions.update_group(call.path["name"], call.body()))


def archive_group(call: Call) -> Reply:
    """Archive a property group that holds no active property."""
    call.collection.definitions.archive_group(call.path["name"])
    return Reply(204)


_SEE = ("crm.schemas.{type}.read", "crm.objects.{type}.read", "crm.objects.{type}.write")
_DEFINE = ("crm.schemas.{type}.write",)
PATHS = (
    Path("properties", "/{type}/groups", "GET", list_groups, _SEE),
    Path("properties", "/{type}/groups", "POST", create_group, _DEFINE),
    Path("properties", "/{type}/groups/{name}", "GET", get_group, _SEE),
    Path("properties", "/{type}/groups/{name}", "PATCH", update_group, _DEFINE),
    Path("properties", "/{type}/groups/{name}", "DELETE", archive_group, _DEFINE),
    Path("properties", "/{type}/batch/create", "POST", batch_create_properties, _DEFINE),
    Path("properties", "/{type}/batch/read", "POST", batch_read_properties, _SEE),
    Path("properties", "/{type}/batch/archive", "POST", batch_archive_properties, _DEFINE),
    Path("properties", "/{type}", "GET", list_properties, _SEE),
    Path("properties", "/{type}", "POST", create_property, _DEFINE),
    Path("properties", "/{type}/{name}", "GET", get_property, _SEE),
    Path("properties", "/{type}/{name}", "PATCH", update_property, _DEFINE),
    Path("properties", "/{type}/{name}", "DELETE", archive_property, _DEFINE),
)
