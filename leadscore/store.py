"""The local copy of a portal: Delta tables, SQL over them, the ledger.

Anything that reads Delta Lake (Spark, Dask, Databricks, Fabric, DuckDB) reads it as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from leadscore import storecheck
from leadscore.deltatables import DeltaTables, Mode
from leadscore.erasing import Erased, erase
from leadscore.erasurelog import erasures
from leadscore.ledger import Ledger
from leadscore.recordrows import Records
from leadscore.settings import load_settings
from leadscore.storereading import StoreReader
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


class Store(StoreReader):
    """Tables of one portal on this machine; made by `open_store`.

    Attributes
    ----------
    workspace : Path
    ledger : Ledger
    """

    def __init__(self, workspace: Path) -> None:
        super().__init__(DeltaTables(workspace / "store"))
        self.workspace = workspace
        self.ledger = Ledger(workspace / "ledger.sqlite")
        self._held = False

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
            As for `write`; the data must fit into memory. Columns that are new are added, in
            any order; of known rows, columns that the data lacks keep their values.
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

    def forget_versions(
        self, table: str, *, older_than: str | pd.Timedelta | None = None
    ) -> list[str]:
        """Free what a table's older versions take.

        Parameters
        ----------
        table : str
        older_than : str or Timedelta, optional
            Keep what was current within so much time (whole hours). Without it the newest version
            is kept alone.

        Returns
        -------
        list of str
            The data files that went.

        Raises
        ------
        StoreError
            The newest version is damaged; then nothing goes.
        """
        if older_than is None:
            return self._tables.forget_versions(table)
        return self._tables.forget_old_versions(table, older_than=pd.Timedelta(older_than))

    # health and erasing -------------------------------------------------------------------------

    def check(self) -> pd.DataFrame:
        """Read every file and say what is damaged.

        Returns
        -------
        DataFrame
            One row per table and one for the ledger: ``name`` (str), ``files``, ``unverified``
            (Int64: files without a checksum, written by another program), ``problem`` (str, empty
            when all is well).
        """
        return storecheck.check(self._tables, self.ledger)

    def erase(
        self,
        ids: Sequence[str],
        *,
        object: str = "contacts",  # noqa: A002 - HubSpot's word
        delete_models: bool = False,
    ) -> Erased:
        """Remove records from every file of the workspace, older versions and logs included.

        Tables, scores and staged parts are written anew without them, older versions go, plans
        that held them and texts (reports, notebooks, logs) that give them away are deleted. Cut
        short, the same call finishes. A keyed hash of each id stays on record (`erasures`).

        Parameters
        ----------
        ids : sequence of str
            Those that are not there are passed over.
        object : str, default "contacts"
            The type of the records.
        delete_models : bool, default False
            Delete models whose files hold a value that only these records have: an encoder keeps
            rare levels. Otherwise the result names them, and the value stays in them.

        Returns
        -------
        Erased

        Raises
        ------
        BusyError
            Another run holds the workspace.
        StoreError
            A table is damaged, or the ledger is being read by another process.
        """
        given = [ids] if isinstance(ids, str) else ids
        records = Records(object, tuple(dict.fromkeys(map(str, given))))
        return erase(
            self.workspace,
            self._tables,
            self.ledger,
            records,
            held=self._held,
            delete_models=delete_models,
        )

    def erasures(self) -> pd.DataFrame:
        """Return the erasures on record; one without ``done_at`` was cut short: do it again.

        Returns
        -------
        DataFrame
            ``object``, ``person`` (str, a keyed hash of the id), ``asked_at``, ``done_at`` (UTC).
        """
        return erasures(self.ledger)

    @contextmanager
    def lock(self, kind: str) -> Iterator[None]:
        """Hold the workspace for one run ("sync", "apply"…) in a ``with`` statement.

        The system frees it when the process ends, however it ends.

        Raises
        ------
        BusyError
            Another run holds it; the message names its process id and kind.
        """
        with hold(self.workspace, kind):
            self._held = True
            try:
                yield
            finally:
                self._held = False
