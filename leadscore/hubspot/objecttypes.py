"""What an object type is called in a path, and which properties HubSpot shows of it unasked."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from leadscore.errors import MissingScopesError, UsageError
from leadscore.hubspot.replies import records_of

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["OBJECT_TYPES", "default_properties", "find_type", "type_id", "type_name"]

# HubSpot API docs, "Understanding the CRM": its own types.
_IDS = {
    "0-1": "contacts",
    "0-2": "companies",
    "0-3": "deals",
    "0-5": "tickets",
    "0-7": "products",
    "0-8": "line_items",
    "0-14": "quotes",
    "0-18": "communications",
    "0-27": "tasks",
    "0-46": "notes",
    "0-47": "meetings",
    "0-48": "calls",
    "0-49": "emails",
    "0-115": "users",
    "0-136": "leads",
}
OBJECT_TYPES = tuple(_IDS.values())
_SINGULARS = {"company": "companies"} | {name.removesuffix("s"): name for name in OBJECT_TYPES}
_PLAIN = re.compile(r"\d+-\d+\Z|p\d*_\w+\Z", re.ASCII)
# HubSpot API docs, "Search the CRM": what comes when no property is asked for. ``hs_object_id``,
# which comes too, is the record's id.
_SHOWN = {
    "contacts": ("email", "firstname", "lastname", "createdate", "lastmodifieddate"),
    "companies": ("name", "domain", "createdate", "hs_lastmodifieddate"),
    "deals": (
        *("dealname", "amount", "closedate", "pipeline", "dealstage"),
        *("createdate", "hs_lastmodifieddate"),
    ),
    "tickets": (
        *("subject", "content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_category"),
        *("hs_ticket_priority", "createdate", "hs_lastmodifieddate"),
    ),
}
_OTHERS = ("hs_createdate", "hs_lastmodifieddate")


def type_name(object_type: str) -> str:
    """Return what HubSpot calls a type of its own, anything else as it is.

    Examples
    --------
    >>> type_name("0-27"), type_name("2-77")
    ('tasks', '2-77')
    """
    return _IDS.get(object_type, object_type)


def type_id(object_type: str) -> str:
    """Return the id of a type of HubSpot's own, anything else as it is.

    Examples
    --------
    >>> type_id("tasks"), type_id("2-77")
    ('0-27', '2-77')
    """
    return next((one for one, name in _IDS.items() if name == object_type), object_type)


def find_type(portal: Portal, name: str) -> str:
    """Return what a path calls an object type that somebody named.

    Parameters
    ----------
    portal : Portal
        Asked for its custom types only where the name is none of HubSpot's own types.
    name : str
        ``contacts`` (``contact``, ``0-1``), a custom type's ``2-123``, ``p123_cars`` or ``cars``,
        or its label.

    Raises
    ------
    UsageError
        The portal has no such type; the nearest names are given.

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     find_type(portal, "company"), find_type(portal, "0-1")
    ('companies', 'contacts')
    """
    word = str(name).strip()
    lower = word.lower()
    known = _IDS.get(lower) or _SINGULARS.get(lower, lower)
    if known in OBJECT_TYPES:
        return known
    return word if _PLAIN.match(word) else _custom(portal, word)


def _custom(portal: Portal, word: str) -> str:
    where = portal.path("schemas")
    try:
        found = records_of(portal.transport.call("GET", where), path=where, key="objectTypeId")
    except MissingScopesError:
        return word  # HubSpot says what it thinks of it
    names = {
        str(text).lower(): str(one["objectTypeId"])
        for one in found
        for text in (one.get("name"), *(one.get("labels") or {}).values())
        if text
    }
    if word.lower() in names:
        return names[word.lower()]
    known = [*OBJECT_TYPES, *names]
    near = get_close_matches(word.lower(), known, n=3, cutoff=0.5) or known[:3]
    raise UsageError(
        f"The portal has no object type {word!r}.", hint=f"Did you mean {', '.join(near)}?"
    )


def default_properties(object_type: str) -> tuple[str, ...]:
    """Return the properties that HubSpot shows of a type when none are asked for.

    Examples
    --------
    >>> default_properties("companies")
    ('name', 'domain', 'createdate', 'hs_lastmodifieddate')
    """
    return _SHOWN.get(object_type, _OTHERS)
