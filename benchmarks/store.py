"""Seconds and memory of the store's changes, and how many flipped bits are noticed.

Each step runs in a fresh process over the same 200,000 contacts of 40 columns and 3,000,000 rows of
history (``--history`` for more).
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from deltalake import DeltaTable

from leadscore.errors import StoreError
from leadscore.store import Store, open_store

CONTACTS, COLUMNS, CHANGED = 200_000, 40, 1_000
KEYS = ["object", "id", "property", "value", "timestamp"]
FLIPS = 200


def contacts(ids: np.ndarray, seed: int) -> pa.Table:
    """Return contacts: numbers, texts of few values, times, addresses nobody shares."""
    rng, rows = np.random.default_rng(seed), len(ids)
    words = np.array([f"value {n} of some kind" for n in range(1000)])
    columns: dict[str, object] = {"id": pa.array(ids.astype(str))}
    for place in range(COLUMNS - 1):
        columns[f"c{place}"] = [
            lambda: pa.array(rng.random(rows)),
            lambda: pa.array(words[rng.integers(0, 1000, rows)]),
            lambda: pa.array(rng.integers(0, 10**15, rows), pa.timestamp("us", "UTC")),
            lambda: pa.array([f"{n:x}@example.com" for n in rng.integers(0, 2**50, rows)]),
        ][place % 4]()
    return pa.table(columns)


def history(rows: int) -> Iterator[pa.RecordBatch]:
    """Yield property history: three entries of each property of a contact."""
    for start in range(0, rows, 100_000):
        place = np.arange(start, min(start + 100_000, rows))
        yield pa.record_batch(
            {
                "object": pa.repeat(pa.scalar("contacts"), len(place)),
                "id": pa.array((100_000 + place // 150).astype(str)),
                "property": pa.array([f"property_{n % 50}" for n in place]),
                "value": pa.array([f"value {n % 997}" for n in place]),
                "timestamp": pa.array(place * 10**6, pa.timestamp("us", "UTC")),
                "source_type": pa.repeat(pa.scalar("CRM_UI"), len(place)),
                "source_id": pa.repeat(pa.scalar("user:1"), len(place)),
            }
        )


def fill(store: Store, rows: int) -> None:
    """Write both tables."""
    store.write("contacts", contacts(np.arange(100_000, 100_000 + CONTACTS), 0))
    store.write("history", history(rows))


def some(store: Store) -> pa.Table:
    """Return changed contacts, spread over all."""
    del store
    return contacts(np.arange(100_000, 100_000 + CONTACTS, CONTACTS // CHANGED), 1)


def append_new(store: Store) -> int:
    """Append 10,000 rows of which 9,999 are there."""
    known = next(history(100_000)).slice(0, 9_999)
    new = known.slice(0, 1).set_column(3, "value", pa.array(["new"]))
    return store.append_new("history", pa.Table.from_batches([known, new]), keys=KEYS, among="id")


STEPS = {
    "merge 1,000 contacts": lambda store: store.merge("contacts", some(store)),
    "delete 1,000 contacts": lambda store: store.delete("contacts", some(store)["id"].to_pylist()),
    "append 10,000 rows of history, 1 of them new": append_new,
    "read 3 columns": lambda store: len(store.contacts(["id", "c0", "c1"])),
    "read all": lambda store: len(store.contacts()),
    "erase 1 contact": lambda store: store.erase(["110001"]).rows,
    "check": lambda store: bool(store.check()["problem"].eq("").all()),
}


def step(workspace: str, name: str) -> None:
    """Run one step in this process and print what it took."""
    with open_store(workspace) as store:
        before, began, worked = peak(), time.perf_counter(), time.process_time()
        result = STEPS[name](store)
        taken = {"seconds": round(time.perf_counter() - began, 2), "result": result}
        taken["cpu_seconds"] = round(time.process_time() - worked, 2)
        print(json.dumps(taken | {"peak_mb": peak(), "peak_mb_before": before}))


def peak() -> int:
    """Return the most memory that this process has had, in megabytes (Linux)."""
    # Not getrusage: it begins with what the process that started this one had.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def flips() -> dict[str, dict[str, int]]:
    """Flip one bit of a data file, again and again: noticed, without effect, or another value."""
    with tempfile.TemporaryDirectory() as folder, open_store(folder) as store:
        store.write("contacts", contacts(np.arange(2_000), 0).select(range(6)))
        (part,) = (store.workspace / "store/contacts").glob("*.parquet")
        whole, truth = part.read_bytes(), store.arrow("contacts")
        readers = {
            "leadscore": lambda: store.arrow("contacts"),
            "deltalake alone": lambda: DeltaTable(part.parent).to_pyarrow_table(),
        }
        found = {name: {"noticed": 0, "no effect": 0, "another value": 0} for name in readers}
        draw = random.Random(0)
        for _ in range(FLIPS):
            data = bytearray(whole)
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
            part.write_bytes(bytes(data))
            for name, read in readers.items():
                try:
                    same = read().cast(truth.schema).equals(truth)
                    found[name]["no effect" if same else "another value"] += 1
                except (StoreError, pa.ArrowException, OSError, UnicodeDecodeError):
                    found[name]["noticed"] += 1
        return found


def main() -> None:
    """Fill a workspace, then run every step on it, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--history", type=int, default=3_000_000)
    parser.add_argument("--step", nargs=2, metavar=("WORKSPACE", "NAME"))
    given = parser.parse_args()
    if given.step:
        step(*given.step)
        return
    with tempfile.TemporaryDirectory() as folder:
        with open_store(Path(folder)) as store:
            began = time.perf_counter()
            fill(store, given.history)
            report: dict[str, object] = {"fill seconds": round(time.perf_counter() - began, 1)}
            report["sizes"] = store.sizes().to_dict("records")
        for name in STEPS:
            command = [sys.executable, __file__, "--step", folder, name]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            report[name] = json.loads(done.stdout)
        with open_store(Path(folder)) as store:
            report["sizes afterwards"] = store.sizes().to_dict("records")
    report["flipped bits"] = flips()
    print(json.dumps(report))


if __name__ == "__main__":
    main()
