"""The state of a portal: its object types with their records, and what was done to them."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from leadscore.errors import SandboxError
from leadscore.sandbox import scopes
from leadscore.sandbox.associations import Associations
from leadscore.sandbox.clock import Clock
from leadscore.sandbox.definitions import Definitions
from leadscore.sandbox.faults import Faults
from leadscore.sandbox.history import History
from leadscore.sandbox.index import Index
from leadscore.sandbox.kinds import KINDS, UNSERVED, Kind
from leadscore.sandbox.limits import TIERS, Limiter
from leadscore.sandbox.logs import MOST_REQUESTS, MOST_WRITES, Log, Request, Write
from leadscore.sandbox.moments import from_ms
from leadscore.sandbox.records import Record, Records
from leadscore.sandbox.replies import invalid, unserved

if TYPE_CHECKING:
    from leadscore.sandbox.routes import Path

__all__ = ["SCOPES", "Collection", "Grant", "Portal", "Request", "Write"]

SCOPES = scopes.EVERY
FIRST_ID = 1001


@dataclass
class Grant:
    """What the bearer of a token may do.

    Parameters
    ----------
    scopes : set of str
    app_id : int
    user_id : int
    expires_at : float, optional
        In seconds since the epoch; private apps' tokens do not expire.
    oauth : bool
        An OAuth app's access token: it has rate limits of its own, and acts for a user.
    """

    scopes: set[str]
    app_id: int = 1
    user_id: int = 1
    expires_at: float | None = None
    oauth: bool = False


def _granted(issued: dict[str, Any]) -> Grant:
    return Grant(
        set(issued["scopes"]),
        app_id=issued["appId"],
        user_id=issued["userId"],
        expires_at=issued["expiresAt"],
        oauth=True,
    )


@dataclass
class Collection:
    """One object type: what it is, its definitions, records and history, and what a search sees."""

    kind: Kind
    definitions: Definitions
    records: Records
    history: History = field(default_factory=History)
    index: Index = field(default_factory=Index)


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
    retry_after : bool
        Say in a 429 how long to wait; HubSpot documents no such header.
    clock : callable
        Returns the time in seconds since the epoch.
    time_zone : str
        The day of the daily limit ends at its midnight.
    token : str
        The private app's token.
    scopes : set of str
        What that token may do.
    history_cap : int, optional
        How many history entries per property come with a record; HubSpot documents no number.
    index_lag : float
        Seconds after which a search sees a change.
    list_order : str
        "id", or "shuffled": HubSpot does not document the order of lists.
    job_delay : float
        Seconds that an export, an import and a form submission take before they show.

    Attributes
    ----------
    grants : dict of str to Grant
        What other tokens may do, those that OAuth issues aside: these are on the shelf "oauth".
    revoked : bool
        The private app's token is valid no more.
    shelves : dict of str to dict
        What each part of the API keeps, as plain JSON values.
    collections : dict of str to Collection
        By object type.
    associations : Associations
    writes : Log of Write
        Every value that a request really changed, in order; the last million.
    requests : Log of Request
        Every request, in order; the last 100,000.
    faults : Faults
        What is to go wrong.
    save : callable, optional
        Writes the portal to its file, when it has one.
    new_refresh_tokens : bool, default False
        Whether each refresh replaces the refresh token, as RFC 6749 allows and nobody has seen
        HubSpot do.
    chores : list of callable
        What parts of the API do by the clock, each before the next request is handled.
    paths : tuple of Path
        What is served.

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
    retry_after: bool = False
    clock: Callable[[], float] = field(default_factory=Clock, repr=False)
    time_zone: str = "America/New_York"
    token: str = field(default_factory=lambda: f"pat-na1-{uuid4()}", repr=False)
    scopes: set[str] = field(default_factory=lambda: set(SCOPES), repr=False)
    history_cap: int | None = None
    index_lag: float = 0.0
    list_order: str = "id"
    job_delay: float = 2.0
    new_refresh_tokens: bool = False
    writes: Log[Write] = field(default_factory=lambda: Log(maxlen=MOST_WRITES), repr=False)
    requests: Log[Request] = field(default_factory=lambda: Log(maxlen=MOST_REQUESTS), repr=False)
    save: Callable[[], None] | None = field(default=None, repr=False)
    chores: list[Callable[[Portal], None]] = field(default_factory=list, repr=False)
    paths: tuple[Path, ...] = field(default=(), repr=False)

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
        self.revoked = False
        self.faults = Faults()
        self.grants: dict[str, Grant] = {}
        self.shelves: dict[str, dict[str, Any]] = {}
        self.associations = Associations()
        self.collections: dict[str, Collection] = {}
        self._aliases: dict[str, str] = {}
        for kind in KINDS:
            self.add_kind(kind)
        self._last_id = FIRST_ID - 1

    @property
    def now(self) -> str:
        """The time, as on the wire."""
        return from_ms(self.now_ms)

    @property
    def now_ms(self) -> int:
        """The time, in milliseconds since the epoch."""
        return round(self.clock() * 1000)

    def shelf(self, name: str) -> dict[str, Any]:
        """Return what a part of the API keeps: JSON values by string keys, empty at first."""
        return self.shelves.setdefault(name, {})

    def work(self) -> None:
        """Do what has fallen due: HubSpot works on after it has answered."""
        for chore in self.chores:
            chore(self)

    def grant(self, token: str) -> Grant | None:
        """Return what a token may do, None when the portal does not know it."""
        if hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode()):
            return None if self.revoked else Grant(self.scopes)
        issued = self.shelf("oauth").get("access", {}).get(token)
        return self.grants.get(token) if issued is None else _granted(issued)

    def add_kind(self, kind: Kind) -> Collection:
        """Add an object type."""
        made = Collection(kind, Definitions(kind.name), Records(kind.unique))
        made.records.before = partial(self._before, made.index)
        self.collections[kind.name] = made
        self._aliases |= dict.fromkeys((alias.lower() for alias in kind.aliases), kind.name)
        return made

    def _before(self, index: Index, record: Record, new: bool) -> None:
        """Note what a search is not to see yet."""
        if self.index_lag > 0:
            keep = round(self.index_lag * 1000)
            index.note(record, at=self.now_ms, keep=keep, new=new)

    def drop_kind(self, kind: Kind) -> None:
        """Forget a custom object type."""
        del self.collections[kind.name]
        self._aliases = {a: name for a, name in self._aliases.items() if name != kind.name}

    def collection(self, name: str) -> Collection:
        """Return an object type by its name, singular or type id.

        Raises
        ------
        Refusal
            400: there is no such object type; 501: HubSpot has it, and this portal does not.
        """
        known = self._aliases.get(name.lower())
        if known is None and name.lower() in UNSERVED:
            raise unserved(f"objects of type {name}")
        if known is None:
            raise invalid(f"Unable to infer object type from: {name}")
        return self.collections[known]

    def new_id(self) -> int:
        """Return an id that no record of the portal has."""
        self._last_id += 1
        return self._last_id

    @property
    def last_id(self) -> int:
        """The highest id so far."""
        return self._last_id

    def reserve_id(self, number: int) -> None:
        """Take an id that was given from outside."""
        self._last_id = max(self._last_id, number)
