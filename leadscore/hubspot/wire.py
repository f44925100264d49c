"""One exchange over the network: connect, send, read to the end, all before a deadline.

urllib3's timeouts hold for one read of the socket each, so a server that sends a byte now and then
is never too late for them. Here the socket's timeout is set to what is left of the deadline before
each read, whether it is for the headers or for the body.
"""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from leadscore.hubspot.waits import Deadline

__all__ = ["Answer", "TooLargeError", "Wire"]

CONNECT: Final = 10.0  # seconds
# Bytes after decoding. A page of 100 contacts is about 0.5 MB; 50 with history are a few MB.
MAX_BODY: Final = 128 * 2**20
# A small reply that unpacks into a large one is a bomb: JSON of equal records packs up to 1 : 150.
_SUSPECT, _BOMB = 16 * 2**20, 300
_PIECE = 2**16

_deadline: ContextVar[Deadline] = ContextVar("_deadline")


class TooLargeError(ValueError):
    """The reply is larger than any that HubSpot sends."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole and unpacked."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes


class _Socket:
    """What ``http.client`` reads a reply from: a socket that knows the deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock, self._deadline = sock, deadline

    def makefile(self, *_: Any) -> io.BufferedReader:
        """Return the reader of the reply."""
        return io.BufferedReader(_Raw(self._sock, self._deadline), _PIECE)


class _Raw(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock, self._deadline = sock, deadline
        self._file = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        _hurry(self._sock, self._deadline)
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


def _hurry(sock: socket.socket, deadline: Deadline) -> None:
    left = deadline.left()
    if left <= 0:
        raise TimeoutError("the deadline has passed")
    sock.settimeout(left)


class _Hurried:
    """What a connection does against the clock; also deaf to ``http.client``'s debug switch."""

    debuglevel = 0  # http.client would print the headers, and the token in them
    sock: Any

    def response_class(self, sock: Any, *args: Any, **options: Any) -> http.client.HTTPResponse:
        reader: Any = _Socket(sock, _deadline.get())
        return http.client.HTTPResponse(reader, *args, **options)

    def send(self, data: Any) -> None:
        """Send in pieces: over TLS a socket's timeout holds for each, not for all of them."""
        if self.sock is None or not isinstance(data, bytes):
            super().send(data)  # type: ignore[misc] # of the connection that this is mixed into
            return
        for start in range(0, len(data), _PIECE):
            _hurry(self.sock, _deadline.get())
            self.sock.sendall(data[start : start + _PIECE])


class _Connection(_Hurried, HTTPConnection):  # type: ignore[misc] # response_class is a method
    """Without TLS: to a sandbox on this machine."""


class _TLSConnection(_Hurried, HTTPSConnection):  # type: ignore[misc] # likewise
    """With TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class Wire:
    """The connections: certificates verified, no redirects, no proxies, no retries.

    Parameters
    ----------
    connections : int
        How many are kept open.

    Notes
    -----
    The look-up of the server's name is the one step without a deadline: the system's resolver
    takes none, and gives up by its own settings.
    """

    def __init__(self, connections: int = 32) -> None:
        self._http = urllib3.PoolManager(
            maxsize=connections, retries=False, cert_reqs="CERT_REQUIRED"
        )
        self._http.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}

    def exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        deadline: Deadline,
        **options: Any,
    ) -> Answer:
        """Send one request and read its reply to the end.

        Raises
        ------
        urllib3.exceptions.HTTPError, OSError
            No complete reply before the deadline.
        TooLargeError
            More than `MAX_BODY` bytes.
        """
        before = _deadline.set(deadline)
        try:
            raw = self._ask(method, url, headers, deadline, options)
            try:
                body = _read(raw, deadline)
            except BaseException:
                raw.close()  # what is left on this connection belongs to no later request
                raise
            raw.release_conn()
            return Answer(raw.status, raw.reason or "", raw.headers, body)
        finally:
            _deadline.reset(before)

    def _ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        deadline: Deadline,
        options: dict[str, Any],
    ) -> urllib3.BaseHTTPResponse:
        left = max(deadline.left(), 0.001)
        return self._http.request(
            method,
            url,
            headers=headers,
            redirect=False,
            preload_content=False,
            timeout=urllib3.Timeout(connect=min(CONNECT, left), read=left),
            **options,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.clear()


def _read(raw: urllib3.BaseHTTPResponse, deadline: Deadline) -> bytes:
    chunks, size = [], 0
    while chunk := raw.read1(2**20):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_BODY or (size > _SUSPECT and size > _BOMB * raw.tell()):
            raise TooLargeError("the reply is larger than any that HubSpot sends")
        if deadline.left() <= 0:
            raise urllib3.exceptions.TimeoutError("the reply did not end in time")
    return b"".join(chunks)
