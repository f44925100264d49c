"""The types of association between two object types, and the portal's own labels.

HubSpot API docs, "Associations schema": a label has a name, which is internal, and may have
another label in the other direction; ten for each pair of object types.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from leadscore.sandbox.associationcalls import pair
from leadscore.sandbox.associationtypes import USER, AssociationType
from leadscore.sandbox.records import record_id
from leadscore.sandbox.replies import Reply, invalid, not_found, unserved
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call

__all__ = ["PATHS"]

MOST_LABELS = 10
# HubSpot API docs: a name holds no hyphens and does not start with a digit.
_NAME = re.compile(r"[A-Za-z_][^-]*")


def _own(call: Call) -> list[AssociationType]:
    kind, to_kind = pair(call)
    found = call.portal.associations.types.between(kind, to_kind)
    return [one for one in found if one.category == USER and one.label]


def list_types(call: Call) -> Reply:
    """List the types from one object type to another."""
    kind, to_kind = pair(call)
    types = call.portal.associations.types
    types.default(kind, to_kind)
    return Reply(200, {"results": [one.wire() for one in types.between(kind, to_kind)]})


def create_label(call: Call) -> Reply:
    """Create a label, and its inverse."""
    kind, to_kind = pair(call)
    body, types = call.body("label", "name"), call.portal.associations.types
    name, label = str(body["name"]), str(body["label"])
    _check_new(call, name, label)
    inverse = str(body["inverseLabel"]) if body.get("inverseLabel") else label
    made = types.define(kind, to_kind, name, label, inverse)
    both = dict.fromkeys((made, types[made.inverse]))
    return Reply(200, {"results": [one.wire() for one in both]})


def _check_new(call: Call, name: str, label: str) -> None:
    own = _own(call)
    if not _NAME.fullmatch(name):
        raise invalid(f"Invalid name of an association label: {name}")
    if len(own) >= MOST_LABELS:
        raise invalid(f"There are {MOST_LABELS} association labels between these object types.")
    if any(one.name == name or one.label == label for one in own):
        raise invalid(f"An association label with name {name} or label {label} already exists.")


def _one(call: Call, key: Any) -> AssociationType:
    number = record_id(key)
    types = call.portal.associations.types
    found = next((one for one in _own(call) if one.id == number), None)
    if found is None and number in types:
        raise invalid(f"Association type {key} is not a label of this portal's own here.")
    if found is None:
        raise not_found(f"There is no association type {key}.")
    return found


def rename_label(call: Call) -> Reply:
    """Give a label other words, and its inverse."""
    body = call.body("associationTypeId", "label")
    found, inverse = _one(call, body["associationTypeId"]), body.get("inverseLabel")
    types = call.portal.associations.types
    types.rename(found.id, str(body["label"]), str(inverse) if inverse else None)
    return Reply(204)


def delete_label(call: Call) -> Reply:
    """Delete a label and its inverse; records that had it stay associated."""
    call.portal.associations.forget_type(_one(call, call.path["type_id"]).id)
    return Reply(204)


def list_limits(call: Call) -> Reply:
    """List the limits that the portal has set: it cannot set any, so there are none."""
    if "type" in call.path:
        pair(call)
    return Reply(200, {"results": []})


def _unserved(_: Call) -> Reply:
    """Refuse: HubSpot has it, and this sandbox does not."""
    raise unserved("limits that a portal sets itself, nor reports of high usage,")


_SCHEMA = ("crm.schemas.{type}.read", "crm.objects.{type}.read")
_WRITE = ("crm.schemas.{type}.write",)
# Who may read records of any type may ask for the limits (HubSpot API docs, "Limits tracking").
_ANY = tuple(f"crm.objects.{name}.read" for name in ("contacts", "companies", "deals", "custom"))
_LABELS = "/{type}/{to}/labels"
_LIMITS = "/definitions/configurations"
_PAIR = f"{_LIMITS}/{{type}}/{{to}}"
_OPTIONS: dict[str, Any] = {"policy": "associations"}
PATHS = (
    Path("associations", f"{_LIMITS}/all", "GET", list_limits, _ANY, **_OPTIONS),
    Path("associations", _LABELS, "GET", list_types, _SCHEMA, **_OPTIONS),
    Path("associations", _LABELS, "POST", create_label, _WRITE, **_OPTIONS),
    Path("associations", _LABELS, "PUT", rename_label, _WRITE, **_OPTIONS),
    Path("associations", f"{_LABELS}/{{type_id}}", "DELETE", delete_label, _WRITE, **_OPTIONS),
    Path("associations", _PAIR, "GET", list_limits, _SCHEMA, **_OPTIONS),
    Path("associations", f"{_PAIR}/batch/create", "POST", _unserved, _WRITE, **_OPTIONS),
    Path("associations", f"{_PAIR}/batch/update", "POST", _unserved, _WRITE, **_OPTIONS),
    Path("associations", f"{_PAIR}/batch/purge", "POST", _unserved, _WRITE, **_OPTIONS),
    Path("associations", "/usage/high-usage-report/{user_id}", "POST", _unserved, _ANY, **_OPTIONS),
)
