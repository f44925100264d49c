"""Exports: records as a file, made in the background (HubSpot API docs, "Exports").

One export runs at a time, the others wait for it. How far each is follows from the portal's
clock: half of ``Portal.job_delay`` pending, half processing. What a file holds is what the portal
holds when its export ends; it is written before the next request is handled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from leadscore.sandbox import liststore
from leadscore.sandbox.downloads import keep, link
from leadscore.sandbox.exportfiles import MOST_LINKED, Layout, packed, written
from leadscore.sandbox.moments import from_ms
from leadscore.sandbox.replies import (
    Refusal,
    Reply,
    bad_json,
    invalid,
    missing_fields,
    not_found,
    unserved,
)
from leadscore.sandbox.routes import Path
from leadscore.sandbox.search import every

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call
    from leadscore.sandbox.portal import Collection, Portal
    from leadscore.sandbox.records import Record

__all__ = ["CHORES", "MOST", "PATHS", "VALID", "export_status", "finish", "start_export"]

MOST, SPAN, VALID = 30, 86_400_000, 300
FIRST_ID = 5_000_001
_NEEDED = ("exportType", "exportName", "format", "language", "objectType", "objectProperties")
_FORMATS = ("CSV", "XLS", "XLSX")
_LANGUAGES = frozenset(
    [
        "AF_ZA",
        "AR_EG",
        "BG",
        "BN",
        "CA_ES",
        "CS",
        "DA_DK",
        "DE",
        "EL_GR",
        "EN",
        "EN_GB",
        "ES",
        "ES_MX",
        "ET_EE",
        "FI",
        "FR",
        "FR_CA",
        "HE_IL",
        "HI_IN",
        "HR",
        "HU",
        "ID",
        "IT",
        "JA",
        "KO_KR",
        "LT_LT",
        "MS",
        "NL",
        "NO",
        "PL",
        "PT_BR",
        "PT_PT",
        "RO",
        "RU",
        "SK_SK",
        "SL",
        "SV",
        "TH",
        "TL",
        "TR",
        "UK",
        "VI_VN",
        "ZH_CN",
        "ZH_HK",
        "ZH_TW",
    ]
)
_DIRECTIONS = {"ASC": "ASCENDING", "DES": "DESCENDING", "DESC": "DESCENDING"}
_UNSERVED = ("includeLabeledAssociations", "includePrimaryDisplayPropertyForAssociatedObjects")


def start_export(call: Call) -> Reply:
    """Take an export on: 202 with the id of its task.

    Raises
    ------
    Refusal
        400; 429 after 30 in any 24 hours; 501 for what this sandbox does not write.
    """
    body, portal = call.body(*_NEEDED), call.portal
    _check(portal, body)
    exports, now = portal.shelf("exports"), portal.now_ms
    if sum(one["requested"] > now - SPAN for one in exports.values()) >= MOST:
        message = f"You have reached your limit of {MOST} exports in 24 hours."
        raise Refusal(429, message, "RATE_LIMITS", policyName="EXPORTS")
    start = max((one["end"] for one in exports.values()), default=now)
    start, key = max(start, now), str(FIRST_ID + len(exports))
    end = start + round(portal.job_delay * 1000)
    times = {"requested": now, "start": start, "end": end}
    exports[key] = {"id": key, "body": body, "count": None, "done": False} | times
    where = str(call.url.replace(query=""))
    return Reply(202, {"id": key, "links": {"status": f"{where}/tasks/{key}/status"}})


# --------------------------------------------------------------------------- what is asked for


def _check(portal: Portal, body: Mapping[str, Any]) -> None:
    _one_of(body, "exportType", ("VIEW", "LIST"))
    _one_of(body, "language", sorted(_LANGUAGES))
    if _one_of(body, "format", _FORMATS) != "CSV":
        raise unserved(f"exports as {body['format']}")
    if not str(body["language"]).startswith("EN"):
        raise unserved(f"exports in the language {body['language']}")
    for key in _UNSERVED:
        if body.get(key) is True:
            raise unserved(key)
    collection = portal.collection(str(body["objectType"]))
    _layout(portal, collection, body)
    _records(portal, collection, body)


def _one_of(body: Mapping[str, Any], key: str, allowed: Sequence[str]) -> str:
    value = body[key]
    if value not in allowed:
        raise invalid(f"Invalid {key}: {value}; it must be one of: [{', '.join(allowed)}]")
    return str(value)


def _layout(portal: Portal, collection: Collection, body: Mapping[str, Any]) -> Layout:
    properties = _texts(body, "objectProperties")
    unknown = [name for name in properties if name not in collection.definitions.active]
    if unknown:
        raise invalid(f"Properties do not exist: [{', '.join(unknown)}]")
    options = _texts(body, "exportInternalValuesOptions")
    if set(options) - {"NAMES", "VALUES"}:
        raise invalid(f"Invalid exportInternalValuesOptions: {options}")
    others = [portal.collection(one) for one in _texts(body, "associatedObjectType")]
    most = None if body.get("overrideAssociatedObjectsPerDefinitionPerRowLimit") else MOST_LINKED
    wanted = [name for name in dict.fromkeys(properties) if name != "hs_object_id"]
    return Layout(wanted, "NAMES" in options, "VALUES" in options, others, most)


def _texts(body: Mapping[str, Any], key: str) -> list[str]:
    """Return a list of texts; one text alone is a list, too (the clients send either)."""
    found = body.get(key) or []
    listed = [found] if isinstance(found, str) else found
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise bad_json(f"{key} must be a list of strings")
    return listed


def _records(portal: Portal, collection: Collection, body: Mapping[str, Any]) -> Sequence[Record]:
    if body["exportType"] == "LIST":
        return _members(portal, collection, body)
    asked = body.get("publicCrmSearchRequest") or {}
    if not isinstance(asked, dict):
        raise bad_json("publicCrmSearchRequest must be an object")
    sorts = asked.get("sorts") or []
    if not isinstance(sorts, list):
        raise bad_json("sorts must be a list")
    sorts = [_sort(one) for one in sorts]
    return every(portal, collection, asked | {"sorts": sorts})


def _members(portal: Portal, collection: Collection, body: Mapping[str, Any]) -> list[Record]:
    if body.get("listId") is None:
        raise missing_fields("listId")
    kept = liststore.find(portal, str(body["listId"]))
    if kept["objectTypeId"] != collection.kind.type_id:
        raise invalid(f"List {kept['listId']} is not one of {collection.kind.name}.")
    found = (collection.records.get(one) for one in liststore.members(portal, kept))
    return [record for record in found if record]


def _sort(given: Any) -> Any:
    """Return a sort as searches know it: those of exports say ASC or DES."""
    if not isinstance(given, dict) or "order" not in given:
        return given
    if str(given["order"]) not in _DIRECTIONS:
        raise invalid(f"Invalid order: {given['order']}")
    return {
        "propertyName": given.get("propertyName"),
        "direction": _DIRECTIONS[given["order"]],
    }


# --------------------------------------------------------------------------- in the background


def finish(portal: Portal) -> None:
    """Write the files of the exports that have ended by now."""
    exports = portal.shelf("exports")
    for one in exports.values():
        if not one["done"] and one["end"] <= portal.now_ms:
            one["done"] = True
            _write(portal, one)


def _write(portal: Portal, export: dict[str, Any]) -> None:
    body = export["body"]
    try:
        collection = portal.collection(str(body["objectType"]))
        records = _records(portal, collection, body)
        tables = written(portal, collection, records, _layout(portal, collection, body))
    except Refusal:
        # What it asked for was taken away in the meantime.
        export["failed"] = True
        return
    plain = "".join(one if one.isalnum() or one in "-_ " else "_" for one in body["exportName"])
    name, kind, content = packed(plain.strip() or "export", tables)
    keep(portal, f"export {export['id']}", content, name=name, kind=kind)
    export["count"] = len(records)


def _found(call: Call) -> dict[str, Any]:
    found: dict[str, Any] | None = call.portal.shelf("exports").get(call.path["id"])
    if found is None:
        raise not_found(f"Export {call.path['id']} does not exist.")
    return found


def _state(portal: Portal, export: Mapping[str, Any]) -> str:
    if export["done"]:
        return "CANCELED" if export.get("failed") else "COMPLETE"
    half = (export["start"] + export["end"]) / 2
    return "PENDING" if portal.now_ms < half else "PROCESSING"


def export_status(call: Call) -> Reply:
    """Return how far an export is; once it is complete, each time with a new link."""
    export, portal = _found(call), call.portal
    state = _state(portal, export)
    ended = export["end"] if export["done"] else portal.now_ms
    times = {"requestedAt": export["requested"], "startedAt": min(export["start"], portal.now_ms)}
    body: dict[str, Any] = {"status": state, "completedAt": from_ms(ended)}
    body |= {key: from_ms(at) for key, at in times.items()}
    if state == "COMPLETE":
        body["result"] = link(call, f"export {export['id']}", seconds=VALID)[0]
    return Reply(200, body)


_STATES = {"COMPLETE": "DONE", "CANCELED": "FAILED", "PENDING": "ENQUEUED"}


def get_export(call: Call) -> Reply:
    """Return what an export is, and how many records it holds."""
    export, portal = _found(call), call.portal
    body, state = export["body"], _state(portal, export)
    changed = {"COMPLETE": export["end"], "PROCESSING": export["start"]}
    shape: dict[str, Any] = {key: body[key] for key in ("exportName", "exportType")}
    shape |= {"id": export["id"], "exportState": _STATES.get(state, state)}
    shape |= {"objectProperties": _texts(body, "objectProperties")}
    shape |= {"objectType": str(body["objectType"]), "createdAt": from_ms(export["requested"])}
    shape["updatedAt"] = from_ms(changed.get(state, export["requested"]))
    return Reply(200, shape | ({"recordCount": export["count"]} if state == "COMPLETE" else {}))


CHORES = (finish,)
_SCOPE = ("crm.export",)
PATHS = (
    Path("exports", "/export/async", "POST", start_export, _SCOPE),
    Path("exports", "/export/async/tasks/{id}/status", "GET", export_status, _SCOPE),
    Path("exports", "/export/{id}", "GET", get_export, _SCOPE),
)
