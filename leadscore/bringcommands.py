"""The commands that bring a table in, and keep a portal and a table elsewhere in step."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from leadscore import texts
from leadscore.commands import (
    DONE,
    REJECTED,
    DryRun,
    Json,
    Workspace,
    app,
    open_portal,
    say,
    table,
)
from leadscore.errors import UsageError

__all__ = ["bring", "pull", "push"]

_MOST = 100  # rows of a list that are told
From = Annotated[
    str, typer.Argument(help="A CSV or Parquet file, or a database's URL (or env:NAME for it).")
]
Table = Annotated[str | None, typer.Option("--table", help="The database's table.")]
Query = Annotated[str | None, typer.Option(help="A SELECT statement, instead of a table.")]
Match = Annotated[str | None, typer.Option(help="The property that rows are matched by.")]
Maps = Annotated[
    list[str], typer.Option("--map", help='"COLUMN=property"; "COLUMN=" leaves it out.')
]
Kind = Annotated[str, typer.Option("--object", help="contacts, companies, deals, a custom type.")]
Dates = Annotated[str | None, typer.Option(help="day/month/year or month/day/year.")]
Decimal = Annotated[str | None, typer.Option(help="The decimal sign of numbers: . or ,")]
Marketing = Annotated[
    bool, typer.Option("--marketing", help="New contacts may be marketing contacts (they cost).")
]
New = Annotated[bool, typer.Option("--new/--no-new", help="Create records that are not there.")]
Rule = Annotated[str, typer.Option(help="Who wins: portal, source; or report.")]
Most = Annotated[
    int | None, typer.Option(min=0, help="So many at once; default 5 % of the rows, 1 at least.")
]


@app.command()
def bring(
    source: From,
    match: Match = None,
    map_: Maps = [],  # noqa: B006 - typer copies it
    object_type: Kind = "contacts",
    table_: Table = None,
    query: Query = None,
    event: Annotated[
        str | None, typer.Option(help="What each row says that a contact did: webinar.")
    ] = None,
    at: Annotated[str | None, typer.Option(help="The column that says when.")] = None,
    amount: Annotated[str | None, typer.Option(help="The column of amounts.")] = None,
    event_id: Annotated[
        str | None, typer.Option(help="The column that tells events apart.")
    ] = None,
    zone: Annotated[str, typer.Option(help="Of times that name none: Europe/Berlin.")] = "UTC",
    dates: Dates = None,
    decimal: Decimal = None,
    new: New = True,
    marketing: Marketing = False,
    create_properties: Annotated[
        bool, typer.Option("--create-properties", help="Make those that --map names.")
    ] = False,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Bring a table of people or companies in: cleaned, matched, written once; events kept."""
    from leadscore.bringing import bring as run

    portal, store = open_portal(workspace)
    with portal:
        done = run(
            _source(source, table_, query),
            match=match,
            map=_map(map_),
            portal=portal,
            object_type=object_type,
            store=store,
            event=event,
            at=at,
            amount=amount,
            event_id=event_id,
            zone=zone,
            dates=dates,
            decimal=decimal,
            new=new,
            marketing=marketing,
            create_properties=create_properties,
            dry_run=dry_run,
        )
    say(done.as_dict(), as_json, lambda _: str(done))
    return REJECTED if done.counts.get("rejected") else DONE


@app.command()
def pull(
    object_type: Annotated[str, typer.Argument(help="contacts, companies, deals, a custom type.")],
    into: Annotated[
        str, typer.Option(help="A CSV or Parquet file, or a database's URL (or env:NAME for it).")
    ],
    table_: Table = None,
    properties: Annotated[
        list[str], typer.Option("--property", help="A column, after id. May be repeated.")
    ] = [],  # noqa: B006 - typer copies it
    deletions: Annotated[str, typer.Option(help="keep, mark or delete rows.")] = "keep",
    most_deletions: Most = None,
    conflicts: Rule = "portal",
    full: Annotated[bool, typer.Option("--full", help="Read everything.")] = False,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Keep a file or a database's table in step with the portal's records."""
    from leadscore.pulling import pull as run

    portal, store = open_portal(workspace)
    with portal:
        done = run(
            portal,
            object_type,
            _url(into),
            table=table_,
            properties=properties or None,
            deletions=deletions,
            most_deletions=most_deletions,
            conflicts=conflicts,
            full=full,
            dry_run=dry_run,
            workspace=store.workspace,
        )
    line = done.as_dict() | _lists(gone_rows=done.gone, conflict_rows=done.conflicts)
    say(line, as_json, _text)
    return REJECTED if done.counts["held_back"] else DONE


@app.command()
def push(
    object_type: Annotated[str, typer.Argument(help="contacts, companies, deals, a custom type.")],
    source: From,
    match: Annotated[str, typer.Option(help="The property that rows are matched by, or id.")],
    map_: Maps = [],  # noqa: B006 - typer copies it
    table_: Table = None,
    query: Query = None,
    deletions: Annotated[str, typer.Option(help="keep or archive records.")] = "keep",
    most_deletions: Most = None,
    conflicts: Rule = "portal",
    clear: Annotated[
        bool, typer.Option("--clear", help="A cell that is empty now clears the portal's value.")
    ] = False,
    new: New = True,
    marketing: Marketing = False,
    dates: Dates = None,
    decimal: Decimal = None,
    dry_run: DryRun = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> int:
    """Keep the portal's records in step with a table elsewhere."""
    from leadscore.pushing import push as run

    portal, store = open_portal(workspace)
    with portal:
        done = run(
            portal,
            object_type,
            _source(source, table_, query),
            match=match,
            map=_map(map_),
            conflicts=conflicts,
            deletions=deletions,
            most_deletions=most_deletions,
            clear=clear,
            new=new,
            marketing=marketing,
            dates=dates,
            decimal=decimal,
            dry_run=dry_run,
            workspace=store.workspace,
        )
    line = done.as_dict() | _lists(gone_rows=done.gone, conflict_rows=done.conflicts)
    say(line, as_json, _text)
    return REJECTED if done.counts.get("rejected") or done.counts["held_back"] else DONE


def _url(text: str) -> str:
    """Return a path or URL; one with a password had better stand in the environment."""
    if not text.startswith("env:"):
        return text
    name = text.removeprefix("env:")
    if not os.environ.get(name):
        raise UsageError(f"The environment has no {name}.", hint=f"export {name}=DATABASE-URL")
    return os.environ[name]


def _source(text: str, table_: str | None, query: str | None) -> Any:
    where = _url(text)
    if "://" not in where:
        if table_ or query:
            raise UsageError(
                "--table and --query are for a database.", hint="Leave them out for a file."
            )
        return where
    if bool(table_) is bool(query):
        raise UsageError(
            "Of a database one table or one query is read.", hint="Add --table or --query."
        )
    from leadscore.sqlsources import sql

    return sql(str(table_ or query), where)


def _map(pairs: list[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for pair in pairs:
        column, mark, name = pair.rpartition("=")
        if not mark or not column:
            raise UsageError(
                f"--map {pair!r} names no column and property.",
                hint='Write --map "Email Address=email".',
            )
        found[column] = name.strip() or None
    return found


def _lists(**frames: Any) -> dict[str, Any]:
    return {name: table(frame.head(_MOST)) for name, frame in frames.items() if len(frame)}


def _text(line: dict[str, Any]) -> str:
    counts = {n: v for n, v in line.items() if v is not None and not isinstance(v, list)}
    rows = [_row(one) for name in ("conflict_rows", "gone_rows") for one in line.get(name, [])]
    return "\n".join([texts.plain(counts), *rows])


def _row(one: dict[str, Any]) -> str:
    if "won" in one:
        return f"record {one['id']}: {one['property']} changed on both sides, won: {one['won']}"
    why = f" ({one['why']})" if one.get("why") else ""
    return f"record {one['id']}: gone{why}, {one['done']}"
