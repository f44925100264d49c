"""The state of a portal: its object types with their records, and what was done to them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import uuid4
from zoneinfo import ZoneInfo

from leadscore.errors import SandboxError
from leadscore.sandbox.definitions import Definitions
from leadscore.sandbox.kinds import KINDS, Kind
from leadscore.sandbox.limits import TIERS, Limiter
from leadscore.sandbox.moments import from_ms
from leadscore.sandbox.records import Records
from leadscore.sandbox.replies import invalid

__all__ = ["SCOPES", "Collection", "Portal", "Request", "Write"]

SCOPES = tuple(
    f"crm.{area}.{kind.name}.{right}"
    for area in ("objects", "schemas")
    for kind in KINDS
    for right in ("read", "write")
)
FIRST_ID = 1001


class Write(NamedTuple):
    """A value that a request really changed."""

    object: str
    id: str
    property: str
    old: str | None
    new: str | None
    at: str


class Request(NamedTuple):
    """A request and the status of its reply."""

    method: str
    path: str
    status: int


@dataclass
class Collection:
    """One object type: what it is, its property definitions, its records."""

    kind: Kind
    definitions: Definitions
    records: Records


@dataclass
class Portal:
    """A portal.

    Parameters
    ----------
    id : int
    tier : str
        "free", "starter", "professional" or "enterprise".
    api_addon : bool
        The API limit increase: 250 requests per ten seconds.
    limits : bool
        False lifts the rate limits.
    clock : callable
        Returns the time in seconds since the epoch.
    time_zone : str
        The day of the daily limit ends at its midnight.

    Attributes
    ----------
    token : str
        The only token that this portal knows.
    scopes : set of str
        What the token may do.
    collections : dict of str to Collection
        By object type.
    writes : list of Write
        Every value that a request really changed, in order.
    requests : list of Request
        Every authenticated request, in order.

    Examples
    --------
    >>> portal = Portal(clock=lambda: 1582947017.0)
    >>> portal.now, portal.collection("0-1").kind.name, portal.token[:8]
    ('2020-02-29T03:30:17.000Z', 'contacts', 'pat-na1-')
    """

    id: int = 20260901
    tier: str = "professional"
    api_addon: bool = False
    limits: bool = True
    clock: Callable[[], float] = time.time
    time_zone: str = "America/New_York"
    token: str = field(default_factory=lambda: f"pat-na1-{uuid4()}", repr=False)
    scopes: set[str] = field(default_factory=lambda: set(SCOPES), repr=False)
    writes: list[Write] = field(default_factory=list, repr=False)
    requests: list[Request] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        if self.tier not in TIERS:
            message = f"There is no subscription tier {self.tier!r}."
            raise SandboxError(message, hint=f"Use one of {', '.join(TIERS)}.")
        self.limiter = Limiter(
            tier=self.tier,
            api_addon=self.api_addon,
            portal_id=self.id,
            time_zone=ZoneInfo(self.time_zone),
            clock=self.clock,
        )
        self.collections = {kind.name: _empty(kind) for kind in KINDS}
        self._aliases = {alias: kind.name for kind in KINDS for alias in kind.aliases}
        self._last_id = FIRST_ID - 1

    @property
    def now(self) -> str:
        """The time, as on the wire."""
        return from_ms(round(self.clock() * 1000))

    def collection(self, name: str) -> Collection:
        """Return an object type by its name, singular or type id.

        Raises
        ------
        Refusal
            400: there is no such object type.
        """
        known = self._aliases.get(name.lower())
        if known is None:
            raise invalid(f"Unable to infer object type from: {name}")
        return self.collections[known]

    def new_id(self) -> int:
        """Return an id that no record of the portal has."""
        self._last_id += 1
        return self._last_id

    def reserve_id(self, number: int) -> None:
        """Take an id that was given from outside."""
        self._last_id = max(self._last_id, number)


def _empty(kind: Kind) -> Collection:
    return Collection(kind, Definitions(kind.name), Records(kind.unique))
