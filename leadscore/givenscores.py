"""Scores as they were given, each with what has happened to the contact since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import ModelError
from leadscore.goaldates import reached_when
from leadscore.goals import Goal, parse_goal, within_horizon
from leadscore.keptmodels import read_card
from leadscore.snapshotfacts import synced_at

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
_OF_WORK = ("notes_last_contacted", "hs_lead_status")
_NOTHING = pd.Timedelta(0)


def scored_leads(
    store: Store, *, models: Sequence[str] | None = None, goal: Goal | None = None
) -> pd.DataFrame:
    """Return the scores given so far, one per model, contact and month, with their outcome.

    Parameters
    ----------
    store : Store
        A synced store with the table ``scores``.
    models : sequence of str, optional
        Only scores of these models, by id.
    goal : Goal, optional
        What counts; by default each model's own goal.

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
    parts = [
        _followed(store, goal or goal_on(store, str(model)), rows)
        for model, rows in given.groupby("model")
    ]
    found = (
        pd.concat(parts)
        if parts
        else given.reindex(columns=[*COLUMNS, "worked", "state", "outcome"])
    )
    kinds = {"outcome": "boolean", "worked": "boolean", "held_out": "boolean", "score": "Int64"}
    return found.astype(kinds).sort_values(["model", "contact_id", "month"], ignore_index=True)


def _followed(store: Store, goal: Goal | None, given: pd.DataFrame) -> pd.DataFrame:
    """Return one model's scores with what became of the contacts."""
    wanted = {"id", *_OF_WORK, *(goal.columns if goal else ())}
    contacts = store.contacts([n for n in store.schema("contacts").names if n in wanted])
    contacts = contacts.sort_values("id", ignore_index=True)
    place = pd.Index(contacts["id"]).get_indexer(given["contact_id"])
    given = given.assign(worked=_worked(_taken(contacts, place), given["snapshot_at"].array))
    if goal is None:
        return given.assign(state="no goal", outcome=_unknown(given))
    dates = _taken(reached_when(store, goal, contacts, until=synced_at(store))[0], place)
    return given.assign(**_outcomes(goal, dates, given, as_of=synced_at(store)))


def _taken(rows: pd.DataFrame, place: Any) -> pd.DataFrame:
    """Return the rows at some places; missing where there is no place (-1)."""
    return rows.reset_index(drop=True).reindex(place).reset_index(drop=True)


def _outcomes(
    goal: Goal, dates: pd.DataFrame, given: pd.DataFrame, *, as_of: pd.Timestamp
) -> dict[str, Any]:
    start = given["snapshot_at"].reset_index(drop=True)
    there = dates["there"].notna()
    reached = dates["reached"].fillna(value=False).astype(bool)
    outcome = within_horizon(goal, dates["when"], reached, start=start, as_of=as_of)
    due = goal.within is not None and start + (goal.within or _NOTHING) <= as_of
    states = pd.Series("judged", index=start.index).mask(outcome.isna(), "reached before")
    states = states.mask(~pd.Series(due, index=start.index), "not due").mask(~there, "gone")
    return {"outcome": outcome.where(states == "judged").array, "state": states.array}


def goal_on(store: Store, model: str) -> Goal | None:
    """Return the goal of a model of the workspace, None when its card cannot be read."""
    try:
        kept = read_card(store.workspace / "models" / model)["goal"]
    except ModelError:
        return None
    return Goal.from_dict(kept) if isinstance(kept, dict) else parse_goal(str(kept))


def _worked(there: pd.DataFrame, since: Any) -> Any:
    if "notes_last_contacted" in there:
        return (there["notes_last_contacted"] > since).astype("boolean").array
    if "hs_lead_status" in there:
        status = there["hs_lead_status"]
        return (status.notna() & ~status.isin(_UNTOUCHED)).astype("boolean").array
    return _unknown(there).array


def _unknown(rows: pd.DataFrame) -> pd.Series[Any]:
    return pd.Series(pd.NA, index=rows.index, dtype="boolean")
