"""A query or a table of a database, by SQLAlchemy URL: read only, streamed, without its password.

SQLAlchemy and a database's driver come with ``pip install 'leadscore[sql]'`` and the driver's own
package; both are loaded when the first query is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from leadscore.databasewords import advice, check_escaped, scrubbed
from leadscore.errors import DataError, UsageError
from leadscore.tablenames import nearest, shown

__all__ = ["CHUNK", "SqlSource", "address", "database_errors", "open_engine", "sql"]

CHUNK = 5_000  # rows in hand at a time
_NAME = re.compile(r"[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*){0,2}")
_READS = re.compile(
    r"\s*(--[^\n]*\n\s*|/\*.*?\*/\s*)*\(*\s*(select|with|values|table)\b", re.IGNORECASE | re.DOTALL
)
_POSTGRES = ("postgresql", "postgres")


@dataclass(frozen=True)
class SqlSource:
    """A query to a database, or a whole table; made by `sql`.

    Attributes
    ----------
    query : str
        A SELECT statement, or the name of a table.
    url : str, sqlalchemy.URL or sqlalchemy.Engine
        Not shown: a URL may hold a password.
    params : mapping, optional
        Values of the query's ``:names``. Not shown.
    """

    query: str
    url: Any = field(repr=False)
    params: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def where(self) -> str:
        """The database, without password and options."""
        return address(self.url)

    def __repr__(self) -> str:
        return f"SqlSource({' '.join(self.query.split())[:80]!r}, {self.where!r})"

    def frames(self, size: int = CHUNK) -> Iterator[pd.DataFrame]:
        """Read the rows, some thousand at a time, after an empty frame that tells the columns.

        Yields
        ------
        DataFrame
            Of dtype object: values as the driver gives them, None where there is none.

        Raises
        ------
        UsageError
            SQLAlchemy or the driver is not installed, the URL cannot be read, the query does not
            only read, the table is not there.
        DataError
            The database refuses or cannot be reached.
        """
        engine = open_engine(self.url)
        try:
            with database_errors(self.url), _read_only(engine, size) as connection:
                statement = _statement(self, engine)
                with connection.execute(statement, dict(self.params or {})) as result:
                    yield from _frames(result, size)
        finally:
            if engine is not self.url:
                engine.dispose()


def sql(query: str, url: Any, *, params: Mapping[str, Any] | None = None) -> SqlSource:
    """Name a query or a table of a database, to be read where a table of rows is wanted.

    Nothing is read here. It is read in chunks through a cursor on the server where the database
    has them, in a transaction that is never committed (and read only in PostgreSQL and SQLite).

    Parameters
    ----------
    query : str
        One SELECT statement, or a table's name (``leads``, ``crm.leads``).
    url : str, sqlalchemy.URL or sqlalchemy.Engine
        As SQLAlchemy takes it: ``sqlite:///crm.db``, ``postgresql+psycopg://user:password@host/db``.
        The password is in no message, log or record.
    params : mapping, optional
        Values for the names in the query that begin with a colon; never put values into the text.

    Returns
    -------
    SqlSource

    Raises
    ------
    UsageError
        SQLAlchemy is not installed, the URL cannot be read, or the query does not only read.

    Examples
    --------
    >>> import sqlite3, tempfile
    >>> path = tempfile.mkdtemp() + "/crm.db"
    >>> with sqlite3.connect(path) as database:
    ...     done = database.execute("CREATE TABLE leads AS SELECT 'ada@example.com' AS email")
    >>> database.close()
    >>> [len(frame) for frame in sql("leads", f"sqlite:///{path}").frames()]
    [0, 1]
    """
    if not isinstance(query, str) or not (_NAME.fullmatch(query.strip()) or _READS.match(query)):
        raise UsageError(
            "sql reads: it takes a SELECT statement or the name of a table.",
            hint='For example ls.sql("SELECT email, plan FROM leads", "sqlite:///crm.db").',
        )
    source = SqlSource(query.strip(), url, params)
    _ = source.where  # a URL that cannot be read is told now
    return source


# --------------------------------------------------------------------------- the database


def open_engine(url: Any) -> Any:
    """Return an engine for a URL; an engine is given back as it is.

    Raises
    ------
    UsageError
        SQLAlchemy or the driver is missing, or the URL cannot be read.
    """
    alchemy = _alchemy()
    if isinstance(url, alchemy.Engine):
        return url
    parsed = _with_driver(_parsed(url))
    try:
        return alchemy.create_engine(parsed, poolclass=alchemy.NullPool, hide_parameters=True)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"The database's driver {error.name} is not installed.",
            hint=f"Run `pip install {error.name}`, or name another driver in the URL.",
        ) from None
    except alchemy.exc.NoSuchModuleError:
        raise UsageError(
            f"SQLAlchemy knows no database called {parsed.drivername!r}.",
            hint="The URL begins with sqlite, postgresql+psycopg, mysql+pymysql and the like.",
        ) from None


def address(url: Any) -> str:
    """Return where a database is, without password and options, as it may stand in a message.

    Examples
    --------
    >>> address("postgresql+psycopg://ada:secret@db.example.com/crm?password=secret")
    'postgresql+psycopg://ada:***@db.example.com/crm'
    """
    alchemy = _alchemy()
    parsed = url.url if isinstance(url, alchemy.Engine) else _parsed(url)
    return str(parsed.set(query={}).render_as_string(hide_password=True))


def _alchemy() -> Any:
    try:
        import sqlalchemy
    except ModuleNotFoundError:
        raise UsageError(
            "Reading a database needs SQLAlchemy, which is not installed.",
            hint="Run `pip install 'leadscore[sql]'`, and install the database's driver.",
        ) from None
    return sqlalchemy


def _parsed(url: Any) -> Any:
    alchemy = _alchemy()
    if isinstance(url, str):
        check_escaped(url)
    try:
        return alchemy.make_url(url)
    except (alchemy.exc.ArgumentError, ValueError, TypeError):
        raise UsageError(
            "The database's URL cannot be read (it is not shown, as it may hold a password).",
            hint="Write DATABASE+DRIVER://USER:PASSWORD@HOST/NAME, or sqlite:///FILE.",
        ) from None


def _with_driver(url: Any) -> Any:
    """Take psycopg for PostgreSQL where no driver is named and SQLAlchemy's default is missing."""
    if url.drivername in _POSTGRES and find_spec("psycopg2") is None and find_spec("psycopg"):
        return url.set(drivername="postgresql+psycopg")
    return url


@contextmanager
def database_errors(url: Any) -> Iterator[None]:
    """Turn what a database says into one error: its first line, no query, no values, no password.

    Raises
    ------
    DataError
        It refused, or cannot be reached.
    """
    alchemy = _alchemy()
    try:
        yield
    except alchemy.exc.SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).strip().splitlines() or [""]
        reason = scrubbed(said[0], getattr(url, "url", None) or _parsed(url)).rstrip(".")
        raise DataError(
            f"The database {address(url)} refuses: {reason[:300] or type(error).__name__}.",
            hint=advice(reason),
        ) from None


@contextmanager
def _read_only(engine: Any, size: int) -> Iterator[Any]:
    _check_file(engine.url)
    options: dict[str, Any] = {"stream_results": True, "yield_per": size}
    kind = engine.dialect.name
    if kind == "postgresql":
        options["postgresql_readonly"] = True
    with engine.connect().execution_options(**options) as connection:
        if kind == "sqlite":
            connection.exec_driver_sql("PRAGMA query_only = ON")
        try:
            yield connection
        finally:
            connection.rollback()
            if kind == "sqlite":
                connection.exec_driver_sql("PRAGMA query_only = OFF")


def _check_file(url: Any) -> None:
    """Refuse an SQLite file that is not there: SQLite would make an empty one."""
    name = url.database
    if (
        not url.drivername.startswith("sqlite")
        or not name
        or name.startswith(("file:", ":memory:"))
    ):
        return
    if not Path(name).is_file():
        raise UsageError(
            f"There is no database file {shown([name], width=200)}.",
            hint=f"Looked from {Path.cwd()}; sqlite:////… with four strokes is an absolute path.",
        )


def _statement(source: SqlSource, engine: Any) -> Any:
    alchemy = _alchemy()
    if not _NAME.fullmatch(source.query):
        return alchemy.text(source.query)
    schema, _, name = source.query.rpartition(".")
    inspector = alchemy.inspect(engine)
    if not (inspector.has_table(name, schema=schema or None)):
        there = [
            *inspector.get_table_names(schema or None),
            *inspector.get_view_names(schema or None),
        ]
        close = nearest(name, there)
        raise UsageError(
            f"The database {source.where} has no table {shown([source.query])}.",
            hint=f"Did you mean {shown([close])}?"
            if close
            else f"It has {shown(there) or 'none'}.",
        )
    where = alchemy.MetaData()
    return alchemy.select(alchemy.Table(name, where, schema=schema or None, autoload_with=engine))


def _frames(result: Any, size: int) -> Iterator[pd.DataFrame]:
    names = list(result.keys())
    _check_names(names)
    yield pd.DataFrame(columns=names, dtype=object)
    for rows in result.partitions(size):
        yield pd.DataFrame([tuple(row) for row in rows], columns=names, dtype=object)


def _check_names(names: list[str]) -> None:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(
            f"The query gives two columns the name {shown(twice[:1])}.",
            hint="Give one of them another name with AS.",
        )
