"""A property that is set for every contact that comes into a tier, for a workflow to listen to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import PlanError
from leadscore.filtervalues import wire_of
from leadscore.filterwords import check_known
from leadscore.followup import Followup, Scored
from leadscore.hubspot.ownerids import OwnerIds, holds_owners
from leadscore.hubspot.properties import definitions
from leadscore.planfile import Change
from leadscore.rises import check_tier, enters
from leadscore.scoreproperties import same

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["Property"]


class Property(Followup):
    """A value of any property for every contact that comes into a tier.

    It is what a workflow of HubSpot's can start on. A workflow starts when a value *changes*: for
    one that is to start at every rise, let the value be the moment (``"now"``).

    Undo sets the value that was, or clears it, where nobody has changed it since; what a workflow
    did meanwhile stays.

    Parameters
    ----------
    name : str
        A property of contacts that is there and can be written.
    value : str, number or bool
        Of the property's type; ``"now"`` for the moment of the plan, an owner's e-mail address
        where the property holds owners.
    tier : str, default "A"

    Examples
    --------
    >>> Property("hs_lead_status", "OPEN").action
    'property hs_lead_status'
    """

    def __init__(self, name: str, value: Any, *, tier: str = "A") -> None:
        self.name, self.value, self.tier = name.strip(), value, check_tier(tier)

    @property
    def action(self) -> str:
        """``property NAME``."""
        return f"property {self.name}"

    @property
    def reads(self) -> tuple[str, ...]:
        """The property itself."""
        return (self.name,)

    def prepare(self, portal: Portal, prefix: str) -> None:  # noqa: ARG002
        """Check the property and the value.

        Raises
        ------
        UsageError
            There is no such property or option, or the value is of another type.
        PlanError
            HubSpot does not let anybody write it.
        """
        portal.require("apply")
        found = check_known(self.name, definitions(portal, "contacts"), "contacts")
        if (found.get("modificationMetadata") or {}).get("readOnlyValue"):
            raise PlanError(
                f"HubSpot does not let anybody write {self.name}.", hint="Choose another property."
            )
        if self.name == "lifecyclestage":
            raise PlanError(
                "The lifecycle stage goes forward only.", hint="Use ls.followups.Stage for it."
            )
        self.type = str(found.get("type"))
        value = pd.Timestamp.now("UTC").floor("s") if self.value == "now" else self.value
        definition = {"name": self.name, **found}
        self.new, self.already = _text(value, definition, portal), 0

    def about(self) -> dict[str, Any]:
        """Return what the target needs, and how many contacts have the value already."""
        there = f"{self.already:,} have the value already: no workflow starts for them."
        return {
            "kind": "properties",
            "says": f"{self.name} is set for every contact that comes into tier {self.tier}.",
            "notes": [there] if self.already else [],
            "tier": self.tier,
            "properties": {self.name: self.type},
        }

    def changes(self, scored: Sequence[Scored]) -> Iterator[Change]:
        """Return those that come into the tier and have another value."""
        for one in scored:
            if not enters(one, self.tier):
                continue
            old = one.live.get(self.name, "")
            if same(old, self.new, self.type):
                self.already += 1
            else:
                yield Change(one.contact, {self.name: old} if old else {}, {self.name: self.new})

    def rest(self) -> Iterator[Change]:
        """Return nothing: who was not scored came into no tier."""
        return iter(())


def _text(value: Any, definition: dict[str, Any], portal: Portal) -> str:
    """Return the value as HubSpot stores it: times in ISO 8601, so that they compare."""
    wire = wire_of(value, definition, zone=portal.time_zone)
    if holds_owners(definition):
        return OwnerIds(portal).of(wire)
    if definition.get("type") != "datetime":
        return wire
    stamp = pd.Timestamp(int(wire), unit="ms", tz="UTC")
    return stamp.strftime("%Y-%m-%dT%H:%M:%S.") + f"{stamp.microsecond // 1000:03d}Z"
