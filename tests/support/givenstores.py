"""Stores with scores that were given, and contacts who have converted since or not."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa

from leadscore.model import LeadModel
from leadscore.store import Store

SYNCED = pd.Timestamp("2026-09-01", tz="UTC")
SCORES = pa.schema(
    [(name, pa.string()) for name in ("contact_id", "model", "run", "tier", "reasons")]
    + [(name, pa.timestamp("us", "UTC")) for name in ("snapshot_at", "scored_at")]
    + [("probability", pa.float64())]
    + [(name, pa.int64()) for name in ("score", "fit", "engagement", "horizon_days")]
    + [("held_out", pa.bool_())]
)


def contact(name: str, *, won: str | None = None, **more: Any) -> dict[str, Any]:
    """Return a contact that became a customer at a moment, or did not."""
    return {
        "id": name,
        "createdate": pd.Timestamp("2025-01-01", tz="UTC"),
        "lifecyclestage": "customer" if won else "lead",
        "hs_v2_date_entered_customer": None if won is None else pd.Timestamp(won, tz="UTC"),
        **more,
    }


def given(
    name: str, at: str, *, model: LeadModel, said: float = 0.1, **more: Any
) -> dict[str, Any]:
    """Return a score that was given to a contact as it was at a moment."""
    moment = pd.to_datetime(at, utc=True)
    return {
        "contact_id": name,
        "model": model.id,
        "run": "a run",
        "snapshot_at": moment,
        "scored_at": moment + pd.Timedelta("1h"),
        "probability": said,
        "score": round(100 * said),
        "tier": "A",
        "horizon_days": model.card["horizon_days"],
        "held_out": False,
        **more,
    }


def put(store: Store, contacts: list[dict[str, Any]], scores: list[dict[str, Any]]) -> None:
    """Write contacts and scores into a store, as a sync and scoring runs leave them."""
    frame = pd.DataFrame(contacts)
    for name in ("hs_v2_date_entered_customer", "notes_last_contacted"):
        if name in frame:
            frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
    store.write("contacts", frame)
    store.write("scores", pa.Table.from_pylist(scores, schema=SCORES))
    store.ledger.set_checkpoint("synced_at", SYNCED.isoformat())
