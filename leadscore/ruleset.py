"""A set of point rules: what it gives to whom, rule by rule, limits included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leadscore.errors import DataError, UsageError
from leadscore.ruleconditions import age_of, flaw, holds, types_of
from leadscore.ruleterms import Group, Rule, described
from leadscore.visibletext import visible

__all__ = ["Rules", "clipped"]

TOTAL = "limit of the total"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rules:
    """Point rules in groups, with limits, as in HubSpot's own tool.

    Made by `leadscore.rules.load`, `leadscore.rules.parse` or `leadscore.rules.from_model`.

    Attributes
    ----------
    groups : tuple of Group
    name : str
    min, max : float, optional
        The least and the most points that anybody gets; 0 lies between them.
    about : dict
        Where the rules come from, as plain values.
    """

    groups: tuple[Group, ...]
    name: str = "rules"
    min: float | None = None
    max: float | None = None
    about: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        counts = {"rule": len(list(self.rules)), "group": len(self.groups)}
        told = [f"{n} {word}{'s' if n != 1 else ''}" for word, n in counts.items()]
        return f"Rules({self.name!r}, {' in '.join(told)})"

    @property
    def rules(self) -> Iterator[Rule]:
        """The rules of all groups, in order."""
        return (rule for group in self.groups for rule in group.rules)

    @property
    def properties(self) -> list[str]:
        """The properties that the rules look at, in the order of their names."""
        return sorted({name for rule in self.rules for name in rule.properties})

    def points(self, frame: pd.DataFrame) -> pd.Series:
        """Return each contact's points, limits and decay included.

        Parameters
        ----------
        frame : DataFrame
            A training or scoring frame, or any table with the rules' properties.

        Returns
        -------
        Series of float64
            Index as `frame`.

        Raises
        ------
        DataError
            A property is not there, or its type does not fit the rule.
        """
        parts = self.contributions(frame, by="group")
        return parts.sum(axis="columns").rename("points")

    def contributions(self, frame: pd.DataFrame, *, by: str = "rule") -> pd.DataFrame:
        """Take each contact's points apart; a row's values add up to its points.

        Parameters
        ----------
        frame : DataFrame
            As for `points`.
        by : {"rule", "group"}
            One column per rule, and one for each limit that there is, holding what it takes away;
            or one column per group, its limit applied, and one for the limit of the total.

        Returns
        -------
        DataFrame of float64
            Index as `frame`.
        """
        if by not in ("rule", "group"):
            raise UsageError(f"There are no points by {by!r}.", hint="Use by='rule' or 'group'.")
        types = self._checked(frame)
        parts: dict[str, Floats] = {}
        sums: dict[str, Floats] = {}
        for group in self.groups:
            own = {rule.name: _given(rule, frame, types) for rule in group.rules}
            raw = np.sum([np.zeros(len(frame)), *own.values()], axis=0)
            sums[group.name] = clipped(raw, group.min, group.max)
            parts |= own | _limit(f"limit of {group.name}", raw, group)
        whole = np.sum([np.zeros(len(frame)), *sums.values()], axis=0)
        columns = (parts if by == "rule" else sums) | _limit(TOTAL, whole, self)
        return pd.DataFrame(columns, index=frame.index, dtype="float64")

    def check(self, frame: pd.DataFrame) -> None:
        """Refuse a frame that lacks a property of the rules, or has it in a type that does not fit.

        Raises
        ------
        DataError
            With the first rule that cannot be applied, and the nearest names that there are.
        """
        self._checked(frame)

    def _checked(self, frame: pd.DataFrame) -> dict[str, str]:
        conditions = [condition for rule in self.rules for condition in rule.conditions]
        wanted = {c.column for c in conditions} | {c.name for c in conditions}
        types = types_of(frame, wanted)
        for rule in self.rules:
            _check_rule(rule, frame, types)
        return types

    def table(self, frame: pd.DataFrame | None = None) -> pd.DataFrame:
        """Return the rules as a table that can be read or typed into HubSpot.

        Parameters
        ----------
        frame : DataFrame, optional
            Adds ``share``, of the rows that each rule gives points to or takes them from, and
            ``rate``, how many of those with a known outcome converted.

        Returns
        -------
        DataFrame
            One row per rule: ``group``, ``kind``, ``rule``, ``condition`` (in words), ``points``,
            ``each`` (whether for each unit), ``max``, ``decay`` (in words).
        """
        rows = [
            {
                "group": group.name,
                "kind": group.kind,
                "rule": rule.name,
                "condition": described(rule.conditions),
                "points": rule.points,
                "each": rule.each,
                "max": np.nan if rule.max is None else rule.max,
                "decay": "" if rule.decay is None else str(rule.decay),
            }
            for group in self.groups
            for rule in group.rules
        ]
        found = pd.DataFrame(rows)
        found.attrs = {"name": self.name, "min": self.min, "max": self.max, "about": {**self.about}}
        return found if frame is None else found.assign(**self._hits(frame))

    def _hits(self, frame: pd.DataFrame) -> dict[str, list[float]]:
        types = self._checked(frame)
        fired = [_given(rule, frame, types) != 0 for rule in self.rules]
        outcome = frame["outcome"] if "outcome" in frame else pd.Series(np.nan, frame.index)
        happened = outcome.to_numpy("float64", na_value=np.nan)
        known = [hits & ~np.isnan(happened) for hits in fired]
        return {
            "share": [float(hits.mean()) if len(hits) else np.nan for hits in fired],
            "rate": [float(happened[k].mean()) if k.any() else np.nan for k in known],
        }

    def to_yaml(self) -> str:
        """Return the rules as text that `leadscore.rules.parse` reads."""
        from leadscore.rulefiles import written

        return written(self)

    def save(self, path: str | Path) -> Path:
        """Write the rules to a file that `leadscore.rules.load` reads."""
        file = Path(path)
        file.write_text(self.to_yaml(), encoding="utf-8")
        return file


def _check_rule(rule: Rule, frame: pd.DataFrame, types: Mapping[str, str]) -> None:
    for condition in rule.conditions:
        if why := flaw(condition, types):
            raise DataError(
                f"The rule {visible(rule.name)!r} cannot be applied: {why}.",
                hint=_advice(condition.column, condition.name, frame),
            )
    first = rule.conditions[0]
    if rule.each and types[first.column] != "number":
        raise DataError(
            f"The rule {visible(rule.name)!r} gives points for each unit of {first.column}, which"
            f" is {types[first.column]}.",
            hint="Give points instead of points_each, or name a number.",
        )
    if rule.decay:
        age_of(first.name, frame, types)


def clipped(values: Floats, low: float | None, high: float | None) -> Floats:
    """Return values moved to the nearest limit; None is no limit."""
    return np.clip(values, -np.inf if low is None else low, np.inf if high is None else high)


def _limit(name: str, raw: Floats, limits: Group | Rules) -> dict[str, Floats]:
    if limits.min is None and limits.max is None:
        return {}
    return {name: clipped(raw, limits.min, limits.max) - raw}


def _fires(rule: Rule, frame: pd.DataFrame, types: Mapping[str, str]) -> NDArray[np.bool_]:
    found = np.ones(len(frame), dtype=bool)
    for condition in rule.conditions:
        found &= holds(condition, frame, types)
    return found


def _given(rule: Rule, frame: pd.DataFrame, types: Mapping[str, str]) -> Floats:
    given = rule.points * _fires(rule, frame, types).astype("float64")
    first = rule.conditions[0]
    if rule.each:
        units = frame[first.column].to_numpy("float64", na_value=np.nan)
        given = given * np.nan_to_num(np.maximum(units, 0.0), posinf=0.0)
    if rule.decay:
        given = given * rule.decay.factor(age_of(first.name, frame, types))
    most = np.inf if rule.max is None else rule.max
    return np.clip(given, -most, most) + 0.0  # no -0.0


def _advice(column: str, name: str, frame: pd.DataFrame) -> str:
    if column in frame:
        return "Use an operator that fits the property's type; docs/rules.md lists them."
    if column != name and name in frame:
        return f"What {name} did lately is known with property history only: sync it."
    near = get_close_matches(name, map(str, frame.columns), n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(near)}?" if near else "See the frame's columns."
