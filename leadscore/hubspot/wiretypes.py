"""Typed columns from records as HubSpot sends them, and what did not fit, kept aside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from leadscore.hubspot.pages import strings
from leadscore.hubspot.wirevalues import (
    LOST,
    TIMESTAMP,
    booleans,
    dates,
    numbers,
    option_lists,
    reasons,
    times,
)

__all__ = ["MISFITS", "Typed", "arrow_type", "schema", "typed", "typed_rows"]

Definition = Mapping[str, Any]

MISFITS = pa.schema(
    [("property", pa.string()), ("id", pa.string()), ("value", pa.string()), ("why", pa.string())]
)
_ARROW = {
    "number": pa.float64(),
    "bool": pa.bool_(),
    "datetime": TIMESTAMP,
    "date": TIMESTAMP,
    "options": pa.list_(pa.string()),
}
_READ: dict[str, Callable[[pa.Array], pa.Array]] = {
    "number": numbers,
    "bool": booleans,
    "datetime": times,
    "date": dates,
    "options": option_lists,
}
# Number properties that hold ids: hs_object_id, hs_parent_company_id and the like, and this one.
_IDS = frozenset({"associatedcompanyid"})


@dataclass(frozen=True)
class Typed:
    """Typed records, and the values that did not fit.

    Attributes
    ----------
    table : pyarrow.Table
        ``id`` (string, never null), then one typed column per property; its schema is that of
        `schema`.
    misfits : pyarrow.Table
        One row per value that did not fit: ``property``, ``id``, ``value`` as it came, and
        ``why``, all strings. The value is null in `table`, but for text with lost characters,
        which is there as well.
    """

    table: pa.Table
    misfits: pa.Table


def _kind(definition: Definition, name: str) -> str:
    kind = str(definition.get("type"))
    if kind == "enumeration" and definition.get("fieldType") == "checkbox":
        return "options"
    if kind == "number" and (name in _IDS or name.endswith(("_id", "_ids"))):
        return "text"
    return kind if kind in _ARROW else "text"


def arrow_type(definition: Definition, *, name: str = "") -> pa.DataType:
    """Return the Arrow type of a property's column.

    Numbers are float64, booleans bool, dates and times UTC microseconds, multiple checkboxes
    lists of strings, all else strings: a type that is missing or not known too. Ids are strings
    although HubSpot calls them numbers (a float loses digits of long ones): ``hs_object_id`` and
    whatever ends in ``_id`` or ``_ids``, and ``associatedcompanyid``.

    Parameters
    ----------
    definition : mapping
        As HubSpot sends it.
    name : str, optional
        The property's name, where the definition does not say it.

    Examples
    --------
    >>> arrow_type({"type": "number"})
    DataType(double)
    >>> arrow_type({"type": "number", "name": "hs_object_id"})
    DataType(string)
    """
    return _ARROW.get(_kind(definition, name or str(definition.get("name", ""))), pa.string())


def schema(definitions: Mapping[str, Definition], names: Iterable[str]) -> pa.Schema:
    """Return the store's schema for records: ``id``, then one typed column per property.

    A property without a definition is text.

    Examples
    --------
    >>> schema({"amount": {"type": "number"}}, ["amount"]).names
    ['id', 'amount']
    """
    fields = [(name, arrow_type(definitions.get(name) or {}, name=name)) for name in names]
    return pa.schema([pa.field("id", pa.string(), nullable=False), *fields])


def typed(values: Sequence[str | None], definition: Definition) -> pa.Array:
    """Turn one property's strings into a typed column; what does not fit becomes missing.

    Examples
    --------
    >>> typed(["1.5", "", None, "n/a"], {"type": "number"}).to_pylist()
    [1.5, None, None, None]
    """
    text = _without_empty(strings(list(values)))
    return _column(text, _kind(definition, str(definition.get("name", ""))))


def _without_empty(text: pa.Array) -> pa.Array:
    """Return the text with null for "": HubSpot clears a value with an empty string."""
    empty = pc.equal(pc.binary_length(text), 0)
    if not pc.any(empty).as_py():
        return text
    return pc.if_else(empty, pa.scalar(None, pa.string()), text)


def _column(text: pa.Array, kind: str) -> pa.Array:
    return _READ[kind](text) if kind in _READ else text


def typed_rows(rows: pa.Table, definitions: Mapping[str, Definition]) -> Typed:
    """Turn records as they came into the store's types; keep aside what does not fit.

    An empty string is a missing value. Numbers, booleans and times may have blanks around them.
    Text stays exact. A value of an enumeration that is no option of it is kept: portals have
    those (an option that was taken away, say). HubSpot API docs, "Properties": every value is a
    string or null, times are ISO 8601 or epoch milliseconds, several options are ``a;b``.

    Parameters
    ----------
    rows : pyarrow.Table
        ``id``, and one string column per property.
    definitions : mapping
        The portal's definitions by name, see `leadscore.hubspot.properties.definitions`.

    Returns
    -------
    Typed
        Every value that is not empty is in its table, or in its misfits.

    Examples
    --------
    >>> rows = pa.table({"id": ["7", "8"], "seats": ["40", "many"]})
    >>> found = typed_rows(rows, {"seats": {"type": "number"}})
    >>> found.table["seats"].to_pylist(), found.misfits["why"].to_pylist()
    ([40.0, None], ['not a decimal number'])
    """
    names = [name for name in rows.column_names if name != "id"]
    shape = schema(definitions, names)
    raw = rows.select(["id", *names]).cast(pa.schema([(n, pa.string()) for n in shape.names]))
    kinds = {name: _kind(definitions.get(name) or {}, name) for name in names}
    batches, misfits = [], [MISFITS.empty_table()]
    for batch in raw.combine_chunks().to_batches():
        columns = [batch["id"]]
        for name, kind in kinds.items():
            text = _without_empty(batch[name])
            columns.append(_column(text, kind))
            misfits += _misfits(name, kind, batch["id"], text, columns[-1])
        batches.append(pa.record_batch(columns, schema=shape))
    return Typed(pa.Table.from_batches(batches, shape), pa.concat_tables(misfits))


def _misfits(
    name: str, kind: str, ids: pa.Array, text: pa.Array, column: pa.Array
) -> list[pa.Table]:
    if kind in _READ:
        if column.null_count == text.null_count:
            return []
        odd = pc.and_(pc.is_valid(text), pc.is_null(column))
    else:
        odd = pc.fill_null(pc.match_substring(text, LOST), fill_value=False)
        if not pc.any(odd).as_py():
            return []
    words = text.filter(odd)
    named = pa.array([name] * len(words), pa.string())
    return [pa.table([named, ids.filter(odd), words, reasons(words, kind)], schema=MISFITS)]
