"""Replies and refusals in HubSpot's words and shapes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

__all__ = [
    "Refusal",
    "Reply",
    "bad_json",
    "batch",
    "batch_error",
    "conflict",
    "encoded",
    "expired",
    "invalid",
    "missing_fields",
    "missing_scopes",
    "not_found",
    "page",
    "rate_limited",
    "unauthorised",
    "unserved",
    "unsupported_type",
]

_OAUTH = "https://developers.hubspot.com/docs/methods/auth/oauth-overview"
_SCOPES = "https://developers.hubspot.com/scopes"


@dataclass(frozen=True)
class Reply:
    """A status and what becomes its JSON body; none when None, as it is when bytes."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818 - it is a reply, not a mistake
    """An error reply in the making; it never leaves the sandbox as an exception.

    Parameters
    ----------
    status : int
        The HTTP status.
    message : str
        As in HubSpot's body.
    category : str, optional
        HubSpot's word for the kind of error.
    headers : dict, optional
        Headers of the reply.
    **more
        Further keys of the body: ``errors``, ``context``, ``subCategory``, ``policyName``.
    """

    def __init__(
        self,
        status: int,
        message: str,
        category: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.category = category
        self.headers = dict(headers or {})
        self.more = more

    def body(self, correlation_id: str) -> dict[str, Any]:
        """Return the error body (HubSpot API docs, "Error handling")."""
        body = {"status": "error", "message": self.message, "correlationId": correlation_id}
        return body | ({"category": self.category} if self.category else {}) | self.more


def encoded(body: Any) -> bytes:
    """Return JSON in UTF-8; a lone surrogate becomes a question mark, as Java writes it.

    Examples
    --------
    >>> encoded({"a": None})
    b'{"a":null}'
    """
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def invalid(message: str, **more: Any) -> Refusal:
    """400: what was sent cannot be used."""
    return Refusal(400, message, "VALIDATION_ERROR", **more)


def bad_json(what: str, *, where: str = "line 1, column 1") -> Refusal:
    """400: the body is not JSON, or not of the shape that is expected."""
    return invalid(f"Invalid input JSON on {where}: {what}")


def missing_fields(*names: str) -> Refusal:
    """400: the JSON lacks fields that must be there."""
    return bad_json(f"Some required fields were not set: [{', '.join(names)}]")


def not_found(message: str = "resource not found", **more: Any) -> Refusal:
    """404 in JSON: a record or definition that is not there."""
    return Refusal(404, message, "OBJECT_NOT_FOUND", **more)


def conflict(singular: str, existing: int) -> Refusal:
    """409: another record has the unique value; its id is in the message."""
    message = f"{singular.capitalize()} already exists. Existing ID: {existing}"
    return Refusal(409, message, "CONFLICT")


def rate_limited(words: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Refusal:
    """429: a limit is met, "daily" or another."""
    more = {"errorType": "RATE_LIMIT", "policyName": words.upper(), **more}
    return Refusal(429, f"You have reached your {words} limit.", headers=headers, **more)


def unauthorised() -> Refusal:
    """401: no token, or not this portal's."""
    message = (
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and "
        f"you can find more details at {_OAUTH}"
    )
    return Refusal(401, message, "INVALID_AUTHENTICATION")


def expired(seconds: float, expired_at: str) -> Refusal:
    """401: an OAuth token of so many seconds ago.

    airbytehq/airbyte#74726; larger units are seen in public code, and that they start at two of
    them is guessed from "75 second(s)" there.
    """
    message = f"The OAuth token used to make this call expired {_ago(int(seconds))} ago."
    context = {"expire time": [expired_at]}
    return Refusal(401, message, "EXPIRED_AUTHENTICATION", context=context)


def _ago(seconds: int) -> str:
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}(s)"
    return f"{seconds} second(s)"


def unsupported_type() -> Refusal:
    """415: the body is of another kind than the path takes."""
    return Refusal(415, "HTTP 415 Unsupported Media Type")


def missing_scopes(scopes: Sequence[str]) -> Refusal:
    """403: the scopes that would do are in ``errors[0].context``."""
    message = (
        "This app hasn't been granted all required scopes to make this call. "
        f"Read more about required scopes here: {_SCOPES}."
    )
    error = {
        "message": "One or more of the following scopes are required.",
        "context": {"requiredGranularScopes": list(scopes)},
    }
    return Refusal(403, message, "MISSING_SCOPES", errors=[error])


def unserved(what: str) -> Refusal:
    """501: HubSpot can do it, this sandbox cannot yet; never a made-up answer."""
    return Refusal(501, f"This sandbox does not serve {what} yet. This is not HubSpot.")


def batch(
    results: list[Any],
    errors: Sequence[Any] = (),
    *,
    started: str,
    completed: str,
    whole: int = 200,
) -> Reply:
    """Return the reply of a batch: 207 when there are errors, else ``whole``."""
    times = {"startedAt": started, "completedAt": completed}
    body: dict[str, Any] = {"status": "COMPLETE", "results": results} | times
    if not errors:
        return Reply(whole, body)
    return Reply(207, body | {"numErrors": len(errors), "errors": list(errors)})


def batch_error(refusal: Refusal, context: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return one entry of a 207's ``errors``."""
    more = {key: value for key, value in refusal.more.items() if key != "context"}
    own = {"status": "error", "category": refusal.category, "message": refusal.message}
    return {"id": str(uuid4()), **own, **more, "context": dict(context)}


def page(title: str, text: str) -> bytes:
    """Return a page in HTML that says what it is not."""
    return (
        "<!DOCTYPE html>\n"
        f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>\n'
        f"<body><h1>{title}</h1><p>{text}</p>"
        "<p>This is not HubSpot. It is a leadscore sandbox on this machine.</p></body></html>\n"
    ).encode()
