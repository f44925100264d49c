"""Values of a watched column as text: the same value is the same text, whatever its type."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from leadscore.errors import UsageError
from leadscore.tiers import TIERS
from leadscore.visibletext import visible

__all__ = ["RANKED", "check_tiers", "same_value", "value_text", "wanted_texts"]

#: What a column of tiers may hold.
RANKED = (*TIERS, "reached")
_NUMBER = re.compile(r"[+-]?(0|[1-9]\d*)(\.\d+)?\Z", re.ASCII)
_CLOCK = r"[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?"
_MOMENT = re.compile(rf"\d{{4}}-\d\d-\d\d({_CLOCK})?\Z", re.ASCII)
_SAME = {"true": "1", "false": "0"}


def value_text(value: Any) -> str:
    """Return a value as text: numbers by value, times in UTC, words without blanks around them.

    A column's type may change from one day to the next (one missing value makes numbers of whole
    numbers), a value's text does not. A time without a zone is taken as UTC; what is missing, and
    empty text, is "".

    Examples
    --------
    >>> value_text(2), value_text(2.0), value_text("2.00"), value_text(float("nan"))
    ('2', '2', '2', '')
    >>> import pandas as pd
    >>> value_text(pd.Timestamp("2026-01-01", tz="UTC")), value_text("2026-01-01 00:00")
    ('2026-01-01', '2026-01-01')
    """
    if isinstance(value, set | frozenset):
        return ";".join(sorted(map(value_text, value)))
    if isinstance(value, list | tuple | np.ndarray):
        return ";".join(map(value_text, value))
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, date | datetime | np.datetime64):
        return _moment(value)
    return _text(str(value).strip())


def _text(text: str) -> str:
    if text.lower() in _SAME:
        return text.lower()
    if _NUMBER.match(text):
        return _number(Decimal(text))
    if _MOMENT.match(text):
        try:
            return _moment(text)
        except ValueError:
            return text
    try:
        found = Decimal(text) if re.match(r"[+-]?\d+(\.\d+)?e", text, re.IGNORECASE) else None
    except ArithmeticError:
        return text
    return text if found is None or abs(found.adjusted()) > 40 else _number(found)


def _number(found: Decimal) -> str:
    text = f"{found:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "+0", "") else text.removeprefix("+")


def _moment(value: Any) -> str:
    stamp = pd.Timestamp(value)
    stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
    day = stamp == stamp.normalize()
    return stamp.strftime("%Y-%m-%d") if day else stamp.isoformat().replace("+00:00", "Z")


def same_value(one: str, other: str) -> bool:
    """Say whether two texts stand for one value: a column of yes and no may become 1 and 0.

    Examples
    --------
    >>> same_value("true", "1"), same_value("true", "yes")
    (True, False)
    """
    return _SAME.get(one, one) == _SAME.get(other, other)


def wanted_texts(to: Any) -> set[str] | None:
    """Return the texts of one value or several; None of no value stands for all.

    Examples
    --------
    >>> sorted(wanted_texts(["paid", None])), wanted_texts(None)
    (['', 'paid'], None)
    """
    if to is None:
        return None
    many = isinstance(to, Iterable) and not isinstance(to, str | bytes)
    return {_SAME.get(one, one) for one in map(value_text, to if many else [to])}


def check_tiers(values: Iterable[Any], column: str) -> None:
    """Check that a column of tiers holds tiers, as they are written, and missing values alone.

    Raises
    ------
    UsageError
        It holds something else.

    Examples
    --------
    >>> check_tiers(["A", None, "reached"], "tier")
    """
    odd = (one for one in values if value_text(one) and str(one) not in RANKED)
    found = next(odd, None)
    if found is not None:
        raise UsageError(
            f"{visible(column)} is a column of tiers, and {visible(repr(found))} is none.",
            hint=f"Tiers are {', '.join(RANKED)}, written so; a missing value stands for no tier. "
            "A column of other values needs another name: changed=.",
        )
