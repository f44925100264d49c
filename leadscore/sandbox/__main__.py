"""The sandbox in a process of its own: options come in, one line says ready.

The options are one line of JSON on standard input, never arguments: those are for all to see. The
ready line is JSON on standard output. The process ends when its standard input does, or by SIGTERM
or SIGINT; a portal that has a file is saved then.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

from leadscore.errors import LeadscoreError
from leadscore.sandbox.opening import Opened, Opening, prepare
from leadscore.sandbox.server import serve

if TYPE_CHECKING:
    from leadscore.sandbox.serving import Server

__all__ = ["main"]


def main() -> int:
    """Serve until standard input ends, and return the exit code."""
    try:
        opened, server, ready = _open(Opening(**json.loads(sys.stdin.readline())))
    except LeadscoreError as error:
        _say({"error": error.as_dict()})
        return error.exit_code
    threading.Thread(target=_watch, args=(server,), daemon=True).start()
    # uvicorn takes these signals while it serves, and raises them once more when it has ended.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    _say(ready)
    server.run()
    return _close(opened)


def _close(opened: Opened) -> int:
    try:
        opened.close()
    except LeadscoreError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _open(opening: Opening) -> tuple[Opened, Server, dict[str, Any]]:
    opened = prepare(opening)
    portal, seeded = opened.portal, opened.seeded
    server = serve(opened, opening)
    ready = {
        "url": server.url,
        "token": portal.token,
        "portal_id": portal.id,
        "goal": seeded.goal,
        "columns": seeded.columns,
    }
    return opened, server, ready


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _watch(server: Server) -> None:
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    sys.exit(main())
