"""When each contact reached a goal: from the history, or from the dates that HubSpot keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore.asof import moment_ms
from leadscore.errors import DataError, UsageError
from leadscore.goals import Goal, as_text, first_date
from leadscore.pasts import read_pasts
from leadscore.snapshottimes import NEVER

if TYPE_CHECKING:
    from leadscore.pasts import Past
    from leadscore.store import Store

__all__ = ["GoalDates", "goal_dates", "reached_when"]

_STAGE = "dealstage"
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class GoalDates:
    """When contacts reached a goal.

    Attributes
    ----------
    ms : array of int64, shape (contacts,)
        Epoch milliseconds of the first time; the largest int64 where it is not known, or never.
    reached : array of bool, shape (contacts,)
        Whether the goal is reached by now, whenever that was.
    dated : bool
        Whether anything tells when the goal was reached, or nobody reached it.
    """

    ms: Ints
    reached: npt.NDArray[np.bool_]
    dated: bool = True


def reached_when(
    store: Store, goal: Goal, contacts: pd.DataFrame, *, until: pd.Timestamp
) -> tuple[pd.DataFrame, bool]:
    """Return of each contact when it reached the goal first, and whether it has by now.

    Parameters
    ----------
    store, goal, contacts, until
        As for `goal_dates`, which is given the history that the store has.

    Returns
    -------
    frame : DataFrame
        ``when`` (datetime64[ms, UTC]; missing where it is not known, or never), ``reached`` and
        ``there`` (bool; ``there`` is true throughout). In the order of the contacts.
    dated : bool
        As in `GoalDates`.

    Raises
    ------
    DataError, UsageError
        As `goal_dates`.
    """
    past = None
    if store.has("history") and not goal.of_deals and goal.property_name in contacts:
        about = store.properties("contacts").set_index("name").loc[[goal.property_name]]
        told = {"type": about["type"].iloc[0], "fieldType": about["field_type"].iloc[0]}
        own = {goal.property_name: {"name": goal.property_name, **told}}
        ids = pa.array(contacts["id"], pa.string())
        past = read_pasts(store, ids, own, until=until).by_property.get(goal.property_name)
    found = goal_dates(store, goal, contacts, past, until=until)
    when = pd.Series(pd.to_datetime(np.where(found.ms == NEVER, 0, found.ms), unit="ms", utc=True))
    never = pd.Series(found.ms == NEVER)
    frame = pd.DataFrame({"when": when.mask(never), "reached": found.reached, "there": True})
    return frame, found.dated


def goal_dates(
    store: Store,
    goal: Goal,
    contacts: pd.DataFrame,
    past: Past | None,
    *,
    until: pd.Timestamp,
) -> GoalDates:
    """Return when each contact reached the goal for the first time.

    A stage is dated by its first entry in the history or by the dates of entering it that HubSpot
    keeps, whichever is earlier: the history that is left may begin after the contact converted, and
    what a customer does must not be learnt as what a lead does. A property is dated by its history
    alone. A won deal is dated by the history of its stage, or else by its close date; that a deal
    was associated with the contact then already is assumed: HubSpot does not tell when an
    association was made.

    Parameters
    ----------
    store : Store
    goal : Goal
    contacts : DataFrame
        ``id``, and the goal's properties that the store has.
    past : Past or None
        The history of the goal's property, in the order of the contacts.
    until : Timestamp
        The time of the sync; what is dated later counts as of then.

    Raises
    ------
    DataError
        The store lacks what the goal is about.
    UsageError
        There is no such pipeline of deals.
    """
    if goal.of_deals:
        return _won(store, goal, contacts["id"], until)
    if goal.property_name not in contacts:
        raise DataError(
            f"The store has no contact property {goal.property_name!r}.",
            hint="Choose another goal, or sync that property.",
        )
    at = np.full(len(contacts), NEVER)
    if past is not None:
        hit = _equal(past, goal.value)
        np.minimum.at(at, past.contact[hit], past.ms[hit])
    kept = first_date(contacts, goal.columns[1:])
    told = kept.notna().to_numpy()
    at[told] = np.minimum(at[told], _by(kept[told], until))
    now = as_text(contacts[goal.property_name]) == goal.value
    reached = (at < NEVER) | now.to_numpy(dtype=bool)
    dated = past is not None or not reached.any() or bool((at < NEVER).any())
    return GoalDates(at, reached, dated=dated)


def _by(dates: pd.Series[Any], until: pd.Timestamp) -> Ints:
    """Return dates in epoch milliseconds, those that come later as of the time of the sync."""
    return np.asarray(np.minimum(moment_ms(dates), moment_ms([until])[0]))


def _equal(past: Past, value: str) -> npt.NDArray[np.bool_]:
    """Return which entries have a value, as HubSpot writes it."""
    if past.kind in ("text", "options"):
        own = pc.equal(past.levels, value)
        if past.kind == "options":
            parts = pc.split_pattern(past.levels, ";").to_pylist()
            own = pa.array([value in part for part in parts], pa.bool_())
        return np.isin(past.value, np.flatnonzero(own.to_numpy(zero_copy_only=False)))
    words = {"true": "1", "false": "0"}
    number = pd.to_numeric(pd.Series([words.get(value.lower(), value)]), errors="coerce")
    return np.asarray(past.value == number.to_numpy(dtype=float)[0])


# deals -------------------------------------------------------------------------------------------


def _won(store: Store, goal: Goal, ids: pd.Series[str], until: pd.Timestamp) -> GoalDates:
    for table in ("deals", "pipelines", "associations"):
        if not store.has(table):
            raise DataError(
                f"The store holds no {table}, so no deal is known to be won.",
                hint="Sync with a token that may read deals (crm.objects.deals.read).",
            )
    deals = store.read("deals", _known(store, "deals", ("id", _STAGE, "pipeline", "closedate")))
    won = _won_at(store, deals, _won_stages(store, goal.value), until)
    if goal.value and "pipeline" in deals:
        own = deals["pipeline"].isin(_pipelines(store, goal.value)["pipeline"])
        won[~own.to_numpy()] = NEVER
    links = store.read("associations", ["from_object", "from_id", "to_object", "to_id"])
    links = links[(links["from_object"] == "deals") & (links["to_object"] == "contacts")]
    deal = pd.Index(deals["id"]).get_indexer(pd.Index(links["from_id"]))
    contact = pd.Index(ids).get_indexer(pd.Index(links["to_id"]))
    known = (deal >= 0) & (contact >= 0)
    found = np.full(len(ids), NEVER)
    np.minimum.at(found, contact[known], won[deal[known]])
    return GoalDates(found, found < NEVER)


def _known(store: Store, table: str, names: tuple[str, ...]) -> list[str]:
    there = set(store.schema(table).names)
    return [name for name in names if name in there]


def _pipelines(store: Store, wanted: str) -> pd.DataFrame:
    """Return the deal stages of one pipeline, by its id or label; of all where none is named."""
    stages = store.read("pipelines")
    stages = stages[stages["object"] == "deals"]
    if not wanted:
        return stages
    own = stages[(stages["pipeline"] == wanted) | (stages["pipeline_label"] == wanted)]
    if own.empty:
        names = ", ".join(map(str, stages["pipeline"].unique()))
        raise UsageError(
            f"The portal has no deal pipeline {wanted!r}.", hint=f"Its pipelines are: {names}."
        )
    return own


def _won_stages(store: Store, wanted: str) -> list[str]:
    """Return the stages of won deals: HubSpot gives them a probability of 1."""
    stages = _pipelines(store, wanted)
    return list(stages.loc[stages["probability"] >= 1, "stage"])


def _won_at(store: Store, deals: pd.DataFrame, stages: list[str], until: pd.Timestamp) -> Ints:
    """Return when each deal was won first; `NEVER` for those that were not."""
    about: Mapping[str, Mapping[str, Any]] = {_STAGE: {"type": "string"}}
    ids = pa.array(deals["id"], pa.string())
    past = read_pasts(store, ids, about, until=until, kind="deals").by_property.get(_STAGE)
    at = np.full(len(deals), NEVER)
    if past is not None:
        levels = pc.is_in(past.levels, value_set=pa.array(stages, pa.string()))
        hit = np.isin(past.value, np.flatnonzero(levels.to_numpy(zero_copy_only=False)))
        np.minimum.at(at, past.contact[hit], past.ms[hit])
    if {_STAGE, "closedate"} <= set(deals.columns):
        silent = np.ones(len(deals), bool)
        silent[[] if past is None else past.contact] = False
        closed = deals[_STAGE].isin(stages) & deals["closedate"].notna() & silent
        at[closed.to_numpy()] = _by(deals.loc[closed, "closedate"], until)
    return at
