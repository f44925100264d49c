"""What was asked of a portal and what it changed, numbered, and not without bound."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple, TypeVar

__all__ = ["MOST_REQUESTS", "MOST_WRITES", "Log", "Request", "Write", "masked"]

MOST_REQUESTS = 100_000
MOST_WRITES = 1_000_000
_IN_PATH = re.compile(r"(/oauth/v1/(?:access|refresh)-tokens/|/downloads/)[^/]+")
_IN_QUERY = re.compile(r"(?i)((?:^|&)[^=&]*(?:token|secret|key|code|password)[^=&]*=)[^&]*")

T = TypeVar("T")


class Write(NamedTuple):
    """A value that a request really changed."""

    object: str
    id: str
    property: str
    old: str | None
    new: str | None
    at: str


class Request(NamedTuple):
    """A request and the status of its reply, 0 when none was sent."""

    method: str
    path: str
    status: int
    at: str = ""
    query: str = ""
    token: str = ""
    fault: str = ""


class Log(deque[T]):
    """The last so many entries; each has a number, and numbers are not used again.

    Examples
    --------
    >>> log = Log(maxlen=2)
    >>> log.extend("abc")
    >>> list(log.after(0)), list(log.after(2))
    ([(2, 'b'), (3, 'c')], [(3, 'c')])
    """

    def __init__(self, entries: Iterable[T] = (), *, maxlen: int) -> None:
        self.total = 0
        super().__init__((), maxlen)
        self.extend(entries)

    def append(self, entry: T) -> None:
        """Add an entry."""
        self.total += 1
        super().append(entry)

    def extend(self, entries: Iterable[T]) -> None:
        """Add entries."""
        for entry in entries:
            self.append(entry)

    def after(self, number: int) -> Iterator[tuple[int, T]]:
        """Walk over the entries with higher numbers, each with its own."""
        first = self.total - len(self) + 1
        skipped = max(number - first + 1, 0)
        return enumerate(islice(self, skipped, None), first + skipped)


def masked(path: str, query: str) -> tuple[str, str]:
    """Return a path and a query without the secrets that they may hold.

    Examples
    --------
    >>> masked("/oauth/v1/access-tokens/abc", "limit=5&hapikey=abc")
    ('/oauth/v1/access-tokens/***', 'limit=5&hapikey=***')
    """
    return _IN_PATH.sub(r"\1***", path), _IN_QUERY.sub(r"\1***", query)
