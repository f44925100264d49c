"""What the sandbox costs: contacts a second through one connection, and memory.

Throughput: pages of 100 contacts with 40 filled properties, read by `http.client` over one
keep-alive connection from a sandbox in a process of its own, no latency, limits off; the ratio is
to a bare uvicorn that sends a constant body of the same size. Stalls: the slowest of 200 small
requests on that connection. Memory: the peak of a sandbox process with so many contacts of 30
properties and no history, in which a page is then read.
"""

from __future__ import annotations

import argparse
import csv
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from leadscore.sandbox import Sandbox, open_sandbox

PROPERTIES = 40
_BARE = """
import sys, uvicorn
body = b"x" * int(sys.argv[1])
async def app(scope, receive, send):
    start = {"type": "http.response.start", "status": 200,
             "headers": [(b"content-length", str(len(body)).encode())]}
    await send(start)
    await send({"type": "http.response.body", "body": body})
settings = {"http": "h11", "loop": "asyncio", "log_level": "error", "lifespan": "off"}
uvicorn.run(app, port=int(sys.argv[2]), **settings)
"""


class Connection:
    """One keep-alive connection."""

    def __init__(self, url: str, token: str = "") -> None:
        self.http = http.client.HTTPConnection(url.removeprefix("http://"))
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> bytes:
        """Return a body."""
        self.http.request("GET", path, headers=self.headers)
        return self.http.getresponse().read()


def _table(rows: int, columns: int) -> Path:
    """Write leads of so many filled columns."""
    path = Path(tempfile.mkdtemp()) / "leads.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["won", *(f"column_{n}" for n in range(columns - 1))])
        for row in range(rows):
            won = "yes" if row % 9 == 0 else "no"
            out.writerow([won, *((row * (n + 3)) % 1000 + n / 7 for n in range(columns - 1))])
    return path


def _pages(connection: Connection, names: list[str]) -> Iterator[bytes]:
    path, after = f"/crm/v3/objects/contacts?limit=100&properties={','.join(names)}", "0"
    while after:
        body = connection.get(f"{path}&after={after}")
        yield body
        paging = body[body.rfind(b'"paging"') :] if b'"paging"' in body else b""
        after = paging.partition(b'"after":"')[2].partition(b'"')[0].decode()


def _rate(connection: Connection, names: list[str], contacts: int) -> tuple[float, int]:
    start = time.perf_counter()
    size = max(len(body) for body in _pages(connection, names))
    return contacts / (time.perf_counter() - start), size


def _bare(size: int, pages: int) -> float:
    """Return pages a second of a server that does nothing else."""
    port = 8799
    child = subprocess.Popen([sys.executable, "-c", _BARE, str(size), str(port)])
    try:
        time.sleep(2.0)
        connection = Connection(f"http://127.0.0.1:{port}")
        start = time.perf_counter()
        for _ in range(pages):
            connection.get("/")
        return pages / (time.perf_counter() - start)
    finally:
        child.kill()


def _slowest(connection: Connection) -> float:
    times = []
    for _ in range(200):
        start = time.perf_counter()
        connection.get("/account-info/v3/details")
        times.append(time.perf_counter() - start)
    return max(times)


@contextmanager
def _served(**options: object) -> Iterator[tuple[Sandbox, Connection]]:
    with open_sandbox(limits=False, **options) as sandbox:
        yield sandbox, Connection(sandbox.url, sandbox.token)


def _throughput(contacts: int) -> dict[str, float]:
    table = _table(contacts, PROPERTIES)
    with _served(csv=table, outcome="won") as (sandbox, connection):
        names = list(sandbox.columns)
        runs = sorted(_rate(connection, names, contacts) for _ in range(3))
        rate, size = runs[1]
        return {
            "contacts_per_s": round(rate),
            "page_bytes": size,
            "share_of_a_bare_server": round(rate / 100 / _bare(size, contacts // 100), 3),
            "slowest_small_request_ms": round(_slowest(connection) * 1000, 1),
        }


def _peak_mb() -> float:
    """Return the peak memory of the newest child of this process."""
    children = subprocess.run(
        ["pgrep", "-P", str(os.getpid())], capture_output=True, text=True, check=True
    )
    status = Path(f"/proc/{children.stdout.split()[-1]}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _memory(contacts: int) -> dict[str, float]:
    start = time.perf_counter()
    with _served(csv=_table(contacts, 30), outcome="won") as (sandbox, connection):
        ready = time.perf_counter() - start
        next(_pages(connection, list(sandbox.columns)))
        return {"contacts": contacts, "peak_mb": round(_peak_mb()), "ready_s": round(ready, 1)}


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=20_000)
    parser.add_argument("--many", type=int, default=1_000_000)
    asked = parser.parse_args()
    print(json.dumps({"reading": _throughput(asked.contacts), "memory": _memory(asked.many)}))


if __name__ == "__main__":
    main()
