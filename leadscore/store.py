"""The local copy of a portal: Delta tables, SQL over them, the ledger.

Anything that reads Delta Lake (Spark, Dask, Databricks, Fabric, DuckDB) reads it as it is.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Literal

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError

from leadscore.arrowtypes import RowStream, plain, to_frame
from leadscore.errors import DataError, StoreError
from leadscore.ledger import Ledger
from leadscore.settings import load_settings
from leadscore.sqlquery import answer
from leadscore.workspace import hold, make_private, open_workspace, private_files

__all__ = ["Store", "open_store"]

Mode = Literal["overwrite", "append"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")
# With statistics on, the smallest and largest e-mail address would stay in the log after erasure.
_CONFIGURATION = {"delta.dataSkippingNumIndexedCols": "0"}


def open_store(workspace: str | Path | None = None, *, create: bool = True) -> Store:
    """Open the local copy of a portal, making the workspace when it is missing.

    Parameters
    ----------
    workspace : str or Path, optional
        The folder of store, ledger, models, plans and runs; by default ``LEADSCORE_WORKSPACE``,
        else ``.leadscore``.
    create : bool, default True
        False: a workspace that does not exist is an error.

    Returns
    -------
    Store

    Raises
    ------
    SettingsError
        The folder cannot be used.
    StoreError
        The ledger in it is damaged.

    Examples
    --------
    >>> import tempfile
    >>> store = open_store(tempfile.mkdtemp())
    >>> store.write("contacts", pa.table({"id": ["1", "2"], "visits": [3.0, None]}))
    2
    >>> store.sql("select count(*) as n, max(visits) as most from contacts")
       n  most
    0  2   3.0
    """
    folder = workspace if workspace is not None else load_settings().workspace
    return Store(open_workspace(folder, create=create))


class Store:
    """Tables of one portal on this machine; made by `open_store`.

    Attributes
    ----------
    workspace : Path
    ledger : Ledger
    """

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self._folder = make_private(workspace / "store")
        self.ledger = Ledger(workspace / "ledger.sqlite")

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the ledger; the tables need no closing."""
        self.ledger.close()

    def __repr__(self) -> str:
        return f"Store({str(self.workspace)!r}, tables={self.tables()})"

    # writing ------------------------------------------------------------------------------------

    def write(self, table: str, data: Any, *, mode: Mode = "overwrite") -> int:
        """Write rows; readers see all of them or none.

        Parameters
        ----------
        table : str
            Lower-case letters, digits and underscores.
        data : pyarrow.Table, RecordBatchReader, iterable of RecordBatch, or DataFrame
            Read as a stream. Whole numbers become int64, fractions float64, times and dates UTC
            timestamps in microseconds, a column of nothing but nulls text.
        mode : {"overwrite", "append"}
            Overwriting replaces the columns too; appending adds those that are new.

        Returns
        -------
        int
            The rows written.

        Raises
        ------
        StoreError
            The rows cannot be written. An error of the stream itself is raised as it is. Either
            way the table stays as it was.
        """
        stream = RowStream(data)
        change: Literal["overwrite", "merge"] = "overwrite" if mode == "overwrite" else "merge"
        with self._writing(table, stream):
            write_deltalake(
                self._path(table),
                stream.reader,
                mode=mode,
                schema_mode=change,
                configuration=_CONFIGURATION,
            )
        return stream.rows

    def merge(self, table: str, data: Any, key: str = "id") -> int:
        """Replace the rows whose key is known, add the others.

        Parameters
        ----------
        table, data
            As for `write`; the data must fit into memory.
        key : str
            A column whose values are unique in ``data``, without nulls.

        Returns
        -------
        int
            The rows of ``data``.

        Raises
        ------
        StoreError
            The key is missing, null or not unique, or the rows cannot be written.
        """
        stream = RowStream(data)
        with self._writing(table, stream):
            rows = stream.reader.read_all()
        _check_key(rows, key)
        if not self.has(table):
            return self.write(table, rows)
        with self._writing(table, stream):
            self._upsert(table, rows, key)
        return stream.rows

    def _upsert(self, table: str, rows: pa.Table, key: str) -> None:
        merger = self._delta(table).merge(
            rows,
            f'old."{key}" = new."{key}"',
            source_alias="new",
            target_alias="old",
            merge_schema=True,
        )
        merger.when_matched_update_all().when_not_matched_insert_all().execute()

    @contextmanager
    def _writing(self, table: str, stream: RowStream) -> Iterator[None]:
        make_private(self._path(table))
        try:
            with private_files():
                yield
        except (DeltaError, pa.ArrowException, OSError) as error:
            if stream.failure is not None:
                raise stream.failure from None
            raise StoreError(
                f"The store's table {table!r} could not be written: {_first_line(error)}.",
                hint="It is as it was before. Check the disk's free space, then try again.",
            ) from error

    # reading ------------------------------------------------------------------------------------

    def tables(self) -> list[str]:
        """Return the names of the tables that hold a version, sorted."""
        names = (path.name for path in self._folder.iterdir() if _NAME.fullmatch(path.name))
        return sorted(name for name in names if self.has(name))

    def has(self, table: str) -> bool:
        """Return whether the table was ever written."""
        log = self._path(table) / "_delta_log"
        return log.is_dir() and any(log.glob("*.json"))

    def version(self, table: str) -> int:
        """Return the table's Delta version, which grows by one with every write."""
        return int(self._delta(table).version())

    def arrow(self, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Read a table as Arrow; the order of the rows is not defined.

        Parameters
        ----------
        table : str
        columns : sequence of str, optional
            Only these, in this order; all when None.

        Raises
        ------
        DataError
            The table was never synced, or a column does not exist (the nearest are named).
        StoreError
            The table's files are damaged.
        """
        dataset = self._dataset(table)
        names = None if columns is None else _known(columns, dataset.schema.names, table)
        with self._reading(table):
            return plain(dataset.to_table(columns=names))

    def read(self, table: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read a table as a DataFrame; parameters and errors as for `arrow`.

        Returns
        -------
        DataFrame
            float64, Int64, boolean, str, datetime64[us, UTC]; lists as Python lists (object).
        """
        return to_frame(self.arrow(table, columns))

    def contacts(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read the contacts, one row per record; see `read`."""
        return self.read("contacts", columns)

    def companies(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read the companies, one row per record; see `read`."""
        return self.read("companies", columns)

    def deals(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read the deals, one row per record; see `read`."""
        return self.read("deals", columns)

    def properties(self, object: str = "contacts") -> pd.DataFrame:  # noqa: A002 - HubSpot's word
        """Read the property definitions of one object type ("contacts", "companies", "deals")."""
        definitions = self.read("properties")
        return definitions[definitions["object"] == object].reset_index(drop=True)

    def sql(self, query: str) -> pd.DataFrame:
        """Ask the tables a question in SQL (DuckDB's dialect); nothing can be changed by it.

        Parameters
        ----------
        query : str
            One SELECT. Times are UTC. Files, the network and extensions are out of its reach.

        Returns
        -------
        DataFrame
            Typed as by `read`.

        Raises
        ------
        StoreError
            The statement is no query, or is wrong: DuckDB's own first line says why.
        """
        try:
            return to_frame(plain(answer(query, self.tables(), self._dataset)))
        except duckdb.Error as error:
            self._check_files()
            raise self._wrong_query(error) from error

    def _check_files(self) -> None:
        for table in self.tables():
            dataset = self._dataset(table)
            with self._reading(table):
                for fragment in dataset.get_fragments():
                    fragment.ensure_complete_metadata()

    def lock(self, kind: str) -> AbstractContextManager[None]:
        """Hold the workspace for one run ("sync", "apply"…) in a ``with`` statement.

        The system frees it when the process ends, however it ends.

        Raises
        ------
        BusyError
            Another run holds it; the message names its process id and kind.
        """
        return hold(self.workspace, kind)

    # inside -------------------------------------------------------------------------------------

    def _path(self, table: str) -> Path:
        if not _NAME.fullmatch(table):
            raise StoreError(
                f"{table!r} is no name for a table.",
                hint="Use lower-case letters, digits and underscores.",
            )
        return self._folder / table

    def _delta(self, table: str) -> DeltaTable:
        if not self.has(table):
            raise DataError(
                f"The store in {self.workspace} holds no {table}.", hint="Run sync first."
            )
        with self._reading(table), private_files():
            return DeltaTable(self._path(table))

    def _dataset(self, table: str) -> Any:
        delta = self._delta(table)
        with self._reading(table):
            return delta.to_pyarrow_dataset()

    @contextmanager
    def _reading(self, table: str) -> Iterator[None]:
        try:
            yield
        except (DeltaError, pa.ArrowException, OSError) as error:
            raise StoreError(
                f"The store's table {table!r} is damaged: {_first_line(error)}.",
                hint=f"Move {self._path(table)} away, then run sync.",
            ) from error

    def _wrong_query(self, error: duckdb.Error) -> StoreError:
        tables = ", ".join(self.tables()) or "none yet: run sync first"
        return StoreError(
            f"The query cannot be answered: {_first_line(error)}.",
            hint=f"The store's tables are: {tables}.",
        )


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".!")


def _known(columns: Sequence[str], names: Sequence[str], table: str) -> list[str]:
    for column in columns:
        if column not in names:
            near = difflib.get_close_matches(column, names, n=3, cutoff=0.5) or names[:5]
            raise DataError(
                f"The store's {table} have no column {column!r}.",
                hint=f"The nearest are: {', '.join(near)}.",
            )
    return list(columns)


def _check_key(rows: pa.Table, key: str) -> None:
    if key not in rows.schema.names:
        raise StoreError(f"The rows to merge have no column {key!r}.")
    values = rows.column(key)
    if values.null_count:
        raise StoreError(f"{values.null_count} rows to merge have no {key!r}.")
    double = len(values) - pc.count_distinct(values).as_py()
    if double:
        raise StoreError(f"{double} rows to merge repeat a {key!r}: each may come once.")
