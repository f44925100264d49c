"""What is read out of a value beside the value itself: a title's role, a date's weekday.

Which texts are job titles, mail addresses or domains is told from the texts, not from the name of
their column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from leadscore.jobtitles import role_of, seniority_of
from leadscore.maildomains import domain_kind

__all__ = ["READINGS", "kind_of_text", "readings"]

_DIFFERENT = 20  # a text of fewer values is a list of choices
_LOOKED_AT = 500
_DOMAINS = 0.9
_TITLES = 0.5
_ENDING = r"\.[^\W\d_]{2,}\W*$"  # a version number is no domain
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _weekday(values: pd.Series) -> pd.Series:
    days = pd.to_datetime(values, utc=True).dt.day_of_week
    return days.map(dict(enumerate(_WEEKDAYS))).astype("str")


READINGS: Mapping[str, Mapping[str, Callable[[pd.Series], pd.Series]]] = {
    "title": {"role": role_of, "seniority": seniority_of},
    "domain": {"kind": domain_kind},
    "date": {"weekday": _weekday},
    "datetime": {"weekday": _weekday},
}


def readings(name: str, type_: str) -> list[str]:
    """Return the names of the columns that are read out of a column.

    Examples
    --------
    >>> readings("jobtitle", "title")
    ['jobtitle: role', 'jobtitle: seniority']
    """
    return [f"{name}: {what}" for what in READINGS.get(type_, ())]


def kind_of_text(values: pd.Series) -> str:
    """Return what a column of texts holds: ``title``, ``domain`` (addresses too) or ``string``.

    Parameters
    ----------
    values : Series of str

    Returns
    -------
    str
        ``title`` where at least half of the different texts name a role, ``domain`` where nine in
        ten are domains or mail addresses; ``string`` for all else, and for fewer than 20 different
        texts.

    Examples
    --------
    >>> kind_of_text(pd.Series([f"{name}@acme{i}.com" for i, name in enumerate("abcdefgh" * 4)]))
    'domain'
    """
    distinct = pd.Series(values.dropna().unique()).sort_values()
    if len(distinct) < _DIFFERENT:
        return "string"
    some = distinct.iloc[:: max(1, len(distinct) // _LOOKED_AT)]
    if _is_domain(some).mean() >= _DOMAINS:
        return "domain"
    named = role_of(some)
    return "title" if (named.notna() & (named != "other")).mean() >= _TITLES else "string"


def _is_domain(texts: pd.Series) -> pd.Series:
    return domain_kind(texts).notna() & texts.astype("str").str.contains(_ENDING)
