"""The sandbox in a process of its own: options come in, one line says ready.

The options are one line of JSON on standard input, never arguments: those are for all to see. The
ready line is JSON on standard output. The process ends when its standard input does.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

from leadscore.errors import LeadscoreError
from leadscore.sandbox.opening import Opening, fill
from leadscore.sandbox.serving import Server

__all__ = ["main"]


def main() -> int:
    """Serve until standard input ends, and return the exit code."""
    try:
        server, ready = _open(Opening(**json.loads(sys.stdin.readline())))
    except LeadscoreError as error:
        _say({"error": error.as_dict()})
        return error.exit_code
    threading.Thread(target=_watch, args=(server,), daemon=True).start()
    _say(ready)
    server.run()
    return 0


def _open(opening: Opening) -> tuple[Server, dict[str, Any]]:
    portal, seeded = fill(opening)
    server = Server(portal, port=opening.port, latency_ms=opening.latency_ms)
    ready = {
        "url": server.url,
        "token": portal.token,
        "portal_id": portal.id,
        "goal": seeded.goal,
        "columns": seeded.columns,
    }
    return server, ready


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _watch(server: Server) -> None:
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    sys.exit(main())
