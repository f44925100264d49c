"""Sign in to portals by name, by a token or by OAuth; sign out; see which there are."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from getpass import getpass
from typing import Any, Literal

import pandas as pd
from pydantic import SecretStr

from leadscore.errors import AuthenticationError, LeadscoreError, SettingsError
from leadscore.hubspot.callback import PATH, Callback, read_answer
from leadscore.hubspot.connection import Portal, connect
from leadscore.hubspot.consent import Consent, ask_for
from leadscore.hubspot.oauth import App, OAuthToken, redeem_code, revoke
from leadscore.hubspot.tokens import OF_AN_APP, GivenToken, TokenSource, kept_app
from leadscore.hubspot.vault import Entry, Vault, check_name
from leadscore.jobs import wishes
from leadscore.scopecheck import MAIN_JOB
from leadscore.settings import Settings, check_token, load_settings, settings_of
from leadscore.stamps import now

__all__ = ["PORT", "sign_in", "sign_out", "signed_in"]

PORT = 8400
_COLUMNS = ["name", "portal_id", "kind", "kept", "since", "url"]
Secret = SecretStr | str


def sign_in(
    name: str,
    *,
    token: Secret | None = None,
    client_id: Secret | None = None,
    client_secret: Secret | None = None,
    for_: Iterable[str] = MAIN_JOB,
    objects: Collection[str] = ("contacts",),
    port: int = PORT,
    timeout: float = 300.0,
    browser: bool = True,
    paste: Callable[[], str] | None = None,
    settings: Settings | None = None,
) -> Portal:
    """Sign in to a portal once, and connect to it by its name from then on.

    By a token (a service key or private-app token), asked for without showing it unless given; or
    by OAuth, where there is a client id: a browser opens HubSpot's page, and its answer comes back
    to this machine. What is kept is the token, or the app's secret and the refresh token: in the
    system's keyring, or in a file that its owner alone may read.

    Parameters
    ----------
    name : str
        What the portal is to be called: small letters, digits, ``-`` and ``_``.
    token : str or SecretStr, optional
        Do not write it into a cell or script; leave it out to be asked.
    client_id, client_secret : str or SecretStr, optional
        An app's. By default ``HUBSPOT_CLIENT_ID`` and ``HUBSPOT_CLIENT_SECRET``; a secret that is
        nowhere is asked for.
    for_, objects
        What the app is to do, as for `scopes`: its scopes are asked for, and no others.
    port : int, default 8400
        Of this machine, for the answer. ``http://localhost:8400/callback`` must be one of the
        app's redirect URLs in HubSpot.
    timeout : float, default 300
        Seconds to wait for the answer.
    browser : bool, default True
        False: only print the address.
    paste : callable, optional
        Instead of listening, asks for the address to which the browser was sent: for a browser on
        another machine.
    settings : Settings, optional
        Read from the surroundings unless given. A sandbox's address is kept with the name.

    Returns
    -------
    Portal
        As `connect` with this name returns it.

    Raises
    ------
    SettingsError
        The name is none or stands for another portal, the token is malformed, the port is taken,
        or nothing can be kept.
    AuthenticationError
        HubSpot refuses the token, the app or the code, or whoever was asked said no.
    UnreachableError
        No answer came in time.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> sandbox = ls.open_sandbox(contacts=3)
    >>> here = ls.Settings(base_url=sandbox.url, config=tempfile.mkdtemp())
    >>> ls.sign_in("acme", token=sandbox.token, settings=here).id == sandbox.portal_id
    True
    >>> ls.signed_in(settings=here)["name"].tolist()
    ['acme']
    >>> ls.sign_out("acme", settings=here)["revoked"]  # a token is taken back in HubSpot
    False
    >>> sandbox.close()
    """
    settings = settings_of(check_name(name), settings or load_settings())
    given = client_id or (None if token else settings.client_id)
    if given is None:
        secret = check_token(_secret(token) or _asked(f"The token of {name} (it is not shown): "))
        source: TokenSource = GivenToken(secret, origin="what was given")
        _keep(name, "token", settings, source, lambda: {"token": secret})
    else:
        asked = _secret(client_secret) or settings.client_secret
        known = asked or _asked("The app's client secret (it is not shown): ")
        app = App(_stripped(given), known, SecretStr(""), settings.api_version, name)
        wish = _Wish(for_, objects, port, timeout, browser, paste)
        _by_consent(name, settings, app, wish)
    return connect(name=name, settings=settings)


@dataclass(frozen=True)
class _Wish:
    """How consent is asked for."""

    jobs: Iterable[str]
    objects: Collection[str]
    port: int
    timeout: float
    browser: bool
    paste: Callable[[], str] | None


def _by_consent(name: str, settings: Settings, app: App, wish: _Wish) -> None:
    consent, code = _consent(settings, app, wish)
    where: dict[str, Any] = {"base_url": settings.base_url, "version": app.version}
    got = redeem_code(
        app.client_id,
        app.client_secret,
        code,
        redirect_uri=consent.redirect_uri,
        verifier=consent.verifier,
        name=name,
        **where,
    )
    hand = _Hand(replace(app, refresh_token=got))
    try:
        source = OAuthToken(hand.app, base_url=settings.base_url, keeper=hand)
        _keep(name, "oauth", settings, source, hand.secrets)
    except LeadscoreError:
        with suppress(LeadscoreError):
            revoke(hand.app, base_url=settings.base_url)
        raise


class _Hand:
    """Holds an app until it is known whose it is: the first refresh may replace its token."""

    def __init__(self, app: App) -> None:
        self.app = app

    def held(self) -> AbstractContextManager[App]:
        return nullcontext(self.app)

    def keep(self, app: App) -> None:
        self.app = app

    def secrets(self) -> dict[str, SecretStr]:
        return {what: getattr(self.app, what) for what in OF_AN_APP}


def _consent(settings: Settings, app: App, wish: _Wish) -> tuple[Consent, SecretStr]:
    """Ask, and return what was asked and the code that came."""
    if wish.paste is not None:
        consent = _ask_for(settings, app, wish, f"http://localhost:{wish.port}{PATH}")
        _show(consent, browser=False)
        return consent, read_answer(wish.paste(), consent.state)
    with Callback(wish.port) as callback:
        consent = _ask_for(settings, app, wish, callback.redirect_uri)
        callback.state = consent.state
        _show(consent, browser=wish.browser)
        return consent, callback.wait(wish.timeout)


def _ask_for(settings: Settings, app: App, wish: _Wish, redirect_uri: str) -> Consent:
    asked = wishes(wish.jobs, objects=wish.objects)
    needed = dict.fromkeys(one.scopes[0] for one in asked if one.need == "needed")
    return ask_for(
        app.client_id,
        scopes=needed,
        optional=dict.fromkeys(one.scopes[0] for one in asked if one.scopes[0] not in needed),
        redirect_uri=redirect_uri,
        base_url=settings.base_url,
    )


def _show(consent: Consent, *, browser: bool) -> None:
    said = f"Let leadscore in on this page:\n{consent.url}\n"
    sys.stderr.write(said)
    sys.stderr.flush()
    if browser:
        with suppress(webbrowser.Error, OSError):
            webbrowser.open(consent.url)


def _keep(
    name: str,
    kind: Literal["token", "oauth"],
    settings: Settings,
    source: TokenSource,
    secrets: Callable[[], dict[str, SecretStr]],
) -> None:
    """Ask which portal it is, and keep it, unless the name stands for another one."""
    with Portal(settings, source) as portal:
        portal_id = portal.id
    vault = Vault(settings)
    with vault.held():
        if vault.has(name) and (before := vault.entry(name).portal_id) != portal_id:
            raise SettingsError(
                f"{name} is portal {before}, and this is portal {portal_id}.",
                hint=f"Choose another name, or run `leadscore logout {name}` first.",
            )
        vault.keep(Entry(name, portal_id, kind, now(), portal.base_url), secrets())


def sign_out(name: str, *, force: bool = False, settings: Settings | None = None) -> dict[str, Any]:
    """Forget a portal by name; what OAuth brought is revoked at HubSpot first.

    Parameters
    ----------
    name : str
    force : bool, default False
        Forget it too where it cannot be revoked, or what is kept of it is damaged.
    settings : Settings, optional
        Read from the surroundings unless given.

    Returns
    -------
    dict
        ``name``, ``portal_id`` (None where it is damaged), ``kind``, ``revoked``: False for a
        token, which is rotated or deleted in HubSpot alone.

    Raises
    ------
    SettingsError
        There is none of that name, or what is kept of it is damaged.
    HubSpotError
        HubSpot does not revoke it; it is kept.
    """
    vault = Vault(settings or load_settings())
    if not vault.has(check_name(name)):
        vault.entry(name)
    told: dict[str, Any] = {"name": name, "portal_id": None, "kind": "", "revoked": False}
    with vault.held():
        try:
            told |= _revoked(vault, name, settings or load_settings())
        except LeadscoreError as error:
            if not force:
                raise _kept(name, error) from None
        vault.forget(name)
    return told


def _revoked(vault: Vault, name: str, settings: Settings) -> dict[str, Any]:
    entry = vault.entry(name)
    if entry.kind == "oauth":
        revoke(kept_app(vault, name, settings.api_version), base_url=entry.base_url)
    known = {"portal_id": entry.portal_id, "kind": entry.kind}
    return known | {"revoked": entry.kind == "oauth"}


def _kept(name: str, error: LeadscoreError) -> LeadscoreError:
    """Return the same error, saying how to forget the portal in spite of it."""
    hint = f"Try again, or forget it all the same: `leadscore logout {name} --force`."
    return type(error)(error.message, hint=hint)


def signed_in(*, settings: Settings | None = None) -> pd.DataFrame:
    """Return the portals that were signed in to. Nothing is asked of HubSpot or the keyring.

    Parameters
    ----------
    settings : Settings, optional
        Read from the surroundings unless given.

    Returns
    -------
    DataFrame
        One row per portal, by name: ``name`` (text), ``portal_id`` (int64), ``kind`` ("token" or
        "oauth"), ``kept`` ("keyring" or "file"), ``since`` (datetime, UTC: when its token or
        consent was put there), ``url`` (text).

    Raises
    ------
    SettingsError
        A file cannot be read, is damaged, or others can read it.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> ls.signed_in(settings=ls.Settings(config=tempfile.mkdtemp())).empty
    True
    """
    found = Vault(settings or load_settings()).entries()
    rows = [(e.name, e.portal_id, e.kind, e.kept, e.since, e.base_url) for e in found]
    kinds: dict[str, Any] = dict.fromkeys(_COLUMNS, "str") | {"portal_id": "int64"}
    frame = pd.DataFrame(rows, columns=_COLUMNS).astype(kinds)
    since = pd.to_datetime(frame["since"], utc=True, errors="coerce")
    frame["since"] = since.astype("datetime64[us, UTC]")
    return frame


def _secret(given: Secret | None) -> SecretStr | None:
    return _stripped(given) if given else None


def _stripped(given: Secret) -> SecretStr:
    text = given.get_secret_value() if isinstance(given, SecretStr) else given
    return SecretStr(text.strip())


def _asked(prompt: str) -> SecretStr:
    """Ask without showing what is typed; where nobody can be asked, say so."""
    try:
        typed = getpass(prompt)
    except (EOFError, OSError, RuntimeError) as error:  # Jupyter's is a NotImplementedError
        raise SettingsError(
            f"Nobody can be asked for a secret here ({type(error).__name__}).",
            hint="Pipe it into `leadscore login NAME`, or sign in once in a terminal.",
        ) from None
    if not typed.strip():
        raise AuthenticationError("Nothing was typed.", hint="Run the same command again.")
    return SecretStr(typed.strip())
