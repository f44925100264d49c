"""The account: its details, its use of the API, its tokens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from leadscore.sandbox.replies import Reply, not_found, unserved
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call

__all__ = ["PATHS", "activity", "daily_usage", "details", "token_info"]


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
    """Return what a private app's token or a service key may do; it needs no scope.

    Seen in public code, not in HubSpot's documentation. That an unknown token, and one that OAuth
    issued, is a 404 is assumed.
    """
    grant = call.portal.grant(str(call.body("tokenKey")["tokenKey"]))
    if grant is None or grant.oauth:
        raise not_found("The token key was not found.")
    body = {
        "userId": grant.user_id,
        "hubId": call.portal.id,
        "appId": grant.app_id,
        "scopes": sorted(grant.scopes),
    }
    return Reply(200, body)


def activity(_: Call) -> Reply:
    """Refuse: who did what in the account is not kept here."""
    raise unserved("the account's activity")


PATHS = (
    *(
        Path("account", f"/activity/{kind}", "GET", activity, ("account-info.security.read",))
        for kind in ("audit-logs", "login", "security")
    ),
    Path("account", "/details", "GET", details),
    Path("account", "/api-usage/daily/private-apps", "GET", daily_usage),
    Path(
        "elsewhere",
        "/oauth/v2/private-apps/get/access-token-info",
        "POST",
        token_info,
        open_to_all=True,
    ),
)
