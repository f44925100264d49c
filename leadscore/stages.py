"""A lifecycle stage or lead status set forward when a contact comes into a tier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from leadscore.errors import PlanError
from leadscore.followup import Followup, Scored
from leadscore.hubspot.properties import definitions
from leadscore.hubspot.writing import Outcome, update_batch
from leadscore.planfile import Change
from leadscore.rises import check_tier, enters
from leadscore.targets import PropertyTarget, Values

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["LeadStatus", "Stage", "StageTarget"]


class _Forward(Followup):
    """A choice of which the options have an order, and that is set forward only."""

    kind, name, what = "", "", ""

    def __init__(self, value: str, *, tier: str = "A") -> None:
        self.value, self.tier = value, check_tier(tier)

    @property
    def action(self) -> str:
        """``lifecycle stage VALUE`` or ``lead status VALUE``."""
        return f"{self.what} {self.value}"

    @property
    def reads(self) -> tuple[str, ...]:
        """The name of the property that is set."""
        return (self.name,)

    def prepare(self, portal: Portal, prefix: str) -> None:  # noqa: ARG002
        """Read the options and their order.

        Raises
        ------
        PlanError
            The portal has no such option.
        """
        portal.require("apply")
        options = definitions(portal, "contacts").get(self.name, {}).get("options") or []
        options = sorted(options, key=_place)
        self.order = [str(option["value"]) for option in options]
        if self.value not in self.order:
            raise PlanError(
                f"The portal has no {self.what} {self.value!r}.",
                hint=_nearest(self.value, options),
            )
        self.beyond = 0

    def about(self) -> dict[str, Any]:
        """Return what the target needs, and how many contacts are left alone."""
        left = f"{self.beyond:,} that are as far or further, or elsewhere, are left as they are."
        says = f"The {self.what} {self.value} for every contact that comes into tier {self.tier}."
        return {
            "kind": self.kind,
            "says": says,
            "notes": [left] if self.beyond else [],
            "tier": self.tier,
            "properties": {self.name: "enumeration"},
            "order": self.order,
            "left_alone": self.beyond,
        }

    def changes(self, scored: Sequence[Scored]) -> Iterator[Change]:
        """Return those that come into the tier and are not as far yet."""
        for one in scored:
            if not enters(one, self.tier):
                continue
            has = one.live.get(self.name, "")
            if self._before(has):
                old = {self.name: has} if has else {}
                yield Change(one.contact, old, {self.name: self.value})
            else:
                self.beyond += 1

    def rest(self) -> Iterator[Change]:
        """Return nothing: who was not scored stays where it is."""
        return iter(())

    def _before(self, has: str) -> bool:
        if not has:
            return True
        known = has in self.order  # an option that was taken away has no place any more
        return known and self.order.index(has) < self.order.index(self.value)


class Stage(_Forward):
    """A lifecycle stage for every contact that comes into a tier, forward only.

    A contact that is at the stage already, or beyond it in the portal's own order, is left alone;
    so is one that was moved back by hand and stays in the tier.

    Undo sets the stage that was. HubSpot lets ``lifecyclestage`` move forward only unless it is
    cleared first (API docs, "Contacts"): undo clears it, then sets it.

    Parameters
    ----------
    value : str
        Its internal name; custom stages have numbers.
    tier : str, default "A"

    Notes
    -----
    A model whose goal is that very stage would learn from its own scores: the stage is then no
    outcome any more. Use a stage before the goal's.

    Examples
    --------
    >>> Stage("marketingqualifiedlead", tier="A").action
    'lifecycle stage marketingqualifiedlead'
    """

    kind, name, what = "stage", "lifecyclestage", "lifecycle stage"


class LeadStatus(_Forward):
    """A lead status for every contact that comes into a tier, forward only.

    Forward goes by the order in which the portal shows its options. Undo sets the one that was.

    Parameters
    ----------
    value : str
        Its internal name: "OPEN".
    tier : str, default "A"

    Examples
    --------
    >>> LeadStatus("OPEN").action
    'lead status OPEN'
    """

    kind, name, what = "properties", "hs_lead_status", "lead status"


class StageTarget(PropertyTarget):
    """The lifecycle stage, which moves forward only unless it is cleared first.

    Parameters
    ----------
    portal : Portal
    about : mapping
        The plan's facts of the action: ``order``, of the stages.
    """

    def __init__(self, portal: Portal, about: Mapping[str, Any]) -> None:
        super().__init__(portal, {Stage.name: "enumeration"})
        self.order = list(about["order"])

    def send(self, changes: Mapping[str, Values]) -> list[Outcome]:
        """Set the stages; clear those first that go back."""
        live = self.live(list(changes))
        back = {c: {Stage.name: ""} for c, new in changes.items() if self._back(live, c, new)}
        cleared = update_batch(self.portal, "contacts", back, clear=True) if back else []
        failed = {o.id: o for o in cleared if o.state != "written"}
        rest = {c: new for c, new in changes.items() if c not in failed}
        done = {o.id: o for o in self._set(rest)} if rest else {}
        return [failed.get(c) or done[c] for c in changes]

    def _set(self, changes: Mapping[str, Values]) -> list[Outcome]:
        return update_batch(self.portal, "contacts", changes, clear=True)

    def _back(self, live: Mapping[str, Values], contact: str, new: Values) -> bool:
        has, wanted = (one.get(Stage.name, "") for one in (live.get(contact, {}), new))
        if not has or not wanted:
            return False
        places = [self.order.index(one) if one in self.order else -1 for one in (has, wanted)]
        return places[1] < places[0] or -1 in places

    def untouched(self, live: Values, old: Values, *, sent: bool) -> bool:
        """Say whether the stage is as it was; once something was sent it may be cleared."""
        cleared = sent and not live.get(Stage.name)
        return cleared or super().untouched(live, old, sent=sent)


def _place(option: Mapping[str, Any]) -> tuple[bool, int]:
    """Order by ``displayOrder``; those with -1, the default, come last (unverified)."""
    order = option.get("displayOrder")
    place = order if isinstance(order, int) else -1
    return place < 0, place


def _nearest(value: str, options: Sequence[Mapping[str, Any]]) -> str:
    labels = {str(o.get("label", "")).casefold(): str(o["value"]) for o in options}
    if value.casefold() in labels:
        return f"Use its internal name: {labels[value.casefold()]}."
    near = get_close_matches(value, [str(o["value"]) for o in options], n=3, cutoff=0.5)
    known = near or [str(option["value"]) for option in options][:10]
    return f"Use one of {', '.join(known)}." if known else "Give it options in HubSpot first."
