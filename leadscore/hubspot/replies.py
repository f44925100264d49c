"""Believe a reply only when it is what HubSpot documents; translate the others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import urllib3

from leadscore.errors import (
    AmbiguousError,
    AuthenticationError,
    BadReplyError,
    HubSpotError,
    InvalidRequestError,
    LimitReachedError,
    MissingScopesError,
    NotFoundError,
)

__all__ = [
    "believe",
    "check_json",
    "correlation_id",
    "errors_of",
    "is_daily",
    "is_of_jobs",
    "is_repeatable",
    "json_object",
    "limit_interval",
    "midnight",
    "plain_words",
    "records_of",
    "translate",
]

Result = TypeVar("Result")

_REJECTED = "Check the token: it may have been rotated, revoked, or belong to another portal."
UNCLEAR = "It may have been done or not: look before you send it again."
# HubSpot changelog, "Additional rate limit protection being added to form submissions API": so the
# host for forms answers, for a minute, an address that went on after ten 429s in a second.
_BLOCKED = "error code: 1015"
_SIZE = 500
_NOT_VALID = "Property values were not valid: "
_QUOTED = re.compile(r"[^\s@]*@[^\s@]*")
_READS = ("/search", "/batch/read", "/get/access-token-info")
_REFUSALS = frozenset({400, 405, 409, 413, 414, 415, 422})  # the request itself is wrong


def is_daily(body: bytes | str) -> bool:
    """Say whether a 429 is the daily limit, which no waiting of ours ends."""
    facts = _facts(body)
    return facts.get("policyName") == "DAILY" or "daily limit" in str(facts.get("message", ""))


def is_of_jobs(body: bytes | str) -> bool:
    """Say whether a 429 is about jobs of the portal, such as exports, and not about calls.

    Examples
    --------
    >>> is_of_jobs('{"policyName": "EXPORTS"}'), is_of_jobs('{"policyName": "SECONDLY"}')
    (True, False)
    """
    policy = str(_facts(body).get("policyName") or "SECONDLY")
    return "SECONDLY" not in policy and policy != "DAILY"


def is_repeatable(method: str, url: str) -> bool:
    """Say whether a request that may have been done already can be sent again.

    A POST can if it only reads. PUT, DELETE and PATCH set things to a state: once or twice is the
    same. (A batch update does so too, but its writer can look first, and does.)

    Examples
    --------
    >>> is_repeatable("POST", "/crm/v3/objects/contacts/batch/read?archived=false")
    True
    >>> is_repeatable("POST", "/crm/v3/objects/contacts/batch/update")
    False
    """
    if method.upper() != "POST":
        return method.upper() in {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"}
    return url.partition("?")[0].endswith(_READS)


def limit_interval(body: bytes | str) -> float | None:
    """Return the seconds of the interval that a 429 speaks of, or None when it names none.

    Examples
    --------
    >>> limit_interval('{"policyName": "TEN_SECONDLY_ROLLING"}')
    10.0
    >>> limit_interval('{"message": "You have reached your secondly limit."}')
    1.0
    >>> limit_interval("error code: 1015")
    60.0
    """
    if _BLOCKED in (body.decode("utf-8", "replace") if isinstance(body, bytes) else body):
        return 60.0
    facts = _facts(body)
    named = f"{facts.get('policyName', '')} {facts.get('message', '')}".lower()
    if "secondly" not in named:
        return None
    return 10.0 if "ten_secondly" in named else 1.0


def json_object(body: bytes) -> dict[str, Any]:
    """Read a body as one JSON object; an empty body, of a 204, is an empty one.

    Raises
    ------
    ValueError
        It is cut, is not JSON, or is no object.

    Examples
    --------
    >>> json_object(b'{"results": []}')
    {'results': []}
    """
    if not body:
        return {}
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("the reply is cut or is not JSON") from None
    if not isinstance(value, dict):
        raise ValueError("the reply is not a JSON object")
    return value


def believe(
    reply: urllib3.HTTPResponse,
    read: Callable[[bytes], Result],
    *,
    method: str,
    path: str,
    expect: tuple[int, ...],
) -> Result:
    """Return what `read` makes of a reply, or say why the reply cannot be believed."""
    if reply.status not in expect:
        raise _bad(reply, method, path, f"status {reply.status} is not documented here")
    if reply.status == 204:
        return read(b"")
    if "json" not in reply.headers.get("content-type", "").lower():
        raise _bad(reply, method, path, "the reply is not JSON")
    try:
        if not reply.data:
            raise ValueError("the reply is empty")
        return read(reply.data)
    except ValueError as error:
        raise _bad(reply, method, path, str(error)) from None


def check_json(
    reply: urllib3.HTTPResponse, headers: Mapping[str, str], *, method: str, url: str
) -> None:
    """Refuse a reply that the official client would take for "no data".

    What the client makes of a page of HTML, of nothing, of half a page or of an array is an object
    whose fields are all None. A request that takes nothing but JSON gets an object, or is refused
    here; one that takes anything gets whole JSON if it is said to be JSON.

    Raises
    ------
    BadReplyError
    """
    path = urllib3.util.parse_url(url).path or "/"
    accepts = {name.lower(): value for name, value in headers.items()}.get("accept", "")
    if accepts == "application/json":
        believe(reply, json_object, method=method, path=path, expect=tuple(range(200, 300)))
    elif reply.data and "json" in reply.headers.get("content-type", "").lower():
        try:
            json.loads(reply.data)
        except ValueError:
            raise _bad(reply, method, path, "the reply is cut or is not JSON") from None


def records_of(reply: dict[str, Any], *, path: str, key: str = "id") -> list[dict[str, Any]]:
    """Return the results of a page or batch, each of which must have its key."""
    found = reply.get("results")
    if not isinstance(found, list):
        raise BadReplyError(f"{path}: the reply has no list of results.", hint=_AGAIN)
    for record in found:
        if not isinstance(record, dict) or not record.get(key):
            raise BadReplyError(f"{path}: a result of the reply has no {key}.", hint=_AGAIN)
    return found


_AGAIN = (
    "Run the same command again; if it stays so, something between you and HubSpot alters replies."
)


def _bad(reply: urllib3.HTTPResponse, method: str, path: str, why: str) -> BadReplyError:
    return BadReplyError(
        f"{method} {path}: {why}.",
        hint=_AGAIN,
        status=reply.status,
        correlation_id=correlation_id(reply.headers),
    )


def correlation_id(headers: Mapping[str, str]) -> str:
    """Return the id that HubSpot's support asks for, from the headers of a reply."""
    return str(headers.get("x-hubspot-correlation-id") or "")


def midnight(zone: str, headers: Mapping[str, str] | None = None) -> str:
    """Return the next midnight of a time zone in words, or nothing when the zone is not known.

    Parameters
    ----------
    zone : str
        As in the account's details.
    headers : mapping, optional
        Of a reply: its ``Date`` is the time now.

    Examples
    --------
    >>> midnight("Europe/Berlin", {"Date": "Wed, 25 Nov 2026 23:30:00 GMT"})
    '2026-11-27 00:00 Europe/Berlin'
    >>> midnight("")
    ''
    """
    try:
        now = parsedate_to_datetime((headers or {}).get("Date") or "")
    except ValueError:
        now = datetime.now(UTC)
    try:
        there = now.astimezone(ZoneInfo(zone))
    except (ValueError, OSError, KeyError):
        return ""
    return f"{there.date() + timedelta(days=1)} 00:00 {zone}"


def translate(error: Any, *, method: str, path: str, midnight: str = "") -> HubSpotError:
    """Turn the official client's ApiException into one of ours.

    The client has a class of that name in each of its sub-packages and no common base; they share
    ``status``, ``body`` and ``headers``.

    Parameters
    ----------
    midnight : str
        When the portal's day ends, in words, if that is known.
    """
    facts, headers = _facts(error.body), getattr(error, "headers", None) or {}
    said = plain_words(str(facts.get("message") or error.reason or "no reason given"))[:_SIZE]
    about: dict[str, Any] = {
        "status": int(error.status or 0),
        "category": str(facts.get("category", "")),
        "correlation_id": str(facts.get("correlationId") or correlation_id(headers)),
    }
    message = f"{method} {path}: HubSpot says: {said}"
    status = about["status"]
    if status in {429, 477}:
        hint = _come_back(facts if status == 429 else None, headers, midnight)
        return LimitReachedError(message, hint=hint, **about)
    if 500 <= status <= 599 and status != 530 and not is_repeatable(method, path):
        return AmbiguousError(message, hint=UNCLEAR, **about)
    return _classify(status, message, facts, about)


def plain_words(said: str) -> str:
    """Return HubSpot's words for values that it refuses, property by property, as people read them.

    HubSpot puts them into its message as JSON (API docs, "Error handling"). Addresses, which it
    quotes, are left out: what it says is kept.

    Examples
    --------
    >>> plain_words(
    ...     'Property values were not valid: [{"isValid":false,"message":"Email address a@b is '
    ...     'invalid","error":"INVALID_EMAIL","name":"email"}]'
    ... )
    'email: Email address … is invalid (INVALID_EMAIL)'
    """
    before, _, listed = said.partition(_NOT_VALID)
    try:
        found = json.loads(listed)
        told = [
            f"{one['name']}: {_QUOTED.sub('…', one['message'])} ({one['error']})" for one in found
        ]
    except (ValueError, TypeError, KeyError, RecursionError):
        return said
    return before + "; ".join(told)


def _come_back(limit: dict[str, Any] | None, headers: Mapping[str, str], midnight: str) -> str:
    if limit is not None and not is_daily(json.dumps(limit)):
        return "Run the same command again later."
    if limit is not None:
        when = f" ({midnight})" if midnight else ""
        return f"Run the same command again after the portal's midnight{when}."
    asked = headers.get("Retry-After") or ""
    when = f"in {asked} seconds" if asked.isascii() and asked.isdigit() else "in up to 24 hours"
    return f"The portal is being moved; run the same command again {when}."


def _classify(
    status: int, message: str, facts: dict[str, Any], about: dict[str, Any]
) -> HubSpotError:
    if status in {401, 530}:
        return AuthenticationError(message, hint=_REJECTED, **about)
    if status == 403:
        return MissingScopesError(message, hint=_scopes_hint(facts), **about)
    if status == 404:
        return NotFoundError(message, hint="Check the name or id.", **about)
    if status in _REFUSALS:
        return InvalidRequestError(message, hint="Nothing was changed by this call.", **about)
    return HubSpotError(message, hint="Run the same command again later.", **about)


def _scopes_hint(facts: dict[str, Any]) -> str:
    names = [
        str(scope)
        for error in errors_of(facts)
        for scope in error["context"].get("requiredGranularScopes") or []
    ]
    return f"Give the token the scope {' or '.join(names)}." if names else "Check its scopes."


def errors_of(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the errors inside a reply, each with a context; HubSpot calls all of it optional."""
    found = facts.get("errors")
    listed = [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []
    return [e | {"context": c if isinstance(c := e.get("context"), dict) else {}} for e in listed]


def _facts(body: Any) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (TypeError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
