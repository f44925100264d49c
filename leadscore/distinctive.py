"""What gives a person away in a text: their ids, and values that nobody else has."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Marks", "texts_in", "without_shared"]

_SHORTEST = 6  # characters with a letter among them
_DIGITS = 7  # a number needs so many to be somebody's


class Marks:
    """Ids and distinctive values, ready to be searched for.

    Parameters
    ----------
    ids, values : collection of str

    Examples
    --------
    >>> marks = Marks(["31234567"], ["Ada & Co"])
    >>> marks.are_in("<td>31234567</td>"), marks.are_in("ADA &amp; CO"), marks.are_in("312345678")
    (True, True, False)
    """

    def __init__(self, ids: Collection[str], values: Collection[str] = ()) -> None:
        words = [*ids, *(v for v in values if not _has_letter(v))]
        self._word = re.compile(_whole_word(words)) if words else None
        self._parts = sorted({p for v in values if _has_letter(v) for p in _spellings(v)})

    def are_in(self, text: str) -> bool:
        """Return whether an id (as a whole word) or a value (in any spelling) is in a text."""
        if self._word and self._word.search(text):
            return True
        folded = text.casefold()
        return any(part in folded for part in self._parts)


def _whole_word(words: Iterable[str]) -> str:
    either = "|".join(re.escape(word) for word in sorted(words))
    return rf"(?<![\w-])(?<!\d\.)(?:{either})(?![\w-]|\.\d)"


def _spellings(value: str) -> set[str]:
    """Return a value as HTML, JSON and plain text spell it."""
    return {
        spelt.casefold()
        for spelt in (
            value,
            html.escape(value),
            html.escape(value, quote=False),
            json.dumps(value)[1:-1],
            json.dumps(value, ensure_ascii=False)[1:-1],
        )
    }


def _has_letter(value: str) -> bool:
    return any(letter.isalpha() for letter in value)


def texts_in(rows: pa.Table) -> set[str]:
    """Return the texts of a table that are long enough to be somebody's.

    Examples
    --------
    >>> sorted(texts_in(pa.table({"name": ["Ada L."], "tags": [["vip", "speaker"]], "n": [1.0]})))
    ['Ada L.', 'speaker']
    """
    found: set[str] = set()
    for _, column in _text_columns(rows):
        found |= {text for text in pc.unique(column).to_pylist() if text and _long_enough(text)}
    return found


def _long_enough(text: str) -> bool:
    if _has_letter(text):
        return len(text) >= _SHORTEST
    return sum(letter.isdigit() for letter in text) >= _DIGITS


def without_shared(values: set[str], others: Iterable[pa.RecordBatch]) -> set[str]:
    """Return the values that no other row has."""
    left, batches = set(values), iter(others)
    while left and (batch := next(batches, None)) is not None:
        for _, column in _text_columns(batch):
            hits = pc.is_in(column, value_set=pa.array(sorted(left), column.type))
            left.difference_update(pc.unique(column.filter(hits)).to_pylist())
    return left


def _text_columns(rows: Any) -> Iterator[tuple[str, Any]]:
    """Return the columns of text, those inside lists and structs too."""
    for field, column in zip(rows.schema, rows.columns, strict=True):
        yield from _texts(field.name, column)


def _texts(name: str, column: Any) -> Iterator[tuple[str, Any]]:
    kind = column.type
    if pa.types.is_dictionary(kind):
        yield from _texts(name, column.cast(kind.value_type))
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        yield name, column
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        yield from _texts(name, pc.list_flatten(column))
    elif pa.types.is_struct(kind):
        for child in kind:
            yield from _texts(f"{name}.{child.name}", pc.struct_field(column, child.name))
