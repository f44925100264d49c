"""Whether a portal's properties are those that we write: their kind, and whose they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from leadscore.errors import PlanError

__all__ = ["check_definitions", "definition_digest", "differences"]

Definition = Mapping[str, Any]
_MARK = "Written by leadscore."
_HINT = "Choose another prefix (LEADSCORE_PREFIX), or rename that property."
_SHOWN = {
    "label": "label",
    "description": "description",
    "numberDisplayHint": "number format",
    "groupName": "group",
}


def definition_digest(definition: Definition) -> str:
    """Return a hash of what a write depends on: type, field, options, and whether it can be set.

    Parameters
    ----------
    definition : mapping
        As HubSpot sends it.

    Returns
    -------
    str
        SHA-256. Labels, descriptions and the order of options are not in it.

    Examples
    --------
    >>> one = {"type": "number", "fieldType": "number", "label": "Lead score"}
    >>> definition_digest(one) == definition_digest({**one, "label": "Score"})
    True
    >>> definition_digest(one) == definition_digest({**one, "type": "string"})
    False
    """
    matters = {
        "type": definition.get("type"),
        "fieldType": definition.get("fieldType"),
        "options": sorted(_options(definition)),
        "readOnly": _read_only(definition),
    }
    return hashlib.sha256(json.dumps(matters, sort_keys=True).encode()).hexdigest()


def check_definitions(
    present: Mapping[str, Definition], wanted: Sequence[Definition], *, group: str | None = None
) -> None:
    """Refuse properties of our names that cannot take our values, or that are somebody else's.

    Parameters
    ----------
    present : mapping of str to mapping
        The portal's definitions, by name; those that are not wanted are passed over.
    wanted : sequence of mapping
        Ours, as HubSpot's properties API takes them.
    group : str, optional
        The name of our group. With it, a property that is neither in it nor says in its
        description that leadscore writes it is somebody else's.

    Raises
    ------
    PlanError
        The first that is not as we need it.
    """
    for definition in wanted:
        there = present.get(definition["name"])
        if there is None:
            continue
        if wrong := next(_wrong(there, definition), None):
            name = definition["name"]
            raise PlanError(f"The portal's property {name} {wrong}.", hint=_HINT)
        if group is not None and not _is_ours(there, group):
            raise PlanError(
                f"The portal's property {definition['name']} is not of leadscore's making: it is "
                f"in the group {there.get('groupName')!r}, and does not say that leadscore "
                "writes it.",
                hint=_HINT,
            )


def _wrong(there: Definition, wanted: Definition) -> Iterator[str]:
    kind = f"a {there.get('type')} ({there.get('fieldType')})"
    ours = f"{wanted['type']} ({wanted['fieldType']})"
    if (there.get("type"), there.get("fieldType")) != (wanted["type"], wanted["fieldType"]):
        yield f"is {kind}, not what leadscore writes: a {ours}"
    if missing := _options(wanted) - _options(there):
        yield f"lacks the options {', '.join(sorted(missing))}"
    if _read_only(there):
        yield "is read-only"


def _is_ours(there: Definition, group: str) -> bool:
    return there.get("groupName") == group or _MARK in str(there.get("description") or "")


def _options(definition: Definition) -> set[str]:
    return {str(option.get("value")) for option in definition.get("options") or []}


def _read_only(definition: Definition) -> bool:
    return bool((definition.get("modificationMetadata") or {}).get("readOnlyValue"))


def differences(there: Definition, wanted: Definition, *, group: str) -> list[str]:
    """Return how a property of ours is shown otherwise than we would: what people may change.

    Examples
    --------
    >>> ours = {"name": "leadscore_score", "label": "Lead score", "description": "0 to 100."}
    >>> differences({**ours, "label": "Punkte", "groupName": "sales"}, ours, group="leadscore")
    ['label', 'group']
    """
    expected = {**wanted, "groupName": group}
    return [
        word for key, word in _SHOWN.items() if key in expected and _differs(there, expected, key)
    ]


def _differs(there: Definition, expected: Definition, key: str) -> bool:
    """HubSpot may leave the number format out of what it sends (unverified)."""
    silent = key == "numberDisplayHint" and there.get(key) is None
    return not silent and there.get(key) != expected[key]
