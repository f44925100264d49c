"""The commands that associate records and end associations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadscore.commands import (
    DONE,
    REJECTED,
    DryRun,
    Json,
    Override,
    Reason,
    Workspace,
    app,
    overrides,
    say,
)

if TYPE_CHECKING:
    from leadscore.pairplans import PairPlan
    from leadscore.pairruns import PairRun

__all__ = ["associate", "dissociate"]

From = Annotated[str, typer.Argument(help="contacts, companies, deals, tasks, notes, …")]
To = Annotated[str, typer.Argument(help="The other object type.")]
Pairs = Annotated[Path, typer.Argument(help="CSV or Parquet: from_id, to_id and perhaps label.")]
Label = Annotated[str | None, typer.Option(help="The label of rows that have none of their own.")]
MaxWrites = Annotated[int | None, typer.Option(min=1, help="Not more pairs than this.")]


@app.command()
def associate(
    from_type: From,
    to_type: To,
    pairs: Pairs,
    label: Label = None,
    dry_run: DryRun = False,
    max_writes: MaxWrites = None,
    override: Override = [],  # noqa: B006 - typer copies it
    reason: Reason = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Associate the records of each row; pairs that are associated cost no write."""
    from leadscore.pairing import associate as run

    passed = overrides(override, reason)
    options = {"label": label, "dry_run": dry_run, "max_writes": max_writes, "override": passed}
    return _do(run, from_type, to_type, pairs, workspace, as_json, **options)


@app.command()
def dissociate(
    from_type: From,
    to_type: To,
    pairs: Pairs,
    label: Label = None,
    dry_run: DryRun = False,
    max_writes: MaxWrites = None,
    override: Override = [],  # noqa: B006 - typer copies it
    reason: Reason = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """End the association of each row; with a label, take that off and leave the rest."""
    from leadscore.pairing import dissociate as run

    passed = overrides(override, reason)
    options = {"label": label, "dry_run": dry_run, "max_writes": max_writes, "override": passed}
    return _do(run, from_type, to_type, pairs, workspace, as_json, **options)


def _do(
    run: Any,
    from_type: str,
    to_type: str,
    pairs: Path,
    workspace: Path | None,
    as_json: bool,
    **options: Any,
) -> int:
    from leadscore.hubspot.connection import connect
    from leadscore.settings import load_settings
    from leadscore.sources import open_source

    frame = open_source(pairs).read().to_pandas()
    folder = load_settings(workspace=workspace).workspace
    with connect() as portal:
        done = run(portal, from_type, to_type, frame, workspace=folder, **options)
    say(done.as_dict(), as_json, lambda line: _text(line, done))
    return REJECTED if done.counts.get("rejected") else DONE


def _text(line: dict[str, Any], done: PairPlan | PairRun) -> str:
    told = ", ".join(f"{n:,} {state}" for state, n in done.counts.items() if n) or "no rows"
    if "plan" in line:
        return f"Would be done: {told}.\nThe plan: {line['plan']}"
    refused = done.results.query("state in ['rejected', 'conflict']").head(10)
    lines = [f"{r.from_id} {r.to_id}: {r.state}: {r.reason}" for r in refused.itertuples()]
    return "\n".join([f"Run {line['run']}: {told}.", *lines])
