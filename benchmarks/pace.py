"""Ten minutes of steady calls at the portal's limits: how many, and how many of them met a 429.

Alone and beside a stranger the time is virtual: a wait moves the sandbox's clock. The calls go
through the official client over a real port all the same. Two processes that share a workspace run
in real time, with four threads each.
"""

from __future__ import annotations

import argparse
import http.client
import json
import logging
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from leadscore.hubspot.connection import Portal, connect
from leadscore.sandbox import Sandbox, open_sandbox
from leadscore.settings import Settings

LATENCY = 0.05  # virtual seconds from one call to its reply
TIER = "professional"  # 190 calls in ten seconds, 5 searches a second


class VirtualTime:
    """The sandbox's clock, which waits move; somebody else calls while it moves."""

    def __init__(self, sandbox: Sandbox) -> None:
        assert sandbox.portal is not None
        self.clock: Any = sandbox.portal.clock
        self.clock.stop()
        self.ahead = 0.0
        self.due: list[tuple[float, Callable[[], float]]] = []

    def now(self) -> float:
        """Return the virtual seconds so far."""
        return self.ahead

    def sleep(self, seconds: float) -> None:
        """Let time go by, and the strangers call in it."""
        end = self.ahead + seconds
        while self.due and min(self.due)[0] <= end:
            first = min(self.due, key=lambda item: item[0])
            self.due.remove(first)
            self._move(first[0])
            self.due.append((self.ahead + first[1](), first[1]))
        self._move(end)

    def _move(self, to: float) -> None:
        self.clock.advance(max(0.0, to - self.ahead))
        self.ahead = max(self.ahead, to)


def stranger(sandbox: Sandbox, path: str, body: str, rate: float, seed: int) -> Callable[[], float]:
    """Return somebody with the same token who calls at random, `rate` times a second."""
    connection = http.client.HTTPConnection(urlsplit(sandbox.url).netloc)
    chance = random.Random(seed)
    headers = {"Authorization": f"Bearer {sandbox.token}", "Content-Type": "application/json"}

    def call() -> float:
        connection.request("POST" if body else "GET", path, body or None, headers)
        connection.getresponse().read()
        return chance.expovariate(rate)

    return call


def ask(portal: Portal, what: str) -> None:
    """Read one page, by list or by search."""
    where = portal.path("objects", "contacts")
    if what == "list":
        portal.transport.call("GET", where, query=[("limit", "1")])
    else:
        portal.transport.call("POST", f"{where}/search", body={"filterGroups": [], "limit": 1})


def virtual(what: str, seconds: float, *, strangers: float = 0.0, seed: int = 0) -> dict[str, Any]:
    """Call for so many virtual seconds, alone or beside strangers."""
    with open_sandbox(contacts=10, history=False, tier=TIER, process=False) as sandbox:
        moved = VirtualTime(sandbox)
        with connect(sandbox) as portal:
            waits = portal.pool.waits
            waits.clock, waits.sleep = moved.now, moved.sleep
            if strangers:
                path = portal.path("objects", "contacts") + ("/search" if what != "list" else "")
                body = '{"filterGroups": [], "limit": 1}' if what != "list" else ""
                moved.due.append((0.1, stranger(sandbox, path, body, strangers, seed)))
            while moved.now() < seconds:
                moved.sleep(LATENCY / 2)
                ask(portal, what)
                moved.sleep(LATENCY / 2)
            return report(portal.pool.requests, portal.pool.limited, moved.now()) | {
                "what": what,
                "strangers_per_s": strangers,
            }


def report(requests: int, limited: int, seconds: float) -> dict[str, Any]:
    """Return the figures of one run."""
    return {
        "requests": requests,
        "limited": limited,
        "share_limited": round(limited / max(1, requests), 5),
        "requests_per_s": round(requests / seconds, 2),
        "seconds": round(seconds, 1),
    }


def work(url: str, token: str, folder: str, seconds: float) -> None:
    """Call from four threads, sharing the limits with whoever shares the folder."""
    from pydantic import SecretStr

    with Portal(Settings(base_url=url), SecretStr(token)) as portal:
        portal.pool.share(Path(folder))
        end = time.monotonic() + seconds

        def insist() -> None:
            while time.monotonic() < end:
                ask(portal, "list")

        threads = [threading.Thread(target=insist) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(json.dumps([portal.pool.requests, portal.pool.limited]))


def together(seconds: float, processes: int = 2) -> dict[str, Any]:
    """Let processes that share a workspace call for so many real seconds."""
    with (
        open_sandbox(contacts=10, history=False, tier=TIER, latency_ms=20) as sandbox,
        tempfile.TemporaryDirectory() as folder,
    ):
        command = [sys.executable, __file__, "--work", sandbox.url, folder, str(seconds)]
        children = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(processes)
        ]
        began = time.monotonic()
        for child in children:
            assert child.stdin is not None
            child.stdin.write(sandbox.token)
            child.stdin.close()
        found = [json.loads(child.stdout.read()) for child in children if child.stdout]
        took = time.monotonic() - began
        for child in children:
            child.wait()
    requests, limited = (sum(column) for column in zip(*found, strict=True))
    return report(requests, limited, took) | {"processes": processes, "each": found}


def main() -> None:
    """Print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="virtual")
    parser.add_argument("--real-seconds", type=float, default=60.0)
    parser.add_argument("--work", nargs=3, metavar=("URL", "FOLDER", "SECONDS"))
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    if asked.work:
        url, folder, seconds = asked.work
        work(url, sys.stdin.read(), folder, float(seconds))
        return
    runs = {
        "alone": virtual("list", asked.seconds),
        "alone_search": virtual("search", asked.seconds),
        "beside_strangers": [virtual("list", asked.seconds, strangers=r) for r in (2.0, 8.0)],
        "beside_strangers_search": [
            virtual("search", asked.seconds, strangers=r) for r in (0.25, 0.5)
        ],
        "two_processes": together(asked.real_seconds),
    }
    print(json.dumps(runs))


if __name__ == "__main__":
    main()
