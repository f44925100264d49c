"""Training frames whose truth is known, made without a portal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

START = pd.Timestamp("2025-01-01", tz="UTC")


def leads(n: int = 1500, *, seed: int = 0, signal: float = 1.0, drift: float = 0.0) -> pd.DataFrame:
    """Return leads over a year: visits and source matter by `signal`, the rate moves by `drift`."""
    rng = np.random.default_rng(seed)
    age = np.sort(rng.uniform(0, 365, n))
    visits = rng.poisson(3, n).astype(float)
    source = rng.choice(["event", "web", "ads"], n)
    opened = rng.uniform(0, 90, n)
    logit = -2.2 + signal * (0.4 * (visits - 3) + 0.8 * (source == "event") - 0.02 * (opened - 45))
    happened = rng.random(n) < 1 / (1 + np.exp(-logit - drift * (age / 365 - 0.5)))
    snapshot = START + pd.to_timedelta(age, unit="D").round("min")
    frame = pd.DataFrame(
        {
            "contact_id": [f"{i:06d}" for i in rng.permutation(n)],
            "snapshot_at": snapshot,
            "outcome": pd.array(happened, dtype="boolean"),
            "visits": np.where(rng.random(n) < 0.1, np.nan, visits),
            "source": pd.Series(np.where(rng.random(n) < 0.1, None, source), dtype="str"),
            "opted_in": pd.array(rng.choice([True, False, None], n), dtype="boolean"),
            "last_open": snapshot - pd.to_timedelta(opened, unit="D").round("min"),
            "interests": [list(np.array(["a", "b"])[rng.random(2) < 0.5]) for _ in range(n)],
        }
    )
    frame.attrs = facts()
    return frame


def facts(**changes: Any) -> dict[str, Any]:
    """Return the attrs of a training frame."""
    return {
        "goal": "customer",
        "horizon_days": 30,
        "time_known": True,
        "labels": {"visits": "Page visits", "source": "Original source"},
        "types": {"visits": "number", "source": "enumeration", "interests": "enumeration"},
        "groups": {"visits": "engagement", "last_open": "engagement", "source": "fit"},
        "excluded": [],
        "store_version": 3,
    } | changes


def with_attrs(frame: pd.DataFrame, **changes: Any) -> pd.DataFrame:
    """Return the frame with other attrs."""
    changed = frame.copy()
    changed.attrs = facts(**changes)
    return changed
