"""Arrow in and out: the few types that the store keeps, and the pandas types they become."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore.errors import StoreError

__all__ = ["RowStream", "plain", "to_frame"]

_UTC = pa.timestamp("us", "UTC")
_PANDAS = {
    pa.bool_(): pd.BooleanDtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.string(): pd.StringDtype(na_value=np.nan),
}


def plain_type(kind: pa.DataType) -> pa.DataType:
    """Return the type that the store keeps for an Arrow type.

    Examples
    --------
    >>> plain_type(pa.int8()), plain_type(pa.list_(pa.large_string()))
    (DataType(int64), ListType(list<element: string>))
    """
    is_ = pa.types
    if is_.is_dictionary(kind):
        return plain_type(kind.value_type)
    if is_.is_list(kind) or is_.is_large_list(kind) or is_.is_fixed_size_list(kind):
        return pa.list_(pa.field("element", plain_type(kind.value_type)))
    if is_.is_null(kind) or is_.is_large_string(kind) or is_.is_string_view(kind):
        return pa.string()
    if is_.is_timestamp(kind) or is_.is_date(kind):
        return _UTC
    if is_.is_integer(kind):
        return pa.int64()
    return pa.float64() if is_.is_floating(kind) or is_.is_decimal(kind) else kind


def _plain_schema(schema: pa.Schema) -> pa.Schema:
    return pa.schema([pa.field(field.name, plain_type(field.type)) for field in schema])


def plain(table: pa.Table) -> pa.Table:
    """Cast a table to the types that the store keeps; times without a zone are taken as UTC.

    Raises
    ------
    pyarrow.ArrowInvalid
        A value does not fit: a whole number beyond 64 bits.
    """
    schema = _plain_schema(table.schema)
    columns = [
        # Nanoseconds are cut to microseconds; nothing else may lose anything.
        pc.cast(column, kind, safe=not pa.types.is_timestamp(kind))
        for column, kind in zip(table.columns, schema.types, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Turn an Arrow table of plain types into a DataFrame.

    Returns
    -------
    DataFrame
        float64, Int64, boolean, str, datetime64[us, UTC]; lists as Python lists (object, None
        where missing).

    Examples
    --------
    >>> to_frame(pa.table({"n": [1, None], "topics": [["a", "b"], None]}))
          n  topics
    0     1  [a, b]
    1  <NA>    None
    """
    frame: pd.DataFrame = table.to_pandas(types_mapper=_PANDAS.get)
    for place, kind in enumerate(table.schema.types):
        if pa.types.is_list(kind):
            values = np.empty(len(frame), dtype=object)
            values[:] = table.column(place).to_pylist()
            frame.isetitem(place, values)
    return frame


class RowStream:
    """Rows on their way into the store: counted, cast, and with the error that cut them short.

    Parameters
    ----------
    data : pyarrow.Table, RecordBatchReader, iterable of RecordBatch, or DataFrame
    like : pyarrow.Schema, optional
        Of the stored table that they go into: columns of its names get its types.

    Attributes
    ----------
    reader : pyarrow.RecordBatchReader
        The rows, in plain types; can be read once.
    rows : int
        How many were read so far.
    failure : BaseException or None
        What the source raised; Arrow itself would hand on its text alone.

    Raises
    ------
    StoreError
        The data has no columns, or two of one name, or is not made of Arrow batches. While it is
        read: a column has another type than the stored one, and not only missing values.

    Examples
    --------
    >>> stored = pa.schema([("n", pa.float64())])
    >>> RowStream(pa.table({"n": [1], "new": ["x"]}), like=stored).reader.read_all().schema.types
    [DataType(double), DataType(string)]
    """

    def __init__(self, data: Any, *, like: pa.Schema | None = None) -> None:
        self.rows = 0
        self.failure: BaseException | None = None
        schema, batches = _batches(data)
        self._schema = _like(_plain_schema(schema), like)
        _check_names(self._schema.names)
        self.reader = pa.RecordBatchReader.from_batches(self._schema, self._stream(batches))

    def _stream(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            for batch in batches:
                self.rows += batch.num_rows
                yield from _cast(batch, self._schema).to_batches()
        except BaseException as error:
            self.failure = error
            raise


def _batches(data: Any) -> tuple[pa.Schema, Iterable[pa.RecordBatch]]:
    if isinstance(data, pd.DataFrame):
        data = _from_pandas(data)
    if isinstance(data, pa.Table):
        return data.schema, data.to_batches()
    if isinstance(data, pa.RecordBatchReader):
        return data.schema, data
    return _peek(iter(data))


def _from_pandas(frame: pd.DataFrame) -> pa.Table:
    try:
        return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    except (pa.ArrowException, ValueError) as error:
        raise StoreError(
            f"The DataFrame cannot be stored: {error}.",
            hint="Give every column values of one type.",
        ) from error


def _peek(batches: Iterator[Any]) -> tuple[pa.Schema, Iterable[pa.RecordBatch]]:
    first = next(batches, None)
    if first is None:
        raise StoreError(
            "No record batch came, so the columns are unknown.",
            hint="Pass a pyarrow.RecordBatchReader or a table: they know their columns.",
        )
    if not isinstance(first, pa.RecordBatch):
        raise StoreError(f"The store takes Arrow record batches, not {type(first).__name__}.")
    return first.schema, chain([first], batches)


def _check_names(names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        problem = f"two columns named {twice[0]!r}" if twice else "no column"
        raise StoreError(f"A table with {problem} cannot be stored.")


def _cast(batch: pa.RecordBatch, schema: pa.Schema) -> pa.Table:
    table = pa.Table.from_batches([batch])
    if table.schema.names != schema.names:
        strange = sorted(set(table.schema.names) ^ set(schema.names))
        raise StoreError(f"A record batch has other columns than the first: {', '.join(strange)}.")
    try:
        return _fit(plain(table), schema)
    except pa.ArrowException as error:
        raise StoreError(f"A value does not fit its column's type: {error}.") from error


def _like(schema: pa.Schema, stored: pa.Schema | None) -> pa.Schema:
    known = {} if stored is None else {field.name: field.type for field in stored}
    return pa.schema([pa.field(f.name, known.get(f.name, f.type)) for f in schema])


def _fit(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [_as_type(table.column(f.name), f) for f in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _as_type(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    if column.null_count == len(column):
        return pa.chunked_array([pa.nulls(len(column), field.type)])
    if column.type == field.type:
        return column
    if _is_number(column.type) and _is_number(field.type):
        return column.cast(field.type)
    raise StoreError(
        f"The stored column {field.name!r} holds {field.type}, and {column.type} came: "
        "the property changed its type.",
        hint="Write the table anew (a full sync, or mode='overwrite').",
    )


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))
