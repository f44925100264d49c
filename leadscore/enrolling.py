"""A sequence of sales e-mails for every contact that comes into a tier."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from leadscore.followup import Followup, Scored
from leadscore.hubspot.enrolments import enrol, enrolled_in, find_sequence, sender_of
from leadscore.hubspot.reading import read_values
from leadscore.hubspot.writing import Outcome
from leadscore.planfile import Change
from leadscore.rises import check_tier, enters
from leadscore.targets import Values

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["Sequence", "SequenceTarget"]

_EMAIL, _OPTED_OUT = "email", "hs_email_optout"
_NONE = "The contact has opted out of e-mail: it is not enrolled."


class Sequence(Followup):
    """An enrolment in a sequence for every contact that comes into a tier.

    HubSpot then sends e-mail, in the name of a colleague. Nobody is enrolled twice: who is in the
    sequence is looked up before, and again where a reply was lost. Contacts without an e-mail
    address, and those that have opted out of all e-mail, are left out; the plan says how many. Who
    is in another sequence is refused by HubSpot, which the run tells.

    **It cannot be undone**: HubSpot's API has no call that ends an enrolment. An undo leaves it,
    and says so; end it in HubSpot.

    Parameters
    ----------
    name : str
        The sequence's name or id.
    sender : str
        The e-mail address of the user in whose name it is sent: an owner of the portal with a
        connected inbox. The plan keeps the user's id, not the address.
    tier : str, default "A"

    Notes
    -----
    The token needs ``automation.sequences.read``, ``automation.sequences.enrollments.write`` and
    ``crm.objects.owners.read``; that it must come of a user's own consent (OAuth) is reported by
    others, and unverified. Sequences need Sales or Service Hub Professional (HubSpot knowledge
    base).

    Examples
    --------
    >>> Sequence("New lead follow-up", sender="ada@example.com").action
    'sequence New lead follow-up'
    """

    def __init__(self, name: str, *, sender: str, tier: str = "A") -> None:
        self.name, self.sender, self.tier = name.strip(), sender, check_tier(tier)

    @property
    def action(self) -> str:
        """``sequence NAME``."""
        return f"sequence {self.name}"

    @property
    def reads(self) -> tuple[str, ...]:
        """The e-mail address, and whether the contact has opted out of all e-mail."""
        return (_EMAIL, _OPTED_OUT)

    def prepare(self, portal: Portal, prefix: str) -> None:
        """Look up the sequence and who sends it.

        Raises
        ------
        PlanError
            The portal has no such sequence or user.
        """
        portal.require("sequences", "owners")
        self.prefix, self.user = prefix, sender_of(portal, email=self.sender)[0]
        self.number, _ = find_sequence(portal, self.name, self.user)
        self.without_email = self.opted_out = 0

    def about(self) -> dict[str, Any]:
        """Return what the target needs, and how many contacts are left out."""
        left = (
            (self.without_email, "without an e-mail address"),
            (self.opted_out, "that have opted out of e-mail"),
        )
        return {
            "kind": "sequence",
            "says": f"Every contact that comes into tier {self.tier} is enrolled in the sequence "
            f"{self.name!r}.",
            "notes": [
                "HubSpot sends e-mail to who is enrolled, and an undo does not end it.",
                *(f"{n:,} {what} are not enrolled." for n, what in left if n),
            ],
            "prefix": self.prefix,
            "tier": self.tier,
            "sequence": self.number,
            "user": self.user,
        }

    def changes(self, scored: Iterable[Scored]) -> Iterator[Change]:
        """Return those that come into the tier and may be written to."""
        for one in scored:
            if not enters(one, self.tier):
                continue
            if one.live.get(_OPTED_OUT) == "true":
                self.opted_out += 1
            elif not one.live.get(_EMAIL):
                self.without_email += 1
            else:
                yield Change(one.contact, {}, {f"{self.prefix}_sequence": self.number})

    def rest(self) -> Iterator[Change]:
        """Return nothing: who was not scored is not enrolled."""
        return iter(())


class SequenceTarget:
    """The sequence that contacts are in.

    Parameters
    ----------
    portal : Portal
    about : mapping
        The plan's facts of the action: ``prefix``, ``sequence`` and ``user``.
    undoing : bool, default False
        Then nothing is ever sent.
    """

    def __init__(self, portal: Portal, about: Mapping[str, Any], *, undoing: bool = False) -> None:
        self.portal, self.sequence = portal, str(about["sequence"])
        self.property = f"{about['prefix']}_sequence"
        self._opted_out: set[str] = set()
        if not undoing:
            portal.require("sequences", "owners")
            self.sender = sender_of(portal, user=str(about["user"]))

    @property
    def names(self) -> Collection[str]:
        """The one name: the sequence."""
        return (self.property,)

    def live(self, contacts: Collection[str]) -> dict[str, dict[str, str]]:
        """Return the sequence that contacts are in."""
        facts = read_values(self.portal, "contacts", contacts, [_OPTED_OUT])
        self._opted_out |= {one for one, has in facts.items() if has.get(_OPTED_OUT) == "true"}
        found = enrolled_in(self.portal, list(facts))
        return {one: {self.property: found[one]} if one in found else {} for one in facts}

    def send(self, changes: Mapping[str, Values]) -> list[Outcome]:
        """Enrol contacts."""
        wanted = [one for one in changes if one not in self._opted_out]
        done = enrol(self.portal, wanted, sequence=self.sequence, sender=self.sender)
        found = {outcome.id: outcome for outcome in done}
        return [found.get(one) or Outcome(one, "rejected", _NONE) for one in changes]

    def holds(self, live: Values, new: Values) -> bool:
        """Say whether a contact is in the sequence."""
        return live.get(self.property) == new.get(self.property)

    def untouched(self, live: Values, old: Values, *, sent: bool) -> bool:  # noqa: ARG002
        """Say yes: who is in another sequence is refused by HubSpot, in its own words."""
        return True
