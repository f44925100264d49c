"""Plans made by hand, without a portal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from leadscore.planfigures import Figures, number
from leadscore.planfile import SCORES, Change, Draft, new_id
from leadscore.plans import Plan, load_plan

NAMES = [f"leadscore_{name}" for name in ("score", "tier", "reasons")]


def change(
    contact: str, score: int, tier: str, *, was: int | None = None, was_tier: str = "C", reasons="r"
) -> Change:
    """Return a change of score, tier and reasons."""
    old = {} if was is None else {NAMES[0]: str(was), NAMES[1]: was_tier}
    return Change(contact, old, dict(zip(NAMES, (str(score), tier, reasons), strict=True)))


def plan_of(
    folder: Path,
    changes: Sequence[Change],
    *,
    then: Mapping[str, Sequence[Change]] | None = None,
    hours: float = 24,
    **facts: Any,
) -> Plan:
    """Return a plan of these changes as `plan` would make it, but for the facts that are given."""
    now, figures = pd.Timestamp.now("UTC"), Figures(far=20)
    for one in changes:
        figures.add(
            one.contact,
            was=number(one.old.get(NAMES[0])),
            score=number(one.new.get(NAMES[0])),
            was_tier=one.old.get(NAMES[1], ""),
            tier=one.new.get(NAMES[1], ""),
            written=True,
        )
    actions = [{"action": name, "kind": "note", "says": "Notes."} for name in then or {}]
    known = {
        "kind": "scores",
        "portal_id": 7,
        "model": "m",
        "created_at": now.isoformat(),
        "expires_at": (now + pd.Timedelta(hours=hours)).isoformat(),
        "prefix": "leadscore",
        "properties": NAMES,
        "creates_properties": [],
        "signal": True,
        "contacts": len(changes),
        "guards": [],
        "overridden": {},
        "notes": [],
        "actions": actions,
        "max_writes": 100_000,
    }
    with Draft(folder / "plans", new_id()) as draft:
        draft.add(SCORES, changes)
        for name, more in (then or {}).items():
            draft.add(name, more)
        return load_plan(draft.save(figures.facts() | known | facts))
