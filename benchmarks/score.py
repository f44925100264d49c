"""Score contacts from a snapshot in the store, reasons included, and compare with scikit-learn.

Three processes, so that each has a memory of its own: one writes the snapshot and trains a model on
20,000 rows like it; one scores (`leadscore.score` as far as the snapshot is ready); one reads the
same batches and asks the same pipeline for predict_proba, and nothing else.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from leadscore.model import LeadModel, load_model
from leadscore.scorebatches import pieces
from leadscore.scores import _score_and_keep
from leadscore.snapshots import snapshot_batches
from leadscore.store import Store, open_store
from leadscore.storedframes import write_frames
from leadscore.tiers import Cuts
from leadscore.training import train

NOW = pd.Timestamp("2026-06-01", tz="UTC")
BLOCK, FIRST = 50_000, 100_000_000


def snapshot(rows: int, *, first: int) -> pd.DataFrame:
    """Return contacts of 30 properties: counters, amounts, options, truths and dates."""
    rng = np.random.default_rng(first)
    ages = pd.to_timedelta(rng.integers(0, 200, rows), unit="D")
    now = pd.Series(NOW - ages).dt.as_unit("us")
    columns: dict[str, object] = {
        "contact_id": pd.Series(np.arange(rows) + first).astype("str"),
        "snapshot_at": now,
        "outcome": pd.array(np.zeros(rows), dtype="boolean"),
    }
    for i in range(10):
        columns[f"counter_{i}"] = rng.poisson(1 + i, rows).astype(float)
    for i in range(4):
        columns[f"amount_{i}"] = np.where(rng.random(rows) < 0.1, np.nan, rng.lognormal(3, 1, rows))
    for i in range(8):
        levels = np.array([f"option {n} of many" for n in range(5 + 10 * i)])
        columns[f"option_{i}"] = pd.Series(levels[rng.zipf(1.4, rows) % len(levels)], dtype="str")
    for i in range(4):
        columns[f"truth_{i}"] = pd.array(rng.random(rows) < 0.3, dtype="boolean")
    for i in range(4):
        seconds = pd.to_timedelta(rng.exponential(90 * 86_400, rows).round(), unit="s")
        columns[f"date_{i}"] = (now - seconds).dt.as_unit("us")
    frame = pd.DataFrame(columns)
    # Every property matters, so that nearly every contact has ten reasons.
    likely = np.full(rows, -1.5)
    for name in frame.columns[3:]:
        likely += 0.3 * _effect(frame[name], now)
    frame["outcome"] = pd.array(rng.random(rows) < 1 / (1 + np.exp(-likely)), dtype="boolean")
    groups = {name: "engagement" for name in frame if str(name).startswith(("counter", "date"))}
    return with_facts(frame, groups)


def _effect(values: pd.Series, now: pd.Series) -> np.ndarray:
    """Return a number around 0 for each value."""
    if values.dtype == "str":
        return np.sin(values.str.extract(r"(\d+)")[0].astype(float).to_numpy() * 2)
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return 1 - (now - values).dt.days.to_numpy() / 90
    number = np.log1p(values.astype("float64").fillna(0).to_numpy())
    return (number - number.mean()) / number.std()


def with_facts(frame: pd.DataFrame, groups: dict[str, str]) -> pd.DataFrame:
    """Return the frame with what the model and its card ask for."""
    frame.attrs = {"goal": "customer", "horizon_days": 30, "time_known": True, "groups": groups}
    return frame


def fill(store: Store, rows: int) -> None:
    """Write the snapshot, block by block, and a model."""
    write_frames(
        store,
        (
            snapshot(min(BLOCK, rows - start), first=FIRST + start)
            for start in range(0, rows, BLOCK)
        ),
    )
    train(snapshot(20_000, first=1)).save(store.workspace / "models" / "one")


def ours(model: LeadModel, store: Store) -> dict[str, object]:
    """Score with reasons, rank, cut, append to the store's table, and return a frame."""
    frames = (piece for frame in snapshot_batches(store) for piece in pieces(frame))
    cuts, nobody = Cuts(capacity=1000), pa.array([], pa.string())
    found = _score_and_keep(model, store, frames, cuts=cuts, everybody=nobody, hold_out=0.0)
    return {
        "contacts": len(found),
        "frame_mb": int(found.memory_usage().sum() / 2**20),
        "first": found["reasons"].iloc[0],
    }


def plain(model: LeadModel, store: Store) -> dict[str, object]:
    """Ask scikit-learn for the same rows' probabilities."""
    encode, logistic = (model.pipeline.named_steps[name] for name in ("encode", "logistic"))
    matrix_seconds, mean, columns = 0.0, [], 0
    for frame in snapshot_batches(store):
        matrix = encode.transform(model.prepared(frame))
        began = time.perf_counter()
        mean.append(logistic.predict_proba(matrix)[:, 1].mean())
        matrix_seconds += time.perf_counter() - began
        columns = matrix.shape[1]
    seconds = {"predict_proba_alone_seconds": round(matrix_seconds, 2), "matrix_columns": columns}
    return seconds | {"mean": round(float(np.mean(mean)), 4)}


WAYS: dict[str, Callable[[LeadModel, Store], dict[str, object]]] = {"ours": ours, "plain": plain}


def measure(workspace: str, way: str) -> None:
    """Run one way in this process and print what it took."""
    with open_store(workspace) as store:
        model = load_model(store.workspace / "models" / "one")
        before, began, worked = peak(), time.perf_counter(), time.process_time()
        result = WAYS[way](model, store)
        taken = time.perf_counter() - began
        cpu = time.process_time() - worked
        print(
            json.dumps(
                {"seconds": round(taken, 1), "cpu_seconds": round(cpu, 1), "peak_mb": peak()}
                | {"peak_mb_before": before, **result}
            )
        )


def peak() -> int:
    """Return the most memory that this process has had, in megabytes (Linux)."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def main() -> None:
    """Fill a workspace, then score it and compare, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--way", nargs=2, metavar=("WORKSPACE", "NAME"))
    parser.add_argument("--fill", metavar="WORKSPACE")
    given = parser.parse_args()
    if given.way:
        measure(*given.way)
        return
    if given.fill:
        with open_store(given.fill) as store:
            fill(store, given.contacts)
        return
    report: dict[str, object] = {"contacts": given.contacts, "properties": 30}
    with tempfile.TemporaryDirectory() as folder:
        sized = ["--contacts", str(given.contacts)]
        subprocess.run([sys.executable, __file__, "--fill", folder, *sized], check=True)
        found = {}
        for way in WAYS:
            command = [sys.executable, __file__, "--way", folder, way]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found[way] = report[way] = json.loads(done.stdout)
        report["contacts_per_second"] = round(given.contacts / found["ours"]["seconds"])
        ratio = found["ours"]["seconds"] / found["plain"]["seconds"]
        report["seconds_of_scikit_learn_times"] = round(ratio, 2)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
