"""Upsert many rows, half of them new: the rate against what the limits allow, and a second time.

The portal and whoever upserts run in processes of their own. Four calls are due for a hundred rows:
one finds the records, and of those that are written one reads what is there before the write, one
writes, and one reads back. The same rows again find their records, which is one call, and write
nothing. With ``--bring`` the rows are a CSV file, which is read, cleaned and brought in; the time
for that counts too.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd

import leadscore as ls
from leadscore.hubspot.connection import Portal, connect
from leadscore.sandbox import Sandbox, open_sandbox

FIND, WRITE = 1, 3  # calls per hundred rows
REST = 10  # seconds: whatever the one before has used of the limit is over


def frame(rows: int, *, turn: int) -> pd.DataFrame:
    """Return rows of contacts; of another turn every known one differs in two values."""
    place = pd.Series(range(rows))
    text = place.astype("str")
    return pd.DataFrame(
        {
            "email": "lead" + text + "@company" + (place % 997).astype("str") + ".example",
            "firstname": "Ada",
            "lastname": "Number " + text,
            "city": ["Ulm", "Bonn"][turn % 2],
            "jobtitle": "Engineer",
            "numemployees": "25-50",
            "lifecyclestage": "lead",
            "closedate": pd.Timestamp(2026, 1, 1 + turn, tz="UTC"),
        }
    )


def upserted(sandbox: Sandbox, folder: str, rows: int, turn: int, way: str) -> dict[str, Any]:
    """Upsert in a process of its own."""
    where = {"LEADSCORE_BASE_URL": sandbox.url, "HUBSPOT_PRIVATE_APP_TOKEN": sandbox.token}
    done = subprocess.run(
        [sys.executable, __file__, "--upsert", folder, str(rows), str(turn), way],
        env=os.environ | where,
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def by_frame(portal: Portal, folder: str, given: pd.DataFrame) -> tuple[dict[str, int], int]:
    """Upsert a frame; return what became of the rows, and how many were verified."""
    run = ls.upsert(portal, "contacts", given, workspace=folder, progress=False)
    return run.counts, run.verified


def by_file(portal: Portal, folder: str, path: Path) -> tuple[dict[str, int], int]:
    """Bring a file in; return what became of the rows, and how many were verified."""
    store = ls.open_store(folder)
    brought = ls.bring(path, portal=portal, store=store, progress=False)
    last = ls.runs(store).query("kind == 'apply'").iloc[-1]
    return brought.counts, int(last["verified"])


def upsert_here(folder: str, rows: int, turn: int, way: str) -> dict[str, Any]:
    """Upsert in this process, and say what it took."""
    given = frame(rows, turn=turn)
    path = Path(folder) / "rows.csv"
    if way == "bring":
        given.to_csv(path, index=False)
    with connect() as portal:
        limit = portal.pool.general.limit / portal.pool.general.interval
        began, cpu = time.perf_counter(), time.process_time()
        if way == "bring":
            counts, verified = by_file(portal, f"{folder}/crm", path)
        else:
            counts, verified = by_frame(portal, f"{folder}/crm", given)
        took = time.perf_counter() - began
        calls = FIND if counts.get("unchanged") == rows else FIND + WRITE
        possible = limit / calls * 100
        return {
            "rows": rows,
            **{state: n for state, n in counts.items() if n},
            "verified": verified,
            "wall_s": round(took, 1),
            "cpu_s": round(time.process_time() - cpu, 1),
            "requests": portal.requests,
            "limited": portal.pool.limited,
            "rows_per_s": round(rows / took),
            "limit_allows_per_s": round(possible),
            "share_of_limit": round(rows / took / possible, 3),
            "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }


def writes(sandbox: Sandbox) -> int:
    """Return how many write calls the portal has seen."""
    ends = ("/batch/create", "/batch/update", "/batch/upsert", "/batch/archive")
    return sum(request["path"].endswith(ends) for request in sandbox.requests())


def main() -> None:
    """Run it and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--latency-ms", type=float, default=100.0)
    parser.add_argument("--bring", action="store_const", const="bring", default="upsert")
    parser.add_argument("--upsert", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.upsert:
        folder, rows, turn, way = asked.upsert
        print(json.dumps(upsert_here(folder, int(rows), int(turn), way)))
        return
    options = {"tier": "professional", "latency_ms": asked.latency_ms, "history": False}
    with tempfile.TemporaryDirectory() as folder, open_sandbox(contacts=10, **options) as sandbox:
        first = upserted(sandbox, folder, asked.rows // 2, 0, asked.bring)
        time.sleep(REST)
        half = upserted(sandbox, folder, asked.rows, 1, asked.bring)
        time.sleep(REST)
        before = writes(sandbox)
        again = upserted(sandbox, folder, asked.rows, 1, asked.bring)
        told = {"new": first, "half_new": half, "again": again}
        told["write_calls_when_nothing_changed"] = writes(sandbox) - before
    print(json.dumps(told))


if __name__ == "__main__":
    main()
