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
            wanted = _as_type(self.ids, schema.field(key.column).type)
            ids = pc.field(key.column).isin(wanted)
            if key.object_column:
                same = pc.field(key.object_column) == self.object
                ids &= pc.coalesce(same, pc.scalar(False))
            elif key.column == "contact_id" and pa.types.is_string(wanted.type):
                ids |= _in_pairs(key.column, wanted)
            found |= ids
        return found

    def in_pair(self, text: str) -> bool:
        """Return whether a text names one of the ids beside another.

        Examples
        --------
        >>> person = Records("contacts", ("7",))
        >>> person.in_pair("7:20"), person.in_pair("20:7"), person.in_pair("17:70")
        (True, True, False)
        """
        one, sign, other = text.partition(":")
        return bool(sign) and not {one, other}.isdisjoint(self.ids)


def _in_pairs(column: str, ids: pa.Array) -> pc.Expression:
    """Return the filter of the rows of a plan that name one of the ids beside another: "7:20"."""
    one, other = (
        pc.replace_substring_regex(pc.field(column), pattern=end, replacement="")
        for end in (":.*$", "^.*:")
    )
    return one.isin(ids) | other.isin(ids)


def _singular(name: str) -> str:
    return f"{name[:-3]}y" if name.endswith("ies") else name.removesuffix("s")


def _as_type(ids: Collection[str], kind: pa.DataType) -> pa.Array:
    if pa.types.is_integer(kind):
        return pa.array([int(i) for i in ids if re.fullmatch(r"\d{1,18}", i)], kind)
    if pa.types.is_floating(kind):
        return pa.array([float(i) for i in ids if re.fullmatch(r"\d{1,15}", i)], kind)
    return pa.array(list(ids), pa.string()).cast(kind)
