"""Members of lists: read, put in, taken out; and the lists that a record is in.

HubSpot API docs, "Lists", "Manage segment membership".
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from leadscore.sandbox import liststore
from leadscore.sandbox.moments import from_ms
from leadscore.sandbox.paging import next_page
from leadscore.sandbox.records import record_id
from leadscore.sandbox.replies import (
    Reply,
    bad_json,
    batch,
    batch_error,
    invalid,
    not_found,
    unserved,
)
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call

__all__ = ["PATHS"]

# Connectors ask for 250 at a time (singer-io/tap-hubspot#299); that it is the most is assumed.
MOST_LISTED = 250
# How many ids one request takes is not documented; add-from takes so many members.
MOST_CHANGED = 100_000

Kept = dict[str, Any]


def _kept(call: Call) -> Kept:
    return liststore.find(call.portal, call.path["list_id"])


# --------------------------------------------------------------------------- read


def get_page(call: Call) -> Reply:
    """List members by their ids."""
    members = liststore.members(call.portal, _kept(call))
    return _page(call, [(number, last) for number, (_, last) in members.items()])


def get_joined(call: Call) -> Reply:
    """List members in the order in which they were added."""
    members = liststore.members(call.portal, _kept(call))
    joined = sorted((last, number) for number, (_, last) in members.items())
    return _page(call, [(number, last) for last, number in joined])


def _page(call: Call, members: list[tuple[int, int]]) -> Reply:
    if call.query.get("before"):
        raise unserved("memberships read backward")
    limit = call.integer("limit", default=100, most=MOST_LISTED)
    start = _start(call.query.get("after", ""), members)
    shown = members[start : start + limit]
    body: dict[str, Any] = {
        "total": len(members),
        "results": [
            {"recordId": str(number), "membershipTimestamp": from_ms(at)} for number, at in shown
        ],
    }
    if start + limit < len(members):
        after = quote(b64encode(str(shown[-1][0]).encode()).decode())
        body["paging"] = next_page(call, after)
    return Reply(200, body)


def _start(after: str, members: list[tuple[int, int]]) -> int:
    """Return the place after the member that a cursor names, or where it would be."""
    if not after:
        return 0
    try:
        last = int(b64decode(unquote(after), validate=True))
    except ValueError:
        raise invalid(f"Invalid after: {after}") from None
    numbers = [number for number, _ in members]
    if last in numbers:
        return numbers.index(last) + 1
    return sum(number <= last for number in numbers)


def of_record(call: Call) -> Reply:
    """Return the lists that a record is in."""
    collection, key = call.collection, call.path["record_id"]
    number = record_id(key)
    if collection.records.get(number) is None:
        raise not_found(context={"recordId": [key]})
    lists = liststore.of_type(call.portal, collection.kind.type_id)
    return Reply(200, {"results": liststore.of_record(lists, number)})


def batch_read(call: Call) -> Reply:
    """Return the lists that each of up to 1,000 records is in; the number is assumed."""
    now, lists = call.portal.now, cache(partial(liststore.of_type, call.portal))
    results: list[Any] = []
    errors: list[Any] = []
    for one in call.inputs("objectTypeId", "recordId", most=1000):
        collection, key = call.portal.collection(str(one["objectTypeId"])), str(one["recordId"])
        number = record_id(key)
        if collection.records.get(number) is None:
            errors.append(batch_error(not_found(), {"ids": [key]}))
            continue
        kind = collection.kind.type_id
        found = liststore.of_record(lists(kind), number)
        own = {"objectTypeId": kind, "recordId": key}
        results.append(own | {"recordListMemberships": found})
    return batch(results, errors, started=now, completed=now)


# --------------------------------------------------------------------------- change


def _changed(call: Call, to_add: Any, to_remove: Any) -> Reply:
    kept = _kept(call)
    liststore.check_manual(kept)
    for given in (to_add, to_remove):
        if not isinstance(given, list) or not all(isinstance(one, (str, int)) for one in given):
            raise bad_json("a list of record ids is expected")
        if len(given) > MOST_CHANGED:
            raise invalid(f"At most {MOST_CHANGED} records can be changed at a time.")
    adding, missing = liststore.known(call.portal, kept, to_add)
    removing, more = liststore.known(call.portal, kept, to_remove)
    removed = liststore.remove(call.portal, kept, removing)
    added = liststore.add(call.portal, kept, adding)
    return Reply(
        200,
        {
            "recordsIdsAdded": [str(one) for one in added],
            "recordIdsRemoved": [str(one) for one in removed],
            "recordIdsMissing": list(dict.fromkeys(missing + more)),
        },
    )


def add(call: Call) -> Reply:
    """Put records into a list; those that are not there are passed over and reported."""
    return _changed(call, call.listed(), [])


def remove(call: Call) -> Reply:
    """Take records out of a list."""
    return _changed(call, [], call.listed())


def add_and_remove(call: Call) -> Reply:
    """Put records into a list and take others out."""
    body = call.body()
    return _changed(call, body.get("recordIdsToAdd") or [], body.get("recordIdsToRemove") or [])


def add_from(call: Call) -> Reply:
    """Put the members of one list into another."""
    kept = _kept(call)
    source = liststore.find(call.portal, call.path["source_id"])
    liststore.check_manual(kept)
    if source["listId"] == kept["listId"]:
        raise invalid("The source list must be another list.")
    if source["objectTypeId"] != kept["objectTypeId"]:
        raise invalid("Both lists must be of records of the same type.")
    members = liststore.members(call.portal, source)
    if len(members) > MOST_CHANGED:
        raise invalid(f"At most {MOST_CHANGED} records can be added from a list.")
    liststore.add(call.portal, kept, members)
    return Reply(204)


def remove_all(call: Call) -> Reply:
    """Take all records out of a list."""
    kept = _kept(call)
    liststore.check_manual(kept)
    liststore.remove(call.portal, kept, list(liststore.members(call.portal, kept)))
    return Reply(204)


_READ, _WRITE = ("crm.lists.read",), ("crm.lists.write",)
_OF_LIST = "/{list_id}/memberships"
PATHS = (
    Path("lists", "/records/memberships/batch/read", "POST", batch_read, _READ),
    Path("lists", "/records/{type}/{record_id}/memberships", "GET", of_record, _READ),
    Path("lists", _OF_LIST, "GET", get_page, _READ),
    Path("lists", f"{_OF_LIST}/join-order", "GET", get_joined, _READ),
    Path("lists", f"{_OF_LIST}/add", "PUT", add, _WRITE),
    Path("lists", f"{_OF_LIST}/remove", "PUT", remove, _WRITE),
    Path("lists", f"{_OF_LIST}/add-and-remove", "PUT", add_and_remove, _WRITE),
    Path("lists", f"{_OF_LIST}/add-from/{{source_id}}", "PUT", add_from, _WRITE),
    Path("lists", _OF_LIST, "DELETE", remove_all, _WRITE),
)
