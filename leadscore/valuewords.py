"""Values in words: as a person would write them, plain, on one line and not too long."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore.visibletext import visible

__all__ = ["column_words", "in_words", "plain_text"]

LONGEST = 60
_ANGLES = str.maketrans("<>", "‹›")  # noqa: RUF001  what looks like a tag must not be one
_TEXT = pa.large_string()


def in_words(value: Any, labels: Mapping[str, str] | None = None) -> str:
    """Return a property's value as a person would write it.

    Parameters
    ----------
    value : object
        A number, truth, time (its date in UTC is written), text, list of texts, or missing.
    labels : mapping, optional
        What the portal shows for an internal option value.

    Examples
    --------
    >>> in_words(3.0), in_words(True), in_words(None), in_words(["a", "b"], {"b": "Bee"})
    ('3', 'yes', 'unknown', 'a, Bee')
    >>> in_words(pd.Timestamp("2026-03-01T12:00Z"))
    '2026-03-01'
    """
    if isinstance(value, float) and value == value:  # most values are, so they come first
        return _number(value)
    known = labels or {}
    if isinstance(value, (list, tuple, set, np.ndarray)):
        named = [known.get(str(one), str(one)) for one in value]
        return plain_text(", ".join(named)) if named else "none"
    if value is None or pd.isna(value):
        return "unknown"
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, int):
        return _number(value)
    return plain_text(known.get(str(value), str(value))) or "empty"


def column_words(values: pd.Series, labels: Mapping[str, str] | None = None) -> pa.Array:
    """Return `in_words` of every value of a column, at the price of its distinct ones.

    Returns
    -------
    pyarrow.Array of large_string
        Never null.

    Examples
    --------
    >>> column_words(pd.Series([1.0, None, 1.0])).to_pylist()
    ['1', 'unknown', '1']
    """
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return _dates(values)
    if values.dtype == object:
        values = values.map(_hashable)
    codes, distinct = pd.factorize(values)
    words = [in_words(value, labels) for value in distinct.tolist()]
    pool = pa.array([*words, "unknown"], _TEXT)
    return pool.take(pa.array(np.where(codes < 0, len(words), codes)))


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, (list, set, np.ndarray)) else value


def _dates(values: pd.Series) -> pa.Array:
    days = values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[D]")
    codes, distinct = pd.factorize(days.astype("int64"))
    texts = np.datetime_as_string(distinct.astype("datetime64[D]"))
    words = pa.array(np.where(texts == "NaT", "unknown", texts), _TEXT)
    return words.take(pa.array(codes))


def known_words(values: pd.Series) -> pa.Array:
    """Return `column_words`, null where the value is missing."""
    missing = pa.array(values.isna().to_numpy())
    return pc.if_else(missing, pa.scalar(None, _TEXT), column_words(values))


def _number(value: float) -> str:
    value += 0.0  # minus zero is zero
    if math.isfinite(value) and value == round(value) and abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if 100 <= abs(value) < 1e15 else f"{value:.4g}"


@lru_cache(maxsize=10_000)
def plain_text(text: str) -> str:
    r"""Return text from outside as one short line that is inert wherever it is shown.

    Examples
    --------
    >>> plain_text(" two\n lines\t")
    'two lines'
    """
    return visible(text, limit=LONGEST).translate(_ANGLES)
