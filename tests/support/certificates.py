"""A throw-away authority and a server with one of its certificates."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def _openssl(*arguments: str) -> None:
    command = shutil.which("openssl")
    if not command:
        pytest.skip("the command openssl is not installed")
    subprocess.run([command, *arguments], check=True, capture_output=True)


def authority(folder: Path) -> Path:
    """Make an authority and return its certificate."""
    made = folder / "ca.pem"
    _openssl(
        *("req", "-x509", *_KEY, "-keyout", str(folder / "ca.key"), "-out", str(made)),
        *("-subj", "/CN=Throw-away", "-days", "2"),
        *("-addext", "keyUsage=critical,keyCertSign"),
    )
    return made


def certificate(folder: Path, *, host: str = "IP:127.0.0.1", days: int = 2) -> Path:
    """Return a file with a key and a certificate of the authority for a host."""
    key, wish, cert, names = (folder / f"server.{end}" for end in ("key", "csr", "pem", "ext"))
    names.write_text(f"subjectAltName={host}")
    _openssl("req", *_KEY, "-keyout", str(key), "-out", str(wish), "-subj", "/CN=server")
    _openssl(
        *("x509", "-req", "-in", str(wish), "-out", str(cert), "-days", str(days)),
        *("-CA", str(folder / "ca.pem"), "-CAkey", str(folder / "ca.key"), "-CAcreateserial"),
        *("-extfile", str(names)),
    )
    both = folder / "both.pem"
    both.write_text(key.read_text() + cert.read_text())
    return both


@dataclass
class Secure:
    """A server over TLS, and what reached it."""

    url: str
    paths: list[str] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    """A server that says nothing about clients that hang up."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Let it pass: that is what the tests are about."""


@contextmanager
def secure(pem: Path) -> Iterator[Secure]:
    """Serve one JSON object over TLS on a free loopback port."""
    served = Secure("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.paths.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with _Server(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        served.url = f"https://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        with suppress(OSError):
            yield served
        server.shutdown()
        thread.join()
