"""Fill a portal with a table of leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore import tables
from leadscore.errors import TableError
from leadscore.sandbox.moments import to_ms
from leadscore.sandbox.records import Record

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Collection, Portal

__all__ = ["GROUP", "Seeded", "seed_table"]

GROUP = "imported_table"
_FIELD_TYPES = {
    "number": "number",
    "bool": "booleancheckbox",
    "enumeration": "select",
    "string": "text",
    "date": "date",
    "datetime": "date",
}
Values = Sequence[str | None]


@dataclass(frozen=True)
class Seeded:
    """What a portal was filled with.

    Parameters
    ----------
    goal : str
        "customer", or "property=value".
    columns : dict of str to str
        Properties -> the table's own column names; empty for a world.
    """

    goal: str
    columns: dict[str, str]


def seed_table(
    portal: Portal,
    table: tables.Table,
    *,
    outcome: str,
    positive: object = None,
    date: str | None = None,
    order: bool = False,
    id: str | None = None,  # noqa: A002 - the word of the command line
) -> Seeded:
    """Make each row of a table a contact, and each column a custom contact property.

    Parameters
    ----------
    portal : Portal
        Its contacts should be empty.
    table : Table
    outcome : str
        The column that says whether a lead converted.
    positive : object, optional
        The value of a lead that did.
    date, order
        When leads came in, as for `leadscore.tables.times`: it becomes ``createdate``. Without
        either, all contacts are created at once: time is unknown.
    id : str, optional
        A column that names each lead: it becomes a property with unique values.

    Returns
    -------
    Seeded

    Raises
    ------
    TableError
        A column does not exist, or does not say what it should.
    """
    found = tables.outcome(table, outcome, positive=positive)
    times = tables.times(table, date=date, order=order)
    unique = _identifier(table, id)
    contacts = portal.collection("contacts")
    _define(portal, contacts, table.columns, unique)
    values = {c.property: _wired(table.frame[c.name], c.type) for c in table.columns}
    _add(portal, contacts, values, _created(portal, times, len(table.frame)))
    goal = f"{found.column.property}={found.positive}"
    return Seeded(goal, {column.property: column.name for column in table.columns})


def _identifier(table: tables.Table, name: str | None) -> str | None:
    if name is None:
        return None
    cells = table.frame[table.column(name).name]
    missing, again = int(cells.isna().sum()), int(cells.dropna().duplicated().sum())
    if missing or again:
        message = (
            f"Column {name!r} does not name each lead: {missing:,} of {len(cells):,} cells are "
            f"empty, {again:,} repeat another."
        )
        raise TableError(message, hint="Name another column with --id (in Python: id=), or none.")
    return name


def _define(
    portal: Portal,
    contacts: Collection,
    columns: Sequence[tables.Column],
    unique: str | None,
) -> None:
    definitions = contacts.definitions
    if len(columns) > definitions.most_custom:
        message = (
            f"The table has {len(columns):,} columns; a portal takes {definitions.most_custom:,}."
        )
        raise TableError(message, hint="Leave out the columns that say nothing about leads.")
    definitions.create_group({"name": GROUP, "label": "Imported table"})
    for column in columns:
        body = _definition(column) | {"hasUniqueValue": column.name == unique}
        definitions.create(body, at=portal.now)
        if column.name == unique:
            contacts.records.watch(column.property)


def _definition(column: tables.Column) -> dict[str, Any]:
    options = ("true", "false") if column.type == "bool" else column.options
    return {
        "name": column.property,
        "label": column.name,
        "type": column.type,
        "fieldType": _FIELD_TYPES[column.type],
        "groupName": GROUP,
        "options": [
            {"label": value, "value": value, "displayOrder": place}
            for place, value in enumerate(options)
        ],
    }


def _created(portal: Portal, times: pd.Series[Any] | None, rows: int) -> list[str]:
    if times is None:
        return [portal.now] * rows
    return [str(time) for time in tables.wire(times, "datetime").tolist()]


def _wired(series: pd.Series[Any], kind: str) -> Values:
    # Equal strings are kept once: a portal of a million contacts then fits in memory.
    same: dict[Any, Any] = {}
    return [same.setdefault(cell, cell) for cell in tables.wire(series, kind).tolist()]


def _add(
    portal: Portal,
    contacts: Collection,
    values: Mapping[str, Values],
    created: Sequence[str],
) -> None:
    now = portal.now
    cells = zip(*values.values(), strict=True) if values else [()] * len(created)
    for created_at, row in zip(created, cells, strict=True):
        number = portal.new_id()
        known = {name: cell for name, cell in zip(values, row, strict=True) if _is_value(cell)}
        known["createdate"] = created_at
        known["hs_object_id"] = str(number)
        known["lastmodifieddate"] = _later(created_at, now)
        contacts.records.add(Record(number, known))


def _is_value(cell: object) -> bool:
    return isinstance(cell, str) and cell != ""


def _later(created_at: str, now: str) -> str:
    """Return the time of the import, which is when a contact was changed last."""
    return now if to_ms(created_at) <= to_ms(now) else created_at
