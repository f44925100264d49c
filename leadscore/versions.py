"""The versions of a Delta table: which there are, and which was the newest at a moment."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from deltalake import DeltaTable

from leadscore.errors import DataError

__all__ = ["AsOf", "version_at", "versions_of"]

#: A version's number, or a moment; a moment without a zone is UTC.
AsOf = int | str | datetime

_ADDED = ("num_added_rows", "num_target_rows_inserted")
_REMOVED = ("num_deleted_rows", "num_target_rows_deleted")


def versions_of(delta: DeltaTable) -> pd.DataFrame:
    """Return the versions that can be read, oldest first.

    Returns
    -------
    DataFrame
        ``version`` (Int64), ``at`` (UTC), ``operation`` (str: WRITE, MERGE…), ``rows_added``,
        ``rows_removed`` (Int64, missing where the log does not say).
    """
    since = _first_readable(Path(delta.table_uri.removeprefix("file://")) / "_delta_log")
    rows = [_row(entry) for entry in reversed(delta.history()) if entry["version"] >= since]
    frame = pd.DataFrame(rows, columns=["version", "at", "operation", "rows_added", "rows_removed"])
    at = pd.to_datetime(frame["at"], unit="ms", utc=True).dt.as_unit("us")
    counts = dict.fromkeys(("version", "rows_added", "rows_removed"), "Int64")
    return frame.assign(at=at).astype({**counts, "operation": "str"})


def _first_readable(log: Path) -> int:
    """Return the oldest version that the log can still build: the first, or a checkpoint's."""
    commits = [int(path.stem) for path in log.glob("*.json") if path.stem.isdigit()]
    if 0 in commits:
        return 0
    checkpoints = [int(path.name.partition(".")[0]) for path in log.glob("*.checkpoint*.parquet")]
    return min(checkpoints, default=min(commits, default=0))


def _row(entry: dict[str, Any]) -> dict[str, Any]:
    metrics = entry.get("operationMetrics") or {}
    return {
        "version": entry["version"],
        "at": entry.get("timestamp"),
        "operation": str(entry.get("operation", "")),
        "rows_added": _first(metrics, _ADDED),
        "rows_removed": _first(metrics, _REMOVED),
    }


def _first(metrics: dict[str, Any], names: tuple[str, ...]) -> int | None:
    return next((int(metrics[name]) for name in names if name in metrics), None)


def version_at(delta: DeltaTable, as_of: AsOf, *, table: str) -> int:
    """Return the version of a number or of a moment.

    Raises
    ------
    DataError
        There is no such version, or none is as old; the message says since when there are.
    """
    versions = versions_of(delta)
    if isinstance(as_of, int):
        found = versions[versions["version"] == as_of]
    else:
        found = versions[versions["at"] <= _moment(as_of)]
    if found.empty:
        first, last = versions.iloc[0], versions.iloc[-1]
        raise DataError(
            f"The store's {table} have no version {as_of}: there are versions {first['version']} "
            f"to {last['version']}, since {first['at']:%Y-%m-%d %H:%M:%S} UTC.",
            hint="Older ones are gone for good: an erasure takes them, or they never were.",
        )
    return int(found["version"].iloc[-1])


def _moment(as_of: str | datetime) -> pd.Timestamp:
    moment = pd.to_datetime(as_of, errors="coerce")
    if pd.isna(moment):
        raise DataError(f"{as_of!r} is no moment.", hint='Write "2026-03-01 12:00", say, in UTC.')
    return moment.tz_localize("UTC") if moment.tz is None else moment.tz_convert("UTC")
