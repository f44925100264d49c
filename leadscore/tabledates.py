"""Dates and times in text, in any order of day, month and year."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd
import pyarrow.compute as pc

__all__ = ["Reading", "month_numbers", "readings"]

TIME = (
    r"(?:(?:T| +)(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)"
    r"(?::(?P<second>[0-5]\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r" ?(?P<half>[AaPp][Mm])? ?(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?)?$"
)
_ENGLISH = ["january", "february", "march", "april", "may", "june", "july", "august"]
_ENGLISH += ["september", "october", "november", "december"]
_MONTHS = {name: number for number, name in enumerate(_ENGLISH, start=1)}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}
ORDERS = {
    "year-month-day": r"^(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})" + TIME,
    "day.month.year": r"^(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})" + TIME,
    "day/month/year": r"^(?P<day>\d{1,2})[/-](?P<month>\d{1,2})[/-](?P<year>\d{4})" + TIME,
    "month/day/year": r"^(?P<month>\d{1,2})[/-](?P<day>\d{1,2})[/-](?P<year>\d{4})" + TIME,
    "yearmonthday": r"^(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})$",
    "year-month": r"^(?P<year>\d{4})[-/](?P<month>\d{1,2})$",
}


class Reading(NamedTuple):
    """Words read as dates in one order.

    Parameters
    ----------
    stamps : Series of datetime64[us, UTC]
        NaT where a word is no such date.
    type : str
        "datetime" if any word has a time of day, else "date".
    """

    stamps: pd.Series[Any]
    type: str


def readings(words: Any) -> dict[str, Reading]:
    """Read words as dates in every order of day, month and year that fits at least one.

    Parameters
    ----------
    words : pyarrow.Array of string, shape (n,)
        Missing words are left out first.

    Returns
    -------
    dict of str to Reading
        By the name of the order; NaT where a word is no such date.

    Examples
    --------
    >>> import pyarrow as pa
    >>> sorted(readings(pa.array(["03/04/2024"])))
    ['day/month/year', 'month/day/year']
    """
    present = words.drop_null()
    read = {order: _read(present, pattern) for order, pattern in ORDERS.items()}
    return {order: found for order, found in read.items() if found.stamps.notna().any()}


def _read(words: Any, pattern: str) -> Reading:
    fields = pc.extract_regex(words, pattern)
    if fields.null_count == len(fields):
        return Reading(pd.Series(pd.NaT, range(len(words)), dtype="datetime64[us, UTC]"), "date")
    parts = {field.name: pc.struct_field(fields, field.name).to_pandas() for field in fields.type}
    fits = pd.Series(pc.is_valid(fields).to_numpy(zero_copy_only=False))
    part = {name: parts[name].fillna("") if name in parts else _empty(fits) for name in _PARTS}
    numbers = {name: _whole(part[name], default) for name, default in _PARTS.items() if default}
    numbers["hour"] = _of_day(numbers["hour"], part["half"])
    numbers["us"] = _whole(part["fraction"].str.ljust(6, "0").str.slice(0, 6), "0")
    stamps = pd.to_datetime(pd.DataFrame(numbers), errors="coerce", utc=True)
    stamps = stamps.astype("datetime64[us, UTC]").where(fits & numbers["year"].ge(1000))
    kind = "datetime" if part["minute"].ne("").any() else "date"
    return Reading(stamps - _offset(part["zone"]), kind)


# The parts of a date and what an absent one counts as; those that are not numbers have nothing.
_PARTS = {"year": "0", "month": "1", "day": "1", "hour": "0", "minute": "0", "second": "0"}
_PARTS |= {"fraction": "", "half": "", "zone": ""}


def _empty(fits: pd.Series[Any]) -> pd.Series[Any]:
    return pd.Series("", index=fits.index, dtype="str")


def _whole(texts: pd.Series[Any], default: str) -> pd.Series[Any]:
    return pd.to_numeric(texts.where(texts.ne(""), default)).astype("float64")


def _of_day(hour: pd.Series[Any], half: pd.Series[Any]) -> pd.Series[Any]:
    half = half.str.lower()
    twelve = hour.where(half.eq("") | hour.between(1, 12))
    return twelve.where(half.eq(""), twelve % 12) + half.eq("pm") * 12


def _offset(zone: pd.Series[Any]) -> pd.Series[Any]:
    digits = zone.where(lambda z: z.str.len().ge(5), "+0000").str.replace(":", "")
    minutes = digits.str.slice(1, 3).astype(int) * 60 + digits.str.slice(3, 5).astype(int)
    return pd.to_timedelta(minutes.where(digits.str.startswith("+"), -minutes), unit="min")


def month_numbers(words: pd.Series[Any]) -> pd.Series[Any]:
    """Return 1 to 12 for English month names, in full or short, any case; NaN for other words.

    Examples
    --------
    >>> month_numbers(pd.Series(["Feb", "june", "Sept.", "x"])).tolist()
    [2.0, 6.0, 9.0, nan]
    """
    return words.str.casefold().str.rstrip(".").map(_MONTHS).astype("float64")
