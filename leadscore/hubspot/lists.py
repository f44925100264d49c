"""Lists of contacts, which HubSpot's pages call segments: found, made, read, changed.

HubSpot API docs, "Lists", "Segments" and "Manage segment membership".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from leadscore.errors import (
    BadReplyError,
    InvalidRequestError,
    NotFoundError,
    PlanError,
    UnreachableError,
)
from leadscore.hubspot.pages import next_cursor, results_of
from leadscore.hubspot.replies import errors_of, json_object

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["change_members", "find_list", "in_list", "make_list", "members"]

CONTACTS = "0-1"
PAGE = 100  # HubSpot API docs: the default; that more are allowed is unverified
_TRIES = 4
_BY_HAND = ("MANUAL", "SNAPSHOT")
_AGAIN = "Run the same command again."


def find_list(portal: Portal, name: str) -> str | None:
    """Return the id of a list of contacts whose members are put in by hand; None without one.

    Parameters
    ----------
    portal : Portal
        Its token needs the scope ``crm.lists.read``.
    name : str
        Whatever its letters' case: a portal's lists have names of their own.

    Raises
    ------
    PlanError
        The list of that name goes by filters, or is not one of contacts.

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     find_list(portal, "A leads") is None
    ...     number = make_list(portal, "A leads")
    ...     change_members(portal, number, add=["404"], remove=[])
    ...     list(members(portal, number))
    True
    ['404']
    []
    """
    found = _named(portal, name) or _searched(portal, name)
    if found is None:
        return None
    if found.get("objectTypeId", CONTACTS) != CONTACTS or found["processingType"] not in _BY_HAND:
        other = found["processingType"] in _BY_HAND
        why = "is not one of contacts" if other else "is active: HubSpot fills it by its filters"
        raise PlanError(
            f"The segment {name!r} {why}.",
            hint="Choose another name, or rename that segment in HubSpot.",
        )
    return str(found["listId"])


def _named(portal: Portal, name: str) -> dict[str, Any] | None:
    where = portal.path("lists", "object-type-id", CONTACTS, "name", quote(name, safe=""))
    try:
        return portal.transport.fetch("GET", where, read=lambda body: _list(json_object(body)))
    except NotFoundError:
        return None


def _searched(portal: Portal, name: str) -> dict[str, Any] | None:
    """Look for a name among all lists, for it is unique over all types of them.

    A name with a slash has no path (that HubSpot reads ``%2F`` as a part of it is unverified).
    """
    body = {"query": name, "count": 500, "offset": 0}
    found = portal.transport.fetch("POST", portal.path("lists", "search"), read=_lists, body=body)
    same = (one for one in found if str(one.get("name")).casefold() == name.casefold())
    return next(same, None)


def _lists(body: bytes) -> list[dict[str, Any]]:
    found = json_object(body).get("lists")
    if not isinstance(found, list):
        raise ValueError("the reply has no lists")
    return [_list({"list": one}) for one in found]


def _list(holder: dict[str, Any]) -> dict[str, Any]:
    found = holder.get("list")
    if not isinstance(found, dict) or not found.get("listId") or not found.get("processingType"):
        raise ValueError("the reply has no list with an id and a type")
    return found


def make_list(portal: Portal, name: str) -> str:
    """Make a list whose members are put in by hand, and return its id.

    Where the reply is lost it is looked for by its name, which no other list can have, so that
    there are never two.
    """
    body = {"name": name, "objectTypeId": CONTACTS, "processingType": "MANUAL"}
    where = portal.path("lists")
    for attempt in range(1, _TRIES + 1):
        try:
            made = portal.transport.fetch(
                "POST", where, read=lambda b: _list(json_object(b)), body=body, expect=(200, 201)
            )
        except (UnreachableError, BadReplyError, InvalidRequestError) as error:
            if found := find_list(portal, name):
                return found
            if attempt == _TRIES or isinstance(error, InvalidRequestError):
                raise
            portal.pool.back_off(attempt)
        else:
            break
    return str(made["listId"])


def members(portal: Portal, list_id: str) -> Iterator[str]:
    """Read the ids of a list's members, page by page.

    Raises
    ------
    BadReplyError
        A page cannot be believed, or the cursor repeats: the reading is incomplete.
    """
    where = portal.path("lists", list_id, "memberships")
    query = [("limit", str(PAGE))]
    seen: set[str] = set()
    after: list[tuple[str, str]] = []
    while True:
        ids, cursor = portal.transport.fetch("GET", where, read=_page, query=[*query, *after])
        yield from ids
        if not cursor:
            return
        if cursor in seen:
            message = f"{where}: the cursor repeats, so the reading cannot be complete."
            raise BadReplyError(message, hint=_AGAIN)
        seen.add(cursor)
        after = [("after", cursor)]


def _page(body: bytes) -> tuple[list[str], str]:
    reply = json_object(body)
    return [_text(one, "recordId") for one in results_of(reply)], next_cursor(reply)


def _text(holder: dict[str, Any], key: str) -> str:
    found = holder.get(key)
    if not isinstance(found, str | int) or isinstance(found, bool) or found == "":
        raise ValueError(f"a result of the reply has no {key}")
    return str(found)


def in_list(portal: Portal, list_id: str, contacts: Collection[str]) -> dict[str, bool]:
    """Say of each of some contacts whether it is in a list; one that is not there is left out.

    HubSpot API docs, "Batch read memberships". How many contacts one call takes is not documented
    (100 are asked for at most), nor is the reply for one that is not there: an error that names
    its id, as in other batches, is assumed.
    """
    where = portal.path("lists", "records", "memberships", "batch", "read")
    inputs = [{"objectTypeId": CONTACTS, "recordId": one} for one in contacts]
    found, gone = portal.transport.fetch(
        "POST", where, read=_memberships, body={"inputs": inputs}, expect=(200, 207)
    )
    if left := [one for one in contacts if one not in found and one not in gone]:
        raise BadReplyError(f"{where}: the reply leaves out {left[0]}.", hint=_AGAIN)
    return {one: list_id in found[one] for one in contacts if one in found}


def _memberships(body: bytes) -> tuple[dict[str, set[str]], set[str]]:
    reply = json_object(body)
    found = {}
    for one in results_of(reply):
        lists = one.get("recordListMemberships")
        if not isinstance(lists, list) or not all(isinstance(each, dict) for each in lists):
            raise ValueError("a result of the reply has no memberships")
        found[_text(one, "recordId")] = {_text(each, "listId") for each in lists}
    gone = [error for error in errors_of(reply) if error.get("category") == "OBJECT_NOT_FOUND"]
    return found, {str(i) for error in gone for i in error["context"].get("ids") or []}


def change_members(
    portal: Portal, list_id: str, *, add: Collection[str], remove: Collection[str]
) -> list[str]:
    """Put contacts into a list and take others out; return those that the portal lacks.

    A PUT of who is in and who is not: sent twice it does the same. How many ids one call takes is
    not documented; 100 are sent at most.
    """
    where = portal.path("lists", list_id, "memberships", "add-and-remove")
    body = {"recordIdsToAdd": list(add), "recordIdsToRemove": list(remove)}
    return portal.transport.fetch("PUT", where, read=_missing, body=body)


def _missing(body: bytes) -> list[str]:
    found = json_object(body).get("recordIdsMissing")
    if found is not None and not isinstance(found, list):
        raise ValueError("the reply has no list of ids")
    return [str(one) for one in found or []]
