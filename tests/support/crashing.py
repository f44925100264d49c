"""Run a sync or an apply that is killed (SIGKILL) at the n-th point where something was just done.

The address and token come from the environment. Points are the portal's replies and the ledger's
commits. Without so many points the run ends by itself.

Each run is a process of its own, forked off one that has everything imported: starting Python so
often would take most of the time.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
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


@contextmanager
def crasher() -> Iterator[Any]:
    """Yield a function that runs `main` in a new process and returns its exit code.

    It takes the surroundings to be added, and the arguments of `main`.
    """
    command = [sys.executable, __file__]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as nursery:

        def run(where: dict[str, str], *arguments: str) -> int:
            nursery.stdin.write(json.dumps([dict(os.environ) | where, arguments]) + "\n")
            nursery.stdin.flush()
            return int(nursery.stdout.readline())

        yield run


def serve() -> None:
    """Fork for each line of input, and tell how the child ended."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _child(*json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _child(surroundings: dict[str, str], arguments: list[str]) -> None:
    os.environ.clear()
    os.environ.update(surroundings)
    code = 1
    try:
        code = main(*arguments)
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve()
