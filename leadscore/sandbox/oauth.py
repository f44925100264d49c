"""Tokens of OAuth: exchanged, refreshed, looked at, revoked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from leadscore.sandbox.oauthstore import (
    HUB_DOMAIN,
    TOKEN_SECONDS,
    Denied,
    app,
    check_client,
    forget,
    issue_token,
    redeem,
    refreshed,
    replaced,
    user,
)
from leadscore.sandbox.replies import Reply, not_found, page, unsupported_type
from leadscore.sandbox.routes import DATES, Path

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call, Handler
    from leadscore.sandbox.portal import Portal

__all__ = [
    "PATHS",
    "V1_ENDS",
    "access_token",
    "app_details",
    "introspect",
    "refresh_token",
    "revoke",
    "token",
]

# HubSpot changelog, "v1 OAuth API deprecation".
V1_ENDS = datetime(2027, 2, 16, tzinfo=UTC)
_FORM = "application/x-www-form-urlencoded"


def _fields(call: Call) -> dict[str, str]:
    """Return what was sent: a form; in version 1 a query too, on dated paths JSON too.

    HubSpot's docs say form on every path. Its Python SDK 0.1.0a9 sends JSON on dated paths, where
    what becomes of it is not documented; on version 1 a 415 is seen (hubspot-net/HubSpot.NET#102).
    """
    query = dict(call.query) if call.version == "v1" else {}
    if call.content_type.startswith(_FORM) or not call.raw:
        return query | {name: text for name, text in call.form.items() if isinstance(text, str)}
    if call.version not in DATES:
        raise unsupported_type()
    return {name: text for name, text in call.body().items() if isinstance(text, str)}


def _client(portal: Portal, given: Mapping[str, str]) -> None:
    check_client(portal, given.get("client_id", ""), given.get("client_secret", ""))


def token(call: Call) -> Reply:
    """Exchange a code or a refresh token for an access token (docs, "Manage OAuth tokens")."""
    portal, given = call.portal, _fields(call)
    kind = given.get("grant_type", "")
    if kind not in {"authorization_code", "refresh_token"}:
        message = "missing or unknown grant type"
        raise Denied("BAD_GRANT_TYPE", message, "unsupported_grant_type")
    _client(portal, given)
    if kind == "refresh_token":
        lasting = replaced(portal, given.get("refresh_token", ""))
    else:
        uri, verifier = given.get("redirect_uri", ""), given.get("code_verifier", "")
        lasting = redeem(portal, given.get("code", ""), redirect_uri=uri, verifier=verifier)
    granted = refreshed(portal, lasting)
    body = {
        "token_type": "bearer",
        "refresh_token": lasting,
        "access_token": issue_token(portal, lasting),
        "hub_id": portal.id,
        "user_id": granted["userId"],
        "scopes": granted["scopes"],
        "expires_in": TOKEN_SECONDS,
        "token_use": "access_token",
    }
    return Reply(200, body, {"cache-control": "no-store"})


def introspect(call: Call) -> Reply:
    """Say whether a token is good, and for what; ``token_type_hint`` is only a hint."""
    portal, given = call.portal, _fields(call)
    _client(portal, given)
    asked = given.get("token", "")
    found = _access(portal, asked) or _refresh(portal, asked)
    if found is None:
        return Reply(200, {"active": False})
    kept = {"active": True, "client_id": app(portal)["clientId"], "token_type": "bearer"}
    return Reply(200, found | kept)


def revoke(call: Call) -> Reply:
    """Revoke a refresh token; as RFC 7009 has it, one that is unknown is as good as revoked."""
    given = _fields(call)
    _client(call.portal, given)
    if given.get("token", "") in call.portal.shelf("oauth").get("access", {}):
        message = "access tokens cannot be revoked"
        raise Denied("UNSUPPORTED_TOKEN_TYPE", message, "unsupported_token_type")
    forget(call.portal, given.get("token", ""))
    return Reply(200)


def access_token(call: Call) -> Reply:
    """Return what an access token stands for, as version 1 has it."""
    found = _access(call.portal, call.path["token"])
    if found is None:
        raise not_found("access token is unknown or expired")
    return Reply(200, found | {"token_type": "access"})


def refresh_token(call: Call) -> Reply:
    """Return what a refresh token stands for, as version 1 has it."""
    portal = call.portal
    found = _refresh(portal, call.path["token"])
    if found is None:
        raise not_found("refresh token is unknown")
    return Reply(200, found | {"token_type": "refresh", "client_id": app(portal)["clientId"]})


def _deleted(call: Call) -> Reply:
    """Revoke a refresh token, as version 1 has it."""
    if not forget(call.portal, call.path["token"]):
        raise not_found("refresh token is unknown")
    return Reply(204)


def _access(portal: Portal, asked: str) -> dict[str, Any] | None:
    found = portal.shelf("oauth").get("access", {}).get(asked)
    if found is None or portal.clock() >= found["expiresAt"]:
        return None
    left = math.ceil(found["expiresAt"] - portal.clock())
    more = {
        "token_use": "access_token",
        "expires_in": left,
        "is_private_distribution": True,
        "signed_access_token": _signed(portal, found),
    }
    return _about(portal, asked, found) | more


def _refresh(portal: Portal, asked: str) -> dict[str, Any] | None:
    found = portal.shelf("oauth").get("refresh", {}).get(asked)
    return None if found is None else _about(portal, asked, found) | {"token_use": "refresh_token"}


def _about(portal: Portal, asked: str, found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "token": asked,
        "app_id": found["appId"],
        "hub_id": portal.id,
        "hub_domain": HUB_DOMAIN,
        "user_id": found["userId"],
        "user": user(portal)[1],
        "scopes": found["scopes"],
    }


def _signed(portal: Portal, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part whose words mean something to HubSpot alone: they are empty here."""
    empty = ("newSignature", "scopeToScopeGroupPks", "scopes", "signature")
    trial = ("trialScopeToScopeGroupPks", "trialScopes")
    return dict.fromkeys((*empty, *trial), "") | {
        "appId": found["appId"],
        "expiresAt": round(found["expiresAt"] * 1000),
        "hubId": portal.id,
        "hublet": "na1",
        "installingUserId": found["userId"],
        "isPrivateDistribution": True,
        "isServiceAccount": False,
        "isUserLevel": False,
        "userId": found["userId"],
    }


def app_details(call: Call) -> Reply:
    """Return the sandbox app's client id and secret to whoever holds the portal's own token."""
    return Reply(200, app(call.portal), {"cache-control": "no-store"})


def _while_v1(handler: Handler) -> Handler:
    """Serve version 1 until its last day; what then becomes of its paths is guessed."""

    def serve(call: Call) -> Reply:
        if call.portal.clock() >= V1_ENDS.timestamp():
            text = page("Error 404 Not Found", "OAuth version 1 ended on 2027-02-16.")
            return Reply(404, text, {"content-type": "text/html"})
        return handler(call)

    return serve


_V1 = (
    ("/token", "POST", token),
    ("/access-tokens/{token}", "GET", access_token),
    ("/refresh-tokens/{token}", "GET", refresh_token),
    ("/refresh-tokens/{token}", "DELETE", _deleted),
)
PATHS = (
    Path("oauth", "/token", "POST", token, open_to_all=True),
    Path("oauth", "/token/introspect", "POST", introspect, open_to_all=True),
    Path("oauth", "/token/revoke", "POST", revoke, open_to_all=True),
    *(
        Path("oauth v1", path, method, _while_v1(handler), open_to_all=True)
        for path, method, handler in _V1
    ),
    Path("sandbox", "/oauth/app", "GET", app_details, open_to_all=True),
)
