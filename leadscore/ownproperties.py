"""Which properties a plan writes: those asked for, as far as the portal has room for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leadscore.errors import PlanError
from leadscore.hubspot.connection import Portal
from leadscore.hubspot.properties import (
    check_definitions,
    definition_digest,
    definitions,
    differences,
)
from leadscore.hubspot.propertyroom import property_room
from leadscore.scoreproperties import GROUP, definitions_of

__all__ = ["OwnProperties", "own_properties"]

Definition = dict[str, Any]
_CONTACTS = "0-1"
_ENOUGH = ("score", "tier")


@dataclass(frozen=True)
class OwnProperties:
    """The properties of a plan.

    Attributes
    ----------
    names : list of str
        Those that the scores go into.
    missing : list of str
        Those that are to be created; of the followups too.
    readable : frozenset of str
        All that contacts of the portal have.
    digests : dict of str to str
        `definition_digest` of those that are there and are to be written.
    notes : list of str
        What a person should know of them.
    """

    names: list[str]
    missing: list[str]
    readable: frozenset[str]
    digests: dict[str, str]
    notes: list[str]


def own_properties(
    portal: Portal, prefix: str, chosen: Sequence[str], *, more: Sequence[Definition] = ()
) -> OwnProperties:
    """Say which properties are there, which are to be created, and whether there is room.

    Reads only. Where room is short, the score and the tier alone are created.

    Parameters
    ----------
    portal : Portal
    prefix : str
    chosen : sequence of str
        What the names of those that are wanted end in.
    more : sequence of dict
        Definitions of properties that followups write.

    Returns
    -------
    OwnProperties

    Raises
    ------
    PlanError
        A property of our name cannot take our values or is somebody else's, or there is no room
        even for the score and the tier.

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     own_properties(portal, "leadscore", ["score", "tier"]).missing
    ['leadscore_score', 'leadscore_tier']
    """
    there = definitions(portal, "contacts")
    wanted = definitions_of(prefix, chosen)
    check_definitions(there, [*wanted, *more], group=GROUP["name"])
    notes = _shown_otherwise(there, [*wanted, *more])
    if any(d["name"] not in there for d in (*wanted, *more)):
        wanted, said = _as_room_allows(portal, prefix, there, wanted, more)
        notes += said
    notes += _left_behind(there, prefix, wanted)
    missing = [d for d in (*wanted, *more) if d["name"] not in there]
    notes += _restored(portal, missing) if missing else []
    return OwnProperties(
        names=[d["name"] for d in wanted],
        missing=[d["name"] for d in missing],
        readable=frozenset(there),
        digests={
            d["name"]: definition_digest(there[d["name"]])
            for d in (*wanted, *more)
            if d["name"] in there
        },
        notes=notes,
    )


def _shown_otherwise(there: Mapping[str, Definition], wanted: Sequence[Definition]) -> list[str]:
    found = [
        f"{d['name']} ({', '.join(other)})"
        for d in wanted
        if d["name"] in there and (other := differences(there[d["name"]], d, group=GROUP["name"]))
    ]
    said = f"Shown otherwise than leadscore would, and left as it is: {'; '.join(found)}."
    return [said] if found else []


def _left_behind(
    there: Mapping[str, Definition], prefix: str, wanted: Sequence[Definition]
) -> list[str]:
    names = {d["name"] for d in wanted}
    left = [d["name"] for d in definitions_of(prefix) if d["name"] in there.keys() - names]
    said = (
        f"In the portal and not written any more, so they tell of older scores: {', '.join(left)}."
    )
    return [said] if left else []


def _as_room_allows(
    portal: Portal,
    prefix: str,
    there: Mapping[str, Definition],
    wanted: list[Definition],
    more: Sequence[Definition],
) -> tuple[list[Definition], list[str]]:
    room = property_room(portal, _CONTACTS)
    if room is None:
        said = "The portal does not say how many custom properties it takes; room is assumed."
        return wanted, [said]
    needed = [d["name"] for d in (*wanted, *more) if d["name"] not in there]
    if len(needed) <= room:
        return wanted, []
    enough = {f"{prefix}_{name}" for name in _ENOUGH}
    kept = [d for d in wanted if d["name"] in there or d["name"] in enough]
    least = [d["name"] for d in (*kept, *more) if d["name"] not in there]
    if len(least) > room:
        raise PlanError(
            f"The portal has room for {room} more custom properties of contacts, and "
            f"{len(least)} are needed: {', '.join(least)}.",
            hint="Archive properties that nobody uses, or ask HubSpot for a higher limit.",
        )
    out = [name for name in needed if name not in least]
    said = (
        f"The portal has room for {room} more custom properties of contacts, and {len(needed)} are "
        f"wanted: {', '.join(out)} are left out. Archive properties that nobody uses, then plan "
        "again; or choose others with LEADSCORE_PROPERTIES."
    )
    return kept, [said]


def _restored(portal: Portal, missing: Sequence[Definition]) -> list[str]:
    """Say which are archived: creating one restores it with its old definition.

    That is what HubSpot was seen to do with an archived name in a developer's test portal.
    """
    archived = definitions(portal, "contacts", archived=True)
    check_definitions(archived, missing)
    names = [d["name"] for d in missing if d["name"] in archived]
    said = f"Archived in the portal, and restored with the old definition: {', '.join(names)}."
    return [said] if names else []
