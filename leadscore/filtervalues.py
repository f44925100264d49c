"""A value to search for as HubSpot wants it, checked against the property's definition."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from leadscore.errors import UsageError

__all__ = ["Span", "day_of", "is_missing", "span_of", "wire_of"]

Definition = Mapping[str, Any]
#: A day's first and last millisecond.
Span = tuple[str, str]

_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)
_CLOCK = r"[T ]\d\d(:\d\d(:\d\d([.,]\d{1,9})?)?)? ?(Z|[+-]\d\d(:?\d\d)?)?"
_ISO = re.compile(rf"\d{{4}}-\d\d-\d\d({_CLOCK})?\Z", re.ASCII)
_EPOCH = re.compile(r"-?\d{12,14}\Z", re.ASCII)  # shorter, it may be seconds, a year or a day
_MOMENTS = ("date", "datetime")


def is_missing(value: Any) -> bool:
    """Say whether a value is none: None, NaN, NaT or NA.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing(""), is_missing([])
    (True, False, False)
    """
    return bool(pd.isna(value)) if pd.api.types.is_scalar(value) else False


def wire_of(value: Any, definition: Definition, *, zone: tzinfo) -> str:
    """Return one value as a search takes it.

    Parameters
    ----------
    value : str, number, bool, date or Timestamp
        A time as text is ISO 8601 or epoch milliseconds: "03/04/2026" is another day elsewhere.
    definition : mapping
        As HubSpot sends it.
    zone : tzinfo
        The portal's: of times without one.

    Raises
    ------
    UsageError
        It is not of the property's type, or no option of it.

    Notes
    -----
    HubSpot API docs, "Search the CRM": times are epoch milliseconds; "Properties": numbers are
    decimal, booleans "true" and "false", choices their internal values.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> berlin = ZoneInfo("Europe/Berlin")
    >>> wire_of("2026-01-01 12:00", {"name": "createdate", "type": "datetime"}, zone=berlin)
    '1767265200000'
    """
    kind = str(definition.get("type"))
    if kind == "number":
        return _number(value, definition)
    if kind == "bool":
        return _bool(value, definition)
    if kind in _MOMENTS:
        return _moment(value, definition, zone)
    text = str(value).strip()
    if not text:
        raise _unfit("", definition, "None asks for records without a value")
    return _option(text, definition) if kind == "enumeration" else text


def _unfit(value: Any, definition: Definition, hint: str) -> UsageError:
    name, kind = definition.get("name"), definition.get("type")
    return UsageError(f"{value!r} is nothing to search {name} for, a {kind}.", hint=f"{hint}.")


def _number(value: Any, definition: Definition) -> str:
    try:
        if isinstance(value, bool | np.bool_):
            raise ValueError
        found = Decimal(str(value).strip())
    except (ValueError, ArithmeticError):
        raise _unfit(value, definition, "Give a number") from None
    if not found.is_finite():
        raise _unfit(value, definition, "Give a finite number")
    return f"{found:f}"


def _bool(value: Any, definition: Definition) -> str:
    text = str(value).strip().lower()
    if text not in ("true", "false"):
        raise _unfit(value, definition, "Give True or False")
    return text


def _moment(value: Any, definition: Definition, zone: tzinfo) -> str:
    stamp = _stamp(value, definition, zone)
    if definition.get("type") == "date":
        return stamp.strftime("%Y-%m-%d")
    return _milliseconds(stamp)


def _stamp(value: Any, definition: Definition, zone: tzinfo) -> pd.Timestamp:
    try:
        stamp = _read(value)
        if stamp.tzinfo is not None:
            return stamp
        return stamp.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
    except (ValueError, TypeError, OverflowError):
        hint = (
            "Give a date as 2026-01-31, a time as 2026-01-31 12:00, a date or Timestamp, or "
            "milliseconds since 1970"
        )
        raise _unfit(value, definition, hint) from None


def _read(value: Any) -> pd.Timestamp:
    if isinstance(value, date | np.datetime64):
        return pd.Timestamp(value)
    text = "" if isinstance(value, bool) else str(value).strip().removesuffix(".0")
    if _EPOCH.match(text):
        return pd.Timestamp(int(text), unit="ms", tz="UTC")
    if not isinstance(value, str) or not _ISO.match(text):
        raise ValueError
    return pd.Timestamp(text.replace(",", "."))


def _milliseconds(stamp: pd.Timestamp) -> str:
    return str(stamp.as_unit("ns").value // 1_000_000)


def day_of(value: Any) -> date | None:
    """Return the day that a value is, None where it is a time of day or no date at all.

    Examples
    --------
    >>> day_of("2026-01-31"), day_of("2026-01-31 12:00")
    (datetime.date(2026, 1, 31), None)
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _DAY.match(value.strip()):
        return None
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        return None


def span_of(value: Any, definition: Definition, *, zone: tzinfo) -> Span | None:
    """Return the ends of a whole day in the portal's time zone, where a day is searched in times.

    Returns
    -------
    tuple of str or None
        Epoch milliseconds of its first and last millisecond.

    Examples
    --------
    >>> from datetime import UTC
    >>> span_of("2026-01-01", {"type": "datetime"}, zone=UTC)
    ('1767225600000', '1767311999999')
    """
    day = day_of(value) if definition.get("type") == "datetime" else None
    if day is None:
        return None
    first = _stamp(day, definition, zone)
    after = _stamp(day + pd.Timedelta(days=1).to_pytimedelta(), definition, zone)
    return _milliseconds(first), str(int(_milliseconds(after)) - 1)


def _option(text: str, definition: Definition) -> str:
    """Return the option; where HubSpot keeps them elsewhere, as it does owners, any will do."""
    options = definition.get("options") or []
    values = [str(option.get("value")) for option in options]
    if not values or definition.get("externalOptions") or text in values:
        return text
    name = definition.get("name")
    raise UsageError(f"{name} has no option {text!r}.", hint=_options_like(text, options))


def _options_like(text: str, options: Sequence[Mapping[str, Any]]) -> str:
    labels = {str(one.get("label")).lower(): str(one.get("value")) for one in options}
    if text.lower() in labels:
        return f"That is its label; its value is {labels[text.lower()]!r}."
    values = [str(one.get("value")) for one in options]
    near = get_close_matches(text, values, n=3, cutoff=0.5)
    listed = ", ".join(near or values[:10])
    return f"Did you mean {listed}?" if near else f"Use one of {listed}."
