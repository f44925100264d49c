"""Where the token comes from: the environment, ``.env``, OAuth, or the system's keyring."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from leadscore.errors import SettingsError
from leadscore.hubspot import pool
from leadscore.hubspot.oauth import App, OAuthToken
from leadscore.hubspot.vault import Vault
from leadscore.settings import (
    Settings,
    check_base_url,
    check_token,
    token_in_env_file,
    token_in_environment,
)

__all__ = [
    "OF_AN_APP",
    "GivenToken",
    "StoredToken",
    "TokenSource",
    "find_token",
    "kept_app",
    "named_token",
    "token_in_keyring",
]

OF_AN_APP = ("client_id", "client_secret", "refresh_token")
SERVICE, USER = "leadscore", "token"
_WHERE = (
    "Set HUBSPOT_PRIVATE_APP_TOKEN in the environment or in .env to a service key or "
    "private-app token, or keep it in the system's keyring: "
)
_STORE = f"`keyring set {SERVICE} {USER}`"


class TokenSource(pool.TokenSource, Protocol):
    """Gives the token, and looks for a new one when HubSpot refuses it."""

    @property
    def origin(self) -> str:
        """Where the token is from, for messages."""


class GivenToken:
    """A token that was handed over, and that nothing can renew.

    Examples
    --------
    >>> GivenToken(SecretStr("pat-na1-00000000-1111-2222-3333-444444444444")).renew()
    False
    """

    def __init__(self, token: SecretStr, *, origin: str = "the settings") -> None:
        self._token, self.origin = check_token(token), origin

    def get(self) -> SecretStr:
        """Return the token."""
        return self._token

    def renew(self) -> bool:
        """Say no."""
        return False


class StoredToken:
    """A token that is kept somewhere, and read again there when HubSpot refuses it.

    Parameters
    ----------
    look : callable
        Returns what is there now, None for nothing.
    origin : str
        Where that is, for messages.

    Raises
    ------
    SettingsError
        There is no token, or it is malformed.
    """

    def __init__(self, look: Callable[[], SecretStr | None], *, origin: str) -> None:
        self._look, self.origin = look, origin
        self._token = check_token(look())

    def get(self) -> SecretStr:
        """Return the token as it was read last."""
        return self._token

    def renew(self) -> bool:
        """Read the token again; one that is malformed or gone is not taken over."""
        before = self._token
        try:
            self._token = check_token(self._look())
        except SettingsError:
            return False
        return self._token != before


def find_token(settings: Settings) -> TokenSource:
    """Find the token: in the environment, else in ``.env``, else by OAuth, else in the keyring.

    Raises
    ------
    SettingsError
        There is none, it is malformed, or OAuth is set up by halves.

    Examples
    --------
    >>> token = SecretStr("pat-na1-00000000-1111-2222-3333-444444444444")
    >>> find_token(Settings(token=token)).origin
    'the settings'
    """
    if settings.token is not None:
        return _stored(settings.token)
    app = _app(settings)
    if app is not None:
        return OAuthToken(app, base_url=check_base_url(settings.base_url))
    kept, trouble = _keyring()
    if kept is None:
        raise SettingsError("There is no HubSpot token.", hint=f"{_WHERE}{trouble}.")
    return StoredToken(token_in_keyring, origin="the keyring")


def named_token(settings: Settings, name: str) -> TokenSource:
    """Return the token of a portal that was signed in to; it is kept where it is when it changes.

    Raises
    ------
    SettingsError
        There is none of that name, or what is kept of it cannot be used.
    """
    vault, origin = Vault(settings), f"the portal {name}"
    entry = vault.entry(name)
    if entry.kind == "token":
        return StoredToken(lambda: vault.secrets(name).get("token"), origin=origin)
    app = kept_app(vault, name, settings.api_version)
    keeper = _Kept(vault, name, settings.api_version)
    return OAuthToken(app, base_url=entry.base_url, keeper=keeper, origin=origin)


def kept_app(vault: Vault, name: str, version: str) -> App:
    """Return the app of a portal that was signed in to by OAuth.

    Raises
    ------
    SettingsError
        There is none.
    """
    found = vault.secrets(name)
    if missing := [what for what in OF_AN_APP if what not in found]:
        raise SettingsError(
            f"Of the portal {name} no {' and no '.join(missing)} is kept.",
            hint=f"Sign in again: `leadscore login {name}`.",
        )
    client_id, client_secret, refresh_token = (found[what] for what in OF_AN_APP)
    return App(client_id, client_secret, refresh_token, version, name)


class _Kept:
    """Keeps an app by a portal's name; processes that refresh it take turns."""

    def __init__(self, vault: Vault, name: str, version: str) -> None:
        self._vault, self._name, self._version = vault, name, version

    @contextmanager
    def held(self) -> Iterator[App]:
        with self._vault.held():
            yield kept_app(self._vault, self._name, self._version)

    def keep(self, app: App) -> None:
        secrets = {what: getattr(app, what) for what in OF_AN_APP}
        self._vault.replace(self._name, secrets)


def _stored(token: SecretStr) -> TokenSource:
    """Find out where the settings have their token from, so that it can be read there again."""
    file = Path(".env").absolute()
    if token_in_environment() == token:
        return StoredToken(token_in_environment, origin="the environment")
    if token_in_env_file(file) == token:
        return StoredToken(lambda: token_in_env_file(file), origin=".env")
    return GivenToken(token)


def _app(settings: Settings) -> App | None:
    given = {
        "HUBSPOT_CLIENT_ID": settings.client_id,
        "HUBSPOT_CLIENT_SECRET": settings.client_secret,
        "HUBSPOT_REFRESH_TOKEN": settings.refresh_token,
    }
    missing = [name for name, value in given.items() if value is None]
    if len(missing) == len(given):
        return None
    if missing:
        raise SettingsError(
            f"OAuth is set up by halves: there is no {' and no '.join(missing)}.",
            hint="Set all three, or HUBSPOT_PRIVATE_APP_TOKEN alone.",
        )
    client_id, client_secret, refresh_token = (value for value in given.values() if value)
    return App(client_id, client_secret, refresh_token, version=settings.api_version)


def token_in_keyring() -> SecretStr | None:
    """Return the token that the system's keyring has under service "leadscore", user "token"."""
    return _keyring()[0]


def _keyring() -> tuple[SecretStr | None, str]:
    """Return the token of the keyring, or what to do so that there is one."""
    try:
        import keyring
    except ImportError:
        return None, f'`pip install "leadscore[keyring]"`, then {_STORE}'
    try:
        kept = keyring.get_password(SERVICE, USER)
    except Exception as error:  # noqa: BLE001 - a backend may raise anything
        return None, f"{_STORE} (it cannot be used here now: {type(error).__name__})"
    return (SecretStr(kept) if kept else None), _STORE
