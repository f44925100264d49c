"""The owners of records: read only (HubSpot API docs, "Owners")."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from leadscore.sandbox.paging import by_id
from leadscore.sandbox.replies import Reply, invalid, not_found
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call
    from leadscore.sandbox.portal import Portal

__all__ = ["PATHS", "archive", "get_owner", "list_owners", "owners", "seed"]

# The list's default, which is documented; that it is the most too is assumed.
MOST_LISTED = 500
LISTED = 100
# Owners and users are numbered apart, so that who mixes them up finds nobody.
FIRST_USER = 9_000_000


def owners(portal: Portal) -> list[dict[str, Any]]:
    """Return all owners by id, archived ones too."""
    shelf = portal.shelf("owners")
    return [shelf[key] for key in sorted(shelf, key=int)]


def seed(portal: Portal, owners: Iterable[tuple[int, str, str, str]]) -> None:
    """Give a portal owners.

    Parameters
    ----------
    portal : Portal
    owners : iterable of tuple of (int, str, str, str)
        Id, email address, first name, last name.
    """
    shelf = portal.shelf("owners")
    for number, email, first, last in owners:
        user = FIRST_USER + number
        shelf[str(number)] = {
            "id": str(number),
            "email": email,
            "type": "PERSON",
            "firstName": first,
            "lastName": last,
            "userId": user,
            "userIdIncludingInactive": user,
            "createdAt": portal.now,
            "updatedAt": portal.now,
            "archived": False,
        }


def archive(portal: Portal, number: int) -> None:
    """Let an owner leave: archived, and without a user of the portal."""
    shelf = portal.shelf("owners")
    left = {key: value for key, value in shelf[str(number)].items() if key != "userId"}
    shelf[str(number)] = left | {"archived": True, "updatedAt": portal.now}


def list_owners(call: Call) -> Reply:
    """List owners by id, 100 at a time by default, of one email address if asked."""
    limit = call.integer("limit", default=LISTED, most=MOST_LISTED)
    email = call.query.get("email", "").lower()
    found = [
        one
        for one in owners(call.portal)
        if one["archived"] is call.archived and (not email or one["email"].lower() == email)
    ]
    return Reply(200, by_id(call, found, limit=limit))


def get_owner(call: Call) -> Reply:
    """Return one owner by id, or by user id with ``idProperty=userId``."""
    by = call.query.get("idProperty", "id")
    if by not in {"id", "userId"}:
        raise invalid(f"Invalid idProperty: {by}; it must be one of: [id, userId]")
    name = "userIdIncludingInactive" if by == "userId" else "id"
    for one in owners(call.portal):
        if str(one[name]) == call.path["id"] and one["archived"] is call.archived:
            return Reply(200, one)
    raise not_found(f"Owner {call.path['id']} does not exist")


_SEE = ("crm.objects.owners.read", "automation")
PATHS = (
    Path("owners", "", "GET", list_owners, _SEE),
    Path("owners", "/{id}", "GET", get_owner, _SEE),
)
