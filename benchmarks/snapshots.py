"""A training set and a stored snapshot of a simulated market: seconds, CPU and peak memory."""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from worldstore import world_store

from leadscore.goals import reaches
from leadscore.sandbox.world import simulate
from leadscore.snapshots import snapshot_batches, training_set, write_snapshot
from leadscore.store import open_store

GOAL = reaches("customer", within="90D")


def measured(run: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """Run something; return what it gives, its seconds and CPU, and the peak memory so far."""
    began, cpu = time.perf_counter(), time.process_time()
    found = run()
    return found, {
        "seconds": round(time.perf_counter() - began, 1),
        "cpu": round(time.process_time() - cpu, 1),
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


def main() -> None:
    """Print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=10_000)
    parser.add_argument("--step", choices=("train", "snapshot"), default="train")
    parser.add_argument("--store", help="a folder that an earlier run filled, or is to fill")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(given.store or folder)
        if not (place / "store" / "history").exists():
            world_store(place, simulate(contacts=given.contacts, seed=1, now="2026-11-01"))
        store = open_store(place)
        line: dict[str, Any] = {
            "contacts": store.rows("contacts"),
            "entries": store.rows("history"),
        }
        if given.step == "train":
            data, figures = measured(lambda: training_set(store, GOAL))
            line |= {"rows": len(data), "columns": data.shape[1], "training_set": figures}
        else:
            line["rows"], line["write"] = measured(lambda: write_snapshot(store, GOAL, who="all"))
            _, line["read"] = measured(lambda: sum(map(len, snapshot_batches(store))))
        print(json.dumps(line))


if __name__ == "__main__":
    main()
