"""What a fault does: an action is read and checked once, when the rule is given."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from leadscore.errors import UsageError
from leadscore.sandbox import scopes
from leadscore.sandbox.faultbodies import default_body, named

__all__ = ["ANSWERS", "CHANGES", "REWRITES", "Action", "read_action", "refused"]

# At most one of these says where the reply comes from; without, the portal answers as always.
ANSWERS = (
    *("status", "apply_then_status", "redirect", "hang", "reset", "apply_then_reset"),
    *("empty", "html", "array", "truncated", "gzip_bomb"),
)
# These change the portal before the call is handled.
CHANGES = (
    *("revoke_token", "rotate_token", "remove_scope", "archive_property", "index_lag", "advance"),
)
# These change what the portal's own reply says.
REWRITES = (*("repeat_cursor", "cursor_loop", "duplicate_ids", "drop_ids", "reject_ids"),)
_HEADER = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_PRINTABLE = re.compile(r"[\x20-\x7e]*\Z")
_NO_REPLY = {"hang", "reset", "apply_then_reset"}


@dataclass(frozen=True)
class Action:
    """What happens to a call.

    Parameters
    ----------
    answer : str
        One of `ANSWERS`, or "" for the portal's own reply.
    value : object
        What was given with it.
    status : int
        Of a reply that the portal did not make.
    body : object
        JSON, text, or the name of one of HubSpot's bodies.
    headers : dict of str to str
    changes, rewrites : dict
        Those of `CHANGES` and `REWRITES` that were given.
    delay : float
        Seconds between what the call does and the first byte of the reply.
    drip : tuple of (int, float), optional
        Bytes at a time, and seconds between.
    content_length : int
        By how much the header is wrong.
    """

    answer: str = ""
    value: Any = None
    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)
    rewrites: Mapping[str, Any] = field(default_factory=dict)
    delay: float = 0.0
    drip: tuple[int, float] | None = None
    content_length: int = 0


def refused(message: str) -> UsageError:
    """Return the error of a rule that is none."""
    return UsageError(f"{message}.", hint="See docs/faults.md.")


def read_action(given: Any) -> Action:
    """Read an action.

    Raises
    ------
    UsageError
        What is wrong is in the message.

    Examples
    --------
    >>> read_action({"body": "429 daily"}).status
    429
    """
    if not isinstance(given, Mapping) or not given:
        raise refused("an action is a JSON object with at least one key")
    for key, value in given.items():
        check = _CHECKS.get(key)
        if check is None:
            raise refused(f"there is no action {key!r}")
        if not check(value):
            raise refused(f"{key} must be {_MEANT[key]}, not {value!r}")
    answer = _answer(given)
    _check_fit(given, answer)
    status, body = _reply(given, answer)
    drip = given.get("drip")
    return Action(
        answer=answer,
        value=given.get(answer),
        status=status,
        body=body,
        headers=_headers(given),
        changes={key: given[key] for key in CHANGES if key in given},
        rewrites={key: given[key] for key in REWRITES if key in given},
        delay=float(given.get("delay", 0.0)),
        drip=None if drip is None else (drip.get("bytes", 1), float(drip.get("seconds", 0.25))),
        content_length=int(given.get("content_length", 0)),
    )


def _answer(given: Mapping[str, Any]) -> str:
    found = [key for key in ANSWERS if key in given]
    if "redirect" in found and "status" in found:
        found.remove("status")
    if len(found) > 1:
        raise refused(f"{found[0]} and {found[1]} exclude each other")
    if not found and "body" in given:
        return "status"
    return found[0] if found else ""


def _check_fit(given: Mapping[str, Any], answer: str) -> None:
    """Refuse what cannot have an effect: a rule that does nothing hides that it does not."""
    rewrites = [key for key in REWRITES if key in given]
    if rewrites and answer not in {"", "truncated"} and given.get("reset") != "middle":
        raise refused(f"{rewrites[0]} and {answer} exclude each other")
    if "body" in given and answer not in {"status", "apply_then_status"}:
        raise refused(f"body and {answer} exclude each other")
    silent = answer in _NO_REPLY and given.get("reset") != "middle"
    vain = [key for key in ("headers", "retry_after", "drip", "content_length") if key in given]
    if silent and vain:
        raise refused(f"{vain[0]} and {answer} exclude each other: no reply is sent")
    if answer == "reset" and vain and vain[-1] in {"drip", "content_length"}:
        raise refused(f"{vain[-1]} and reset exclude each other")
    if answer == "redirect" and not 300 <= given.get("status", 307) <= 399:
        raise refused(f"a redirect has a status from 300 to 399, not {given['status']}")


def _reply(given: Mapping[str, Any], answer: str) -> tuple[int, Any]:
    if answer == "redirect":
        return int(given.get("status", 307)), ""
    if answer not in {"status", "apply_then_status"}:
        return 200, None
    body, status = given.get("body"), given.get(answer)
    name = named(body)
    if name is None:
        if status is None:
            raise refused("a body that has no name needs a status")
        return int(status), default_body(int(status)) if "body" not in given else body
    if status not in {None, name.status}:
        raise refused(f"the body {body!r} has the status {name.status}, not {status}")
    return name.status, body


def _headers(given: Mapping[str, Any]) -> dict[str, str]:
    headers = {key.lower(): str(value) for key, value in given.get("headers", {}).items()}
    if "retry_after" in given:
        headers["retry-after"] = str(given["retry_after"])
    if "redirect" in given:
        headers["location"] = given["redirect"]
    return headers


# --------------------------------------------------------------------------- what fits


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _status(value: Any) -> bool:
    return _whole(value) and 200 <= value <= 599


def _seconds(value: Any) -> bool:
    return _number(value) and value >= 0


def _yes(value: Any) -> bool:
    return value is True


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and bool(_PRINTABLE.match(value))


def _is_headers(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str)
        and _HEADER.match(name)
        and name.lower() not in {"content-length", "connection", "transfer-encoding"}
        and _PRINTABLE.match(str(text))
        for name, text in value.items()
    )


def _is_drip(value: Any) -> bool:
    if not isinstance(value, Mapping) or set(value) - {"bytes", "seconds"}:
        return False
    size, pause = value.get("bytes", 1), value.get("seconds", 0.25)
    return _whole(size) and size > 0 and _seconds(pause)


def _ids(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_id(one) for one in value)


def _id(value: Any) -> bool:
    return _whole(value) or _text(value)


def _property(value: Any) -> bool:
    parts = value.split(".") if isinstance(value, str) else []
    return len(parts) == 2 and all(parts)


Check = Callable[[Any], bool]
_RULES: dict[str, tuple[Check, str]] = {
    "status": (_status, "a status from 200 to 599"),
    "apply_then_status": (_status, "a status from 200 to 599"),
    "body": (lambda _: True, "JSON or text"),
    "headers": (_is_headers, "an object of names and printable texts, none that frames the reply"),
    "retry_after": (lambda v: _number(v) or _text(v), "a number or text"),
    "redirect": (_text, "a URL"),
    "delay": (_seconds, "seconds from 0 up"),
    "drip": (_is_drip, "an object of bytes (from 1 up) and seconds"),
    "content_length": (lambda v: _whole(v) and v != 0, "a whole number other than 0"),
    "hang": (_yes, "true"),
    "reset": (lambda v: v in ("before", "middle"), '"before" or "middle"'),
    "apply_then_reset": (_yes, "true"),
    "empty": (_yes, "true"),
    "html": (_yes, "true"),
    "array": (_yes, "true"),
    "truncated": (_yes, "true"),
    "gzip_bomb": (lambda v: _whole(v) and 0 < v <= 1000, "megabytes from 1 to 1000"),
    "repeat_cursor": (_yes, "true"),
    "cursor_loop": (lambda v: v is True or _ids(v), "true or a list of cursors"),
    "duplicate_ids": (lambda v: v is True or _ids(v), "true or a list of ids"),
    "drop_ids": (lambda v: v == "all" or _ids(v), '"all" or a list of ids'),
    "reject_ids": (_ids, "a list of ids"),
    "revoke_token": (_yes, "true"),
    "rotate_token": (lambda v: _text(v) and " " not in v, "the new token"),
    "remove_scope": (lambda v: v in scopes.EVERY, "one of HubSpot's scopes"),
    "archive_property": (_property, "an object type and a custom property: contacts.score"),
    "index_lag": (_seconds, "seconds from 0 up"),
    "advance": (_number, "seconds"),
}
_CHECKS = {key: check for key, (check, _) in _RULES.items()}
_MEANT = {key: meant for key, (_, meant) in _RULES.items()}
