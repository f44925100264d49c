"""The local copy of a portal: Delta tables, SQL over them, the ledger.

Anything that reads Delta Lake (Spark, Dask, Databricks, Fabric, DuckDB) reads it as it is.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from leadscore.arrowtypes import plain, to_frame
from leadscore.deltatables import DeltaTables, Mode, first_line
from leadscore.errors import DataError, StoreError
from leadscore.ledger import Ledger
from leadscore.settings import load_settings
from leadscore.sqlquery import answer
from leadscore.workspace import hold, open_workspace

__all__ = ["Store", "open_store"]


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
        self._tables = DeltaTables(workspace / "store")
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
        return self._tables.write(table, data, mode=mode)

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
        return self._tables.merge(table, data, key=key)

    def delete(self, table: str, ids: Sequence[str], *, column: str = "id") -> int:
        """Delete rows by id, any number of ids in one commit.

        Older versions keep them; `erase` removes them from there too.

        Parameters
        ----------
        table : str
        ids : sequence of str
            Those that are not there are passed over.
        column : str, default "id"
            The column that holds the ids.

        Returns
        -------
        int
            The rows deleted.

        Raises
        ------
        DataError
            There is no such table.
        StoreError
            There is no such column, or the table cannot be written.
        """
        return self._tables.delete(table, ids, column=column)

    def delete_matching(self, table: str, rows: pa.Table) -> int:
        """Delete the rows that equal one of `rows` in all its columns, in one commit.

        Parameters, errors and result as for `delete`.

        Examples
        --------
        >>> import tempfile
        >>> store = open_store(tempfile.mkdtemp())
        >>> rows = pa.table({"object": ["contacts", "deals"], "id": ["7", "7"]})
        >>> store.write("history", rows)
        2
        >>> store.delete_matching("history", rows.slice(0, 1))
        1
        """
        return self._tables.delete_matching(table, rows)

    def append_new(self, table: str, data: Any, *, keys: Sequence[str], among: str) -> int:
        """Append the rows that are not there yet, in one commit.

        Parameters
        ----------
        table, data
            As for `write`; the data must fit into memory. The table is made when missing.
        keys : sequence of str
            The columns that say whether two rows are the same; missing equals missing. Of equal
            rows in ``data`` the first is taken.
        among : str
            A column that limits the comparison: only stored rows that share its values with
            ``data`` are held in memory. Usually an id.

        Returns
        -------
        int
            The rows appended.

        Raises
        ------
        StoreError
            A column is missing or changed its type, or the rows cannot be written.

        Examples
        --------
        >>> import tempfile
        >>> store = open_store(tempfile.mkdtemp())
        >>> rows = pa.table({"id": ["1", "1"], "value": ["lead", "customer"]})
        >>> store.append_new("history", rows, keys=["id", "value"], among="id")
        2
        >>> store.append_new("history", rows, keys=["id", "value"], among="id")
        0
        """
        return self._tables.append_new(table, data, keys=keys, among=among)

    # reading ------------------------------------------------------------------------------------

    def tables(self) -> list[str]:
        """Return the names of the tables that hold a version, sorted."""
        return self._tables.names()

    def has(self, table: str) -> bool:
        """Return whether the table was ever written."""
        return self._tables.has(table)

    def version(self, table: str) -> int:
        """Return the table's Delta version, which grows by one with every write."""
        return int(self._tables.open(table).version())

    def rows(self, table: str) -> int:
        """Return how many rows a table has; none if it was never written."""
        return self._tables.rows(table)

    def stream(
        self, table: str, columns: Sequence[str], *, where: Any = None
    ) -> Iterator[pa.RecordBatch]:
        """Read a table batch by batch, in little memory; `where` is a pyarrow expression."""
        return self._tables.stream(table, columns, where=where)

    def schema(self, table: str) -> pa.Schema:
        """Return the table's columns and their Arrow types."""
        return self._tables.schema(table)

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
        dataset = self._tables.dataset(table)
        names = None if columns is None else _known(columns, dataset.schema.names, table)
        with self._tables.reading(table):
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
            return to_frame(plain(answer(query, self.tables(), self._tables.dataset)))
        except duckdb.Error as error:
            self._check_files()
            raise self._wrong_query(error) from error

    def _check_files(self) -> None:
        for table in self.tables():
            dataset = self._tables.dataset(table)
            with self._tables.reading(table):
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

    def _wrong_query(self, error: duckdb.Error) -> StoreError:
        tables = ", ".join(self.tables()) or "none yet: run sync first"
        return StoreError(
            f"The query cannot be answered: {first_line(error)}.",
            hint=f"The store's tables are: {tables}.",
        )


def _known(columns: Sequence[str], names: Sequence[str], table: str) -> list[str]:
    for column in columns:
        if column not in names:
            near = difflib.get_close_matches(column, names, n=3, cutoff=0.5) or names[:5]
            raise DataError(
                f"The store's {table} have no column {column!r}.",
                hint=f"The nearest are: {', '.join(near)}.",
            )
    return list(columns)
