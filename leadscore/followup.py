"""What is to happen after scoring, besides the scores: planned with them, done after them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from leadscore.planfile import Change

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["Followup", "Scored"]


@dataclass(frozen=True, slots=True)
class Scored:
    """A contact that was scored, as a plan finds it.

    Attributes
    ----------
    contact : str
    live : dict of str to str
        What the portal has now: our properties and those that the followups ask for.
    tier, was : str
        The new tier, and the one that the portal has; empty where there is none.
    score : float
        The new score; missing for one that reached the goal.
    written : bool
        Whether the new scores are in the plan: else they differ too little.
    reasons : str
        The new ones, in words; they may hold text that anybody typed into a form.
    what : str
        What happened, where it is no tier that changed.
    """

    contact: str
    live: dict[str, str]
    tier: str
    was: str
    score: float
    written: bool
    reasons: str = ""
    what: str = ""


class Followup(Protocol):
    """Something that is to happen after scoring; each is off until it is asked for."""

    @property
    def action(self) -> str:
        """Its name in the plan: unique, readable, without personal data."""
        ...

    @property
    def reads(self) -> tuple[str, ...]:
        """Properties of contacts that it needs to know, besides ours."""
        ...

    def prepare(self, portal: Portal, prefix: str) -> None:
        """Look up once, read only, what it needs of the portal; refuse what cannot be done."""
        ...

    def definitions(self, prefix: str) -> tuple[dict[str, Any], ...]:  # noqa: ARG002
        """Return properties of contacts that it writes besides ours, made where missing.

        As HubSpot's properties API takes them, but for ``groupName``; they are ``definitions`` of
        `about` too, so that a run can make them.
        """
        return ()

    def about(self) -> dict[str, Any]:
        """Return JSON-able facts for the plan, when all changes were asked for.

        ``kind`` is the key of what makes its target; ``says`` is what it does, in one sentence;
        ``notes`` are sentences on what it leaves out. The rest is enough to do it later.
        """
        ...

    def changes(self, scored: Sequence[Scored]) -> Iterable[Change]:
        """Return what is to change of some contacts."""
        ...

    def rest(self) -> Iterable[Change]:
        """Return what else is to change, when every scored contact was seen."""
        ...
