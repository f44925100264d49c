"""Nights that follow each other: the time of the sync is set, and the portal's clock is moved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from leadscore.sandbox import open_sandbox
from leadscore.store import Store

_STARTUP = """import pandas
import leadscore.syncing
leadscore.syncing._now = lambda: pandas.Timestamp({at!r})
"""


def set_time(folder: Path, at: pd.Timestamp) -> dict[str, str]:
    """Return the environment of kernels whose syncs are as of a time, whatever the clock says."""
    startup = folder / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    (startup / "time.py").write_text(_STARTUP.format(at=at.isoformat()))
    return {"IPYTHONDIR": str(folder)}


def move_portal(workspace: Path, seconds: float, **portal: Any) -> None:
    """Move the clock of the simulated portal beside a workspace."""
    state = workspace.with_name(f"{workspace.name}.portal")
    with open_sandbox(state=state, **portal) as served:
        served.advance(seconds)


def idle_writes(store: Store, run: str) -> list[str]:
    """Return the contacts that a run wrote although tier and score stood within the threshold."""
    journal = store.ledger.journal(run)
    return [
        contact
        for contact, old, new in zip(
            journal["object_id"], journal["old"], journal["new"], strict=True
        )
        if old.get("leadscore_score")
        and old["leadscore_tier"] == new["leadscore_tier"]
        and abs(float(old["leadscore_score"]) - float(new["leadscore_score"])) < 3
    ]
