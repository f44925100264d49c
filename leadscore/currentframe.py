"""Frames of contacts as they are now: one row each, for stores without history.

It is right where values do not change after a contact is created (a table of leads, a form's
answers). Counters and dates that HubSpot keeps going are named in ``attrs["changing"]``, and the
audit leaves them out; where other values change, a property can know of what happened later, which
the audit looks for.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from leadscore.errors import DataError
from leadscore.goaldates import goal_dates
from leadscore.goals import outcomes, within_horizon
from leadscore.leavingout import Exclude, excluded_by, held_out
from leadscore.scoreproperties import GROUP
from leadscore.snapshotfacts import (
    COMPANY,
    HELD_OUT,
    NEVER_FEATURES,
    changing,
    frame_facts,
    synced_at,
)
from leadscore.snapshottimes import NEVER

if TYPE_CHECKING:
    from leadscore.goals import Goal
    from leadscore.store import Store

__all__ = ["WITHOUT_HISTORY", "scored_now", "trained_now"]

_EVENTS = (
    "Events that were brought in are left out: without the history of contacts there is one row "
    "each, as of its creation, and most events came later."
)
WITHOUT_HISTORY = (
    "Every property is taken as it stood at the sync, because the store has no history of it. One "
    "that changes after a lead is created can know of what happened later: the figures may promise "
    "more than the scores keep. Leave such a property out with --drop."
)


def trained_now(store: Store, goal: Goal, *, exclude: Exclude, hold_out: float) -> pd.DataFrame:
    """Return one row per contact as of its creation, with the values of now."""
    contacts, left_out = _contacts(store, exclude)
    known = _outcomes(store, goal, contacts)
    named = _features(store, contacts, goal)
    names = [name for name in named if contacts[name].notna().any()]
    frame = _frame(store, goal, contacts, known["outcome"], names, hold_out)
    unknown = known["outcome"].isna() & ~known["reached"]
    frame.attrs |= {"immature": int(unknown.sum()), "left_out": left_out}
    return frame


def scored_now(
    store: Store, goal: Goal, *, who: str, exclude: Exclude, hold_out: float
) -> pd.DataFrame:
    """Return the same columns for the contacts to be scored."""
    contacts, left_out = _contacts(store, exclude)
    if who == "open":
        reached = _outcomes(store, goal, contacts)["reached"]
        contacts = contacts[~reached].reset_index(drop=True)
    unknown = pd.Series(pd.NA, index=contacts.index, dtype="boolean")
    names = _features(store, contacts, goal)
    frame = _frame(store, goal, contacts, unknown, names, hold_out)
    frame.attrs |= {"immature": 0, "left_out": left_out}
    return frame


def _contacts(store: Store, exclude: Exclude) -> tuple[pd.DataFrame, dict[str, int]]:
    contacts = store.contacts()
    if contacts.empty:
        raise DataError(
            "The store holds no contacts.", hint="Sync a portal that has some, then try again."
        )
    contacts = contacts.sort_values("id", ignore_index=True)
    out = excluded_by(exclude, contacts)
    gone = np.logical_or.reduce([np.zeros(len(contacts), bool), *out.values()])
    left_out = {reason: int(who.sum()) for reason, who in out.items() if who.any()}
    return contacts[~gone].reset_index(drop=True), left_out


def _outcomes(store: Store, goal: Goal, contacts: pd.DataFrame) -> pd.DataFrame:
    as_of = synced_at(store)
    if not goal.of_deals:
        return outcomes(goal, contacts, start=contacts["createdate"], as_of=as_of)
    found = goal_dates(store, goal, contacts, None, until=as_of)
    known = pd.Series(found.ms).where(found.ms < NEVER)
    when = pd.to_datetime(known, unit="ms", utc=True).astype("datetime64[us, UTC]")
    reached = pd.Series(found.reached)
    outcome = within_horizon(goal, when, reached, start=contacts["createdate"], as_of=as_of)
    return pd.DataFrame({"outcome": outcome, "reached": reached})


def _frame(
    store: Store,
    goal: Goal,
    contacts: pd.DataFrame,
    outcome: pd.Series[Any],
    names: Sequence[str],
    hold_out: float,
) -> pd.DataFrame:
    created = contacts["createdate"]
    keys = {"contact_id": contacts["id"], "snapshot_at": created, "outcome": outcome}
    frame = pd.concat([pd.DataFrame(keys), contacts[list(names)]], axis=1)
    frame.attrs = _facts(store, goal, contacts, names) | {"hold_out": hold_out}
    beside: dict[str, Any] = {}
    if COMPANY in contacts and contacts[COMPANY].notna().any():
        beside[COMPANY] = contacts[COMPANY]
    if hold_out:
        beside[HELD_OUT] = pd.array(held_out(contacts["id"], hold_out), dtype="boolean")
    frame.attrs["not_features"] = list(beside)
    return frame.assign(**beside)


def _features(store: Store, contacts: pd.DataFrame, goal: Goal) -> list[str]:
    about = store.properties("contacts")
    ours = about.loc[about["group"] == GROUP["name"], "name"]  # under any prefix
    out = NEVER_FEATURES | set(goal.columns) | set(ours)
    return [str(name) for name in contacts if name not in out]


def _facts(
    store: Store, goal: Goal, contacts: pd.DataFrame, names: Sequence[str]
) -> dict[Hashable, Any]:
    about = store.properties("contacts").set_index("name").loc[list(names)]
    numbers = about.index[about["type"] == "number"]
    texts = [n for n in numbers if not pd.api.types.is_numeric_dtype(contacts[n])]
    time_known = len(contacts["createdate"].unique()) > 1
    facts = frame_facts(
        store,
        goal,
        about,
        texts=texts,
        as_of=synced_at(store),
        version=store.version("contacts"),
    )
    return facts | {
        "time_known": time_known,
        "changing": changing(about) if time_known else [],
        "history": False,
        "notes": [WITHOUT_HISTORY, *([_EVENTS] if store.has("events") else [])],
    }
