"""Everything that only reads the store: typed frames, versions, sizes, SQL."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from leadscore import storecheck
from leadscore.arrowtypes import plain, to_frame
from leadscore.deltatables import DeltaTables, first_line
from leadscore.errors import DataError, StoreError
from leadscore.optionlabels import with_labels
from leadscore.sqlquery import answer
from leadscore.versions import AsOf, versions_of

__all__ = ["StoreReader"]


class StoreReader:
    """The reading half of `leadscore.store.Store`."""

    def __init__(self, tables: DeltaTables) -> None:
        self._tables = tables

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

    def arrow(
        self, table: str, columns: Sequence[str] | None = None, *, as_of: AsOf | None = None
    ) -> pa.Table:
        """Read a table as Arrow; the order of the rows is not defined.

        Parameters
        ----------
        table : str
        columns : sequence of str, optional
            Only these, in this order; all when None.
        as_of : int, str or datetime, optional
            The table as it was: a version's number, or a moment (UTC unless it says otherwise).

        Raises
        ------
        DataError
            The table was never synced, a column does not exist (the nearest are named), or there
            is no such version.
        StoreError
            The table's files are damaged.
        """
        dataset = self._tables.dataset(table, as_of)
        names = None if columns is None else _known(columns, dataset.schema.names, table)
        with self._tables.reading(table):
            return plain(dataset.to_table(columns=names))

    def read(
        self, table: str, columns: Sequence[str] | None = None, *, as_of: AsOf | None = None
    ) -> pd.DataFrame:
        """Read a table as a DataFrame; parameters and errors as for `arrow`.

        Returns
        -------
        DataFrame
            float64, Int64, boolean, str, datetime64[us, UTC]; lists as Python lists (object).
        """
        return to_frame(self.arrow(table, columns, as_of=as_of))

    def contacts(
        self,
        columns: Sequence[str] | None = None,
        *,
        as_of: AsOf | None = None,
        labels: bool = False,
    ) -> pd.DataFrame:
        """Read the contacts, one row per record.

        Parameters
        ----------
        columns : sequence of str, optional
        as_of : int, str or datetime, optional
            As for `arrow`.
        labels : bool, default False
            Enumerations as categoricals of the labels that the portal shows, in its order;
            otherwise internal values as text. Several checkboxes are lists either way.
        """
        return self._records("contacts", columns, as_of=as_of, labels=labels)

    def companies(
        self,
        columns: Sequence[str] | None = None,
        *,
        as_of: AsOf | None = None,
        labels: bool = False,
    ) -> pd.DataFrame:
        """Read the companies, one row per record; parameters as for `contacts`."""
        return self._records("companies", columns, as_of=as_of, labels=labels)

    def deals(
        self,
        columns: Sequence[str] | None = None,
        *,
        as_of: AsOf | None = None,
        labels: bool = False,
    ) -> pd.DataFrame:
        """Read the deals, one row per record; parameters as for `contacts`."""
        return self._records("deals", columns, as_of=as_of, labels=labels)

    def _records(
        self,
        table: str,
        columns: Sequence[str] | None,
        *,
        as_of: AsOf | None,
        labels: bool,
    ) -> pd.DataFrame:
        frame = self.read(table, columns, as_of=as_of)
        return with_labels(frame, self.properties(table)) if labels else frame

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
        used: dict[str, Any] = {}

        def load(table: str) -> Any:
            return used.setdefault(table, self._tables.dataset(table))

        try:
            return to_frame(plain(answer(query, self.tables(), load)))
        except duckdb.Error as error:
            self._check_files(used)
            raise self._wrong_query(error) from error

    def _check_files(self, used: dict[str, Any]) -> None:
        for table, dataset in used.items():
            with self._tables.reading(table):
                for fragment in dataset.get_fragments():
                    fragment.ensure_complete_metadata()

    def versions(self, table: str) -> pd.DataFrame:
        """Return a table's versions, oldest first, that `as_of` can go back to.

        Returns
        -------
        DataFrame
            ``version`` (Int64), ``at`` (UTC), ``operation`` (str), ``rows_added``,
            ``rows_removed`` (Int64; missing where Delta's log does not say).
        """
        return versions_of(self._tables.open(table))

    def sizes(self) -> pd.DataFrame:
        """Return how much each table holds.

        Returns
        -------
        DataFrame
            ``table`` (str), ``rows``, ``versions``, ``files`` of the newest version, ``bytes`` of
            these and of the log, ``old_bytes`` of older versions' files (all Int64).
        """
        return storecheck.sizes(self._tables)

    def _wrong_query(self, error: duckdb.Error) -> StoreError:
        tables = ", ".join(self.tables()) or "none yet: run sync first"
        return StoreError(
            f"The query cannot be answered: {first_line(error)}.",
            hint=f"The store's tables are: {tables}.",
        )


def _known(columns: Sequence[str], names: Sequence[str], table: str) -> list[str]:
    if isinstance(columns, str):  # a list of its letters
        raise DataError(
            f"columns is the text {columns!r}, not a list.", hint=f"Write columns=[{columns!r}]."
        )
    for column in columns:
        if column not in names:
            near = difflib.get_close_matches(column, names, n=3, cutoff=0.5) or names[:5]
            raise DataError(
                f"The store's {table} have no column {column!r}.",
                hint=f"The nearest are: {', '.join(near)}.",
            )
    return list(columns)
