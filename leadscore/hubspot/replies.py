"""Believe a reply only when it is what HubSpot documents; translate the others."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import urllib3

from leadscore.errors import (
    AuthenticationError,
    BadReplyError,
    HubSpotError,
    InvalidRequestError,
    LimitReachedError,
    MissingScopesError,
    NotFoundError,
)

__all__ = ["believe", "errors_of", "is_daily", "json_object", "records_of", "translate"]

Result = TypeVar("Result")

_REJECTED = "Check the token: it may have been rotated, revoked, or belong to another portal."
_SIZE = 500
_REFUSALS = frozenset({400, 405, 409, 413, 414, 415, 422})  # the request itself is wrong


def is_daily(body: bytes | str) -> bool:
    """Say whether a 429 is the daily limit, which no waiting of ours ends."""
    facts = _facts(body)
    return facts.get("policyName") == "DAILY" or "daily limit" in str(facts.get("message", ""))


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
    except ValueError:
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
        correlation_id=reply.headers.get("x-hubspot-correlation-id", ""),
    )


def translate(error: Any, *, method: str, path: str) -> HubSpotError:
    """Turn the official client's ApiException into one of ours.

    The client has a class of that name in each of its sub-packages and no common base; they share
    ``status``, ``body`` and ``headers``.
    """
    facts = _facts(error.body)
    said = str(facts.get("message") or error.reason or "no reason given")[:_SIZE]
    about: dict[str, Any] = {
        "status": int(error.status or 0),
        "category": str(facts.get("category", "")),
        "correlation_id": str(facts.get("correlationId", "")),
    }
    return _classify(about["status"], f"{method} {path}: HubSpot says: {said}", facts, about)


def _classify(
    status: int, message: str, facts: dict[str, Any], about: dict[str, Any]
) -> HubSpotError:
    if status == 401:
        return AuthenticationError(message, hint=_REJECTED, **about)
    if status == 403:
        return MissingScopesError(message, hint=_scopes_hint(facts), **about)
    if status == 404:
        return NotFoundError(message, hint="Check the name or id.", **about)
    if status == 477 or (status == 429 and is_daily(json.dumps(facts))):
        return LimitReachedError(
            message, hint="Run the same command again after the portal's midnight.", **about
        )
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
