"""A notebook's kernel under supervision: time limits, being told to stop, death, its last error.

papermill injects the parameters and keeps times; nbclient speaks to the kernel. What is added is
that a kernel which is to stop is interrupted first, so that what it has begun comes to an end.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import papermill
from jupyter_core.utils import run_sync
from nbclient.exceptions import CellExecutionError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

__all__ = ["Execution", "execute"]

_ENGINE = "leadscore"
_GRACE = 60.0  # seconds: the calls that a batch has begun end by their own deadline before
_LOOK = 0.1  # seconds
_TELL = "__import__('leadscore.notebookfailures').notebookfailures.last_error()"


@dataclass
class Execution:
    """One notebook as it runs, and how it ended.

    Attributes
    ----------
    name : str
        The notebook's path.
    timeout, cell_timeout : float, optional
        Seconds for all of it, and for one cell.
    keep : callable
        Called with the notebook before and after each cell.
    environment : dict of str to str
        For the kernel, beside our own.
    grace : float
        Seconds that an interrupted kernel has to come to an end.
    notebook : NotebookNode, optional
        As far as it got.
    cell : NotebookNode, optional
        The code cell that was reached last.
    pid : int, optional
        Of the kernel.
    stopped : str
        "timeout", "cell_timeout" or "signal" where the kernel was interrupted for that.
    dead : int or None
        The kernel's return code where it died by itself; 0 where that is not known.
    told : dict
        What the kernel says of an error of ours: see `leadscore.notebookfailures.last_error`.
    error : PapermillExecutionError, optional
        The error that a cell ended with.
    """

    name: str = ""
    timeout: float | None = None
    cell_timeout: float | None = None
    keep: Callable[[Any], None] = field(default=lambda _: None)
    environment: dict[str, str] = field(default_factory=dict)
    grace: float = _GRACE
    notebook: Any = None
    cell: Any = None
    pid: int | None = None
    stopped: str = ""
    dead: int | None = None
    told: dict[str, Any] = field(default_factory=dict)
    error: PapermillExecutionError | None = None
    _ends: float = float("inf")
    _signals: int = 0

    @property
    def ended_well(self) -> bool:
        """Whether every cell ran without an error."""
        return self.error is None and self.dead is None and not self.stopped

    def begin(self, notebook: Any) -> None:
        """Start the clock."""
        self.notebook = notebook
        # papermill has put a copy of all of it there.
        notebook.metadata.papermill["input_path"] = self.name
        self._ends = time.monotonic() + self.timeout if self.timeout else float("inf")

    def why_stop(self, cell_began: float) -> str:
        """Return why the kernel is to stop now; empty where it may go on."""
        now = time.monotonic()
        if self._signals:
            return "signal"
        if now > self._ends:
            return "timeout"
        late = self.cell_timeout is not None and now - cell_began > self.cell_timeout
        return "cell_timeout" if late else ""

    @property
    def is_urgent(self) -> bool:
        """Whether somebody asked twice."""
        return self._signals > 1

    def told_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        """Take a signal."""
        self._signals += 1


class _Stopped(Exception):  # noqa: N818 - no error, a wish
    """The notebook is to go no further."""


class _Client(PapermillNotebookClient):  # type: ignore[misc]
    """Runs the cells for an `Execution`."""

    execution: Execution

    async def async_execute_cell(self, cell: Any, cell_index: int, **more: Any) -> Any:
        """Run one cell; watch the clock and the signals meanwhile."""
        run = self.execution
        if cell.cell_type != "code" or not cell.source.strip():
            return cell
        run.cell, run.pid = cell, _pid(self.km)
        if why := run.why_stop(time.monotonic()):
            run.stopped = why
            raise _Stopped
        run.keep(self.nb)
        watch = asyncio.ensure_future(self._watch(time.monotonic()))
        try:
            return await super().async_execute_cell(cell, cell_index, **more)
        except CellExecutionError:
            run.told = await self._last_error()
            raise
        except DeadKernelError:
            run.dead = _return_code(self.km)
            raise
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
            run.keep(self.nb)

    execute_cell = run_sync(async_execute_cell)

    async def _watch(self, began: float) -> None:
        run = self.execution
        # First a while: a kernel that has not begun the cell yet would not hear of it.
        await asyncio.sleep(_LOOK)
        while not (why := run.why_stop(began)):
            await asyncio.sleep(_LOOK)
        run.stopped = why
        await _awaited(self.km.interrupt_kernel())
        ends = time.monotonic() + run.grace
        while time.monotonic() < ends and not run.is_urgent:
            await asyncio.sleep(_LOOK)
        await _awaited(self.km.signal_kernel(getattr(signal, "SIGKILL", signal.SIGTERM)))

    async def _last_error(self) -> dict[str, Any]:
        """Ask the kernel what its last error was: a name and a text lose what a guard is called."""
        asked = {"user_expressions": {"told": _TELL}, "silent": True, "store_history": False}
        try:
            message = self.kc.execute("", **asked)
            while True:
                reply = await _awaited(self.kc.shell_channel.get_msg(timeout=5))
                if reply["parent_header"].get("msg_id") == message:
                    text = reply["content"]["user_expressions"]["told"]["data"]["text/plain"]
                    return dict(json.loads(_unquoted(text)))
        except Exception:  # noqa: BLE001 - a kernel of another kind, or one that dies
            return {}


def _unquoted(text: str) -> str:
    import ast

    return str(ast.literal_eval(text))


async def _awaited(found: Any) -> Any:
    return await found if asyncio.iscoroutine(found) or asyncio.isfuture(found) else found


def _pid(manager: Any) -> int | None:
    found = getattr(getattr(manager, "provisioner", None), "pid", None)
    return int(found) if found else None


class _Engine(NBClientEngine):  # type: ignore[misc]
    """papermill's engine with our client."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, execution: Execution, start_timeout: int, **_: Any
    ) -> None:
        """Run the notebook; how it ended is kept in the execution."""
        execution.begin(nb_man.nb)
        client = _Client(
            nb_man,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            log=_silent(),
            config=Config({"KernelManager": {"transport_encryption": _encryption()}}),
        )
        client.execution = execution
        try:
            client.execute(env=os.environ | execution.environment)
        except (DeadKernelError, _Stopped):
            nb_man.nb.metadata.papermill["exception"] = True


def _encryption() -> str:
    """Encrypt where that can be done: a kernel that does not says so in every log."""
    import zmq

    return "auto" if zmq.has("curve") else "disabled"


def _return_code(manager: Any) -> int:
    process = getattr(getattr(manager, "provisioner", None), "process", None)
    found = process.poll() if process is not None else None
    return int(found or 0)


def _silent() -> logging.Logger:
    logger = logging.getLogger("leadscore.notebooks")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return logger


def execute(notebook: Any, parameters: dict[str, Any], execution: Execution, *, bar: bool) -> None:
    """Run a notebook to its end, whichever that is; nothing is written but by `execution.keep`.

    Parameters
    ----------
    notebook : NotebookNode
        Not changed.
    parameters : dict
        Checked already.
    execution : Execution
    bar : bool
        Show papermill's progress bar on standard error.
    """
    papermill_engines.register(_ENGINE, _Engine)
    with _listening(execution), _quiet_papermill():
        try:
            papermill.execute_notebook(
                notebook,
                None,
                parameters,
                engine_name=_ENGINE,
                kernel_name="python3",  # an output of another machine may name one of its own
                language="python",
                progress_bar=bar,
                execution=execution,
            )
        except PapermillExecutionError as error:
            execution.error = error


@contextmanager
def _quiet_papermill() -> Iterator[None]:
    """Keep papermill's log still: it warns of parameters that it fails to find."""
    logger = logging.getLogger("papermill")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


@contextmanager
def _listening(execution: Execution) -> Iterator[None]:
    """Take Ctrl-C and SIGTERM for a wish to come to an end; a second one does not wait."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, execution.told_to_stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
