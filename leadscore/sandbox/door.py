"""What is decided before routing: Host, length of the URL, the log, and whether a fault is due."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import uuid4

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from leadscore.sandbox.calls import JSON, plain_headers
from leadscore.sandbox.logs import Request, masked
from leadscore.sandbox.misbehaving import Note, misbehave, noting
from leadscore.sandbox.replies import encoded, page, unauthorised

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Portal

__all__ = ["CONTROL", "LONGEST_URL", "Door", "html"]

LONGEST_URL = 16 * 1024
CONTROL = "/__sandbox"
_DESCRIPTIONS = frozenset({f"{CONTROL}/openapi.json", f"{CONTROL}/postman.json"})


class Door:
    """The first that a request meets.

    Parameters
    ----------
    portal : Portal
    app : callable
        What is behind it.
    hosts : frozenset of str
        The values of the Host header that are answered.
    """

    def __init__(self, portal: Portal, app: ASGIApp, hosts: frozenset[str]) -> None:
        self.portal = portal
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        if scope["type"] != "http":
            raise RuntimeError(f"{scope['type']} is not served")
        headers = dict(scope["headers"])
        refused = self._refused(scope, headers)
        scope["path"] = scope["path"].rstrip("/") or "/"
        if refused is None and _is_control(scope["path"]):
            stranger = None if scope["path"] in _DESCRIPTIONS else self._stranger(headers)
            await (stranger or self.app)(scope, receive, send)
            return
        note = self._note(scope, headers)
        if self.portal.faults.rules and refused is None:
            await misbehave(self.portal, self.app, scope, receive, send, note)
        else:
            await (refused or self.app)(scope, receive, noting(send, note))

    def _refused(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Response | None:
        if headers.get(b"host", b"").decode("latin-1").lower() not in self.hosts:
            return html(421, "Misdirected request", "This portal answers to its own address only.")
        if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_URL:
            return html(414, "URI Too Long", "Use a batch or a search, which take a body.")
        return None

    def _stranger(self, headers: Mapping[bytes, bytes]) -> Response | None:
        """Refuse the sandbox's own paths to whoever lacks its token, be it revoked or not."""
        if hmac.compare_digest(_bearer(headers), self.portal.token.encode()):
            return None
        identifier = str(uuid4())
        body = encoded(unauthorised().body(identifier))
        return Response(body, 401, {"content-type": JSON} | plain_headers(identifier))

    def _note(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Note:
        portal = self.portal
        kind = self._kind(_bearer(headers))
        path, query = masked(scope["path"], scope["query_string"].decode("latin-1"))

        def note(status: int, fault: str) -> None:
            one = Request(scope["method"], path, status, portal.now, query, kind, fault)
            portal.requests.append(one)

        return note

    def _kind(self, token: bytes) -> str:
        if not token:
            return "none"
        grant = self.portal.grant(token.decode("latin-1"))
        if grant is None:
            return "unknown"
        return "oauth" if grant.oauth else "private app"


def _is_control(path: str) -> bool:
    return path == CONTROL or path.startswith(CONTROL + "/")


def _bearer(headers: Mapping[bytes, bytes]) -> bytes:
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    return token if scheme.lower() == b"bearer" else b""


def html(status: int, title: str, text: str) -> Response:
    """Return a page that says what it is not."""
    headers = plain_headers(str(uuid4()))
    return Response(page(title, text), status, headers, "text/html")
