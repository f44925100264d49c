"""A property that says when a contact came into a tier, on which a HubSpot workflow enrols."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.followup import Followup, Scored
from leadscore.planfile import Change
from leadscore.rises import check_tier, enters

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["Trigger"]


class Trigger(Followup):
    """The moment when a contact came into a tier, in a property of its own.

    HubSpot's API has no call that enrols a contact in a workflow (version 4 has create, read,
    update and delete of workflows alone); a workflow that starts when this property changes does
    the same. It is a moment and not a choice, so that it changes with every rise, and a workflow
    with re-enrolment starts anew. See ``docs/after-scoring.md``.

    Undo sets the moment that was, or clears it; what a workflow did meanwhile stays.

    Parameters
    ----------
    tier : str, default "A"

    Examples
    --------
    >>> Trigger(tier="A").definitions("leadscore")[0]["name"]
    'leadscore_entered_a_at'
    """

    def __init__(self, *, tier: str = "A") -> None:
        self.tier, self.name = check_tier(tier), ""

    @property
    def action(self) -> str:
        """``trigger A``."""
        return f"trigger {self.tier}"

    @property
    def reads(self) -> tuple[str, ...]:
        """The property itself, once the plan has begun and its name is known."""
        return (self.name,) if self.name else ()

    def definitions(self, prefix: str) -> tuple[dict[str, Any], ...]:
        """Return the one property, a datetime."""
        about = f"When the contact last came into tier {self.tier}. Written by leadscore."
        return (
            {
                "name": f"{prefix}_entered_{self.tier.lower()}_at",
                "label": f"Entered lead tier {self.tier} at",
                "description": about,
                "type": "datetime",
                "fieldType": "date",
            },
        )

    def prepare(self, portal: Portal, prefix: str) -> None:
        """Begin a plan."""
        portal.require("apply")
        self.prefix, self.made = prefix, self.definitions(prefix)
        self.name = str(self.made[0]["name"])
        self.at = pd.Timestamp.now("UTC").strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def about(self) -> dict[str, Any]:
        """Return what the target needs."""
        return {
            "kind": "properties",
            "says": f"{self.name} is set for every contact that comes into tier {self.tier}.",
            "notes": ["A workflow of HubSpot's starts only if one is built on this property."],
            "tier": self.tier,
            "properties": {self.name: "datetime"},
            "definitions": list(self.made),
        }

    def changes(self, scored: Sequence[Scored]) -> Iterator[Change]:
        """Return those that come into the tier."""
        for one in scored:
            if enters(one, self.tier):
                old = one.live.get(self.name, "")
                yield Change(one.contact, {self.name: old} if old else {}, {self.name: self.at})

    def rest(self) -> Iterator[Change]:
        """Return nothing: who was not scored came into no tier."""
        return iter(())
