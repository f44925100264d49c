"""Imports: records from a CSV file, in the background (HubSpot API docs, "Imports").

An import starts half of ``Portal.job_delay`` after it was asked for, and writes its first rows
after the whole of it. Then every request to the portal, a poll or any other, lets each running
import write up to `SLICE` rows before it is handled: so a million rows never hold up one request.
At most three run; the others are deferred.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from leadscore.sandbox.importfiles import rows_of
from leadscore.sandbox.importplans import Plan, plan_of, request_of, upload_of
from leadscore.sandbox.importrows import RowError, Rows
from leadscore.sandbox.moments import from_ms
from leadscore.sandbox.paging import by_place
from leadscore.sandbox.replies import Refusal, Reply, invalid, not_found
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call
    from leadscore.sandbox.portal import Portal

__all__ = ["CHORES", "MOST_A_DAY", "MOST_ROWS", "PATHS", "SLICE", "advance", "start_import"]

MOST_ROWS, LARGEST, MOST_A_DAY = 1_048_576, 512 * 2**20, 80_000_000
MOST_RUNNING, SLICE, DAY = 3, 2_000, 86_400_000
FIRST_ID, FIRST_FILE = 30_000_001, 90_000_000_001
_RUNNING = ("STARTED", "PROCESSING")
_COUNTED = ("CREATED_OBJECTS", "UPDATED_OBJECTS", "UNIQUE_OBJECTS_WRITTEN")


def start_import(call: Call) -> Reply:
    """Take an import on.

    Raises
    ------
    Refusal
        400: the request does not fit the portal, and nothing is imported; 429: too many rows.
    """
    portal, request = call.portal, request_of(call)
    upload = upload_of(call, request)
    plan = plan_of(portal, request)
    imports = portal.shelf("imports")
    if len(upload.content) > LARGEST:
        raise _too_many(
            f"The file is {len(upload.content)} bytes large; at most {LARGEST} are taken."
        )
    number = len(imports)
    times = {"created": portal.now_ms, "updated": portal.now_ms, "start": portal.now_ms}
    plan |= {"id": str(FIRST_ID + number), "file": FIRST_FILE + number, "name": request["name"]}
    kind = portal.collection(plan["kind"]).kind
    plan["type"] = {"objectTypeId": kind.type_id, "objectType": kind.singular.upper()}
    plan |= times | {"request": request, "errors": [], "next": 0, "seen": {}}
    _read(plan, upload.content)
    _check_day(portal, plan)
    plan.setdefault("state", "DEFERRED" if _running(portal) >= MOST_RUNNING else "STARTED")
    imports[plan["id"]] = plan
    return Reply(200, _shape(plan))


def _read(plan: Plan, content: bytes) -> None:
    """Read the file; one that cannot be read makes an import that fails."""
    plan |= {"rows": [], "order": [], "width": 0}
    plan["counters"] = dict.fromkeys(("TOTAL_ROWS", *_COUNTED, "PROPERTY_VALUES_EMITTED"), 0)
    try:
        rows = rows_of(content)
    except ValueError as problem:
        _fail(plan, "INVALID_FILE_TYPE", f"The file is not CSV in UTF-8: {problem}")
        return
    head = rows.pop(0) if plan["header"] and rows else []
    if len(rows) > MOST_ROWS:
        raise _too_many(f"The file has {len(rows)} rows; at most {MOST_ROWS} are taken.")
    plan["counters"]["TOTAL_ROWS"] = plan["total"] = len(rows)
    plan["rows"], plan["width"] = rows, len(head) or len(plan["columns"])
    _place(plan, head)


def _place(plan: Plan, head: list[str]) -> None:
    """Find the planned columns in the file: by their names, or without a head by their order."""
    names = [one["name"] for one in plan["columns"]]
    head = head if plan["header"] else names
    missing = [name for name in names if name not in head]
    if missing or not plan["total"]:
        what = f"Columns are not in the file: {missing}" if missing else "The file has no rows."
        _fail(plan, "INVALID_COLUMN_CONFIGURATION", what)
        return
    plan["order"] = [head.index(name) for name in names]
    plan["keyColumn"] = head.index(plan["key"]["column"]) if plan["key"] else None
    mapped = sum(one["property"] is not None for one in plan["columns"])
    plan["counters"] |= {"MAPPED_COLUMNS": mapped, "UNMAPPED_COLUMNS": len(head) - mapped}


def _fail(plan: Plan, kind: str, message: str) -> None:
    plan |= {"state": "FAILED", "rows": [], "total": 0}
    plan["errors"].append(_error(plan, 1, [], kind, message))


def _check_day(portal: Portal, plan: Plan) -> None:
    recent = (
        one for one in portal.shelf("imports").values() if one["created"] > plan["created"] - DAY
    )
    if sum(one["total"] for one in recent) + plan["total"] > MOST_A_DAY:
        raise _too_many(f"At most {MOST_A_DAY} rows are imported in a day.")


def _too_many(message: str) -> Refusal:
    return Refusal(429, message, "RATE_LIMITS", policyName="IMPORTS")


def _running(portal: Portal) -> int:
    return sum(one["state"] in _RUNNING for one in portal.shelf("imports").values())


# --------------------------------------------------------------------------- in the background


def advance(portal: Portal) -> None:
    """Let every running import go on by a slice, and start what was deferred."""
    for plan in portal.shelf("imports").values():
        if plan["state"] == "DEFERRED" and _running(portal) < MOST_RUNNING:
            plan |= {"state": "STARTED", "start": portal.now_ms, "updated": portal.now_ms}
        if plan["state"] in _RUNNING:
            _step(portal, plan)


def _step(portal: Portal, plan: Plan) -> None:
    waited, delay = portal.now_ms - plan["start"], portal.job_delay * 1000
    if waited >= delay / 2:
        plan["state"] = "PROCESSING"
    if waited < delay:
        return
    try:
        rows = Rows(portal, plan)
    except Refusal as gone:
        # The object type was deleted in the meantime.
        _fail(plan, "MISSING_OBJECT_DEFINITION", gone.message)
        return
    start = plan["next"]
    plan["next"] = min(start + SLICE, plan["total"])
    for place in range(start, plan["next"]):
        _one(rows, plan, place)
    rows.rest()
    plan["updated"] = portal.now_ms
    if plan["next"] == plan["total"]:
        plan |= {"state": "DONE", "rows": [], "seen": {}}


def _one(rows: Rows, plan: Plan, place: int) -> None:
    row, line = plan["rows"][place], place + 1 + plan["header"]
    try:
        rows.write(row)
    except RowError as bad:
        error = _error(plan, line, row, bad.kind, str(bad))
        if bad.property is not None:
            column = _column(plan, bad.property)
            error |= {"knownColumnNumber": column, "invalidValue": row[column]}
        error["createdAt"] = rows.portal.now_ms
        plan["errors"].append(error)


def _column(plan: Plan, name: str) -> int:
    names = [one["property"] for one in plan["columns"]]
    return int(plan["order"][names.index(name)])


def _error(plan: Plan, line: int, row: list[str], kind: str, message: str) -> dict[str, Any]:
    source = {"lineNumber": line, "rowData": row, "fileId": plan["file"]}
    source |= {"containsEncryptedProperties": False, "additionalRowData": []}
    key = f"{plan['id']}{len(plan['errors']):06}"
    error = {"id": key, "createdAt": plan["updated"], "errorType": kind, "errorMessage": message}
    return error | {"sourceData": source}


# --------------------------------------------------------------------------- how far they are


def _shape(plan: Plan) -> dict[str, Any]:
    counters = {key: number for key, number in plan["counters"].items() if number}
    counters |= {"ERRORS": len(plan["errors"])} if plan["errors"] else {}
    counters["TOTAL_ROWS"] = plan["total"]
    metadata = {"counters": counters, "fileIds": [str(plan["file"])], "objectLists": []}
    shape = {"id": plan["id"], "state": plan["state"], "importName": plan["name"]}
    shape |= {"createdAt": from_ms(plan["created"]), "updatedAt": from_ms(plan["updated"])}
    shape |= {"metadata": metadata, "importRequestJson": plan["request"], "importSource": "API"}
    kinds = {one.get("columnObjectTypeId") for one in _columns(plan)}
    return shape | {"optOutImport": False, "mappedObjectTypeIds": sorted(filter(None, kinds))}


def _columns(plan: Plan) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = plan["request"]["files"][0]["fileImportPage"]["columnMappings"]
    return found


def _known(call: Call) -> Plan:
    found: Plan | None = call.portal.shelf("imports").get(call.path["id"])
    if found is None:
        raise not_found(f"Import {call.path['id']} does not exist.")
    return found


def get_import(call: Call) -> Reply:
    """Return how far an import is."""
    return Reply(200, _shape(_known(call)))


def list_imports(call: Call) -> Reply:
    """List imports, the oldest first, up to 100 at a time (the order is assumed)."""
    return _page(call, list(call.portal.shelf("imports").values()), _shape)


def list_errors(call: Call) -> Reply:
    """List what was wrong with rows; messages and rows come when they are asked for."""
    hidden = set[str]()
    if call.query.get("includeErrorMessage", "").lower() != "true":
        hidden.add("errorMessage")
    rows = call.query.get("includeRowData", "").lower() == "true"
    plan = _known(call)

    def shape(error: dict[str, Any]) -> dict[str, Any]:
        source = error["sourceData"] | ({} if rows else {"rowData": []})
        kept = {key: value for key, value in error.items() if key not in hidden}
        return {**kept, **plan["type"], "sourceData": source}

    return _page(call, plan["errors"], shape)


def _page(
    call: Call, listed: list[dict[str, Any]], shape: Callable[[dict[str, Any]], dict[str, Any]]
) -> Reply:
    limit = call.integer("limit", default=100, most=100)
    return Reply(200, by_place(call, listed, limit=limit, shape=shape))


def cancel_import(call: Call) -> Reply:
    """Stop an import; what it has written stays. One that is over cannot be stopped (assumed)."""
    plan, now = _known(call), call.portal.now
    if plan["state"] not in (*_RUNNING, "DEFERRED"):
        raise invalid(f"Import {plan['id']} is {plan['state']} and cannot be canceled.")
    plan |= {"state": "CANCELED", "rows": [], "seen": {}, "updated": call.portal.now_ms}
    times = dict.fromkeys(("requestedAt", "startedAt", "completedAt"), now)
    return Reply(200, {"status": "COMPLETE"} | times)


CHORES = (advance,)
_SCOPE = ("crm.import",)
PATHS = (
    Path("imports", "", "POST", start_import, _SCOPE),
    Path("imports", "", "GET", list_imports, _SCOPE),
    Path("imports", "/{id}", "GET", get_import, _SCOPE),
    Path("imports", "/{id}/errors", "GET", list_errors, _SCOPE),
    Path("imports", "/{id}/cancel", "POST", cancel_import, _SCOPE),
)
