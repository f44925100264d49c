"""Scores by hand of a portal's contacts, without a sync and without a model."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from leadscore.sandbox import Sandbox


def hand_scores(sandbox: Sandbox, workspace: Path, n: int | None = None) -> pd.DataFrame:
    """Return scores of the first contacts, as `score` would give them."""
    records = sandbox.portal.collection("contacts").records
    there = [str(one.id) for one in records if not one.archived_at]
    ids = sorted(there, key=int)[:n]
    place = np.arange(len(ids))
    frame = pd.DataFrame(
        {
            "contact_id": pd.Series(ids, dtype="str"),
            "probability": (place + 1) / (len(ids) + 1),
            "score": pd.array(place % 101, dtype="Int64"),
            "tier": np.array(list("ABCD"))[place % 4],
            "fit": pd.array(place % 101, dtype="Int64"),
            "engagement": pd.array([pd.NA] * len(ids), dtype="Int64"),
            "reasons": "Seats needed is 40",
            "model": "hand-made",
        }
    )
    frame.attrs = {"model": "hand-made", "workspace": str(workspace), "signal": True}
    return frame


def score_writes(sandbox: Sandbox, since: int = 0) -> Counter[str]:
    """Return how often each contact's score was truly changed, after so many writes."""
    writes = list(sandbox.portal.writes)[since:]
    return Counter(w.id for w in writes if w.property == "leadscore_score")
