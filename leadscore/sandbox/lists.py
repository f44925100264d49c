"""Lists, which HubSpot calls segments too: made, found, changed, deleted.

HubSpot API docs, "Lists" and "Segments".
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any

from leadscore.sandbox import liststore
from leadscore.sandbox.calls import Call, whole
from leadscore.sandbox.listfilters import compiled
from leadscore.sandbox.replies import Refusal, Reply, bad_json, invalid, not_found, unserved
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Collection, Portal

__all__ = ["PATHS"]

MOST_FOUND = 500
_OWN = {"members", "edition", "left", "seen", "removed", "filterBranch"}

Kept = dict[str, Any]


def _fields(portal: Portal, kept: Kept) -> dict[str, Any]:
    status = "PROCESSING" if liststore.processing(portal, kept) else "COMPLETE"
    return {key: value for key, value in kept.items() if key not in _OWN} | {
        "processingStatus": status
    }


def _shown(call: Call, kept: Kept, *, filters: bool = False) -> dict[str, Any]:
    shape = _fields(call.portal, kept) | {
        "size": len(liststore.members(call.portal, kept)),
        "listPermissions": {"teamsWithEditAccess": [], "usersWithEditAccess": []},
        "membershipSettings": {"membershipTeamId": None, "includeUnassigned": None},
    }
    if filters and "filterBranch" in kept:
        shape["filterBranch"] = kept["filterBranch"]
    return shape


def _filters_asked(call: Call) -> bool:
    return call.query.get("includeFilters", "false").lower() == "true"


# --------------------------------------------------------------------------- make and find


def _collection(call: Call, type_id: Any) -> Collection:
    """Return an object type by its id; names do not do here."""
    kinds = {one.kind.type_id: one for one in call.portal.collections.values()}
    if str(type_id) not in kinds:
        message = f"The objectTypeId {type_id} provided for the list is not valid for this portal."
        raise invalid(message, subCategory="ListError.INVALID_OBJECT_TYPE_FOR_LIST")
    return kinds[type_id]


def create(call: Call) -> Reply:
    """Make a list: 200, not 201."""
    body = call.body("name", "objectTypeId", "processingType")
    collection, kind = _collection(call, body["objectTypeId"]), body["processingType"]
    _check_types([kind])
    name, branch = liststore.check_name(call.portal, body["name"]), body.get("filterBranch")
    if branch is not None:
        if kind == "MANUAL":
            raise invalid("A MANUAL list has no filters.")
        compiled(collection, branch)
    made = liststore.create(call.portal, collection, name, kind, branch)
    return Reply(200, {"list": _shown(call, made, filters=True)})


def _check_types(given: Any) -> None:
    if not isinstance(given, list):
        raise bad_json("processingTypes must be a list")
    for one in given:
        if one not in liststore.TYPES:
            message = f"Invalid processingType {one}; it must be one of: {list(liststore.TYPES)}"
            raise invalid(message, subCategory="ListError.INVALID_PROCESSING_TYPE")


def get_one(call: Call) -> Reply:
    """Return a list by its id."""
    kept = liststore.find(call.portal, call.path["list_id"])
    return Reply(200, {"list": _shown(call, kept, filters=_filters_asked(call))})


def get_named(call: Call) -> Reply:
    """Return a list by its object type and name."""
    collection = _collection(call, call.path["object_type_id"])
    kept = liststore.named(call.portal, call.path["name"])
    if kept is None or kept["objectTypeId"] != collection.kind.type_id:
        message = f"List does not exist with name {call.path['name']}."
        raise not_found(message, subCategory="ListError.LIST_NOT_FOUND")
    return Reply(200, {"list": _shown(call, kept, filters=_filters_asked(call))})


def get_many(call: Call) -> Reply:
    """Return lists by their ids; those that are not there are left out."""
    asked, filters = set(call.names("listIds")), _filters_asked(call)
    found = [one for one in liststore.every(call.portal) if one["listId"] in asked]
    return Reply(200, {"lists": [_shown(call, one, filters=filters) for one in found]})


# --------------------------------------------------------------------------- search


def _matching(call: Call, body: dict[str, Any]) -> list[Kept]:
    """Return the lists that a search body describes, by id."""
    kinds = body.get("processingTypes") or []
    _check_types(kinds)
    query, object_type = str(body.get("query") or "").lower(), body.get("objectTypeId")
    ids = body.get("listIds") or []
    if not isinstance(ids, list):
        raise bad_json("listIds must be a list")
    ids = [str(one) for one in ids]
    return [
        one
        for one in liststore.every(call.portal)
        if query in one["name"].lower()
        and (not kinds or one["processingType"] in kinds)
        and object_type in (None, one["objectTypeId"])
        and (not ids or one["listId"] in ids)
    ]


def _found(call: Call, kept: Kept) -> dict[str, Any]:
    """Return a list as searches show it."""
    members = liststore.members(call.portal, kept)
    more = {"hs_list_size": str(len(members)), "hs_list_reference_count": "0"}
    if members:
        more["hs_last_record_added_at"] = str(max(last for _, last in members.values()))
    if kept["removed"]:
        more["hs_last_record_removed_at"] = str(kept["removed"])
    return _fields(call.portal, kept) | {"additionalProperties": more}


def search(call: Call) -> Reply:
    """Search lists by their names, types and ids: 20 at a time, at most 500."""
    body = call.body()
    if body.get("sort") not in (None, "", "HS_LIST_ID"):
        raise unserved(f"searches of lists sorted by {body['sort']}")
    count = whole(body.get("count") or 20, "count", most=MOST_FOUND)
    offset = whole(body.get("offset") or 0, "offset", least=0, most=10**9)
    found = _matching(call, body)
    end = min(offset + count, max(len(found), offset))
    shown = [_found(call, one) for one in found[offset:end]]
    more = end < len(found)
    return Reply(200, {"lists": shown, "offset": end, "hasMore": more, "total": len(found)})


def page_all(call: Call) -> Reply:
    """Page through all lists by a cursor; version 2026-09 only."""
    body = call.body()
    count = whole(body.get("count") or 20, "count", most=MOST_FOUND)
    found = _matching(call, {key: body.get(key) for key in ("processingTypes", "objectTypeId")})
    start = _from_cursor(body) if body.get("after") else 0
    rest = [one for one in found if int(one["listId"]) > start]
    reply: dict[str, Any] = {"results": [_found(call, one) for one in rest[:count]]}
    if len(rest) > count:
        reply["paging"] = {"next": {"after": _cursor(body, rest[count - 1]["listId"])}}
    return Reply(200, reply)


def _asked(body: dict[str, Any]) -> dict[str, Any]:
    keys = ("objectTypeId", "processingTypes")
    return {key: body[key] for key in keys if body.get(key)}


def _cursor(body: dict[str, Any], list_id: str) -> str:
    state = json.dumps({"listId": list_id, **_asked(body)})
    return urlsafe_b64encode(state.encode()).decode().rstrip("=")


def _from_cursor(body: dict[str, Any]) -> int:
    """Read a cursor; it holds for the same filters only."""
    try:
        text = str(body["after"])
        state = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        number = int(state.pop("listId"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        state, number = None, 0
    if state != _asked(body):
        raise invalid("Invalid after.", subCategory="ListError.INVALID_CURSOR")
    return number


# --------------------------------------------------------------------------- change


def rename(call: Call) -> Reply:
    """Give a list another name."""
    kept = liststore.find(call.portal, call.path["list_id"])
    name = call.query.get("listName")
    kept["name"] = liststore.check_name(call.portal, name, own=kept["listId"])
    kept["updatedAt"] = call.portal.now
    return Reply(200, {"updatedList": _shown(call, kept, filters=_filters_asked(call))})


def refilter(call: Call) -> Reply:
    """Give a DYNAMIC list other filters."""
    kept = liststore.find(call.portal, call.path["list_id"])
    branch = call.body("filterBranch")["filterBranch"]
    if kept["processingType"] != "DYNAMIC":
        message = f"Filters of list {kept['listId']} cannot be changed: it is not DYNAMIC."
        raise invalid(message, subCategory="ListError.INVALID_PROCESSING_TYPE")
    compiled(_collection(call, kept["objectTypeId"]), branch)
    liststore.set_filters(call.portal, kept, branch)
    return Reply(200, {"updatedList": _shown(call, kept, filters=True)})


def delete(call: Call) -> Reply:
    """Delete a list; its name is free again."""
    liststore.delete(call.portal, liststore.find(call.portal, call.path["list_id"]))
    return Reply(204)


def restore(call: Call) -> Reply:
    """Bring back a list that was deleted in the last 90 days."""
    key = call.path["list_id"]
    try:
        liststore.find(call.portal, key)
    except Refusal:
        liststore.restore(call.portal, liststore.find(call.portal, key, deleted=True))
    return Reply(204)


def _unserved(_: Call) -> Reply:
    """Refuse: HubSpot has it, and this sandbox does not."""
    raise unserved("folders, legacy ids, conversions and size histories of lists")


_READ, _WRITE = ("crm.lists.read",), ("crm.lists.write",)
_UNSERVED = (
    *(("/folders", verb) for verb in ("GET", "POST")),
    ("/folders/move-list", "PUT"),
    ("/folders/{folder_id}", "DELETE"),
    ("/folders/{folder_id}/rename", "PUT"),
    ("/folders/{folder_id}/move/{parent_id}", "PUT"),
    *(("/idmapping", verb) for verb in ("GET", "POST")),
    *(("/{list_id}/schedule-conversion", verb) for verb in ("GET", "PUT", "DELETE")),
    ("/{list_id}/size-and-edits-history/between", "GET"),
)
PATHS = (
    *(Path("lists", path, verb, _unserved, _READ) for path, verb in _UNSERVED),
    Path("lists", "", "POST", create, _WRITE),
    Path("lists", "", "GET", get_many, _READ),
    Path("lists", "/search", "POST", search, _READ),
    Path("elsewhere", "/crm/lists/2026-09/all", "POST", page_all, _READ),
    Path("lists", "/object-type-id/{object_type_id}/name/{name}", "GET", get_named, _READ),
    Path("lists", "/{list_id}", "GET", get_one, _READ),
    Path("lists", "/{list_id}", "DELETE", delete, _WRITE),
    Path("lists", "/{list_id}/restore", "PUT", restore, _WRITE),
    Path("lists", "/{list_id}/update-list-name", "PUT", rename, _WRITE),
    Path("lists", "/{list_id}/update-list-filters", "PUT", refilter, _WRITE),
)
