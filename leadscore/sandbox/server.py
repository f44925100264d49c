"""Open a portal on this machine: on a loopback port, in its own process or in a thread."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import pandas as pd

from leadscore.errors import LeadscoreError, SandboxError, UsageError
from leadscore.sandbox.opening import Opening, fill, instant
from leadscore.sandbox.portal import Portal
from leadscore.sandbox.serving import Server

__all__ = ["Sandbox", "open_sandbox"]

_PATIENCE = 10.0


def open_sandbox(
    *,
    contacts: int = 2000,
    seed: int = 0,
    now: str | datetime | None = None,
    csv: str | Path | pd.DataFrame | None = None,
    outcome: str | None = None,
    positive: object = None,
    date: str | None = None,
    order: bool = False,
    id: str | None = None,  # noqa: A002 - the word of the command line
    tier: str = "professional",
    api_addon: bool = False,
    latency_ms: float = 0.0,
    port: int = 0,
    limits: bool = True,
    process: bool = True,
) -> Sandbox:
    """Open a HubSpot-compatible portal on this machine.

    Parameters
    ----------
    contacts : int
        How many contacts the simulated market has.
    seed : int
        Equal seeds make equal markets.
    now : str or datetime, optional
        The portal's time when it opens; it goes on from there.
    csv : str, Path or DataFrame, optional
        Load a table of leads instead: each row becomes a contact. A DataFrame needs
        ``process=False``.
    outcome, positive, date, order, id
        What the table's columns mean, as for `leadscore.sandbox.seeding.seed_table`.
    tier : str
        "free", "starter", "professional" or "enterprise": sets the rate limits.
    api_addon : bool
        The API limit increase: 250 requests per ten seconds.
    latency_ms : float
        Milliseconds by which replies are delayed.
    port : int
        0 takes a free one.
    limits : bool
        False lifts the rate limits.
    process : bool
        Run in a process of its own. In a thread of this one (False), ``Sandbox.portal`` is the
        state itself.

    Returns
    -------
    Sandbox
        A context manager; any HubSpot client that takes a base URL works with its ``url`` and
        ``token``.

    Raises
    ------
    UsageError, SandboxError, TableError
        Options that do not fit, a port in use, a table that cannot be used.

    Examples
    --------
    >>> with open_sandbox(csv=pd.DataFrame({"size": [3, 9], "won": ["no", "yes"]}),
    ...                   outcome="won", process=False) as sandbox:
    ...     sandbox.goal, sandbox.columns, sandbox.url[:17]
    ('won=yes', {'size': 'size', 'won': 'won'}, 'http://127.0.0.1:')
    """
    opening = Opening(
        contacts=contacts,
        seed=seed,
        now=instant(now),
        csv=str(csv) if isinstance(csv, Path) else csv,
        outcome=outcome,
        positive=positive,
        date=date,
        order=order,
        id=id,
        tier=tier,
        api_addon=api_addon,
        latency_ms=latency_ms,
        port=port,
        limits=limits,
    )
    opening.check()
    return _in_process(opening) if process else _in_thread(opening)


@dataclass
class Sandbox:
    """A portal on this machine; a context manager.

    Attributes
    ----------
    url : str
        What a HubSpot client takes as base URL.
    token : str
        The only token that works.
    portal_id : int
    goal : str
        "customer", or "property=value" for a table.
    columns : dict of str to str
        Properties -> the table's own column names; empty for a simulated market.
    portal : Portal, optional
        The state itself, when it runs in this process.
    """

    url: str
    token: str = field(repr=False)
    portal_id: int
    goal: str
    columns: dict[str, str] = field(repr=False)
    portal: Portal | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self._finish: Callable[[], Any] = lambda: None

    def close(self) -> None:
        """Stop serving; what the portal held is gone."""
        self._finish()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


# --------------------------------------------------------------------------- in a thread


def _in_thread(opening: Opening) -> Sandbox:
    portal, seeded = fill(opening)
    server = Server(portal, port=opening.port, latency_ms=opening.latency_ms)
    thread = threading.Thread(target=server.run, name="leadscore-sandbox", daemon=True)
    thread.start()
    sandbox = Sandbox(
        server.url, portal.token, portal.id, seeded.goal, seeded.columns, portal=portal
    )
    sandbox._finish = weakref.finalize(sandbox, _stop_thread, server, thread)
    return sandbox


def _stop_thread(server: Server, thread: threading.Thread) -> None:
    server.stop()
    thread.join(_PATIENCE)


# --------------------------------------------------------------------------- in a process


def _in_process(opening: Opening) -> Sandbox:
    if isinstance(opening.csv, pd.DataFrame):
        message = "A DataFrame cannot be handed to another process."
        raise UsageError(message, hint="Use process=False, or write it to a CSV file.")
    child = subprocess.Popen(
        [sys.executable, "-m", "leadscore.sandbox"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        # Ctrl-C is for this process: it ends what it is doing, then closes the sandbox.
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )
    try:
        ready = _ask(child, opening)
        sandbox = Sandbox(**ready)
    except BaseException:
        _stop_process(child)
        raise
    sandbox._finish = weakref.finalize(sandbox, _stop_process, child)
    return sandbox


def _ask(child: subprocess.Popen[str], opening: Opening) -> dict[str, Any]:
    """Send the options, and wait for the line that says that the portal is ready."""
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(json.dumps(asdict(opening)) + "\n")
        child.stdin.flush()
        line = child.stdout.readline()
    except BrokenPipeError:
        line = ""
    if not line.strip():
        message = "The sandbox's process ended before it was ready."
        raise SandboxError(message, hint="What went wrong stands in its own output above.")
    found: dict[str, Any] = json.loads(line)
    if "error" in found:
        raise _again(found["error"])
    return found


def _again(error: dict[str, str]) -> LeadscoreError:
    """Make the error that the other process raised once more."""
    kinds = {found.kind: found for found in _family(LeadscoreError)}
    return kinds.get(error["kind"], SandboxError)(error["message"], hint=error["hint"])


def _family(root: type[LeadscoreError]) -> Iterator[type[LeadscoreError]]:
    yield root
    for child in root.__subclasses__():
        yield from _family(child)


def _stop_process(child: subprocess.Popen[str]) -> None:
    """Close the process's input, upon which it ends by itself."""
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except BrokenPipeError:
                continue
    try:
        child.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
