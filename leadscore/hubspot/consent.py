"""The address at which somebody lets an app into their portal, and what proves the answer ours."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlencode

from pydantic import SecretStr

from leadscore.settings import HUBSPOT_URL, check_base_url

__all__ = ["Consent", "ask_for"]

# HubSpot API docs, "Working with OAuth": the page is at another host than the API.
_PAGE: Final = "https://app.hubspot.com/oauth/authorize"
_EVERY_APP: Final = "oauth"


@dataclass(frozen=True, slots=True)
class Consent:
    """What was asked for, and the secrets that belong to the answer.

    Attributes
    ----------
    url : str
        Where a person says yes or no.
    redirect_uri : str
        Where the answer goes.
    state : SecretStr
        Comes back with the answer: one without it is somebody else's.
    verifier : SecretStr
        Goes with the code when it is redeemed (RFC 7636, PKCE).
    """

    url: str
    redirect_uri: str
    state: SecretStr = field(repr=False)
    verifier: SecretStr = field(repr=False)


def ask_for(
    client_id: SecretStr,
    *,
    scopes: Collection[str],
    optional: Collection[str] = (),
    redirect_uri: str,
    base_url: str = HUBSPOT_URL,
) -> Consent:
    """Return the address of the page that asks for consent; each has a state of its own.

    Parameters
    ----------
    client_id : SecretStr
        The app's.
    scopes, optional : collection of str
        What the app must be given, and what it does more with. ``oauth``, which every app has, is
        added.
    redirect_uri : str
        One of the app's. HubSpot allows plain HTTP for the host ``localhost`` alone (changelog,
        "OAuth2 'redirect_uri' Can Now Be Served over http If The Host Is 'localhost'").
    base_url : str
        HubSpot's, or a sandbox's.

    Notes
    -----
    PKCE is always used. HubSpot's reference of the token endpoint has ``code_verifier``, and apps
    for its MCP server must use PKCE; that the page looks at the challenge for every other app is
    unverified. Where it does not, the challenge does nothing, and state and client secret remain.

    Examples
    --------
    >>> asked = ask_for(SecretStr("an-id"), scopes=["files"], redirect_uri="http://localhost:8400/")
    >>> asked.url.partition("&state=")[0]
    'https://app.hubspot.com/oauth/authorize?client_id=an-id&redirect_uri=http%3A%2F%2Flocalhost%3A8400%2F&scope=oauth%20files'
    """
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    base = check_base_url(base_url)
    asked = {
        "client_id": client_id.get_secret_value(),
        "redirect_uri": redirect_uri,
        "scope": " ".join(dict.fromkeys([_EVERY_APP, *scopes])),
        "optional_scope": " ".join(name for name in optional if name not in scopes),
        "state": state,
        "code_challenge": _challenge(verifier),
        "code_challenge_method": "S256",
    }
    page = _PAGE if base == HUBSPOT_URL else f"{base}/oauth/authorize"
    query = urlencode(
        {name: text for name, text in asked.items() if text}, quote_via=quote, safe=""
    )
    return Consent(f"{page}?{query}", redirect_uri, SecretStr(state), SecretStr(verifier))


def _challenge(verifier: str) -> str:
    """Return S256 of a verifier.

    Examples
    --------
    >>> _challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")  # RFC 7636, appendix B
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
    """
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
