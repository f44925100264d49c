"""A table of a database that is kept in step with a portal: typed, by id, a transaction a chunk."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from leadscore.celltexts import word
from leadscore.errors import UsageError
from leadscore.hubspot.batchreading import chunks
from leadscore.sqlsources import address, database_errors, open_engine
from leadscore.tablenames import shown

if TYPE_CHECKING:
    from sqlalchemy import Column

__all__ = ["SqlTarget"]

Row = dict[str, str | None]
_MARK = "archived"
_NAME = re.compile(r"[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*)?")
_SOME = 500  # ids in one condition


class SqlTarget:
    """A table with one row per record and a column ``id``; made when missing, never dropped.

    Parameters
    ----------
    url : str, sqlalchemy.URL or sqlalchemy.Engine
    table : str
        Its name, after a schema's and a full stop if need be.
    definitions : mapping
        The portal's property definitions by name.
    names : sequence of str
        The properties to keep there. Columns that the table lacks are added.
    make : bool, default True
        False: look only; a table that is not there is empty, and stays so.

    Raises
    ------
    UsageError
        SQLAlchemy or the driver is missing, the URL or the name cannot be read, or the table has no
        column ``id``.
    DataError
        The database refuses.
    """

    lasting = True  # what is written lasts at once

    def __init__(
        self,
        url: Any,
        table: str,
        definitions: Mapping[str, Mapping[str, Any]],
        names: Sequence[str],
        *,
        make: bool = True,
    ) -> None:
        if not _NAME.fullmatch(table):
            raise UsageError(
                f"No table can be called {shown([table])}.",
                hint="Use letters, digits and underscores: companies, or crm.companies.",
            )
        self._url, self._engine = url, open_engine(url)
        self.where = f"{address(url)}, table {table}"
        self._defined, self._names = definitions, ["id", *names]
        with database_errors(url):
            self._table = self._made(table) if make else self._seen(table)

    # the table ------------------------------------------------------------------------------------

    def _made(self, name: str) -> Any:
        import sqlalchemy as sa

        schema, _, bare = name.rpartition(".")
        if not sa.inspect(self._engine).has_table(bare, schema=schema or None):
            columns = [self._column(one) for one in self._names]
            made = sa.Table(bare, sa.MetaData(), *columns, schema=schema or None)
            made.create(self._engine)
        self._add_columns(self._reflected(bare, schema or None))
        return self._reflected(bare, schema or None)

    def _seen(self, name: str) -> Any:
        """Return the table as it is; one in memory where there is none."""
        import sqlalchemy as sa

        schema, _, bare = name.rpartition(".")
        if sa.inspect(self._engine).has_table(bare, schema=schema or None):
            found = self._reflected(bare, schema or None)
            self._names = [one for one in self._names if one in found.c]
            return found
        self._engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
        return self._made(bare)

    def _reflected(self, name: str, schema: str | None) -> Any:
        import sqlalchemy as sa

        return sa.Table(name, sa.MetaData(), autoload_with=self._engine, schema=schema)

    def _add_columns(self, table: Any, more: Sequence[str] = ()) -> None:
        import sqlalchemy as sa

        if "id" not in table.c:
            raise UsageError(
                f"The table {table.name} has no column 'id', so its rows name no records.",
                hint="Name another table, or one that pull has made.",
            )
        missing = [one for one in [*self._names, *more] if one not in table.c]
        quote = self._engine.dialect.identifier_preparer
        with self._engine.begin() as connection:
            for one in missing:
                column = self._column(one)
                kind = column.type.compile(self._engine.dialect)
                words = f"ALTER TABLE {quote.format_table(table)} ADD COLUMN "
                connection.execute(sa.text(f"{words}{quote.quote(one)} {kind}"))

    def _column(self, name: str) -> Column[Any]:
        import sqlalchemy as sa

        if name == "id":
            return sa.Column("id", sa.String(64), primary_key=True)
        kinds: dict[str, Any] = {
            "number": sa.Double(),
            "bool": sa.Boolean(),
            "date": sa.Date(),
            "datetime": sa.DateTime(timezone=True).with_variant(_mysql_times(), "mysql", "mariadb"),
        }
        kind = "bool" if name == _MARK else str(self._defined[name].get("type"))
        # HubSpot calls some ids numbers, which a float would not keep whole.
        kind = (
            "string" if kind == "number" and name.endswith(("_id", "_ids", "companyid")) else kind
        )
        return sa.Column(name, kinds.get(kind, sa.Text()))

    # rows -----------------------------------------------------------------------------------------

    @property
    def ids(self) -> set[str]:
        """The records that have a row."""
        import sqlalchemy as sa

        with database_errors(self._url), self._engine.connect() as connection:
            return {str(one) for (one,) in connection.execute(sa.select(self._table.c.id))}

    def read(self, ids: Collection[str]) -> dict[str, Row]:
        """Return rows as text, by id; those that are not there are left out."""
        import sqlalchemy as sa

        columns = [self._table.c[name] for name in self._names]
        found: dict[str, Row] = {}
        with database_errors(self._url), self._engine.connect() as connection:
            for some in chunks(ids, _SOME):
                wanted = sa.select(*columns).where(self._table.c.id.in_(self._keys(some)))
                for row in connection.execute(wanted):
                    texts = dict(zip(self._names, map(word, row), strict=True))
                    found[str(texts["id"])] = texts
        return found

    def write(self, rows: Mapping[str, Mapping[str, str | None]]) -> None:
        """Set values of some records, on the wire, in one transaction; new ones get a row."""
        there = set(self._there(rows))
        with database_errors(self._url), self._engine.begin() as connection:
            for names, some in _alike({i: v for i, v in rows.items() if i in there}):
                self._update(connection, names, some)
            new = [
                {"id": self._keys([one])[0], **self._fit(values)}
                for one, values in rows.items()
                if one not in there
            ]
            for names, same in _grouped(new):
                connection.execute(self._table.insert(), [{n: r[n] for n in names} for r in same])

    def _update(
        self, connection: Any, names: Sequence[str], rows: Mapping[str, Mapping[str, str | None]]
    ) -> None:
        import sqlalchemy as sa

        values: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in names}
        if _MARK in self._table.c:
            values[_MARK] = sa.null()
        if values:
            change = self._table.update().where(self._table.c.id == sa.bindparam("this"))
            fitted = [
                {"this": self._keys([one])[0], **{f"new_{n}": v for n, v in self._fit(row).items()}}
                for one, row in rows.items()
            ]
            connection.execute(change.values(values), fitted)

    def _there(self, ids: Collection[str]) -> Iterator[str]:
        import sqlalchemy as sa

        with database_errors(self._url), self._engine.connect() as connection:
            for some in chunks(ids, _SOME):
                wanted = sa.select(self._table.c.id).where(self._table.c.id.in_(self._keys(some)))
                yield from (str(one) for (one,) in connection.execute(wanted))

    def _keys(self, ids: Collection[str]) -> list[Any]:
        """Return ids as the column holds them: somebody's own table may have numbers."""
        whole = self._table.c.id.type.python_type is int
        return [int(one) for one in ids] if whole else list(ids)

    def _fit(self, values: Mapping[str, str | None]) -> dict[str, Any]:
        return {name: _value(text, self._table.c[name].type) for name, text in values.items()}

    def mark(self, ids: Collection[str]) -> None:
        """Say of rows that their record is gone, in the column ``archived``."""
        with database_errors(self._url):
            if _MARK not in self._table.c:
                self._add_columns(self._table, [_MARK])
                self._table = self._reflected(self._table.name, self._table.schema)
            change = self._table.update().values({_MARK: _value("true", self._table.c[_MARK].type)})
            self._each(change, ids)

    def delete(self, ids: Collection[str]) -> None:
        """Take rows out."""
        with database_errors(self._url):
            self._each(self._table.delete(), ids)

    def _each(self, statement: Any, ids: Collection[str]) -> None:
        with self._engine.begin() as connection:
            for some in chunks(ids, _SOME):
                connection.execute(statement.where(self._table.c.id.in_(self._keys(some))))

    def finish(self) -> None:
        """Everything is there already."""

    def close(self) -> None:
        """Let go of the database, unless the engine is somebody else's."""
        if self._engine is not self._url:
            self._engine.dispose()


def _mysql_times() -> Any:
    """Return MySQL's type of times with fractions of a second, which it drops by itself."""
    from sqlalchemy.dialects.mysql import DATETIME

    return DATETIME(fsp=6)


def _alike(
    rows: Mapping[str, Mapping[str, str | None]],
) -> Iterator[tuple[list[str], dict[str, Mapping[str, str | None]]]]:
    """Group rows that set the same columns: one statement each."""
    groups: dict[tuple[str, ...], dict[str, Mapping[str, str | None]]] = {}
    for one, values in rows.items():
        groups.setdefault(tuple(sorted(values)), {})[one] = values
    yield from ((list(names), some) for names, some in groups.items())


def _grouped(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[list[str], list[dict[str, Any]]]]:
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(sorted(row)), []).append(row)
    yield from ((list(names), some) for names, some in groups.items())


def _value(text: str | None, kind: Any) -> Any:
    """Return a value on the wire as a column's type takes it."""
    import sqlalchemy as sa

    if text is None or text == "":
        return None
    if isinstance(kind, sa.Boolean):
        return text == "true"
    if isinstance(kind, sa.DateTime):
        moment = datetime.fromisoformat(text)
        return moment if kind.timezone else moment.replace(tzinfo=None)
    if isinstance(kind, sa.Date):
        return date.fromisoformat(text[:10])
    if isinstance(kind, sa.Integer):
        return int(float(text))
    return float(text) if isinstance(kind, sa.Numeric) else text
