"""What a run of a notebook came to: what the runs that it made did, in one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadscore.journal import STATES
from leadscore.runlist import counted_in
from leadscore.runrecords import KINDS
from leadscore.visibletext import visible

if TYPE_CHECKING:
    from leadscore.ledger import Ledger

__all__ = ["NotebookRun", "done_by", "summary"]

_REJECTED = 3


@dataclass(frozen=True)
class NotebookRun:
    """One run of a notebook, on record in the workspace's ledger.

    Attributes
    ----------
    id : str
    notebook : str
        Its name without the extension.
    status : str
        done, failed or interrupted.
    seconds : float
    output : Path
        The notebook with its outputs.
    html : Path, optional
        The same as a page.
    did : dict
        What the runs that the notebook made did: the six states and ``verified`` (contacts, of
        all applies and undos together), ``runs`` (their ids), ``incomplete`` (why, of the syncs).
    """

    id: str
    notebook: str
    status: str
    seconds: float
    output: Path
    html: Path | None = None
    did: dict[str, Any] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0, or 3 where contacts were rejected or a sync is incomplete."""
        return _REJECTED if self.did.get("rejected") or self.did.get("incomplete") else 0

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON."""
        html = None if self.html is None else str(self.html)
        return {
            "notebook": self.notebook,
            "status": self.status,
            "seconds": self.seconds,
            "run": self.id,
            "output": str(self.output),
            "html": html,
            **self.did,
        }


def done_by(ledger: Ledger, pid: int | None, since: Any) -> dict[str, Any]:
    """Return what the runs of a process did since a moment.

    Parameters
    ----------
    ledger : Ledger
    pid : int, optional
        The kernel's.
    since : Timestamp
        UTC.

    Returns
    -------
    dict
        As in `NotebookRun.did`.
    """
    found = ledger.runs()
    late = (found["started_at"] >= since) | (found["finished_at"] >= since)
    own = found[(found["pid"] == (pid or -1)) & late]
    told = zip(own["run"], own["kind"], own["facts"], strict=True)
    writes = {str(run): facts for run, kind, facts in told if kind in KINDS}
    counts = [counted_in(ledger, run, facts) for run, facts in writes.items()]
    total = {state: sum(one[state] for one in counts) for state in (*STATES, "verified")}
    why = [str(w) for facts in own["facts"] for w in facts.get("why") or [] if "changed" in facts]
    return {**total, "runs": list(writes), "incomplete": why}


def summary(line: Mapping[str, Any]) -> str:
    """Return a run as one line for a log: ``name=value``, in a fixed order.

    Examples
    --------
    >>> summary({"notebook": "05_nightly", "status": "done", "seconds": 43.1, "written": 12})
    'leadscore-run notebook=05_nightly status=done seconds=43.1 written=12'
    """
    names = ("notebook", "status", "exit", "kind", "cell", "seconds", "run", *STATES, "verified")
    told = [f"{name}={_word(line[name])}" for name in names if line.get(name) is not None]
    told += [f"incomplete={len(line['incomplete'])}"] if line.get("incomplete") else []
    told += [f"output={_word(line['output'])}"] if line.get("output") else []
    return " ".join(["leadscore-run", *told])


def _word(value: Any) -> str:
    text = visible(value, limit=300)
    return f'"{text}"' if " " in text or not text else text
