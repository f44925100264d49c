"""The command that writes a report, and puts it into HubSpot where asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadscore import texts
from leadscore.commands import DONE, Json, Workspace, app, open_workspace, say
from leadscore.errors import UsageError

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = ["report"]

_KINDS = ("portal", "model", "run")


@app.command()
def report(
    kind: Annotated[str, typer.Argument(help="portal, model or run.")] = "portal",
    name: Annotated[
        str | None, typer.Argument(help="Of a model or run: its id; default the live or newest.")
    ] = None,
    goal: Annotated[
        str, typer.Option(help="A lifecycle stage, deal_won[:PIPELINE], or PROPERTY=VALUE.")
    ] = "customer",
    within: Annotated[str | None, typer.Option(help="The horizon, such as 90D.")] = None,
    out: Annotated[Path | None, typer.Option(help="The file; default in the workspace.")] = None,
    upload: Annotated[
        bool, typer.Option("--upload", help="Put it into HubSpot's file manager, private.")
    ] = False,
    note_on: Annotated[
        str | None, typer.Option(help="With --upload: contacts:ID gets a note with the file.")
    ] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Write a page about the portal, a model or a run, from the workspace alone."""
    if note_on and not upload:
        raise UsageError("A note needs the file in HubSpot.", hint="Add --upload.")
    page = _page(open_workspace(workspace), kind, name, goal=goal, within=within, out=out)
    told: dict[str, Any] = {"report": str(page)}
    if upload:
        told |= _uploaded(page, note_on)
    say(told, as_json, texts.plain)
    return DONE


def _page(
    store: Store, kind: str, name: str | None, *, goal: str, within: str | None, out: Path | None
) -> Path:
    from leadscore import report as reports
    from leadscore.goals import parse_goal

    if kind == "portal" and name is None:
        return reports.write_portal(store, parse_goal(goal, within=within), out)
    if kind == "model":
        return reports.write_model(store, name, out)
    if kind == "run":
        return reports.write_run(store, name, out)
    what = f"the portal {name!r}" if kind == "portal" else repr(kind)
    raise UsageError(
        f"There is no report on {what}.",
        hint=f"Write leadscore report {'|'.join(_KINDS)}; a model or run may have an id.",
    )


def _uploaded(page: Path, note_on: str | None) -> dict[str, Any]:
    from leadscore.hubspot.connection import connect
    from leadscore.uploading import upload as send

    with connect() as portal:
        return {"uploaded": send(portal, page, note_on=note_on).as_dict()}
