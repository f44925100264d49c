"""The command that reacts to changes in a table of contacts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadscore.commands import (
    DONE,
    REJECTED,
    Json,
    LeadStatuses,
    Segments,
    Stages,
    Tasks,
    Triggers,
    Workspace,
    app,
    say,
)
from leadscore.errors import UsageError

if TYPE_CHECKING:
    from leadscore.reactionplans import ReactionPlan
    from leadscore.runrecords import Run

__all__ = ["react"]


@app.command()
def react(
    table: Annotated[Path, typer.Argument(help="CSV or Parquet: contact ids, and a column.")],
    changed: Annotated[str, typer.Option(help="The column that is watched.")] = "tier",
    key: Annotated[str, typer.Option(help="The column of contact ids.")] = "contact_id",
    to: Annotated[list[str], typer.Option(help='Only changes to this; "": to nothing.')] = [],  # noqa: B006
    task: Tasks = [],  # noqa: B006 - typer copies it
    stage: Stages = [],  # noqa: B006
    lead_status: LeadStatuses = [],  # noqa: B006
    segment: Segments = [],  # noqa: B006
    trigger: Triggers = [],  # noqa: B006
    properties: Annotated[
        list[str], typer.Option("--property", help='"NAME=VALUE:TIER": set a property.')
    ] = [],  # noqa: B006
    sequence: Annotated[
        list[str], typer.Option(help='"NAME=SENDER:TIER": enrol in a sequence; not to be undone.')
    ] = [],  # noqa: B006
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done; do nothing.")
    ] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Act on a rise in tier, or another change, since the last call; the first only remembers."""
    from leadscore.followups import from_words
    from leadscore.hubspot.connection import connect
    from leadscore.reacting import react as run
    from leadscore.settings import load_settings
    from leadscore.sources import open_source

    words = {"stage": stage, "lead_status": lead_status, "segment": segment, "trigger": trigger}
    then = from_words(task=task, **words, properties=properties, sequence=sequence)
    if not then:
        raise UsageError("Nothing is to be done.", hint="Add --task A, --stage STAGE=A or another.")
    frame = open_source(table).read().to_pandas()
    folder = load_settings(workspace=workspace).workspace
    options: dict[str, Any] = {"changed": changed, "key": key, "to": to or None}
    with connect() as portal:
        done = run(portal, frame, then=then, dry_run=dry_run, workspace=folder, **options)
    return _told(done, as_json)


def _told(done: Run | ReactionPlan, as_json: bool) -> int:
    line = done.as_dict()
    say(line, as_json, lambda told: _text(told, done))
    refused = (counts.get("rejected", 0) for counts in line.get("actions", {}).values())
    return REJECTED if sum(refused) else DONE


def _text(line: dict[str, Any], done: Run | ReactionPlan) -> str:
    if "plan" in line:
        return repr(done)
    parts = [
        f"{action}: " + (", ".join(f"{n:,} {state}" for state, n in counts.items() if n) or "none")
        for action, counts in line.get("actions", {}).items()
    ]
    return "\n".join([f"Run {line['run']}.", *(parts or ["Remembered; nothing was to be done."])])
