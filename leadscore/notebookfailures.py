"""Why a notebook did not come to its end, in one sentence: which cell, and what was wrong there."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from leadscore import errors
from leadscore.errors import LeadscoreError, NotebookError
from leadscore.notebookscrub import Scrubber
from leadscore.visibletext import visible

if TYPE_CHECKING:
    from leadscore.notebookkernel import Execution

__all__ = ["failure", "last_error", "number_of", "where"]

_LONGEST = 600  # characters of what an error says
_KILLED = -9
_MEMORY = (
    "Most often memory ran out: see the system's log; a smaller portal, or more memory, helps."
)
_AGAIN = "What was done is on record; the same command goes on."


def last_error() -> str:
    """Return, inside a kernel, what the last error was, as JSON; an empty object for any other.

    Examples
    --------
    >>> isinstance(last_error(), str)
    True
    """
    error = getattr(sys, "last_value", None)
    if not isinstance(error, LeadscoreError):
        return "{}"
    return json.dumps({**error.as_dict(), "exit_code": error.exit_code})


def number_of(notebook: Any, cell: Any) -> int:
    """Return a cell's number among the notebook's own code cells, from 1.

    Cells that papermill put in do not count: the numbers are those of the notebook at hand.
    """
    return sum(1 for one in _until(notebook, cell) if _is_own_code(one))


def _until(notebook: Any, cell: Any) -> list[Any]:
    index = next((i for i, one in enumerate(notebook.cells) if one is cell), -1)
    return list(notebook.cells[: index + 1])


def where(notebook: Any, cell: Any) -> str:
    """Return which cell of a notebook it is: its number, the heading above, its first line.

    Examples
    --------
    >>> from nbformat import v4
    >>> cells = [v4.new_markdown_cell("## Read the portal"), v4.new_code_cell("ls.sync(a, b)")]
    >>> book = v4.new_notebook(cells=cells)
    >>> where(book, book.cells[1])
    'cell 1 ("Read the portal": ls.sync(a, b))'
    """
    number = number_of(notebook, cell)
    above = (one.source for one in _until(notebook, cell) if one.cell_type == "markdown")
    headings = [h for text in above for h in re.findall(r"^#+\s+(.+)$", text, re.MULTILINE)]
    lines = [line for line in cell.source.splitlines() if line.strip()]
    first = visible(lines[0] if lines else "", limit=80)
    said = f'"{visible(headings[-1], limit=60)}": {first}' if headings else first
    return f"cell {number} ({said})"


def _is_own_code(cell: Any) -> bool:
    return cell.cell_type == "code" and "injected-parameters" not in cell.metadata.get("tags", [])


def failure(name: str, run: Execution, scrubber: Scrubber) -> NotebookError:
    """Return the error that says how a notebook ended before its end.

    Parameters
    ----------
    name : str
        The notebook's.
    run : Execution
        One that did not end well.
    scrubber : Scrubber
    """
    at = "before its first cell" if run.cell is None else f"in {where(run.notebook, run.cell)}"
    if run.stopped:
        message, hint, told = _stopped(name, run, at)
    elif run.dead is not None:
        message, hint, told = _dead(name, run.dead, at)
    else:
        message, hint, told = _raised(name, run, at)
    clean = scrubber.anything(told)
    code = int(clean.pop("exit_code", 1))
    message, hint = scrubber.text(message), scrubber.text(hint)
    return NotebookError(message, hint=hint, told=clean, exit_code=code)


def _stopped(name: str, run: Execution, at: str) -> tuple[str, str, dict[str, Any]]:
    says = {
        "signal": "was told to stop",
        "timeout": f"ran out of its time of {run.timeout:g} s" if run.timeout else "",
        "cell_timeout": f"spent more than {run.cell_timeout:g} s" if run.cell_timeout else "",
    }[run.stopped]
    more = "" if run.stopped == "signal" else " Give it more time, or find out what takes so long."
    return f"{name} {says} {at}.", f"{_AGAIN}{more}", {"kind": "stopped"}


def _dead(name: str, code: int, at: str) -> tuple[str, str, dict[str, Any]]:
    how = "was killed" if code == _KILLED else f"died (code {code})" if code else "died"
    hint = f"{_MEMORY} {_AGAIN}"
    return f"The kernel of {name} {how} {at}.", hint, {"kind": "dead_kernel"}


def _raised(name: str, run: Execution, at: str) -> tuple[str, str, dict[str, Any]]:
    error = run.error
    said = run.told or _by_name(str(getattr(error, "ename", "")))
    if run.told:
        text, hint = str(said["message"]), str(said.get("hint", ""))
    else:
        text, hint = _plain(getattr(error, "ename", ""), getattr(error, "evalue", "")), ""
    line = visible(text, limit=_LONGEST)
    stop = "" if line.endswith((".", "!", "?")) else "."
    message = f"{name} ended {at}: {line}{stop}"
    return message, hint or "The notebook that was kept has the whole error.", dict(said)


def _plain(name: object, value: object) -> str:
    first = str(value).strip().splitlines()[:1]
    return f"{name}: {first[0]}" if first else str(name)


def _by_name(name: str) -> Mapping[str, Any]:
    """Return what the name of an error tells, where the kernel could not be asked."""
    found = getattr(errors, name, None)
    if isinstance(found, type) and issubclass(found, LeadscoreError):
        return {"kind": found.kind, "exit_code": found.exit_code}
    return {}
