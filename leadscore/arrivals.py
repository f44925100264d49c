"""Rows on their way in: columns mapped, cells cleaned, rows of one record put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore.celltexts import figures_of
from leadscore.cleaning import clean, moments, undated
from leadscore.columnmap import ColumnMap, map_columns, new_definition
from leadscore.decimalmarks import check_mark
from leadscore.errors import TableError, UsageError
from leadscore.tablenames import nearest, shown

if TYPE_CHECKING:
    from leadscore.sources import Source

__all__ = ["Arrival", "Asides", "Folded", "fold", "read_arrival", "row_results"]

Definitions = Mapping[str, Mapping[str, Any]]
_ID = {"name": "id", "type": "string", "label": "Record ID"}
_NUMBER = {"type": "number"}
_NO_WORD = "a word for nothing, which clears nothing"


@dataclass(frozen=True)
class Asides:
    """The columns of events, which are for no property.

    Attributes
    ----------
    at, amount, id : str, optional
        When it happened, what it came to, and what tells two events apart.
    zone : str
        The time zone of times that name none.
    """

    at: str | None = None
    amount: str | None = None
    id: str | None = None
    zone: str = "UTC"

    @property
    def names(self) -> list[str]:
        """Those that there are."""
        return [name for name in (self.at, self.amount, self.id) if name is not None]


@dataclass(frozen=True)
class Arrival:
    """A table's rows, cleaned.

    Attributes
    ----------
    columns : ColumnMap
    new : list of dict
        Definitions of the properties that the portal lacks.
    texts : dict of str to list
        By property, what each row holds, as HubSpot takes it; None where nothing.
    keys : list of str or None
        What each row is matched by.
    at : pyarrow.Array, optional
    amounts, ids : list
        Of events.
    cleaned : list of tuple
        Column, what was done, and to how many cells.
    problems : list of tuple
        Row, column, cell and why it was left out.
    unread : dict of (int, str) to str
        By row and property, why a cell that is not empty gave no value.
    """

    columns: ColumnMap
    new: list[dict[str, Any]]
    texts: dict[str, list[str | None]]
    keys: list[str | None]
    at: pa.Array | None
    amounts: list[float | None]
    ids: list[str | None]
    cleaned: list[tuple[str, str, int]] = field(default_factory=list)
    problems: list[tuple[int, str, str | None, str]] = field(default_factory=list)
    unread: dict[tuple[int, str], str] = field(default_factory=dict)


@dataclass(frozen=True)
class Folded:
    """One row per record.

    Attributes
    ----------
    frame : DataFrame
        A column of text per property; a RangeIndex.
    keys : list of str
        Of its rows.
    place : list of int
        For each row that arrived, that of the frame; -1 where it names no record.
    last : list of int
        For each row of the frame, the row that arrived last.
    """

    frame: pd.DataFrame
    keys: list[str]
    place: list[int]
    last: list[int]


def read_arrival(
    source: Source,
    definitions: Definitions,
    *,
    match: str,
    told: Mapping[str, str | None] | None = None,
    asides: Asides | None = None,
    dates: str | None = None,
    decimal: str | None = None,
    create: bool = False,
) -> Arrival:
    """Read a table and clean it for the properties that its columns go to.

    Parameters
    ----------
    source : Source
    definitions : mapping
        The portal's, by name.
    match : str
        The property that rows and records are matched by; ``id`` for the record's id.
    told : mapping of str to str or None, optional
        Column to property.
    asides : Asides, optional
    dates : str, optional
        The order of dates, where the columns do not tell.
    decimal : {".", ","}, optional
        The decimal sign of numbers, where the columns do not tell. Columns that are numbers and no
        text are not asked.
    create : bool
        Whether properties that the portal lacks may be made.

    Raises
    ------
    UsageError
        No column is matched by, or a column or property is not there.
    TableError
        The table has no rows, or the dates or numbers of a column may be read in two ways.
    """
    check_mark(decimal)
    table, aside = source.read(), asides or Asides()
    if not table.num_rows:
        raise TableError(f"{source.name} has no rows.", hint="Check where they come from.")
    known = {**definitions, "id": _ID} if match == "id" else dict(definitions)
    _check_asides(aside, table.column_names)
    columns = map_columns(table.column_names, known, told, aside=aside.names)
    marks = _Marks(dates, decimal, figures_of(table))
    new = _new(columns, table, marks, create=create)
    known |= {str(one["name"]): one for one in new}
    matched = columns.column_of(match)
    if matched is None:
        raise _unmatched(match, table.column_names, source.name)
    return _cleaned(table, columns, new, known, matched=matched, aside=aside, marks=marks)


@dataclass(frozen=True)
class _Marks:
    """What is told of dates and numbers, and the columns that need not be told of."""

    dates: str | None
    decimal: str | None
    figures: frozenset[str]

    def decimal_of(self, column: str) -> str | None:
        return "." if column in self.figures else self.decimal

    def of(self, column: str) -> dict[str, Any]:
        return {"dates": self.dates, "decimal": self.decimal_of(column), "name": column}


def _check_asides(aside: Asides, names: Sequence[str]) -> None:
    for option, column in (("at", aside.at), ("amount", aside.amount), ("event_id", aside.id)):
        if column is not None and column not in names:
            close = nearest(column, names)
            raise UsageError(
                f"{option} names the column {shown([column])}, which the table does not have.",
                hint=f"Did you mean {shown([close])}?" if close else f"It has {shown(names)}.",
            )


def _new(
    columns: ColumnMap, table: pa.Table, marks: _Marks, *, create: bool
) -> list[dict[str, Any]]:
    made = [
        new_definition(c, name, table[c], decimal=marks.decimal_of(c))
        for c, name in columns.new.items()
    ]
    if made and not create:
        names = ", ".join(f"{name} ({shown([c])})" for c, name in columns.new.items())
        raise UsageError(
            f"The portal has no property {names}.",
            hint="Name others in map, None to leave a column out, or create_properties=True.",
        )
    return made


def _unmatched(match: str, names: Sequence[str], where: str) -> UsageError:
    return UsageError(
        f"No column of {where} goes to {match}, by which rows are matched.",
        hint=f'Say which with map={{"COLUMN": "{match}"}}; there are {shown(names, most=12)}.',
    )


def _cleaned(
    table: pa.Table,
    columns: ColumnMap,
    new: list[dict[str, Any]],
    definitions: Definitions,
    *,
    matched: str,
    aside: Asides,
    marks: _Marks,
) -> Arrival:
    values, done, problems = {}, [], []
    unread: dict[tuple[int, str], str] = {}
    for column, name in columns.used.items():
        found = clean(table[column], definitions[name], **marks.of(column))
        values[name] = found.texts.to_pylist()
        done += [(column, what, cells) for what, cells in found.done.items() if cells]
        problems += [(row, column, table[column][row].as_py(), why) for row, why in found.misfits]
        unread |= {(row, name): _NO_WORD for row in _filled(table[column], found.texts)}
        unread |= {(row, name): why for row, why in found.misfits}
    keys = values[columns.used[matched]]
    bad = {row for row, column, *_ in problems if column == matched}
    problems += [
        (row, matched, None, f"no {columns.used[matched]}")
        for row, key in enumerate(keys)
        if key is None and row not in bad
    ]
    at = None
    if aside.at is not None:
        at = moments(table[aside.at], dates=marks.dates, zone=aside.zone, name=aside.at)
        problems += _untimed(table[aside.at], at, aside.at)
    amounts, odd = _amounts(table, aside.amount, marks)
    ids = table[aside.id].to_pylist() if aside.id is not None else [None] * table.num_rows
    problems.sort(key=lambda one: one[0])
    told = [*problems, *odd]
    return Arrival(columns, new, values, keys, at, amounts, ids, done, told, unread)


def _filled(cells: Any, texts: Any) -> list[int]:
    """Return the rows whose cell is not empty, and of which nothing is left."""
    full = pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(cells)), 0)
    none = pc.equal(pc.fill_null(texts, ""), "")
    both = pc.and_(pc.fill_null(full, fill_value=False), none)
    return [int(row) for row in pc.indices_nonzero(both).to_pylist()]


def _untimed(column: Any, at: pa.Array, name: str) -> list[tuple[int, str, str | None, str]]:
    missing = at.is_null().to_pylist()
    cells = [(row, column[row].as_py()) for row, gone in enumerate(missing) if gone]
    return [(row, name, cell, _no_time(cell)) for row, cell in cells]


def _no_time(cell: str | None) -> str:
    why = undated(cell.strip()) if cell else ""
    return f"no time of the event{why.removeprefix('no date') if ':' in why else ''}"


def _amounts(
    table: pa.Table, name: str | None, marks: _Marks
) -> tuple[list[float | None], list[tuple[int, str, str | None, str]]]:
    if name is None:
        return [None] * table.num_rows, []
    found = clean(table[name], _NUMBER, **marks.of(name))
    odd = [(row, name, table[name][row].as_py(), why) for row, why in found.misfits]
    return [None if text is None else float(text) for text in found.texts.to_pylist()], odd


def fold(arrival: Arrival) -> Folded:
    """Put the rows of each record together: of each property the newest value.

    Rows are newest by the time of their event, else by their place in the table.
    """
    order = range(len(arrival.keys))
    if arrival.at is not None:
        times = arrival.at.cast(pa.int64()).fill_null(-(2**62)).to_pylist()
        order = sorted(order, key=lambda row: times[row])  # type: ignore[assignment]
    places: dict[str, int] = {}
    place, last = [-1] * len(arrival.keys), []
    rows: list[dict[str, str | None]] = []
    for row in order:
        key = arrival.keys[row]
        if key is None:
            continue
        if key not in places:
            places[key] = len(rows)
            rows.append(dict.fromkeys(arrival.texts))
            last.append(row)
        place[row] = places[key]
        last[places[key]] = row
        told = {n: v for n, own in arrival.texts.items() if (v := own[row]) is not None}
        rows[places[key]].update(told)
    frame = pd.DataFrame(rows, columns=list(arrival.texts), dtype="str")
    return Folded(frame, list(places), place, last)


def row_results(
    arrival: Arrival,
    folded: Folded,
    records: Sequence[tuple[Any, ...]],
    *,
    match: str,
    index: Any = None,
) -> pd.DataFrame:
    """Return what became of each row that arrived.

    Parameters
    ----------
    arrival, folded
    records : sequence of tuple
        Id, state and reason of each row of the folded frame; none where nothing was looked up.
    match : str
    index : Index, optional
        That of the rows.

    Returns
    -------
    DataFrame
        ``id``, ``state``, ``reason``. Of rows without events all but the last of a record are
        duplicates.
    """
    columns = {column for column, name in arrival.columns.used.items() if name == match}
    wrong = {row: why for row, column, _, why in arrival.problems if column in columns}

    def told(row: int, place: int) -> tuple[Any, ...]:
        if place < 0 or not records:
            return None, "rejected", wrong.get(row, f"no {match}")
        if arrival.at is None and folded.last[place] != row:
            return records[place][0], "duplicate", f"a later row has the same {match}"
        return records[place]

    rows = [told(row, place) for row, place in enumerate(folded.place)]
    frame = pd.DataFrame(rows, columns=["id", "state", "reason"], dtype="str")
    return frame if index is None else frame.set_axis(index)
