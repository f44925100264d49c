"""Cells as people leave them -> the strings that a HubSpot property takes, each change counted.

What a cell becomes depends on the property that it goes to, and where a column must be read as a
whole (03/04/2026, 1.234) on all of its values. A cell that does not fit is left out and told; it
never becomes something else in silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore.addresses import domain_of, email_of
from leadscore.decimalmarks import decimal_mark, plain_number
from leadscore.errors import TableError
from leadscore.exporting import unmarked
from leadscore.tabledates import ORDERS, readings
from leadscore.tablenames import shown
from leadscore.tabletypes import MISSING
from leadscore.tablewire import wire
from leadscore.truths import read_truth

__all__ = ["Cleaned", "clean", "clean_address", "moments", "undated"]

Word = tuple[str | None, str]  # what becomes of a word, and what was done to it
_TRIMMED, _NOTHING, _LOWER = "spaces taken off", "words for nothing left out", "set in lower case"
_BARE, _READ = "address taken out of what is around it", "read as {}"
_NAMES = frozenset(("firstname", "lastname"))  # somebody may be called Na, None or Null
_WORDS = frozenset(word for word in MISSING if word.isalpha())
_MONEY = re.compile(r"^[€$£¥]\s*|\s*(?:[€$£¥]|EUR|USD|GBP|CHF)$")
_PARTED = re.compile("(?<=\\d)[\u00a0\u202f' ](?=\\d{3}(?:\\D|$))")
_DAY = "time of day left out"
_SERIAL = re.compile(r"[1-9]\d{4}([.,]\d+)?")
_SHORT_YEAR = re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{2}(?!\d)")
_ZONED = re.compile(r"(?:Z|UTC|[+-]\d{2}:?\d{2})\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Cleaned:
    """One column, cleaned.

    Attributes
    ----------
    texts : pyarrow.Array of string, shape (n,)
        As HubSpot takes them; null where there is none.
    done : dict of str to int
        What was done to how many cells.
    misfits : list of tuple
        Row and reason of each cell that does not fit and was left out.
    """

    texts: pa.Array
    done: dict[str, int] = field(default_factory=dict)
    misfits: list[tuple[int, str]] = field(default_factory=list)


class _MisfitError(Exception):
    """A word that does not fit; says why, without the word."""


def clean(
    column: Any,
    definition: Mapping[str, Any],
    *,
    dates: str | None = None,
    decimal: str | None = None,
    name: str = "",
) -> Cleaned:
    """Clean a column for a property.

    Parameters
    ----------
    column : pyarrow.Array or ChunkedArray of string, shape (n,)
    definition : mapping
        The property's, as HubSpot sends it.
    dates : str, optional
        The order of dates ("day/month/year"), where the column alone does not tell.
    decimal : {".", ","}, optional
        The decimal sign of numbers, where the column alone does not tell.
    name : str, optional
        The column's name, for messages.

    Returns
    -------
    Cleaned

    Raises
    ------
    TableError
        The dates or numbers of the column may be read in two ways.

    Examples
    --------
    >>> found = clean(pa.array([" Ada@Example.COM ", "n/a", "ada"]), {"name": "email"})
    >>> found.texts.to_pylist()
    ['ada@example.com', None, None]
    >>> found.misfits
    [(2, 'no e-mail address')]
    """
    coded = _coded(column)
    words = [_bare(word, definition) for word in coded.dictionary.to_pylist()]
    rows = _first_rows(coded.indices) if definition.get("type") == "number" else []
    rest = _cleaner(definition, dates, decimal, name, rows)([word for word, _ in words])
    return _spread(coded.indices, words, rest)


def clean_address(text: str) -> str | None:
    """Return one e-mail address as it is compared and written; None where it is none.

    Examples
    --------
    >>> clean_address("Ada Lovelace <Ada@Example.com>"), clean_address("ada@example")
    ('ada@example.com', None)
    """
    return email_of(text)


def moments(
    column: Any, *, dates: str | None = None, zone: str = "UTC", name: str = ""
) -> pa.Array:
    """Read a column of times.

    Parameters
    ----------
    column, dates, name
        As for `clean`.
    zone : str, default "UTC"
        The time zone of times that name none. An hour that comes twice is the later one; one that
        is left out in spring moves on.

    Returns
    -------
    pyarrow.Array of timestamp (us, UTC), shape (n,)
        Null where there is none, or none that can be read.

    Raises
    ------
    TableError
        There is no such time zone, or the dates may be read in two ways.

    Examples
    --------
    >>> found = moments(pa.array(["3.3.2026 17:00", "2026-03-03T17:00Z"]), zone="Europe/Berlin")
    >>> [f"{moment:%H:%M}" for moment in found.to_pylist()]
    ['16:00', '17:00']
    """
    texts = clean(column, {"type": "datetime"}, dates=dates, name=name).texts.to_pylist()
    stamps = pd.to_datetime(pd.Series(texts, dtype=object), utc=True, format="ISO8601")
    if zone != "UTC":
        bare = [not _ZONED.search(text or "") for text in _coded_texts(column)]
        stamps = stamps.where(~pd.Series(bare), _local(stamps, zone))
    return pa.array(stamps, pa.timestamp("us", "UTC"))


def _coded_texts(column: Any) -> list[str | None]:
    found: list[str | None] = column.to_pylist()
    return found


def _local(stamps: pd.Series[Any], zone: str) -> pd.Series[Any]:
    """Return moments that were read as UTC as those of another time zone."""
    try:
        own = stamps.dt.tz_localize(None).dt.tz_localize(
            zone, ambiguous=np.zeros(len(stamps), bool), nonexistent="shift_forward"
        )
    except (KeyError, ValueError):
        raise TableError(
            f"There is no time zone {shown([zone])}.", hint="Use a name such as Europe/Berlin."
        ) from None
    moved: pd.Series[Any] = own.dt.tz_convert("UTC")
    return moved


def _coded(column: Any) -> Any:
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return column.dictionary_encode()


def _first_rows(codes: Any) -> list[int]:
    """Return in which row each word is first."""
    seen, rows = np.unique(pc.fill_null(codes, -1).to_numpy(zero_copy_only=False), True)
    return [int(row) for row in rows[seen >= 0]]


def _bare(word: str, definition: Mapping[str, Any]) -> Word:
    """Take off what is around a word, and words that stand for nothing."""
    text = word.strip().strip("\u200b\ufeff").strip()
    text = unmarked(text)  # our own CSV files mark what spreadsheets would take for a formula
    missing = text.casefold() in MISSING
    if missing and definition.get("name") in _NAMES and text.casefold() in _WORDS:
        missing = False
    if missing:
        return None, _NOTHING if text else ""
    return text, "" if text == word else _TRIMMED


def _spread(codes: Any, words: Sequence[Word], rest: Sequence[Word | str]) -> Cleaned:
    """Give every row what became of its word; count what was done, and tell what does not fit."""
    values = [one[0] if isinstance(one, tuple) else None for one in rest]
    places = pc.fill_null(codes, -1).to_numpy(zero_copy_only=False)
    done: dict[str, int] = {}
    counts = {int(k): int(n) for k, n in zip(*_unique(places), strict=True)}
    for place, (bare, after) in enumerate(zip(words, rest, strict=True)):
        for what in (bare[1], after[1] if isinstance(after, tuple) else ""):
            if what:
                done[what] = done.get(what, 0) + counts.get(place, 0)
    wrong = {place: one for place, one in enumerate(rest) if isinstance(one, str)}
    misfits = (
        [(row, wrong[p]) for row, p in enumerate(places.tolist()) if p in wrong] if wrong else []
    )
    return Cleaned(pa.array(values, pa.string()).take(codes), done, misfits)


def _unique(places: Any) -> tuple[Any, Any]:
    found = pd.Series(places).value_counts()
    return found.index, found


# --------------------------------------------------------------------------- kinds of properties

Cleaner = Callable[[Sequence[str | None]], list[Word | str]]


def _cleaner(
    definition: Mapping[str, Any],
    dates: str | None,
    decimal: str | None,
    name: str,
    rows: Sequence[int],
) -> Cleaner:
    """Return what turns the words of a column into values; a plain str says what is wrong."""
    kind = str(definition.get("type"))
    if definition.get("name") == "email":
        return _each(_address)
    if definition.get("name") == "domain":
        return _each(_domain)
    if kind == "enumeration":
        return _each(_option(definition))
    if kind == "number":
        return lambda words: _numbers(words, decimal, name, rows)
    if kind in ("date", "datetime"):
        return lambda words: _times(words, kind, dates, name)
    return _each(_truth if kind == "bool" else lambda word: (word, ""))


def _each(turn: Callable[[str], Word]) -> Cleaner:
    def one(word: str | None) -> Word | str:
        try:
            return (None, "") if word is None else turn(word)
        except _MisfitError as error:
            return str(error)

    return lambda words: [one(word) for word in words]


def _address(word: str) -> Word:
    found = email_of(word)
    if found is None:
        raise _MisfitError("no e-mail address")
    return found, "" if found == word else _LOWER if found == word.lower() else _BARE


def _domain(word: str) -> Word:
    found = domain_of(word)
    if found is None:
        raise _MisfitError("no domain")
    return found, "" if found == word else _BARE


def _truth(word: str) -> Word:
    found = read_truth(word)
    if found is None:
        raise _MisfitError("neither true nor false")
    value = "true" if found else "false"
    return value, "" if value == word else _READ.format("true or false")


def _option(definition: Mapping[str, Any]) -> Callable[[str], Word]:
    options = [one for one in definition.get("options") or [] if one.get("value") is not None]
    known = {str(one["value"]): str(one["value"]) for one in options}
    folded = {str(one.get("label") or "").casefold(): str(one["value"]) for one in options}
    folded |= {value.casefold(): value for value in known}
    several = definition.get("fieldType") == "checkbox"

    def single(word: str) -> str:
        found = known.get(word, folded.get(word.casefold()))
        if found is None:
            raise _MisfitError("no option of the property")
        return found

    def turn(word: str) -> Word:
        if not known or definition.get("externalOptions"):
            return word, ""
        parts = [one.strip() for one in word.split(";")] if several else [word]
        value = ";".join(dict.fromkeys(single(one) for one in parts if one))
        return value, "" if value == word else _READ.format("an option")

    return turn


def _numbers(
    words: Sequence[str | None], decimal: str | None, name: str, rows: Sequence[int]
) -> list[Word | str]:
    plain = [None if w is None else _PARTED.sub("", _MONEY.sub("", w)) for w in words]
    mark = decimal_mark(plain, decimal, name=name, rows=rows)
    bare = [None if word is None else plain_number(word, mark) for word in plain]
    floats = pd.Series([None if b is None else float(b) for b in bare], dtype="float64")
    found = wire(floats, "number").tolist()
    return [_number(*each) for each in zip(words, found, strict=True)]


def _number(word: str | None, value: str | None) -> Word | str:
    if word is None:
        return None, ""
    if value is None:
        return "no number"
    return value, "" if value == word else _READ.format("a number")


def _times(
    words: Sequence[str | None], kind: str, dates: str | None, name: str
) -> list[Word | str]:
    if dates is not None and dates not in ORDERS:
        raise TableError(f"dates is {dates!r}.", hint=f"Use one of {shown(ORDERS)}.")
    present = [word for word in words if word is not None]
    read = {o: r.stamps for o, r in readings(pa.array(present, pa.string())).items()}
    most = max((int(stamps.notna().sum()) for stamps in read.values()), default=0)
    best = [order for order, stamps in read.items() if int(stamps.notna().sum()) == most]
    best = [str(dates)] if dates in read else best
    if not _agree([read[order] for order in best]):
        where = f"in column {shown([name])} " if name else ""
        raise TableError(
            f"The dates {where}may be {' or '.join(best)}.",
            hint=f'Say which with dates="{best[0]}", or write them as year-month-day.',
        )
    stamps = _whole([read[o] for o in best], list(read.values()), len(present)).tolist()
    left = iter(zip(present, stamps, strict=True))
    return [(None, "") if word is None else _time(*next(left), kind) for word in words]


def _agree(readings_: Sequence[pd.Series[Any]]) -> bool:
    """Return whether no word is read as two different times."""
    first, last = _span(readings_)
    return bool(((first == last) | first.isna()).all())


def _span(readings_: Sequence[pd.Series[Any]]) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Return the earliest and the latest reading of each word."""
    first = last = pd.Series(dtype="datetime64[us, UTC]")
    for place, stamps in enumerate(readings_):
        first = stamps if place == 0 else first.where(~(stamps < first) & first.notna(), stamps)
        last = stamps if place == 0 else last.where(~(stamps > last) & last.notna(), stamps)
    return first, last


def _whole(
    best: Sequence[pd.Series[Any]], others: Sequence[pd.Series[Any]], n: int
) -> pd.Series[Any]:
    """Return what the best orders read, and of other words what leaves no doubt."""
    found: pd.Series[Any] = pd.Series(pd.NaT, range(n), dtype="datetime64[us, UTC]")
    for stamps in best:
        found = found.fillna(stamps)
    if others and found.isna().any():
        first, last = _span(others)
        found = found.fillna(first.where(first == last))
    return found


def _time(word: str, stamp: Any, kind: str) -> Word | str:
    if pd.isna(stamp):
        return undated(word)
    if kind == "datetime":
        value = f"{stamp:%Y-%m-%dT%H:%M:%S}.{stamp.microsecond // 1000:03d}Z"
        same = word.replace("Z", "").replace(" ", "T") in (value[:-1], value[:-5])
        return value, "" if same else _READ.format("a time")
    value = f"{stamp:%Y-%m-%d}"
    if stamp != stamp.normalize():
        return value, _DAY
    return value, "" if word == value else _READ.format("a date")


def undated(word: str) -> str:
    """Say why a word is no date, and what to do about it where it shows."""
    if _SERIAL.fullmatch(word):
        return "no date: a spreadsheet's day number; format the column as dates before saving it"
    if _SHORT_YEAR.match(word):
        return "no date: a year of two digits; write it with four"
    return "no date or time"
