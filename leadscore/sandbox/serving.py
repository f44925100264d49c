"""A portal on a loopback port."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from leadscore.errors import SandboxError
from leadscore.sandbox.app import build_app
from leadscore.sandbox.door import LONGEST_URL

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Portal

__all__ = ["HOST", "Server"]

HOST = "127.0.0.1"


class Server:
    """A portal on a loopback port.

    Parameters
    ----------
    portal : Portal
    port : int
        0 takes a free one.
    latency_ms : float
    save_every : float
        Seconds after which a portal that has a file is saved if it was asked to change; 0 never.

    Raises
    ------
    SandboxError
        The port cannot be had.
    """

    def __init__(
        self,
        portal: Portal,
        *,
        port: int = 0,
        latency_ms: float = 0.0,
        save_every: float = 0.0,
    ) -> None:
        self._socket = _listen(port)
        self.port = int(self._socket.getsockname()[1])
        self.url = f"http://{HOST}:{self.port}"
        app = build_app(portal, hosts=_hosts(self.port), latency=latency_ms / 1000)
        config = uvicorn.Config(
            app,
            http=cast(type[asyncio.Protocol], partial(_Protocol, stopping=self._stopping)),
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=2,
            # Overlong URLs shall reach the app, which answers 414.
            h11_max_incomplete_event_size=16 * LONGEST_URL,
        )
        self._server = _Server(config, _Saving(portal, every=save_every))

    def _stopping(self) -> bool:
        return self._server.should_exit

    def run(self) -> None:
        """Serve until stopped."""
        self._server.run(sockets=[self._socket])

    def stop(self) -> None:
        """Let `run` come to an end."""
        self._server.should_exit = True


class _Protocol(H11Protocol):
    """uvicorn's protocol, with the connection in each request's state: faults write to it."""

    def __init__(self, *given: Any, stopping: Callable[[], bool], **named: Any) -> None:
        super().__init__(*given, **named)
        self._stopping = stopping

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        own = {"transport": transport, "stopping": self._stopping}
        self.app_state = {**self.app_state, **own}


class _Saving:
    """When a portal is to be saved while it serves."""

    def __init__(self, portal: Portal, *, every: float) -> None:
        self._portal = portal
        self._every = every
        self._seen = portal.requests.total
        self._last = time.monotonic()

    def tick(self) -> None:
        """Save if it is time, and if anything but reading was asked for since."""
        portal, now = self._portal, time.monotonic()
        if not self._every or portal.save is None or now - self._last < self._every:
            return
        new = portal.requests.after(self._seen)
        if any(one.method != "GET" for _, one in new):
            portal.save()
        self._seen, self._last = portal.requests.total, time.monotonic()


class _Server(uvicorn.Server):
    """uvicorn's server, which saves between requests."""

    def __init__(self, config: uvicorn.Config, saving: _Saving) -> None:
        super().__init__(config)
        self._saving = saving

    async def on_tick(self, counter: int) -> bool:
        self._saving.tick()
        return await super().on_tick(counter)


def _hosts(port: int) -> tuple[str, ...]:
    names = (HOST, "localhost")
    return (*(f"{name}:{port}" for name in names), *(names if port == 80 else ()))


def _listen(port: int) -> socket.socket:
    # With IPPROTO_TCP asyncio sets TCP_NODELAY; without, replies stall for 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as problem:
        listener.close()
        message = f"Port {port} of this machine cannot be used: {problem.strerror}."
        hint = "Stop what is using it, choose another port, or port 0 for any free one."
        raise SandboxError(message, hint=hint) from None
    return listener
