"""What HubSpot does not have: the faults, the log, the clock and the file of this sandbox.

All of it needs the portal's own token, revoked or not, is outside the rate limits, never meets a
fault and is never in the log.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import LeadscoreError, UsageError
from leadscore.sandbox.calls import NOTICE, Call
from leadscore.sandbox.clock import Clock
from leadscore.sandbox.paging import cursor
from leadscore.sandbox.replies import Refusal, Reply, bad_json, invalid
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.logs import Log
    from leadscore.sandbox.portal import Portal

__all__ = [
    "PATHS",
    "add_faults",
    "clear_faults",
    "clear_log",
    "move_clock",
    "overview",
    "save",
    "show_clock",
    "show_faults",
    "show_log",
]

MOST_LOGGED = 10_000


def overview(call: Call) -> Reply:
    """Return what this portal is and how full it is."""
    portal = call.portal
    body = {
        "portalId": portal.id,
        "tier": portal.tier,
        "limits": portal.limits,
        "indexLag": portal.index_lag,
        "records": {name: len(one.records) for name, one in portal.collections.items()},
        "requests": portal.requests.total,
        "writes": portal.writes.total,
        "faults": len(portal.faults.rules),
        "saved": portal.save is not None,
    }
    return _own(body | {"clock": _clock_shape(portal)})


def _own(body: dict[str, Any]) -> Reply:
    return Reply(200, {"notice": NOTICE, **body})


# --------------------------------------------------------------------------- faults


def show_faults(call: Call) -> Reply:
    """List the rules, with how often each matched and fired."""
    return _own({"faults": call.portal.faults.wire()})


def add_faults(call: Call) -> Reply:
    """Add one rule, or a list of them: all or none."""
    try:
        call.portal.faults.add(_parsed(call.raw))
    except UsageError as error:
        raise invalid(str(error)) from None
    return show_faults(call)


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as problem:
        raise bad_json(str(problem)) from None


def clear_faults(call: Call) -> Reply:
    """Forget all rules."""
    call.portal.faults.clear()
    return Reply(204)


# --------------------------------------------------------------------------- the log


def show_log(call: Call) -> Reply:
    """Return requests and writes from a number on.

    ``after`` and ``writesAfter`` are the last numbers that are known already; ``object`` and ``id``
    choose the writes of one record.
    """
    portal = call.portal
    limit = call.integer("limit", default=1000, most=MOST_LOGGED)
    chosen = {key: call.query[key] for key in ("object", "id") if key in call.query}
    if "object" in chosen:
        chosen["object"] = portal.collection(chosen["object"]).kind.name
    writes = _numbered(portal.writes, cursor(call, "writesAfter"), limit, chosen)
    return _own(
        {
            "requests": _numbered(portal.requests, cursor(call, "after"), limit, {}),
            "writes": writes,
            "lastRequest": portal.requests.total,
            "lastWrite": portal.writes.total,
        }
    )


def _numbered(log: Log[Any], after: int, limit: int, chosen: dict[str, str]) -> list[Any]:
    fitting = (
        {"number": number, **one._asdict()}
        for number, one in log.after(after)
        if all(getattr(one, key) == value for key, value in chosen.items())
    )
    return list(islice(fitting, limit))


def clear_log(call: Call) -> Reply:
    """Forget what was asked and written; numbers go on."""
    call.portal.requests.clear()
    call.portal.writes.clear()
    return Reply(204)


# --------------------------------------------------------------------------- the clock


def show_clock(call: Call) -> Reply:
    """Return the portal's time."""
    return _own(_clock_shape(call.portal))


def _clock_shape(portal: Portal) -> dict[str, Any]:
    stopped = isinstance(portal.clock, Clock) and portal.clock.stopped
    return {"now": portal.now, "ms": portal.now_ms, "stopped": stopped}


def move_clock(call: Call) -> Reply:
    """Move, stop or start the portal's clock; limits, index and tokens follow it."""
    given, clock = call.body(), call.portal.clock
    if not isinstance(clock, Clock):
        raise Refusal(409, "This portal's clock cannot be moved.", "CONFLICT")
    if len(given) != 1 or not set(given) <= set(_MOVES):
        raise invalid(f"One of these is needed: [{', '.join(_MOVES)}]")
    ((name, value),) = given.items()
    move = _MOVES[name](value)
    if move is None:
        raise invalid(f"Invalid {name}: {value}")
    before = clock()
    move(clock)
    if not _in_range(call.portal):
        clock.set(before)
        raise invalid(f"Invalid {name}: {value} is outside the years 1970 to 9999")
    return show_clock(call)


def _in_range(portal: Portal) -> bool:
    return 0 <= portal.clock() < 253_000_000_000


Move = Callable[[Clock], None]


def _advanced(value: Any) -> Move | None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return (lambda clock: clock.advance(value)) if number and abs(value) < 1e12 else None


def _set(value: Any) -> Move | None:
    seconds = _seconds(value)
    return None if seconds is None else lambda clock: clock.set(seconds)


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if not isinstance(value, str):
        return value / 1000
    try:
        stamp = pd.Timestamp(value)
        return (stamp if stamp.tzinfo else stamp.tz_localize("UTC")).timestamp()
    except (ValueError, TypeError):
        return None


_MOVES: dict[str, Callable[[Any], Move | None]] = {
    "advance": _advanced,
    "set": _set,
    "stop": lambda value: Clock.stop if value is True else None,
    "go": lambda value: Clock.go if value is True else None,
}


# --------------------------------------------------------------------------- the file


def save(call: Call) -> Reply:
    """Write the portal to its file."""
    if call.portal.save is None:
        raise Refusal(409, "This portal has no file: open it with state=.", "CONFLICT")
    try:
        call.portal.save()
    except LeadscoreError as error:
        raise Refusal(507, str(error)) from None
    return Reply(204)


PATHS = tuple(
    Path("sandbox", path, method, handler, open_to_all=True)
    for path, method, handler in (
        ("", "GET", overview),
        ("/faults", "GET", show_faults),
        ("/faults", "POST", add_faults),
        ("/faults", "DELETE", clear_faults),
        ("/log", "GET", show_log),
        ("/log", "DELETE", clear_log),
        ("/clock", "GET", show_clock),
        ("/clock", "POST", move_clock),
        ("/save", "POST", save),
    )
)
