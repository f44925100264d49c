"""What a frame of snapshots says of itself: goal, types, labels and groups of its columns."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import DataError

if TYPE_CHECKING:
    from leadscore.goals import Goal
    from leadscore.store import Store

__all__ = [
    "BESIDE",
    "COMPANY",
    "HELD_OUT",
    "KEYS",
    "NEVER_FEATURES",
    "OWNER",
    "SET_ONCE",
    "bare",
    "changing",
    "derived_facts",
    "frame_facts",
    "synced_at",
]

KEYS = ("contact_id", "snapshot_at", "outcome")
OWNER = "hubspot_owner_id"
COMPANY = "associatedcompanyid"  # HubSpot's "Primary associated company ID"
BESIDE = (OWNER, COMPANY)  # they stand beside a row: for tables, and for who belongs together
HELD_OUT = "held_out"
NEVER_FEATURES = frozenset(
    {
        "id",
        "createdate",
        "lastmodifieddate",
        "hs_merged_object_ids",
        "hs_object_id",
        *BESIDE,
    }
)
# What HubSpot sets once, when a contact comes in. The first visit and the first form are set once
# too, but at any time: who was typed in or imported may come to the website much later.
SET_ONCE = re.compile(r"createdate|hs_object_id|hs_email_domain|hs_analytics_source\w*")
_LATEST = re.compile(r"hs_latest_\w+|hs_analytics_latest_\w+")
# HubSpot's groups of properties that record what a contact did, not who it is.
_ENGAGEMENT = {
    "analyticsinformation",
    "conversioninformation",
    "emailinformation",
    "sales_properties",
    "socialmediainformation",
}


def synced_at(store: Store) -> pd.Timestamp:
    """Return when the store was last synced completely.

    Raises
    ------
    DataError
        It never was.
    """
    moment = store.ledger.checkpoint("synced_at")
    if moment is None:
        raise DataError("The store was never synced completely.", hint="Run the sync again.")
    return pd.Timestamp(str(moment))


def frame_facts(
    store: Store,
    goal: Goal,
    about: pd.DataFrame,
    *,
    texts: Iterable[str],
    as_of: pd.Timestamp,
    version: int,
) -> dict[Hashable, Any]:
    """Return the attrs that every frame has.

    Parameters
    ----------
    store, goal
    about : DataFrame
        The definitions of the properties in the frame, indexed by name.
    texts : iterable of str
        Number properties that the store holds as text: ids, which HubSpot calls numbers.
    as_of : Timestamp
    version : int
        The version of the store's contacts.
    """
    engaged = about["group"].isin(_ENGAGEMENT)
    types = about["type"].mask(about.index.isin(list(texts)), "string")
    return {
        "goal": goal.as_dict(),
        "goal_text": str(goal),
        "horizon_days": None if goal.within is None else goal.within.days,
        "labels": about["label"].to_dict(),
        "types": types.to_dict(),
        "groups": engaged.map({True: "engagement", False: "fit"}).to_dict(),
        "families": {},
        "not_features": [],
        "notes": [],
        "excluded": [],
        "changing": [],
        "store_version": version,
        "as_of": as_of.isoformat(),
        "workspace": str(store.workspace),
    }


def derived_facts(facts: dict[Hashable, Any], columns: Sequence[str]) -> dict[Hashable, Any]:
    """Return the attrs of derived columns: their families, labels, types and groups.

    Parameters
    ----------
    facts : dict
        As `frame_facts` gives them.
    columns : sequence of str
        ``NAME__7d``, ``NAME__since``.

    Examples
    --------
    >>> facts = {"labels": {"opens": "Opens"}, "types": {"opens": "number"},
    ...          "groups": {"opens": "engagement"}}
    >>> derived_facts(facts, ["opens__30d", "opens__since"])["labels"]
    {'opens__30d': 'Opens, last 30 days', 'opens__since': 'Days since Opens last changed'}
    """
    families = {name: name.rpartition("__")[0] for name in columns}
    return {
        "families": families,
        "labels": {n: _label(n, facts["labels"][own]) for n, own in families.items()},
        "types": dict.fromkeys(columns, "number"),
        "groups": {n: facts["groups"][own] for n, own in families.items()},
    }


def _label(name: str, label: str) -> str:
    ending = name.rpartition("__")[2]
    if ending == "since":
        return f"Days since {label} last changed"
    return f"{label}, last {ending.removesuffix('d')} days"


def bare(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the same columns without attrs, of which pandas makes a deep copy at every step.

    Examples
    --------
    >>> frame = pd.DataFrame({"visits": [1.0]})
    >>> frame.attrs["goal"] = "customer"
    >>> bare(frame).attrs, frame.attrs
    ({}, {'goal': 'customer'})
    """
    return pd.DataFrame(frame)


def changing(about: pd.DataFrame) -> list[str]:
    """Return the properties that HubSpot keeps up to date: today's value is not that of then."""
    told = zip(about.index, about["read_only"], strict=True)
    kept = [str(name) for name, read_only in told if read_only or _LATEST.fullmatch(str(name))]
    return sorted(name for name in kept if not SET_ONCE.fullmatch(name))
