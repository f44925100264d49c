"""Records one at a time, and a page of them (HubSpot API docs, "Contacts", "Using object APIs")."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from leadscore.sandbox import edits, intake, links
from leadscore.sandbox.calls import Call
from leadscore.sandbox.portal import Collection
from leadscore.sandbox.records import Record
from leadscore.sandbox.replies import Refusal, Reply, invalid, not_found
from leadscore.sandbox.routes import Path

__all__ = [
    "PATHS",
    "archive_one",
    "create_one",
    "find",
    "get_one",
    "known",
    "list_page",
    "shown",
    "update_one",
]

MOST_LISTED = 100
# HubSpot's own clients page by 50 with history; the server's own limit is not documented.
MOST_WITH_HISTORY = 50


def known(collection: Collection, asked: Iterable[str]) -> list[str]:
    """Return the properties of a reply: those asked for that exist, or the type's defaults.

    A property that does not exist is left out without a word (HubSpot API docs, "Contacts").
    """
    kind = collection.kind
    always = ("createdate", "hs_object_id", kind.modified)
    names = [*asked, *always]
    wanted = dict.fromkeys(names if len(names) > len(always) else kind.shown)
    return [name for name in wanted if name in collection.definitions.active]


def shown(
    call: Call,
    collection: Collection,
    record: Record,
    names: list[str],
    *,
    history: Sequence[str] = (),
    associations: Sequence[str] = (),
) -> dict[str, Any]:
    """Return a record as HubSpot sends it: strings, and null for what is not known."""
    values, number = record.values, str(record.id)
    get, kind = values.get, collection.kind
    where = f"https://app.hubspot.com/contacts/{call.portal.id}/record/{kind.type_id}/{number}"
    shape = {
        "id": number,
        "properties": {name: get(name) for name in names},
        "createdAt": values["createdate"],
        "updatedAt": values[kind.modified],
        "archived": bool(record.archived_at),
        "url": where,
    }
    if record.archived_at:
        shape["archivedAt"] = record.archived_at
    if history:
        shape["propertiesWithHistory"] = _histories(call, collection, record, history)
    if associations:
        found = links.shown(call.portal, kind.name, record.id, associations)
        if found:
            shape["associations"] = found
    return shape


def _histories(
    call: Call, collection: Collection, record: Record, names: Sequence[str]
) -> dict[str, Any]:
    most, active = call.portal.history_cap, collection.definitions.active
    return {
        name: [change.wire() for change in edits.past(collection, record, name)[::-1][:most]]
        for name in names
        if name in active
    }


def list_page(call: Call) -> Reply:
    """List records by id, up to 100 at a time."""
    collection, names = call.collection, known(call.collection, call.names("properties"))
    history, ends = call.names("propertiesWithHistory"), call.names("associations")
    limit = call.integer("limit", default=10, most=MOST_WITH_HISTORY if history else MOST_LISTED)
    after = _cursor(call.query.get("after", "0"))
    found = _page(call, collection, after, limit + 1)
    body: dict[str, Any] = {
        "results": [
            shown(call, collection, record, names, history=history, associations=ends)
            for record in found[:limit]
        ]
    }
    if len(found) > limit:
        body["paging"] = {"next": _next(call, str(found[limit].id))}
    return Reply(200, body)


def _page(call: Call, collection: Collection, after: int, limit: int) -> list[Record]:
    if call.archived:
        edits.expire(call.portal, collection)
    shuffled = call.portal.list_order == "shuffled"
    return collection.records.page(
        after=after, limit=limit, archived=call.archived, shuffled=shuffled
    )


def _cursor(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise invalid(f"Invalid after: {text}")
    return int(text)


def _next(call: Call, after: str) -> dict[str, str]:
    return {"after": after, "link": str(call.url.include_query_params(after=after))}


def find(collection: Collection, key: str, id_property: str, *, archived: bool = False) -> Record:
    """Return a record by its id or by a unique property.

    The id of a record that was merged leads to the one that came of it (HubSpot changelog,
    "Updated merge functionality for contacts and companies").

    Raises
    ------
    Refusal
        400: the property is not unique; 404: there is no such record.
    """
    number = _number(collection, key, id_property)
    records = collection.records
    found = None if number is None else records.get(number, archived=archived)
    if found is None and number is not None and not archived:
        found = records.get(records.survivor(number) or 0)
    if found is None:
        message = "Object not found.  objectId are usually positive."
        raise not_found(message, context={"id": [key]})
    return found


def _number(collection: Collection, key: str, id_property: str) -> int | None:
    if id_property in {"", "hs_object_id"}:
        return int(key) if key.isascii() and key.isdigit() else None
    if id_property not in collection.records.unique:
        raise invalid(f"Property {id_property} is not a unique property")
    return collection.records.holder(id_property, key.lower() if id_property == "email" else key)


def _found(call: Call) -> tuple[Collection, Record]:
    collection, by = call.collection, call.query.get("idProperty", "")
    return collection, find(collection, call.path["id"], by, archived=call.archived)


def get_one(call: Call) -> Reply:
    """Return one record."""
    if call.archived:
        edits.expire(call.portal, call.collection)
    collection, record = _found(call)
    shape = shown(
        call,
        collection,
        record,
        known(collection, call.names("properties")),
        history=call.names("propertiesWithHistory"),
        associations=call.names("associations"),
    )
    return Reply(200, shape)


def create_one(call: Call) -> Reply:
    """Create a record: 201, or 409 with the id of the one that has the email address already."""
    new = intake.check_new(call, call.body("properties"))
    record = intake.make(call, new)
    return Reply(201, shown(call, call.collection, record, known(call.collection, new.values)))


def update_one(call: Call) -> Reply:
    """Change a record's properties."""
    body = call.body("properties")
    collection, record = _found(call)
    values = intake.check_change(call, record, body)
    edits.apply(call.portal, collection, record, values)
    return Reply(200, shown(call, collection, record, known(collection, values)))


def archive_one(call: Call) -> Reply:
    """Archive a record; one that is archived already stays so."""
    collection = call.collection
    try:
        record = find(collection, call.path["id"], "")
    except Refusal:
        find(collection, call.path["id"], "", archived=True)
        return Reply(204)
    edits.archive(call.portal, collection, record)
    return Reply(204)


_READ = ("crm.objects.{type}.read",)
_WRITE = ("crm.objects.{type}.write",)
PATHS = (
    Path("objects", "/{type}", "GET", list_page, _READ),
    Path("objects", "/{type}", "POST", create_one, _WRITE),
    Path("objects", "/{type}/{id}", "GET", get_one, _READ),
    Path("objects", "/{type}/{id}", "PATCH", update_one, _WRITE),
    Path("objects", "/{type}/{id}", "DELETE", archive_one, _WRITE),
)
