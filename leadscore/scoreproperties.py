"""The contact properties that leadscore writes, and a score's values in them."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd

__all__ = ["GROUP", "REACHED", "STEADY", "TIERS", "definitions_of", "same", "values_of"]

GROUP = {"name": "leadscore", "label": "Lead score (leadscore)"}
REACHED = "reached"  # the goal, after a score: the contact has no score any more
TIERS = ("A", "B", "C", "D", REACHED)
_TRENDS = ("rising", "steady", "falling", "new")
STEADY = 3.0  # points
_REASONS_MAX = 1_000  # characters; HubSpot takes 65,536 and salespeople read three lines
_NO_REASON = "Nothing stands out."  # rather than the reasons of an older score


def definitions_of(prefix: str, only: Collection[str] | None = None) -> list[dict[str, Any]]:
    """Return the definitions of our properties, as HubSpot's properties API takes them.

    Parameters
    ----------
    prefix : str
    only : collection of str, optional
        Those whose names end so; all unless given. See `leadscore.settings.PROPERTIES`.

    Examples
    --------
    >>> [d["name"] for d in definitions_of("leadscore", ["tier", "score"])]
    ['leadscore_score', 'leadscore_tier']
    """
    chosen = None if only is None else {f"{prefix}_{name}" for name in only}
    return [d for d in _all(prefix) if chosen is None or d["name"] in chosen]


def _all(prefix: str) -> list[dict[str, Any]]:
    return [
        _number(
            prefix, "score", "Lead score", "0 to 100: the share of recent leads below this one."
        ),
        _choice(prefix, "tier", "Lead tier", "A is called first.", TIERS),
        _number(prefix, "probability", "Lead probability", "Calibrated, 0 to 1.", "probability"),
        _number(prefix, "fit", "Lead fit", "0 to 100: who they are."),
        _number(prefix, "engagement", "Lead engagement", "0 to 100: what they did."),
        _choice(prefix, "trend", "Lead trend", "Against the last score.", _TRENDS),
        _define(prefix, "reasons", "Lead reasons", "Why.", "string", "textarea"),
        _define(prefix, "model", "Lead score model", "Which model gave it.", "string", "text"),
        _define(prefix, "scored_at", "Lead scored at", "When written last.", "datetime", "date"),
    ]


def _define(
    prefix: str, name: str, label: str, about: str, kind: str, field: str, **more: Any
) -> dict[str, Any]:
    return {
        "name": f"{prefix}_{name}",
        "label": label,
        "description": f"{about} Written by leadscore.",
        "type": kind,
        "fieldType": field,
        **more,
    }


def _number(
    prefix: str, name: str, label: str, about: str, hint: str = "unformatted"
) -> dict[str, Any]:
    return _define(prefix, name, label, about, "number", "number", numberDisplayHint=hint)


def _choice(
    prefix: str, name: str, label: str, about: str, values: tuple[str, ...]
) -> dict[str, Any]:
    options = [
        {"label": value.capitalize(), "value": value, "displayOrder": place, "hidden": False}
        for place, value in enumerate(values)
    ]
    return _define(prefix, name, label, about, "enumeration", "select", options=options)


def values_of(
    rows: Iterable[Mapping[Hashable, Any]],
    old: Mapping[str, Mapping[str, str]],
    *,
    prefix: str,
    at: pd.Timestamp,
    names: Collection[str] | None = None,
) -> dict[str, dict[str, str]]:
    """Return the strings to be written, by contact and property; never an empty one.

    The trend is against the score that the portal has, which people saw last; one that reached
    the goal has no numbers and keeps those of the portal.

    Parameters
    ----------
    rows : iterable of mapping
        Of the frame that `leadscore.scorecheck.usable` returns.
    old : mapping
        What the portal has, by contact and property.
    prefix : str
    at : Timestamp
        The time of the write.
    names : collection of str, optional
        The properties that are written; all unless given.
    """
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
    made = {}
    for row in rows:
        before = old.get(row["contact_id"], {}).get(f"{prefix}_score")
        values = _numbers(row, before) if row["tier"] != REACHED else {}
        values |= {
            "tier": str(row["tier"]),
            "reasons": _plain(str(row["reasons"])),
            "model": str(row["model"]),
            "scored_at": stamp,
        }
        named = {f"{prefix}_{n}": v for n, v in values.items() if v}
        made[row["contact_id"]] = {n: v for n, v in named.items() if names is None or n in names}
    return made


def _numbers(row: Mapping[Any, Any], before: str | None) -> dict[str, str]:
    return {
        "score": _digits(row["score"]),
        "probability": _share(row["probability"]),
        "fit": _digits(row["fit"]),
        "engagement": _digits(row["engagement"]),
        "trend": _trend(before, row["score"]),
    }


def _plain(reasons: str) -> str:
    """Return reasons as they can be sent: no half of a surrogate pair, never nothing."""
    sent = reasons.encode("utf-8", "replace").decode("utf-8")
    return sent[:_REASONS_MAX].strip() or _NO_REASON


def _digits(value: Any) -> str:
    return "" if pd.isna(value) else str(int(value))


def _share(value: Any) -> str:
    return "" if pd.isna(value) else f"{float(value) + 0.0:.6f}"  # + 0.0: no "-0"


def _trend(before: str | None, score: Any) -> str:
    try:
        moved = float(score) - float(before or "")
    except ValueError:
        return "new"
    if abs(moved) < STEADY:
        return "steady"
    return "rising" if moved > 0 else "falling"


def same(one: str | None, other: str | None, kind: str = "string") -> bool:
    """Say whether two stored values are the same value, however they are written.

    Examples
    --------
    >>> same("12", "12.0", "number"), same("12", "12.0")
    (True, False)
    >>> same("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z", "datetime")
    True
    >>> same(None, "")
    True
    >>> same("b;a", "a;b", "options"), same("Ada@example.com", "ada@example.com", "address")
    (True, True)
    """
    if (one or "") == (other or ""):
        return True
    alike = _ALIKE.get(kind)
    return bool(one and other and alike and alike(one, other))


def _same_number(one: str, other: str) -> bool:
    try:
        numbers = float(one), float(other)
    except ValueError:
        return False
    return all(map(math.isfinite, numbers)) and math.isclose(*numbers, rel_tol=1e-12)


def _same_time(one: str, other: str) -> bool:
    try:
        found, wanted = (datetime.fromisoformat(text) for text in (one, other))
    except ValueError:
        return False
    return _in_utc(found) == _in_utc(wanted)


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _same_address(one: str, other: str) -> bool:
    return one.strip().lower() == other.strip().lower()


def _same_options(one: str, other: str) -> bool:
    return set(one.split(";")) - {""} == set(other.split(";")) - {""}


_ALIKE: dict[str, Callable[[str, str], bool]] = {
    "number": _same_number,
    "datetime": _same_time,
    "address": _same_address,
    "options": _same_options,
}
