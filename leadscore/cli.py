"""The command line: one thin command per verb, each of which calls one public function."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from leadscore import (  # noqa: F401 - commands for the app
    bringcommands,
    filecommands,
    findcommands,
    formcommands,
    modelcommands,
    notebookcommands,
    paircommands,
    reactcommands,
    recordcommands,
    reportcommands,
    runcommands,
    signincommands,
    texts,
)
from leadscore.commands import (
    DONE,
    FAILED,
    PENDING,
    REJECTED,
    Capacity,
    Contacts,
    Csv,
    Date,
    Drop,
    Id,
    Json,
    Keep,
    LeadStatuses,
    Order,
    Outcome,
    Override,
    Positive,
    Reason,
    Seed,
    Segments,
    Stages,
    Tasks,
    Triggers,
    Workspace,
    app,
    open_portal,
    overrides,
    say,
    say_json,
)
from leadscore.errors import LeadscoreError, UsageError

__all__ = ["app", "main"]

_CTRL_C = 130  # what typer returns then


@app.command()
def demo(
    contacts: Contacts = 5000,
    seed: Seed = 0,
    csv: Csv = [],  # noqa: B006 - typer copies it
    outcome: Outcome = None,
    positive: Positive = None,
    date: Date = None,
    order: Order = False,
    id: Id = None,  # noqa: A002 - the option's name
    drop: Drop = [],  # noqa: B006 - typer copies it
    keep: Keep = [],  # noqa: B006
    capacity: Capacity = None,
    force: Annotated[bool, typer.Option("--force", help="Write without a signal too.")] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Run the whole job on this machine, with no account: from a portal to a report."""
    from leadscore.demo import Leads, run_demo

    leads = Leads(contacts, seed, _one(csv), outcome, positive, date, order, id)
    line = run_demo(
        leads, workspace=workspace, drop=drop, keep=keep, capacity=capacity, force=force
    )
    say(line, as_json, texts.demo)
    return REJECTED if line["rejected"] else DONE


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: a free one.")] = 0,
    contacts: Contacts = 2000,
    seed: Seed = 0,
    csv: Csv = [],  # noqa: B006 - typer copies it
    outcome: Outcome = None,
    positive: Positive = None,
    date: Date = None,
    order: Order = False,
    id: Id = None,  # noqa: A002 - the option's name
    tier: Annotated[str, typer.Option(help="free, professional or enterprise.")] = "professional",
    latency_ms: Annotated[float, typer.Option(min=0, help="Added to each reply.")] = 0.0,
    state: Annotated[
        Path | None, typer.Option(help="A file: keeps the portal between runs.")
    ] = None,
    token: Annotated[
        str | None, typer.Option(help="The sandbox's own token; else one is made.")
    ] = None,
    faults: Annotated[Path | None, typer.Option(help="A JSON file of what is to go wrong.")] = None,
    openapi: Annotated[Path | None, typer.Option(help="Write its OpenAPI description.")] = None,
    postman: Annotated[Path | None, typer.Option(help="Write its Postman collection.")] = None,
    as_json: Json = False,
) -> int:
    """Serve a HubSpot-compatible portal on this machine until stopped. It is not HubSpot."""
    from leadscore.demo import Leads
    from leadscore.sandbox import open_sandbox

    leads = Leads(contacts, seed, _one(csv), outcome, positive, date, order, id).options()
    more: dict[str, Any] = {
        "tier": tier,
        "latency_ms": latency_ms,
        "port": port,
        "state": state,
        "token": token,
    }
    with open_sandbox(**leads, **more, faults=faults, process=False) as portal:
        line = {
            "url": portal.url,
            "token": portal.token,
            "portal_id": portal.portal_id,
            "goal": portal.goal,
        }
        _describe(portal, openapi=openapi, postman=postman)
        with suppress(KeyboardInterrupt):
            say(line, as_json, texts.sandbox)
            Event().wait()
    return DONE


def _describe(portal: Any, *, openapi: Path | None, postman: Path | None) -> None:
    """Write the descriptions that are asked for; both name the portal's address."""
    from leadscore.workspace import replace_file

    for path, ask in ((openapi, portal.openapi), (postman, portal.postman)):
        if path is not None:
            replace_file(path, json.dumps(ask(), indent=1).encode())


@app.command()
def doctor(workspace: Workspace = None, as_json: Json = False) -> int:
    """Say what is right and wrong: machine, token, portal, workspace. Nothing is changed."""
    from leadscore.checkup import doctor as run

    line = run(workspace=workspace).as_dict()
    say(line, as_json, texts.doctor)
    return DONE if line["ok"] else FAILED


@app.command()
def sync(
    properties: Annotated[
        list[str], typer.Option("--property", help="Read this contact property. May be repeated.")
    ] = [],  # noqa: B006 - typer copies it
    history: Annotated[
        bool, typer.Option("--history/--no-history", help="What properties were before.")
    ] = True,
    full: Annotated[
        bool, typer.Option("--full", help="Read everything, not what changed.")
    ] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Read the portal into the workspace's store: everything first, then what changed."""
    from leadscore.syncing import sync as run

    portal, store = open_portal(workspace)
    with portal:
        past = None if history else ()
        done = run(portal, store, properties=properties or None, history=past, full=full)
    line = done.as_dict()
    say(line, as_json, texts.sync)
    return DONE if line["complete"] else REJECTED


@app.command()
def plan(
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 2 when changes are pending.")
    ] = False,
    max_writes: Annotated[
        int | None, typer.Option(min=0, help="Not more contacts than this; default 100,000.")
    ] = None,
    task: Tasks = [],  # noqa: B006 - typer copies it
    stage: Stages = [],  # noqa: B006
    lead_status: LeadStatuses = [],  # noqa: B006
    segment: Segments = [],  # noqa: B006
    trigger: Triggers = [],  # noqa: B006
    override: Override = [],  # noqa: B006
    reason: Reason = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Compare the newest scores with the portal, and write down what would change."""
    from leadscore.followups import from_words
    from leadscore.guards import check_guards
    from leadscore.planning import plan as run
    from leadscore.steps import newest_scores

    passed = overrides(override, reason)
    then = from_words(
        task=task, stage=stage, lead_status=lead_status, segment=segment, trigger=trigger
    )
    portal, store = open_portal(workspace)
    with portal:
        scores = newest_scores(store)
        made = run(portal, scores, then=then, max_writes=max_writes, override=passed)
    check_guards(made)
    say(made.as_dict(), as_json, texts.plain)
    return PENDING if detailed_exitcode and any(made.rows.values()) else DONE


def main() -> None:
    """Run the command line; the exit code tells how it ended."""
    with _told_to_stop():
        code = _run(sys.argv[1:])
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    as_json = "--json" in arguments
    before = os.environ.get("LEADSCORE_PORTAL")
    try:
        return _ran(arguments, as_json)
    finally:  # --portal is for one command
        os.environ.pop("LEADSCORE_PORTAL", None)
        if before is not None:
            os.environ["LEADSCORE_PORTAL"] = before


def _ran(arguments: list[str], as_json: bool) -> int:
    try:
        code = int(app(args=arguments, standalone_mode=False) or DONE)
    except LeadscoreError as error:
        # Without its frames: they hold a progress bar open, and it would end after the message.
        return _fail(error.with_traceback(None), as_json)
    except TyperException as error:
        said = UsageError(
            f"{error}".rstrip(".") + ".", hint="See --help for what the command takes."
        )
        return _fail(said, as_json)
    except (KeyboardInterrupt, typer.Abort):
        code = _CTRL_C
    if code != _CTRL_C:
        return code
    return _fail(LeadscoreError("Stopped.", hint="The same command goes on."), as_json)


def _fail(error: LeadscoreError, as_json: bool) -> int:
    if as_json:
        say_json({"error": error.as_dict()})
    else:
        typer.echo(f"Error: {error}", err=True)
        if guards := error.as_dict().get("guards"):
            typer.echo(f"Guards: {', '.join(guards)}", err=True)
    return error.exit_code


def _one(tables: list[str]) -> str | None:
    if len(tables) > 1:
        raise UsageError(
            f"There are {len(tables)} tables, and one can be loaded.",
            hint="Name one file with --csv; put rows of several into one file first.",
        )
    return tables[0] if tables else None


@contextmanager
def _told_to_stop() -> Iterator[None]:
    """Take being told to end (SIGTERM) for Ctrl-C: what was begun is brought to an end."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
