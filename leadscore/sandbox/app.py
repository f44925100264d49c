"""The routes: v3 and dated paths lead to the same handlers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from leadscore.sandbox import accounts, batches, objects, search
from leadscore.sandbox import properties as props
from leadscore.sandbox.calls import Handler, endpoint, plain_headers
from leadscore.sandbox.portal import Portal
from leadscore.sandbox.replies import Refusal, encoded, page

__all__ = ["DATES", "LONGEST_URL", "build_app"]

DATES = ("2026-03", "2026-09")
LONGEST_URL = 16 * 1024

# HubSpot API docs, "Migrate to date-based versioning": the date follows the family's name, where
# the numbered versions stand before it.
_FAMILIES = {
    "objects": ("/crm/v3/objects", "/crm/objects/{date}"),
    "properties": ("/crm/v3/properties", "/crm/properties/{date}"),
    "limits": ("/crm/v3/limits", "/crm/limits/{date}"),
    "account": ("/account-info/v3", "/account-info/{date}"),
}
_READ = ("crm.objects.{type}.read",)
_WRITE = ("crm.objects.{type}.write",)
_SEE = ("crm.schemas.{type}.read", "crm.objects.{type}.read", "crm.objects.{type}.write")
_DEFINE = ("crm.schemas.{type}.write",)
_ANY = tuple(
    f"crm.objects.{kind}.{right}"
    for kind in ("contacts", "companies", "deals")
    for right in ("read", "write")
)


@dataclass(frozen=True)
class _Path:
    family: str
    path: str
    method: str
    handler: Handler
    scopes: tuple[str, ...] = ()


_PATHS = (
    _Path("objects", "/{type}/batch/read", "POST", batches.batch_read, _READ),
    _Path("objects", "/{type}/batch/update", "POST", batches.batch_update, _WRITE),
    _Path("objects", "/{type}/batch/create", "POST", batches.batch_create, _WRITE),
    _Path("objects", "/{type}/batch/archive", "POST", batches.batch_archive, _WRITE),
    _Path("objects", "/{type}/search", "POST", search.search, _READ),
    _Path("objects", "/{type}", "GET", objects.list_page, _READ),
    _Path("objects", "/{type}", "POST", objects.create_one, _WRITE),
    _Path("objects", "/{type}/{id}", "GET", objects.get_one, _READ),
    _Path("objects", "/{type}/{id}", "PATCH", objects.update_one, _WRITE),
    _Path("objects", "/{type}/{id}", "DELETE", objects.archive_one, _WRITE),
    _Path("properties", "/{type}/groups", "GET", props.list_groups, _SEE),
    _Path("properties", "/{type}/groups", "POST", props.create_group, _DEFINE),
    _Path("properties", "/{type}/groups/{name}", "GET", props.get_group, _SEE),
    _Path("properties", "/{type}/batch/create", "POST", props.batch_create_properties, _DEFINE),
    _Path("properties", "/{type}/batch/read", "POST", props.batch_read_properties, _SEE),
    _Path("properties", "/{type}", "GET", props.list_properties, _SEE),
    _Path("properties", "/{type}", "POST", props.create_property, _DEFINE),
    _Path("properties", "/{type}/{name}", "GET", props.get_property, _SEE),
    _Path("properties", "/{type}/{name}", "PATCH", props.update_property, _DEFINE),
    _Path("properties", "/{type}/{name}", "DELETE", props.archive_property, _DEFINE),
    _Path("limits", "/custom-properties", "GET", accounts.custom_property_limits, _ANY),
    _Path("account", "/details", "GET", accounts.details),
    _Path("account", "/api-usage/daily/private-apps", "GET", accounts.daily_usage),
)


def build_app(portal: Portal, *, hosts: tuple[str, ...], latency: float = 0.0) -> ASGIApp:
    """Return the ASGI application of a portal.

    Parameters
    ----------
    portal : Portal
    hosts : tuple of str
        The values of the Host header that are answered: other sites' pages that a browser was
        led to resolve to this machine are not.
    latency : float
        Seconds by which replies are delayed.
    """
    app = Starlette(
        routes=[Route("/", _front, methods=["GET"]), *_routes(portal, latency)],
        exception_handlers={404: _missing, 405: _not_allowed, Exception: _broken},
    )
    app.router.redirect_slashes = False
    return _Door(app, frozenset(hosts))


def _routes(portal: Portal, latency: float) -> Iterator[Route]:
    for one in _PATHS:
        serve = endpoint(
            portal,
            one.handler,
            scopes=one.scopes,
            search=one.handler is search.search,
            latency=latency,
        )
        numbered, dated = _FAMILIES[one.family]
        for prefix in (numbered, *(dated.format(date=date) for date in DATES)):
            yield Route(prefix + one.path, serve, methods=[one.method])
    info = endpoint(portal, accounts.token_info, open_to_all=True, latency=latency)
    yield Route("/oauth/v2/private-apps/get/access-token-info", info, methods=["POST"])


class _Door:
    """What is decided before routing: Host, length of the URL, the trailing slash."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"{scope['type']} is not served")
        refused = self._refused(scope)
        scope["path"] = scope["path"].rstrip("/") or "/"
        await (refused or self.app)(scope, receive, send)

    def _refused(self, scope: Scope) -> Response | None:
        headers = dict(scope["headers"])
        if headers.get(b"host", b"").decode("latin-1").lower() not in self.hosts:
            return _html(421, "Misdirected request", "This portal answers to its own address only.")
        if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_URL:
            return _html(414, "URI Too Long", "Use a batch or a search, which take a body.")
        return None


def _html(status: int, title: str, text: str) -> Response:
    headers = plain_headers(str(uuid4()))
    return Response(page(title, text), status, headers, "text/html")


async def _front(_: Request) -> Response:
    return _html(200, "A portal on this machine", "Point a HubSpot client's base URL here.")


async def _missing(_: Request, __: Exception) -> Response:
    return _html(404, "Error 404 Not Found", "There is nothing at this path.")


async def _not_allowed(_: Request, __: Exception) -> Response:
    return _html(405, "Error 405 Method Not Allowed", "This path does not take this method.")


async def _broken(_: Request, __: Exception) -> Response:
    identifier = str(uuid4())
    body: dict[str, Any] = Refusal(500, "internal error").body(identifier)
    return Response(encoded(body), 500, plain_headers(identifier), "application/json")
