"""Any CSV file or DataFrame of leads -> typed columns with valid HubSpot property names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore.errors import TableError
from leadscore.tabledates import month_numbers, readings
from leadscore.tablefiles import read_cells
from leadscore.tablenames import nearest, property_names, shown
from leadscore.tabletypes import Typed, from_series, from_text
from leadscore.tablewire import wire

__all__ = ["Column", "Outcome", "Table", "outcome", "read_table", "times", "wire"]


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        As in the file.
    property : str
        A valid HubSpot property name, unique in the table.
    type : str
        HubSpot's: "number", "bool", "enumeration", "string", "date" or "datetime".
    options : tuple of str
        The values of an enumeration as in the file, most frequent first.
    """

    name: str
    property: str
    type: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table of leads with typed columns.

    Parameters
    ----------
    frame : DataFrame
        One row per lead in the order of the file, the file's column names, a RangeIndex. number:
        float64; bool: boolean; enumeration, string: str; date, datetime: datetime64[us, UTC].
    columns : tuple of Column
        In the order of the frame's.
    source : str
        Where it came from: the path as given, or "DataFrame".
    """

    frame: pd.DataFrame
    columns: tuple[Column, ...]
    source: str

    @property
    def renamed(self) -> dict[str, str]:
        """Column names that are not valid property names -> the names that they get."""
        return {c.name: c.property for c in self.columns if c.name != c.property}

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def column(self, name: str) -> Column:
        """Return a column by its name in the file.

        Raises
        ------
        TableError
            There is none; the columns and the nearest name are shown.
        """
        if name in self._by_name:
            return self._by_name[name]
        message = (
            f"The table has no column {shown([name])}; it has {shown(self._by_name, most=30)}."
        )
        close = nearest(name, self._by_name) if isinstance(name, str) else ""
        raise TableError(
            message, hint=f"Did you mean {shown([close])}?" if close else "Name one of these."
        )


@dataclass(frozen=True)
class Outcome:
    """What happened to each lead.

    Parameters
    ----------
    column : Column
        The column that says so.
    positive : str
        The value of a lead that converted, as on the wire: "yes", "1", "true".
    values : Series of boolean, shape (n,)
        NA where the cell is missing.
    """

    column: Column
    positive: str
    values: pd.Series[Any]


def read_table(source: str | Path | pd.DataFrame) -> Table:
    """Read any table of leads and find out what its columns hold.

    Parameters
    ----------
    source : str, Path or DataFrame
        A file of separated values with a header; delimiter, quoting, compression, encoding,
        missing-value words, dates and types are found out. Or a DataFrame.

    Returns
    -------
    Table

    Raises
    ------
    TableError
        It cannot be used as a table: missing, empty, binary, one column, header only, duplicate
        column names, ragged.

    Examples
    --------
    >>> table = read_table(pd.DataFrame({"emp.var.rate": ["1.1", "-0.2"], "y": ["no", "yes"]}))
    >>> table.renamed, [column.type for column in table.columns]
    ({'emp.var.rate': 'emp_var_rate'}, ['number', 'enumeration'])
    """
    if isinstance(source, pd.DataFrame):
        return _from_frame(source)
    if isinstance(source, (str, Path)):
        return _from_file(source)
    if isinstance(source, (list, tuple)):
        raise TableError(
            f"One table is read at a time, not {len(source)}.", hint="Put the rows into one file."
        )
    message = f"A table is a path or a pandas DataFrame, not a {type(source).__name__}."
    raise TableError(message, hint="Try pandas.DataFrame(…) first.")


def _from_file(source: str | Path) -> Table:
    try:
        path = Path(source).expanduser()
    except RuntimeError:
        path = Path(source)
    names, cells = read_cells(path)
    named = [(name, from_text, cells.column(place)) for place, name in enumerate(names)]
    # A delimiter at every line's end makes a last column without a name and without values.
    while len(named) > 1 and not named[-1][0] and _blank(named[-1][2]):
        named.pop()
    _check([name for name, _, _ in named], shown([path.name], width=80))
    names = _filled([name for name, _, _ in named])
    return _table(names, [read(column) for _, read, column in named], str(source))


def _blank(cells: Any) -> bool:
    return bool(pc.all(pc.equal(pc.utf8_trim_whitespace(cells), "")).as_py())


def _from_frame(frame: pd.DataFrame) -> Table:
    odd = [name for name in frame.columns if not isinstance(name, str)]
    if odd:
        message = f"The DataFrame has column names that are not text: {shown(odd)}."
        raise TableError(message, hint="Set frame.columns to a list of strings.")
    _check(list(frame.columns), "The DataFrame")
    if frame.empty:
        raise TableError(
            "The DataFrame has columns but no rows.", hint="Check the query behind it."
        )
    typed = [from_series(frame.iloc[:, place]) for place in range(frame.shape[1])]
    return _table(_filled(list(frame.columns)), typed, "DataFrame")


def _check(names: Sequence[str], source: str) -> None:
    twice = [name for name, n in Counter(names).items() if n > 1 and name]
    if twice:
        message = f"{source} has duplicate column names: {shown(twice)}."
        raise TableError(message, hint="Give every column its own name.")
    if len(names) < 2:
        held = f"one column only: {shown(names)}" if names else "no columns"
        raise TableError(
            f"{source} has {held}.", hint="A table needs the outcome and something to learn from."
        )


def _filled(names: Sequence[str]) -> list[str]:
    """Name the columns without a name by their position."""
    used = set(names)
    filled = []
    for place, name in enumerate(names, start=1):
        fresh = (f"column_{place}{'_' * n}" for n in count())
        filled.append(name or next(new for new in fresh if new not in used))
    return filled


def _table(names: Sequence[str], typed: Sequence[Typed], source: str) -> Table:
    columns = tuple(
        Column(name, prop, found.type, found.options)
        for name, prop, found in zip(names, property_names(names), typed, strict=True)
    )
    frame = pd.DataFrame({name: found.series for name, found in zip(names, typed, strict=True)})
    return Table(frame, columns, source)


# --------------------------------------------------------------------------- outcome

POSITIVE = frozenset(
    ["true", "yes", "y", "t", "1", "won", "converted", "customer", "closedwon", "closed won"]
)


def outcome(table: Table, column: str, *, positive: object = None) -> Outcome:
    """Say for each lead whether it converted.

    Parameters
    ----------
    table : Table
    column : str
        The column's name in the file.
    positive : object, optional
        The value of a lead that converted (``"yes"``, ``1``, ``True``). Without it the column
        must hold two values, one of which says so itself: true, yes, y, t, 1, won, converted,
        customer (any case).

    Returns
    -------
    Outcome

    Raises
    ------
    TableError
        No such column; one value only; more than two, or two that say nothing, and no
        ``positive``; a ``positive`` that does not occur.

    Examples
    --------
    >>> table = read_table(pd.DataFrame({"y": ["no", "yes", None], "age": [20, 30, 40]}))
    >>> outcome(table, "y").values.tolist()
    [False, True, <NA>]
    """
    found = table.column(column)
    texts = wire(table.frame[column], found.type)
    counts = texts.value_counts()
    chosen = _positive(column, [str(value) for value in counts.index], positive)
    return Outcome(found, chosen, texts.eq(chosen).astype("boolean").mask(texts.isna()))


def _positive(column: str, values: list[str], positive: object) -> str:
    if len(values) < 2:
        held = f"one value only: {shown(values)}" if values else "no values"
        hint = "An outcome needs leads that converted and leads that did not; write out both."
        raise TableError(f"Column {shown([column])} holds {held}.", hint=hint)
    return _itself(column, values) if positive is None else _given(column, values, positive)


def _itself(column: str, values: list[str]) -> str:
    says = [value for value in values if value.casefold() in POSITIVE]
    if len(values) == 2 and len(says) == 1:
        return says[0]
    which = f"which of its {len(values)} values is a conversion: {shown(values)}"
    message = f"Column {shown([column])} does not say {which}."
    raise TableError(message, hint="Name the one that is, with --positive (in Python: positive=).")


def _given(column: str, values: list[str], positive: object) -> str:
    wanted = _as_wire(positive)
    for same in (str.strip, str.casefold):
        found = [value for value in values if same(value) == same(wanted)]
        if len(found) == 1:
            return found[0]
    message = (
        f"No lead has {shown([positive])} in column {shown([column])}; it holds {shown(values)}."
    )
    raise TableError(message, hint="Name one of these as positive.")


def _as_wire(positive: object) -> str:
    text = str(positive).strip()
    number = from_text(pa.array([text]))
    return str(wire(number.series, number.type)[0]) if number.type in {"number", "bool"} else text


# --------------------------------------------------------------------------- times

# Month names and row numbers say an order, not a date: it is told from here on.
START = pd.Timestamp("2000-01-01", tz="UTC")


def times(table: Table, *, date: str | None = None, order: bool = False) -> pd.Series[Any] | None:
    """Say when each lead came in.

    Parameters
    ----------
    table : Table
    date : str, optional
        A column of dates, of times, or of English month names (in full or short, any case)
        within one year.
    order : bool
        Take the rows as being in time order.

    Returns
    -------
    Series of datetime64[us, UTC], shape (n,), or None
        None when neither is given: time is unknown. Equal dates stay equal. Month names become
        the first of the month in the year 2000, rows become minutes from 2000-01-01: only their
        order means anything.

    Raises
    ------
    TableError
        Both are given; no such column; missing or unreadable dates; day and month cannot be
        told apart.

    Examples
    --------
    >>> table = read_table(pd.DataFrame({"Month": ["Feb", "june", "Feb"], "y": [0, 1, 0]}))
    >>> times(table, date="Month").dt.month.tolist()
    [2, 6, 2]
    """
    if date is not None and order:
        raise TableError(
            "Time is given twice, by a date column and by row order.", hint="Give one of the two."
        )
    if order:
        minutes = pd.Series(pd.to_timedelta(range(len(table.frame)), unit="min"))
        return (START + minutes).astype("datetime64[us, UTC]")
    return None if date is None else _dated(table, date)


def _dated(table: Table, name: str) -> pd.Series[Any]:
    column = table.column(name)
    values = table.frame[name]
    missing = int(values.isna().sum())
    if missing:
        message = f"Column {shown([name])} has no date in {missing:,} of {len(values):,} rows."
        raise TableError(message, hint="Fill in or remove these rows, or name another date column.")
    if column.type in {"date", "datetime"}:
        return values
    texts = wire(values, column.type)
    months = month_numbers(texts.astype("str"))
    return _months(months) if months.notna().all() else _read(name, texts, months)


def _months(months: pd.Series[Any]) -> pd.Series[Any]:
    stamps = {month: START + pd.DateOffset(months=month - 1) for month in range(1, 13)}
    return months.map(stamps).astype("datetime64[us, UTC]")


def _read(name: str, texts: pd.Series[Any], months: pd.Series[Any]) -> pd.Series[Any]:
    read = {order: found.stamps for order, found in readings(pa.array(texts, pa.string())).items()}
    whole = [order for order, stamps in read.items() if stamps.notna().all()]
    if len(whole) == 1:
        return read[whole[0]]
    if whole:
        examples = shown(texts.unique(), most=3)
        message = f"The dates in column {shown([name])} may be {' or '.join(whole)}: {examples}."
        raise TableError(message, hint="Write them as year-month-day.")
    raise _unreadable(name, texts, [*(stamps.isna() for stamps in read.values()), months.isna()])


def _unreadable(name: str, texts: pd.Series[Any], gaps: list[pd.Series[Any]]) -> TableError:
    """Say what the reading that fits best cannot read."""
    bad = texts[min(gaps, key=lambda gap: gap.sum()).to_numpy()]
    count = f"{len(bad):,} of {len(texts):,} rows of column {shown([name])}"
    message = f"No date can be read in {count}: {shown(bad.unique(), most=3)}."
    hint = "Dates are year-month-day, day.month.year, month/day/year or English month names."
    return TableError(message, hint=hint)
