"""Frames with several snapshots per contact: monthly, until a contact converts."""

from __future__ import annotations

import numpy as np
import pandas as pd

START = pd.Timestamp("2025-01-01", tz="UTC")
MONTH = pd.Timedelta("30D")


def panel(
    contacts: int = 600, *, months: int = 14, seed: int = 0, signal: float = 1.0, people: int = 3
) -> pd.DataFrame:
    """Return leads that come in over `months`; the interest decides how soon they convert.

    ``people`` share a company. Once converted, a contact has no further snapshot. The horizon is
    one month, so the outcome of a snapshot is whether the contact converts before the next.
    """
    rng = np.random.default_rng(seed)
    came = rng.integers(0, months, contacts)
    interest = rng.normal(size=contacts)
    chance = 1 / (1 + np.exp(2.5 - signal * interest))
    leaves = came + rng.geometric(chance) - 1  # the last month with a snapshot
    who, month = np.divmod(np.arange(contacts * months), months)
    there = (month >= came[who]) & (month <= leaves[who])
    who, month = who[there], month[there]
    snapshot_at = START + pd.to_timedelta(month * 30.0, unit="D")
    frame = pd.DataFrame(
        {
            "contact_id": np.char.zfill(who.astype(str), 5),
            "snapshot_at": snapshot_at.astype("datetime64[us, UTC]"),
            "outcome": pd.array(month == leaves[who], dtype="boolean"),
            "interest": interest[who] + rng.normal(scale=0.3, size=len(who)),
            "source": rng.choice(["web", "event"], contacts)[who],
            "last_visit": snapshot_at - pd.to_timedelta(rng.uniform(0, 30, len(who)), unit="D"),
            "associatedcompanyid": pd.Series((who // people).astype(str), dtype="str"),
            "hubspot_owner_id": pd.Series((who % 4).astype(str), dtype="str"),
        }
    )
    frame.attrs = {
        "goal": "customer",
        "goal_text": "customer within 30 days",
        "horizon_days": 30,
        "time_known": True,
        "labels": {},
        "types": {"interest": "number", "source": "enumeration"},
        "groups": {"interest": "engagement", "last_visit": "engagement", "source": "fit"},
        "excluded": [],
        "not_features": ["hubspot_owner_id", "associatedcompanyid"],
    }
    return frame
