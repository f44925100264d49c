"""Widgets for notebooks: the public functions as panels that one can press and move.

Each is the last value of a cell. Without a live kernel it reads as tables and pictures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadscore.panelcapacity import CapacityPanel
from leadscore.panelcompare import ComparePanel
from leadscore.panelconnection import ConnectionPanel
from leadscore.panelexplore import ExplorePanel
from leadscore.panelgoal import GoalPanel
from leadscore.panelproperties import PropertiesPanel
from leadscore.panelreview import ReviewPanel

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from leadscore.goals import Goal
    from leadscore.hubspot.connection import Portal
    from leadscore.model import LeadModel
    from leadscore.plans import Plan
    from leadscore.store import Store

__all__ = ["capacity", "compare", "connection", "explore", "goal", "properties", "review"]


def capacity(scores: pd.DataFrame, capacity: int | None = None) -> CapacityPanel:
    """Move the cut between the tiers, and see sizes and expected conversions at once.

    Parameters
    ----------
    scores : DataFrame
        As `leadscore.score` gives it: ``probability``, ``tier`` and, if there is one, ``held_out``.
    capacity : int, optional
        How many leads sales can work; by default that of the scores, or a tenth of the contacts.

    Returns
    -------
    CapacityPanel
        ``.capacity`` is the number that was chosen; give it to `leadscore.score`.

    Raises
    ------
    DataError
        There are no scored contacts.
    UsageError
        The capacity is below 1.

    Examples
    --------
    >>> import pandas as pd
    >>> four = pd.DataFrame({"probability": [0.9, 0.5, 0.2, 0.1], "tier": list("ABCD")})
    >>> panel = capacity(four, 2)
    >>> panel.facts["contacts_by_tier"]
    {'A': 2, 'B': 2, 'C': 0, 'D': 0}
    """
    return CapacityPanel(scores, capacity)


def review(portal: Portal, plan: Plan, *, canary: int = 50) -> ReviewPanel:
    """Look at a plan, take a part of it, approve it, and see what became of every contact.

    The button is bound to the plan's hash, and asks once more before anything is written. Then
    `leadscore.apply` looks at file and guards again. Where a guard blocks, there is no button.

    Parameters
    ----------
    portal : Portal
        The portal that the plan was made for.
    plan : Plan
    canary : int, default 50
        As for `leadscore.apply`.

    Returns
    -------
    ReviewPanel
        ``.run`` is what the approval became, None before; ``.plan`` is the plan that the button
        approves: a part, where one was taken.

    Examples
    --------
    >>> import leadscore as ls
    >>> def look(portal, scores):
    ...     return ls.widgets.review(portal, ls.plan(portal, scores))
    """
    return ReviewPanel(portal, plan, canary=canary)


def explore(
    store: Store,
    scores: pd.DataFrame,
    *,
    model: LeadModel | None = None,
    portal: Portal | None = None,
) -> ExplorePanel:
    """Look at one contact after the other: score, why it has it, and what happened to it.

    Search by contact id, by company (a part of its name, or its id) or by e-mail. The store holds
    no addresses by default: then the portal is asked, and what was typed is kept nowhere.

    Parameters
    ----------
    store : Store
        The local copy, synced.
    scores : DataFrame
        As `leadscore.score` gives it.
    model : LeadModel, optional
        The model that gave the scores: with it the picture starts where every lead starts.
    portal : Portal, optional
        For e-mail addresses and links to the record in HubSpot.

    Returns
    -------
    ExplorePanel
        ``.contact`` is the id of the one that is shown; ``.show(id)`` shows another.

    Raises
    ------
    DataError
        There are no scored contacts, or the store was never synced.

    Examples
    --------
    >>> import leadscore as ls
    >>> def look(store, model):
    ...     return ls.widgets.explore(store, ls.score(model, store), model=model)
    """
    return ExplorePanel(store, scores, model=model, portal=portal)


def connection(portal: Portal | None = None) -> ConnectionPanel:
    """Connect to a portal, or show the one that is: account, scopes by step, limits, today's use.

    A token that is typed is used once. It is in no widget's state, no output and no file.

    Parameters
    ----------
    portal : Portal, optional
        One that is connected already.

    Returns
    -------
    ConnectionPanel
        ``.portal``, None before.

    Examples
    --------
    >>> connection()
    Not connected.
    """
    return ConnectionPanel(portal)


def properties(store: Store, chosen: Iterable[str] = ()) -> PropertiesPanel:
    """Choose contact properties from a list that can be searched, with type and share filled.

    Parameters
    ----------
    store : Store
        The local copy, synced.
    chosen : iterable of str
        Internal names; those that the store lacks are passed over.

    Returns
    -------
    PropertiesPanel
        ``.chosen`` is the list of internal names: for ``drop=`` or ``keep=`` of
        `leadscore.train`, say.

    Raises
    ------
    DataError
        The store was never synced.

    Examples
    --------
    >>> def choose(store):
    ...     return properties(store, ["jobtitle"])
    """
    return PropertiesPanel(store, chosen)


def goal(store: Store, goal: Goal | None = None) -> GoalPanel:
    """Choose what is to be predicted and within how many days, and see how many reached it.

    Parameters
    ----------
    store : Store
        The local copy, synced.
    goal : Goal, optional
        Where it starts; by default customer within 90 days.

    Returns
    -------
    GoalPanel
        ``.goal``.

    Examples
    --------
    >>> import leadscore as ls
    >>> def choose(store):
    ...     return ls.widgets.goal(store, ls.deal_won(within="60D"))
    """
    return GoalPanel(store, goal)


def compare(store: Store, data: pd.DataFrame | None = None) -> ComparePanel:
    """Set models side by side, see what a promotion would ask, and promote after a second question.

    Parameters
    ----------
    store : Store
        The workspace whose models are compared.
    data : DataFrame, optional
        A training frame, as for `leadscore.compare_models`: without it each model's figures are of
        its own test rows, and no intervals of the difference are known.

    Returns
    -------
    ComparePanel
        ``.promoted`` is the id of the model that was promoted here; empty for none.

    Raises
    ------
    DataError
        There is no model in this workspace.

    Examples
    --------
    >>> def look(store, data):
    ...     return compare(store, data)
    """
    return ComparePanel(store, data)
