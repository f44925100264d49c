"""The command that submits the rows of a file to a form."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from leadscore.commands import DONE, REJECTED, DryRun, Json, Workspace, app, say

__all__ = ["submit"]

Form = Annotated[str, typer.Argument(help="The form's id or name.")]
File = Annotated[Path, typer.Argument(help="CSV: one submission a row, the fields as columns.")]
Consent = Annotated[str | None, typer.Option(help="The column of yes and no, or: all.")]
At = Annotated[str | None, typer.Option("--submitted-at", help="The column of times.")]
Open = Annotated[bool, typer.Option("--open", help="The endpoint that takes no token (slower).")]
Skip = Annotated[bool, typer.Option("--skip-invalid", help="Pass over rows that cannot be sent.")]
Resend = Annotated[str | None, typer.Option(help="unknown or all: send these rows again.")]
PageUri = Annotated[str | None, typer.Option(help="The address of the page with the form.")]
PageName = Annotated[str | None, typer.Option(help="Its title.")]


@app.command()
def submit(
    form: Form,
    file: File,
    dry_run: DryRun = False,
    consent: Consent = None,
    submitted_at: At = None,
    page_uri: PageUri = None,
    page_name: PageName = None,
    open_endpoint: Open = False,
    skip_invalid: Skip = False,
    resend: Resend = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Submit each row of a file to a form, once; the same command goes on where it stopped."""
    from leadscore.forms import submit as run
    from leadscore.hubspot.connection import connect

    rows = _rows(file)
    page = {"pageUri": page_uri, "pageName": page_name}
    with connect() as portal:
        done = run(
            portal,
            form,
            rows,
            context={name: text for name, text in page.items() if text},
            consent=True if consent == "all" else consent,
            submitted_at=submitted_at,
            secure=not open_endpoint,
            invalid="skip" if skip_invalid else "raise",
            resend=resend,
            dry_run=dry_run,
            workspace=workspace,
        )
    wrong = done.results[done.results["state"].isin(["rejected", "unknown"])]
    line: dict[str, Any] = done.as_dict() | {
        "rows": wrong.rename_axis("row").reset_index().to_dict("records")
    }
    say(line, as_json, _text)
    return REJECTED if len(wrong) else DONE


def _rows(file: Path) -> Any:
    """Return the file's rows as texts, numbered from 1."""
    import pandas as pd

    frame = _one_column(file)
    if frame is None:
        from leadscore.tablefiles import read_cells

        names, cells = read_cells(file)
        frame = cells.to_pandas().set_axis(names, axis="columns")
    return frame.set_index(pd.RangeIndex(1, len(frame) + 1))


def _one_column(file: Path) -> Any:
    """Return a file of addresses alone, which is no table to anybody else; else None."""
    import pandas as pd

    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return None  # whoever reads tables says why
    if not lines[1:] or any(mark in line for line in lines for mark in ',;|\t"'):
        return None
    return pd.DataFrame({lines[0].strip(): [line for line in lines[1:] if line.strip()]})


def _text(line: dict[str, Any]) -> str:
    counts = {name: n for name, n in line.items() if isinstance(n, int) and n}
    rows = {"run": line["run"] or "none (a dry run)", "form": line["form"], **counts}
    width = max(map(len, rows))
    told = [f"{name:<{width}}  {value}" for name, value in rows.items()]
    wrong = [f"row {one['row']} {one['state']}: {one['reason']}" for one in line["rows"]]
    return "\n".join([*told, *wrong])
