"""A portal on a loopback port."""

from __future__ import annotations

import socket
import sys

import uvicorn

from leadscore.errors import SandboxError
from leadscore.sandbox.app import LONGEST_URL, build_app
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

    Raises
    ------
    SandboxError
        The port cannot be had.
    """

    def __init__(self, portal: Portal, *, port: int = 0, latency_ms: float = 0.0) -> None:
        self._socket = _listen(port)
        self.port = int(self._socket.getsockname()[1])
        self.url = f"http://{HOST}:{self.port}"
        app = build_app(portal, hosts=_hosts(self.port), latency=latency_ms / 1000)
        config = uvicorn.Config(
            app,
            http="h11",
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
        self._server = uvicorn.Server(config)

    def run(self) -> None:
        """Serve until stopped."""
        self._server.run(sockets=[self._socket])

    def stop(self) -> None:
        """Let `run` come to an end."""
        self._server.should_exit = True


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
