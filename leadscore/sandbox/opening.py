"""How a sandbox is asked for, and the portal that is made of it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from leadscore import tables
from leadscore.errors import UsageError
from leadscore.sandbox.clock import Clock
from leadscore.sandbox.faults import read_rules
from leadscore.sandbox.portal import Portal
from leadscore.sandbox.seeding import Seeded, seed_table
from leadscore.sandbox.statefile import StateFile

__all__ = ["Opened", "Opening", "fill", "instant", "listed_faults", "portal_id", "prepare"]

# What says what a portal holds: a portal that comes out of a file has it from there.
CONTENTS = (
    *("contacts", "seed", "history", "world", "now"),
    *("csv", "outcome", "positive", "date", "order", "id"),
    *("tier", "api_addon"),
)
WORLD = ("span", "base_rate", "drift", "leak", "signal")
_TOKEN = re.compile(r"[\x21-\x7e]+\Z")


@dataclass(frozen=True)
class Opening:
    """The options of `open_sandbox`, as plain JSON values."""

    contacts: int = 2000
    seed: int = 0
    history: bool = True
    world: dict[str, Any] = field(default_factory=dict)
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
    retry_after: bool = False
    index_lag: float = 0.0
    history_cap: int | None = None
    list_order: str = "id"
    job_delay: float = 2.0
    token: str | None = field(default=None, repr=False)
    state: str | None = None
    save_every: float = 0.0
    faults: list[Any] = field(default_factory=list)

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
        self._check_world()
        self._check_behaviour()
        self._check_state()
        _check_token(self.token)
        read_rules(self.faults)

    def _check_world(self) -> None:
        strange = sorted(self.world.keys() - set(WORLD))
        if strange:
            message = f"The simulated world has no option {strange[0]!r}."
            raise UsageError(message, hint=f"There are {', '.join(WORLD)}.")
        if self.world and self.csv is not None:
            message = "Options for the simulated world were given, and a table."
            raise UsageError(message, hint="Leave out one of them.")

    def _check_behaviour(self) -> None:
        if self.list_order not in {"id", "shuffled"}:
            message = f"There is no order of lists {self.list_order!r}."
            raise UsageError(message, hint='Use "id" or "shuffled".')
        if min(self.index_lag, self.job_delay, self.save_every) < 0:
            message = "The index lag, the jobs' delay or the time between saves is negative."
            raise UsageError(message, hint="They are seconds from 0 up.")
        if self.history_cap is not None and self.history_cap < 1:
            raise UsageError("history_cap is below 1.", hint="Leave it out to keep everything.")

    def _check_state(self) -> None:
        if self.state is None:
            if self.save_every:
                message = "There is no file to save to."
                raise UsageError(message, hint="Name one with state=, or leave out save_every.")
            return
        path = Path(self.state)
        if path.is_dir() or not path.resolve().parent.is_dir():
            message = f"{self.state} cannot be the sandbox's file."
            raise UsageError(message, hint="Name a file in a folder that is there.")

    def behaviour(self) -> dict[str, Any]:
        """Return what `Portal` is told besides its contents; the lag waits until it has them."""
        names = ("limits", "retry_after", "history_cap", "list_order", "job_delay")
        chosen = {name: getattr(self, name) for name in names}
        return chosen | ({} if self.token is None else {"token": self.token})

    def contents(self) -> dict[str, Any]:
        """Return what says what a portal holds, as plain values."""
        found = {name: getattr(self, name) for name in CONTENTS}
        if isinstance(self.csv, pd.DataFrame):
            found["csv"] = (
                f"a DataFrame of {self.csv.shape[0]} rows and {self.csv.shape[1]} columns"
            )
        return found


def _check_token(token: str | None) -> None:
    if token is not None and not (isinstance(token, str) and _TOKEN.match(token)):
        message = "The token is empty, or holds blanks, control or other than ASCII characters."
        raise UsageError(message, hint="Look for a line end that was copied with it.")


def listed_faults(faults: Any) -> list[Any]:
    """Return the rules of a list, of one rule, or of a JSON file.

    Raises
    ------
    UsageError
        The file cannot be read.

    Examples
    --------
    >>> listed_faults({"action": {"status": 500}})
    [{'action': {'status': 500}}]
    """
    if isinstance(faults, str | Path):
        try:
            faults = json.loads(Path(faults).read_text("utf-8"))
        except (OSError, ValueError) as problem:
            message = f"The faults in {faults} cannot be read: {problem}."
            raise UsageError(message, hint="It is a JSON file: see docs/faults.md.") from None
    return list(faults) if isinstance(faults, list | tuple) else [faults]


@dataclass
class Opened:
    """A portal that is ready to be served, and its file when it has one."""

    portal: Portal
    seeded: Seeded
    file: StateFile | None = None

    def close(self) -> None:
        """Save the portal, and let others have the file.

        Raises
        ------
        SandboxError
            The file cannot be written.
        """
        try:
            if self.portal.save is not None:
                self.portal.save()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let others have the file, which stays as it is."""
        if self.file is not None:
            self.file.release()


def prepare(opening: Opening) -> Opened:
    """Make the portal that was asked for, or take it out of its file.

    Raises
    ------
    LeadscoreError
        The table or the file cannot be used, or an option does not fit.
    """
    if opening.state is None:
        opened = Opened(*fill(opening))
    else:
        opened = _from_file(opening, StateFile(opening.state))
    opened.portal.index_lag = opening.index_lag
    opened.portal.faults.add(opening.faults)
    return opened


def _from_file(opening: Opening, file: StateFile) -> Opened:
    file.lock()
    try:
        known = file.exists()
        portal, seeded, origin = _loaded(opening, file) if known else _filled(opening)
        portal.save = file.saver(portal, origin=origin)
        if not known:
            portal.save()
    except BaseException:
        file.release()
        raise
    return Opened(portal, seeded, file)


def _filled(opening: Opening) -> tuple[Portal, Seeded, dict[str, Any]]:
    portal, seeded = fill(opening)
    own = {"goal": seeded.goal, "columns": seeded.columns}
    return portal, seeded, {"contents": opening.contents(), **own}


def _loaded(opening: Opening, file: StateFile) -> tuple[Portal, Seeded, dict[str, Any]]:
    portal, origin = file.load(**opening.behaviour())
    usual = Opening().contents()
    for name, given in opening.contents().items():
        if given not in (usual[name], origin["contents"].get(name)):
            message = f"{opening.state} holds a portal already, made with another {name}."
            raise UsageError(message, hint=f"Leave out {name}, or name another file.")
    return portal, Seeded(origin["goal"], origin["columns"]), origin


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
        clock=_clock(opening.now),
        **opening.behaviour(),
    )
    if opening.csv is None:
        return portal, _simulated(portal, opening)
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


def _simulated(portal: Portal, opening: Opening) -> Seeded:
    from leadscore.sandbox.populating import seed_world
    from leadscore.sandbox.world import simulate

    facts: dict[str, Any] = {"contacts": opening.contacts, "seed": opening.seed, "now": opening.now}
    world = simulate(**facts, history=opening.history, **opening.world)
    return seed_world(portal, world, history=opening.history)


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
    drawn = (opening.contacts, opening.seed, *sorted(opening.world.items()))
    facts = (*named, *meant) if table is not None else drawn
    digest = hashlib.sha256(repr(facts).encode()).digest()
    return 10_000_000 + int.from_bytes(digest[:8], "big") % 90_000_000


def _clock(now: str | None) -> Clock:
    return Clock(None if now is None else datetime.fromisoformat(now).timestamp())
