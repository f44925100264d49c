"""A folder of Delta tables: open, write, merge, delete; each change is one commit or none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import DeltaError

from leadscore import checksums
from leadscore.arrowtypes import RowStream
from leadscore.checksums import ChecksumError
from leadscore.errors import DataError, StoreError
from leadscore.parquetfooter import read_as_plain_text
from leadscore.versions import AsOf, version_at
from leadscore.workspace import make_private, private_files

__all__ = ["DeltaTables", "Mode", "data_files", "first_line", "is_table_name"]

# No space left on device, file too large, disk quota exceeded.
_DISK_FULL = re.compile(r"os error (28|27|122)\b|Errno (28|27|122)\b")

Mode = Literal["overwrite", "append"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")
# With statistics on, the smallest and largest e-mail address would stay in the log after erasure.
_CONFIGURATION = {"delta.dataSkippingNumIndexedCols": "0"}
# Small row groups: a writer keeps a whole one in memory, and a reader too.
_WRITER = WriterProperties(max_row_group_size=32_768, compression="ZSTD", compression_level=1)


class DeltaTables:
    """The tables in one folder; everything that goes wrong is a StoreError that names the table.

    Parameters
    ----------
    folder : Path
        Made when missing, mode 0700.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = make_private(folder)

    # what is there ------------------------------------------------------------------------------

    def path(self, table: str) -> Path:
        """Return a table's folder, whether it exists or not."""
        if not is_table_name(table):
            raise StoreError(
                f"{table!r} is no name for a table.",
                hint="Use lower-case letters, digits and underscores.",
            )
        return self.folder / table

    def names(self) -> list[str]:
        """Return the tables that hold a version, sorted."""
        found = (path.name for path in self.folder.iterdir() if is_table_name(path.name))
        return sorted(name for name in found if self.has(name))

    def has(self, table: str) -> bool:
        """Return whether the table was ever written."""
        log = self.path(table) / "_delta_log"
        return log.is_dir() and any(log.glob("*.json"))

    def open(self, table: str, as_of: AsOf | None = None) -> DeltaTable:
        """Open a table: its newest version, or that of a number or moment."""
        if not self.has(table):
            raise DataError(
                f"The store in {self.folder.parent} holds no {table}.", hint="Run sync first."
            )
        with self.reading(table), private_files():
            checksums.verify(self.path(table), self.log_files(table))
            delta = DeltaTable(self.path(table))
            if as_of is not None:
                delta.load_as_version(version_at(delta, as_of, table=table))
            return delta

    def dataset(self, table: str, as_of: AsOf | None = None) -> Any:
        """Return a table as a pyarrow dataset, from which only what is needed is read.

        Its files are compared with their checksums, each once per process.
        """
        delta = self.open(table, as_of)
        with self.reading(table):
            if checksums.verify(self.path(table), data_files(delta)):
                self._record(table)
            return delta.to_pyarrow_dataset()

    def schema(self, table: str) -> pa.Schema:
        """Return a table's columns and types."""
        with self.reading(table):
            return self.open(table).to_pyarrow_dataset().schema

    def log_files(self, table: str) -> list[str]:
        """Return the files of a table's log that never change, inside the table's folder."""
        log = self.path(table) / "_delta_log"
        return sorted(f"_delta_log/{p.name}" for p in log.glob("*") if p.name[0].isdigit())

    def rows(self, table: str) -> int:
        """Return how many rows a table has; none if it was never written."""
        if not self.has(table):
            return 0
        with self.reading(table):
            return int(self.dataset(table).count_rows())

    def stream(
        self, table: str, columns: Sequence[str], *, where: pc.Expression | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Return a table batch by batch, in little memory."""
        scanner = self.dataset(table).scanner(
            columns=list(columns), filter=where, batch_readahead=2, fragment_readahead=1
        )
        with self.reading(table):
            yield from scanner.to_batches()

    # changes ------------------------------------------------------------------------------------

    def write(self, table: str, data: Any, *, mode: Mode) -> int:
        """Replace the table, columns included, or append to it; return the rows."""
        stream = RowStream(data, like=self._schema_of(table) if mode == "append" else None)
        with self._writing(table, stream):
            write_deltalake(
                self.path(table),
                stream.reader,
                mode=mode,
                schema_mode="overwrite" if mode == "overwrite" else "merge",
                configuration=_CONFIGURATION,
                writer_properties=_WRITER,
            )
        self._record(table)
        return stream.rows

    def merge(self, table: str, data: Any, *, key: str) -> int:
        """Replace the rows whose key is known, add the others; return the rows given."""
        rows = self._read_all(table, data)
        _check_key(rows, key)
        if not self.has(table):
            return self.write(table, rows, mode="append")
        with self._writing(table):
            merger = self._merger(table, rows, key)
            merger.when_matched_update_all().when_not_matched_insert_all().execute()
        self._record(table)
        return len(rows)

    def delete(self, table: str, ids: Sequence[str], *, column: str) -> int:
        """Delete the rows whose column holds one of the ids; return how many went."""
        schema = self.schema(table)
        _check_columns([column], schema.names, table)
        wanted = pa.array(list(ids), pa.string()).cast(schema.field(column).type)
        return self.delete_matching(table, pa.table({column: wanted}))

    def delete_matching(self, table: str, rows: pa.Table) -> int:
        """Delete the rows that equal one of `rows` in all its columns; return how many went."""
        schema = self.schema(table)
        _check_columns(rows.column_names, schema.names, table)
        wanted = rows.cast(pa.schema([schema.field(name) for name in rows.column_names]))
        wanted = wanted.group_by(wanted.column_names).aggregate([])
        if not wanted.num_rows:
            return 0
        with self._writing(table):
            merger = self._merger(table, wanted, *wanted.column_names)
            done = merger.when_matched_delete().execute()
        self._record(table)
        return int(done["num_target_rows_deleted"])

    def append_new(self, table: str, data: Any, *, keys: Sequence[str], among: str) -> int:
        """Append the rows whose keys are not there yet, each once; return how many."""
        rows = self._read_all(table, data)
        _check_columns([*keys, among], rows.schema.names, table)
        if self.has(table):
            known = self._keys_among(table, rows.column(among), keys, among)
        else:
            known = rows.select(list(keys)).slice(0, 0)
        new = _first_of_each(known, rows, list(keys))
        if len(new) or not self.has(table):
            self.write(table, new, mode="append")
        return len(new)

    def _keys_among(
        self, table: str, values: pa.ChunkedArray, keys: Sequence[str], among: str
    ) -> pa.Table:
        dataset = self.dataset(table)
        _check_columns([*keys, among], dataset.schema.names, table)
        limit = pc.field(among).isin(pc.unique(values))
        with self.reading(table):
            # Little readahead: a long history must not pass through memory whole.
            return dataset.scanner(
                columns=list(keys), filter=limit, batch_readahead=2, fragment_readahead=1
            ).to_table()

    def _merger(self, table: str, rows: pa.Table, *keys: str) -> Any:
        delta = self.open(table)
        with self.reading(table):
            # What is damaged must not be copied into a new file with a checksum of its own.
            checksums.verify(self.path(table), data_files(delta))
        return delta.merge(
            rows,
            " AND ".join(f'old."{key}" = new."{key}"' for key in keys),
            source_alias="new",
            target_alias="old",
            merge_schema=True,
            writer_properties=_WRITER,
        )

    def _record(self, table: str) -> None:
        # What a full disk or a kill leaves undone is done by the next who opens the table.
        with suppress(OSError, pa.ArrowException):
            folder, known = self.path(table), checksums.known_sums(self.path(table))
            new = [path for path in folder.glob("*.parquet") if path.name not in known]
            for path in new:
                read_as_plain_text(path)
            checksums.record(folder, [*(path.name for path in new), *self.log_files(table)])

    # erasure ------------------------------------------------------------------------------------

    def forget_versions(self, table: str) -> list[str]:
        """Keep the newest version alone, and return the data files that went.

        Cut short, it can be done again: the checkpoint comes first, then what is older goes.
        """
        folder, delta = self.path(table), self.open(table)
        with self.reading(table):
            checksums.verify(folder, data_files(delta))
        with self._writing(table):
            delta.create_checkpoint()
            _keep(folder / "_delta_log", (f"{delta.version():020d}.", "_last_checkpoint"))
            gone = _keep(folder, (*data_files(delta), checksums.SUMS))
            checksums.tidy(folder)
        self._record(table)
        return gone

    def forget_old_versions(self, table: str, *, older_than: pd.Timedelta) -> list[str]:
        """Remove the data files that no version needs which is younger than so much."""
        folder, delta = self.path(table), self.open(table)
        with self._writing(table):
            hours = int(older_than / pd.Timedelta("1h"))
            gone = delta.vacuum(hours, dry_run=False, enforce_retention_duration=False)
            if gone:
                checksums.tidy(folder)
        return sorted(map(str, gone))

    # errors -------------------------------------------------------------------------------------

    def _schema_of(self, table: str) -> pa.Schema | None:
        return self.schema(table) if self.has(table) else None

    def _read_all(self, table: str, data: Any) -> pa.Table:
        stream = RowStream(data, like=self._schema_of(table))
        with self._writing(table, stream):
            return stream.reader.read_all()

    @contextmanager
    def _writing(self, table: str, stream: RowStream | None = None) -> Iterator[None]:
        make_private(self.path(table))
        try:
            with private_files():
                yield
        except (DeltaError, pa.ArrowException, OSError) as error:
            if stream is not None and stream.failure is not None:
                raise stream.failure from None
            reason = "the disk is full" if _DISK_FULL.search(str(error)) else first_line(error)
            raise StoreError(
                f"The store's table {table!r} could not be written: {reason}.",
                hint="It is as it was before. Check the disk's free space, then try again.",
            ) from error

    @contextmanager
    def reading(self, table: str) -> Iterator[None]:
        """Turn what goes wrong while reading into a StoreError."""
        try:
            yield
        except (DeltaError, pa.ArrowException, OSError, ChecksumError) as error:
            if isinstance(error, FileNotFoundError) and self._whole(table):
                raise StoreError(
                    f"The store's table {table!r} was rewritten while it was read: an erasure "
                    "took the files of older versions away.",
                    hint="Read it again.",
                ) from error
            raise StoreError(
                f"The store's table {table!r} is damaged: {first_line(error)}.",
                hint=f"Move {self.path(table)} away, then run sync.",
            ) from error

    def _whole(self, table: str) -> bool:
        """Return whether the newest version has all its files."""
        try:
            newest = DeltaTable(self.path(table))
        except DeltaError:
            return False
        return all((self.path(table) / name).exists() for name in data_files(newest))


def is_table_name(name: str) -> bool:
    """Return whether a table may be called so."""
    return bool(_NAME.fullmatch(name))


def data_files(delta: DeltaTable) -> list[str]:
    """Return the files of one version, as paths inside the table's folder."""
    paths = pa.table(delta.get_add_actions(flatten=True)).column("path")
    return [unquote(str(path)) for path in paths.to_pylist()]


def _keep(folder: Path, starts: tuple[str, ...]) -> list[str]:
    """Delete the files of a folder whose names start otherwise, oldest first; return them."""
    gone = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith(starts))
    for path in gone:
        path.unlink()
    return [path.name for path in gone]


def first_line(error: BaseException) -> str:
    """Return the first line of an error, without its full stop."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".!")


def _first_of_each(known: pa.Table, rows: pa.Table, keys: list[str]) -> pa.Table:
    """Return the rows whose keys are not known, of equal ones the first; missing equals missing."""
    places = pa.concat_arrays([pa.repeat(-1, len(known)), pa.array(np.arange(len(rows)))])
    both = pa.concat_tables([known, rows.select(keys)]).append_column(" place", places)
    first = both.group_by(keys).aggregate([(" place", "min")]).column(" place_min")
    return rows.take(first.filter(pc.greater_equal(first, 0)).sort())


def _check_columns(names: Sequence[str], there: Sequence[str], table: str) -> None:
    for name in names:
        if name not in there:
            raise StoreError(f"The {table} have no column {name!r}.")


def _check_key(rows: pa.Table, key: str) -> None:
    if key not in rows.schema.names:
        raise StoreError(f"The rows to merge have no column {key!r}.")
    values = rows.column(key)
    if values.null_count:
        raise StoreError(f"{values.null_count} rows to merge have no {key!r}.")
    double = len(values) - pc.count_distinct(values).as_py()
    if double:
        raise StoreError(f"{double} rows to merge repeat a {key!r}: each may come once.")
