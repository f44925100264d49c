"""Pairs of records as people give them: a frame, a tuple, or several tuples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from leadscore.errors import UsageError
from leadscore.hubspot.pairwriting import key_of_pair

__all__ = ["PairRow", "pair_frame", "pair_rows"]

_SHAPE = "Give a frame with the columns from_id and to_id (and label), or a tuple of two ids."


@dataclass(frozen=True, slots=True)
class PairRow:
    """One row: the pair by its name on record, and the label; empty where there is none."""

    key: str
    label: str


def pair_frame(pairs: Any) -> pd.DataFrame:
    """Return pairs as a frame with ``from_id``, ``to_id`` and, where there are some, ``label``.

    Raises
    ------
    UsageError
        They have another shape.

    Examples
    --------
    >>> pair_frame(("7", 20)).to_dict("records")
    [{'from_id': '7', 'to_id': 20}]
    """
    if isinstance(pairs, pd.DataFrame):
        frame = pairs
    elif isinstance(pairs, Mapping):
        frame = pd.DataFrame([dict(pairs)])
    else:
        frame = _of_tuples(pairs)
    if missing := [name for name in ("from_id", "to_id") if name not in frame.columns]:
        raise UsageError(f"The pairs have no column {missing[0]!r}.", hint=_SHAPE)
    return frame


def _of_tuples(pairs: Any) -> pd.DataFrame:
    if not isinstance(pairs, Iterable) or isinstance(pairs, str):
        raise UsageError(f"{type(pairs).__name__} is no pair of records.", hint=_SHAPE)
    rows = list(pairs)
    if rows and not isinstance(rows[0], tuple | list):
        rows = [tuple(rows)]
    if not all(isinstance(one, tuple | list) and len(one) in (2, 3) for one in rows):
        raise UsageError("Those are no pairs of records.", hint=_SHAPE)
    whole = [tuple(one) + (None,) * (3 - len(one)) for one in rows]
    frame = pd.DataFrame(whole, columns=["from_id", "to_id", "label"], dtype="object")
    return frame if any(one[2] is not None for one in whole) else frame[["from_id", "to_id"]]


def pair_rows(frame: pd.DataFrame, label: str | None) -> Iterator[PairRow]:
    """Return the rows of pairs, ids as text.

    Parameters
    ----------
    frame : DataFrame
        As `pair_frame` returns it.
    label : str, optional
        Of the rows that have none of their own.

    Raises
    ------
    UsageError
        An id that is none; the row is named. A label that is no text.
    """
    if not (label is None or isinstance(label, str)):
        raise UsageError(
            f"label={label!r} is no label: labels go by their names.",
            hint='label="Primary", say; `ls.association_labels` lists those that there are.',
        )
    labels = frame["label"] if "label" in frame.columns else [None] * len(frame)
    rows = zip(frame.index, frame["from_id"], frame["to_id"], labels, strict=True)
    for row, one, other, own in rows:
        pair = _id(one, row, "from_id"), _id(other, row, "to_id")
        said = "" if own is None or pd.isna(own) else str(own).strip()
        yield PairRow(key_of_pair(pair), said or (label or "").strip())


def _id(value: Any, row: Any, column: str) -> str:
    text = "" if value is None or pd.isna(value) else str(value).strip().removesuffix(".0")
    if not (text.isascii() and text.isdecimal()):
        raise UsageError(
            f"Row {row}: {column} is {value!r}, which is no record's id.",
            hint="Ids are whole numbers; `ls.find` finds them by e-mail address or domain.",
        )
    return text
