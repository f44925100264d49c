"""Keep below the portal's limits: a token bucket that learns from the replies."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

__all__ = ["Bucket"]

_SHARE = 0.98  # replies travel: calls evenly spaced here are not quite so at the portal
_BURST = 0.02


class Bucket:
    """A token bucket: one token a call, refilled at the rate that the portal allows.

    The burst is taken out of the rate, so that no window of the portal's can hold more calls
    than it allows, wherever the window begins.

    Parameters
    ----------
    limit : int
        Calls that the portal allows in one interval.
    interval : float
        The interval's length in seconds.
    clock, sleep : callable, optional
        Injectable, for tests without waiting.

    Notes
    -----
    HubSpot states the limit in ``X-HubSpot-RateLimit-Max`` and
    ``X-HubSpot-RateLimit-Interval-Milliseconds`` on every reply except those of search
    (HubSpot API docs, "API usage guidelines and limits").
    """

    def __init__(
        self,
        limit: int,
        interval: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._set(limit, interval)
        self._tokens = self._burst
        self._filled = clock()

    def _set(self, limit: int, interval: float) -> None:
        self.limit, self.interval = limit, interval
        self._burst = max(1.0, limit * _BURST)
        self._rate = max(limit * _SHARE - self._burst, 0.5) / interval

    def take(self) -> None:
        """Wait until the next call is allowed."""
        wait = self._reserve()
        if wait > 0:
            self._sleep(wait)

    def _reserve(self) -> float:
        with self._lock:
            now = self._clock()
            if now > self._filled:
                self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate)
                self._filled = now
            self._tokens -= 1
            return max(0.0, self._filled - now) + max(0.0, -self._tokens / self._rate)

    def pause(self, seconds: float) -> None:
        """Let no call through for a while: the portal said that it is too much."""
        with self._lock:
            self._tokens = min(self._tokens, 0.0)
            self._filled = max(self._filled, self._clock() + seconds)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take over the limit that a reply states."""
        limit = _number(headers.get("X-HubSpot-RateLimit-Max"))
        milliseconds = _number(headers.get("X-HubSpot-RateLimit-Interval-Milliseconds"))
        if limit and milliseconds and (limit, milliseconds / 1000) != (self.limit, self.interval):
            with self._lock:
                self._set(limit, milliseconds / 1000)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0
