"""Connect to a portal through HubSpot's official client."""

from __future__ import annotations

from functools import cached_property
from io import BytesIO
from typing import Any, Protocol

import requests
from hubspot import HubSpot
from hubspot.utils.requests.http_request_builder import Request
from pydantic import SecretStr

from leadscore.errors import AuthenticationError, BadReplyError
from leadscore.hubspot.paths import path
from leadscore.hubspot.transport import TOKEN_HERE, Pool, Transport
from leadscore.settings import Settings, check_base_url, check_token, load_settings

__all__ = ["Portal", "PortalClient", "connect"]


class Address(Protocol):
    """Where a portal is: a `Sandbox`, for one."""

    url: str
    token: str


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
    transport : Transport
        Raw calls through the same client.
    """

    def __init__(self, settings: Settings, token: SecretStr) -> None:
        self.settings = settings
        self.version: str = settings.api_version
        self.base_url = check_base_url(settings.base_url)
        self.pool = Pool(token, self.base_url)
        self.client = PortalClient(self.pool, api_factory=self._api, host=self.base_url)
        self.transport = Transport(self.client.crm.contacts.basic_api.api_client)

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
        return found

    @property
    def id(self) -> int:
        """The portal's id."""
        return int(self.details["portalId"])

    @cached_property
    def scopes(self) -> frozenset[str]:
        """What the token may do."""
        reply = self.transport.call(
            "POST",
            "/oauth/v2/private-apps/get/access-token-info",
            body={"tokenKey": TOKEN_HERE},
        )
        return frozenset(map(str, reply.get("scopes", [])))

    @property
    def requests(self) -> int:
        """How many requests were sent so far, repeats included."""
        return self.pool.requests

    def close(self) -> None:
        """Close the connections."""
        self.pool.close()

    def __enter__(self) -> Portal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        known = self.__dict__.get("details", {})  # a repr sends nothing
        return f"<Portal {known.get('portalId', '')} at {self.base_url}, API {self.version}>"


def connect(address: Address | None = None, *, settings: Settings | None = None) -> Portal:
    """Connect to a portal and check that the token works.

    Parameters
    ----------
    address : Sandbox, optional
        A portal on this machine. Without it the token and the address come from the
        environment or ``.env``: ``HUBSPOT_PRIVATE_APP_TOKEN``, ``LEADSCORE_BASE_URL``.
    settings : Settings, optional
        Read from the surroundings unless given.

    Returns
    -------
    Portal

    Raises
    ------
    SettingsError
        No token, a malformed one, or a base URL that is not HubSpot's or this machine's.
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
    if address is not None:
        there = {"base_url": address.url, "token": SecretStr(address.token)}
        settings = settings.model_copy(update=there)
    portal = Portal(settings, check_token(settings.token))
    try:
        portal.details  # noqa: B018 - asks the portal, and fails here rather than later
    except AuthenticationError as error:
        raise AuthenticationError(
            f"HubSpot rejects the token: {error.message}",
            hint=error.hint,
            status=error.status,
            category=error.category,
            correlation_id=error.correlation_id,
        ) from None
    return portal
