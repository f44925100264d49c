"""Why a contact has its score: the strongest contributions of each side, in words.

All work is per term and distinct value; nothing loops over contacts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from leadscore.valuewords import column_words, known_words, plain_text

if TYPE_CHECKING:
    from leadscore.model import LeadModel

__all__ = ["Vocabulary", "reasons", "vocabulary"]

MOST_REASONS = 5
SMALLEST_REASON = 0.05  # log-odds: the odds change by 5 %
LONGEST_TEXT = 1000
NOTHING = "Average in every respect."
_TEXT = pa.large_string()
_EMPTY = pa.scalar("", _TEXT)
_WINDOWS = (30, 7, 90)  # days; the first that the model reads is told
_DAY_MS = 86_400_000
_PAIR = " & "

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Vocabulary:
    """What is needed to put contributions into words.

    Attributes
    ----------
    terms : dict of str to tuple of str
        The properties of each term of the model, in the order of its contributions.
    columns : frozenset of str
        The columns of a frame that the model reads.
    labels : dict of str to str
        What people call a property.
    options : mapping of str to mapping
        By property, what the portal shows for an internal option value.
    """

    terms: dict[str, tuple[str, ...]]
    columns: frozenset[str]
    labels: dict[str, str]
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def label(self, name: str) -> str:
        """Return a property's label, or its name, fit to be shown."""
        return plain_text(self.labels.get(name, name))


def vocabulary(
    model: LeadModel,
    labels: Mapping[str, str],
    options: Mapping[str, Mapping[str, str]] | None = None,
) -> Vocabulary:
    """Return the words for a model's terms."""
    own = {t.properties[0]: t.label for t in model.terms.values() if len(t.properties) == 1}
    return Vocabulary(
        terms={name: term.properties for name, term in model.terms.items()},
        columns=frozenset(model.features),
        labels=dict(labels) | own,
        options=options or {},
    )


def reasons(parts: pd.DataFrame, frame: pd.DataFrame, words: Vocabulary) -> pa.Table:
    """Return the strongest contributions of each row, at most five for and five against.

    Those below 0.05 log-odds (5 % of the odds) are left out. Of equal ones, the first in the order
    of the model's terms wins.

    Parameters
    ----------
    parts : DataFrame of float64, shape (n_rows, n_terms)
        As `LeadModel.contributions` gives them.
    frame : DataFrame
        The rows' values.
    words : Vocabulary

    Returns
    -------
    pyarrow.Table
        ``reasons_for``, ``reasons_against``: lists of ``{"property", "value", "contribution"}``,
        strongest first; ``reasons``: the same in words.
    """
    matrix = np.ascontiguousarray(parts.to_numpy("float64"))
    sides = [_strongest(matrix), _strongest(-matrix)]
    rows = np.concatenate([np.nonzero(side >= 0)[0] for side in sides])
    terms = np.concatenate([side[side >= 0] for side in sides])
    names = pa.array(parts.columns.astype("str"), pa.string())
    found = _told(frame, rows, terms, list(parts.columns), words)
    found = found.append_column("property", _coded(names, terms))
    found = found.append_column("contribution", pa.array(matrix[rows, terms]))
    middle = int((sides[0] >= 0).sum())
    good, bad = (
        _lists(side, piece)
        for side, piece in zip(sides, (found.slice(0, middle), found.slice(middle)), strict=True)
    )
    text = _shortened([_sentence("For", *good), _sentence("Against", *bad)])
    return pa.table({"reasons_for": good[0], "reasons_against": bad[0], "reasons": text})


def _strongest(strength: Floats) -> Places:
    """Return the places of each row's largest values, largest first; -1 where there is none."""
    strength, rows = strength.copy(), np.arange(len(strength))
    picked = np.full((len(strength), MOST_REASONS), -1)
    for rank in range(min(picked.shape[1], strength.shape[1])):
        best = strength.argmax(axis=1)
        enough = strength[rows, best] >= SMALLEST_REASON
        picked[enough, rank] = best[enough]
        strength[rows, best] = -np.inf
    return picked


def _told(
    frame: pd.DataFrame, rows: Places, terms: Places, names: Sequence[str], words: Vocabulary
) -> pa.Table:
    """Return ``value`` and ``phrase`` of each picked contribution, in its place."""
    order = np.argsort(terms, kind="stable")
    ends = np.searchsorted(terms[order], np.arange(len(names)), side="right")
    pieces = [
        _Told(frame, rows[mine], words).term(names[place])
        for place, mine in enumerate(np.split(order, ends[:-1]))
    ]
    back = np.empty(len(order), dtype="int64")
    back[order] = np.arange(len(order))
    made = pa.concat_tables(pieces).take(pa.array(back)) if pieces else _NO_WORDS
    return made.combine_chunks()


_NO_WORDS = pa.schema([(name, _TEXT) for name in ("value", "phrase")]).empty_table()


def _coded(names: pa.Array, places: Places) -> pa.Array:
    """Return names by place, each kept once: a million contacts have ten million reasons."""
    return pa.DictionaryArray.from_arrays(pa.array(places, pa.int16()), names)


@dataclass(frozen=True)
class _Told:
    """Some rows of a frame, by their places, of which values are told."""

    frame: pd.DataFrame
    rows: Places
    words: Vocabulary

    def term(self, name: str) -> pa.Table:
        """Return the words of one term for each row."""
        told = [self._property(one) for one in self.words.terms.get(name, (name,))]
        columns = {
            "value": _joined([value for value, _ in told], " and "),
            "phrase": _joined([phrase for _, phrase in told], " and "),
        }
        return pa.table(columns)

    def _property(self, name: str) -> tuple[pa.Array, pa.Array]:
        more = [*self._growth(name), *self._last_change(name)]
        told = _joined([self._value(name), *more], ", ")
        told = pc.if_else(pc.equal(told, ""), pa.scalar("unknown", _TEXT), told)
        start = f"{self.words.label(name)}{':' if more else ' is'} "
        return told, _together(start, told)

    def _column(self, name: str) -> pd.Series:
        return self.frame[name].iloc[self.rows]

    def _value(self, name: str) -> pa.Array:
        if name not in self.frame:
            return pa.nulls(len(self.rows), _TEXT)
        return column_words(self._column(name), self.words.options.get(name))

    def _growth(self, name: str) -> Iterator[pa.Array]:
        for days in _WINDOWS:
            column = f"{name}__{days}d"
            if column in self.frame and column in self.words.columns:
                value = self._column(name) if name in self.frame else None
                yield _growth_words(self._column(column), value, days)
                return

    def _last_change(self, name: str) -> Iterator[pa.Array]:
        column = f"{name}__since"
        if column in self.frame and column in self.words.columns:
            since = pd.to_timedelta((self._column(column) * _DAY_MS).round(), unit="ms")
            when = known_words(pd.to_datetime(self._column("snapshot_at"), utc=True) - since)
            yield _together("last changed ", when)


def _joined(texts: Sequence[pa.Array], between: str) -> pa.Array:
    """Join the texts of each row, passing over the missing ones; empty where there is none."""
    # Not by null_handling="skip": Arrow (24) then drops the rows in which all are missing.
    each = [pc.fill_null(_together(between, text), "") for text in texts]
    return pc.utf8_slice_codeunits(_together(*each), len(between))


def _together(*texts: pa.Array | str) -> pa.Array:
    """Put texts together row by row; missing where one is missing."""
    arrays = [pa.scalar(text, _TEXT) if isinstance(text, str) else text for text in texts]
    return pc.binary_join_element_wise(*arrays, _EMPTY)


def _growth_words(growth: pd.Series, value: pd.Series | None, days: int) -> pa.Array:
    """Say what a counter gained of late: "3 of them in the last 30 days", or null."""
    gained = growth.to_numpy("float64", na_value=np.nan)
    count = np.nan if value is None else value.to_numpy("float64", na_value=np.nan)
    whole = (gained == np.round(gained)) & (gained <= count)
    words = known_words(pd.Series(np.abs(gained)))
    cases = pc.make_struct(*(pa.array(case) for case in (gained == 0, gained < 0, whole)))
    ways = (pa.scalar("none", _TEXT), _together("down ", words), _together(words, " of them"))
    said = pc.case_when(cases, *ways, _together("up ", words))
    said = pc.if_else(pa.array(np.isnan(gained)), pa.scalar(None, _TEXT), said)
    return _together(said, f" in the last {days} days")


def _lists(picked: Places, found: pa.Table) -> tuple[pa.Array, pa.Array]:
    """Return each row's reasons as a list, and their phrases joined."""
    ends = np.cumsum((picked >= 0).sum(axis=1), dtype="int32")
    offsets = pa.array(np.concatenate([np.zeros(1, "int32"), ends]))
    columns = ["property", "value", "contribution"]
    one = pa.StructArray.from_arrays([_flat(found[name]) for name in columns], columns)
    phrases = pa.ListArray.from_arrays(offsets, _flat(found["phrase"]))
    return pa.ListArray.from_arrays(offsets, one), pc.binary_join(phrases, pa.scalar("; ", _TEXT))


def _flat(column: pa.ChunkedArray) -> pa.Array:
    flat = column.combine_chunks()
    return flat if isinstance(flat, pa.Array) else pa.concat_arrays(flat.chunks)


def _sentence(title: str, listed: pa.Array, phrases: pa.Array) -> pa.Array:
    some = pc.greater(pc.list_value_length(listed), 0)
    return pc.if_else(some, _together(f"{title}: ", phrases, "."), pa.scalar(None, _TEXT))


def _shortened(sentences: Sequence[pa.Array]) -> pa.Array:
    text = _joined(sentences, " ")
    text = pc.if_else(pc.equal(text, ""), pa.scalar(NOTHING, _TEXT), text)
    start = _together(pc.utf8_slice_codeunits(text, 0, LONGEST_TEXT - 1), "…")
    return pc.if_else(pc.greater(pc.utf8_length(text), LONGEST_TEXT), start, text)
