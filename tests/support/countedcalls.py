"""A portal's limit and those who use it, in time that only a queue of events moves."""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from leadscore.hubspot.pacing import Bucket
from leadscore.hubspot.waits import Waits


@dataclass
class CountedCalls:
    """What a portal counts: at most `limit` calls in any `interval`.

    A call reaches the portal at some moment between its sending and its reply.
    """

    limit: int
    interval: float
    seed: int = 0
    headers: bool = True
    latency: Callable[[random.Random], float] = lambda chance: chance.uniform(0.02, 0.2)
    now: float = 0.0
    accepted: int = 0
    refused: int = 0
    elsewhere: int = 0
    counted: deque[float] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.waits = Waits(clock=lambda: self.now, uniform=self.chance.uniform)
        self._queue: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._order = count()

    def at(self, when: float, what: Callable[..., None], *arguments: Any) -> None:
        """Let something happen at a time."""
        heapq.heappush(self._queue, (when, next(self._order), what, arguments))

    def run(self, seconds: float) -> None:
        """Let so many seconds go by."""
        end = self.now + seconds
        while self._queue and self._queue[0][0] <= end:
            self.now, _, what, arguments = heapq.heappop(self._queue)
            what(*arguments)
        self.now = end

    def admit(self) -> bool:
        """Count a call, if there is room for it."""
        while self.counted and self.counted[0] <= self.now - self.interval:
            self.counted.popleft()
        if len(self.counted) >= self.limit:
            return False
        self.counted.append(self.now)
        return True

    def work(self, bucket: Bucket, workers: int) -> None:
        """Let workers call as fast as a bucket lets them."""
        for _ in range(workers):
            self.at(self.now, self._call, bucket)

    def _call(self, bucket: Bucket) -> None:
        found = bucket._claim(self.now)
        if isinstance(found, float):
            self.at(self.now + found, self._call, bucket)
            return
        latency = self.latency(self.chance)
        arrival = self.now + self.chance.uniform(0, latency)
        self.at(arrival, self._arrive, bucket, found, self.now + latency)

    def _arrive(self, bucket: Bucket, ticket: Any, reply: float) -> None:
        good = self.admit()
        told = {
            "X-HubSpot-RateLimit-Max": str(self.limit),
            "X-HubSpot-RateLimit-Remaining": str(self.limit - len(self.counted)),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(int(self.interval * 1000)),
        }
        self.at(reply, self._reply, bucket, ticket, told if self.headers else {}, good)

    def _reply(self, bucket: Bucket, ticket: Any, told: dict[str, str], good: bool) -> None:
        bucket.back(ticket, told)
        self.accepted += good
        self.refused += not good
        if not good:
            bucket.pause(self.interval * self.chance.uniform(0.5, 1.0))
        self.at(self.now, self._call, bucket)

    def strangers(self, gaps: Iterable[float]) -> None:
        """Let somebody else call, with these seconds between the calls."""
        self._stranger(iter(gaps))

    def _stranger(self, gaps: Any) -> None:
        self.elsewhere += self.admit()
        self.at(self.now + next(gaps), self._stranger, gaps)

    @property
    def share_refused(self) -> float:
        """The share of our own calls that met the limit."""
        return self.refused / max(1, self.accepted + self.refused)
