"""One log file per run: what was asked of the portal and how it answered, no ids, no secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from leadscore.stamps import now
from leadscore.workspace import make_private, private_files

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["logged"]

# Whoever is erased must not stay in the log of the run that erased them.
_RECORD = re.compile(r"/[0-9]+(?=/|$)")
# A record that is asked for by its e-mail address, say, is named in the path too.
_KEY = re.compile(
    r"(/objects/(?:\d{4}-\d\d/)?+[\w-]+/)(?!(?:batch|search|merge|gdpr-delete)(?:/|$))[^/{][^/]*"
)


@contextmanager
def logged(portal: Portal, workspace: Path, run: str) -> Iterator[Path]:
    """Keep a log of a run's calls in the workspace, one line of JSON per request.

    HubSpot's guide asks to log errors (API docs, "Error handling"); its support asks for the
    correlation id.

    Parameters
    ----------
    portal : Portal
    workspace : Path
    run : str
        The run's id, which names the file.

    Yields
    ------
    Path
        The file: time, method, path without query and ids, status (0 where no whole reply came),
        seconds, correlation id, bytes.
    """
    path = make_private(workspace / "logs") / f"{run}.jsonl"
    lock = Lock()
    with private_files():
        file = path.open("a", encoding="utf-8")

    def note(
        method: str, where: str, status: int, seconds: float, correlation_id: str, size: int
    ) -> None:
        line = {
            "at": now(),
            "method": method,
            "path": _without_records(where.partition("?")[0]),
            "status": status,
            "seconds": round(seconds, 3),
            "correlation_id": correlation_id,
            "bytes": size,
        }
        with lock:
            file.write(json.dumps(line) + "\n")

    before, portal.pool.on_reply = portal.pool.on_reply, note
    try:
        yield path
    finally:
        portal.pool.on_reply = before
        file.close()


def _without_records(path: str) -> str:
    return _KEY.sub(r"\1{key}", _RECORD.sub("/{id}", path))
