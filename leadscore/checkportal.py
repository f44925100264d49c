"""The part of a checkup that asks the portal: account, limits, scopes, room, clock."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from leadscore.checks import Check, ok, unknown, warning, wrong
from leadscore.errors import BadReplyError, MissingScopesError, NotFoundError
from leadscore.hubspot.limits import infer_tier
from leadscore.hubspot.permissions import lacking
from leadscore.hubspot.reaching import clock_difference
from leadscore.jobs import JOBS, wishes
from leadscore.scopecheck import EVERY_TYPE, MAIN_JOB, unused
from leadscore.scoreproperties import definitions_of

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["account", "clock", "limits", "room", "scopes", "surplus"]

_LITTLE = 0.1  # of the day's requests
_APART = 30.0  # seconds between two clocks
_AT_LEAST = 2  # of our properties: score and tier
# In the order in which they are done. A portal that is only read needs the first one alone.
_ESSENTIAL, _LATER = "sync", ("plan", "create properties", "apply")


def account(portal: Portal) -> Iterator[Check]:
    """Look at whose account it is; this is what shows whether the token works."""
    known = portal.details
    kind, zone = known.get("accountType", "of no known type"), known.get("timeZone", "unknown")
    yield ok("account", f"Portal {portal.id} ({kind}), time zone {zone}.")


def limits(portal: Portal) -> Iterator[Check]:
    """Look at what the portal allows, and how much of today is left."""
    found = portal.limits
    tier, parts = infer_tier(found), []
    if found.burst is not None and found.interval is not None:
        parts.append(f"{found.burst} requests per {found.interval:g} s")
    if found.daily is not None:
        parts.append(f"{found.daily:,} a day")
    if found.used_today is not None:
        until = f", until {found.resets_at:%H:%M} UTC" if found.resets_at is not None else ""
        parts.append(f"today {found.used_today:,} used and {found.remaining_today:,} left{until}")
    if not parts:
        yield unknown("limits", "The portal does not state its limits.")
        return
    said = f"Tier {tier or 'unknown'} (inferred): {', '.join(parts)}."
    left = found.remaining_today
    if left is None or found.daily is None or left >= found.daily * _LITTLE:
        yield ok("limits", said)
    elif left:
        yield warning("limits", said, "Little is left of today: others use the portal too.")
    else:
        yield wrong("limits", said, "Nothing is left of today: go on after the portal's midnight.")


def scopes(portal: Portal) -> Iterator[Check]:
    """Look at what the token may do, step by step."""
    granted = portal.scopes
    if granted is None:
        yield unknown(
            "scopes",
            "HubSpot does not tell what this token may do.",
            "A scope that is missing shows as a 403 that names it.",
        )
        return
    found = [check for step in (_ESSENTIAL, *_LATER) for check in _step(step, granted)]
    yield from found or [ok("scopes", "All that scoring and writing scores take are there.")]
    yield from surplus(granted)


def surplus(granted: Collection[str]) -> Iterator[Check]:
    """Look at scopes that a token has and that scoring and writing scores do not use.

    Those of use for another job are named; those of use for none are a risk without a use.

    Examples
    --------
    >>> [check.state for check in surplus({"crm.objects.contacts.read", "files", "tickets"})]
    ['warning', 'ok']
    """
    useless = unused(wishes(JOBS, objects=EVERY_TYPE), granted)
    others = [name for name in unused(wishes(MAIN_JOB), granted) if name not in useless]
    if useless:
        said = f"{len(useless)} are granted that nothing here uses: {', '.join(useless)}."
        hint = "Take away what no other program uses: what a key cannot do, a thief cannot."
        yield warning("unused", said, hint)
    if others:
        said = f"{len(others)} are of use for other jobs than scoring: {', '.join(others)}."
        yield ok("more scopes", f"{said} `leadscore scopes --for …` tells which.")


def _step(step: str, granted: frozenset[str]) -> Iterator[Check]:
    needed, all_of_it = lacking(step, granted, likes=False), lacking(step, granted)
    hint = "Add it to the service key or app in HubSpot."
    if needed:
        said = f"{step} cannot be done without {', '.join(needed)}."
        yield (wrong if step == _ESSENTIAL else warning)("scopes", said, hint)
    elif all_of_it:
        yield warning("scopes", f"{step} reads less without {', '.join(all_of_it)}.", hint)


def room(portal: Portal) -> Iterator[Check]:
    """Look at whether our properties are there, or have room."""
    name = "properties"
    try:
        there = portal.transport.call("GET", portal.path("properties", "contacts"))
        told = portal.transport.call("GET", portal.path("limits", "custom-properties"))
    except (MissingScopesError, NotFoundError, BadReplyError) as error:
        yield unknown(name, f"How much room there is cannot be told ({type(error).__name__}).")
        return
    names = {d.get("name") for d in there.get("results", [])}
    missing = [
        d
        for d in definitions_of(portal.settings.prefix, portal.settings.properties)
        if d["name"] not in names
    ]
    mine: dict[str, Any] = next(
        (o for o in told.get("byObjectType", []) if o.get("objectTypeId") == "0-1"), {}
    )
    if not missing:
        yield ok(name, "All contact properties for scores are there.")
    elif not isinstance(mine.get("usage"), int) or not isinstance(mine.get("limit"), int):
        yield unknown(name, "HubSpot does not tell how many contact properties there may be.")
    else:
        yield _fits(name, len(missing), mine["limit"] - mine["usage"])


def _fits(name: str, missing: int, free: int) -> Check:
    said = f"For scores {missing} are missing; there is room for {max(free, 0):,} more."
    hint = "Archive custom contact properties that nobody uses."
    if free >= missing:
        return ok(name, said)
    return (wrong if free < min(_AT_LEAST, missing) else warning)(name, said, hint)


def clock(portal: Portal) -> Iterator[Check]:
    """Look at whether this machine's clock and the server's agree."""
    ahead = clock_difference(portal)
    if ahead is None:
        yield unknown("clock", "The server does not say what time it is.")
    elif abs(ahead) <= _APART:
        yield ok("clock", "This machine's clock agrees with the server's.")
    else:
        which = "ahead of" if ahead > 0 else "behind"
        said = f"This machine's clock is {abs(ahead):,.0f} s {which} the server's."
        yield warning("clock", said, "Let the system set its clock by the network.")
