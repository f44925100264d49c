"""What the store knows of its contacts: who they are, what was recorded, when they converted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from leadscore.asof import moment_ms
from leadscore.errors import DataError
from leadscore.eventpasts import read_event_pasts
from leadscore.goaldates import GoalDates, goal_dates
from leadscore.goals import STAGES
from leadscore.leavingout import Exclude, excluded_by, needs_columns
from leadscore.pasts import Pasts, read_pasts
from leadscore.recencies import changes, is_counter
from leadscore.scoreproperties import GROUP
from leadscore.snapshotfacts import BESIDE, NEVER_FEATURES, SET_ONCE, synced_at
from leadscore.snapshottimes import NEVER

if TYPE_CHECKING:
    from leadscore.goals import Goal
    from leadscore.store import Store

__all__ = ["Evidence", "gather", "has_history"]

Ints = npt.NDArray[np.int64]
_NO_HISTORY = "its history was not read, so its value at the time of a snapshot is not known"
# HubSpot API docs, "Lifecycle stages": the older and the newer date of entering a stage.
_OLDER_DATE = re.compile(r"hs_lifecyclestage_(\w+)_date")
_TWIN = "it is the older name of {}"
_NO_ENTRIES = "the portal keeps no history of it, so its value at the time is not known"


@dataclass(frozen=True, eq=False)
class Evidence:
    """The contacts of a store with their history.

    Attributes
    ----------
    store : Store
    goal : Goal
    contacts : DataFrame
        Sorted by ``id``: ``createdate``, the goal's properties, and those without history.
    about : DataFrame
        The properties' definitions, indexed by name.
    pasts : Pasts
        Of all properties that can be features, of the goal's, of owner and company.
    reached : GoalDates
    out : dict of str to array of bool
        Who is left out, by reason.
    as_of : Timestamp
        The time of the sync.
    version : int
        Of the store's contacts.
    events : set of str
        The properties that are no property of the portal, but counts of events (`ls.bring`).
    """

    store: Store
    goal: Goal
    contacts: pd.DataFrame
    about: pd.DataFrame
    pasts: Pasts
    reached: GoalDates
    out: dict[str, npt.NDArray[np.bool_]]
    as_of: pd.Timestamp
    version: int
    events: frozenset[str] = frozenset()

    @cached_property
    def start(self) -> Ints:
        """From when on each contact is there, in epoch milliseconds; `NEVER` where none tells.

        That is its creation; its first entry, where an import or a migration made that later than
        the date it brought along; and the last merge: what the histories of two records were
        before cannot be told apart.
        """
        made = self.contacts["createdate"]
        created = np.full(len(made), NEVER)
        created[made.notna().to_numpy()] = moment_ms(made.dropna())
        brought = np.where(self.pasts.imported, self.pasts.first, 0)
        return np.asarray(np.maximum.reduce([created, brought, self.pasts.merged]))

    @property
    def dated(self) -> bool:
        """Whether the history tells when the goal was reached, or nobody reached it.

        It does not where all who reached it had it from the start: a table that was loaded at
        once, say.
        """
        reached = self.reached
        later = reached.reached & (reached.ms < NEVER) & (reached.ms > self.start)
        return reached.dated and bool(later.any() or not reached.reached.any())

    @cached_property
    def excluded(self) -> list[dict[str, str]]:
        """The properties that are left out, and why: their value then is not known, say."""
        asked = set(self.store.ledger.checkpoint("history:contacts", []))
        out = {name: _NO_ENTRIES if name in asked else _NO_HISTORY for name in self._without_past}
        out = {name: why for name, why in out.items() if not SET_ONCE.fullmatch(name)} | self._twins
        return [{"property": name, "why": why} for name, why in sorted(out.items())]

    @cached_property
    def _twins(self) -> dict[str, str]:
        """The older dates of entering a stage, where the newer ones tell the same."""
        known = self.pasts.by_property
        newer = {
            name: f"hs_v2_date_entered_{found[1]}"
            for name in _possible(self.about, self.goal)
            if name in known and (found := _OLDER_DATE.fullmatch(name))
        }
        return {name: _TWIN.format(other) for name, other in newer.items() if other in known}

    @cached_property
    def _without_past(self) -> list[str]:
        possible = _possible(self.about, self.goal)
        known = self.pasts.by_property
        filled = (n for n in possible if n not in known and n in self.contacts)
        return sorted(name for name in filled if self.contacts[name].notna().any())

    @cached_property
    def names(self) -> list[str]:
        """The properties that can be features, sorted."""
        out = {entry["property"] for entry in self.excluded}
        possible = _possible(self.about, self.goal)
        known = self.pasts.by_property
        from_start = {*self._without_past, "createdate"} - out
        there = (n for n in {*possible, "createdate"} if n in known or n in from_start)
        return sorted(name for name in there if name not in out)

    @cached_property
    def derived(self) -> dict[str, list[str]]:
        """The properties that count up, and those that change: what was found stays found.

        A model needs the columns that it learned from, so both are kept in the ledger.
        """
        kept = self.store.ledger.checkpoint("derived", {})
        names = set(self.names) - self.events
        own = {n: past for n, past in self.pasts.by_property.items() if n in names}
        counters = {n for n, past in own.items() if is_counter(past)}
        changing = {n for n, past in own.items() if n in counters or changes(past)}
        found = {
            "counters": sorted(counters | set(kept.get("counters", []))),
            "changing": sorted(changing | set(kept.get("changing", []))),
        }
        if found != kept:
            self.store.ledger.set_checkpoint("derived", found)
        return found


def has_history(store: Store) -> bool:
    """Return whether the store has the history of any contact property."""
    where = pa.compute.field("object") == "contacts"
    return store.has("history") and any(
        batch.num_rows for batch in store.stream("history", ["id"], where=where)
    )


def gather(store: Store, goal: Goal, *, exclude: Exclude = None) -> Evidence:
    """Read what the store knows of its contacts.

    Raises
    ------
    DataError
        The store was never synced completely, is empty, or lacks what the goal is about.
    UsageError
        ``exclude`` cannot be read.
    """
    as_of = synced_at(store)
    about = store.properties("contacts").set_index("name")
    definitions = _definitions(about, goal)
    ids = store.arrow("contacts", ["id"])["id"].combine_chunks()
    if not len(ids):
        raise DataError(
            "The store holds no contacts.", hint="Sync a portal that has some, then try again."
        )
    ids = ids.take(pa.compute.sort_indices(ids))
    pasts = read_pasts(store, ids, definitions, until=as_of)
    contacts = _contacts(store, goal, pasts, every=needs_columns(exclude))
    own = pasts.by_property.get(goal.property_name)
    reached = goal_dates(store, goal, contacts, None if goal.of_deals else own, until=as_of)
    out = excluded_by(exclude, contacts)
    version = store.version("contacts")
    events = read_event_pasts(store, ids, until=as_of, taken=about.index)
    pasts.by_property.update(events.by_property)
    about = pd.concat([about, events.about]) if events.by_property else about
    names = frozenset(events.by_property)
    return Evidence(store, goal, contacts, about, pasts, reached, out, as_of, version, names)


def _contacts(store: Store, goal: Goal, pasts: Pasts, *, every: bool) -> pd.DataFrame:
    there = store.schema("contacts").names
    needed = {"id", "createdate", *goal.columns}
    names = [n for n in there if every or n in needed or n not in pasts.by_property]
    contacts = store.contacts(names).sort_values("id", ignore_index=True)
    if "createdate" not in contacts:
        raise DataError("The store's contacts have no createdate.", hint="Sync that property.")
    return contacts


def _definitions(about: pd.DataFrame, goal: Goal) -> dict[str, Mapping[str, Any]]:
    names = {*_possible(about, goal), *goal.columns, *BESIDE}
    own = about[about.index.isin(names)]
    told = zip(own.index, own["type"], own["field_type"], strict=True)
    return {str(n): {"name": n, "type": kind, "fieldType": shape} for n, kind, shape in told}


def _possible(about: pd.DataFrame, goal: Goal) -> list[str]:
    ours = set(about.index[about["group"] == GROUP["name"]])  # under any prefix
    own = set(goal.columns) - set(STAGES)  # the stage as of then is an earlier one than the goal's
    out = NEVER_FEATURES | own | ours
    return [str(name) for name in about.index if name not in out]
