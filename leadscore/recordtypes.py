"""Object types by their names, and what is known of each that HubSpot does not say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

from leadscore.errors import InvalidRequestError, NotFoundError, UsageError
from leadscore.hubspot.objecttypes import OBJECT_TYPES
from leadscore.hubspot.properties import definitions

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["MATCH", "is_back", "lacks", "named", "properties_of", "word_of"]

_WORDS = {"companies": "company"}

#: By what records of a type are recognised unless one says otherwise.
MATCH: Final[dict[str, str]] = {"contacts": "email", "companies": "domain"}
#: HubSpot API docs, "Contacts", "Companies": a new one needs one of these.
_NEEDS_ONE_OF: Final[dict[str, tuple[str, ...]]] = {
    "contacts": ("email", "firstname", "lastname"),
    "companies": ("name", "domain"),
}
#: HubSpot API docs, "Deals": and these a new one needs all.
_NEEDS: Final[dict[str, tuple[str, ...]]] = {"deals": ("dealname", "dealstage")}


def word_of(object_type: str) -> str:
    """Return what one record is called.

    Examples
    --------
    >>> word_of("companies"), word_of("deals"), word_of("2-123")
    ('company', 'deal', 'record')
    """
    if object_type not in OBJECT_TYPES:
        return "record"
    return _WORDS.get(object_type, object_type.removesuffix("s"))


def lacks(object_type: str, values: Mapping[str, str]) -> str:
    """Return what a new record needs and does not have, in words; empty where it has all.

    Examples
    --------
    >>> lacks("contacts", {"city": "Ulm"}), lacks("deals", {"dealname": "A"})
    ('email or firstname or lastname', 'dealstage')
    """
    one_of = _NEEDS_ONE_OF.get(object_type, ())
    if not any(values.values()):
        return " or ".join(one_of) or "a value"
    if one_of and not any(values.get(name) for name in one_of):
        return " or ".join(one_of)
    return " and ".join(n for n in _NEEDS.get(object_type, ()) if not values.get(n))


def is_back(old: str, new: str, order: list[str]) -> bool:
    """Say whether a lifecycle stage would go back, or from or to one that has no place.

    Examples
    --------
    >>> is_back("lead", "subscriber", ["subscriber", "lead"]), is_back("", "lead", ["lead"])
    (True, False)
    """
    if not old or not new or old == new:
        return False
    places = [order.index(one) if one in order else -1 for one in (old, new)]
    return places[1] < places[0] or -1 in places


def named(names: Collection[str], known: Collection[str]) -> str:
    """Return names as a hint: those that look like the first one asked for."""
    from difflib import get_close_matches

    near = [one for name in names for one in get_close_matches(name, known, n=2, cutoff=0.6)]
    return f" Did you mean {' or '.join(dict.fromkeys(near))}?" if near else ""


def properties_of(portal: Portal, object_type: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the definitions of an object type's properties, or say that there is no such type.

    Raises
    ------
    UsageError
        The portal has no such object type.
    """
    try:
        return definitions(portal, object_type)
    except (InvalidRequestError, NotFoundError) as error:
        raise UsageError(
            f"The portal has no object type {object_type!r}.",
            hint="Use contacts, companies, deals or a custom type's name or id (2-…).",
        ) from error
