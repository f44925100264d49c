"""Rate limits by subscription and kind of app: a rolling ten-second window, a day, a second.

HubSpot API docs, "API usage guidelines and limits": privately distributed apps get 100 requests
per ten seconds on Free and Starter, 190 on Professional and Enterprise, 250 with the API add-on,
each app for itself, and share the account's day; OAuth apps get 110 per ten seconds and have no
day. Search has its own 5 per second for the whole account, and carries no headers. Associations
have their own 100, 150 or 200 per ten seconds and their own day (docs, "Associate records").
Whether refused requests use up the window is not documented; here they do not, but they count
towards the day.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from leadscore.sandbox.replies import Refusal, rate_limited

__all__ = ["ADDON", "DAILY", "OAUTH", "TIERS", "Limiter", "Window"]

TIERS = {"free": 100, "starter": 100, "professional": 190, "enterprise": 190}
DAILY = {"free": 250_000, "starter": 250_000, "professional": 625_000, "enterprise": 1_000_000}
ADDON = (250, 1_000_000)
OAUTH = 110
ASSOCIATIONS = {"free": 100, "starter": 100, "professional": 150, "enterprise": 150}
ASSOCIATIONS_ADDON = 200
ASSOCIATIONS_DAILY = 500_000
SEARCH_PER_SECOND = 5


class Window:
    """At most so many events in any span of so many seconds.

    Examples
    --------
    >>> window = Window(2, seconds=10)
    >>> [window.admit(t) for t in (0, 1, 2, 10)]
    [True, True, False, True]
    """

    def __init__(self, most: int, *, seconds: float) -> None:
        self.most = most
        self.seconds = seconds
        self._times: deque[float] = deque()

    def used(self, now: float) -> int:
        """Return how many of the events lie within the window."""
        while self._times and self._times[0] <= now - self.seconds:
            self._times.popleft()
        # The clock was moved back.
        while self._times and self._times[-1] > now:
            self._times.pop()
        return len(self._times)

    def admit(self, now: float) -> bool:
        """Count an event if there is room for it."""
        if self.used(now) >= self.most:
            return False
        self._times.append(now)
        return True

    def wait(self, now: float) -> int:
        """Return the whole seconds until there is room again."""
        if self.used(now) < self.most:
            return 0
        return max(1, math.ceil(self._times[0] + self.seconds - now))


@dataclass
class _Day:
    """A count that starts again at midnight."""

    most: int
    used: int = 0


@dataclass
class _App:
    """The windows of one app; the one by the second is shown, and nothing enforces it."""

    burst: Window
    group: str
    day: _Day | None
    second: Window = field(init=False)

    def __post_init__(self) -> None:
        self.second = Window(self.burst.most, seconds=1)


class Limiter:
    """The limits of one portal.

    Parameters
    ----------
    tier : str
        A key of `TIERS`.
    api_addon : bool
        The API limit increase.
    portal_id : int
        Named in the 429 body.
    time_zone : ZoneInfo
        The daily count starts again at midnight there.
    clock : callable
        Returns the time in seconds since the epoch.
    """

    def __init__(
        self,
        *,
        tier: str,
        api_addon: bool,
        portal_id: int,
        time_zone: ZoneInfo,
        clock: Callable[[], float],
    ) -> None:
        extra = ADDON[1] if api_addon else 0
        self._burst = ADDON[0] if api_addon else TIERS[tier]
        self._linking = ASSOCIATIONS_ADDON if api_addon else ASSOCIATIONS[tier]
        self.search = Window(SEARCH_PER_SECOND, seconds=1)
        self._days = {
            "general": _Day(DAILY[tier] + extra),
            "associations": _Day(ASSOCIATIONS_DAILY * (2 if api_addon else 1)),
        }
        self._apps: dict[tuple[str, int, bool], _App] = {}
        self._portal_id = portal_id
        self._time_zone = time_zone
        self._clock = clock
        self._day = self._local(clock()).date()

    @property
    def daily(self) -> int:
        """How many requests private apps may make today."""
        return self._days["general"].most

    @property
    def today(self) -> int:
        """How many requests private apps have made today."""
        return self._days["general"].used

    @today.setter
    def today(self, used: int) -> None:
        self._days["general"].used = used

    @property
    def burst(self) -> Window:
        """The ten seconds of the portal's own private app."""
        return self._app("general", 1, oauth=False).burst

    def _local(self, now: float) -> datetime:
        return datetime.fromtimestamp(now, self._time_zone)

    def _app(self, policy: str, app_id: int, *, oauth: bool) -> _App:
        kept = "associations" if policy == "associations" else "general"
        key = (kept, app_id, oauth)
        if key not in self._apps:
            self._apps[key] = self._new_app(kept, app_id, oauth=oauth)
        return self._apps[key]

    def _new_app(self, kept: str, app_id: int, *, oauth: bool) -> _App:
        general = OAUTH if oauth else self._burst
        most = self._linking if kept == "associations" else general
        day = None if oauth else self._days[kept]
        kind = "app" if oauth else "private_app"
        group = f"publicapi:{kind}-api-calls-ten-secondly:{app_id}:{self._portal_id}"
        return _App(Window(most, seconds=10), group, day)

    def admit(
        self,
        *,
        policy: str = "general",
        app_id: int = 1,
        oauth: bool = False,
        retry_after: bool = False,
    ) -> dict[str, str]:
        """Count one request and return the rate-limit headers of its reply.

        Parameters
        ----------
        policy : str
            "general", "search" or "associations".
        app_id : int
        oauth : bool
            The app's token comes from OAuth.
        retry_after : bool
            Say in a 429 how long to wait; HubSpot documents no such header.

        Raises
        ------
        Refusal
            429.
        """
        now, search = self._clock(), policy == "search"
        app = self._app(policy, app_id, oauth=oauth)
        self._count_day(app, now)
        refused = self._refused(app, now, search=search)
        headers = {} if search else self._headers(app, now)
        if refused is None:
            return headers
        words, wait = refused
        group = app.group if words == "ten_secondly_rolling" else ""
        raise _too_many(words, headers, group=group, wait=wait if retry_after else 0)

    def _refused(self, app: _App, now: float, *, search: bool) -> tuple[str, int] | None:
        """Count the request, or say which limit it meets and how long that lasts."""
        if app.day and app.day.used > app.day.most:
            return "daily", math.ceil(self.resets_at().timestamp() - now)
        window = self.search if search else app.burst
        if not window.admit(now):
            return "secondly" if search else "ten_secondly_rolling", window.wait(now)
        if not search:
            app.second.admit(now)
        return None

    def _count_day(self, app: _App, now: float) -> None:
        day = self._local(now).date()
        if day != self._day:
            self._day = day
            for each in self._days.values():
                each.used = 0
        if app.day:
            app.day.used += 1

    def _headers(self, app: _App, now: float) -> dict[str, str]:
        """Return the headers; the two by the second are deprecated, and nothing enforces them."""
        secondly = app.burst.most // 10
        numbers = {
            "Max": app.burst.most,
            "Remaining": app.burst.most - app.burst.used(now),
            "Interval-Milliseconds": 10_000,
            "Secondly": secondly,
            "Secondly-Remaining": max(secondly - app.second.used(now), 0),
        }
        if app.day:
            numbers["Daily"] = app.day.most
            numbers["Daily-Remaining"] = max(app.day.most - app.day.used, 0)
        return {f"X-HubSpot-RateLimit-{name}": str(number) for name, number in numbers.items()}

    def resets_at(self) -> datetime:
        """Return the next midnight in the portal's time zone."""
        tomorrow = self._local(self._clock()).date() + timedelta(days=1)
        return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=self._time_zone)


def _too_many(words: str, headers: dict[str, str], *, group: str = "", wait: int = 0) -> Refusal:
    named = {"groupName": group} if group else {}
    told = {"Retry-After": str(wait)} if wait else {}
    return rate_limited(words, headers=headers | told, **named)
