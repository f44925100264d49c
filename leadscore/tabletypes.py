"""Cells of text or columns of any dtype -> columns of HubSpot's types.

Every test looks at the distinct values of the whole column; nothing is concluded from a sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore.tabledates import readings

__all__ = ["MISSING", "Typed", "from_series", "from_text"]

_WORDS = r"- -- ? na n/a #n/a <na> nan nat none null (null) #null! \n"
MISSING = frozenset(["", *_WORDS.split()])
MOST_OPTIONS = 100
LONGEST_OPTION = 100
LARGEST_EXACT = 2**53


@dataclass(frozen=True)
class Typed:
    """One column with its HubSpot type.

    Parameters
    ----------
    series : Series
        float64, boolean, str or datetime64[us, UTC].
    type : str
        HubSpot's: "number", "bool", "enumeration", "string", "date" or "datetime".
    options : tuple of str
        The values of an enumeration, most frequent first.
    """

    series: pd.Series[Any]
    type: str
    options: tuple[str, ...] = ()


# --------------------------------------------------------------------------- text -> types


def from_text(cells: Any, *, decimal: str | None = None) -> Typed:
    """Recognise what a column of text holds.

    Parameters
    ----------
    cells : pyarrow.Array or ChunkedArray of string, shape (n,)
        Surrounding spaces are dropped; empty cells and words such as "NA" or "null" (any case)
        are missing.
    decimal : {".", ","}, optional
        The decimal sign of numbers; by default what the column proves.

    Returns
    -------
    Typed
        "bool" only for true and false (any case): yes and no stay an enumeration, so that what
        is written equals the file. Codes with leading zeros, international phone numbers and
        whole numbers of 16 digits or more are text. A comma is a decimal comma or parts
        thousands only where some value of the column leaves no doubt; the same goes for
        day/month/year and month/day/year. Times without a zone are UTC.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from_text(pa.array(["1,5", "2,25", "NA"])).series.tolist()
    [1.5, 2.25, nan]
    >>> from_text(pa.array(["01067", "80331", "20095"])).type
    'string'
    """
    coded = cells.dictionary_encode()
    coded = (
        coded.unify_dictionaries().combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    )
    words = _words(coded.dictionary)
    codes = coded.indices
    for recognise in (_bools, lambda words: _numbers(words, decimal), _dates):
        found = recognise(words) if words.null_count < len(words) else None
        if found is not None:
            return Typed(_spread(found.series, codes), found.type)
    return _text(words, codes)


def _words(raw: Any) -> Any:
    trimmed = pc.utf8_trim_whitespace(raw)
    missing = pc.is_in(pc.utf8_lower(trimmed), value_set=pa.array(sorted(MISSING)))
    return pc.if_else(missing, pa.scalar(None, pa.string()), trimmed)


def _spread(values: pd.Series[Any], codes: Any) -> pd.Series[Any]:
    places = codes.fill_null(-1).to_numpy(zero_copy_only=False)
    return pd.Series(values.array.take(places, allow_fill=True))


def _text(words: Any, codes: Any) -> Typed:
    column = words.take(codes)
    values = column.to_pandas().astype("str")
    present = len(column) - column.null_count
    if not _few(words.drop_null(), present):
        return Typed(values, "string")
    options = tuple(str(option) for option in values.value_counts(sort=True).index)
    return Typed(values, "enumeration", options)


def _few(words: Any, present: int) -> bool:
    distinct = len(pc.unique(words))
    if not 0 < distinct <= min(MOST_OPTIONS, max(2, present // 2)):
        return False
    # HubSpot joins the values of a checkbox enumeration by ";" (API docs, "Properties").
    return not _any(words, r";|[\r\n]") and pc.max(pc.utf8_length(words)).as_py() <= LONGEST_OPTION


def _matches(words: Any, pattern: str) -> Any:
    return pc.match_substring_regex(words, pattern)


def _any(words: Any, pattern: str) -> bool:
    return bool(pc.any(_matches(words, pattern)).as_py())


def _all(words: Any, pattern: str) -> bool:
    """Tell whether every word fits; the first thousand are asked first, to be quick to refuse."""
    first = pc.all(_matches(words.slice(0, 1000), pattern)).as_py()
    return first is not False and bool(pc.all(_matches(words, pattern)).as_py())


def _bools(words: Any) -> Typed | None:
    if not _all(words, r"^(?i:true|false)$"):
        return None
    truth = pc.equal(pc.utf8_lower(words), "true")
    return Typed(truth.to_pandas().astype("boolean"), "bool")


# --------------------------------------------------------------------------- numbers

CODE = r"^[+-]?0\d|^\+\d{7,}$|^[+-]?\d{16,}$"
# (what every value looks like, what at least one must look like, what goes, decimal mark)
STYLES = (
    (r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$", "", "", "."),
    (r"^[+-]?\d+(,\d+)?$", r",(\d{1,2}|\d{4,})$|^[+-]?(0|\d{4,}),", "", ","),
    (
        r"^[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?$",
        r",\d{3}[,.]|\.(\d{1,2}|\d{4,})$|^[+-]?(0|\d{4,})\.",
        ",",
        ".",
    ),
    (
        r"^[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?$",
        r"\.\d{3}[.,]|,(\d{1,2}|\d{4,})$|^[+-]?(0|\d{4,}),",
        ".",
        ",",
    ),
)


def _numbers(words: Any, decimal: str | None = None) -> Typed | None:
    if _any(words, CODE):
        return None
    for every, proof, parting, mark in STYLES:
        told = decimal is not None
        if told and mark != decimal:
            continue
        if _all(words, every) and (told or not proof or _any(words, proof)):
            return _parsed(words, parting, mark)
    return None


def _parsed(words: Any, parting: str, mark: str) -> Typed | None:
    plain = pc.replace_substring(words, parting, "") if parting else words
    plain = pc.replace_substring(plain, mark, ".") if mark != "." else plain
    values = pc.cast(pc.utf8_ltrim(plain, "+"), pa.float64())
    if not pc.all(pc.is_finite(values)).as_py():
        return None
    return Typed(values.to_pandas(), "number")


# --------------------------------------------------------------------------- dates


def _dates(words: Any) -> Typed | None:
    if not _all(words, r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"):
        return None
    whole = [found for found in readings(words).values() if found.stamps.notna().all()]
    if not whole or not all(found.stamps.equals(whole[0].stamps) for found in whole):
        return None
    stamps = pd.Series(pd.NaT, index=range(len(words)), dtype="datetime64[us, UTC]")
    stamps[pc.is_valid(words).to_numpy(zero_copy_only=False)] = whole[0].stamps.array
    return Typed(stamps, whole[0].type)


# --------------------------------------------------------------------------- frames -> types


def from_series(series: pd.Series[Any]) -> Typed:
    """Take over the type of a DataFrame's column; text is read as in a file.

    Parameters
    ----------
    series : Series, shape (n,)
        Any dtype. Infinite numbers are missing; whole numbers too long for a float are text.

    Returns
    -------
    Typed
        Its values have a RangeIndex.

    Examples
    --------
    >>> from_series(pd.Series([True, None], dtype="boolean")).type
    'bool'
    """
    plain = series.reset_index(drop=True)
    plain = plain.infer_objects() if plain.dtype == object else plain
    if pd.api.types.is_bool_dtype(plain.dtype) and not isinstance(plain.dtype, pd.CategoricalDtype):
        return Typed(plain.astype("boolean"), "bool")
    if pd.api.types.is_datetime64_any_dtype(plain.dtype):
        return _stamps(plain)
    if pd.api.types.is_numeric_dtype(plain.dtype) and not pd.api.types.is_complex_dtype(
        plain.dtype
    ):
        return _figures(plain)
    return from_text(_cells(plain))


def _stamps(series: pd.Series[Any]) -> Typed:
    days = series.dt.tz is None and bool((series.dropna() == series.dropna().dt.normalize()).all())
    return Typed(
        pd.to_datetime(series, utc=True).astype("datetime64[us, UTC]"),
        "date" if days else "datetime",
    )


def _figures(series: pd.Series[Any]) -> Typed:
    if pd.api.types.is_integer_dtype(series.dtype) and bool((series.abs() > LARGEST_EXACT).any()):
        return from_text(_cells(series))
    values = series.astype("Float64").to_numpy(dtype="float64", na_value=np.nan)
    return Typed(pd.Series(np.where(np.isfinite(values), values, np.nan)), "number")


def _cells(series: pd.Series[Any]) -> Any:
    return pa.array([None if _absent(value) else str(value) for value in series], pa.string())


def _absent(value: Any) -> bool:
    return pd.api.types.is_scalar(value) and bool(pd.isna(value))
