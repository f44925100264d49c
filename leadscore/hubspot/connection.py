"""Connect to a portal through HubSpot's official client."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta, timezone, tzinfo
from functools import cached_property
from io import BytesIO
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import pandas as pd
import requests
from hubspot import HubSpot
from hubspot.utils.requests.http_request_builder import Request
from pydantic import SecretStr

from leadscore.errors import (
    AuthenticationError,
    BadReplyError,
    HubSpotError,
    LimitReachedError,
    SettingsError,
    UnreachableError,
)
from leadscore.hubspot import permissions
from leadscore.hubspot.limits import Limits, infer_tier, limits_of, midnight_after
from leadscore.hubspot.oauth import OAuthToken
from leadscore.hubspot.paths import path
from leadscore.hubspot.tokens import GivenToken, TokenSource, find_token, named_token
from leadscore.hubspot.transport import TOKEN_HERE, Pool, Transport
from leadscore.hubspot.vault import Vault
from leadscore.settings import Settings, check_base_url, load_settings, settings_of

__all__ = ["Portal", "PortalClient", "connect"]


class Address(Protocol):
    """Where a portal is: a `Sandbox`, for one."""

    url: str
    token: str


class Closable(Protocol):
    """What can be closed."""

    def close(self) -> object:
        """Close it."""


class PortalClient(HubSpot):  # type: ignore[misc] # the client ships no types
    """The official client on top of our pool, its ``api_request`` included."""

    def __init__(self, pool: Pool, *, host: str, **options: Any) -> None:
        super().__init__(host=host, base_url=host, **options)
        self._pool = pool

    def api_request(self, options: dict[str, Any] | None = None) -> requests.Response:
        """Send a request to any path; like the client's own, it does not raise on 4xx and 5xx."""
        asked = Request(self.config, options)
        sent = asked.get_options_for_sending()
        reply = self._pool.request(
            asked.get_method(), asked.get_url(), headers=sent.get("headers"), body=sent.get("data")
        )
        response = requests.Response()
        response.status_code, response.reason = reply.status, reply.reason or ""
        response.headers.update(reply.headers)
        response.raw = BytesIO(reply.data)
        response.url = asked.get_url()
        return response


class Portal:
    """A HubSpot account, reached through HubSpot's official client.

    Made by `connect`.

    Attributes
    ----------
    client : hubspot.HubSpot
        The official client, ready to use as HubSpot's documentation shows. All its API objects
        share this portal's connections, pacing, retries and deadline.
        It has paths of v3 and v4 alone, whatever `version` is.
    transport : Transport
        Raw calls through the same client.
    token : TokenSource
        Where the token comes from (``portal.token.origin``).
    version : str
        Of the API, for all calls but the client's own.
    expected : int or None
        The id that the portal must have: a name stands for one portal.
    """

    def __init__(self, settings: Settings, token: SecretStr | TokenSource) -> None:
        self.settings = settings
        self.version: str = settings.api_version
        self.base_url = check_base_url(settings.base_url)
        self.token = GivenToken(token) if isinstance(token, SecretStr) else token
        self.pool = Pool(self.token, self.base_url)
        self.client = PortalClient(self.pool, api_factory=self._api, host=self.base_url)
        self.transport = Transport(self.client.crm.contacts.basic_api.api_client)
        self.expected: int | None = None
        self._owned: list[Closable] = []

    def _api(self, package: Any, name: str, config: dict[str, Any]) -> Any:
        """Build one API object of the client on top of the shared pool."""
        configuration = package.Configuration()
        configuration.host = config["host"]
        api_client = package.ApiClient(configuration=configuration)
        api_client.user_agent = "leadscore"
        api_client.rest_client.pool_manager = self.pool
        return getattr(package, name)(api_client=api_client)

    def path(self, resource: str, *rest: str) -> str:
        """Return a resource's path in this portal's API version."""
        return path(self.version, resource, *rest)

    @cached_property
    def details(self) -> dict[str, Any]:
        """The account's details: id, type, time zone, currency."""
        found = self.transport.call("GET", self.path("account-info", "details"))
        if not str(found.get("portalId", "")).isdigit():
            raise BadReplyError("The account's details have no portal id.", hint="Try again.")
        if self.expected not in (None, int(found["portalId"])):
            raise _other_portal(self.settings.portal or "", self.expected, found["portalId"])
        self.pool.time_zone = str(found.get("timeZone", ""))
        return found

    @property
    def id(self) -> int:
        """The portal's id."""
        return int(self.details["portalId"])

    @property
    def time_zone(self) -> tzinfo:
        """The account's time zone: its day, and with it the daily limit, ends at midnight there."""
        try:
            return ZoneInfo(str(self.details["timeZone"]))
        except (KeyError, ValueError, OSError):  # unknown here: the offset of now stands in
            offset = self.details.get("utcOffsetMilliseconds")
        if isinstance(offset, int) and abs(offset) < 86_400_000:
            return timezone(timedelta(milliseconds=offset))
        raise BadReplyError("The account's details have no time zone.", hint="Try again.")

    def next_midnight(self, now: pd.Timestamp | None = None) -> pd.Timestamp:
        """Return when the account's day ends, in UTC.

        Parameters
        ----------
        now : Timestamp, optional
            With a time zone; by default this machine's time.
        """
        return midnight_after(pd.Timestamp.now("UTC") if now is None else now, self.time_zone)

    @cached_property
    def scopes(self) -> frozenset[str] | None:
        """What the token may do; None where HubSpot does not say.

        Private-app tokens are looked up at an endpoint that HubSpot's documentation does not have
        (that it answers for service keys too is unverified), those of OAuth by introspection.
        """
        try:
            found = self._granted()
        except (UnreachableError, LimitReachedError):
            raise
        except HubSpotError:
            return None
        return frozenset(map(str, found)) if isinstance(found, list) else None

    def _granted(self) -> Any:
        if isinstance(self.token, OAuthToken):
            return self.token.scopes()
        reply = self.transport.call(
            "POST",
            "/oauth/v2/private-apps/get/access-token-info",
            body={"tokenKey": TOKEN_HERE},
        )
        return reply.get("scopes")

    def lacks(self, step: str, *, objects: Collection[str] = ()) -> list[str]:
        """Return the scopes that a step would use and that the token lacks.

        Some of them a step can do without: a sync reads contacts without companies. Of an entry
        such as "a or b" one is enough. Where the scopes cannot be known, nothing is lacking.

        Parameters
        ----------
        step : str
            A key of `leadscore.hubspot.permissions.STEPS`: "sync", "plan", "apply"…
        objects : collection of str
            Object types that the step reads besides.
        """
        return permissions.lacking(step, self.scopes, objects=objects)

    def require(self, *steps: str, objects: Collection[str] = ()) -> None:
        """Check that the token may do what some steps cannot do without, before they start.

        Raises
        ------
        MissingScopesError
            It may not; every missing scope is named at once.
        """
        permissions.require(steps, self.scopes, objects=objects)

    @property
    def limits(self) -> Limits:
        """What the portal allows and has used today, asked anew (two requests)."""
        url = self.base_url + self.path("account-info", "details")
        reply = self.pool.request("GET", url, headers={"Accept": "application/json"})
        return limits_of(reply.headers, self._usage(), midnight=self._midnight())

    def _usage(self) -> dict[str, Any] | None:
        """Return today's calls of private apps, which are not those of an OAuth app."""
        if isinstance(self.token, OAuthToken):
            return None
        try:
            return self.transport.call(
                "GET", self.path("account-info", "api-usage", "daily", "private-apps")
            )
        except HubSpotError:  # the headers say most of it
            return None

    def _midnight(self) -> pd.Timestamp | None:
        try:
            return self.next_midnight()
        except BadReplyError:
            return None

    @cached_property
    def tier(self) -> str | None:
        """The account's subscription, inferred from its limits: the API tells no tier.

        "free or starter", "professional", "enterprise" or "professional or enterprise"; None
        where the limits fit none, as for OAuth apps.
        """
        return infer_tier(self.limits)

    @property
    def requests(self) -> int:
        """How many requests were sent so far, repeats included."""
        return self.pool.requests

    def owns(self, thing: Closable) -> None:
        """Close a thing, such as a sandbox that was opened for this portal, when this is closed."""
        self._owned.append(thing)

    def close(self) -> None:
        """Close the connections, and what was opened for this portal."""
        self.pool.close()
        while self._owned:
            self._owned.pop().close()

    def __enter__(self) -> Portal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        known = self.__dict__.get("details", {})  # a repr sends nothing
        return f"<Portal {known.get('portalId', '')} at {self.base_url}, API {self.version}>"


def _other_portal(name: str, expected: int | None, found: Any) -> SettingsError:
    return SettingsError(
        f"{name} is portal {expected}, and its token is now of portal {found}.",
        hint=f"Run `leadscore login {name}` with a token of {expected}, or choose another name.",
    )


def connect(
    address: Address | None = None,
    *,
    name: str | None = None,
    settings: Settings | None = None,
) -> Portal:
    """Connect to a portal and check that the token works.

    Parameters
    ----------
    address : Sandbox, optional
        A portal on this machine. Without it the address comes from the environment or ``.env``
        (``LEADSCORE_BASE_URL``), and the token, the first found, from

        1. the environment: ``HUBSPOT_PRIVATE_APP_TOKEN`` (alias ``HUBSPOT_ACCESS_TOKEN``),
        2. ``.env``, under the same names,
        3. OAuth: ``HUBSPOT_CLIENT_ID``, ``HUBSPOT_CLIENT_SECRET``, ``HUBSPOT_REFRESH_TOKEN``,
        4. the system's keyring: service "leadscore", user "token".

        When HubSpot refuses the token, it is looked for again where it was found.
    name : str, optional
        A portal that was signed in to with `sign_in` or ``leadscore login``: its own token and
        address, and the workspace ``.leadscore/portals/NAME`` unless one is set. By default the
        setting ``LEADSCORE_PORTAL``, which goes before all of the above.
    settings : Settings, optional
        Read from the surroundings unless given.

    Returns
    -------
    Portal
        Where the settings' workspace is there already, it keeps to the portal's limits together
        with all processes that use that workspace.

    Raises
    ------
    SettingsError
        No token, a malformed one, a base URL that is not HubSpot's or this machine's, an
        address that is none, a name that nobody signed in to, or one whose token is now of another
        portal.
    AuthenticationError
        HubSpot rejects the token.

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=50) as sandbox, ls.connect(sandbox) as portal:
    ...     portal.client.crm.contacts.basic_api.get_page(limit=2).results[0].id is not None
    True
    """
    settings = settings or load_settings()
    portal = _at(address, settings) if address is not None else _found(name, settings)
    try:
        portal.details  # noqa: B018 - asks the portal, and fails here rather than later
    except AuthenticationError as error:
        raise AuthenticationError(
            f"HubSpot rejects the token from {portal.token.origin}: {error.message}",
            hint=error.hint,
            status=error.status,
            category=error.category,
            correlation_id=error.correlation_id,
        ) from None
    return portal


def _at(address: Address, settings: Settings) -> Portal:
    if not hasattr(address, "url"):  # not shown: it may be a token
        raise SettingsError(
            "connect takes a sandbox, or nothing.",
            hint="A portal by name is connect(name=…); a token goes into the environment or .env.",
        )
    settings = settings.model_copy(update={"base_url": address.url})
    return Portal(settings, GivenToken(SecretStr(address.token), origin="the sandbox"))


def _found(name: str | None, settings: Settings) -> Portal:
    name = name or settings.portal
    portal = _named(name, settings) if name else Portal(settings, find_token(settings))
    if (portal.settings.workspace / "ledger.sqlite").is_file():
        portal.pool.share(portal.settings.workspace)
    return portal


def _named(name: str, settings: Settings) -> Portal:
    """Return a portal by name: its secrets go to the address that they were given for alone."""
    entry = Vault(settings).entry(name)
    settings = settings_of(name, settings).model_copy(update={"base_url": entry.base_url})
    portal = Portal(settings, named_token(settings, name))
    portal.expected = entry.portal_id
    return portal
