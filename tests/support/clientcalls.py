"""What the tests of several HubSpot clients share: people, and a portal with no room for more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from leadscore.sandbox import Sandbox, open_sandbox


def person(number: int) -> dict[str, str]:
    """Return a contact's properties."""
    return {
        "email": f"p{number}@example.com",
        "firstname": f"First{number}",
        "lastname": "Person",
    }


@contextmanager
def standing_still() -> Iterator[Sandbox]:
    """Serve a portal whose clock stands still: a limit that is used up stays so."""
    with open_sandbox(contacts=1, process=False) as sandbox:
        sandbox.portal.clock.stop()
        yield sandbox


@contextmanager
def going_on_after_429(portal: Any) -> Iterator[None]:
    """Move the portal's clock on by a second once it has refused a request."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            if 429 in statuses(portal):
                portal.clock.advance(1)
                return

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def statuses(portal: Any) -> list[int]:
    """Return the statuses of all replies so far."""
    return [one.status for one in list(portal.requests)]
