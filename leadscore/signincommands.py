"""The commands about what a token may do, and about portals by name."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from leadscore import signintexts
from leadscore.commands import DONE, FAILED, Json, app, say, table
from leadscore.errors import LeadscoreError

__all__ = ["scopes"]


@app.command()
def scopes(
    for_: Annotated[
        str, typer.Option("--for", help="Jobs, parted by commas; a wrong one lists them all.")
    ] = "score,write",
    objects: Annotated[
        list[str], typer.Option("--object", help="An object type: companies… May be repeated.")
    ] = [],  # noqa: B006 - typer copies it
    as_json: Json = False,
) -> int:
    """List the scopes that jobs need and why; where there is a token, what it has of them."""
    from leadscore.scopecheck import scopes as run

    jobs = [word.strip() for word in for_.split(",") if word.strip()]
    kinds = tuple(objects) or ("contacts",)
    run(for_=jobs, objects=kinds)  # a job that is none is said before anything is asked
    portal, why = _reachable()
    frame = run(portal, for_=jobs, objects=kinds)
    line = {"for": jobs, "portal_id": portal.id if portal else None, **_told(frame, why)}
    if portal is not None:
        portal.close()
    say(line, as_json, signintexts.scopes)
    return FAILED if line["missing"] else DONE


def _reachable() -> tuple[Any, str]:
    """Return the portal, or why its token cannot be looked at: the list is of use without."""
    from leadscore.hubspot.connection import connect

    try:
        return connect(), ""
    except LeadscoreError as error:
        return None, error.message


def _told(frame: Any, why: str) -> dict[str, Any]:
    known = bool(frame["granted"].notna().any())
    lacking = (frame["need"] == "needed") & ~frame["granted"].fillna(True)
    return {
        "checked": known,
        "unchecked": "" if known else why or "HubSpot does not tell what it may do.",
        "missing": list(dict.fromkeys(frame.loc[lacking, "scope"])),
        "unused": list(frame.loc[frame["need"] == "unused", "scope"]),
        "scopes": table(frame),
    }
