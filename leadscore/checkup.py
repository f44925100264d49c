"""What is right and wrong with an installation: machine, token, portal, workspace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from pydantic import SecretStr

from leadscore import checkmachine, checkportal, checktokens
from leadscore.checks import Check, guarded, ok, unknown, wrong
from leadscore.checkworkspace import workspace as look_into
from leadscore.errors import AuthenticationError, LeadscoreError
from leadscore.hubspot.connection import Portal
from leadscore.hubspot.reaching import reach
from leadscore.hubspot.tokens import GivenToken, TokenSource, find_token, named_token
from leadscore.hubspot.vault import Vault
from leadscore.settings import Settings, check_base_url, load_settings, settings_of

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Address

__all__ = ["Checkup", "doctor"]

_ASKED = (
    ("limits", checkportal.limits),
    ("scopes", checkportal.scopes),
    ("properties", checkportal.room),
    ("clock", checkportal.clock),
)


@dataclass(frozen=True, slots=True)
class Checkup:
    """What a checkup found.

    Attributes
    ----------
    checks : tuple of Check
        One line for everything that was looked at.
    portal_id : int or None
        The portal that the token belongs to; None where it could not be asked.
    """

    checks: tuple[Check, ...]
    portal_id: int | None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; warnings may be there."""
        return all(check.state != "wrong" for check in self.checks)

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON."""
        lines = [check.as_dict() for check in self.checks]
        return {"ok": self.ok, "portal_id": self.portal_id, "checks": lines}

    def to_frame(self) -> pd.DataFrame:
        """Return one row per line: name, state, message, hint (all text)."""
        return pd.DataFrame([check.as_dict() for check in self.checks], dtype="str")

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def doctor(
    address: Address | None = None,
    *,
    name: str | None = None,
    settings: Settings | None = None,
    workspace: str | Path | None = None,
) -> Checkup:
    """Say what is right and wrong: machine, token, portal, workspace. Nothing is changed.

    It works without a token, without a network and with a damaged workspace; what cannot be looked
    at is said to be unknown.

    Parameters
    ----------
    address : Sandbox, optional
        A portal on this machine, as for `connect`.
    name : str, optional
        A portal that was signed in to, as for `connect`.
    settings : Settings, optional
        Read from the surroundings unless given.
    workspace : str or Path, optional
        By default the one of the settings.

    Returns
    -------
    Checkup
        ``.ok``, ``.checks``, ``.to_frame()``.

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=50) as sandbox:
    ...     checkup = ls.doctor(sandbox)
    >>> checkup.ok, checkup.to_frame()["state"].isin(["ok", "warning"]).all()
    (True, np.True_)
    """
    examination = _Examination(address, name, settings)
    checks = list(examination.machine())
    checks += guarded("portal", examination.portal)
    folder = workspace or (examination.settings.workspace if examination.settings else None)
    if folder is not None:
        where = Path(folder).expanduser().absolute()
        checks += guarded("workspace", lambda: look_into(where, examination.portal_id))
    return Checkup(tuple(checks), examination.portal_id)


class _Examination:
    """One checkup, in the order in which each part needs the one before."""

    def __init__(
        self, address: Address | None, name: str | None, settings: Settings | None
    ) -> None:
        self.address, self.name, self.settings = address, name, settings
        self.portal_id: int | None = None

    def machine(self) -> Iterator[Check]:
        yield from guarded("libraries", lambda: checkmachine.libraries(checkmachine.versions_of()))
        yield from guarded("settings", self._settings)
        yield from guarded(".env", lambda: checkmachine.env_file(Path(".env")))
        if self.settings is not None:
            look = partial(checktokens.portals, self.settings, today=pd.Timestamp.now("UTC"))
            yield from guarded("portals", look)

    def _settings(self) -> Iterator[Check]:
        settings = self.settings or load_settings()
        if self.address is not None:
            settings = settings.model_copy(update={"base_url": self.address.url})
        elif name := self.name or settings.portal:
            settings = settings_of(name, settings)
        self.settings = settings
        today = pd.Timestamp.now()
        yield from checkmachine.api_version(settings.api_version, today=today)

    def portal(self) -> Iterator[Check]:
        if self.settings is None:
            return
        known = guarded("token", self._named)
        if known:  # no portal of that name: neither its address nor its token
            yield from known
            yield unknown("portal", "It was not asked.")
            return
        reached = guarded("host", self._reach)
        yield from reached
        try:
            token = self._source(self.settings)
        except LeadscoreError as error:
            yield wrong("token", error.message, error.hint)
            yield unknown("portal", "It was not asked.")
            return
        if reached[-1].state == "ok":
            yield from self._account(self.settings, token)
        else:
            yield ok("token", f"It comes from {token.origin}.")
            yield unknown("portal", "It was not asked.")

    def _named(self) -> Iterator[Check]:
        """Take the address of a portal by name: its token goes nowhere else."""
        assert self.settings is not None
        if self.address is None and self.settings.portal is not None:
            entry = Vault(self.settings).entry(self.settings.portal)
            self.settings = self.settings.model_copy(update={"base_url": entry.base_url})
        yield from ()

    def _source(self, settings: Settings) -> TokenSource:
        if self.address is not None:
            return GivenToken(SecretStr(self.address.token), origin="the sandbox")
        return named_token(settings, settings.portal) if settings.portal else find_token(settings)

    def _reach(self) -> Iterator[Check]:
        assert self.settings is not None
        url = check_base_url(self.settings.base_url)
        tls = reach(url)
        yield ok("host", f"{url} can be reached, over {tls or 'this machine alone'}.")

    def _account(self, settings: Settings, token: TokenSource) -> Iterator[Check]:
        """Ask the portal; a token that it refuses is wrong, wherever it was found."""
        try:
            with Portal(settings, token) as portal:
                portal.details  # noqa: B018 - asks the portal
                yield ok("token", f"It comes from {token.origin}, and HubSpot accepts it.")
                self.portal_id = portal.id
                if token.origin == ".env":
                    today = pd.Timestamp.now("UTC")
                    age = partial(checktokens.env_file_age, Path(".env"), today=today)
                    yield from guarded("token age", age)
                yield from guarded("account", lambda: checkportal.account(portal))
                for name, look in _ASKED:
                    yield from guarded(name, partial(look, portal))
        except AuthenticationError as error:
            yield wrong("token", f"It comes from {token.origin}. {error.message}", error.hint)
        except LeadscoreError as error:
            yield ok("token", f"It comes from {token.origin}.")
            yield wrong("account", error.message, error.hint)
