"""The account: its details, its use of the API, its token, its limits."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from leadscore.sandbox.calls import Call
from leadscore.sandbox.definitions import MOST_CUSTOM
from leadscore.sandbox.portal import Collection
from leadscore.sandbox.replies import Refusal, Reply
from leadscore.sandbox.routes import Path

__all__ = ["PATHS", "custom_property_limits", "daily_usage", "details", "token_info"]


def details(call: Call) -> Reply:
    """Return the account's details (HubSpot API docs, "Account information")."""
    portal = call.portal
    local = datetime.fromtimestamp(portal.clock(), ZoneInfo(portal.time_zone))
    offset = local.utcoffset()
    seconds = offset.total_seconds() if offset else 0.0
    body = {
        "portalId": portal.id,
        "accountType": "SANDBOX",
        "timeZone": portal.time_zone,
        "companyCurrency": "USD",
        "additionalCurrencies": [],
        "utcOffset": f"{local:%z}"[:3] + ":" + f"{local:%z}"[3:5],
        "utcOffsetMilliseconds": int(seconds * 1000),
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "na1",
    }
    return Reply(200, body)


def daily_usage(call: Call) -> Reply:
    """Return today's calls of private apps (HubSpot API docs, "Account information")."""
    limiter = call.portal.limiter
    usage = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": limiter.daily,
        "currentUsage": limiter.today,
        "collectedAt": call.portal.now,
        "fetchStatus": "SUCCESS",
        "resetsAt": limiter.resets_at().astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }
    return Reply(200, {"results": [usage]})


def token_info(call: Call) -> Reply:
    """Return what a private app's token may do; it needs no scope.

    Seen in public code, not in HubSpot's documentation; so is the reply to an unknown token.
    """
    given = str(call.body("tokenKey")["tokenKey"])
    if not hmac.compare_digest(given.encode(), call.portal.token.encode()):
        raise Refusal(404, "The token key was not found.", "OBJECT_NOT_FOUND")
    body = {
        "userId": 1,
        "hubId": call.portal.id,
        "appId": 1,
        "scopes": sorted(call.portal.scopes),
    }
    return Reply(200, body)


def custom_property_limits(call: Call) -> Reply:
    """Return how many custom properties there are and may be.

    The path is in HubSpot's API reference; the shape of the reply is unverified, so it is kept
    minimal.
    """
    by_type = [_limit(collection) for collection in call.portal.collections.values()]
    total = sum(entry["usage"] for entry in by_type if isinstance(entry["usage"], int))
    return Reply(
        200,
        {"overallLimit": MOST_CUSTOM * 10, "overallUsage": total, "byObjectType": by_type},
    )


def _limit(collection: Collection) -> dict[str, object]:
    definitions, kind = collection.definitions, collection.kind
    return {
        "objectTypeId": kind.type_id,
        "pluralLabel": kind.name.capitalize(),
        "limit": definitions.most_custom,
        "usage": len(definitions.custom),
    }


_ANY = tuple(
    f"crm.objects.{kind}.{right}"
    for kind in ("contacts", "companies", "deals", "custom")
    for right in ("read", "write")
)
PATHS = (
    Path("account", "/details", "GET", details),
    Path("account", "/api-usage/daily/private-apps", "GET", daily_usage),
    Path("limits", "/custom-properties", "GET", custom_property_limits, _ANY),
    Path(
        "elsewhere",
        "/oauth/v2/private-apps/get/access-token-info",
        "POST",
        token_info,
        open_to_all=True,
    ),
)
