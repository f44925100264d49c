"""The routes: v3 and dated paths lead to the same handlers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from leadscore.sandbox import (
    accounts,
    associationcalls,
    batches,
    control,
    downloads,
    exports,
    files,
    folders,
    forms,
    imports,
    leadscoring,
    lists,
    merging,
    oauth,
    objects,
    owners,
    pipelines,
    properties,
    schemas,
    search,
    sequences,
    submissions,
)
from leadscore.sandbox.calls import Gate, plain_headers
from leadscore.sandbox.portal import Portal
from leadscore.sandbox.replies import Refusal, encoded, page
from leadscore.sandbox.routes import FAMILIES

__all__ = ["LONGEST_URL", "PARTS", "build_app"]

LONGEST_URL = 16 * 1024

# Which part of the API serves which paths; those that most requests go to come first.
PARTS = (
    objects,
    batches,
    search,
    merging,
    associationcalls,
    properties,
    accounts,
    owners,
    pipelines,
    schemas,
    lists,
    exports,
    imports,
    files,
    folders,
    forms,
    submissions,
    downloads,
    oauth,
    sequences,
    leadscoring,
    control,
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
    portal.chores = [chore for part in PARTS for chore in getattr(part, "CHORES", ())]
    app = Starlette(
        routes=[Route("/", _front, methods=["GET"]), *_routes(portal, latency)],
        exception_handlers={404: _missing, 405: _not_allowed, Exception: _broken},
    )
    app.router.redirect_slashes = False
    return _Door(app, frozenset(hosts))


def _routes(portal: Portal, latency: float) -> Iterator[Route]:
    for path in (path for part in PARTS for path in part.PATHS):
        for prefix, version in FAMILIES[path.family].items():
            gate = Gate(
                portal,
                path.handler,
                path.scopes,
                path.open_to_all,
                path.policy,
                version,
                latency,
            )
            yield Route(prefix + path.path, gate.serve, methods=[path.method])


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
