"""Settings: environment over ``.env`` over defaults; nothing is read at import time."""

from __future__ import annotations

import os
import re
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    SettingsConfigDict,
)

from leadscore.errors import SettingsError

__all__ = [
    "BETAS",
    "HUBSPOT_URL",
    "PORTAL_NAME",
    "PROPERTIES",
    "Settings",
    "check_base_url",
    "check_token",
    "config_folder",
    "load_settings",
    "settings_of",
    "token_in_env_file",
    "token_in_environment",
]

HUBSPOT_URL = "https://api.hubapi.com"
#: What the names of the properties that leadscore writes end in.
PROPERTIES = (
    *("score", "tier", "probability", "fit", "engagement"),
    *("trend", "reasons", "model", "scored_at"),
)
_ALWAYS = ("score", "tier")
BETAS = ("lead-scoring",)
#: What a portal may be called: it names files and folders.
PORTAL_NAME = r"^[a-z0-9][a-z0-9_-]{0,39}$"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{16,512}")
_QUOTES = "\"'`\u201c\u201d\u2018\u2019"
_WHERE = (
    "Set HUBSPOT_PRIVATE_APP_TOKEN in the environment or in .env to a service key or "
    "private-app token."
)


def _oauth(name: str) -> Any:
    return Field(default=None, validation_alias=AliasChoices(name, f"HUBSPOT_{name.upper()}"))


class Settings(BaseSettings):
    """What leadscore needs to know about its surroundings.

    Parameters
    ----------
    token : SecretStr, optional
        ``HUBSPOT_PRIVATE_APP_TOKEN`` (alias ``HUBSPOT_ACCESS_TOKEN``).
    client_id, client_secret, refresh_token : SecretStr, optional
        ``HUBSPOT_CLIENT_ID``, ``HUBSPOT_CLIENT_SECRET``, ``HUBSPOT_REFRESH_TOKEN``: an app of
        OAuth, used where there is no token.
    base_url : str
        ``LEADSCORE_BASE_URL``: HubSpot, or a sandbox on this machine.
    workspace : Path
        ``LEADSCORE_WORKSPACE``: the folder of one portal's store, models, plans and runs.
    api_version : {"2026-03", "2026-09", "v3"}
        ``LEADSCORE_API_VERSION``.
    prefix : str
        ``LEADSCORE_PREFIX``: the names of the properties that leadscore writes begin with it.
    properties : tuple of str
        ``LEADSCORE_PROPERTIES``: which of `PROPERTIES` are written, parted by commas; all unless
        given. The score and the tier always are.
    max_writes : int
        ``LEADSCORE_MAX_WRITES``: more contacts than this are not written by one plan.
    keep_days : int
        ``LEADSCORE_KEEP_DAYS``: outputs of scheduled notebooks that are older are deleted.
    beta : tuple of str
        ``LEADSCORE_BETA``: betas of HubSpot's that may be used, parted by commas; there is
        ``lead-scoring``.
    data : Path, optional
        ``LEADSCORE_DATA``: a folder with public tables already downloaded.
    portal : str, optional
        ``LEADSCORE_PORTAL``: the name of a portal that was signed in to; it goes before a token.
        Its workspace is ``portals/NAME`` within ``.leadscore``, unless one is set.
    config : Path, optional
        ``LEADSCORE_CONFIG``: the folder that keeps portals by name; see `config_folder`.
    secrets : {"auto", "keyring", "file"}
        ``LEADSCORE_SECRETS``: where their tokens are kept; "auto" is the system's keyring, and a
        file that its owner alone may read where there is none.

    Examples
    --------
    >>> Settings(workspace=Path("crm")).api_version
    '2026-03'
    """

    model_config = SettingsConfigDict(
        env_prefix="LEADSCORE_",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    token: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("token", "HUBSPOT_PRIVATE_APP_TOKEN", "HUBSPOT_ACCESS_TOKEN"),
    )
    client_id: SecretStr | None = _oauth("client_id")
    client_secret: SecretStr | None = _oauth("client_secret")
    refresh_token: SecretStr | None = _oauth("refresh_token")
    base_url: str = HUBSPOT_URL
    workspace: Path = Path(".leadscore")
    api_version: Literal["2026-03", "2026-09", "v3"] = "2026-03"
    prefix: str = Field(default="leadscore", pattern=r"^[a-z][a-z0-9_]{0,39}$")
    properties: Annotated[tuple[str, ...], NoDecode] = PROPERTIES
    max_writes: int = Field(default=100_000, ge=0)
    keep_days: int = Field(default=90, ge=1)
    beta: Annotated[tuple[str, ...], NoDecode] = ()
    data: Path | None = None
    portal: str | None = Field(default=None, pattern=PORTAL_NAME)
    config: Path | None = None
    secrets: Literal["auto", "keyring", "file"] = "auto"

    @field_validator("beta", mode="before")
    @classmethod
    def _betas(cls, given: Any) -> tuple[str, ...]:
        words = given.split(",") if isinstance(given, str) else list(given)
        names = tuple(word.strip().lower() for word in words if word.strip())
        if unknown := sorted(set(names) - set(BETAS)):
            raise ValueError(f"there is no {unknown[0]!r}; known are {', '.join(BETAS)}")
        return names

    @field_validator("properties", mode="before")
    @classmethod
    def _chosen(cls, given: Any) -> tuple[str, ...]:
        words = given.split(",") if isinstance(given, str) else list(given)
        names = {word.strip().lower() for word in words if word.strip()}
        if unknown := sorted(names - set(PROPERTIES)):
            raise ValueError(f"there is no {unknown[0]!r}; known are {', '.join(PROPERTIES)}")
        return tuple(name for name in PROPERTIES if name in names or name in _ALWAYS)


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; keyword arguments that are not None win.

    Raises
    ------
    SettingsError
        A setting has a value that it cannot have. The value itself is not shown.
    """
    try:
        settings = Settings(**{k: v for k, v in overrides.items() if v is not None})
        return settings if settings.portal is None else settings_of(settings.portal, settings)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "_".join(["LEADSCORE", *map(str, first["loc"])]).upper()
        raise SettingsError(
            f"The setting {name} cannot be used: {first['msg']}.",
            hint="Correct it in the environment, in .env or on the command line.",
        ) from None
    except (OSError, UnicodeError) as error:
        raise _unreadable(error) from None


def settings_of(portal: str, settings: Settings) -> Settings:
    """Return the settings for a portal by name: with a workspace of its own, unless one is set.

    Examples
    --------
    >>> settings_of("acme", Settings()).workspace.as_posix()
    '.leadscore/portals/acme'
    """
    changed: dict[str, Any] = {"portal": portal}
    if "workspace" not in settings.model_fields_set:
        changed["workspace"] = settings.workspace / "portals" / portal
    return settings.model_copy(update=changed)


def config_folder(settings: Settings) -> Path:
    """Return the folder that keeps portals by name.

    As set; else ``$XDG_CONFIG_HOME/leadscore`` or ``~/.config/leadscore``, on Windows
    ``%APPDATA%/leadscore``, on a Mac ``~/Library/Application Support/leadscore``.

    Examples
    --------
    >>> config_folder(Settings(config=Path("/etc/leadscore"))).as_posix()
    '/etc/leadscore'
    """
    if settings.config is not None:
        return settings.config.expanduser().absolute()
    homes = {"win32": ("APPDATA", "AppData/Roaming"), "darwin": ("", _MAC)}
    name, otherwise = homes.get(sys.platform, ("XDG_CONFIG_HOME", ".config"))
    set_to = os.environ.get(name, "") if name else ""
    return (Path(set_to) if Path(set_to).is_absolute() else Path.home() / otherwise) / "leadscore"


_MAC = "Library/Application Support"


def _unreadable(error: Exception) -> SettingsError:
    why = getattr(error, "strerror", None) or "it is not UTF-8 text"
    return SettingsError(
        f"The file .env cannot be read: {why}.", hint="Correct it, or take it away."
    )


def token_in_environment() -> SecretStr | None:
    """Return the token that the environment has now."""
    return _token_of(EnvSettingsSource(Settings)())


def token_in_env_file(path: Path) -> SecretStr | None:
    """Return the token that a ``.env`` file has now.

    Raises
    ------
    SettingsError
        The file cannot be read.
    """
    try:
        return _token_of(DotEnvSettingsSource(Settings, env_file=path)())
    except (OSError, UnicodeError) as error:
        raise _unreadable(error) from None


def _token_of(values: dict[str, Any]) -> SecretStr | None:
    found = values.get("token")
    return SecretStr(found) if isinstance(found, str) and found else None


def check_token(token: SecretStr | None) -> SecretStr:
    """Return the token fit to be sent, or say what is wrong with it without showing it.

    White space around the token (a trailing newline in a file) is taken off. Anything else that
    no token has is refused here, because ``http.client`` would print the whole header.

    Raises
    ------
    SettingsError
        The token is missing, an old API key, or malformed.
    """
    text = token.get_secret_value().strip() if token else ""
    if not text:
        raise SettingsError("There is no HubSpot token.", hint=_WHERE)
    if _UUID.fullmatch(text):
        raise SettingsError(
            "The token is a bare UUID: an API key, and HubSpot ended those on 2022-11-30.",
            hint=_WHERE,
        )
    if not _TOKEN.fullmatch(text):
        raise SettingsError(
            f"The HubSpot token is malformed: {_flaw(text)}.",
            hint="It looks like pat-na1-… and has no quotes or spaces; copy it again.",
        )
    return SecretStr(text)


def _flaw(text: str) -> str:
    if any(quote in text for quote in _QUOTES):
        return "it has quotes in it"
    if any(c.isspace() for c in text):
        return "it has white space or line breaks in it"
    if not 16 <= len(text) <= 512:
        return f"it has {len(text)} characters"
    return "it has characters that no token has"


def check_base_url(url: str) -> str:
    """Return the base URL without a trailing slash: HubSpot over TLS, or loopback.

    Raises
    ------
    SettingsError
        Any other host or scheme: a token must not leave for it.

    Examples
    --------
    >>> check_base_url("http://127.0.0.1:8080/")
    'http://127.0.0.1:8080'
    """
    bare = url.rstrip("/")
    if bare == HUBSPOT_URL or _is_sandbox(bare):
        return bare
    raise SettingsError(
        f"The base URL {bare[:200]!r} is neither HubSpot's nor on this machine.",
        hint=f"Use {HUBSPOT_URL}, or the URL that `leadscore sandbox` prints.",
    )


def _is_sandbox(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
    return parts.scheme == "http" and not parts.path and loopback
