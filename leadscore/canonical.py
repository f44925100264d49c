"""Values of a portal and of a table in one spelling, so that they can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from leadscore.cleaning import clean
from leadscore.hubspot.properties import typed

__all__ = ["portal_values", "table_values"]

Definitions = Mapping[str, Mapping[str, Any]]
Values = dict[str, str | None]


def portal_values(rows: pa.Table, definitions: Definitions, names: Sequence[str]) -> list[Values]:
    """Return records as on the wire with canonical values.

    Parameters
    ----------
    rows : pyarrow.Table
        One string column per property.
    definitions : mapping
    names : sequence of str

    Returns
    -------
    list of dict
        One per row, in their order; None where there is no value.

    Examples
    --------
    >>> rows = pa.table({"seats": ["40.0", ""], "seen": ["1767225600000", None]})
    >>> portal_values(rows, {"seats": {"type": "number"}, "seen": {"type": "datetime"}},
    ...               ["seats", "seen"])[0]
    {'seats': '40', 'seen': '2026-01-01T00:00:00.000Z'}
    """
    columns = [_portal_column(rows[name], definitions[name]) for name in names]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _portal_column(column: Any, definition: Mapping[str, Any]) -> list[str | None]:
    if definition.get("type") in ("date", "datetime"):
        times = typed(column.to_pylist(), {"type": "datetime"}).to_pylist()
        column = pa.array([None if t is None else t.isoformat() for t in times], pa.string())
    return _texts(column, definition)


def table_values(
    rows: Sequence[Mapping[str, str | None]], definitions: Definitions, names: Sequence[str]
) -> list[Values]:
    """Return a table's rows of text with canonical values; what does not fit is None.

    Examples
    --------
    >>> table_values([{"seats": " 40 "}], {"seats": {"type": "number"}}, ["seats"])
    [{'seats': '40'}]
    """
    columns = [
        _texts(pa.array([row.get(name) for row in rows], pa.string()), definitions[name])
        for name in names
    ]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _texts(column: Any, definition: Mapping[str, Any]) -> list[str | None]:
    found = clean(column, definition, dates="year-month-day", decimal=".")
    values: list[str | None] = found.texts.to_pylist()
    kept = {row for row, _ in found.misfits}
    # An option that was taken away, say: it is what the record has all the same.
    return (
        [column[row].as_py() if row in kept else v for row, v in enumerate(values)]
        if kept
        else values
    )
