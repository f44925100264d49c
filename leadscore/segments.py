"""A segment, HubSpot's list of contacts by hand, that is kept equal to a tier."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

from leadscore.errors import PlanError, UsageError
from leadscore.followup import Followup, Scored
from leadscore.hubspot.lists import change_members, find_list, in_list, make_list, members
from leadscore.hubspot.writing import Outcome
from leadscore.planfile import Change
from leadscore.rises import check_tier
from leadscore.targets import Values

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["Segment", "SegmentTarget"]

_IN, _OUT = "true", "false"


class Segment(Followup):
    """A segment that holds the contacts of a tier and no others.

    A static segment (a MANUAL list) of that name, made by the first apply where there is none.
    Members that are not in the tier any more, or were not scored, are taken out. Undo puts back
    the members that were; a segment that was made stays, for workflows may use it.

    Parameters
    ----------
    name : str
        As people see it in HubSpot.
    tier : str, default "A"

    Examples
    --------
    >>> Segment("A leads", tier="A").action
    'segment A leads'
    """

    def __init__(self, name: str, *, tier: str = "A") -> None:
        self.name, self.tier = name.strip(), check_tier(tier)
        if not self.name:
            raise UsageError("A segment needs a name.", hint='Use Segment("A leads", tier="A").')

    @property
    def action(self) -> str:
        """``segment NAME``."""
        return f"segment {self.name}"

    @property
    def reads(self) -> tuple[str, ...]:
        """No property of contacts."""
        return ()

    def prepare(self, portal: Portal, prefix: str) -> None:
        """Find the segment, and read who is in it.

        Raises
        ------
        PlanError
            The segment of that name is an active one, or not one of contacts.
        """
        portal.require("segments")
        self.prefix, self.list = prefix, find_list(portal, self.name)
        self.left = set(members(portal, self.list)) if self.list else set()
        self.there = frozenset(self.left)

    def about(self) -> dict[str, Any]:
        """Return what the target needs."""
        made = [] if self.list else [f"The segment {self.name!r} is made: there is none yet."]
        return {
            "kind": "segment",
            "says": f"The segment {self.name!r} holds the contacts of tier {self.tier}.",
            "notes": made,
            "prefix": self.prefix,
            "tier": self.tier,
            "name": self.name,
            "list": self.list,
            "members": len(self.there),
        }

    def changes(self, scored: Sequence[Scored]) -> Iterator[Change]:
        """Return those that are to go in or out."""
        for one in scored:
            self.left.discard(one.contact)
            member, wanted = one.contact in self.there, one.tier == self.tier
            if member is not wanted:
                yield self._change(one.contact, wanted=wanted)

    def rest(self) -> Iterator[Change]:
        """Return the members that were not scored: they go out."""
        for contact in sorted(self.left):
            yield self._change(contact, wanted=False)

    def _change(self, contact: str, *, wanted: bool) -> Change:
        name, (old, new) = f"{self.prefix}_member", (_OUT, _IN) if wanted else (_IN, _OUT)
        return Change(contact, {name: old}, {name: new})


class SegmentTarget:
    """Whether contacts are in a segment.

    Parameters
    ----------
    portal : Portal
    about : mapping
        The plan's facts of the action: ``prefix``, ``name`` and ``list``, its id if there was one.

    Raises
    ------
    PlanError
        The segment that the plan names is gone, or goes by filters.
    """

    def __init__(self, portal: Portal, about: Mapping[str, Any]) -> None:
        portal.require("segments")
        self.portal, self.name = portal, str(about["name"])
        self.property = f"{about['prefix']}_member"
        self.list, self._lock = find_list(portal, self.name), Lock()
        if about.get("list") not in (None, self.list):
            raise PlanError(
                f"The segment {self.name!r} is not the one that the plan was made for.",
                hint="Make a new plan with `leadscore plan`.",
            )

    @property
    def names(self) -> Collection[str]:
        """The one name: whether a contact is a member."""
        return (self.property,)

    def live(self, contacts: Collection[str]) -> dict[str, dict[str, str]]:
        """Return who is in it."""
        found = in_list(self.portal, self.list or "", contacts)
        return {one: {self.property: _IN if there else _OUT} for one, there in found.items()}

    def send(self, changes: Mapping[str, Values]) -> list[Outcome]:
        """Put contacts in and take others out; make the segment first if there is none."""
        add = [one for one, new in changes.items() if new[self.property] == _IN]
        remove = [one for one in changes if one not in set(add)]
        gone = set(change_members(self.portal, self._made(), add=add, remove=remove))
        why = "The portal has no contact of this id any more."
        return [
            Outcome(one, "missing", why) if one in gone else Outcome(one, "written")
            for one in changes
        ]

    def _made(self) -> str:
        with self._lock:
            if self.list is None:
                self.list = make_list(self.portal, self.name)
            return self.list

    def holds(self, live: Values, new: Values) -> bool:
        """Say whether a contact is where it is to be."""
        return live.get(self.property) == new.get(self.property)

    def untouched(self, live: Values, old: Values, *, sent: bool) -> bool:  # noqa: ARG002
        """Say whether a contact is where it was."""
        return live.get(self.property) == old.get(self.property)
