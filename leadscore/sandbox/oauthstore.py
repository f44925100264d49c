"""What OAuth keeps: the sandbox's one app, codes, refresh tokens and access tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from leadscore.sandbox.owners import owners
from leadscore.sandbox.replies import Refusal

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Portal

__all__ = [
    "CODE_SECONDS",
    "HUB_DOMAIN",
    "TOKEN_SECONDS",
    "Denied",
    "app",
    "check_client",
    "forget",
    "issue_code",
    "issue_token",
    "redeem",
    "refreshed",
    "replaced",
    "user",
]

CODE_SECONDS = 300
# HubSpot API docs, "Manage OAuth tokens": access tokens live 30 minutes.
TOKEN_SECONDS = 1800
_APP_ID = 2
HUB_DOMAIN = "sandbox.example.com"


class Denied(Refusal):
    """An error of the OAuth endpoints, in RFC 6749's fields and in HubSpot's older ones.

    HubSpot changelog, "New OAuth v3 API endpoints and standardized error responses".

    Parameters
    ----------
    word : str
        HubSpot's, in ``status``.
    message : str
    error : str
        RFC 6749's code.
    """

    def __init__(self, word: str, message: str, error: str = "invalid_grant") -> None:
        super().__init__(400, message)
        self.word = word
        self.error = error

    def body(self, correlation_id: str) -> dict[str, Any]:
        """Return the error body."""
        return {
            "status": self.word,
            "message": self.message,
            "correlationId": correlation_id,
            "error": self.error,
            "error_description": self.message,
        }


def _kept(portal: Portal, name: str) -> dict[str, Any]:
    found: dict[str, Any] = portal.shelf("oauth").setdefault(name, {})
    return found


def app(portal: Portal) -> dict[str, Any]:
    """Return the portal's app: its id, client id, client secret and redirect URIs.

    It is made with the portal and good for nothing else. Loopback redirect URIs need not be
    listed.

    Examples
    --------
    >>> from leadscore.sandbox.portal import Portal
    >>> sorted(app(Portal()))
    ['appId', 'clientId', 'clientSecret', 'redirectUris']
    """
    found = _kept(portal, "app")
    if not found:
        found |= {
            "appId": _APP_ID,
            "clientId": str(uuid4()),
            "clientSecret": str(uuid4()),
            "redirectUris": [],
        }
    return found


def user(portal: Portal) -> tuple[int, str]:
    """Return the id and email address of the user who connects apps: the first owner.

    Examples
    --------
    >>> from leadscore.sandbox.portal import Portal
    >>> user(Portal())
    (1, 'user@sandbox.example.com')
    """
    for one in owners(portal):
        if "userId" in one and not one["archived"]:
            return one["userId"], one["email"]
    return 1, f"user@{HUB_DOMAIN}"


def check_client(portal: Portal, client_id: str, client_secret: str) -> None:
    """Check that these are the app's.

    Raises
    ------
    Denied
        They are not.
    """
    known = app(portal)
    if not _same(client_id, known["clientId"]):
        raise Denied("BAD_CLIENT_ID", "missing or invalid client id", "invalid_client")
    if not _same(client_secret, known["clientSecret"]):
        raise Denied("BAD_CLIENT_SECRET", "missing or invalid client secret", "invalid_client")


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(), known.encode())


def issue_code(portal: Portal, *, scopes: Iterable[str], redirect_uri: str, challenge: str) -> str:
    """Return a code that can be exchanged for tokens once, within `CODE_SECONDS`.

    Parameters
    ----------
    portal : Portal
    scopes : iterable of str
        What the user agreed to.
    redirect_uri : str
        Must be named again at the exchange.
    challenge : str
        Of RFC 7636, by SHA-256; empty for none.
    """
    code = f"na1-{uuid4()}"
    _kept(portal, "codes")[code] = {
        "scopes": sorted(scopes),
        "redirectUri": redirect_uri,
        "challenge": challenge,
        "expiresAt": portal.clock() + CODE_SECONDS,
    }
    return code


def redeem(portal: Portal, code: str, *, redirect_uri: str, verifier: str) -> str:
    """Return a refresh token for a code, which is good no more.

    Raises
    ------
    Denied
        The code is unknown, used or too old, or was given for another redirect URI or verifier.
    """
    codes = _kept(portal, "codes")
    found = codes.get(code)
    if found is None:
        raise Denied("BAD_AUTH_CODE", "missing or unknown auth code")
    if portal.clock() >= found["expiresAt"]:
        raise Denied("EXPIRED_AUTH_CODE", "auth code is expired")
    if redirect_uri != found["redirectUri"]:
        message = "redirect uri does not match the one used to get the auth code"
        raise Denied("MISMATCH_REDIRECT_URI_AUTH_CODE", message)
    if _challenge(verifier) != found["challenge"]:
        raise Denied("BAD_CODE_VERIFIER", "code verifier does not match the code challenge")
    del codes[code]
    token = f"na1-{uuid4()}"
    _kept(portal, "refresh")[token] = {
        "appId": app(portal)["appId"],
        "userId": user(portal)[0],
        "scopes": found["scopes"],
    }
    return token


def _challenge(verifier: str) -> str:
    """Return RFC 7636's S256 of a verifier, nothing of nothing."""
    if not verifier:
        return ""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def refreshed(portal: Portal, refresh_token: str) -> dict[str, Any]:
    """Return what a refresh token stands for.

    Raises
    ------
    Denied
        It is unknown, or revoked.
    """
    found = _kept(portal, "refresh").get(refresh_token)
    if found is None:
        message = "refresh token is invalid, expired or revoked"
        raise Denied("BAD_REFRESH_TOKEN", message)
    return dict(found)


def replaced(portal: Portal, refresh_token: str) -> str:
    """Return the refresh token that stands for another from now on: itself, unless the portal says.

    Raises
    ------
    Denied
        It is unknown, replaced before, or revoked.
    """
    granted = refreshed(portal, refresh_token)
    if not portal.new_refresh_tokens:
        return refresh_token
    token = f"na1-{uuid4()}"
    _kept(portal, "refresh")[token] = granted
    forget(portal, refresh_token)
    return token


def issue_token(portal: Portal, refresh_token: str) -> str:
    """Return a new access token of a refresh token's scopes; the refresh token stays as it is."""
    granted = refreshed(portal, refresh_token)
    token = "C" + secrets.token_urlsafe(90)
    expires_at = portal.clock() + TOKEN_SECONDS
    _kept(portal, "access")[token] = granted | {"expiresAt": expires_at}
    return token


def forget(portal: Portal, refresh_token: str) -> bool:
    """Revoke a refresh token and say whether there was one; its access tokens live out their time.

    HubSpot API docs, "OAuth tokens v1": deleting a refresh token leaves access tokens and the
    installation as they are.
    """
    return _kept(portal, "refresh").pop(refresh_token, None) is not None
