"""Where rows come from: a frame, a CSV file, a Parquet file or a database; all read as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from leadscore.celltexts import figures_of, frame_texts, with_figures
from leadscore.errors import TableError, UsageError
from leadscore.sqlsources import SqlSource
from leadscore.tablefiles import read_cells
from leadscore.tablenames import shown

__all__ = ["Source", "open_source"]

_PARQUET = b"PAR1"
_ROWS = 20_000  # of a Parquet file, in hand at a time


@dataclass(frozen=True)
class Source:
    """Rows of text under named columns, to be read as often as needed; made by `open_source`.

    Attributes
    ----------
    name : str
        What to call it: a file's name, "DataFrame", or a database without its password.
    kind : {"frame", "csv", "parquet", "sql"}
    where : str
        What tells it from other sources: the whole path, or the database and its table or query.
    index : Index or None
        That of a frame, so that results can be told by it.
    """

    name: str
    kind: str
    where: str
    _chunks: Callable[[], Iterator[pa.Table]]
    index: pd.Index[Any] | None = None

    def chunks(self) -> Iterator[pa.Table]:
        """Read the rows in their order, as tables of text; null where a cell is missing."""
        return self._chunks()

    def read(self) -> pa.Table:
        """Read all rows as one table of text.

        Raises
        ------
        TableError
            There are no columns, or two of one name.
        """
        tables = list(self.chunks())
        whole = pa.concat_tables(tables).combine_chunks()
        names = whole.column_names
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise TableError(
                f"{self.name} has duplicate column names: {shown(twice)}.",
                hint="Give every column its own name.",
            )
        if not names:
            raise TableError(f"{self.name} has no columns.", hint="Check where it comes from.")
        return with_figures(whole, _figures(tables))


def _figures(tables: list[pa.Table]) -> list[str]:
    """Return the columns that are numbers wherever they hold anything."""
    return [
        name
        for name in tables[0].column_names
        if all(name in figures_of(t) or t[name].null_count == t.num_rows for t in tables)
    ]


def open_source(source: Any) -> Source:
    """Return where rows come from, whatever it is.

    Parameters
    ----------
    source : DataFrame, mapping, str, Path or SqlSource
        A frame; one record as a dict; the path of a CSV file (any delimiter, encoding,
        compression) or of a Parquet file; or what `leadscore.sql` makes.

    Returns
    -------
    Source
        Its cells are text: leading zeros, plus signs and long numbers stay as they are.

    Raises
    ------
    TableError
        No such file, or it is no table.
    UsageError
        It is something else.

    Examples
    --------
    >>> open_source({"email": "ada@example.com", "zip": "01067"}).read().to_pylist()
    [{'email': 'ada@example.com', 'zip': '01067'}]
    """
    if isinstance(source, Source):
        return source
    if isinstance(source, dict):
        source = pd.DataFrame([source])
    if isinstance(source, pd.DataFrame):
        frame = source
        read = lambda: iter([frame_texts(frame)])  # noqa: E731 - one of four readers
        return Source("DataFrame", "frame", "DataFrame", read, frame.index)
    if isinstance(source, SqlSource):
        where = f"{source.where}, table {source.query}"
        return Source(source.where, "sql", where, lambda: map(frame_texts, source.frames()))
    if isinstance(source, str) and "://" in source:
        raise UsageError(
            "Rows of a database are named by ls.sql, not by its URL alone.",
            hint='Give ls.sql("leads", url): a table or a SELECT statement, and the URL.',
        )
    if isinstance(source, str | Path):
        return _file(Path(source).expanduser())
    raise UsageError(
        f"Rows come from a DataFrame, a file or a query, not from a {type(source).__name__}.",
        hint='Give a frame, the path of a CSV or Parquet file, or ls.sql("SELECT …", url).',
    )


def _file(path: Path) -> Source:
    name = shown([path.name or path], width=80).strip("'")
    if _is_parquet(path):
        return Source(name, "parquet", str(path.absolute()), lambda: _parquet(path, name))
    return Source(name, "csv", str(path.absolute()), lambda: iter([_csv(path)]))


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == _PARQUET
    except OSError:
        return False  # the reader of CSV files says what is wrong


def _csv(path: Path) -> pa.Table:
    names, cells = read_cells(path, narrow=True)
    kept = list(range(len(names)))
    # A delimiter at every line's end makes a last column without a name and without values.
    while len(kept) > 1 and not names[kept[-1]] and _blank(cells.column(kept[-1])):
        kept.pop()
    filled = [names[place] or f"column_{place + 1}" for place in kept]
    return pa.Table.from_arrays([cells.column(place) for place in kept], names=filled)


def _blank(cells: Any) -> bool:
    return all(not text.strip() for text in cells.unique().to_pylist())


def _parquet(path: Path, name: str) -> Iterator[pa.Table]:
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            yield _texts(file.schema_arrow.empty_table())
            for batch in file.iter_batches(_ROWS):
                yield _texts(pa.Table.from_batches([batch]))
    except (pa.ArrowException, OSError) as error:
        raise TableError(
            f"{name} cannot be read as Parquet: {str(error).splitlines()[0].rstrip('.')}.",
            hint="Write it anew.",
        ) from None


def _texts(table: pa.Table) -> pa.Table:
    columns, figures = {}, []
    for field, column in zip(table.schema, table.columns, strict=True):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            columns[field.name] = column.cast(pa.string())
        else:  # as Python values: no float stands in for a whole number beside a missing one
            values = pd.Series(column.to_pylist(), dtype=object)
            columns[field.name] = frame_texts(pd.DataFrame({field.name: values})).column(0)
            figures.append(field.name)
    return with_figures(pa.table(columns), figures)
