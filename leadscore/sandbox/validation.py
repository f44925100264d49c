"""Rules of a portal's administrators, which API version 2026-09 holds every write to.

HubSpot developer changelog, "CRM API write validation enforcement": properties that the create
form requires, properties that another property's value requires, and the permission to edit
associations, which binds apps that act for a user; v3 and 2026-03 do not look at any of them.
The codes are documented; the message above the conditional ones is not, and is assumed to be that
of the others. That a record's own value counts, and that a change is held only to the rules whose
properties it touches, is assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from leadscore.sandbox.replies import Reply, bad_json, invalid
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call
    from leadscore.sandbox.portal import Collection
    from leadscore.sandbox.records import Record

__all__ = ["PATHS", "check", "check_association", "set_rules"]

VERSION = "2026-09"
MESSAGE = "The property values provided are invalid"


def check(
    call: Call, collection: Collection, values: Mapping[str, str], record: Record | None
) -> None:
    """Hold a write to the administrators' rules, when its version of the API does.

    Parameters
    ----------
    call : Call
    collection : Collection
        The object type.
    values : dict of str to str
        What is written, checked already; "" clears.
    record : Record, optional
        What it is written to; None when a record is created.

    Raises
    ------
    Refusal
        400.
    """
    rules = call.portal.shelf("validation").get(collection.kind.name)
    if call.version != VERSION or not rules:
        return
    after = {**(record.values if record else {}), **values}
    problems = _conditional(rules.get("conditional", []), values, after)
    if record is None:
        problems = _required(rules.get("required", []), after) + problems
    if problems:
        raise invalid(MESSAGE, errors=problems)


def _required(names: list[str], after: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        _problem("MISSING_REQUIRED_PROPERTY", name, f"A value for {name} must be provided")
        for name in names
        if not after.get(name)
    ]


def _conditional(
    rules: list[dict[str, Any]], values: Mapping[str, str], after: Mapping[str, str]
) -> list[dict[str, Any]]:
    problems = []
    for rule in rules:
        cause, needed = rule["property"], rule["requires"]
        if after.get(cause) not in rule["values"] or not values.keys() & {cause, *needed}:
            continue
        problems += [
            _problem(
                "MISSING_CONDITIONAL_REQUIRED_PROPERTY",
                name,
                f"{name} is required because of a conditional property rule based on [{cause}]",
            )
            for name in needed
            if not after.get(name)
        ]
    return problems


def _problem(code: str, name: str, message: str) -> dict[str, Any]:
    return {"message": message, "code": code, "context": {"propertyName": [name]}}


def check_association(call: Call) -> None:
    """Hold a change of associations to the permission of the user that an app acts for.

    Raises
    ------
    Refusal
        400.
    """
    allowed = call.portal.shelf("validation").get("editAssociations", True)
    if call.version == VERSION and not allowed and call.grant and call.grant.oauth:
        raise invalid("Missing 'Edit Associations' permission.")


# --------------------------------------------------------------------------- setting them


def set_rules(call: Call) -> Reply:
    """Set the rules: this is the sandbox's own, and HubSpot has no such path.

    The body is ``{"contacts": {"required": ["firstname"], "conditional": [{"property":
    "hs_lead_status", "values": ["OPEN"], "requires": ["phone"]}]}, "editAssociations": false}``;
    it takes the place of all rules before.
    """
    body = call.body()
    made: dict[str, Any] = {}
    for name, given in body.items():
        if name == "editAssociations":
            made[name] = _flag(given)
        else:
            collection = call.portal.collection(name)
            made[collection.kind.name] = _rules(collection, given)
    shelf = call.portal.shelf("validation")
    shelf.clear()
    shelf.update(made)
    return Reply(200, made)


def _flag(given: Any) -> bool:
    if not isinstance(given, bool):
        raise bad_json("editAssociations must be true or false")
    return given


def _rules(collection: Collection, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or given.keys() - {"required", "conditional"}:
        raise bad_json("rules are an object with required and conditional")
    conditional = given.get("conditional", [])
    if not isinstance(conditional, list):
        raise bad_json("conditional must be a list of objects")
    return {
        "required": _known(collection, given.get("required") or []),
        "conditional": [_rule(collection, one) for one in conditional],
    }


def _rule(collection: Collection, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or given.keys() != {"property", "values", "requires"}:
        raise bad_json("a conditional rule has property, values and requires")
    _known(collection, [given["property"]])
    return {
        "property": given["property"],
        "values": [str(one) for one in _listed(given["values"])],
        "requires": _known(collection, given["requires"]),
    }


def _known(collection: Collection, names: Any) -> list[str]:
    for name in _listed(names):
        if name not in collection.definitions.active:
            raise invalid(f"There is no property {name} of {collection.kind.name}.")
    return list(names)


def _listed(given: Any) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise bad_json("a list of names is expected")
    return given


PATHS = (Path("elsewhere", "/__sandbox/validation", "POST", set_rules),)
