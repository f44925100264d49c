"""Scores as they were given, each with what has happened to the contact since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import ModelError
from leadscore.goals import Goal, outcomes, parse_goal
from leadscore.modelfiles import read_card

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = ["STATES", "goal_on", "scored_leads"]

#: What can be said of a score that was given.
STATES = ("judged", "not due", "reached before", "gone", "no goal")
COLUMNS = (
    "model",
    "contact_id",
    "month",
    "snapshot_at",
    "probability",
    "score",
    "tier",
    "held_out",
)

# The first score of each month: a contact that is scored every night counts once a month.
_FIRST = """
SELECT model, contact_id, strftime(snapshot_at, '%Y-%m') AS month, snapshot_at, probability, score,
       tier, coalesce(held_out, false) AS held_out
FROM scores
WHERE coalesce(tier, '') <> 'reached' AND probability IS NOT NULL
QUALIFY row_number() OVER (
    PARTITION BY model, contact_id, month ORDER BY snapshot_at, scored_at, run) = 1
ORDER BY model, contact_id, month
"""
# HubSpot's own values of the lead status that say that nobody has turned to the lead yet.
_UNTOUCHED = ("NEW", "OPEN")


def scored_leads(store: Store, *, models: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the scores given so far, one per model, contact and month, with their outcome.

    Parameters
    ----------
    store : Store
        A synced store with the table ``scores``.
    models : sequence of str, optional
        Only scores of these models, by id.

    Returns
    -------
    DataFrame
        ``model``, ``contact_id``, ``month`` (str, "2026-05", UTC), ``snapshot_at``
        (datetime64[us, UTC]), ``probability`` (float64), ``score`` (Int64), ``tier`` (str),
        ``held_out`` (boolean: the score was never written), ``state``, ``outcome`` (boolean),
        ``worked`` (boolean). States: "judged" (the horizon has passed, the outcome is known),
        "not due" (it has not, or the goal has no horizon), "reached before" (the goal was reached
        before the score, or nothing tells when), "gone" (the contact is not in the store any more),
        "no goal" (the model's card cannot be read). ``worked``: somebody from sales has turned to
        the contact after the snapshot (``notes_last_contacted``) or, where the store has no such
        property, its ``hs_lead_status`` is neither empty, NEW nor OPEN by now; missing where the
        store has neither. That these two properties tell of all work is unverified.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> len(scored_leads(ls.open_store(tempfile.mkdtemp())))
    0
    """
    given = store.sql(_FIRST) if store.has("scores") else pd.DataFrame(columns=list(COLUMNS))
    if models is not None:
        given = given[given["model"].isin(list(models))].reset_index(drop=True)
    parts = [_followed(store, str(model), rows) for model, rows in given.groupby("model")]
    found = (
        pd.concat(parts)
        if parts
        else given.reindex(columns=[*COLUMNS, "worked", "state", "outcome"])
    )
    kinds = {"outcome": "boolean", "worked": "boolean", "held_out": "boolean", "score": "Int64"}
    return found.astype(kinds).sort_values(["model", "contact_id", "month"], ignore_index=True)


def _followed(store: Store, model: str, given: pd.DataFrame) -> pd.DataFrame:
    """Return one model's scores with what became of the contacts."""
    there = _contacts(store, given)
    goal = goal_on(store, model)
    given = given.assign(worked=_worked(there, given["snapshot_at"]))
    if goal is None:
        return given.assign(state="no goal", outcome=_unknown(given))
    followed = outcomes(goal, there, start=given["snapshot_at"], as_of=_as_of(store))
    return given.assign(
        outcome=followed["outcome"].where(there["id"].notna() & (goal.within is not None)),
        state=_states(goal, there, given, followed["outcome"], as_of=_as_of(store)),
    )


def goal_on(store: Store, model: str) -> Goal | None:
    """Return the goal of a model of the workspace, None when its card cannot be read."""
    try:
        kept = read_card(store.workspace / "models" / model)["goal"]
    except ModelError:
        return None
    return Goal.from_dict(kept) if isinstance(kept, dict) else parse_goal(str(kept))


def _contacts(store: Store, given: pd.DataFrame) -> pd.DataFrame:
    """Return the contacts as they are today, one row per score; without ``id`` where gone."""
    contacts = store.contacts().set_index("id", drop=False)
    found = contacts.reindex(given["contact_id"])
    found.index = given.index
    return found


def _states(
    goal: Goal,
    there: pd.DataFrame,
    given: pd.DataFrame,
    outcome: pd.Series,
    *,
    as_of: pd.Timestamp,
) -> pd.Series[Any]:
    end = given["snapshot_at"] + (goal.within or pd.Timedelta(0))
    states = pd.Series("judged", index=given.index).mask(outcome.isna(), "reached before")
    states = states.mask((end > as_of) | (goal.within is None), "not due")
    return states.mask(there["id"].isna(), "gone")


def _worked(there: pd.DataFrame, since: pd.Series) -> pd.Series[Any]:
    if "notes_last_contacted" in there:
        return (there["notes_last_contacted"] > since).astype("boolean")
    if "hs_lead_status" in there:
        status = there["hs_lead_status"]
        return (status.notna() & ~status.isin(_UNTOUCHED)).astype("boolean")
    return _unknown(there)


def _unknown(rows: pd.DataFrame) -> pd.Series[Any]:
    return pd.Series(pd.NA, index=rows.index, dtype="boolean")


def _as_of(store: Store) -> pd.Timestamp:
    return pd.Timestamp(str(store.ledger.checkpoint("synced_at")))
