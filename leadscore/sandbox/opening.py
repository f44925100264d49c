"""How a sandbox is asked for, and the portal that is made of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from leadscore import tables
from leadscore.errors import UsageError
from leadscore.sandbox.clock import Clock
from leadscore.sandbox.portal import Portal
from leadscore.sandbox.seeding import Seeded, seed_table, seed_world

__all__ = ["Opening", "fill", "instant", "portal_id"]


@dataclass(frozen=True)
class Opening:
    """The options of `open_sandbox`, as plain JSON values."""

    contacts: int = 2000
    seed: int = 0
    now: str | None = None
    csv: Any = None
    outcome: str | None = None
    positive: Any = None
    date: str | None = None
    order: bool = False
    id: str | None = None
    tier: str = "professional"
    api_addon: bool = False
    latency_ms: float = 0.0
    port: int = 0
    limits: bool = True

    def check(self) -> None:
        """Check that the options fit each other.

        Raises
        ------
        UsageError
            They do not.
        """
        if self.csv is None and (self.outcome or self.date or self.order or self.id):
            message = "Options for a table were given, but no table."
            raise UsageError(message, hint="Give the table as csv, or leave out the others.")
        if self.csv is not None and not self.outcome:
            message = "A table was given, but not the column that says what happened."
            raise UsageError(message, hint="Name it with --outcome (in Python: outcome=).")
        if not 0 <= self.port <= 65_535 or self.latency_ms < 0 or self.contacts < 0:
            message = "The port, the latency or the number of contacts is out of range."
            raise UsageError(message, hint="Ports go up to 65535; nothing here is negative.")


def instant(now: str | datetime | None) -> str | None:
    """Return a time in ISO 8601, in UTC unless it has an offset.

    Raises
    ------
    UsageError
        It is no time.

    Examples
    --------
    >>> instant("2026-03-01 12:00")
    '2026-03-01T12:00:00+00:00'
    """
    if now is None:
        return None
    try:
        stamp = pd.Timestamp(now)
    except ValueError:
        raise UsageError(f"{now!r} is no time.", hint="Write it as 2026-03-01T12:00Z.") from None
    return (stamp.tz_convert("UTC") if stamp.tzinfo else stamp.tz_localize("UTC")).isoformat()


def fill(opening: Opening) -> tuple[Portal, Seeded]:
    """Make the portal that was asked for.

    Raises
    ------
    LeadscoreError
        The table cannot be used, or an option does not fit.
    """
    portal = Portal(
        id=portal_id(opening),
        tier=opening.tier,
        api_addon=opening.api_addon,
        limits=opening.limits,
        clock=_clock(opening.now),
    )
    if opening.csv is None:
        from leadscore.sandbox.world import simulate

        world = simulate(contacts=opening.contacts, seed=opening.seed, now=opening.now)
        return portal, seed_world(portal, world)
    seeded = seed_table(
        portal,
        tables.read_table(opening.csv),
        outcome=str(opening.outcome),
        positive=opening.positive,
        date=opening.date,
        order=opening.order,
        id=opening.id,
    )
    return portal, seeded


def portal_id(opening: Opening) -> int:
    """Return the portal's id: equal for equal contents, so that a workspace knows it again.

    Examples
    --------
    >>> portal_id(Opening(seed=1)) == portal_id(Opening(seed=1, tier="free"))
    True
    >>> portal_id(Opening(seed=1)) == portal_id(Opening(seed=2))
    False
    """
    table = opening.csv
    named = [table.shape, *table.columns] if isinstance(table, pd.DataFrame) else [table]
    meant = (opening.outcome, opening.positive, opening.date, opening.order, opening.id)
    facts = (*named, *meant) if table is not None else (opening.contacts, opening.seed)
    digest = hashlib.sha256(repr(facts).encode()).digest()
    return 10_000_000 + int.from_bytes(digest[:8], "big") % 90_000_000


def _clock(now: str | None) -> Clock:
    return Clock(None if now is None else datetime.fromisoformat(now).timestamp())
