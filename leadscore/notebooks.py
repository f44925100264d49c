"""Run a notebook unattended: parameters checked, one at a time, within limits, on record."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import BusyError, NotebookError, UsageError
from leadscore.notebookfailures import failure, number_of
from leadscore.notebookfiles import FOLDER, keeper, output_for, read_notebook, sweep
from leadscore.notebookparameters import (
    check_parameters,
    parameters_of,
    read_file,
    read_words,
)
from leadscore.notebookruns import NotebookRun, done_by
from leadscore.notebookscrub import Scrubber, refuse_tokens
from leadscore.settings import load_settings
from leadscore.store import open_store
from leadscore.workspace import hold, make_private

if TYPE_CHECKING:
    from leadscore.ledger import Ledger
    from leadscore.notebookkernel import Execution

__all__ = ["given_parameters", "run_notebook"]

_KIND = "notebook"
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LIMIT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([smhd]?)")


def run_notebook(
    path: str | Path,
    parameters: Mapping[str, Any] | None = None,
    *,
    workspace: str | Path | None = None,
    timeout: float | str | None = "12h",
    cell_timeout: float | str | None = None,
    output: str | Path | None = None,
    html: bool = True,
    progress: bool = False,
) -> NotebookRun:
    """Run a notebook from its first cell to its last, with nobody there.

    Parameters
    ----------
    path : path
        A notebook in Python; ours, or any other. It is not changed.
    parameters : mapping of str to object, optional
        Values for the names in its cell tagged ``parameters``. Each must be one of them, and of
        its default's kind. Tokens are refused: the notebook finds its own.
    workspace : path, optional
        Where the run is kept and on record, and the notebook's ``workspace`` where it has a
        parameter of that name; by default that one, or ``LEADSCORE_WORKSPACE``.
    timeout, cell_timeout : float or str, optional
        Seconds, or such as "90m" or "2h", for the whole and for one cell; None: no limit.
    output : path, optional
        The notebook with its outputs; by default ``notebooks/DATE/TIME-NAME.ipynb`` in the
        workspace, in UTC. Those are deleted after ``LEADSCORE_KEEP_DAYS`` days.
    html : bool, default True
        Write it as a page too, beside the output: no scripts, no network.
    progress : bool, default False
        Show which cell it is, on standard error.

    Returns
    -------
    NotebookRun

    Raises
    ------
    UsageError
        The notebook or a parameter cannot be used; nothing was run.
    BusyError
        Another notebook is run in this workspace.
    NotebookError
        A cell failed, time ran out, the kernel died or it was told to stop; says which cell. Its
        ``exit_code``, and the ``kind`` of its `as_dict`, are those of the error in the cell.

    Notes
    -----
    On Ctrl-C, SIGTERM and when time runs out the kernel is interrupted, so that a write-back's
    batches under way end and are on record; it has a minute for that, and no longer if it is told
    to stop twice. When this process is killed, the kernel ends within some seconds.

    Tokens are taken out of all that is kept, before it is written: those found here by their
    values, others by their shape. A token that a cell takes to pieces is not found.

    Examples
    --------
    >>> import nbformat, tempfile
    >>> book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    >>> folder = Path(tempfile.mkdtemp())
    >>> nbformat.write(book, folder / "sum.ipynb")
    >>> run_notebook(folder / "sum.ipynb", workspace=folder / "crm").status
    'done'
    """
    notebook, scrubber = read_notebook(path), Scrubber.of_surroundings()
    known = parameters_of(notebook)
    given = dict(parameters or {})
    refuse_tokens(given, scrubber)
    checked = check_parameters(known, given)
    folder = _workspace(workspace, checked, known)
    if known and "workspace" in known:
        checked["workspace"] = str(folder)
    from leadscore.notebookkernel import Execution

    limits = (_seconds(timeout, "timeout"), _seconds(cell_timeout, "cell_timeout"))
    execution = Execution(str(path), *limits)
    job = _Job(Path(path).stem, notebook, checked, scrubber, execution)
    return job.run(folder, output=output, html=html, progress=progress)


def given_parameters(
    path: str | Path, words: Sequence[str] = (), file: Path | None = None
) -> dict[str, Any]:
    """Return the parameters that a command line gives a notebook; words win over the file.

    Parameters
    ----------
    path : path
        The notebook.
    words : sequence of str
        ``name=value``.
    file : path, optional
        YAML.

    Raises
    ------
    UsageError
        As for `run_notebook`.
    """
    scrubber = Scrubber.of_surroundings()
    refuse_tokens({word.partition("=")[0]: word.partition("=")[2] for word in words}, scrubber)
    known = parameters_of(read_notebook(path))
    return {**(read_file(file) if file else {}), **read_words(known, words)}


def _workspace(
    asked: str | Path | None, given: Mapping[str, Any], known: Mapping[str, Any] | None
) -> Path:
    """Return the folder: as asked for, as given, as set, or as the notebook has it."""
    if asked is not None and given.get("workspace", str(asked)) != str(asked):
        raise UsageError(
            "The workspace and the notebook's parameter `workspace` are two folders.",
            hint="Give one of them.",
        )
    settings = load_settings()
    own = known["workspace"].default if known and "workspace" in known else None
    default = settings.workspace if "workspace" in settings.model_fields_set else own
    return Path(asked or given.get("workspace") or default or settings.workspace)


def _seconds(limit: float | str | None, name: str) -> float | None:
    if limit is None:
        return None
    found = _LIMIT.fullmatch(str(limit).strip().lower())
    seconds = float(found[1]) * _UNITS[found[2] or "s"] if found else 0.0
    if seconds <= 0:
        raise UsageError(
            f"The {name.replace('_', ' ')} cannot be {str(limit)[:40]!r}.",
            hint="Give seconds, or such as 90m or 2h.",
        )
    return seconds


class _Job:
    """One run of one notebook."""

    def __init__(
        self,
        name: str,
        notebook: Any,
        parameters: dict[str, Any],
        scrubber: Scrubber,
        execution: Execution,
    ) -> None:
        self.name, self.notebook, self.parameters = name, notebook, parameters
        self.scrubber, self.execution = scrubber, execution

    def run(
        self, workspace: Path, *, output: str | Path | None, html: bool, progress: bool
    ) -> NotebookRun:
        with open_store(workspace) as store, _alone(store.workspace, store.ledger, self.name):
            moment = datetime.now(UTC)
            place = Path(output) if output else output_for(store.workspace, self.name, moment)
            self._prepare(store.workspace, place)
            run = store.ledger.start_run(
                _KIND, notebook=self.name, parameters=self.parameters, output=str(place)
            )
            done = self._carry_out(store.ledger, run, place, html=html, progress=progress)
            sweep(store.workspace, days=load_settings().keep_days)
            return done

    def _prepare(self, workspace: Path, place: Path) -> None:
        self._keep = keeper(place, self.scrubber)
        self.execution.keep = self._keep
        self.execution.environment = {"LEADSCORE_WORKSPACE": str(workspace)}

    def _carry_out(
        self, ledger: Ledger, run: str, place: Path, *, html: bool, progress: bool
    ) -> NotebookRun:
        from leadscore.notebookkernel import execute

        began, since = time.monotonic(), pd.Timestamp.now("UTC").floor("ms")
        try:
            execute(self.notebook, self.parameters, self.execution, bar=progress)
            page = self._files(place, html=html)
        except BaseException as unforeseen:
            ledger.finish_run(run, "failed", error={"kind": type(unforeseen).__name__})
            raise
        seconds = round(time.monotonic() - began, 1)
        did = done_by(ledger, self.execution.pid, since)
        line = NotebookRun(run, self.name, self._status(), seconds, place, page, did)
        error = self._error(line)
        facts = {"kind": error.as_dict()["kind"], "cell": error.facts.get("cell")} if error else {}
        ledger.finish_run(
            run, line.status, seconds=seconds, did=did, **({"error": facts} if error else {})
        )
        if error:
            raise error
        return line

    def _files(self, place: Path, *, html: bool) -> Path | None:
        if self.execution.notebook is None:
            return None
        kept = self._keep(self.execution.notebook)
        if not html:
            return None
        from leadscore.notebookhtml import write_page

        return write_page(kept, place.with_suffix(".html"), title=self.name)

    def _status(self) -> str:
        if self.execution.ended_well:
            return "done"
        return "interrupted" if self.execution.stopped == "signal" else "failed"

    def _error(self, line: NotebookRun) -> NotebookError | None:
        run = self.execution
        if run.ended_well:
            return None
        error = failure(self.name, run, self.scrubber)
        cell = None if run.cell is None else number_of(run.notebook, run.cell)
        error.facts = {**line.as_dict(), "cell": cell}
        return error


@contextmanager
def _alone(workspace: Path, ledger: Ledger, name: str) -> Iterator[None]:
    """Hold the workspace's notebooks: the cells themselves hold the workspace, each for a while."""
    with ExitStack() as held:
        try:
            held.enter_context(hold(make_private(workspace / FOLDER), f"run {name}"))
        except BusyError as error:
            raise _busy(ledger, error) from None
        ledger.close_runs(_KIND)  # one that still counts as running was killed
        yield


def _busy(ledger: Ledger, error: BusyError) -> BusyError:
    found = ledger.runs()
    now = found[(found["kind"] == _KIND) & (found["status"] == "running")]
    if now.empty:
        return error
    last = now.iloc[-1]
    return BusyError(
        f"Run {last['run']} of {last['facts']['notebook']} (process {last['pid']}) is under way "
        "in this workspace.",
        hint="Wait until it has ended, then try again.",
    )
