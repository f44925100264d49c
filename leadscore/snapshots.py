"""What was known about each contact at one moment: the frames to learn from and to score.

This form takes the current values, as of the sync. It is right where values do not change after
a contact is created (a table of leads, a form's answers). Counters and dates that HubSpot keeps
going are named in ``attrs["changing"]``, and the audit leaves them out; where other values change,
a property can know of what happened later, which the audit looks for.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd

from leadscore.errors import DataError
from leadscore.goals import Goal, outcomes
from leadscore.scoreproperties import GROUP
from leadscore.store import Store

__all__ = ["KEYS", "scoring_frame", "training_set"]

KEYS = ("contact_id", "snapshot_at", "outcome")
_NEVER = {
    "id",
    "createdate",
    "lastmodifieddate",
    "hs_merged_object_ids",
    "hs_object_id",
    "hubspot_owner_id",
}
# What HubSpot sets once, when a contact comes in.
_SET_ONCE = re.compile(
    r"createdate|hs_object_id|hs_email_domain|hs_analytics_source\w*|hs_analytics_first_\w+"
    r"|first_conversion_\w+"
)
_LATEST = re.compile(r"hs_latest_\w+|hs_analytics_latest_\w+")
# HubSpot's groups of properties that record what a contact did, not who it is.
_ENGAGEMENT = {
    "analyticsinformation",
    "conversioninformation",
    "emailinformation",
    "sales_properties",
    "socialmediainformation",
}


def training_set(store: Store, goal: Goal) -> pd.DataFrame:
    """Return one row per contact: what is known of it, and whether the goal followed.

    Parameters
    ----------
    store : Store
        A synced store.
    goal : Goal
        As `reaches` or `property_equals` make it.

    Returns
    -------
    DataFrame
        ``contact_id`` (str), ``snapshot_at`` (datetime64[us, UTC]: the contact's creation),
        ``outcome`` (boolean; missing where the horizon has not passed yet), then one typed
        column per property that has any value. ``attrs`` tells the goal, its horizon, whether
        time is known (not one createdate for all), and each property's type, label and group.

    Raises
    ------
    DataError
        The store was never synced, is empty, or lacks the goal's property.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> store = ls.open_store(tempfile.mkdtemp())
    >>> with ls.open_sandbox(contacts=300) as sandbox, ls.connect(sandbox) as portal:
    ...     done = ls.sync(portal, store, progress=False)
    >>> ls.training_set(store, ls.reaches("customer"))["outcome"].dtype
    BooleanDtype
    """
    contacts = _contacts(store)
    known = outcomes(goal, contacts, start=_start(contacts), as_of=_as_of(store))
    names = [n for n in _features(store, contacts, goal) if contacts[n].notna().any()]
    return _frame(store, goal, contacts, known["outcome"], names)


def scoring_frame(store: Store, goal: Goal, *, who: str = "open") -> pd.DataFrame:
    """Return the same columns for the contacts to be scored.

    Parameters
    ----------
    who : {"open", "all"}
        Only contacts that have not reached the goal, or everybody.
    """
    contacts = _contacts(store)
    if who == "open":
        reached = outcomes(goal, contacts, start=_start(contacts), as_of=_as_of(store))["reached"]
        contacts = contacts[~reached].reset_index(drop=True)
    unknown = pd.Series(pd.NA, index=contacts.index, dtype="boolean")
    return _frame(store, goal, contacts, unknown, _features(store, contacts, goal))


def _contacts(store: Store) -> pd.DataFrame:
    contacts = store.contacts()
    if contacts.empty:
        raise DataError(
            "The store holds no contacts.", hint="Sync a portal that has some, then try again."
        )
    return contacts.sort_values("id", ignore_index=True)


def _start(contacts: pd.DataFrame) -> pd.Series:
    return contacts["createdate"]


def _as_of(store: Store) -> pd.Timestamp:
    synced_at = store.ledger.checkpoint("synced_at")
    if synced_at is None:
        raise DataError("The store was never synced completely.", hint="Run the sync again.")
    return pd.Timestamp(str(synced_at))


def _frame(
    store: Store, goal: Goal, contacts: pd.DataFrame, outcome: pd.Series, names: Sequence[str]
) -> pd.DataFrame:
    keys = {"contact_id": contacts["id"], "snapshot_at": _start(contacts), "outcome": outcome}
    frame = pd.concat([pd.DataFrame(keys), contacts[list(names)]], axis=1)
    frame.attrs = _facts(store, goal, contacts, names)
    return frame


def _features(store: Store, contacts: pd.DataFrame, goal: Goal) -> list[str]:
    about = store.properties("contacts")
    ours = about.loc[about["group"] == GROUP["name"], "name"]  # under any prefix
    out = _NEVER | set(goal.columns) | set(ours)
    return [str(name) for name in contacts if name not in out]


def _facts(
    store: Store, goal: Goal, contacts: pd.DataFrame, names: Sequence[str]
) -> dict[Hashable, Any]:
    about = store.properties("contacts").set_index("name").loc[list(names)]
    engaged = about["group"].isin(_ENGAGEMENT)
    time_known = len(contacts["createdate"].unique()) > 1
    return {
        "goal": goal.as_dict(),
        "goal_text": str(goal),
        "horizon_days": None if goal.within is None else goal.within.days,
        "time_known": time_known,
        "changing": _changing(about) if time_known else [],
        "labels": about["label"].to_dict(),
        "types": _types(about, contacts),
        "groups": engaged.map({True: "engagement", False: "fit"}).to_dict(),
        "excluded": [],
        "store_version": store.version("contacts"),
        "as_of": _as_of(store).isoformat(),
        "workspace": str(store.workspace),
    }


def _types(about: pd.DataFrame, contacts: pd.DataFrame) -> dict[Hashable, Any]:
    """Return HubSpot's types, but for ids: it calls some numbers, and the store holds text."""
    numeric = pd.Series({n: pd.api.types.is_numeric_dtype(contacts[n]) for n in about.index})
    ids = (about["type"] == "number") & ~numeric.astype(bool)
    return about["type"].mask(ids, "string").to_dict()


def _changing(about: pd.DataFrame) -> list[str]:
    """Return the properties that HubSpot keeps up to date: today's value is not that of then."""
    told = zip(about.index, about["read_only"], strict=True)
    kept = [str(name) for name, read_only in told if read_only or _LATEST.fullmatch(str(name))]
    return sorted(name for name in kept if not _SET_ONCE.fullmatch(name))
