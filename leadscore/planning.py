"""The exact changes to be written: compared with the portal, put in a file, bound by a hash."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from leadscore.bars import tqdm
from leadscore.errors import PlanError
from leadscore.hubspot.connection import Portal
from leadscore.hubspot.properties import definitions, missing_from
from leadscore.hubspot.reading import chunks, read_values
from leadscore.planfile import SCORES, Change, Draft, new_id
from leadscore.plans import Plan, load_plan
from leadscore.scoreproperties import REACHED, definitions_of, values_of
from leadscore.store import open_store

__all__ = ["plan"]

VALID_FOR = pd.Timedelta(hours=24)
MOVED = 3.0  # points; less is a day's ageing and is not worth a write


def plan(portal: Portal, scores: pd.DataFrame, *, progress: bool = True) -> Plan:
    """Compare scores with what the portal has, and write down what would change.

    Reads only. A contact is in the plan when it has no score yet, when its tier changes, or when
    its score has moved by 3 points or more; then all our properties are. One that has reached the
    goal gets that tier once, and only where a score of ours stands. Contacts with a true
    ``held_out`` are left out.

    Parameters
    ----------
    portal : Portal
    scores : DataFrame
        As `score` returns it.
    progress : bool, default True

    Returns
    -------
    Plan

    Raises
    ------
    PlanError
        The portal has a property of our name but another type, or the scores are not to be used.

    Examples
    --------
    See `leadscore.demo`, which plans, applies and verifies.
    """
    workspace = Path(str(scores.attrs["workspace"]))
    if "held_out" in scores:
        scores = scores[~scores["held_out"].astype(bool)]
    portal.require("plan")
    _check_portal(portal, workspace)
    portal.pool.share(workspace)
    prefix = portal.settings.prefix
    now = pd.Timestamp.now("UTC").floor("ms")
    wanted = definitions_of(prefix)
    there = definitions(portal, "contacts")
    missing = [d["name"] for d in missing_from(there, wanted)]
    present = [d["name"] for d in wanted if d["name"] not in missing]
    old = _live(portal, scores["contact_id"], present, progress=progress)
    changes = _changes(scores, old, prefix, now)
    with Draft(workspace / "plans", new_id()) as draft:
        draft.add(SCORES, changes)
        path = draft.save(
            {
                "kind": "scores",
                "portal_id": portal.id,
                "model": str(scores.attrs["model"]),
                "created_at": now.isoformat(),
                "expires_at": (now + VALID_FOR).isoformat(),
                "prefix": prefix,
                "properties": [d["name"] for d in wanted],
                "creates_properties": missing,
                "signal": bool(scores.attrs.get("signal")),
                "contacts": len(scores),
            }
        )
    return load_plan(path)


def _check_portal(portal: Portal, workspace: Path) -> None:
    owner = open_store(workspace).ledger.portal_id
    if owner not in (None, portal.id):
        raise PlanError(
            f"The scores are of portal {owner}, and this is portal {portal.id}.",
            hint="Use the other portal's token, or this portal's workspace.",
        )


def _live(
    portal: Portal, contacts: pd.Series, properties: Sequence[str], *, progress: bool
) -> dict[str, dict[str, str]]:
    """Read what the portal has now; nothing to ask where it has none of our properties."""
    if not properties:
        return {}
    found: dict[str, dict[str, str]] = {}
    with tqdm(total=len(contacts), unit="rec", desc="Comparing", disable=not progress) as bar:
        for ids in chunks(contacts):
            found |= read_values(portal, "contacts", ids, properties)
            bar.update(len(ids))
    return found


def _changes(
    scores: pd.DataFrame, old: dict[str, dict[str, str]], prefix: str, now: pd.Timestamp
) -> Iterator[Change]:
    for contact, values in values_of(scores, old, prefix=prefix, at=now).items():
        before = old.get(contact, {})
        if _worth_it(before, values, prefix):
            yield Change(contact, before, values)


def _worth_it(old: dict[str, str], new: dict[str, str], prefix: str) -> bool:
    score, tier = f"{prefix}_score", f"{prefix}_tier"
    if new[tier] == REACHED:
        return tier in old and old[tier] != REACHED
    if score not in old or old.get(tier) != new[tier]:
        return True
    try:
        return abs(float(old[score]) - float(new[score])) >= MOVED
    except ValueError:
        return True
