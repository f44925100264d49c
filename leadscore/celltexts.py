"""Cells of any type, from frames, databases and Parquet files, as the texts that a CSV would hold.

One kind of cell is left to be cleaned: whatever a table is read from, what becomes of a value is
decided by the property that it goes to, and not by what a reader of tables took it for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from leadscore.errors import TableError
from leadscore.tablenames import shown
from leadscore.tabletypes import from_series
from leadscore.tablewire import wire

__all__ = ["column_texts", "figures_of", "frame_texts", "with_figures", "word"]

_FIGURES = b"figures"  # in a table's metadata: the columns that were numbers, and no text

_DOUBT = re.compile(r"-?\d{1,3}\.\d{3}")


def frame_texts(frame: pd.DataFrame) -> pa.Table:
    """Return a frame's cells as text.

    Parameters
    ----------
    frame : DataFrame, shape (n, m)

    Returns
    -------
    pyarrow.Table of string, shape (n, m)
        Whole numbers without a fraction, dates as 2026-02-28, times as ISO 8601 in UTC (times
        without a zone are UTC), lists joined by ";". Missing cells are null.

    Raises
    ------
    TableError
        A column's name is no text, or comes twice, or a cell is bytes.

    Examples
    --------
    >>> frame_texts(pd.DataFrame({"id": [7.0, None], "vip": [True, False]})).to_pylist()
    [{'id': '7', 'vip': 'true'}, {'id': None, 'vip': 'false'}]
    """
    names = list(frame.columns)
    odd = [name for name in names if not isinstance(name, str)]
    if odd:
        raise TableError(
            f"The DataFrame has column names that are not text: {shown(odd)}.",
            hint="Set frame.columns to a list of strings.",
        )
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise TableError(
            f"The table has duplicate column names: {shown(twice)}.",
            hint="Give every column its own name.",
        )
    columns = [column_texts(frame.iloc[:, place], name) for place, name in enumerate(names)]
    figures = [name for place, name in enumerate(names) if _all_figures(frame.iloc[:, place])]
    return with_figures(pa.Table.from_arrays(columns, names=names), figures)


def with_figures(table: pa.Table, names: Iterable[str]) -> pa.Table:
    """Return a table of text that tells which columns were numbers: they need not be read."""
    return table.replace_schema_metadata({_FIGURES: json.dumps(list(names))})


def figures_of(table: pa.Table) -> frozenset[str]:
    """Return the columns of a table of text that were numbers.

    Examples
    --------
    >>> sorted(figures_of(frame_texts(pd.DataFrame({"price": [1.125], "seats": ["1.125"]}))))
    ['price']
    """
    return frozenset(json.loads((table.schema.metadata or {}).get(_FIGURES, b"[]")))


def _all_figures(series: pd.Series[Any]) -> bool:
    if pd.api.types.is_numeric_dtype(series.dtype):
        return True
    if series.dtype != object:
        return False
    return not any(isinstance(one, str) for one in series)


def column_texts(series: pd.Series[Any], name: str) -> pa.Array:
    """Return one column as text; see `frame_texts`."""
    if isinstance(series.dtype, pd.CategoricalDtype) or series.dtype == object:
        values = series.tolist()
        words = _words(values, name)
        return pa.array(_told_apart(values, words), pa.string())
    if pd.api.types.is_integer_dtype(series.dtype):
        return pa.array(_words(series.astype(object).tolist(), name), pa.string())
    if _has_type(series):
        found = from_series(series)
        return pa.array(wire(found.series, found.type).tolist(), pa.string())
    return pa.array(_words(series.tolist(), name), pa.string())


def _told_apart(values: list[Any], words: list[str | None]) -> list[str | None]:
    """Give numbers among texts a nought more where they would look like a text's thousands."""
    if not any(isinstance(value, str) for value in values):
        return words
    pairs = zip(values, words, strict=True)
    return [
        word if word is None or isinstance(value, str) or not _DOUBT.fullmatch(word) else word + "0"
        for value, word in pairs
    ]


def _has_type(series: pd.Series[Any]) -> bool:
    kinds = pd.api.types
    return bool(
        kinds.is_bool_dtype(series.dtype)
        or kinds.is_datetime64_any_dtype(series.dtype)
        or kinds.is_float_dtype(series.dtype)
    )


def _words(values: Iterable[Any], name: str) -> list[str | None]:
    try:
        return [word(value) for value in values]
    except TypeError as error:
        raise TableError(
            f"Column {shown([name])} holds {error}, which is no value of a property.",
            hint="Leave the column out, or turn it into text first.",
        ) from None


def word(value: Any) -> str | None:
    """Return one cell as text, None where it is missing.

    Raises
    ------
    TypeError
        It is bytes or a mapping.

    Examples
    --------
    >>> word(7.0), word(Decimal("1.50")), word(["a", "b"]), word(float("nan")), word("007")
    ('7', '1.50', 'a;b', None, '007')
    >>> word(datetime(2026, 2, 28, 9, 30)), word(date(2026, 2, 28))
    ('2026-02-28T09:30:00Z', '2026-02-28')
    """
    if isinstance(value, str):
        return value
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        return _decimal(float(value))
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, bytes | bytearray | memoryview | dict):
        raise TypeError(type(value).__name__)
    if isinstance(value, list | tuple | set | np.ndarray):
        return ";".join(text for one in value if (text := word(one)) is not None)
    return _other(value)


def _other(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else str(value)


def _decimal(value: float) -> str | None:
    if not np.isfinite(value):
        return None
    text = np.format_float_positional(value, trim="-")
    return "0" if text == "-0" else text


def _moment(value: datetime) -> str:
    utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return utc.replace(tzinfo=None).isoformat() + "Z"
