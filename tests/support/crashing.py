"""Run a sync or an apply that is killed (SIGKILL) at the n-th point where something was just done.

python crashing.py WORKSPACE POINT [PLAN]: the address and token come from the environment. Points
are the portal's replies and the ledger's commits. Without so many points the run ends by itself.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from leadscore.hubspot import connection, transport
from leadscore.ledgerfile import LedgerFile
from leadscore.plans import load_plan
from leadscore.store import open_store
from leadscore.syncing import sync
from leadscore.writeback import apply

left = 0


def point() -> None:
    """Count down, and die at zero."""
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


def counted(method: Any) -> Any:
    """Count what comes after a transaction."""

    @contextmanager
    def transaction(self: LedgerFile) -> Iterator[Any]:
        with method(self) as given:
            yield given
        point()

    return transaction


def replied(method: Any) -> Any:
    """Count what comes after a reply."""

    def request(self: transport.Pool, *given: Any, **options: Any) -> Any:
        reply = method(self, *given, **options)
        point()
        return reply

    return request


def main(workspace: str, points: str, plan: str = "") -> int:
    """Sync, or apply a plan, and die at a point."""
    global left
    left = int(points)
    LedgerFile.transaction = counted(LedgerFile.transaction)  # type: ignore[method-assign]
    transport.Pool.request = replied(transport.Pool.request)  # type: ignore[method-assign]
    if plan:
        with connection.connect() as portal:
            apply(portal, load_plan(plan), canary=5, progress=False)
        return 0
    with connection.connect() as portal, open_store(workspace) as store:
        return 0 if sync(portal, store, progress=False).complete else 3


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
