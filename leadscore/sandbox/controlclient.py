"""The sandbox's own paths, asked over HTTP: the same for a thread and for another process."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from leadscore.errors import SandboxError, UsageError

__all__ = ["Remote"]

_PATIENCE = 600.0
_PAGE = 10_000


@dataclass(frozen=True)
class Remote:
    """A sandbox's control paths.

    Parameters
    ----------
    url, token : str
    """

    url: str
    token: str = field(repr=False)

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Return the reply's JSON, None when it has none.

        Raises
        ------
        UsageError
            The portal refuses what is asked.
        SandboxError
            It does not answer, or cannot do it.
        """
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=_PATIENCE)
        asked = "/__sandbox" + path + (f"?{urlencode(query)}" if query else "")
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body)
        try:
            connection.request(method, asked, content, headers)
            reply = connection.getresponse()
            return _read(reply.status, reply.read())
        except (OSError, http.client.HTTPException):
            message = f"The sandbox at {self.url} does not answer."
            raise SandboxError(message, hint="It may be closed: open it again.") from None
        finally:
            connection.close()

    def log(self, kind: str, **chosen: str) -> list[dict[str, Any]]:
        """Return all entries of the log: "requests" or "writes"."""
        key = "after" if kind == "requests" else "writesAfter"
        found: list[dict[str, Any]] = []
        while True:
            after = found[-1]["number"] if found else 0
            page = self.ask("GET", "/log", **{key: after, "limit": _PAGE}, **chosen)[kind]
            found += page
            if len(page) < _PAGE:
                return found


def _read(status: int, raw: bytes) -> Any:
    found: Any = json.loads(raw) if raw else None
    if status < 400:
        return found
    kind = SandboxError if status >= 500 else UsageError
    raise kind(str(found["message"]))
