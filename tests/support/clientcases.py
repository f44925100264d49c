"""What the tests of HubSpot's own clients share: people, and a limit that is met and passes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def person(number: int) -> dict[str, str]:
    """Return the properties of a contact."""
    return {
        "email": f"p{number}@example.com",
        "firstname": f"First{number}",
        "lastname": "Person",
    }


def statuses(portal: Any) -> list[int]:
    """Return the status of every reply so far."""
    return [one.status for one in list(portal.requests)]


@contextmanager
def going_on_after_429(portal: Any, clock: Any) -> Iterator[None]:
    """Move the clock on by a second once a request was refused."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            if 429 in statuses(portal):
                clock.time += 1
                return

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
