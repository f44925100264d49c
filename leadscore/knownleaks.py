"""What is known to tell the outcome without a look at the values: HubSpot's own properties.

It comes on top of the checks of the data, which need no names. Some of the properties tell the
outcome by what they are; others only where values are today's, written when the outcome was known.
What was written before the snapshot, an earlier stage or an open deal, is no leak.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pandas as pd

from leadscore.findings import Finding
from leadscore.goals import STAGES

__all__ = ["known_leaks"]

# HubSpot API docs, "Default contact properties", "Lifecycle stages" and "Lead scoring". The names
# of the times in and at stages of contacts are those that a portal's definitions list.
_SCORES = re.compile(r"hubspotscore|hs_predictive\w*|leadscore_\w+")
_CLOSING = re.compile(
    r"closedate|days_to_close|recent_deal_amount|recent_deal_close_date|total_revenue"
)
_DEALS = re.compile(r"num_associated_deals|first_deal_created_date")
_OF_STAGE = re.compile(
    r"hs_lifecyclestage_(\w+)_date"
    r"|hs_(?:v2_)?date_(?:entered|exited)_(\w+)|hs_(?:v2_)?(?:\w+_)?time_in_(\w+)"
)
_SCORE = "a score", "it is the output of a model, not something known about the contact"
_ITSELF = "the goal itself", "the goal is a value of this property"
_STAGE = "the goal itself", "it tells the stage that a contact has reached"
_OF_GOAL = "the goal itself", "HubSpot fills it when the goal's stage is reached"
_AFTER = "written after the outcome", "HubSpot fills it when a deal or a stage is reached"


class _Goal(NamedTuple):
    """The name of the property that tells whether the goal was reached, and the value that does."""

    name: str
    value: str
    of_deals: bool

    @property
    def of_stages(self) -> bool:
        return self.of_deals or self.name in STAGES


def known_leaks(data: pd.DataFrame, properties: Iterable[str]) -> Iterator[Finding]:
    """Find the goal itself, HubSpot's post-outcome properties, and what changes after the snapshot.

    - Always: scores; the goal's property, and dates and times of the goal's stage; for a stage or
      a won deal what HubSpot writes when a deal is closed.
    - Where values are today's: also the number of deals, dates and times of all stages, the stage,
      and what HubSpot keeps up to date. As of a snapshot they are what was known, and the checks
      of the data look at them as at any other property.

    Parameters
    ----------
    data : DataFrame
        A training frame, for its ``attrs``: ``goal``, ``changing`` and ``history``.
    properties : iterable of str
        The properties to look at.

    Examples
    --------
    >>> [finding.check for finding in known_leaks(pd.DataFrame(), ["closedate", "visits"])]
    ['written after the outcome']
    >>> then = pd.DataFrame()
    >>> then.attrs = {"history": True, "goal": "customer"}
    >>> names = ["hs_v2_date_entered_lead", "hs_v2_date_entered_customer"]
    >>> [finding.property for finding in known_leaks(then, names)]
    ['hs_v2_date_entered_customer']
    """
    goal, history = _goal(data.attrs.get("goal", "")), bool(data.attrs.get("history"))
    changing = set() if history else set(data.attrs.get("changing", ()))
    for name in properties:
        why = _always(name, goal) or (None if history else _today(name, goal))
        if why:
            yield Finding(name, *why, "exclude", "Keep it only if it is known before the outcome.")
        elif name in changing:
            evidence = "HubSpot keeps it up to date; today's value can know what happened since"
            advice = "Keep it only if it no longer changes once a contact is there."
            yield Finding(name, "changes over time", evidence, "exclude", advice)


def _goal(goal: Any) -> _Goal:
    if isinstance(goal, dict):
        of_deals = goal.get("object") == "deals"
        return _Goal(str(goal.get("property", STAGES[0])), str(goal.get("value", "")), of_deals)
    name, equals, value = str(goal).partition("=")
    return _Goal(name, value, of_deals=False) if equals else _Goal(STAGES[0], name, of_deals=False)


def _always(name: str, goal: _Goal) -> tuple[str, str] | None:
    if _SCORES.fullmatch(name):
        return _SCORE
    if name == goal.name and name not in STAGES:
        return _ITSELF
    if goal.name in STAGES and _stage_of(name) == goal.value:
        return _OF_GOAL
    return _AFTER if goal.of_stages and _CLOSING.fullmatch(name) else None


def _stage_of(name: str) -> str | None:
    """Return the stage whose date or time a property is."""
    found = _OF_STAGE.fullmatch(name)
    return found and next(part for part in found.groups() if part)


def _today(name: str, goal: _Goal) -> tuple[str, str] | None:
    if name == goal.name:
        return _ITSELF
    if goal.of_stages and name in STAGES:
        return _STAGE
    after = _CLOSING.fullmatch(name) or _DEALS.fullmatch(name) or _stage_of(name)
    return _AFTER if after else None
