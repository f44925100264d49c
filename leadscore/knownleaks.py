"""What is known to tell the outcome without a look at the values: HubSpot's own properties.

It comes on top of the checks of the data, which need no names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from leadscore.findings import Finding

__all__ = ["known_leaks"]

# HubSpot's default contact properties that are written by, or after, a conversion, and scores
# (HubSpot API docs, "Default contact properties" and "Lead scoring").
_AFTER_OUTCOME = re.compile(
    r"num_associated_deals|recent_deal_amount|total_revenue|first_deal_created_date"
    r"|recent_deal_close_date|closedate|days_to_close|hs_lifecyclestage_\w+_date"
    r"|hs_(v2_)?date_(entered|exited)_\w+|hs_(v2_\w*)?time_in_\w+|hs_(v2_)?cumulative_time_in_\w+"
)
_SCORES = re.compile(r"hubspotscore|hs_predictive\w*|leadscore_\w+")
_STAGES = ("lifecyclestage", "hs_lead_status")


def known_leaks(data: pd.DataFrame, properties: Iterable[str]) -> Iterator[Finding]:
    """Find the goal itself, HubSpot's post-outcome properties, and what changes after the snapshot.

    Parameters
    ----------
    data : DataFrame
        A training frame, for its ``attrs``: ``goal``, ``changing`` and ``history``. What HubSpot
        keeps up to date is no leak where values are those of the snapshot.
    properties : iterable of str
        The properties to look at.

    Examples
    --------
    >>> [finding.check for finding in known_leaks(pd.DataFrame(), ["closedate", "visits"])]
    ['written after the outcome']
    """
    goal, history = _goal_property(data.attrs.get("goal", "")), bool(data.attrs.get("history"))
    changing = set() if history else set(data.attrs.get("changing", ()))
    for name in properties:
        if history and goal in _STAGES and name in _STAGES:
            continue  # who is at the goal at the snapshot is not in the frame
        if why := _name_check(name, goal):
            yield Finding(name, *why, "exclude", "Keep it only if it is known before the outcome.")
        elif name in changing:
            evidence = "HubSpot keeps it up to date; today's value can know what happened since"
            advice = "Keep it only if it no longer changes once a contact is there."
            yield Finding(name, "changes over time", evidence, "exclude", advice)


def _goal_property(goal: Any) -> str:
    """Return the property that tells whether the goal was reached."""
    if isinstance(goal, dict):
        return str(goal.get("property", _STAGES[0]))
    name, equals, _ = str(goal).partition("=")
    return name if equals else _STAGES[0]


def _name_check(name: str, goal: str) -> tuple[str, str] | None:
    if name == goal:
        return "the goal itself", "the goal is a value of this property"
    if goal in _STAGES and name in _STAGES:
        return "the goal itself", "it tells the stage that a contact has reached"
    if _AFTER_OUTCOME.fullmatch(name):
        return "written after the outcome", "HubSpot fills it when a deal or a stage is reached"
    if _SCORES.fullmatch(name):
        return "a score", "it is the output of a model, not something known about the contact"
    return None
