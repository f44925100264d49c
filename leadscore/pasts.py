"""The store's property history as arrays: each property's entries by contact and time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore.asof import entry_ms, moment_ms
from leadscore.hubspot.wiretypes import arrow_type, typed_rows

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = ["MERGED", "Past", "Pasts", "read_pasts"]

MERGED = "hs_merged_object_ids"
TABLE = "history"
_COLUMNS = ("id", "property", "value", "timestamp", "source_type")
_ROWS = 1_000_000  # entries in hand at a time, as they are read
# HubSpot API reference, "ValueWithTimestamp", names sourceType, but no list of its values:
# that these are all that bring values from elsewhere is unverified.
_IMPORTS = pa.array(["IMPORT", "MIGRATION"])
_MERGE = "MERGE_OBJECTS"
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Past:
    """The entries of one property, sorted by contact, then time.

    Of entries of one contact at one moment the one with the highest value comes last: what
    HubSpot wrote last within a millisecond cannot be told from the history.

    Attributes
    ----------
    kind : str
        "number", "bool", "time", "text", or "options" (several checkboxes).
    contact : array of int32, shape (n,)
        Places in the ids that were asked for.
    ms : array of int64, shape (n,)
        Epoch milliseconds, rounded up.
    value : array of float64, shape (n,)
        The number; 0 or 1; microseconds since 1970; or the place in `levels`. NaN: cleared, or
        not of the property's type.
    levels : pyarrow.Array of str
        The texts, sorted; none for other kinds.
    """

    kind: str
    contact: npt.NDArray[np.int32]
    ms: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    levels: pa.Array

    @property
    def follows(self) -> npt.NDArray[np.bool_]:
        """Whether an entry comes after another one of the same contact, shape (n,)."""
        return np.concatenate([[False], self.contact[1:] == self.contact[:-1]])[: len(self.ms)]

    @property
    def moved(self) -> npt.NDArray[np.bool_]:
        """Whether an entry's value is not that of the entry before; a first value is one.

        Examples
        --------
        >>> past = Past("number", np.zeros(3, "int32"), np.arange(3), np.array([1.0, 1.0, 2.0]),
        ...             pa.array([], pa.string()))
        >>> past.moved.tolist()
        [True, False, True]
        """
        before = np.concatenate([[np.nan], self.value[:-1]])[: len(self.ms)]
        before[~self.follows] = np.nan
        same = (self.value == before) | (np.isnan(self.value) & np.isnan(before))
        return np.asarray(~same)


@dataclass(frozen=True, eq=False)
class Pasts:
    """The history of many contacts.

    Attributes
    ----------
    by_property : dict of str to Past
    first : array of int64, shape (contacts,)
        Epoch milliseconds of each contact's first entry of all; the largest int64 without any.
    imported : array of bool, shape (contacts,)
        Whether that entry was made by an import or a migration.
    merged : array of int64, shape (contacts,)
        Epoch milliseconds of the last merge into the contact; 0 without any.
    """

    by_property: dict[str, Past]
    first: npt.NDArray[np.int64]
    imported: npt.NDArray[np.bool_]
    merged: npt.NDArray[np.int64]


class _Parts:
    """What was read so far, property by property."""

    def __init__(
        self, contacts: int, definitions: Mapping[str, Mapping[str, Any]], until: int
    ) -> None:
        self.definitions, self.until = definitions, until
        self.values: dict[str, list[tuple[Any, Any, Any]]] = defaultdict(list)
        self.first = np.full(contacts, _NEVER)
        self.by_import = np.full(contacts, _NEVER)
        self.merged = np.zeros(contacts, np.int64)

    def add(self, rows: pa.Table, contact: npt.NDArray[np.int32]) -> None:
        """Take entries in, typed."""
        recorded = entry_ms(rows["timestamp"].cast(pa.timestamp("us")).to_numpy())
        at = np.minimum(recorded, self.until)
        np.minimum.at(self.first, contact, at)
        named = rows["property"].combine_chunks().dictionary_encode()
        imported = _true(pc.is_in(rows["source_type"], value_set=_IMPORTS))
        np.minimum.at(self.by_import, contact[imported], at[imported])
        merges = _true(
            pc.or_kleene(pc.equal(rows["source_type"], _MERGE), pc.equal(rows["property"], MERGED))
        )
        np.maximum.at(self.merged, contact[merges], at[merges])
        code, names = named.indices.to_numpy(), named.dictionary.to_pylist()
        order = np.argsort(code, kind="stable")
        starts = np.searchsorted(code[order], np.arange(len(names) + 1))
        text = rows["value"].combine_chunks()
        for place, name in enumerate(names):
            if name in self.definitions:
                own = order[starts[place] : starts[place + 1]]
                value = _typed(name, self.definitions[name], text.take(pa.array(own)))
                self.values[name].append((contact[own], at[own], value))

    def whole(self) -> Pasts:
        """Return everything, sorted."""
        found = {}
        for name in sorted(self.values):  # what is sorted need not be held twice
            kind = _kind(name, self.definitions[name])
            found[name] = _sorted(kind, self.values.pop(name))
        imported = (self.by_import == self.first) & (self.first < _NEVER)
        return Pasts(found, self.first, imported, self.merged)


def read_pasts(
    store: Store,
    ids: pa.Array,
    definitions: Mapping[str, Mapping[str, Any]],
    *,
    until: pd.Timestamp,
    kind: str = "contacts",
) -> Pasts:
    """Read the history of records, one property at a time in memory as numbers.

    Parameters
    ----------
    store : Store
    ids : pyarrow.Array of str
        The records; entries of others are passed over.
    definitions : mapping
        Of the properties whose entries are wanted: ``type`` and ``fieldType`` by name.
    until : Timestamp
        The time of the sync. What was recorded while it was reading counts as of then: it is known,
        but to no snapshot before.
    kind : str, default "contacts"
        The object type.

    Returns
    -------
    Pasts
        About 20 bytes an entry. An entry whose time HubSpot did not give is left out.
    """
    parts = _Parts(len(ids), definitions, int(moment_ms([until])[0]))
    if not store.has(TABLE):
        return parts.whole()
    where = (pc.field("object") == kind) & pc.field("timestamp").is_valid()
    for rows in _blocks(store.stream(TABLE, _COLUMNS, where=where)):
        contact = pc.index_in(rows["id"].combine_chunks(), value_set=ids)
        known = pc.is_valid(contact)
        kept = contact.filter(known).to_numpy(zero_copy_only=False).astype(np.int32)
        parts.add(rows.filter(known), kept)
    return parts.whole()


def _blocks(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(one.num_rows for one in held) >= _ROWS:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)


def _true(found: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.fill_null(found, fill_value=False))


def _kind(name: str, definition: Mapping[str, Any]) -> str:
    found = arrow_type(definition, name=name)
    if pa.types.is_list(found):
        return "options"
    if pa.types.is_timestamp(found):
        return "time"
    return {pa.float64(): "number", pa.bool_(): "bool"}.get(found, "text")


def _typed(name: str, definition: Mapping[str, Any], text: pa.Array) -> Any:
    """Return float64 values, or dictionary-encoded text."""
    kind = _kind(name, definition)
    is_text = kind in ("text", "options")
    meant = {"type": "string"} if is_text else definition
    rows = pa.table({"id": pa.nulls(len(text), pa.string()), name: text})
    found = typed_rows(rows, {name: meant}).table[name].combine_chunks()
    if is_text:
        return found.dictionary_encode()
    if kind == "time":
        found = found.cast(pa.int64())
    return pc.cast(found, pa.float64(), safe=False).to_numpy(zero_copy_only=False)


def _sorted(kind: str, parts: list[tuple[Any, Any, Any]]) -> Past:
    contact, at = (np.concatenate([part[place] for part in parts]) for place in (0, 1))
    values = [part[2] for part in parts]
    levels = pa.array([], pa.string())
    if kind in ("text", "options"):
        value, levels = _coded(values)
    else:
        value = np.concatenate(values)
    order = np.lexsort((value, at, contact))
    return Past(kind, contact[order], at[order], value[order], levels)


def _coded(values: list[pa.DictionaryArray]) -> tuple[npt.NDArray[np.float64], pa.Array]:
    """Return the places of texts among all of them, sorted."""
    whole = pa.chunked_array(values).unify_dictionaries().combine_chunks()
    order = pc.sort_indices(whole.dictionary)
    place = np.empty(len(order), dtype=np.float64)
    place[order.to_numpy()] = np.arange(len(order))
    codes = whole.indices.cast(pa.float64()).to_numpy(zero_copy_only=False)
    missing = np.isnan(codes)
    found = np.append(place, np.nan)[np.where(missing, len(place), codes).astype(np.int64)]
    return found, whole.dictionary.take(order)
