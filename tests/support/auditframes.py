"""Training frames whose leaks are known: honest leads, and one column that knows the outcome."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

START = pd.Timestamp("2025-01-01", tz="UTC")


def honest(n: int = 4000, *, seed: int = 0, strength: float = 0.8, rate: float = 0.1) -> Any:
    """Return leads over a year; visits, source and size tell something, two columns nothing."""
    rng = np.random.default_rng(seed)
    traits = rng.normal(size=(n, 3))
    logit = np.log(rate / (1 - rate)) - strength**2 + strength * traits @ [1.0, 0.7, 0.5]
    outcome = rng.random(n) < 1 / (1 + np.exp(-logit))
    frame = pd.DataFrame(
        {
            "contact_id": [f"{i:06d}" for i in range(n)],
            "snapshot_at": START + pd.to_timedelta(np.arange(n) * 525_600 // n, unit="min"),
            "outcome": pd.array(outcome, dtype="boolean"),
            "visits": np.floor(np.exp(traits[:, 0] + 1)),
            "source": _levels(traits[:, 1]),
            "size": np.where(rng.random(n) < 0.2, np.nan, np.exp(traits[:, 2])),
            "colour": pd.Series(rng.choice(list("abcde"), n), dtype="str"),
            "height": rng.normal(size=n),
        }
    )
    frame.attrs = {"goal": "customer", "time_known": True, "horizon_days": 0}
    return frame


def _levels(trait: np.ndarray) -> pd.Series:
    return pd.Series(np.array(list("pqrst"))[np.searchsorted([-1.5, -0.5, 0.5, 1.5], trait)])


def add(frame: pd.DataFrame, **columns: Any) -> pd.DataFrame:
    """Return the frame with further columns and the same attrs."""
    changed = frame.assign(**columns)
    changed.attrs = dict(frame.attrs)
    return changed


def _after_the_call(y: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    return {"leak": np.exp(rng.normal(5, 1, len(y)) + 1.7 * y)}


def _mostly_zero(y: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    filled = rng.random(len(y)) < np.where(y, 0.85, 0.08)
    return {"leak": np.where(filled, rng.gamma(1.5, 20, len(y)), 0.0)}


def _presence(y: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    filled = rng.random(len(y)) < np.where(y, 0.85, 0.03)
    return {"leak": np.where(filled, rng.normal(size=len(y)), np.nan)}


def _category(y: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    told = y & (rng.random(len(y)) < 0.4)
    return {"leak": pd.Series(np.where(told, "k", rng.choice(list("xyz"), len(y))), dtype="str")}


def _twins(y: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    both = 2.4 * y + rng.normal(size=len(y))
    return {name: both + 0.1 * rng.normal(size=len(y)) for name in ("leak", "leak2")}


def _family(y: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    told, first = 2.2 * y + rng.normal(size=len(y)), rng.random(len(y)) < 0.5
    parts = {"leak__30d": np.where(first, told, 0.0), "leak__since": np.where(first, 0.0, told)}
    return {"leak": rng.normal(size=len(y)), **parts}


LEAKS: dict[str, Callable[[np.ndarray, np.random.Generator], dict[str, Any]]] = {
    "after the call": _after_the_call,
    "mostly zero": _mostly_zero,
    "presence": _presence,
    "category": _category,
    "twins": _twins,
    "family": _family,
}


def leaky(kind: str, *, n: int = 4000, seed: int = 0, **options: Any) -> pd.DataFrame:
    """Return honest leads with a leak: properties named ``leak`` and, for twins, ``leak2``."""
    frame = honest(n, seed=seed, **options)
    rng = np.random.default_rng(seed + 1)
    changed = add(frame, **LEAKS[kind](frame["outcome"].to_numpy(bool), rng))
    changed.attrs["families"] = {n: "leak" for n in changed if str(n).startswith("leak__")}
    return changed


def masked(n: int = 4000, *, seed: int = 0) -> pd.DataFrame:
    """Return honest leads with a leak that hides under another column's noise."""
    frame, rng = honest(n, seed=seed), np.random.default_rng(seed + 1)
    outcome = frame["outcome"].to_numpy(float)
    return add(frame, leak=outcome + 2 * frame["height"] + 0.3 * rng.normal(size=n))
