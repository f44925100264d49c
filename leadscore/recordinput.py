"""Records as people have them at hand: a frame, a list of dictionaries, one dictionary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import UsageError
from leadscore.recordplanning import Asked, plan_rows

if TYPE_CHECKING:
    from pathlib import Path

    from leadscore.hubspot.connection import Portal
    from leadscore.recordplans import RecordPlan
    from leadscore.recordruns import RecordRun

__all__ = ["Given", "frame_of"]

_BLOCK = 10_000  # rows that are taken out of the frame at once
_HINT = "Give a DataFrame, a list of dictionaries, or one dictionary of one record."


def frame_of(given: Any) -> pd.DataFrame:
    """Return records as a frame.

    Parameters
    ----------
    given : DataFrame, list of mappings, or mapping

    Returns
    -------
    DataFrame

    Raises
    ------
    UsageError
        It is something else: a path, nothing, a dictionary of columns.

    Examples
    --------
    >>> frame_of([{"email": "a@b.example"}, {"email": "c@d.example"}]).shape
    (2, 1)
    >>> len(frame_of({})), len(frame_of([]))
    (0, 0)
    """
    if isinstance(given, pd.DataFrame):
        return given
    if isinstance(given, Mapping):
        return _one(given)
    if isinstance(given, list | tuple) and all(isinstance(one, Mapping) for one in given):
        # as objects: a gap would turn whole numbers into floats, and true into 1.0
        return pd.DataFrame([dict(one) for one in given], dtype="object")
    raise _refused(given)


def _one(given: Mapping[str, Any]) -> pd.DataFrame:
    if given and all(_is_column(value) for value in given.values()):
        raise UsageError(
            "A dictionary is one record, and this one has a list for every property.",
            hint="For many records, make it a frame: pd.DataFrame(records).",
        )
    return pd.DataFrame([dict(given)] if given else [])


def _is_column(value: Any) -> bool:
    return isinstance(value, list | tuple) or bool(getattr(value, "shape", ()))


def _refused(given: Any) -> UsageError:
    if given is None:
        return UsageError("There are no records: None was given.", hint=_HINT)
    if isinstance(given, str) or hasattr(given, "__fspath__"):
        return UsageError(
            "Records are not read from a path.",
            hint="Use ls.bring(path), which reads and cleans the file, or pd.read_csv(path).",
        )
    return UsageError(f"These are no records: {type(given).__name__}.", hint=_HINT)


def _begun(plan: RecordPlan) -> RecordPlan | None:
    """Return the plan of an equal call to create that was cut short, if there is one."""
    from leadscore.ledger import Ledger
    from leadscore.plans import load_plan

    if plan.facts["how"] != "create":
        return None  # the records themselves say what was done
    ledger = Ledger(plan.workspace / "ledger.sqlite")
    try:
        runs = ledger.runs().query("kind == 'apply' and status != 'done'").to_dict("records")
        for run in reversed(runs):
            path = plan.path.with_name(f"plan-{run['plan']}.parquet")
            equal = run["facts"].get("input") == plan.facts["input"] and path.is_file()
            if equal and ledger.undone_by(str(run["run"])) is None:
                plan.path.unlink()
                return load_plan(path, check=False)  # type: ignore[return-value] # see facts
    finally:
        ledger.close()
    return None


class Given:
    """What a person gave, as rows.

    Parameters
    ----------
    object_type : str
    frame : DataFrame, list of mappings, or mapping
    workspace : path, optional
    """

    def __init__(
        self,
        object_type: str,
        frame: Any,
        *,
        workspace: str | Path | None,
    ) -> None:
        self.type, self.workspace = object_type, workspace
        self.frame = frame_of(frame)
        self.columns = [str(name) for name in self.frame.columns]

    def done(
        self,
        portal: Portal,
        asked: Asked,
        *,
        dry_run: bool,
        canary: int,
        override: Mapping[str, str] | None,
        progress: bool,
    ) -> RecordRun | RecordPlan:
        """Plan, and carry it out unless it is a dry run."""
        from dataclasses import replace

        from leadscore.writeback import apply

        self._check(asked)
        plan = plan_rows(
            portal,
            self.type,
            self._rows(),
            replace(asked, columns=self.columns),
            workspace=self.workspace,
            total=len(self.frame),
            override=override,
            progress=progress,
        )
        if dry_run:
            return plan
        plan = _begun(plan) or plan
        run = apply(portal, plan, canary=canary, override=override, progress=progress)
        return replace(run, index=self.frame.index)  # type: ignore[call-arg,return-value]

    def _check(self, asked: Asked) -> None:
        if asked.on_error not in ("raise", "reject"):
            raise UsageError(
                f"on_error cannot be {asked.on_error!r}.", hint="Use 'raise' or 'reject'."
            )
        if twice := [name for name in self.columns if self.columns.count(name) > 1]:
            raise UsageError(f"Two columns are called {twice[0]!r}.", hint="Rename one of them.")
        if asked.match and asked.match not in self.columns and len(self.frame):
            raise UsageError(
                f"The frame has no column {asked.match!r} to find records by.",
                hint=f"It has {', '.join(self.columns[:8])}. Rename one, or name one with match.",
            )

    def _rows(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        for start in range(0, len(self.frame), _BLOCK):
            block = self.frame.iloc[start : start + _BLOCK]
            records = block.set_axis(self.columns, axis=1).to_dict("records")
            yield from enumerate(records, start)
