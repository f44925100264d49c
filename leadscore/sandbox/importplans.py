"""What an import is asked to do: which column goes where, and whether records are made or found.

HubSpot API docs, "Imports". One file with the columns of one object type is served; several files
or object types with associations between them are answered with 501.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from leadscore.sandbox.calls import Call, Upload
from leadscore.sandbox.importfiles import DATE_FORMATS
from leadscore.sandbox.replies import bad_json, invalid, missing_fields, unserved

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Collection, Portal

__all__ = ["OPERATIONS", "Plan", "plan_of", "request_of", "upload_of"]

OPERATIONS = ("CREATE", "UPDATE", "UPSERT")
_IDS = ("HUBSPOT_OBJECT_ID", "HUBSPOT_ALTERNATE_ID")
_DEDUPED = {"contacts": "email", "companies": "domain"}
_UNSERVED = ("createContactListFromImport", "importEvents")

Plan = dict[str, Any]


def request_of(call: Call) -> dict[str, Any]:
    """Return the JSON of the form's ``importRequest``.

    Raises
    ------
    Refusal
        400.
    """
    text = call.form.get("importRequest")
    if text is None:
        raise missing_fields("importRequest")
    try:
        found = json.loads(text.content if isinstance(text, Upload) else text)
    except (ValueError, RecursionError) as problem:
        raise bad_json(str(problem)) from None
    if not isinstance(found, dict):
        raise bad_json("importRequest must be an object")
    missing = [key for key in ("name", "files") if not found.get(key)]
    if missing:
        raise missing_fields(*missing)
    return found


def upload_of(call: Call, request: Mapping[str, Any]) -> Upload:
    """Return the uploaded file, which has the name that the request gives.

    Raises
    ------
    Refusal
        400.
    """
    upload = call.form.get("files")
    if not isinstance(upload, Upload):
        raise missing_fields("files")
    named = _file(request).get("fileName")
    if named != upload.name:
        raise invalid(f"The file {named} is not among the uploaded files: [{upload.name}]")
    return upload


def plan_of(portal: Portal, request: Mapping[str, Any]) -> Plan:
    """Return what is to be done, checked against the portal.

    Raises
    ------
    Refusal
        400: something does not exist or does not fit; 501.
    """
    page = _page(_file(request))
    mappings = _mappings(page)
    collection = _collection(portal, mappings)
    for one in mappings:
        _check_mapping(collection, one)
    plan: Plan = {"kind": collection.kind.name, "header": page.get("hasHeader") is not False}
    plan["columns"] = [_column(one) for one in mappings]
    plan["format"] = _date_format(request)
    plan["operation"] = _operation(portal, request, collection)
    plan["key"] = _key(collection, mappings)
    if plan["operation"] == "UPDATE" and plan["key"] is None:
        raise invalid("An import that only updates needs a column that identifies records.")
    return plan


def _file(request: Mapping[str, Any]) -> dict[str, Any]:
    files = request["files"]
    if not isinstance(files, list) or not all(isinstance(one, dict) for one in files):
        raise bad_json("files must be a list of objects")
    if len(files) > 1:
        raise unserved("imports of several files")
    for key in _UNSERVED:
        if request.get(key) is True:
            raise unserved(key)
    return dict(files[0])


def _page(file: Mapping[str, Any]) -> dict[str, Any]:
    form = file.get("fileFormat", "CSV")
    if form == "SPREADSHEET":
        raise unserved("imports of spreadsheets")
    if form != "CSV":
        raise invalid(f"Invalid fileFormat: {form}; it must be one of: [CSV, SPREADSHEET]")
    page = file.get("fileImportPage")
    if not isinstance(page, dict) or not page.get("columnMappings"):
        raise missing_fields("files.fileImportPage.columnMappings")
    return page


def _mappings(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = page["columnMappings"]
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise bad_json("columnMappings must be a list of objects")
    if any(not isinstance(one.get("columnName"), str) for one in found):
        raise missing_fields("columnMappings.columnName")
    return found


def _column(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Return a column's name and property; None for one that is passed over."""
    return {"name": mapping["columnName"], "property": mapping.get("propertyName")}


def _collection(portal: Portal, mappings: list[dict[str, Any]]) -> Collection:
    given = [one.get("columnObjectTypeId") for one in mappings if one.get("propertyName")]
    if not given or None in given:
        raise missing_fields("columnMappings.columnObjectTypeId")
    kinds = {portal.collection(str(one)).kind.name for one in given}
    linked = any(one.get("toColumnObjectTypeId") for one in mappings)
    if len(kinds) > 1 or linked:
        raise unserved("imports of several object types")
    return portal.collection(kinds.pop())


def _check_mapping(collection: Collection, mapping: Mapping[str, Any]) -> None:
    name, kind = mapping.get("propertyName"), _id_kind(mapping)
    if kind is not None and kind not in (*_IDS, "STANDARD"):
        raise invalid(f"Invalid columnType: {kind}; it must be one of: [{', '.join(_IDS)}]")
    if name is None or kind == "HUBSPOT_OBJECT_ID":
        return
    found = collection.definitions.active.get(str(name))
    if found is None:
        raise invalid(
            f"Property {name} does not exist on {collection.kind.name}.",
            context={"propertyName": [str(name)]},
        )
    if found["modificationMetadata"]["readOnlyValue"]:
        raise invalid(f"{name} is read only and cannot be imported.")
    unique = {*collection.records.unique, _DEDUPED.get(collection.kind.name)}
    if kind == "HUBSPOT_ALTERNATE_ID" and name not in unique:
        raise invalid(f"{name} does not identify records: its values are not unique.")


def _id_kind(mapping: Mapping[str, Any]) -> Any:
    """Return the kind of an id; it is called columnType or idColumnType, by page of the docs."""
    return mapping.get("columnType") or mapping.get("idColumnType")


def _date_format(request: Mapping[str, Any]) -> str:
    found = request.get("dateFormat") or "MONTH_DAY_YEAR"
    if str(found) not in DATE_FORMATS:
        raise invalid(f"Invalid dateFormat: {found}; it must be one of: {sorted(DATE_FORMATS)}")
    return str(found)


def _operation(portal: Portal, request: Mapping[str, Any], collection: Collection) -> str:
    given = request.get("importOperations") or {}
    if not isinstance(given, dict):
        raise bad_json("importOperations must be an object")
    by_kind = {portal.collection(str(key)).kind.name: value for key, value in given.items()}
    for value in by_kind.values():
        if str(value) not in OPERATIONS:
            raise invalid(f"Invalid operation: {value}; it must be one of: {list(OPERATIONS)}")
    return str(by_kind.get(collection.kind.name, "UPSERT"))


def _key(collection: Collection, mappings: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return by which column records are found: their ids come before all others.

    Contacts are found by their email address even if nobody says so.
    """
    kinds = {_id_kind(one): one for one in mappings if one.get("propertyName")}
    for kind in _IDS:
        if kind in kinds:
            own = kind == "HUBSPOT_OBJECT_ID"
            name = None if own else kinds[kind]["propertyName"]
            return {"column": kinds[kind]["columnName"], "property": name}
    mail = [one for one in mappings if one.get("propertyName") == "email"]
    if collection.kind.name == "contacts" and mail:
        return {"column": mail[0]["columnName"], "property": "email"}
    return None
