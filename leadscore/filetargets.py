"""A CSV or Parquet file that is kept in step with a portal: read whole, rewritten in one step."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from leadscore.errors import TableError, UsageError
from leadscore.exporting import unmarked, write_csv
from leadscore.hubspot.properties import typed_rows
from leadscore.sources import open_source
from leadscore.tablenames import shown
from leadscore.workspace import replace_file

__all__ = ["FileTarget"]

Row = dict[str, str | None]
_MARK = "archived"


class FileTarget:
    """A file with one row per record and a column ``id``; columns of others in it are kept.

    Parameters
    ----------
    path : path
        Ends in ``.csv`` or ``.parquet``; made when missing.
    definitions : mapping
        The portal's property definitions by name.
    names : sequence of str
        The properties to keep there, in the order of the columns.

    Raises
    ------
    UsageError
        It is another kind of file.
    TableError
        It is there, and has no column ``id``, or an id twice.
    """

    lasting = False  # what is written lasts from `finish` on

    def __init__(
        self, path: Path, definitions: Mapping[str, Mapping[str, Any]], names: Sequence[str]
    ) -> None:
        if path.suffix.lower() not in (".csv", ".parquet"):
            raise UsageError(
                f"{shown([path.name])} is neither a CSV nor a Parquet file.",
                hint="Give a path that ends in .csv or .parquet, or a database's URL.",
            )
        self.path, self.where = path.absolute(), str(path.absolute())
        self._defined, self._names = definitions, list(names)
        self._rows: dict[str, Row] = {}
        self._extra: list[str] = []
        if path.exists() and path.stat().st_size:
            self._take(path)
        self._changed = not path.exists()

    def _take(self, path: Path) -> None:
        try:
            table = open_source(path).read()
        except TableError as error:
            if "no rows" in error.message:
                return
            raise
        if "id" not in table.column_names:
            raise TableError(
                f"{shown([path.name])} has no column 'id', so its rows name no records.",
                hint="Name another file, or one that pull has written.",
            )
        rows = table.to_pylist()
        self._rows = {str(row["id"]).strip(): _plain(row) for row in rows}
        if len(self._rows) < len(rows):
            raise TableError(
                f"{shown([path.name])} has an id twice.", hint="Take one of the rows out."
            )
        self._extra = [n for n in table.column_names if n not in {"id", *self._names}]

    @property
    def ids(self) -> set[str]:
        """The records that have a row."""
        return set(self._rows)

    def read(self, ids: Collection[str]) -> dict[str, Row]:
        """Return rows as text, by id; those that are not there are left out."""
        return {one: self._rows[one] for one in ids if one in self._rows}

    def write(self, rows: Mapping[str, Mapping[str, str | None]]) -> None:
        """Set values of some records, on the wire; those without a row get one."""
        for one, values in rows.items():
            self._rows.setdefault(one, {"id": one}).update(values)
            if self._rows[one].get(_MARK) == "true":
                self._rows[one][_MARK] = None
        self._changed |= bool(rows)

    def mark(self, ids: Collection[str]) -> None:
        """Say of rows that their record is gone, in the column ``archived``."""
        if _MARK not in self._extra:
            self._extra.append(_MARK)
        for one in ids:
            self._rows[one][_MARK] = "true"
        self._changed = True

    def delete(self, ids: Collection[str]) -> None:
        """Take rows out."""
        for one in ids:
            self._rows.pop(one, None)
        self._changed = True

    def finish(self) -> None:
        """Write the file: whole, or not at all."""
        if self._changed:
            (self._csv if self.path.suffix.lower() == ".csv" else self._parquet)()

    def _csv(self) -> None:
        header = ["id", *self._names, *self._extra]
        numbers = [n for n in self._names if self._defined[n].get("type") == "number"]
        rows = ([row.get(name) for name in header] for row in self._rows.values())
        write_csv(self.path, header, rows, numbers=numbers)

    def _parquet(self) -> None:
        header = ["id", *self._names, *self._extra]
        rows = [{name: row.get(name) for name in header} for row in self._rows.values()]
        texts = pa.Table.from_pylist(rows, schema=pa.schema([(n, pa.string()) for n in header]))
        buffer = io.BytesIO()
        pq.write_table(typed_rows(texts, self._defined).table, buffer, compression="zstd")
        replace_file(self.path, buffer.getvalue())

    def close(self) -> None:
        """Nothing is held open."""


def _plain(row: Mapping[str, Any]) -> Row:
    return {name: unmarked(text) or None if text else None for name, text in row.items()}
