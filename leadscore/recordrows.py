"""Which rows of any table are about a record: by the names of the columns that hold ids."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Records", "RowKey"]

_OBJECTS = ("contacts", "companies", "deals", "tickets", "products", "line_items", "leads")


@dataclass(frozen=True)
class RowKey:
    """A column of ids, and the column beside it that says of which object type, if there is one."""

    column: str
    object_column: str | None = None


@dataclass(frozen=True)
class Records:
    """Records of one object type, to be found in tables.

    Attributes
    ----------
    object : str
        "contacts", "companies"…: ids are unique within one type only.
    ids : tuple of str
    """

    object: str
    ids: tuple[str, ...]

    def keys(self, schema: pa.Schema, where: str) -> list[RowKey]:
        """Return the columns of a table that may name the records.

        Parameters
        ----------
        schema : pyarrow.Schema
        where : str
            The table's name or path: what a column that is just called ``id`` holds.

        Examples
        --------
        >>> person = Records("contacts", ("7",))
        >>> person.keys(pa.schema([("id", pa.string())]), "contacts")
        [RowKey(column='id', object_column=None)]
        >>> person.keys(pa.schema([("id", pa.string())]), "deals")
        []
        """
        names = set(schema.names)
        found = [
            RowKey(f"{side}id", f"{side}object")
            for side in ("", "from_", "to_")
            if {f"{side}id", f"{side}object"} <= names
        ]
        if "id" in names and "object" not in names and self._are_in(where):
            found.append(RowKey("id"))
        own = f"{_singular(self.object)}_id"
        return [*found, RowKey(own)] if own in names else found

    def _are_in(self, where: str) -> bool:
        """Return whether ids there may be ours; where no object type is named, they may."""
        words = set(re.split(r"[^a-z_]+", where.lower()))
        named = words & {*_OBJECTS, self.object}
        return not named or self.object in named

    def rows(self, key: RowKey, schema: pa.Schema) -> pa.Table:
        """Return what the rows of the records hold in the key's columns."""
        columns = {key.column: _as_type(self.ids, schema.field(key.column).type)}
        if key.object_column:
            names = pa.array([self.object] * len(columns[key.column]))
            columns[key.object_column] = names.cast(schema.field(key.object_column).type)
        return pa.table(columns)

    def condition(self, keys: Sequence[RowKey], schema: pa.Schema) -> pc.Expression:
        """Return the filter of the rows that one of the keys finds; never null."""
        found = pc.scalar(False)
        for key in keys:
            ids = pc.field(key.column).isin(_as_type(self.ids, schema.field(key.column).type))
            if key.object_column:
                same = pc.field(key.object_column) == self.object
                ids &= pc.coalesce(same, pc.scalar(False))
            found |= ids
        return found


def _singular(name: str) -> str:
    return f"{name[:-3]}y" if name.endswith("ies") else name.removesuffix("s")


def _as_type(ids: Collection[str], kind: pa.DataType) -> pa.Array:
    if pa.types.is_integer(kind):
        return pa.array([int(i) for i in ids if re.fullmatch(r"\d{1,18}", i)], kind)
    if pa.types.is_floating(kind):
        return pa.array([float(i) for i in ids if re.fullmatch(r"\d{1,15}", i)], kind)
    return pa.array(list(ids), pa.string()).cast(kind)
