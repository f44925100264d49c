"""The command that looks records up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadscore.commands import DONE, Json, Workspace, app, plain, say, table
from leadscore.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["find"]

_SHOWN = 20  # rows on a screen


@app.command()
def find(
    object_type: Annotated[str, typer.Argument(help="contacts, companies, deals, tasks, …")],
    where: Annotated[
        list[str],
        typer.Option(help='"stage=lead", "amount>=5", "name~ann*", "phone", "!phone", "a=x|y".'),
    ] = [],  # noqa: B006 - typer copies it
    filters: Annotated[
        str | None, typer.Option(help="Filters as HubSpot writes them, as JSON or in a file.")
    ] = None,
    record: Annotated[list[str], typer.Option("--id", help="A record's id. May be repeated.")] = [],  # noqa: B006
    email: Annotated[list[str], typer.Option(help="An e-mail address. May be repeated.")] = [],  # noqa: B006
    query: Annotated[str | None, typer.Option(help="Words.")] = None,
    properties: Annotated[
        list[str], typer.Option("--property", help="A column. May be repeated.")
    ] = [],  # noqa: B006
    sort: Annotated[str | None, typer.Option(help="A property; -property: highest first.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many at most.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write all of them into this file.")] = None,
    workspace: Workspace = None,  # noqa: ARG001 - nothing is kept in it
    as_json: Json = False,
) -> int:
    """Find records of the portal by properties, id, e-mail address or words."""
    from leadscore.filterwords import parse_words
    from leadscore.finding import find as run
    from leadscore.hubspot.connection import connect

    words = _without_doubles(parse_words(where))
    with connect() as portal:
        found = run(
            portal,
            object_type,
            ids=record or None,
            email=email or None,
            query=query,
            where=_written(filters) if filters else None,
            properties=properties or None,
            sort=sort,
            limit=limit,
            **words,
        )
    line: dict[str, Any] = {"found": len(found), "missing": found.attrs["missing"]}
    if csv is not None:
        line["csv"] = str(_exported(found, csv))
    else:
        line["records"] = plain(table(found))
    say(line, as_json, lambda told: _text(told, found))
    return DONE


def _without_doubles(words: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in words]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise UsageError(f"--where has {twice} twice.", hint='Several values: "name=a|b".')
    return dict(words)


def _written(text: str) -> Any:
    """Read filters from JSON, or from the file of that name."""
    try:
        given = text if text.lstrip()[:1] in ("{", "[") else Path(text).read_text("utf-8")
        return json.loads(given)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"--filters cannot be read: {error}.",
            hint='Give JSON, [{"propertyName": …}], or the name of a file that holds it.',
        ) from None


def _exported(found: pd.DataFrame, path: Path) -> Path:
    from leadscore.exporting import write_csv

    numbers = list(map(str, found.select_dtypes("number")))
    return write_csv(path, list(map(str, found)), _cells(found), numbers=numbers)


def _cells(found: pd.DataFrame) -> Iterator[list[str | None]]:
    for row in table(found):
        yield [None if value is None else _cell(value) for value in row.values()]


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ";".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _text(line: dict[str, Any], found: pd.DataFrame) -> str:
    from leadscore.visibletext import visible

    said = [f"{line['found']:,} found."]
    if line["missing"]:
        said.append(f"Not there: {', '.join(map(visible, line['missing'][:10]))}.")
    if "csv" in line:
        return "\n".join([*said, f"Written to {line['csv']}."])
    return "\n".join([*said, *_lines(found.head(_SHOWN)), *(["…"] if len(found) > _SHOWN else [])])


def _lines(found: pd.DataFrame) -> Iterator[str]:
    from leadscore.visibletext import visible

    rows = [list(map(str, found))]
    rows += [["" if cell is None else visible(cell, limit=40) for cell in r] for r in _cells(found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, strict=True)
        yield "  ".join(cell.ljust(wide) for cell, wide in cells).rstrip()
