"""How a call goes wrong: what the portal does, what it says, and what becomes of that on the wire.

uvicorn sends replies that are right, so what is wrong is written to the connection itself, which
`leadscore.sandbox.serving` puts into the request's state.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leadscore.sandbox.calls import JSON, plain_headers
from leadscore.sandbox.faultbodies import content, named
from leadscore.sandbox.faultedits import asked_cursor, change_portal, reject, rejected, rewrite
from leadscore.sandbox.faults import Rule, Seen
from leadscore.sandbox.replies import encoded, page

if TYPE_CHECKING:
    from leadscore.sandbox.faultactions import Action
    from leadscore.sandbox.portal import Portal

__all__ = ["Answer", "Note", "misbehave", "noting"]

HTML = "text/html"
_TICK = 0.05
Note = Callable[[int, str], None]


@dataclass(frozen=True)
class Answer:
    """A whole reply, before it is sent."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


@dataclass(frozen=True)
class _Exchange:
    """One request, read in full, and the connection that it came by."""

    scope: Scope
    receive: Receive
    send: Send
    raw: bytes

    @property
    def transport(self) -> asyncio.Transport:
        transport: asyncio.Transport = self.scope["state"]["transport"]
        return transport

    @property
    def stopping(self) -> bool:
        return bool(self.scope["state"]["stopping"]())


async def misbehave(
    portal: Portal, app: ASGIApp, scope: Scope, receive: Receive, send: Send, note: Note
) -> None:
    """Answer a request under the portal's faults.

    Parameters
    ----------
    portal : Portal
    app : callable
        What answers when no rule fires.
    scope, receive, send
        As of ASGI.
    note : callable
        Takes the status, 0 for no reply, and the fault's name: for the log.
    """
    raw = await _whole(receive)
    rule = portal.faults.fire(Seen(scope["method"], scope["path"], raw))
    exchange = _Exchange(scope, receive, send, raw)
    if rule is None:
        await app(scope, _replayed(raw, receive), noting(send, note))
        return
    change_portal(portal, rule.action.changes)
    answer = await _answer(portal, app, exchange, rule)
    if rule.action.delay:
        await _pause(exchange, rule.action.delay)
    note(answer.status if answer else 0, portal.faults.label(rule))
    if answer is None:
        await _no_reply(exchange, rule.action)
    else:
        await _reply(exchange, rule.action, answer)


async def _whole(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _replayed(raw: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": raw, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def noting(send: Send, note: Note) -> Send:
    """Return a ``send`` that notes the status of the reply."""

    async def noted(message: Message) -> None:
        if message["type"] == "http.response.start":
            note(message["status"], "")
        await send(message)

    return noted


# --------------------------------------------------------------------------- what is said


async def _answer(portal: Portal, app: ASGIApp, exchange: _Exchange, rule: Rule) -> Answer | None:
    """Return what is to be sent; None when nothing is."""
    action = rule.action
    if action.answer == "hang" or action.value == "before":
        return None
    if action.answer in {"status", "redirect", "gzip_bomb"}:
        return _with(_made(action), action.headers)
    own = await _own(portal, app, exchange, rule)
    if action.answer == "apply_then_reset":
        return None
    return _with(_instead(own, action), action.headers)


async def _own(portal: Portal, app: ASGIApp, exchange: _Exchange, rule: Rule) -> Answer:
    """Let the portal handle the call, and return its reply with the rule's changes to it."""
    rewrites, raw = rule.action.rewrites, exchange.raw
    out: list[dict[str, Any]] = []
    if "reject_ids" in rewrites:
        raw, out = reject(raw, rewrites["reject_ids"])
    if out and b'"inputs":[]' in raw:
        own = _json(207, b"")
    else:
        own = await _captured(app, _resized(exchange.scope, raw), _replayed(raw, exchange.receive))
    if out:
        status, body = rejected(own.status, own.body, out, at=portal.now)
        own = replace(own, status=status, body=body)
    if rewrites:
        cursor = asked_cursor(exchange.scope["query_string"], exchange.raw)
        own = replace(own, body=rewrite(own.body, rewrites, cursor=cursor, fired=rule.fired))
    return own


def _resized(scope: Scope, raw: bytes) -> Scope:
    kept = [pair for pair in scope["headers"] if pair[0] != b"content-length"]
    return {**scope, "headers": [*kept, (b"content-length", str(len(raw)).encode())]}


async def _captured(app: ASGIApp, scope: Scope, receive: Receive) -> Answer:
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    headers = tuple(pair for pair in messages[0]["headers"] if pair[0] != b"content-length")
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return Answer(messages[0]["status"], headers, body)


def _made(action: Action) -> Answer:
    """Return a reply that the portal has no part in."""
    if action.answer == "gzip_bomb":
        bomb = gzip.compress(b" " * (action.value * 1_000_000), 9)
        return _with(_json(200, bomb), {"content-encoding": "gzip"})
    name = named(action.body)
    if name is not None:
        correlation_id = str(uuid4())
        body = content(name, correlation_id=correlation_id)
        return _with(_typed(name.status, body, correlation_id), name.headers)
    return _typed(action.status, action.body)


def _instead(own: Answer, action: Action) -> Answer:
    """Return what is said in place of the portal's own reply."""
    if action.answer == "apply_then_status":
        return _made(action)
    if action.answer == "html":
        return _typed(200, page("Please sign in to this network", "A page instead of a reply."))
    if action.answer == "truncated":
        return replace(own, body=own.body[: len(own.body) // 2])
    if action.answer in {"empty", "array"}:
        return _json(200, b"" if action.answer == "empty" else b"[]")
    return own


def _typed(status: int, body: Any, correlation_id: str = "") -> Answer:
    if isinstance(body, bytes):
        return _plain(status, body, f"{HTML};charset=utf-8", correlation_id)
    if isinstance(body, str):
        kind = HTML if body.lstrip().startswith("<") else "text/plain"
        return _plain(status, body.encode("utf-8", "replace"), kind, correlation_id)
    return _plain(status, encoded(body), JSON, correlation_id)


def _json(status: int, body: bytes) -> Answer:
    return _plain(status, body, JSON)


def _plain(status: int, body: bytes, kind: str, correlation_id: str = "") -> Answer:
    headers = plain_headers(correlation_id or str(uuid4())) | {"content-type": kind}
    return _with(Answer(status, (), b"" if status in {204, 304} else body), headers)


def _with(answer: Answer, headers: Any) -> Answer:
    """Return an answer with more headers, in place of those of the same names."""
    new = {name.lower().encode(): text.encode("latin-1") for name, text in headers.items()}
    kept = [pair for pair in answer.headers if pair[0] not in new]
    return replace(answer, headers=(*kept, *new.items()))


# --------------------------------------------------------------------------- on the wire


async def _reply(exchange: _Exchange, action: Action, answer: Answer) -> None:
    if action.answer == "reset":
        await _half(exchange, answer)
    elif action.drip or action.content_length:
        await _raw(exchange, action, answer)
    else:
        length = (b"content-length", str(len(answer.body)).encode())
        framed = answer.headers if answer.status in {204, 304} else (*answer.headers, length)
        start = {"type": "http.response.start", "status": answer.status, "headers": framed}
        await exchange.send(start)
        await exchange.send({"type": "http.response.body", "body": answer.body})


async def _no_reply(exchange: _Exchange, action: Action) -> None:
    if action.answer == "hang":
        await _until_gone(exchange)
        exchange.transport.abort()
    else:
        _reset(exchange)
    await _gone(exchange)


async def _half(exchange: _Exchange, answer: Answer) -> None:
    head = _head(answer, len(answer.body))
    exchange.transport.write(head + answer.body[: len(answer.body) // 2])
    # What the other side has not read yet may be lost with the reset.
    await asyncio.sleep(_TICK)
    _reset(exchange)
    await _gone(exchange)


async def _raw(exchange: _Exchange, action: Action, answer: Answer) -> None:
    length = max(len(answer.body) + action.content_length, 0)
    everything = _head(answer, length) + answer.body
    size, pause = action.drip or (len(everything), 0.0)
    for start in range(0, len(everything), size):
        if exchange.transport.is_closing() or exchange.stopping:
            break
        exchange.transport.write(everything[start : start + size])
        await _pause(exchange, pause)
    exchange.transport.close()
    await _gone(exchange)


def _head(answer: Answer, length: int) -> bytes:
    known = {status.value for status in HTTPStatus}
    phrase = HTTPStatus(answer.status).phrase if answer.status in known else ""
    framed = (b"content-length", str(length).encode()), (b"connection", b"close")
    lines = [name + b": " + text for name, text in (*answer.headers, *framed)]
    return b"\r\n".join([f"HTTP/1.1 {answer.status} {phrase}".encode(), *lines, b"", b""])


def _reset(exchange: _Exchange) -> None:
    """Close with a reset: what is not sent yet never will be."""
    connection = exchange.transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    exchange.transport.abort()


async def _gone(exchange: _Exchange) -> None:
    """Wait until the server knows that the connection is closed: it expects no reply then."""
    while (await exchange.receive())["type"] != "http.disconnect":
        continue


async def _until_gone(exchange: _Exchange) -> None:
    """Wait until the other side has gone away, or the server is to stop."""
    gone = asyncio.ensure_future(_gone(exchange))
    while not exchange.stopping:
        if (await asyncio.wait({gone}, timeout=_TICK))[0]:
            return
    gone.cancel()


async def _pause(exchange: _Exchange, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while not exchange.stopping and (left := until - loop.time()) > 0:
        await asyncio.sleep(min(left, _TICK))
