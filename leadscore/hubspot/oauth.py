"""Access tokens of OAuth: got, renewed before they expire, and once more when refused.

HubSpot API docs, "Manage OAuth tokens": an access token lives 30 minutes, and a refresh token
brings the next one. ``/oauth/v1`` ends on 2027-02-16 (changelog, "v1 OAuth API deprecation"), so
it is not used.
"""

from __future__ import annotations

import threading
import warnings
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import urllib3
from pydantic import SecretStr

from leadscore.errors import (
    AuthenticationError,
    BadReplyError,
    HubSpotError,
    SettingsError,
    UnreachableError,
)
from leadscore.hubspot.paths import path
from leadscore.hubspot.replies import json_object
from leadscore.hubspot.retries import Kind, back_off, kind_of
from leadscore.hubspot.waits import Deadline, Waits
from leadscore.hubspot.wire import TooLargeError, Wire
from leadscore.settings import check_base_url, check_token

__all__ = ["App", "Keeper", "OAuthToken", "redeem_code", "revoke"]

_EARLY: Final = 60.0  # seconds before its end that a token is renewed
_DEADLINE: Final = 30.0  # seconds of wall clock for one attempt
_ATTEMPTS: Final = 3
_REFUSALS: Final = frozenset({400, 401, 403})
_PASSING: Final = frozenset({Kind.LIMITED, Kind.SERVER})
_REPLACED = (
    "HubSpot replaced the refresh token. Store the new one as HUBSPOT_REFRESH_TOKEN; it is in "
    "`portal.token.refresh_token.get_secret_value()`."
)


@dataclass(frozen=True, slots=True)
class App:
    """An app of OAuth, and the refresh token that somebody's consent brought it.

    Attributes
    ----------
    client_id, client_secret, refresh_token : SecretStr
    version : str
        Of the API.
    name : str
        Of the portal that was signed in to; empty for an app of the surroundings.
    """

    client_id: SecretStr
    client_secret: SecretStr
    refresh_token: SecretStr
    version: str = "2026-03"
    name: str = ""


class Keeper(Protocol):
    """Where an app is kept that several processes refresh."""

    def held(self) -> AbstractContextManager[App]:
        """Return the app as it is kept now; others wait until the block ends."""

    def keep(self, app: App) -> None:
        """Keep an app whose refresh token was replaced."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """A reply whose secrets show in no traceback."""

    status: int
    facts: dict[str, Any] | None

    def __repr__(self) -> str:
        return f"<an answer with status {self.status}>"

    def text(self, name: str) -> str:
        found = (self.facts or {}).get(name)
        return found if isinstance(found, str) else ""

    def number(self, name: str) -> float:
        found = (self.facts or {}).get(name)
        return float(found) if isinstance(found, int | float) else 0.0


class OAuthToken:
    """The access token of an app; it renews itself a minute before it expires.

    Parameters
    ----------
    app : App
    base_url : str
        HubSpot, or a sandbox on this machine.
    waits : Waits, optional
        Injectable, for tests without waiting.
    keeper : Keeper, optional
        Is asked for the app before each refresh, and gets a refresh token that replaces it. Without
        one, a replacement is a warning.
    origin : str
        Where the refresh token is from, for messages.

    Raises
    ------
    AuthenticationError
        From `get` and `renew`: HubSpot refuses the app or its refresh token.
    HubSpotError
        From `get` and `renew`: HubSpot does not answer, or not as it documents.
    """

    def __init__(
        self,
        app: App,
        *,
        base_url: str,
        waits: Waits | None = None,
        keeper: Keeper | None = None,
        origin: str = "OAuth",
    ) -> None:
        self._app, self._waits = app, waits or Waits()
        self._base_url, self.origin = check_base_url(base_url), origin
        self._keeper = keeper or _Unkept(self)
        self._token: SecretStr | None = None
        self._ends = 0.0
        self._lock = threading.Lock()

    @property
    def refresh_token(self) -> SecretStr:
        """The refresh token in use: the one that was set, unless HubSpot has replaced it."""
        return self._app.refresh_token

    def get(self) -> SecretStr:
        """Return an access token that is good for a minute or more."""
        with self._lock:
            if self._token is None or self._waits.clock() >= self._ends:
                self._token = self._refresh()
            return self._token

    def renew(self) -> bool:
        """Get a new access token: the one in use was refused before its time."""
        with self._lock:
            self._token = self._refresh()
            return True

    def _refresh(self) -> SecretStr:
        """Refresh as the app is kept now: another process may have had its token replaced."""
        with self._keeper.held() as app:
            self._app = app
            fields = {"grant_type": "refresh_token"}
            answer = self._endpoint().ask("token", fields, refresh_token=app.refresh_token)
            return self._taken(answer)

    def _endpoint(self) -> _Endpoint:
        return _Endpoint(self._app, self._base_url, self._waits)

    def _taken(self, answer: _Answer) -> SecretStr:
        token, lasts = _access_token(answer), answer.number("expires_in")
        if token is None or not lasts > 0:
            raise BadReplyError(
                "HubSpot's reply to a refresh has no access token or no time for it.",
                hint="Run the same command again.",
            )
        self._ends = self._waits.clock() + lasts - min(_EARLY, lasts / 2)
        self._keep(answer.text("refresh_token"))
        return token

    def _keep(self, refresh_token: str) -> None:
        """Use a refresh token that replaces ours; whether HubSpot ever does so is unverified."""
        new = SecretStr(refresh_token)
        if refresh_token and new != self._app.refresh_token:
            self._app = replace(self._app, refresh_token=new)
            self._keeper.keep(self._app)

    def scopes(self) -> Any:
        """Return the scopes that HubSpot's introspection lists; None where it lists none.

        HubSpot changelog, "New OAuth v3 API endpoints": ``/oauth/…/token/introspect``.

        Raises
        ------
        HubSpotError
            It does not answer.
        """
        fields = {"token_type_hint": "access_token"}
        token = self.get()
        answer = self._endpoint().ask("token/introspect", fields, token=token)
        return (answer.facts or {}).get("scopes")


class _Unkept:
    """Keeps an app of the surroundings nowhere: whoever set it is told."""

    def __init__(self, token: OAuthToken) -> None:
        self._token = token

    def held(self) -> AbstractContextManager[App]:
        return nullcontext(self._token._app)

    def keep(self, app: App) -> None:  # noqa: ARG002 - there is no place to keep it
        warnings.warn(_REPLACED, UserWarning, stacklevel=2)


def redeem_code(
    client_id: SecretStr,
    client_secret: SecretStr,
    code: SecretStr,
    *,
    redirect_uri: str,
    base_url: str,
    version: str = "2026-03",
    verifier: SecretStr | None = None,
    name: str = "",
) -> SecretStr:
    """Exchange the code that follows somebody's consent for a refresh token, once.

    Parameters
    ----------
    client_id, client_secret : SecretStr
        The app's.
    code : SecretStr
        From the query of the redirect; it is good once and for a short time.
    redirect_uri : str
        As it was when consent was asked for.
    base_url : str
        HubSpot, or a sandbox on this machine.
    version : str
        Of the API.
    verifier : SecretStr, optional
        That of PKCE, where its challenge went with the wish for consent.
    name : str
        Of the portal that is signed in to, for messages.

    Returns
    -------
    SecretStr
        What to store as HUBSPOT_REFRESH_TOKEN.

    Raises
    ------
    AuthenticationError
        HubSpot refuses the app or the code.
    """
    app = App(client_id, client_secret, SecretStr(""), version, name)
    fields = {"grant_type": "authorization_code", "redirect_uri": redirect_uri}
    proof = SecretStr("") if verifier is None else verifier
    answer = _Endpoint(app, base_url, Waits()).ask("token", fields, code=code, code_verifier=proof)
    if not answer.text("refresh_token"):
        raise BadReplyError("HubSpot's reply to a code has no refresh token.", hint="Try again.")
    return SecretStr(answer.text("refresh_token"))


def revoke(app: App, *, base_url: str) -> None:
    """Have HubSpot take a refresh token back; its access tokens live out their half hour.

    HubSpot API docs, "Revoke an OAuth token". The app stays installed in the account.

    Raises
    ------
    HubSpotError
        HubSpot refuses, or does not answer.
    """
    fields = {"token_type_hint": "refresh_token"}
    endpoint = _Endpoint(app, base_url, Waits())
    endpoint.ask("token/revoke", fields, empty=True, token=app.refresh_token)


def _access_token(answer: _Answer) -> SecretStr | None:
    try:
        return check_token(SecretStr(answer.text("access_token")))
    except SettingsError:
        return None


class _Endpoint:
    """The endpoints of OAuth: a form goes there, without a bearer token, and JSON comes back.

    They are not the portal's, so they are outside its pacing; how HubSpot limits them is
    unverified.
    """

    def __init__(self, app: App, base_url: str, waits: Waits) -> None:
        self._app, self._base_url, self._waits = app, check_base_url(base_url), waits

    def ask(
        self, what: str, fields: dict[str, str], *, empty: bool = False, **secrets: SecretStr
    ) -> _Answer:
        """Send fields and secrets, and send them again while HubSpot is only unwell.

        The reply is JSON, or of no matter (`empty`).
        """
        asked = path(self._app.version, "oauth", what)
        for attempt in range(1, _ATTEMPTS + 1):
            answer = self._send(asked, fields, secrets)
            if isinstance(answer, _Answer) and kind_of(answer.status, b"") not in _PASSING:
                break
            if attempt < _ATTEMPTS:
                self._waits.sleep(back_off(attempt, self._waits.uniform(0.0, 1.0)))
        if not isinstance(answer, _Answer):
            raise UnreachableError(
                f"POST {asked} got no complete reply ({answer}).",
                hint="Check the network, then run the same command again.",
            )
        good = answer.status in (200, 204) if empty else answer.status == 200
        if not good or (answer.facts is None and not empty):
            raise self._refused(answer, secrets)
        return answer

    def _send(
        self, asked: str, fields: dict[str, str], secrets: dict[str, SecretStr]
    ) -> _Answer | str:
        """Send once; return the kind of error if there is one, because its frames hold secrets."""
        hidden = {"client_id": self._app.client_id, "client_secret": self._app.client_secret}
        known = {name: value.get_secret_value() for name, value in (hidden | secrets).items()}
        shown = {name: value for name, value in known.items() if value}
        wire = Wire(connections=1)
        try:
            answer = wire.exchange(
                "POST",
                self._base_url + asked,
                headers={"Accept": "application/json"},
                deadline=Deadline(self._waits.clock() + _DEADLINE, self._waits.clock),
                fields=fields | shown,
                encode_multipart=False,
            )
        except (urllib3.exceptions.HTTPError, OSError, TooLargeError) as error:
            return type(error).__name__
        finally:
            wire.close()
        return _Answer(answer.status, _facts(answer.body))

    def _refused(self, answer: _Answer, secrets: dict[str, SecretStr]) -> HubSpotError:
        said = answer.text("error_description") or answer.text("message") or "no reason given"
        for secret in (self._app.client_id, self._app.client_secret, *secrets.values()):
            said = said.replace(secret.get_secret_value() or "[secret]", "[secret]")
        about: dict[str, Any] = {
            "status": answer.status,
            "category": answer.text("status")[:100],
            "correlation_id": answer.text("correlationId")[:100],
        }
        why = f"HubSpot says: {said[:500]}."
        if answer.status not in _REFUSALS:
            message = (
                f"HubSpot's OAuth does not answer as it should (status {answer.status}). {why}"
            )
            return HubSpotError(message, hint="Run the same command again later.", **about)
        if answer.text("error") == "invalid_client":
            message = f"HubSpot refuses the app of OAuth. {why}"
            hint = "Check HUBSPOT_CLIENT_ID and HUBSPOT_CLIENT_SECRET against the app in HubSpot."
        else:
            message = f"HubSpot refuses the refresh token or code of OAuth. {why}"
            hint = (
                "Connect the app again by its install URL, and set the new HUBSPOT_REFRESH_TOKEN."
            )
        if self._app.name:
            hint = f"Sign in again: `leadscore login {self._app.name}`."
        return AuthenticationError(message, hint=hint, **about)


def _facts(body: bytes) -> dict[str, Any] | None:
    try:
        return json_object(body)
    except ValueError:
        return None
