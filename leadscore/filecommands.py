"""The command that puts a file into HubSpot, and on records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from leadscore import texts
from leadscore.commands import DONE, REJECTED, Json, Workspace, app, say

__all__ = ["upload"]

To = Annotated[list[str], typer.Option(help="contacts:ID gets a note with it. May be repeated.")]


@app.command()
def upload(
    file: Annotated[Path, typer.Argument(help="The file.")],
    to: To = [],  # noqa: B006 - typer copies it
    note: Annotated[str | None, typer.Option(help="With --to: the note's text.")] = None,
    folder: Annotated[str, typer.Option(help="The file manager's folder.")] = "/leadscore",
    name: Annotated[str | None, typer.Option(help="Its name there.")] = None,
    access: Annotated[str, typer.Option(help="Who sees it; see docs/recipes/files.md.")] = (
        "PRIVATE"
    ),
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Take the place of a file of that name.")
    ] = False,
    ttl: Annotated[str | None, typer.Option(help="HubSpot deletes it after, say, 30D.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Send nothing.")] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Put a file into HubSpot's file manager, private, and attach it to records where asked."""
    import pandas as pd

    from leadscore import files
    from leadscore.attachments import Attachments, records_of, without_missing
    from leadscore.hubspot.connection import connect

    with connect() as portal:
        pairs = list(map(_pair, to))
        frame = pd.DataFrame(pairs, columns=["object_type", "id"], dtype="str")
        there = without_missing(portal, records_of(portal, frame)) if to else {}
        _refuse_missing(frame, there, portal)
        made = files.upload(
            portal,
            file,
            folder=folder,
            name=name,
            access=access,
            overwrite=overwrite,
            ttl=ttl,
            dry_run=dry_run,
            workspace=workspace,
        )
        line: dict[str, Any] = made.as_dict()
        done: Attachments | None = None
        if to and not dry_run:
            done = files.attach(portal, made, frame, note=note, workspace=workspace)
            line |= {"attached": done.counts["attached"], "attach_run": done.id}
    say(line, as_json, texts.plain)
    wrong = done.counts["rejected"] + done.counts["unknown"] if done else 0
    return REJECTED if wrong else DONE


def _pair(text: str) -> tuple[str, str]:
    from leadscore.errors import UsageError
    from leadscore.visibletext import visible

    kind, _, number = text.partition(":")
    if not (kind and number.isascii() and number.isdigit()):
        raise UsageError(
            f"{visible(text, limit=60)!r} names no record.", hint="Write --to contacts:123."
        )
    return kind, number


def _refuse_missing(frame: Any, there: dict[str, set[str]], portal: Any) -> None:
    """Refuse before the upload, not after it, where a record is not there."""
    from leadscore.errors import UsageError
    from leadscore.hubspot.objecttypes import find_type

    for kind, one in frame.itertuples(index=False):
        if one not in there[find_type(portal, kind)]:
            raise UsageError(f"The portal has no {kind}:{one}.", hint="Nothing was uploaded.")
