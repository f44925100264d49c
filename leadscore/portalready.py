"""Whether the portal can take what a plan writes: made ready before a run, looked at during it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadscore.errors import PlanError
from leadscore.hubspot.connection import Portal
from leadscore.hubspot.properties import create_missing, definitions
from leadscore.hubspot.propertychecks import check_definitions, definition_digest
from leadscore.plans import Plan
from leadscore.scoreproperties import GROUP, definitions_of

__all__ = ["check_ready", "make_ready"]

Definitions = Mapping[str, Mapping[str, Any]]
_HINT = "Put it back as it was and do the same again: it goes on. Or make a new plan."


def make_ready(portal: Portal, plan: Plan) -> None:
    """Create the properties that a plan names, and no others; refuse any that changed since.

    Raises
    ------
    PlanError
        A property that the plan does not create is gone, or is not as it was.
    """
    there = definitions(portal, plan.object_type)
    _check(plan, there)
    lost = [name for name in _needed(plan) if name not in there]
    if surplus := [name for name in lost if name not in plan.creates_properties]:
        raise _lost(surplus)
    if lost:
        wanted = [d for d in _wanted(plan) if d["name"] in lost]
        create_missing(portal, plan.object_type, GROUP, wanted)


def check_ready(portal: Portal, plan: Plan) -> None:
    """Refuse to go on where a property is gone, or is not as it was when the plan was made.

    Raises
    ------
    PlanError
    """
    there = definitions(portal, plan.object_type)
    if lost := [name for name in _needed(plan) if name not in there]:
        raise _lost(lost)
    _check(plan, there)


def _lost(names: list[str]) -> PlanError:
    return PlanError(
        f"The portal has lost {', '.join(sorted(names))} since the plan was made.", hint=_HINT
    )


def _check(plan: Plan, there: Definitions) -> None:
    check_definitions(there, _wanted(plan))
    for name, digest in dict(plan.facts.get("definitions", {})).items():
        known = name in there and name not in plan.creates_properties
        if known and definition_digest(there[name]) != digest:
            raise PlanError(
                f"The portal's property {name} was changed since the plan was made.", hint=_HINT
            )


def _needed(plan: Plan) -> list[str]:
    named = [*plan.properties, *plan.creates_properties, *plan.facts.get("definitions", {})]
    return list(dict.fromkeys(named))


def _wanted(plan: Plan) -> list[dict[str, Any]]:
    """Return the definitions of what a plan writes, those of its actions included."""
    ours = [d for d in definitions_of(plan.prefix) if d["name"] in plan.properties]
    actions = plan.facts.get("actions", [])
    return [*ours, *(d for about in actions for d in about.get("definitions", []))]
