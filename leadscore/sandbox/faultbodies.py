"""Error replies of HubSpot, and of what stands before it, by name.

Sources: HubSpot API docs, "Error handling" and "API usage guidelines and limits";
HubSpot/hubspot-api-python#117 (429); the pages of the proxies are made up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from leadscore.sandbox.replies import (
    Refusal,
    conflict,
    missing_scopes,
    not_found,
    page,
    rate_limited,
    unauthorised,
)

__all__ = ["NAMES", "Named", "content", "default_body", "named"]

_EXPIRED = "The OAuth token used to make this call expired 0 second(s) ago."


@dataclass(frozen=True)
class Named:
    """A reply that has a name.

    Parameters
    ----------
    status : int
    refusal : Refusal, optional
        What becomes its JSON body; else it is a page in HTML, named by ``title``.
    title : str
    """

    status: int
    refusal: Refusal | None = None
    title: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """The headers that belong to it."""
        return self.refusal.headers if self.refusal else {}


def _page(status: int, title: str) -> Named:
    return Named(status, None, title)


_GROUP = "publicapi:private-app-api-calls-ten-secondly:20260901"
_MOVING = "The account is being moved between data centres."
_REFUSALS = {
    "400": Refusal(400, "Invalid input (details will vary based on the error)", "VALIDATION_ERROR"),
    "401": unauthorised(),
    "401 expired": Refusal(401, _EXPIRED, "EXPIRED_AUTHENTICATION"),
    "403 scopes": missing_scopes(["crm.objects.contacts.read"]),
    "404": not_found(),
    "409": conflict("contact", 1),
    "423": Refusal(423, "The record is locked. Wait two seconds, then try again."),
    "429 ten_secondly": rate_limited("ten_secondly_rolling", groupName=_GROUP),
    "429 daily": rate_limited("daily"),
    "429 secondly": rate_limited("secondly"),
    "477": Refusal(477, _MOVING, headers={"retry-after": "60"}),
    "500": Refusal(500, "internal error"),
    "503": Refusal(503, "service unavailable"),
}
NAMES: dict[str, Named] = {
    **{name: Named(found.status, found) for name, found in _REFUSALS.items()},
    "200 html": _page(200, "Please sign in to this network"),
    "502 html": _page(502, "502 Bad Gateway"),
    "503 html": _page(503, "503 Service Unavailable"),
    "504": _page(504, "504 Gateway Time-out"),
    "521": _page(521, "521: Web server is down"),
    "523": _page(523, "523: Origin is unreachable"),
    "524": _page(524, "524: A timeout occurred"),
    "530": _page(530, "530: Origin DNS error"),
}


def named(body: Any) -> Named | None:
    """Return the reply that a body names, None when it names none."""
    return NAMES.get(body) if isinstance(body, str) else None


def default_body(status: int) -> Any:
    """Return the name of the body that a status comes with, or a plain error of HubSpot's shape.

    Examples
    --------
    >>> default_body(429), default_body(502), default_body(418)["message"]
    ('429 ten_secondly', '502 html', 'HTTP 418')
    """
    if status < 400:
        return ""
    name = next((name for name, found in NAMES.items() if found.status == status), None)
    return name or {"status": "error", "message": f"HTTP {status}"}


def content(name: Named, *, correlation_id: str) -> Any:
    """Return the body of a named reply: a JSON object, or bytes that are a page."""
    if name.refusal is not None:
        return name.refusal.body(correlation_id)
    return page(name.title, "This page stands in for a proxy's.")
