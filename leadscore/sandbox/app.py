"""The routes: v3 and dated paths lead to the same handlers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from leadscore.sandbox import (
    accounts,
    associationcalls,
    associationlabels,
    associationsv3,
    batches,
    consent,
    control,
    descriptions,
    downloads,
    exports,
    filefolders,
    files,
    forms,
    imports,
    leadscoring,
    lists,
    marketingstatus,
    memberships,
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
    tracking,
    upserts,
    validation,
    workflows,
)
from leadscore.sandbox.calls import Gate, plain_headers
from leadscore.sandbox.door import LONGEST_URL, Door, html
from leadscore.sandbox.replies import Refusal, encoded
from leadscore.sandbox.routes import FAMILIES

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Portal

__all__ = ["LONGEST_URL", "PARTS", "build_app"]

# Which part of the API serves which paths; those that most requests go to come first.
PARTS = (
    objects,
    batches,
    upserts,
    search,
    merging,
    associationcalls,
    associationlabels,
    associationsv3,
    properties,
    accounts,
    tracking,
    owners,
    pipelines,
    schemas,
    lists,
    marketingstatus,
    memberships,
    exports,
    imports,
    files,
    filefolders,
    forms,
    submissions,
    downloads,
    consent,
    oauth,
    sequences,
    leadscoring,
    workflows,
    validation,
    control,
    descriptions,
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
    portal.paths = tuple(path for part in PARTS for path in part.PATHS)
    portal.chores = [chore for part in PARTS for chore in getattr(part, "CHORES", ())]
    app = Starlette(
        routes=[Route("/", _front, methods=["GET"]), *_routes(portal, latency)],
        exception_handlers={404: _missing, 405: _not_allowed, Exception: _broken},
    )
    app.router.redirect_slashes = False
    return Door(portal, app, frozenset(hosts))


def _routes(portal: Portal, latency: float) -> Iterator[Route]:
    for path in portal.paths:
        for prefix, version in FAMILIES[path.family].items():
            delay = 0.0 if path.family == "sandbox" else latency
            gate = Gate(portal, path, version, delay)
            yield Route(prefix + path.path, gate.serve, methods=[path.method])


async def _front(_: Request) -> Response:
    return html(200, "A portal on this machine", "Point a HubSpot client's base URL here.")


async def _missing(_: Request, __: Exception) -> Response:
    return html(404, "Error 404 Not Found", "There is nothing at this path.")


async def _not_allowed(_: Request, __: Exception) -> Response:
    return html(405, "Error 405 Method Not Allowed", "This path does not take this method.")


async def _broken(_: Request, __: Exception) -> Response:
    identifier = str(uuid4())
    body: dict[str, Any] = Refusal(500, "internal error").body(identifier)
    return Response(encoded(body), 500, plain_headers(identifier), "application/json")
