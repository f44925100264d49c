"""Records one at a time, and a page of them (HubSpot API docs, "Contacts", "Using object APIs")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadscore.sandbox import edits, recordinput
from leadscore.sandbox.paging import cursor, next_page
from leadscore.sandbox.replies import Refusal, Reply
from leadscore.sandbox.routes import Path
from leadscore.sandbox.views import MOST_LISTED, MOST_WITH_HISTORY, find, known, shown

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call
    from leadscore.sandbox.portal import Collection
    from leadscore.sandbox.records import Record

__all__ = ["PATHS", "archive_one", "create_one", "get_one", "list_page", "update_one"]


def list_page(call: Call) -> Reply:
    """List records by id, up to 100 at a time."""
    collection, names = call.collection, known(call.collection, call.names("properties"))
    history, ends = call.names("propertiesWithHistory"), call.names("associations")
    limit = call.integer("limit", default=10, most=MOST_WITH_HISTORY if history else MOST_LISTED)
    found = _page(call, collection, cursor(call), limit + 1)
    body: dict[str, Any] = {
        "results": [
            shown(call, collection, record, names, history=history, associations=ends)
            for record in found[:limit]
        ]
    }
    if len(found) > limit:
        body["paging"] = next_page(call, str(found[limit].id))
    return Reply(200, body)


def _page(call: Call, collection: Collection, after: int, limit: int) -> list[Record]:
    if call.archived:
        edits.expire(call.portal, collection)
    shuffled = call.portal.list_order == "shuffled"
    return collection.records.page(
        after=after, limit=limit, archived=call.archived, shuffled=shuffled
    )


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
    new = recordinput.check_new(call, call.body("properties"))
    record = recordinput.make(call, new)
    return Reply(201, shown(call, call.collection, record, known(call.collection, new.values)))


def update_one(call: Call) -> Reply:
    """Change a record's properties."""
    body = call.body("properties")
    collection, record = _found(call)
    values = recordinput.check_change(call, record, body)
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
