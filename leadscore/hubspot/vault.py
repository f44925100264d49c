"""Portals by name: what is known of each, and its secrets, in the keyring or in a private file."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import SecretStr

from leadscore.errors import BusyError, SettingsError
from leadscore.settings import PORTAL_NAME, Settings, config_folder
from leadscore.workspace import hold, make_private, replace_file

__all__ = ["Entry", "Vault", "check_name"]

Secrets = Mapping[str, SecretStr]
_SERVICE: Final = "leadscore"
_PATIENCE: Final = 120.0  # seconds that another process may take for a refresh
_PAUSE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a portal by name; none of it is secret.

    Attributes
    ----------
    name : str
    portal_id : int
    kind : {"token", "oauth"}
    since : str
        When its token or consent was put there, UTC, ISO 8601.
    base_url : str
        Where it is: HubSpot, or a sandbox on this machine. Its secrets go nowhere else.
    kept : {"keyring", "file"}
        Where its secrets are.
    key : str
        Its user in the keyring.
    """

    name: str
    portal_id: int
    kind: Literal["token", "oauth"]
    since: str
    base_url: str
    kept: Literal["keyring", "file"] = "file"
    key: str = ""


def check_name(name: str) -> str:
    """Return the name of a portal, or say what one looks like.

    Raises
    ------
    SettingsError

    Examples
    --------
    >>> check_name("acme")
    'acme'
    """
    if isinstance(name, str) and re.fullmatch(PORTAL_NAME, name):
        return name
    raise SettingsError(
        "That is no name for a portal.",  # not shown: it may be a token
        hint="Use up to 40 small letters, digits, - and _, such as acme or acme-eu.",
    )


class Vault:
    """The folder that keeps portals by name, one file each, and the keyring beside it.

    Parameters
    ----------
    settings : Settings
        `leadscore.settings.config_folder` says where the folder is.
    """

    def __init__(self, settings: Settings) -> None:
        self.folder = config_folder(settings) / "portals"
        self._choice = settings.secrets

    def entries(self) -> list[Entry]:
        """Return what is known of each portal, by name.

        Raises
        ------
        SettingsError
            A file cannot be read, or others can.
        """
        names = (path.stem for path in self.folder.glob("*.json"))
        return [self.entry(name) for name in sorted(names) if re.fullmatch(PORTAL_NAME, name)]

    def entry(self, name: str) -> Entry:
        """Return what is known of a portal.

        Raises
        ------
        SettingsError
            There is none of that name, its file is damaged, or others can read it.
        """
        return _entry(check_name(name), self._read(name))

    def has(self, name: str) -> bool:
        """Say whether there is a portal of that name."""
        return self._path(name).exists()

    def secrets(self, name: str) -> dict[str, SecretStr]:
        """Return a portal's secrets by what they are: ``token``, or ``client_id`` and others.

        Raises
        ------
        SettingsError
            As for `entry`; or the keyring has lost them.
        """
        raw = self._read(check_name(name))
        entry = _entry(name, raw)
        text = raw.get("secrets") if entry.kept == "file" else _from_keyring(entry)
        found = _loaded(text) if isinstance(text, str) else text
        if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
            raise _damaged(name)
        return {what: SecretStr(value) for what, value in found.items()}

    def keep(self, entry: Entry, secrets: Secrets) -> Entry:
        """Keep a portal and its secrets in place of what was there, and return it as kept.

        Raises
        ------
        SettingsError
            Neither the keyring nor the file can be written.
        """
        before = self.entry(entry.name) if self.has(entry.name) else None
        kept = self._written(entry, secrets)
        if before is not None and before.kept == "keyring" and kept.kept != "keyring":
            _drop(before.key)
        return kept

    def replace(self, name: str, secrets: Secrets) -> None:
        """Keep other secrets of a portal where they are; all else of it stays as it is.

        Raises
        ------
        SettingsError
            They cannot be written.
        """
        entry = self.entry(name)
        if entry.kept == "keyring":
            if not _into_keyring(entry.key, _shown(secrets)):
                raise SettingsError(
                    f"The keyring does not take the secrets of {name}.", hint=_UNLOCK
                )
            return
        self._save(entry, secrets)

    def forget(self, name: str) -> None:
        """Take a portal and its secrets away, what is damaged too."""
        try:
            kept = self.entry(name).kept
        except SettingsError:
            kept = "keyring"
        if kept == "keyring":
            _drop(self._key(name))
        self._path(name).unlink(missing_ok=True)
        for draft in self.folder.glob(f".{name}.json.*"):  # of a process that was killed
            draft.unlink(missing_ok=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes from changing anything meanwhile; wait while one does.

        Raises
        ------
        BusyError
            One has for two minutes.
        """
        self._ready()
        until = time.monotonic() + _PATIENCE
        with ExitStack() as stack:
            while True:
                try:
                    stack.enter_context(hold(self.folder, "sign in"))
                    break
                except BusyError:
                    if time.monotonic() > until:
                        raise self._stuck() from None
                time.sleep(_PAUSE)
            yield

    def _stuck(self) -> BusyError:
        return BusyError(
            f"Another process has held {self.folder} for two minutes.",
            hint="End the process that signs in or refreshes, then try again.",
        )

    def _ready(self) -> None:
        try:
            make_private(self.folder)
        except SettingsError as error:
            raise SettingsError(
                f"{self.folder} cannot be made or used.",
                hint="Set LEADSCORE_CONFIG to a folder of your own that you may write to.",
            ) from error

    def _written(self, entry: Entry, secrets: Secrets) -> Entry:
        key = self._key(entry.name)
        if self._choice != "file" and _into_keyring(key, _shown(secrets)):
            kept = _with(entry, "keyring", key)
            self._save(kept, None)
            return kept
        if self._choice == "keyring":
            raise SettingsError("There is no keyring that keeps a secret here.", hint=_UNLOCK)
        kept = _with(entry, "file", "")
        self._save(kept, secrets)
        return kept

    def _save(self, entry: Entry, secrets: Secrets | None) -> None:
        facts = asdict(entry) | ({} if secrets is None else {"secrets": _shown(secrets)})
        self._ready()
        replace_file(self._path(entry.name), json.dumps(facts, indent=1).encode())

    def _key(self, name: str) -> str:
        """Return a user for the keyring: other folders may have a portal of the same name."""
        place = hashlib.sha256(str(self.folder).encode()).hexdigest()[:8]
        return f"portal:{name}:{place}"

    def _path(self, name: str) -> Path:
        return self.folder / f"{check_name(name)}.json"

    def _read(self, name: str) -> dict[str, Any]:
        path = self._path(name)
        try:
            found = _loaded(_private_text(path))
        except FileNotFoundError:
            raise self._unknown(name) from None
        except OSError as error:
            raise SettingsError(
                f"{path} cannot be read: {error.strerror or error}.",
                hint="It must be a file of your own.",
            ) from None
        if not isinstance(found, dict):
            raise _damaged(name)
        return found

    def _unknown(self, name: str) -> SettingsError:
        names = ", ".join(sorted(path.stem for path in self.folder.glob("*.json"))) or "none"
        return SettingsError(
            f"No portal is signed in to as {name}.",
            hint=f"Run `leadscore login {name}`; there is {names}.",
        )


_UNLOCK = 'Unlock it, `pip install "leadscore[keyring]"`, or set LEADSCORE_SECRETS=file.'


def _with(entry: Entry, kept: Literal["keyring", "file"], key: str) -> Entry:
    known = asdict(entry) | {"kept": kept, "key": key}
    return Entry(**known)


def _entry(name: str, raw: Mapping[str, Any]) -> Entry:
    try:
        entry = Entry(**{field: raw[field] for field in Entry.__slots__})
    except (KeyError, TypeError):
        raise _damaged(name) from None
    whole = type(entry.portal_id) is int and entry.kind in ("token", "oauth")
    if not whole or entry.name != name or entry.kept not in ("keyring", "file"):
        raise _damaged(name)
    return entry


def _damaged(name: str) -> SettingsError:
    return SettingsError(
        f"What is kept of the portal {name} is damaged or gone.",
        hint=f"Run `leadscore logout {name} --force`, then `leadscore login {name}`.",
    )


def _private_text(path: Path) -> str:
    """Read a file that nobody but its owner can read; a link is not followed."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
        found = os.fstat(file.fileno())
        mode = stat.S_IMODE(found.st_mode)
        if os.name == "posix" and (mode & 0o077 or found.st_uid != os.geteuid()):
            raise SettingsError(
                f"Others on this machine can read or change {path} (mode {mode:04o}).",
                hint=f"chmod 600 {path}, and rotate the token: others may have it.",
            )
        return file.read()


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _shown(secrets: Secrets) -> dict[str, str]:
    return {what: secret.get_secret_value() for what, secret in secrets.items()}


def _into_keyring(key: str, secrets: dict[str, str]) -> bool:
    """Keep secrets in the keyring, and say whether it has them: some keep nothing in silence."""
    text = json.dumps(secrets)
    try:
        import keyring

        keyring.set_password(_SERVICE, key, text)
        return bool(keyring.get_password(_SERVICE, key) == text)
    except Exception:  # noqa: BLE001 - not installed, or a backend that raises anything
        return False


def _from_keyring(entry: Entry) -> str:
    try:
        import keyring

        found = keyring.get_password(_SERVICE, entry.key)
    except Exception as error:  # noqa: BLE001 - as above
        raise SettingsError(
            f"The keyring cannot be asked for the portal {entry.name} ({type(error).__name__}).",
            hint=_UNLOCK,
        ) from None
    if not isinstance(found, str):
        raise _damaged(entry.name)
    return found


def _drop(key: str) -> None:
    with suppress(Exception):  # what is gone already is as good as dropped
        import keyring

        keyring.delete_password(_SERVICE, key)
