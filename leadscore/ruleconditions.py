"""The operators of point rules: which values each takes, which properties, and when it holds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leadscore.errors import DataError
from leadscore.features import column_types
from leadscore.jobtitles import role_of, seniority_of
from leadscore.maildomains import domain_kind
from leadscore.ruleterms import Condition
from leadscore.snapshotfacts import bare

__all__ = ["OPERATORS", "Operator", "age_of", "flaw", "holds", "types_of"]

_DAY = pd.Timedelta(days=1)
_DATES = ("date", "datetime")
_TEXTS = ("enumeration", "string")

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Operator:
    """How a property is compared.

    Attributes
    ----------
    takes : {"value", "list", "number", "pair", "days", "bool"}
        What stands in the rule.
    types : tuple of str
        HubSpot's types of property, and ``checkboxes``, that can be compared so.
    test : callable
        Column (days for dates) and the rule's value to a boolean per row.
    """

    takes: str
    types: tuple[str, ...]
    test: Callable[[pd.Series, Any], Any]


def _is_one_of(column: pd.Series, values: Collection[Any]) -> Any:
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.isin([value for value in values if isinstance(value, bool)])
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.isin(list(values))
    wanted = {_plain(value) for value in values}
    single = column.explode() if column.dtype == object else column
    found = pd.Series(_by_distinct(single, lambda text: _plain(text) in wanted), single.index)
    return found.groupby(level=0).any() if len(single) > len(column) else found


def _contains(column: pd.Series, parts: Collection[str]) -> Any:
    wanted = [_plain(part) for part in parts]
    return _by_distinct(column, lambda text: any(part in _plain(text) for part in wanted))


def _plain(value: object) -> str:
    return str(value).strip().casefold()


def _by_distinct(column: pd.Series, test: Callable[[Any], bool]) -> Any:
    codes, distinct = pd.factorize(column)
    found = np.array([*map(test, distinct), False], dtype=bool)  # the last is for missing ones
    return found[codes]


def _says(look_up: Callable[[pd.Series], pd.Series]) -> Callable[[pd.Series, Any], Any]:
    return lambda column, wanted: look_up(column).isin(list(wanted))


_NUMBERS = ("number",)
_LISTED = ("number", *_TEXTS, "checkboxes")
_ANY = ("number", "bool", *_TEXTS, *_DATES, "checkboxes")

# A missing value fulfils none of them but `known: false`, which `holds` sees to.
OPERATORS: Mapping[str, Operator] = {
    "equals": Operator("value", ("number", "bool", *_TEXTS), lambda c, v: _is_one_of(c, (v,))),
    "any_of": Operator("list", _LISTED, _is_one_of),
    "none_of": Operator("list", _LISTED, lambda c, v: ~np.asarray(_is_one_of(c, v), dtype=bool)),
    "contains": Operator("list", _TEXTS, _contains),
    "at_least": Operator("number", _NUMBERS, lambda c, v: c >= v),
    "more_than": Operator("number", _NUMBERS, lambda c, v: c > v),
    "at_most": Operator("number", _NUMBERS, lambda c, v: c <= v),
    "less_than": Operator("number", _NUMBERS, lambda c, v: c < v),
    "between": Operator("pair", _NUMBERS, lambda c, v: c.between(*v)),
    "known": Operator("bool", _ANY, lambda c, _: c.notna()),
    "within": Operator("days", _DATES, lambda c, v: c <= v),
    "older_than": Operator("days", _DATES, lambda c, v: c > v),
    "due_within": Operator("days", _DATES, lambda c, v: c <= v),
    "due_after": Operator("days", _DATES, lambda c, v: c > v),
    "changed_within": Operator("days", _NUMBERS, lambda c, v: c <= v),
    "unchanged_for": Operator("days", _NUMBERS, lambda c, v: c > v),
    "role": Operator("list", _TEXTS, _says(role_of)),
    "seniority": Operator("list", _TEXTS, _says(seniority_of)),
    "domain": Operator("list", _TEXTS, _says(domain_kind)),
}


def types_of(frame: pd.DataFrame, columns: Collection[str]) -> dict[str, str]:
    """Return the type of those columns that the frame has."""
    there = frame[[name for name in dict.fromkeys(columns) if name in frame]]
    there.attrs = dict(frame.attrs)
    return column_types(there)


def flaw(condition: Condition, types: Mapping[str, str]) -> str:
    """Say why a condition cannot be looked up, or return an empty text.

    Parameters
    ----------
    condition : Condition
    types : mapping
        The type of each column that there is.

    Examples
    --------
    >>> flaw(Condition("source", "at_least", 3), {"source": "enumeration"})
    'source is enumeration, and at_least takes number'
    """
    type_ = types.get(condition.column)
    fits = OPERATORS[condition.operator].types
    if type_ is None:
        return f"there is no column {condition.column}"
    if type_ not in fits:
        return f"{condition.column} is {type_}, and {condition.operator} takes {' or '.join(fits)}"
    return ""


def holds(condition: Condition, frame: pd.DataFrame, types: Mapping[str, str]) -> Bools:
    """Return for each row whether a condition holds.

    Dates are compared by their age at ``snapshot_at``; one that lies after it is unknown to all but
    ``due_within`` and ``due_after``, which ask how far ahead it lies.
    Texts are compared without regard to capitals and to spaces around them.

    Examples
    --------
    >>> leads = pd.DataFrame({"seats": [3.0, 12.0, None]})
    >>> holds(Condition("seats", "between", (5, 20)), leads, {"seats": "number"}).tolist()
    [False, True, False]
    >>> holds(Condition("seats", "known", False), leads, {"seats": "number"}).tolist()
    [False, False, True]
    """
    values = _comparable(bare(frame), condition, types[condition.column])
    known = values.notna().to_numpy(dtype=bool)
    if condition.operator == "known":
        return known if condition.value else ~known
    found = np.zeros(len(frame), dtype=bool)
    test = OPERATORS[condition.operator].test
    found[known] = np.asarray(test(values[known], condition.value), dtype=bool)
    return found


def age_of(name: str, frame: pd.DataFrame, types: Mapping[str, str]) -> Floats:
    """Return how many days ago a date was, or another property's value last changed.

    Raises
    ------
    DataError
        The frame does not tell.
    """
    if types.get(name) in _DATES:
        return _days_apart(frame, name).to_numpy("float64")
    since = f"{name}__since"
    if since not in frame:
        raise DataError(
            f"How long ago {name} changed is not known, so its points cannot fade.",
            hint="Build the frame from property history, or leave out decay.",
        )
    return frame[since].to_numpy("float64", na_value=np.nan)


def _comparable(frame: pd.DataFrame, condition: Condition, type_: str) -> pd.Series:
    name = condition.column
    if type_ in _DATES:
        return _days_apart(frame, name, ahead=condition.operator in ("due_within", "due_after"))
    if type_ == "number":
        return pd.Series(frame[name].to_numpy("float64", na_value=np.nan))
    return frame[name].reset_index(drop=True)


def _days_apart(frame: pd.DataFrame, name: str, *, ahead: bool = False) -> pd.Series:
    """Return the days from a date to the snapshot, or on to it; missing if it is the other way."""
    if "snapshot_at" not in frame:
        raise DataError(
            f"The frame has no column snapshot_at, from which the age of {name} counts.",
            hint="Make it with training_set or scoring_frame.",
        )
    moments = (pd.to_datetime(frame[column], utc=True) for column in ("snapshot_at", name))
    snapshot, known = (moment.reset_index(drop=True) for moment in moments)
    days = (known - snapshot if ahead else snapshot - known) / _DAY
    return days.where(days > 0 if ahead else days >= 0)
