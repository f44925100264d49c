"""Records as HubSpot sends them, and how one is found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from leadscore.sandbox import edits, links
from leadscore.sandbox.records import Record, record_id
from leadscore.sandbox.replies import invalid, not_found

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call
    from leadscore.sandbox.portal import Collection

__all__ = ["MOST_LISTED", "MOST_WITH_HISTORY", "find", "known", "shown"]

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
        return record_id(key)
    if id_property not in collection.records.unique:
        raise invalid(f"Property {id_property} is not a unique property")
    return collection.records.holder(id_property, key.lower() if id_property == "email" else key)
