"""Rate limits by subscription: a rolling ten-second window, a day, and search by the second.

HubSpot API docs, "API usage guidelines and limits": privately distributed apps get 100 requests
per ten seconds on Free and Starter, 190 on Professional and Enterprise, 250 with the API add-on;
search has its own 5 per second, counts towards the day, and carries no headers. Whether refused
requests use up the window is not documented; here they do not, but they count towards the day.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from leadscore.sandbox.replies import Refusal

__all__ = ["ADDON", "DAILY", "TIERS", "Limiter", "Window"]

TIERS = {"free": 100, "starter": 100, "professional": 190, "enterprise": 190}
DAILY = {"free": 250_000, "starter": 250_000, "professional": 625_000, "enterprise": 1_000_000}
ADDON = (250, 1_000_000)
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
        return len(self._times)

    def admit(self, now: float) -> bool:
        """Count an event if there is room for it."""
        if self.used(now) >= self.most:
            return False
        self._times.append(now)
        return True


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
        self.burst = Window(ADDON[0] if api_addon else TIERS[tier], seconds=10)
        self.second = Window(self.burst.most, seconds=1)
        self.search = Window(SEARCH_PER_SECOND, seconds=1)
        self.daily = DAILY[tier] + (ADDON[1] if api_addon else 0)
        self.today = 0
        self._portal_id = portal_id
        self._time_zone = time_zone
        self._clock = clock
        self._day = self._local(clock()).date()

    def _local(self, now: float) -> datetime:
        return datetime.fromtimestamp(now, self._time_zone)

    def admit(self, *, policy: str = "general") -> dict[str, str]:
        """Count one request and return the rate-limit headers of its reply.

        Raises
        ------
        Refusal
            429.
        """
        now, search = self._clock(), policy == "search"
        self._count_day(now)
        headers = {} if search else self.headers(now)
        if self.today > self.daily:
            raise _too_many("daily", "DAILY", headers)
        if search:
            return self._admit_search(now)
        if not self.burst.admit(now):
            group = f"publicapi:private-app-api-calls-ten-secondly:{self._portal_id}"
            raise _too_many("ten_secondly_rolling", "TEN_SECONDLY_ROLLING", headers, group)
        self.second.admit(now)
        return self.headers(now)

    def _admit_search(self, now: float) -> dict[str, str]:
        if not self.search.admit(now):
            raise _too_many("secondly", "SECONDLY", {})
        return {}

    def _count_day(self, now: float) -> None:
        day = self._local(now).date()
        if day != self._day:
            self._day, self.today = day, 0
        self.today += 1

    def headers(self, now: float) -> dict[str, str]:
        """Return the headers; the two by the second are deprecated, and nothing enforces them."""
        secondly = self.burst.most // 10
        numbers = {
            "Max": self.burst.most,
            "Remaining": self.burst.most - self.burst.used(now),
            "Interval-Milliseconds": 10_000,
            "Daily": self.daily,
            "Daily-Remaining": max(self.daily - self.today, 0),
            "Secondly": secondly,
            "Secondly-Remaining": max(secondly - self.second.used(now), 0),
        }
        return {f"X-HubSpot-RateLimit-{name}": str(number) for name, number in numbers.items()}

    def resets_at(self) -> datetime:
        """Return the next midnight in the portal's time zone."""
        tomorrow = self._local(self._clock()).date() + timedelta(days=1)
        return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=self._time_zone)


def _too_many(words: str, policy: str, headers: dict[str, str], group: str = "") -> Refusal:
    more = {"groupName": group} if group else {}
    return Refusal(
        429,
        f"You have reached your {words} limit.",
        headers=headers,
        errorType="RATE_LIMIT",
        policyName=policy,
        **more,
    )
