"""Run the cells of `05_nightly` in this process, as of a time, and die in one of them if told to.

python nightcells.py WORKSPACE CONTACTS TIME [CELL REPLY]: die (SIGKILL) at the n-th reply of the
portal inside the code cell of that number, from 1, or at its end if there are fewer.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

from leadscore import syncing
from leadscore.hubspot import transport

NOTEBOOK = Path(__file__).parent.parent.parent / "notebooks" / "05_nightly.ipynb"
left = 0


def sources() -> list[str]:
    """Return the code cells."""
    return [c.source for c in nbformat.read(NOTEBOOK, 4).cells if c.cell_type == "code"]


def die() -> None:
    """Leave at once, as a machine does that loses its power."""
    os.kill(os.getpid(), signal.SIGKILL)


def replied(method: Any) -> Any:
    """Count replies, and die at the last."""

    def request(self: Any, *given: Any, **options: Any) -> Any:
        global left
        reply = method(self, *given, **options)
        left -= 1
        if left == 0:
            die()
        return reply

    return request


def main(workspace: str, contacts: str, at: str, cell: str = "0", reply: str = "0") -> None:
    """Run the cells in order."""
    global left
    syncing._now = lambda: pd.Timestamp(at)
    transport.Pool.request = replied(transport.Pool.request)
    names: dict[str, Any] = {}
    for number, source in enumerate(sources(), 1):
        left = int(reply) if number == int(cell) else 0
        exec(source, names)
        if number == 1:
            names |= {"workspace": workspace, "contacts": int(contacts), "write": True}
        if number == int(cell):
            die()


if __name__ == "__main__":
    main(*sys.argv[1:])
