"""A contact's rise into a tier: when something is to happen, and which rise it was."""

from __future__ import annotations

import hashlib

from leadscore.errors import UsageError
from leadscore.followup import Scored
from leadscore.tiers import TIERS

__all__ = ["check_tier", "enters", "rise_of"]


def check_tier(tier: str) -> str:
    """Return a tier, or say which there are.

    Examples
    --------
    >>> check_tier("A")
    'A'
    """
    if tier not in TIERS:
        raise UsageError(f"There is no tier {tier!r}.", hint=f"Use one of {', '.join(TIERS)}.")
    return tier


def enters(scored: Scored, tier: str) -> bool:
    """Say whether a contact newly comes into a tier with this plan.

    Examples
    --------
    >>> enters(Scored("7", {}, "A", "B", 97.0, written=True), "A")
    True
    >>> enters(Scored("7", {}, "A", "A", 97.0, written=True), "A")
    False
    """
    return scored.written and scored.tier == tier != scored.was


def rise_of(scored: Scored, *, prefix: str, plan: str) -> str:
    """Return twelve hex digits for a contact's rise: the same for all plans that see the same one.

    A rise is told by the score that stood before it and the moment when that was written. Where
    the portal does not keep that moment, the plan's own mark stands in.

    Parameters
    ----------
    scored : Scored
    prefix : str
        Of our properties.
    plan : str
        Something that no other plan has.
    """
    before = scored.live.get(f"{prefix}_scored_at") or (plan if scored.was else "")
    told = "\n".join((prefix, scored.contact, scored.tier, scored.was, before))
    return hashlib.sha256(told.encode()).hexdigest()[:12]
