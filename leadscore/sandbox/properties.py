"""Property definitions and groups over HTTP (HubSpot API docs, "Properties")."""

from __future__ import annotations

from typing import Any

from leadscore.sandbox.calls import Call
from leadscore.sandbox.replies import Refusal, Reply, batch_error
from leadscore.sandbox.routes import Path

__all__ = [
    "PATHS",
    "archive_property",
    "batch_create_properties",
    "batch_read_properties",
    "create_group",
    "create_property",
    "get_group",
    "get_property",
    "list_groups",
    "list_properties",
    "update_property",
]


def list_properties(call: Call) -> Reply:
    """List all properties in one reply: there is no paging."""
    definitions = call.collection.definitions
    found = definitions.archived if call.archived else definitions.active
    return Reply(200, {"results": list(found.values())})


def get_property(call: Call) -> Reply:
    """Return one property."""
    return Reply(200, call.collection.definitions.get(call.path["name"], archived=call.archived))


def create_property(call: Call) -> Reply:
    """Create a property."""
    return Reply(201, _created(call, call.body()))


def _created(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    collection = call.collection
    made = collection.definitions.create(body, at=call.portal.now)
    if made["hasUniqueValue"]:
        collection.records.watch(made["name"])
    return made


def update_property(call: Call) -> Reply:
    """Change a property; the fields that are not given stay."""
    definitions = call.collection.definitions
    return Reply(200, definitions.update(call.path["name"], call.body(), at=call.portal.now))


def archive_property(call: Call) -> Reply:
    """Archive a custom property."""
    call.collection.definitions.archive(call.path["name"], at=call.portal.now)
    return Reply(204)


def batch_create_properties(call: Call) -> Reply:
    """Create up to 100 properties: 201, or 207 when some are not accepted."""
    results, errors, started = [], [], call.portal.now
    for one in call.inputs():
        try:
            results.append(_created(call, one))
        except Refusal as refusal:
            errors.append(batch_error(refusal, {"name": [str(one.get("name"))]}))
    return _batch(call, started, results, errors, whole=201)


def batch_read_properties(call: Call) -> Reply:
    """Return up to 100 properties by name: 200, or 207 when some are not there."""
    results, errors, started = [], [], call.portal.now
    archived = call.body().get("archived") is True
    for one in call.inputs("name"):
        try:
            results.append(call.collection.definitions.get(str(one["name"]), archived=archived))
        except Refusal as refusal:
            errors.append(batch_error(refusal, {"name": [str(one["name"])]}))
    return _batch(call, started, results, errors, whole=200)


def _batch(call: Call, started: str, results: list[Any], errors: list[Any], *, whole: int) -> Reply:
    body = {"status": "COMPLETE", "results": results}
    body |= {"startedAt": started, "completedAt": call.portal.now}
    if not errors:
        return Reply(whole, body)
    return Reply(207, body | {"numErrors": len(errors), "errors": errors})


def list_groups(call: Call) -> Reply:
    """List the property groups."""
    return Reply(200, {"results": list(call.collection.definitions.groups.values())})


def get_group(call: Call) -> Reply:
    """Return one property group."""
    return Reply(200, call.collection.definitions.group(call.path["name"]))


def create_group(call: Call) -> Reply:
    """Create a property group."""
    return Reply(201, call.collection.definitions.create_group(call.body()))


_SEE = ("crm.schemas.{type}.read", "crm.objects.{type}.read", "crm.objects.{type}.write")
_DEFINE = ("crm.schemas.{type}.write",)
PATHS = (
    Path("properties", "/{type}/groups", "GET", list_groups, _SEE),
    Path("properties", "/{type}/groups", "POST", create_group, _DEFINE),
    Path("properties", "/{type}/groups/{name}", "GET", get_group, _SEE),
    Path("properties", "/{type}/batch/create", "POST", batch_create_properties, _DEFINE),
    Path("properties", "/{type}/batch/read", "POST", batch_read_properties, _SEE),
    Path("properties", "/{type}", "GET", list_properties, _SEE),
    Path("properties", "/{type}", "POST", create_property, _DEFINE),
    Path("properties", "/{type}/{name}", "GET", get_property, _SEE),
    Path("properties", "/{type}/{name}", "PATCH", update_property, _DEFINE),
    Path("properties", "/{type}/{name}", "DELETE", archive_property, _DEFINE),
)
