"""Write scores to many contacts: the rate against what the limits allow, and the memory.

The portal and whoever applies run in processes of their own. Three calls are due for a hundred
contacts: one reads what is there before the write, one writes, one reads back.
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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from leadscore.hubspot.connection import Portal, connect
from leadscore.hubspot.reading import read_records
from leadscore.planfile import SCORES, Change, Draft, new_id
from leadscore.plans import load_plan
from leadscore.sandbox import Sandbox, open_sandbox
from leadscore.scoreproperties import definitions_of
from leadscore.store import open_store
from leadscore.writeback import apply

CALLS = 3  # per hundred contacts
FEW = 2_000  # contacts of a plan whose values are there already


def contacts_of(portal: Portal) -> list[str]:
    """Return the ids of all contacts."""
    chunks = read_records(portal, "contacts", ["hs_object_id"])
    return [one for chunk in chunks for one in chunk.rows.column("id").to_pylist()]


def changes(ids: list[str], turn: int) -> Iterator[Change]:
    """Return new scores; the last turn's stand there."""
    for place, one in enumerate(ids):
        yield Change(one, _values(place, turn - 1) if turn else {}, _values(place, turn))


def _values(place: int, turn: int) -> dict[str, str]:
    values = {
        "score": str((place + turn) % 101),
        "tier": "ABCD"[(place + turn) % 4],
        "probability": f"{(place + turn) % 1000 / 1000:.6f}",
        "fit": str((place + 2 * turn) % 101),
        "engagement": str((place + 3 * turn) % 101),
        "trend": "steady",
        "reasons": f"Seats needed is {40 + turn} (+0.8); Job title names a buyer (+0.4)",
        "model": "benchmark",
        "scored_at": f"2026-11-{turn + 1:02d}T00:00:00.000Z",
    }
    return {f"leadscore_{name}": value for name, value in values.items()}


def planned(portal: Portal, folder: Path, rows: Iterator[Change], *, first: bool) -> Path:
    """Write a plan of changes down, without a model."""
    names = [str(definition["name"]) for definition in definitions_of("leadscore")]
    now = pd.Timestamp.now("UTC")
    facts = {
        "kind": "scores",
        "portal_id": portal.id,
        "model": "benchmark",
        "created_at": now.isoformat(),
        "expires_at": (now + pd.Timedelta(hours=24)).isoformat(),
        "prefix": "leadscore",
        "properties": names,
        "creates_properties": names if first else [],
        "signal": True,
        "guards": [],
        "contacts": 0,
    }
    with Draft(folder / "plans", new_id()) as draft:
        draft.add(SCORES, rows)
        return draft.save(facts)


def applied(sandbox: Sandbox, plan: Path) -> dict[str, Any]:
    """Apply a plan in a process of its own."""
    where = {"LEADSCORE_BASE_URL": sandbox.url, "HUBSPOT_PRIVATE_APP_TOKEN": sandbox.token}
    done = subprocess.run(
        [sys.executable, __file__, "--apply", str(plan)],
        env=os.environ | where,
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def apply_here(path: Path) -> dict[str, Any]:
    """Apply a plan in this process, and say what it took."""
    plan = load_plan(path)
    with connect() as portal:
        limit = portal.pool.general.limit / portal.pool.general.interval
        began, cpu = time.perf_counter(), time.process_time()
        run = apply(portal, plan, progress=False)
        took = time.perf_counter() - began
        possible = limit / CALLS * 100
        rate = plan.rows[SCORES] / took
        return {
            "contacts": plan.rows[SCORES],
            "written": run.counts["written"],
            "unchanged": run.counts["unchanged"],
            "verified": run.verified,
            "wall_s": round(took, 1),
            "cpu_s": round(time.process_time() - cpu, 1),
            "requests": portal.requests,
            "limited": portal.pool.limited,
            "contacts_per_s": round(rate),
            "limit_allows_per_s": round(possible),
            "share_of_limit": round(rate / possible, 3),
            "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }


def updates(sandbox: Sandbox) -> int:
    """Return how many write calls the portal has seen."""
    return sum(request["path"].endswith("/batch/update") for request in sandbox.requests())


def main() -> None:
    """Run it and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--fewer", type=int, default=20_000, help="For the memory of fewer.")
    parser.add_argument("--latency-ms", type=float, default=100.0)
    parser.add_argument("--apply", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.apply:
        print(json.dumps(apply_here(asked.apply)))
        return
    options = {"tier": "professional", "latency_ms": asked.latency_ms, "history": False}
    with (
        tempfile.TemporaryDirectory() as folder,
        open_sandbox(contacts=asked.contacts, **options) as sandbox,
        connect(sandbox) as portal,
        open_store(folder) as store,
    ):
        ids = contacts_of(portal)
        some = ids[: asked.fewer]
        few = applied(sandbox, planned(portal, store.workspace, changes(some, 0), first=True))
        rest = (
            change
            for turn, part in ((1, some), (0, ids[asked.fewer :]))
            for change in changes(part, turn)
        )
        many = applied(sandbox, planned(portal, store.workspace, rest, first=False))
        before = updates(sandbox)
        same = (Change(c.contact, c.new, c.new) for c in changes(some[:FEW], 1))
        none = applied(sandbox, planned(portal, store.workspace, same, first=False))
        told = {"few": few, "many": many, "unchanged": none}
        told["write_calls_when_nothing_changed"] = updates(sandbox) - before
    print(json.dumps(told))


if __name__ == "__main__":
    main()
