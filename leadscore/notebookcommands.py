"""The command that runs a notebook with nobody there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from leadscore.commands import Json, Workspace, app, say
from leadscore.errors import NotebookError

__all__ = ["run"]

Parameters = Annotated[
    list[str], typer.Option("--parameter", "-p", help="name=value. May be repeated.")
]


@app.command()
def run(
    notebook: Annotated[Path, typer.Argument(help="The notebook; it is not changed.")],
    parameter: Parameters = [],  # noqa: B006 - typer copies it
    params_file: Annotated[
        Path | None, typer.Option(help="Parameters in YAML; -p wins over it.")
    ] = None,
    timeout: Annotated[str, typer.Option(help="For all of it, such as 90m or 2h.")] = "12h",
    cell_timeout: Annotated[str | None, typer.Option(help="For one cell.")] = None,
    output: Annotated[Path | None, typer.Option(help="Where the notebook is kept.")] = None,
    html: Annotated[bool, typer.Option("--html/--no-html", help="A page beside it.")] = True,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Run a notebook with nobody there: within limits, one at a time, on record."""
    from leadscore.notebookruns import summary
    from leadscore.notebooks import given_parameters, run_notebook

    given = given_parameters(notebook, parameter, params_file)
    limits: dict[str, Any] = {"timeout": timeout, "cell_timeout": cell_timeout}
    watched = sys.stderr.isatty()
    try:
        done = run_notebook(
            notebook, given, **limits, workspace=workspace, output=output, html=html,
            progress=watched,
        )  # fmt: skip
    except NotebookError as error:
        line = {**error.as_dict(), "exit": error.exit_code}
        typer.echo(summary(line), err=True)
        raise
    say({**done.as_dict()}, as_json, lambda line: summary({**line, "exit": done.exit_code}))
    return done.exit_code
