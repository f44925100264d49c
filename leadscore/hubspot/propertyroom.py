"""How many more custom properties a portal takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadscore.errors import (
    BadReplyError,
    InvalidRequestError,
    MissingScopesError,
    NotFoundError,
)

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["property_room"]

_SILENT = (BadReplyError, InvalidRequestError, MissingScopesError, NotFoundError)


def property_room(portal: Portal, type_id: str) -> int | None:
    """Return how many custom properties may yet be created for an object type.

    HubSpot API reference, "Limits tracking" (``GET …/limits/custom-properties``). What an account
    may have depends on what it pays for; it needs one scope of the objects.

    Parameters
    ----------
    portal : Portal
    type_id : str
        ``0-1`` for contacts.

    Returns
    -------
    int or None
        None where the portal does not say, or not to this token.

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     property_room(portal, "0-1") > 900
    True
    """
    try:
        found = portal.transport.call("GET", portal.path("limits", "custom-properties"))
    except _SILENT:
        return None
    mine = next((e for e in _entries(found) if e.get("objectTypeId") == type_id), {})
    rooms = [
        _room(mine.get("limit"), mine.get("usage")),
        _room(found.get("overallLimit"), found.get("overallUsage")),
    ]
    return min((room for room in rooms if room is not None), default=None)


def _entries(found: dict[str, Any]) -> list[dict[str, Any]]:
    entries = found.get("byObjectType")
    return [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []


def _room(limit: Any, usage: Any) -> int | None:
    known = all(isinstance(n, int) and not isinstance(n, bool) for n in (limit, usage))
    return max(0, limit - usage) if known else None
