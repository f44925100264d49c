"""A column cut into few levels that a person can type as conditions of rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeRegressor

from leadscore.jobtitles import ROLES, SENIORITIES
from leadscore.maildomains import KINDS
from leadscore.ruleconditions import holds
from leadscore.ruleterms import WINDOWS, Condition

__all__ = ["Level", "Scale", "codes", "priced", "scales_of"]

FEWEST_CONTACTS = 20  # of a level: a value that fewer share could tell who somebody is
MOST_LEVELS = 12
_SMALLEST_BIN = 0.02  # of the rows
_DAYS = {
    "age": ("within", "older_than"),
    "ahead": ("due_within", "due_after"),
    "since": ("changed_within", "unchanged_for"),
}
_PARTIAL = ("ahead", "since")  # for these, rows without a value are in no level

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Level = tuple[Condition, ...]


@dataclass(frozen=True)
class Scale:
    """The levels of one column.

    Attributes
    ----------
    name : str
        The property.
    kind : {"number", "age", "ahead", "since", "texts", "flag"}
        How the levels are told apart.
    edges : tuple of float
        Where numbers and days are cut.
    options : tuple of str
        The texts that are levels of their own.
    operator : str
        How texts are compared.
    in_last : int, optional
        As `Condition.in_last`.
    """

    name: str
    kind: str
    edges: tuple[float, ...] = ()
    options: tuple[str, ...] = ()
    operator: str = "any_of"
    in_last: int | None = None

    @property
    def levels(self) -> list[Level]:
        """The conditions of each level.

        Each row is in one of them, but for rows whose last change is not known, or whose date does
        not lie ahead.
        """
        known: list[Level]
        if self.kind == "flag":
            known = [(Condition(self.name, "equals", value),) for value in (True, False)]
        elif self.kind == "texts":
            known = [self._text((option,)) for option in self.options]
            known.append(self._others())
        else:
            ends = pairwise([None, *self.edges, None])
            known = [self._span(low, high) for low, high in ends]
        return known if self.kind in _PARTIAL else [*known, self._unknown()]

    def _text(self, options: tuple[str, ...]) -> Level:
        return (Condition(self.name, self.operator, options),)

    def _others(self) -> Level:
        """Return what is known and is no level of its own."""
        if self.operator == "any_of":
            return (Condition(self.name, "none_of", self.options),)
        return self._text(tuple(o for o in _ANSWERS[self.operator] if o not in self.options))

    def _unknown(self) -> Level:
        return (Condition(self.name, "known", False, self.in_last),)

    def _span(self, low: float | None, high: float | None) -> Level:
        """Return the conditions of a piece of a line: ages end with it, numbers begin with it."""
        if low is None and high is None:
            return (Condition(self.name, "known", True, self.in_last),)
        upto, beyond = _DAYS.get(self.kind, ("less_than", "at_least"))
        ends = ((beyond, low), (upto, high))
        return tuple(
            Condition(self.name, operator, _short(end), self.in_last)
            for operator, end in ends
            if end is not None
        )


_OPERATORS = {"title": ("role", "seniority"), "domain": ("domain",)}
_ANSWERS = {"role": ROLES, "seniority": SENIORITIES, "domain": KINDS}


def _short(value: float) -> float:
    return int(value) if value == int(value) else value


def priced(scale: Scale, points: Sequence[int]) -> Iterator[tuple[Level, int]]:
    """Yield the conditions of each rule of a scale, levels of equal points as one; 0 needs none.

    Parameters
    ----------
    scale : Scale
    points : sequence of int
        Of each of the scale's levels.

    Examples
    --------
    >>> scale = Scale("seats", "number", edges=(10, 50, 90))
    >>> [(str(level[0]), p) for level, p in priced(scale, [0, 5, 5, 9, 0])]
    [('seats is at least 10', 5), ('seats is at least 90', 9)]
    >>> len(next(priced(scale, [0, 5, 5, 9, 0]))[0])
    2
    """
    if scale.kind == "texts":
        yield from _priced_texts(scale, points)
    elif scale.kind == "flag":
        yield from ((level, p) for level, p in zip(scale.levels[:2], points, strict=False) if p)
    else:
        ends = [None, *scale.edges, None]
        for worth, run in groupby(range(len(scale.edges) + 1), key=points.__getitem__):
            places = list(run)
            if worth:
                yield scale._span(ends[places[0]], ends[places[-1] + 1]), worth
    if scale.kind not in _PARTIAL and points[-1]:
        yield scale._unknown(), points[-1]


def _priced_texts(scale: Scale, points: Sequence[int]) -> Iterator[tuple[Level, int]]:
    named = dict(zip(scale.options, points, strict=False))
    for worth in sorted({*named.values()} - {0}, reverse=True):
        yield scale._text(tuple(o for o in scale.options if named[o] == worth)), worth
    if points[-2]:
        yield scale._others(), points[-2]


def codes(scale: Scale, frame: pd.DataFrame, types: dict[str, str]) -> Ints:
    """Return the level of each row, as the rules themselves would find it; -1 for none."""
    found = np.full(len(frame), -1, dtype=np.int64)
    for place, level in enumerate(scale.levels):
        if all(condition.column in types for condition in level):
            hits = [holds(condition, frame, types) for condition in level]
            found[np.logical_and.reduce(hits)] = place
    return found


def scales_of(
    column: str, name: str, frame: pd.DataFrame, *, types: dict[str, str], worth: Floats, bins: int
) -> list[Scale]:
    """Return the ways to cut a column into levels.

    Parameters
    ----------
    column, name : str
        The frame's column, and the property that it belongs to.
    frame : DataFrame
    types : dict
        The type of each column, ``title`` and ``domain`` being texts of that kind.
    worth : ndarray of float64, shape (n_rows,)
        What the model gives each row for the property; numbers are cut where it changes most.
    bins : int
        How many pieces numbers are cut into.
    """
    type_, ending = types[column], column[len(name) :]
    if type_ == "bool":
        return [Scale(name, "flag")]
    if type_ in ("enumeration", "string", "title", "domain", "checkboxes"):
        return _texts(name, frame, type_)
    if type_ in ("date", "datetime"):
        kinds = ["age", "ahead"]
    else:
        kinds = ["since" if ending == "__since" else "number"]
    window = next((days for days in WINDOWS if ending == f"__{days}d"), None)
    found = []
    for kind in kinds:
        numbers = _numbers(frame, column, kind)
        edges = _edges(numbers, worth, bins=bins, days=kind != "number")
        if edges or kind not in _PARTIAL:
            found.append(Scale(name, kind, edges, in_last=window))
    return found


def _numbers(frame: pd.DataFrame, column: str, kind: str) -> Floats:
    if kind not in ("age", "ahead"):
        return frame[column].to_numpy("float64", na_value=np.nan)
    snapshot, known = (pd.to_datetime(frame[c], utc=True) for c in ("snapshot_at", column))
    days = (snapshot - known) / pd.Timedelta(days=1)
    return np.abs(days.where(days < 0 if kind == "ahead" else days >= 0).to_numpy("float64"))


def _texts(name: str, frame: pd.DataFrame, type_: str) -> list[Scale]:
    common = _common(frame[name].explode() if type_ == "checkboxes" else frame[name], frame)
    if type_ == "checkboxes":
        return [Scale(name, "texts", options=(option,)) for option in common]
    found = [Scale(name, "texts", options=common)] if common else []
    return found + [
        Scale(name, "texts", options=_ANSWERS[operator][:-1], operator=operator)
        for operator in _OPERATORS.get(type_, ())
    ]


def _common(values: pd.Series, frame: pd.DataFrame) -> tuple[str, ...]:
    """Return the texts that most contacts share; those that rules cannot tell apart count once."""
    contacts = frame["contact_id"].reindex(values.index).to_numpy()
    texts = values.astype("str").to_numpy(object)
    shared = pd.Series(contacts).groupby(texts).nunique().sort_index()
    shared = shared[shared >= FEWEST_CONTACTS].sort_values(ascending=False, kind="stable")
    alike = pd.Index(shared.index.map(lambda text: text.strip().casefold())).duplicated()
    return tuple(sorted(map(str, shared.index[~alike][:MOST_LEVELS])))


def _edges(numbers: Floats, worth: Floats, *, bins: int, days: bool) -> tuple[float, ...]:
    """Return where to cut: a regression tree's best cuts, rounded as a person would type them."""
    usable = np.isfinite(numbers) & (np.abs(numbers) < 1e12)
    if usable.sum() < 2 * FEWEST_CONTACTS:
        return ()
    smallest = max(FEWEST_CONTACTS, int(_SMALLEST_BIN * usable.sum()))
    tree = DecisionTreeRegressor(max_leaf_nodes=bins, min_samples_leaf=smallest, random_state=0)
    tree.fit(numbers[usable, None], worth[usable])
    cuts = tree.tree_.threshold[tree.tree_.feature >= 0]
    whole = days or bool((numbers[usable] == np.round(numbers[usable])).all())
    return tuple(sorted({float(np.ceil(c)) if whole else float(f"{c:.3g}") for c in cuts}))
