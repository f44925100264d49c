"""Times as HubSpot sends them: ISO 8601 in UTC with milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

__all__ = ["date_to_ms", "from_ms", "to_ms", "wire_date", "wire_datetime"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000
_EPOCH_MS = re.compile(r"-?\d+\Z")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def from_ms(milliseconds: int) -> str:
    """Return an instant as HubSpot sends it.

    Examples
    --------
    >>> from_ms(1582947017000)
    '2020-02-29T03:30:17.000Z'
    """
    stamp = (_EPOCH + timedelta(milliseconds=milliseconds)).isoformat(timespec="milliseconds")
    return stamp.removesuffix("+00:00") + "Z"


def to_ms(text: str) -> int:
    """Return epoch milliseconds of an ISO 8601 date or time, or of epoch milliseconds.

    Raises
    ------
    ValueError
        It is neither.

    Examples
    --------
    >>> to_ms("2020-02-29T03:30:17.000Z"), to_ms("1970-01-02"), to_ms("12")
    (1582947017000, 86400000, 12)
    """
    if _EPOCH_MS.match(text):
        return int(text)
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(milliseconds=1)


def wire_datetime(text: str) -> str:
    """Return what HubSpot keeps of a datetime that is written to it.

    Accepted are epoch milliseconds and ISO 8601 with a time and an offset (HubSpot API docs,
    "Properties").

    Raises
    ------
    ValueError
        It is neither, or out of range.

    Examples
    --------
    >>> wire_datetime("2020-02-29T05:30:17+02:00")
    '2020-02-29T03:30:17.000Z'
    """
    if not _EPOCH_MS.match(text) and not _complete(text):
        raise ValueError(f"{text} is not a time with an offset")
    return _in_range(to_ms(text))


def _complete(text: str) -> bool:
    return "T" in text and datetime.fromisoformat(text).tzinfo is not None


def wire_date(text: str) -> str:
    """Return what HubSpot keeps of a date that is written to it.

    Accepted are ``YYYY-MM-DD`` and epoch milliseconds at midnight UTC (HubSpot API docs,
    "Properties").

    Raises
    ------
    ValueError
        It is neither.

    Examples
    --------
    >>> wire_date("1582934400000")
    '2020-02-29'
    """
    if not (_DATE.match(text) or _EPOCH_MS.match(text)):
        raise ValueError(f"{text} is not a date")
    milliseconds = to_ms(text)
    if milliseconds % _DAY:
        raise ValueError(f"{text} is not midnight UTC")
    return _in_range(milliseconds)[:10]


def date_to_ms(text: str) -> int:
    """Return epoch milliseconds of midnight UTC on the day of a date or time.

    Examples
    --------
    >>> date_to_ms("1970-01-02T13:00:00Z")
    86400000
    """
    return to_ms(text) // _DAY * _DAY


def _in_range(milliseconds: int) -> str:
    try:
        return from_ms(milliseconds)
    except OverflowError as problem:
        raise ValueError(f"{milliseconds} ms is outside the years 1 to 9999") from problem
