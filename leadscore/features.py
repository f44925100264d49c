"""Typed columns to numbers and levels, which `leadscore.encoding` turns into a matrix.

`select` decides on the training rows which columns can be encoded, and which levels are shared by
enough contacts to be named. `prepare` turns dates into ages and weekdays, checkboxes into one
column per option, job titles into roles, mail addresses into kinds of domain, and rare levels into
one; it works row by row and keeps nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadscore.readings import READINGS, kind_of_text, readings
from leadscore.snapshotfacts import KEYS, bare

__all__ = [
    "OTHER",
    "Prepared",
    "Selection",
    "column_types",
    "mismatches",
    "prepare",
    "prepared_columns",
    "select",
    "value_limits",
]

MIN_ROWS = 20  # a level that fewer contacts have could tell who somebody is
MAX_LEVELS = 100
OTHER = "(other)"
OWN_VALUE_SHARE = 0.5  # above it, most contacts have a value that nobody else has
_HUGE = 1e100
_DATES = ("date", "datetime")
_LEVELS = ("checkboxes", "enumeration", "string", "title", "domain")
_TYPES = ("number", "bool", "enumeration", "string", "date", "datetime")
_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Prepared:
    """A column of the prepared frame: the frame's column that it comes from, and its type.

    The type is ``number`` (an age in days included), ``bool`` or ``level``.
    """

    property: str
    type: str


@dataclass(frozen=True)
class Selection:
    """What can be encoded: types and known options by column, and why others cannot."""

    types: dict[str, str]
    options: dict[str, tuple[str, ...]]
    excluded: list[dict[str, str]]


def column_types(data: pd.DataFrame) -> dict[str, str]:
    """Return the type of each feature column, in the order of their names.

    Parameters
    ----------
    data : DataFrame
        A training or scoring frame. ``attrs["types"]`` (HubSpot's types) wins over the dtypes.

    Returns
    -------
    dict
        ``number``, ``bool``, ``enumeration``, ``string``, ``date`` or ``datetime``, as HubSpot
        calls them, and ``checkboxes`` for columns of lists.

    Examples
    --------
    >>> column_types(pd.DataFrame({"visits": [1.0], "tags": [["a", "b"]], "contact_id": ["7"]}))
    {'tags': 'checkboxes', 'visits': 'number'}
    """
    declared = data.attrs.get("types", {})
    out = {*KEYS, *data.attrs.get("not_features", ())}
    values = bare(data)
    found = {name: _found_type(values[name]) for name in sorted(set(data.columns) - out)}
    return {
        name: "checkboxes" if type_ == "checkboxes" else _known(declared.get(name, type_))
        for name, type_ in found.items()
    }


def _known(type_: str) -> str:
    """Return the type, with ``string`` for HubSpot's rarer ones (``phone_number``, ``json``…)."""
    return type_ if type_ in _TYPES else "string"


def _found_type(values: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(values.dtype):
        return "bool"
    if pd.api.types.is_numeric_dtype(values.dtype):
        return "number"
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return "datetime"
    filled = values.dropna()
    lists = len(filled) > 0 and isinstance(filled.iloc[0], (list, tuple, set, np.ndarray))
    return "checkboxes" if lists else "string"


def mismatches(frame: pd.DataFrame, types: Mapping[str, str]) -> list[str]:
    """Say in words which columns of `frame` do not have the wanted type.

    A column without any value fits every type.

    Examples
    --------
    >>> mismatches(pd.DataFrame({"visits": ["many"]}), {"visits": "number"})
    ['visits is string, not number']
    """
    stored = {"enumeration": "string", "date": "datetime", "title": "string", "domain": "string"}
    frame = bare(frame)
    found = {name: _found_type(frame[name]) for name in types}
    return [
        f"{name} is {found[name]}, not {type_}"
        for name, type_ in types.items()
        if found[name] != stored.get(type_, type_) and frame[name].notna().any()
    ]


def select(data: pd.DataFrame, *, keep: Collection[str] = ()) -> Selection:
    """Decide, on training rows, which columns can be encoded.

    Left out are columns without values, and texts in which most contacts have a value of their
    own or no value is shared by 20 rows: a model cannot learn from those. The ``options`` of a
    text are the values that at least 20 contacts have, the commonest 100 of them. A text that holds
    job titles, mail addresses or domains gets the type ``title`` or ``domain``, and stays: of
    addresses only the kind of domain is used.

    Parameters
    ----------
    data : DataFrame
        A training frame.
    keep : collection of str
        Columns that stay whatever the rules say.

    Examples
    --------
    >>> frame = pd.DataFrame({"visits": [1.0, 2.0], "remark": ["so", "thus"]})
    >>> select(frame).excluded
    [{'property': 'remark', 'why': 'no value is shared by 20 rows'}]
    """
    found, data = column_types(data), bare(data)
    types = {name: _closer(data[name], type_) for name, type_ in found.items()}
    people = data["contact_id"] if "contact_id" in data else data.index.to_series()
    options = {n: _options(data[n], people) for n, t in types.items() if t in _LEVELS}
    flaws = {
        name: _flaw(data[name], type_, options=options.get(name, ()), people=people)
        for name, type_ in types.items()
    }
    useless = {name for name, why in flaws.items() if why == "it has no value"}
    out = {n for n, why in flaws.items() if why and (n not in keep or n in useless)}
    return Selection(
        types={name: type_ for name, type_ in types.items() if name not in out},
        options={name: found for name, found in options.items() if name not in out},
        excluded=[{"property": name, "why": flaws[name]} for name in types if name in out],
    )


def _closer(values: pd.Series, type_: str) -> str:
    return kind_of_text(values) if type_ == "string" else type_


def _flaw(values: pd.Series, type_: str, *, options: Sequence[str], people: pd.Series) -> str:
    filled = values.notna()
    if not filled.any():
        return "it has no value"
    if type_ == "checkboxes" and not options:
        return f"no option is shared by {MIN_ROWS} rows"
    if type_ not in ("string", "enumeration"):
        return ""
    counts = values[filled].value_counts()
    if counts.iloc[0] < MIN_ROWS:
        return f"no value is shared by {MIN_ROWS} rows"
    if len(counts) > OWN_VALUE_SHARE * people[filled].nunique():
        return "most contacts have a value of their own"
    return ""


def _options(values: pd.Series, people: pd.Series) -> tuple[str, ...]:
    """Return the levels or boxes that enough contacts have, in order."""
    said = values.dropna()
    if said.dtype == object and len(said) and not isinstance(said.iloc[0], str):
        said = said.map(list).explode().dropna()
    pairs = pd.DataFrame({"level": said.astype("str"), "who": people.loc[said.index]})
    counts = pairs.drop_duplicates()["level"].value_counts()
    common = counts[counts >= MIN_ROWS].sort_index().nlargest(MAX_LEVELS, keep="first")
    return tuple(sorted(common.index))


def prepared_columns(
    types: Mapping[str, str], options: Mapping[str, Sequence[str]] | None = None
) -> dict[str, Prepared]:
    """Return the columns that `prepare` makes, in order, with where each comes from.

    Examples
    --------
    >>> list(prepared_columns({"tags": "checkboxes", "age": "number"}, {"tags": ["a", "b"]}))
    ['age', 'tags: a', 'tags: b']
    """
    made: dict[str, Prepared] = {}
    for name in sorted(types):
        if types[name] == "checkboxes":
            boxes = (options or {}).get(name, ())
            made |= {f"{name}: {option}": Prepared(name, "bool") for option in boxes}
            continue
        if _is_itself(types[name], (options or {}).get(name)):
            made[name] = Prepared(name, _PREPARED.get(types[name], "level"))
        made |= {column: Prepared(name, "level") for column in readings(name, types[name])}
    return made


_PREPARED = {
    "number": "number",
    "bool": "bool",
    "date": "number",
    "datetime": "number",
    "enumeration": "level",
    "string": "level",
}


def prepare(
    frame: pd.DataFrame,
    types: Mapping[str, str],
    *,
    options: Mapping[str, Sequence[str]] | None = None,
    limits: Mapping[str, tuple[float, float]] | None = None,
    ahead: bool = False,
) -> pd.DataFrame:
    """Turn typed columns into numbers and levels, row by row and without any state.

    Dates become days before ``snapshot_at``. Booleans become 0 and 1, checkboxes one such column
    per option; a text that is none of the options becomes "(other)". Infinite numbers, and those
    with more than a hundred digits, count as missing.

    Parameters
    ----------
    frame : DataFrame
        A training or scoring frame; ``snapshot_at`` is needed when there are dates.
    types : mapping
        As `column_types` gives them; other columns are left out.
    options : mapping, optional
        The options of each property of levels, as `select` gives them; a text without any stays
        as it is.
    limits : mapping, optional
        Lowest and highest value of prepared columns, as `value_limits` gives them; whatever lies
        outside is moved to the limit.
    ahead : bool
        Whether a date after the snapshot was known at the snapshot, as the end of a contract may
        be: then its days are negative. Otherwise it counts as missing.

    Returns
    -------
    DataFrame
        Index as `frame`; float64 and str columns in the order of `prepared_columns`.

    Examples
    --------
    >>> seen = pd.to_datetime(["2026-03-01"], utc=True)
    >>> frame = pd.DataFrame({"snapshot_at": seen + pd.Timedelta("36h"), "last_visit": seen})
    >>> float(prepare(frame, {"last_visit": "datetime"}).loc[0, "last_visit"])
    1.5
    """
    frame, columns = bare(frame), dict[str, pd.Series]()
    for name in sorted(types):
        if types[name] == "checkboxes":
            columns |= _boxes(frame[name], (options or {}).get(name, ()))
        elif types[name] in _DATES:
            columns[name] = _days_before(frame[name], frame["snapshot_at"], ahead=ahead)
        elif types[name] in ("number", "bool"):
            columns[name] = _finite(frame[name])
        else:
            columns |= _levels(frame[name], types[name], (options or {}).get(name))
        known = frame[name].where(columns[name].notna()) if types[name] in _DATES else frame[name]
        for what, reads in READINGS.get(types[name], {}).items():
            columns[f"{name}: {what}"] = reads(known)
    for name, (low, high) in (limits or {}).items():
        columns[name] = columns[name].clip(low, high)
    return pd.DataFrame(columns, index=frame.index)


def value_limits(prepared: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Return how far numbers may lie outside the training rows: once their range on either side.

    A linear model has no bounds of its own: one absurd value would outweigh all other properties.
    The limits are rounded away from the values, to a hundredth of the range or so: the smallest and
    the largest value are often one person's, and a model's card must not tell them.

    Examples
    --------
    >>> value_limits(pd.DataFrame({"age": [20.0, np.nan, 60.0]}))
    {'age': (-20.0, 100.0)}
    """
    numbers = prepared.select_dtypes("float64").dropna(axis="columns", how="all")
    low, high = numbers.min(), numbers.max()
    span = high - low
    step = 10.0 ** (np.floor(np.log10(span.where(span > 0, 1.0))) - 1)
    lowest, highest = np.floor((low - span) / step) * step, np.ceil((high + span) / step) * step
    return {n: (float(lowest[n]), float(highest[n])) for n in numbers.columns}


def _boxes(values: pd.Series, options: Sequence[str]) -> dict[str, pd.Series]:
    ticked = [set() if _is_missing(v) else set(map(str, v)) for v in values]
    return {
        f"{values.name}: {option}": pd.Series(
            [float(option in boxes) for boxes in ticked], index=values.index
        )
        for option in options
    }


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or isinstance(value, float)


def _days_before(values: pd.Series, snapshot_at: pd.Series, *, ahead: bool) -> pd.Series:
    known = pd.to_datetime(values, utc=True)
    days = ((pd.to_datetime(snapshot_at, utc=True) - known) / _DAY).astype("float64")
    return days if ahead else days.where(days >= 0)


def _is_itself(type_: str, options: Sequence[str] | None) -> bool:
    """Return whether a column is used as it is, and not only what is read out of it."""
    return type_ in _PREPARED or bool(options)


def _levels(values: pd.Series, type_: str, options: Sequence[str] | None) -> dict[str, pd.Series]:
    if not _is_itself(type_, options):
        return {}
    texts = values.astype("str")
    if options is not None:
        texts = texts.where(texts.isna() | texts.isin(list(options)), OTHER)
    return {str(values.name): texts}


def _finite(values: pd.Series) -> pd.Series:
    numbers = pd.Series(values.to_numpy("float64", na_value=np.nan), index=values.index)
    return numbers.where(numbers.abs() < _HUGE)
