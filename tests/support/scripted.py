"""A server that says what a test tells it to: faults that no well-behaved portal shows."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Reply = bytes | Callable[[socket.socket], None]


def reply(
    status: int, body: object = None, *, kind: str = "application/json", **headers: str
) -> bytes:
    """Return the bytes of an honest reply."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Some Reason", f"Content-Length: {len(content)}"]
    lines += [f"Content-Type: {kind}", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


@dataclass
class Script:
    """What was asked, and what is answered next; the last answer is repeated."""

    url: str = ""
    replies: list[Reply] = field(default_factory=lambda: [reply(200, {"results": []})])
    requests: list[bytes] = field(default_factory=list)

    def next(self) -> Reply:
        """Return the next answer."""
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ),
        0,
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def _serve(connection: socket.socket, script: Script) -> None:
    with connection, suppress(OSError):
        while request := _read_request(connection):
            script.requests.append(request)
            answer = script.next()
            if callable(answer):
                answer(connection)
                return
            connection.sendall(answer)


def _listen(server: socket.socket, script: Script) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(connection, script), daemon=True).start()


@contextmanager
def scripted() -> Iterator[Script]:
    """Serve a script on a free loopback port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        script = Script(url=f"http://127.0.0.1:{server.getsockname()[1]}")
        threading.Thread(target=_listen, args=(server, script), daemon=True).start()
        yield script
