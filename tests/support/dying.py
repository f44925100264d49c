"""A process that dies at the n-th point where something has just been done, in this process.

Points are the portal's replies and the ledger's commits. From then on nothing more leaves for the
portal and nothing is committed, whatever the code does on its way out: as after SIGKILL, but fast.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from leadscore.hubspot import transport
from leadscore.ledgerfile import LedgerFile


class Died(BaseException):
    """The process is dead."""


class Fuse:
    """Counts points down, and is dead from zero on; 0 from the start: it never dies."""

    def __init__(self, points: int) -> None:
        self.points, self.seen, self.dead = points, 0, False
        self._lock = threading.Lock()

    def alive(self) -> None:
        if self.dead:
            raise Died

    def point(self) -> None:
        with self._lock:
            self.seen += 1
            self.dead = self.dead or self.seen == self.points
        self.alive()


@contextmanager
def dying(points: int) -> Iterator[Fuse]:
    """Die at a point; yields the fuse, which says how many points there were."""
    fuse = Fuse(points)
    commit, request = LedgerFile.transaction, transport.Pool.request

    @contextmanager
    def transaction(self: LedgerFile) -> Iterator[Any]:
        fuse.alive()
        with commit(self) as given:
            yield given
        fuse.point()

    def asked(self: transport.Pool, *given: Any, **options: Any) -> Any:
        fuse.alive()
        reply = request(self, *given, **options)
        fuse.point()
        return reply

    LedgerFile.transaction, transport.Pool.request = transaction, asked  # type: ignore[method-assign]
    try:
        yield fuse
    finally:
        LedgerFile.transaction, transport.Pool.request = commit, request  # type: ignore[method-assign]
