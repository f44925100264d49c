"""The commands that write to a portal, take it back, and tell what was done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadscore import runtexts
from leadscore.commands import (
    DONE,
    REJECTED,
    Json,
    Override,
    Reason,
    Workspace,
    app,
    open_workspace,
    overrides,
    plain,
    say,
)
from leadscore.errors import UsageError

if TYPE_CHECKING:
    from leadscore.plans import Plan
    from leadscore.runrecords import Run

__all__ = ["apply", "runs", "undo"]

Canary = Annotated[int, typer.Option(min=0, help="Write so many first, and read them back.")]


@app.command()
def apply(
    plan: Annotated[Path, typer.Argument(help="The plan's file.")],
    canary: Canary = 50,
    via: Annotated[str, typer.Option(help="auto, batch or import (one upload).")] = "auto",
    override: Override = [],  # noqa: B006 - typer copies it
    reason: Reason = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Write a plan's changes to the portal, and read them back; the same command goes on."""
    from leadscore.hubspot.connection import connect
    from leadscore.plans import load_plan
    from leadscore.writeback import apply as run

    passed = overrides(override, reason)
    made = load_plan(plan, check=False)  # a guard of `apply` does, which can be passed over
    _check_workspace(made, workspace)
    with connect() as portal:
        done = run(portal, made, canary=canary, via=via, override=passed)
    return _told(done, as_json, runtexts.applied)


def _check_workspace(plan: Plan, workspace: Path | None) -> None:
    if workspace is not None and workspace.expanduser().resolve() != plan.workspace:
        raise UsageError(
            f"The plan is of the workspace {plan.workspace}, not of {workspace}.",
            hint="Leave --workspace out: a plan knows its own.",
        )


def _told(done: Run, as_json: bool, text: Callable[[dict[str, Any]], str]) -> int:
    say(done.as_dict(), as_json, text)
    return REJECTED if done.counts["rejected"] else DONE


@app.command()
def undo(
    run: Annotated[str, typer.Argument(help="The run's id; see leadscore runs.")],
    canary: Canary = 50,
    override: Override = [],  # noqa: B006 - typer copies it
    reason: Reason = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Restore what a run changed, wherever it is still as the run left it."""
    from leadscore.hubspot.connection import connect
    from leadscore.settings import load_settings
    from leadscore.undoing import undo as take_back

    passed = overrides(override, reason)
    folder = load_settings(workspace=workspace).workspace
    with connect() as portal:
        done = take_back(portal, run, canary=canary, override=passed, workspace=folder)
    return _told(done, as_json, runtexts.undone)


@app.command()
def runs(
    run: Annotated[str | None, typer.Argument(help="One run's id.")] = None,
    contacts: Annotated[
        bool, typer.Option("--contacts", help="Of one run: who was not simply written, and why.")
    ] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Tell what every run did, from the ledger."""
    from leadscore.runlist import run_line, unwritten_rows

    if contacts and run is None:
        raise UsageError("--contacts is about one run.", hint="leadscore runs RUN --contacts")
    ledger = open_workspace(workspace).ledger
    if run is None:
        records = ledger.runs().to_dict("records")
        lines = [run_line(ledger, {str(n): v for n, v in one.items()}) for one in records]
        say(plain({"runs": lines}), as_json, runtexts.several)
        return DONE
    line = run_line(ledger, ledger.run(run))
    more = {"contacts": unwritten_rows(ledger, run)} if contacts else {}
    say(plain({**line, **more}), as_json, runtexts.one)
    return DONE
