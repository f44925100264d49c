"""What the commands share: the app, the options, and how a result is said."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from leadscore.errors import UsageError

__all__ = ["app", "open_portal", "open_workspace", "overrides", "plain", "say", "say_json", "table"]

DONE, FAILED, PENDING, REJECTED = 0, 1, 2, 3


Command = TypeVar("Command", bound=Callable[..., Any])
_OF_NO_PORTAL = frozenset({"demo", "login", "logout", "portals", "sandbox"})
_PORTAL = Annotated[
    str | None,
    typer.Option(
        "--portal",
        metavar="NAME",
        help="A portal that was signed in to; default LEADSCORE_PORTAL.",
    ),
]


class _App(typer.Typer):
    """Gives each command that is about a portal the option --portal."""

    def command(self, *names: Any, **options: Any) -> Callable[[Command], Command]:
        register = super().command(*names, **options)

        def take(function: Command) -> Command:
            plain = function.__name__ in _OF_NO_PORTAL
            register(function if plain else _with_portal(function))
            return function

        return take


def _with_portal(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a command that sets the portal first: for kernels and others that it starts, too."""

    @wraps(function)
    def command(*args: Any, portal_name: str | None = None, **options: Any) -> Any:
        if portal_name:
            os.environ["LEADSCORE_PORTAL"] = portal_name
        return function(*args, **options)

    known = signature(function, eval_str=True)
    added = Parameter("portal_name", Parameter.KEYWORD_ONLY, default=None, annotation=_PORTAL)
    vars(command)["__signature__"] = known.replace(parameters=[*known.parameters.values(), added])
    command.__annotations__ = function.__annotations__ | {"portal_name": _PORTAL}
    return command


app = _App(
    name="leadscore",
    help="Lead scoring for HubSpot: honest scores, reasons that add up, a write-back to trust.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="End with one line of JSON on stdout.")]
Workspace = Annotated[
    Path | None, typer.Option(help="The portal's folder; default LEADSCORE_WORKSPACE.")
]
Drop = Annotated[list[str], typer.Option(help="Leave a property out. May be repeated.")]
Keep = Annotated[list[str], typer.Option(help="Use a property that the audit would leave out.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; send nothing.")]
Override = Annotated[list[str], typer.Option(help="Pass over a guard. May be repeated.")]
Reason = Annotated[str | None, typer.Option(help="Why; needed with --override.")]
Tasks = Annotated[
    list[str], typer.Option("--task", help="A task for the owner of who comes into this tier.")
]
Stages = Annotated[
    list[str], typer.Option("--stage", help="STAGE=TIER: set the lifecycle stage forward.")
]
LeadStatuses = Annotated[
    list[str], typer.Option("--lead-status", help="STATUS=TIER: set the lead status forward.")
]
Segments = Annotated[
    list[str], typer.Option("--segment", help="NAME=TIER: keep a segment equal to the tier.")
]
Triggers = Annotated[
    list[str], typer.Option("--trigger", help="Set a property when this tier is entered.")
]
Capacity = Annotated[int | None, typer.Option(min=1, help="Leads that sales can work on a week.")]
Contacts = Annotated[int, typer.Option(min=1, help="Size of the simulated world.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the simulated world.")]
Csv = Annotated[list[str], typer.Option(help="A table of leads, instead of the simulated world.")]
Outcome = Annotated[str | None, typer.Option(help="The table's outcome column.")]
Positive = Annotated[str | None, typer.Option(help="The outcome that means success.")]
Date = Annotated[str | None, typer.Option(help="The table's date column; no feature.")]
Order = Annotated[bool, typer.Option("--order", help="The table's rows are in time order.")]
Id = Annotated[str | None, typer.Option(help="The column that names a lead; no feature.")]


def say(told: dict[str, Any], as_json: bool, text: Callable[[dict[str, Any]], str]) -> None:
    """Say a result to a machine or to a person."""
    if as_json:
        say_json(told)
    else:
        typer.echo(text(told))


def say_json(told: dict[str, Any]) -> None:
    """Print one line of JSON."""
    typer.echo(json.dumps(told, ensure_ascii=False, allow_nan=False))


def open_workspace(workspace: Path | None) -> Any:
    """Return the store of a workspace."""
    from leadscore.settings import load_settings
    from leadscore.store import open_store

    return open_store(load_settings(workspace=workspace).workspace)


def open_portal(workspace: Path | None) -> tuple[Any, Any]:
    """Connect first: nothing is left behind where there is no portal."""
    from leadscore.hubspot.connection import connect

    portal = connect()
    return portal, open_workspace(workspace)


def overrides(names: list[str], reason: str | None) -> dict[str, str]:
    """Return the reason for each guard that is passed over."""
    if names and not (reason or "").strip():
        raise UsageError("A guard is passed over only for a reason.", hint="Add --reason TEXT.")
    return dict.fromkeys(names, (reason or "").strip())


def plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    return json.loads(json.dumps(value, default=str))


def table(frame: Any) -> list[dict[str, Any]]:
    """Return a frame's rows as plain values, None where there is none."""
    found: list[dict[str, Any]] = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return found
