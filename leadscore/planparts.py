"""A part of a plan, as a plan of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from leadscore.errors import UsageError
from leadscore.planfigures import Figures, number
from leadscore.planfile import SCORES, Change, Draft, new_id, rows_of
from leadscore.planguards import FAR, write_cap

if TYPE_CHECKING:
    from leadscore.plans import Plan

__all__ = ["drawn", "take_part"]

Where = Callable[[pd.DataFrame], Any]


def take_part(
    plan: Plan,
    *,
    contacts: Iterable[str] | None = None,
    tiers: Collection[str] | None = None,
    where: Where | None = None,
) -> Path:
    """Write the part of a plan that is about some contacts as a file; see `Plan.only`."""
    if contacts is None and tiers is None and where is None:
        raise UsageError("A part of what?", hint="Give contacts=, tiers= or where=.")
    plan.check()
    chosen = _chosen(plan, contacts, tiers, where)
    figures = Figures(far=FAR)
    with Draft(plan.path.parent, new_id()) as draft:
        draft.add(SCORES, _counted(plan, chosen, figures))
        for action in plan.rows:
            if action != SCORES:
                draft.add(action, _of(plan, action, chosen))
        facts = {
            **plan.facts,
            **figures.facts(),
            "guards": _guards(plan, max(draft.rows.values())),
            "taken_from": plan.facts.get("taken_from", plan.id),
            "notes": [*plan.facts.get("notes", []), _said(plan, draft)],
        }
        return draft.save(facts)


def _said(plan: Plan, draft: Draft) -> str:
    return (
        f"A part of plan {plan.id}: {draft.rows[SCORES]:,} of its {plan.rows[SCORES]:,} contacts. "
        "What the other guards found is of the whole."
    )


def _chosen(
    plan: Plan,
    contacts: Iterable[str] | None,
    tiers: Collection[str] | None,
    where: Where | None,
) -> frozenset[str]:
    kept = None if contacts is None else frozenset(map(str, contacts))
    if tiers is not None:
        names = {tiers} if isinstance(tiers, str) else set(tiers)
        tier = f"{plan.prefix}_tier"
        of_tier = frozenset(c.contact for c in plan.of(SCORES) if c.new.get(tier) in names)
        kept = of_tier if kept is None else kept & of_tier
    if where is not None:
        found = _where(plan, where)
        kept = found if kept is None else kept & found
    return kept or frozenset()


def _where(plan: Plan, where: Where) -> frozenset[str]:
    changes = plan.changes
    mask = np.asarray(pd.Series(where(changes.copy())).fillna(value=False))
    if mask.shape != (len(changes),) or mask.dtype != bool:
        raise UsageError(
            "`where` has to return one truth value for each row of the changes.",
            hint="For example: where=lambda changes: changes['new.leadscore_tier'] == 'A'.",
        )
    return frozenset(changes.loc[mask, "contact_id"])


def _of(plan: Plan, action: str, chosen: frozenset[str]) -> Iterator[Change]:
    return (c for _, c in rows_of(plan.path, {action}) if c.contact in chosen)


def _counted(plan: Plan, chosen: frozenset[str], figures: Figures) -> Iterator[Change]:
    score, tier = f"{plan.prefix}_score", f"{plan.prefix}_tier"
    for change in _of(plan, SCORES, chosen):
        figures.add(
            change.contact,
            was=number(change.old.get(score)),
            score=number(change.new.get(score)),
            was_tier=change.old.get(tier, ""),
            tier=change.new.get(tier, ""),
            written=True,
        )
        yield change


def _guards(plan: Plan, writes: int) -> list[dict[str, Any]]:
    """Return what the guards found of the whole, the cap asked anew: a part may be under it."""
    rest = [g for g in plan.facts.get("guards", []) if g["guard"] != "write_cap"]
    most = plan.facts.get("max_writes")
    return [*rest, *(write_cap(writes, int(most)) if most is not None else ())]


def drawn(plan: Plan, n: int, *, seed: int) -> list[Change]:
    """Return `n` of a plan's contacts, each as likely as the others, in the plan's order."""
    total = plan.rows[SCORES]
    places = np.random.default_rng(seed).choice(total, size=min(n, total), replace=False)
    wanted = set(places.tolist())
    return [change for place, change in enumerate(plan.of(SCORES)) if place in wanted]
