"""The commands that create and change records from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadscore.commands import (
    DONE,
    PENDING,
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
    from leadscore.recordplans import RecordPlan
    from leadscore.recordruns import RecordRun

__all__ = ["create", "update", "upsert"]

Type = Annotated[str, typer.Argument(help="contacts, companies, deals, or a custom type.")]
File = Annotated[Path, typer.Argument(help="CSV or Parquet: columns are internal names.")]
Match = Annotated[str | None, typer.Option(help="The column that finds a row's record.")]
Clear = Annotated[bool, typer.Option("--clear", help="An empty cell clears the property.")]
Back = Annotated[bool, typer.Option("--backwards", help="Lifecycle stages may go back.")]
Marketing = Annotated[bool, typer.Option("--marketing", help="New contacts cost money.")]
Reject = Annotated[bool, typer.Option("--reject", help="Leave bad rows out, do the others.")]
Pending = Annotated[bool, typer.Option("--detailed-exitcode", help="Exit 2 if changes pend.")]
Most = Annotated[int | None, typer.Option(min=0, help="Write no more records than this.")]
Results = Annotated[Path | None, typer.Option(help="Write what became of each row, as CSV.")]


@app.command()
def create(
    object_type: Type,
    file: File,
    unique: Annotated[str | None, typer.Option(help="What says that it is there.")] = None,
    marketing: Marketing = False,
    reject: Reject = False,
    dry_run: DryRun = False,
    detailed_exitcode: Pending = False,
    max_writes: Most = None,
    results: Results = None,
    override: Override = [],  # noqa: B006 - typer copies it
    reason: Reason = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Create a record of each row, unless it is there already."""
    from leadscore.records import create as run

    how: dict[str, Any] = {"max_writes": max_writes, "override": overrides(override, reason)}
    how |= {"unique": unique, "marketing": marketing}
    done = _done(run, object_type, file, workspace, reject=reject, dry_run=dry_run, **how)
    return _told(done, results, as_json, pending=detailed_exitcode)


@app.command()
def update(
    object_type: Type,
    file: File,
    match: Match = "id",
    clear: Clear = False,
    backwards: Back = False,
    reject: Reject = False,
    dry_run: DryRun = False,
    detailed_exitcode: Pending = False,
    max_writes: Most = None,
    results: Results = None,
    override: Override = [],  # noqa: B006 - typer copies it
    reason: Reason = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Change the record that each row is about; create none."""
    from leadscore.records import update as run

    how: dict[str, Any] = {"max_writes": max_writes, "override": overrides(override, reason)}
    how |= {"match": match, "clear": clear, "backwards": backwards}
    done = _done(run, object_type, file, workspace, reject=reject, dry_run=dry_run, **how)
    return _told(done, results, as_json, pending=detailed_exitcode)


@app.command()
def upsert(
    object_type: Type,
    file: File,
    match: Match = None,
    clear: Clear = False,
    backwards: Back = False,
    marketing: Marketing = False,
    reject: Reject = False,
    dry_run: DryRun = False,
    detailed_exitcode: Pending = False,
    max_writes: Most = None,
    results: Results = None,
    override: Override = [],  # noqa: B006 - typer copies it
    reason: Reason = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Change the records that are there and create those that are not; again, nothing."""
    from leadscore.records import upsert as run

    how: dict[str, Any] = {"max_writes": max_writes, "override": overrides(override, reason)}
    how |= {"match": match, "clear": clear, "backwards": backwards, "marketing": marketing}
    done = _done(run, object_type, file, workspace, reject=reject, dry_run=dry_run, **how)
    return _told(done, results, as_json, pending=detailed_exitcode)


def _done(
    run: Any, object_type: str, file: Path, workspace: Path | None, *, reject: bool, **options: Any
) -> RecordRun | RecordPlan:
    from leadscore.hubspot.connection import connect
    from leadscore.settings import load_settings
    from leadscore.sources import open_source

    frame = open_source(file).read().to_pandas()
    options |= {"on_error": "reject" if reject else "raise"}
    options["workspace"] = load_settings(workspace=workspace).workspace
    with connect() as portal:
        done: RecordRun | RecordPlan = run(portal, object_type, frame, **options)
        return done


def _told(
    done: RecordRun | RecordPlan, results: Path | None, as_json: bool, *, pending: bool
) -> int:
    from leadscore.exporting import write_csv

    line = done.as_dict()
    if results is not None:
        found = done.results.reset_index(names="row").fillna("")
        rows = found.astype("str").itertuples(index=False)
        line["results"] = str(write_csv(results, list(found.columns), rows))
    say(line, as_json, lambda told: _text(told, done))
    if "plan" in line and pending and (done.counts["create"] or done.counts["update"]):
        return PENDING
    return REJECTED if done.counts["rejected"] else DONE


def _text(line: dict[str, Any], done: RecordRun | RecordPlan) -> str:
    from leadscore.visibletext import visible

    if "plan" in line:
        said = [repr(done), f"The plan: {line['plan']}"]
    else:
        told = ", ".join(f"{n:,} {state}" for state, n in done.counts.items() if n) or "no rows"
        said = [f"Run {line['run']}: {told}; {line['verified']:,} verified."]
    bad = done.results.query("state in ['rejected', 'conflict', 'duplicate', 'missing']").head(10)
    said += [visible(f"Row {r.Index}: {r.state}: {r.reason}", limit=300) for r in bad.itertuples()]
    return "\n".join([*said, *([f"Row by row: {line['results']}"] if "results" in line else [])])
