"""One SQL query over Arrow tables by DuckDB in memory: read-only, and shut in."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from leadscore.errors import StoreError

__all__ = ["answer"]

_QUERIES = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)


def answer(query: str, tables: Collection[str], load: Callable[[str], Any]) -> pa.Table:
    """Answer one query; only the tables that it names are loaded.

    Parameters
    ----------
    query : str
        One SELECT in DuckDB's dialect. Times are UTC.
    tables : collection of str
        The names that it may use, in lower case.
    load : callable
        Gives the Arrow table or dataset of a name; DuckDB reads of a dataset what it needs.

    Returns
    -------
    pyarrow.Table
        As DuckDB types it; sums of whole numbers as int64 where they fit.

    Raises
    ------
    StoreError
        It is no query, or more than one.
    duckdb.Error
        It is wrong.

    Examples
    --------
    >>> leads = pa.table({"tier": ["A", "B", "A"]})
    >>> answer("select count(*) as n from leads where tier = 'A'", ["leads"], lambda _: leads)[
    ...     "n"
    ... ].to_pylist()
    [2]
    """
    with duckdb.connect() as connection:
        _confine(connection)
        _check_query(connection, query)
        for name in connection.get_table_names(query):
            if name.lower() in tables:
                connection.register(name, load(name.lower()))
        return _whole(connection.sql(query).to_arrow_table())


def _confine(connection: duckdb.DuckDBPyConnection) -> None:
    # The time zone first: afterwards DuckDB may load nothing more.
    for setting in (
        "TimeZone = 'UTC'",
        "python_enable_replacements = false",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")


def _check_query(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    statements = connection.extract_statements(query)
    if len(statements) != 1:
        raise StoreError(f"One query is wanted, not {len(statements)} statements.")
    if statements[0].type not in _QUERIES:
        kind = statements[0].type.name
        raise StoreError(
            f"{kind} is no query: the store is read-only to SQL.", hint="Use a SELECT statement."
        )


def _whole(table: pa.Table) -> pa.Table:
    """Turn DuckDB's 128-bit sums of whole numbers into int64 where they fit."""
    for place, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type) and field.type.scale == 0:
            with suppress(pa.ArrowInvalid):
                table = table.set_column(place, field.name, pc.cast(table.column(place), "int64"))
    return table
