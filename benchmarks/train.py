"""Seconds and memory of training on 200,000 snapshots of 60 properties.

Two processes, so that each has a memory of its own: `ours` is `leadscore.train` (audit, encoding,
choice of strength and pairs on blocks of time, recalibration); `plain` is one fit of scikit-learn's
LogisticRegression with the chosen strength on the very matrix that the trained model encodes. The
rows are those of 40,000 contacts over 700 days: 40 numbers, 14 options, 4 truths, 2 dates. Prints
one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

import leadscore as ls

START = pd.Timestamp("2024-01-01", tz="UTC")
NUMBERS, OPTIONS, TRUTHS, DATES = 40, 14, 4, 2


def snapshots(rows: int, *, seed: int = 0) -> pd.DataFrame:
    """Return a training frame in which every property matters a little."""
    rng = np.random.default_rng(seed)
    days = pd.to_timedelta(rng.integers(0, 700, rows), unit="D")
    at = pd.Series(START + days).dt.as_unit("us")
    columns: dict[str, Any] = {
        "contact_id": pd.Series(
            rng.integers(max(rows // 5, 1), size=rows).astype(str), dtype="str"
        ),
        "snapshot_at": at,
        "outcome": pd.array(np.zeros(rows, bool)),
    }
    logit = np.zeros(rows)
    for i in range(NUMBERS):
        counted = rng.poisson(rng.uniform(0.3, 8), rows) if i % 2 else rng.lognormal(1, 1, rows)
        logit += rng.normal(0, 0.15) * np.log1p(counted)
        gaps = rng.random(rows) < (0.1 if i % 3 == 0 else 0)
        columns[f"number_{i}"] = np.where(gaps, np.nan, counted)
    for i in range(OPTIONS):
        levels = np.array([f"level {place}" for place in range(rng.integers(3, 12))], dtype=object)
        place = rng.integers(len(levels), size=rows)
        logit += rng.normal(0, 0.4, len(levels))[place]
        columns[f"option_{i}"] = pd.Series(levels[place], dtype="str")
    for i in range(TRUTHS):
        truth = rng.random(rows) < 0.3
        logit += rng.normal(0, 0.3) * truth
        columns[f"truth_{i}"] = pd.array(truth, dtype="boolean")
    for i in range(DATES):
        age = rng.integers(1, 300, rows)
        logit -= age / 400
        columns[f"date_{i}"] = at - pd.to_timedelta(age, unit="D")
    likely = 1 / (1 + np.exp(-(logit - np.quantile(logit, 0.95) - 0.5)))
    columns["outcome"] = pd.array(rng.random(rows) < likely, dtype="boolean")
    frame = pd.DataFrame(columns)
    frame.attrs = {"goal": "customer", "horizon_days": 90, "time_known": True}
    return frame


def ours(data: pd.DataFrame, folder: Path) -> dict[str, Any]:
    """Train, and keep the model for the comparison."""
    began, worked = time.perf_counter(), time.process_time()
    model = ls.train(data)
    taken = {"seconds": _since(began), "cpu_seconds": round(time.process_time() - worked, 1)}
    model.save(folder / "model")
    return taken | {"strength": model.card["strength"], "pairs": len(model.card["pairs"])}


def plain(data: pd.DataFrame, folder: Path) -> dict[str, Any]:
    """Fit scikit-learn once on the matrix of the trained model."""
    model = ls.load_model(folder / "model")
    began = time.perf_counter()
    matrix = model.pipeline.named_steps["encode"].transform(model.prepared(data))
    encoded = _since(began)
    began, worked = time.perf_counter(), time.process_time()
    logistic = LogisticRegression(C=model.card["strength"], max_iter=1000)
    logistic.fit(matrix, data["outcome"].astype(int))
    return {
        "seconds": _since(began),
        "cpu_seconds": round(time.process_time() - worked, 1),
        "encode_seconds": encoded,
        "matrix_columns": matrix.shape[1],
        "iterations": int(logistic.n_iter_[0]),
    }


def _since(began: float) -> float:
    return round(time.perf_counter() - began, 1)


WAYS = {"ours": ours, "plain": plain}


def measure(way: str, rows: int, folder: Path) -> None:
    """Run one way in this process and print what it took."""
    data = snapshots(rows)
    before = peak()
    found = WAYS[way](data, folder)
    facts = {"peak_mb": peak(), "peak_mb_before": before}
    print(json.dumps(found | facts | {"converted": round(float(data["outcome"].mean()), 4)}))


def peak() -> int:
    """Return the most memory that this process has had, in megabytes (Linux)."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def main() -> None:
    """Train and compare, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--way", nargs=2, metavar=("FOLDER", "NAME"))
    given = parser.parse_args()
    if given.way:
        measure(given.way[1], given.rows, Path(given.way[0]))
        return
    properties = NUMBERS + OPTIONS + TRUTHS + DATES
    report: dict[str, Any] = {"snapshots": given.rows, "properties": properties}
    with tempfile.TemporaryDirectory() as folder:
        for way in WAYS:
            command = [sys.executable, __file__, "--rows", str(given.rows), "--way", folder, way]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            report[way] = json.loads(done.stdout)
    ratio = report["ours"]["seconds"] / max(report["plain"]["seconds"], 0.1)
    print(json.dumps(report | {"seconds_of_scikit_learn_times": round(ratio, 1)}))


if __name__ == "__main__":
    main()
