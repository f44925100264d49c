"""The place on this machine to which a browser brings the answer to a wish for consent."""

from __future__ import annotations

import hmac
import os
import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr

from leadscore.errors import AuthenticationError, SettingsError, UnreachableError

__all__ = ["PATH", "Callback", "read_answer"]

PATH: Final = "/callback"
_HOST: Final = "127.0.0.1"
_PATIENCE: Final = 10.0  # seconds for one request: browsers open connections and say nothing
_MOST: Final = 2048  # characters of a code
_PAGE: Final = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>leadscore</title>"
    "<body style='font-family:sans-serif;margin:4em'><p>{}</p></body></html>"
)
_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Connection": "close",
}
_DONE: Final = "That is all: leadscore has its answer. You may close this window."
_REFUSED: Final = "leadscore was not let in. You may close this window."
_OTHER: Final = "This is not the answer to the sign-in that waits now. Start it again."


class Callback:
    """Listens on this machine alone, for one answer; all else is turned away and waited past.

    Parameters
    ----------
    port : int
        0: a free one; HubSpot knows an app's redirect URLs with their ports.

    Raises
    ------
    SettingsError
        The port is taken, or may not be used.
    """

    def __init__(self, port: int) -> None:
        self.state = SecretStr("")
        self._answer: SecretStr | LookupError | None = None
        self._came, self._strangers, self._guard = threading.Event(), 0, threading.Lock()
        try:
            self._server = _Server((_HOST, port), _Handler)
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or error
            raise SettingsError(
                f"Port {port} of this machine cannot be listened on: {why}.",
                hint="Choose another with --port, and add its redirect URL to the app in HubSpot.",
            ) from None
        self._server.callback = self
        self.port = int(self._server.server_address[1])
        self.redirect_uri = f"http://localhost:{self.port}{PATH}"
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    def wait(self, seconds: float) -> SecretStr:
        """Return the code, once it is there.

        Raises
        ------
        AuthenticationError
            Whoever was asked said no.
        UnreachableError
            No answer came in time.
        """
        if not self._came.wait(seconds):
            more = (
                f" {self._strangers} that came were of another sign-in." if self._strangers else ""
            )
            raise UnreachableError(
                f"No answer came within {seconds:g} seconds.{more}",
                hint="Run the same command again, and say yes on the page that it opens.",
            )
        return _code_of(self._answer)

    def take(self, query: str) -> str:
        """Take what a browser brought, and return what to tell the one who sits before it."""
        answer = _judged(query, self.state)
        with self._guard:
            if answer is None or self._answer is not None:
                self._strangers += answer is None
                return _OTHER
            self._answer = answer
        return _DONE if isinstance(answer, SecretStr) else _REFUSED

    def told(self) -> None:
        """End the wait, if there is an answer: the page is on its way by now."""
        if self._answer is not None:
            self._came.set()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Callback:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_answer(url: str, state: SecretStr) -> SecretStr:
    """Return the code of an address to which a browser was sent, where that could not reach us.

    Raises
    ------
    AuthenticationError
        Whoever was asked said no, or the address is not the answer to this sign-in.

    Examples
    --------
    >>> read_answer("http://localhost:8400/callback?code=c0de&state=s", SecretStr("s"))
    SecretStr('**********')
    """
    try:
        query = urlsplit(url.strip()).query
    except ValueError:
        query = ""
    answer = _judged(query, state)
    if answer is None:
        raise AuthenticationError(
            "That is not the answer to this sign-in.",
            hint="Copy the whole address from the browser, http://localhost:… with what follows.",
        )
    return _code_of(answer)


def _judged(query: str, state: SecretStr) -> SecretStr | LookupError | None:
    """Return the code, that there is none, or None for what is not ours."""
    found = parse_qs(query, keep_blank_values=True, max_num_fields=20, errors="replace")
    first = {name: texts[0] for name, texts in found.items()}
    ours = state.get_secret_value().encode()
    given = first.get("state", "").encode("utf-8", "replace")
    if not ours or not hmac.compare_digest(given, ours):
        return None
    if code := first.get("code", "")[:_MOST]:
        return SecretStr(code)
    return LookupError(first.get("error", ""))


def _code_of(answer: SecretStr | LookupError | None) -> SecretStr:
    if isinstance(answer, SecretStr):
        return answer
    denied = str(answer) == "access_denied"
    raise AuthenticationError(
        "Whoever was asked said no." if denied else "HubSpot sent no code.",
        hint="Run the same command again, and choose a portal whose apps you may install.",
    )


class _Server(ThreadingHTTPServer):
    allow_reuse_address = os.name == "posix"  # Windows would let another listen there too
    daemon_threads = True
    block_on_close = False
    callback: Callback

    def handle_error(self, *_: Any) -> None:
        """Say nothing: a traceback would have the code in it."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _PATIENCE
    server_version, sys_version = "leadscore", ""
    server: _Server

    def do_GET(self) -> None:
        """Take the answer; anything else is no page of ours."""
        asked = urlsplit(self.path)
        port = self.server.callback.port
        if self.headers.get("Host", "") not in (f"localhost:{port}", f"{_HOST}:{port}"):
            self._say(HTTPStatus.BAD_REQUEST, "This is another host.")  # DNS rebinding
        elif asked.path != PATH:
            self._say(HTTPStatus.NOT_FOUND, "There is nothing here.")
        else:
            said = self._taken(asked.query)
            good = said in (_DONE, _REFUSED)
            self._say(HTTPStatus.OK if good else HTTPStatus.BAD_REQUEST, said)
            self.server.callback.told()

    def _taken(self, query: str) -> str:
        try:
            return self.server.callback.take(query)
        except ValueError:  # more fields than any answer has
            return _OTHER

    def _say(self, status: HTTPStatus, words: str) -> None:
        body = _PAGE.format(words).encode()
        self.send_response(status)
        for name, value in (_HEADERS | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Log nothing: a line would have the code in it."""
