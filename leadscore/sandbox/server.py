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
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import LeadscoreError, SandboxError, UsageError
from leadscore.sandbox.controlclient import Remote
from leadscore.sandbox.opening import Opened, Opening, instant, listed_faults, prepare
from leadscore.sandbox.serving import Server

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Portal

__all__ = ["Sandbox", "open_sandbox", "serve"]

_PATIENCE = 10.0
_PATIENCE_TO_SAVE = 600.0


def open_sandbox(
    *,
    contacts: int = 2000,
    seed: int = 0,
    history: bool = True,
    world: dict[str, Any] | None = None,
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
    retry_after: bool = False,
    index_lag: float = 0.0,
    history_cap: int | None = None,
    list_order: str = "id",
    job_delay: float = 2.0,
    token: str | None = None,
    state: str | Path | None = None,
    save_every: float = 0.0,
    faults: list[dict[str, Any]] | str | Path | None = None,
    process: bool = True,
) -> Sandbox:
    """Open a HubSpot-compatible portal on this machine.

    Parameters
    ----------
    contacts : int
        How many contacts the simulated market has.
    seed : int
        Equal seeds make equal markets.
    history : bool
        False leaves out what the market's properties were before, which takes memory.
    world : dict, optional
        More about the market, as for `leadscore.sandbox.world.simulate`: ``span``, ``base_rate``,
        ``drift``, ``leak``, ``signal``.
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
    retry_after : bool
        Say in a 429 how long to wait; HubSpot documents no such header.
    index_lag : float
        Seconds after which a search sees a change.
    history_cap : int, optional
        How many history entries per property come with a record.
    list_order : str
        "id", or "shuffled": HubSpot does not document the order of lists.
    job_delay : float
        Seconds that an export, an import and a form submission take before they show.
    token : str, optional
        The only token that works; one is made when left out.
    state : str or Path, optional
        A file that keeps the portal between runs. When it is there, the portal comes out of it,
        and options that say otherwise are refused. It is written when the sandbox closes.
    save_every : float
        Seconds after which the file is written meanwhile, if anything but reading was asked for;
        a process that is killed loses what came after. 0: only on closing.
    faults : list of dict, str or Path, optional
        What is to go wrong: rules, or a JSON file of them (``docs/faults.md``).
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
        history=history,
        world=dict(world or {}),
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
        retry_after=retry_after,
        index_lag=index_lag,
        history_cap=history_cap,
        list_order=list_order,
        job_delay=job_delay,
        token=token,
        state=None if state is None else str(state),
        save_every=save_every,
        faults=[] if faults is None else listed_faults(faults),
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
        """Stop serving; what the portal held is in its file, or gone.

        Raises
        ------
        SandboxError
            It has a file that could not be written.
        """
        self._finish()

    @property
    def _remote(self) -> Remote:
        return Remote(self.url, self.token)

    def requests(self) -> list[dict[str, Any]]:
        """Return every request so far, the oldest first: method, path, query, status, fault."""
        return self._remote.log("requests")

    def writes(self, *, object: str = "", id: str = "") -> list[dict[str, Any]]:  # noqa: A002
        """Return every value that a request really changed, of all records or of one."""
        chosen = {"object": object, "id": id}
        return self._remote.log("writes", **{key: one for key, one in chosen.items() if one})

    def faults(self, rules: Any = None) -> list[dict[str, Any]]:
        """Add fault rules, and return all, each with how often it matched and fired.

        Raises
        ------
        UsageError
            One is no rule; none is added then.
        """
        if rules is not None:
            self._remote.ask("POST", "/faults", listed_faults(rules))
        found: list[dict[str, Any]] = self._remote.ask("GET", "/faults")["faults"]
        return found

    def clear_faults(self) -> None:
        """Forget all fault rules."""
        self._remote.ask("DELETE", "/faults")

    def advance(self, seconds: float) -> str:
        """Move the portal's clock, and return its time."""
        return str(self._remote.ask("POST", "/clock", {"advance": seconds})["now"])

    def openapi(self) -> dict[str, Any]:
        """Return an OpenAPI 3.1 description of this portal, for any client that takes one."""
        found: dict[str, Any] = self._remote.ask("GET", "/openapi.json")
        return found

    def postman(self) -> dict[str, Any]:
        """Return a Postman collection of this portal; the token is a variable, and is not in it."""
        found: dict[str, Any] = self._remote.ask("GET", "/postman.json")
        return found

    def save(self) -> None:
        """Write the portal to its file now.

        Raises
        ------
        UsageError, SandboxError
            It has none, or it cannot be written.
        """
        self._remote.ask("POST", "/save")

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def serve(opened: Opened, opening: Opening) -> Server:
    """Return a server of a portal; where it cannot be had, others may have the portal's file.

    Raises
    ------
    SandboxError
        The port cannot be had.
    """
    try:
        return Server(
            opened.portal,
            port=opening.port,
            latency_ms=opening.latency_ms,
            save_every=opening.save_every,
        )
    except BaseException:
        opened.abandon()
        raise


# --------------------------------------------------------------------------- in a thread


def _in_thread(opening: Opening) -> Sandbox:
    opened = prepare(opening)
    portal, seeded = opened.portal, opened.seeded
    server = serve(opened, opening)
    thread = threading.Thread(target=server.run, name="leadscore-sandbox", daemon=True)
    thread.start()
    sandbox = Sandbox(
        server.url, portal.token, portal.id, seeded.goal, seeded.columns, portal=portal
    )
    sandbox._finish = weakref.finalize(sandbox, _stop_thread, server, thread, opened)
    return sandbox


def _stop_thread(server: Server, thread: threading.Thread, opened: Opened) -> None:
    server.stop()
    thread.join(_PATIENCE)
    opened.close()


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
    sandbox._finish = weakref.finalize(sandbox, _stop_process, child, opening.state)
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


def _stop_process(child: subprocess.Popen[str], state: str | None = None) -> None:
    """Close the process's input, upon which it ends by itself, and saves what has a file."""
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except BrokenPipeError:
                continue
    try:
        child.wait(_PATIENCE if state is None else _PATIENCE_TO_SAVE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    if state is not None and child.returncode:
        message = f"The sandbox ended without writing its file {state}."
        hint = "The file is as it was saved last; what went wrong stands in the output above."
        raise SandboxError(message, hint=hint)
