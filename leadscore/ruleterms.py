"""What point rules are made of: conditions, rules, groups and how points fade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["WINDOWS", "Condition", "Decay", "Group", "Rule", "default_name", "described"]

WINDOWS = (7, 30, 90)  # days over which a frame counts what happened

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is true of a contact or not.

    Attributes
    ----------
    name : str
        A property's internal name.
    operator : str
        One of `leadscore.ruleconditions.OPERATORS`.
    value : str, float, bool or tuple
        What the property is compared with; days for operators about time.
    in_last : int, optional
        Compare what a counter gained in the last 7, 30 or 90 days instead of its value.
    """

    name: str
    operator: str
    value: Any = True
    in_last: int | None = None

    @property
    def column(self) -> str:
        """The column of a frame that is looked at."""
        if self.in_last is not None:
            return f"{self.name}__{self.in_last}d"
        timed = self.operator in ("changed_within", "unchanged_for")
        return f"{self.name}__since" if timed else self.name

    def __str__(self) -> str:
        window = "" if self.in_last is None else f" in the last {self.in_last} days"
        return f"{self.name}{window} {self._comparison()}"

    def _comparison(self) -> str:
        if self.operator == "known":
            return "is known" if self.value else "is unknown"
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        first, last = _word(values[0]), _word(values[-1])
        listed = " or ".join(map(_word, values))
        return {
            "equals": f"is {first}",
            "any_of": f"is {listed}",
            "none_of": f"is known and not {listed}",
            "contains": f"contains {listed}",
            "at_least": f"is at least {first}",
            "more_than": f"is more than {first}",
            "at_most": f"is at most {first}",
            "less_than": f"is less than {first}",
            "between": f"is between {first} and {last}",
            "within": f"is within the last {first} days",
            "older_than": f"is more than {first} days ago",
            "due_within": f"is within the next {first} days",
            "due_after": f"is more than {first} days ahead",
            "changed_within": f"changed within the last {first} days",
            "unchanged_for": f"has not changed for {first} days",
            "role": f"says the role {listed}",
            "seniority": f"says the seniority {listed}",
            "domain": f"is of the kind {listed}",
        }[self.operator]


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


@dataclass(frozen=True, slots=True)
class Decay:
    """How points fade with the age of what they were given for.

    Attributes
    ----------
    days : float
        The half-life or, with `percent`, the length of an interval.
    percent : float, optional
        Linear, as in HubSpot's tool: after each whole interval this share of the first points is
        gone. 10 points that lose 50 % a month are 5 after a month and none after two.
    """

    days: float
    percent: float | None = None

    def factor(self, age: Floats) -> Floats:
        """Return the share of the points that is left; all of them where the age is not known.

        HubSpot's knowledge base, as copied at iv-lead.com, gives the linear example; that nothing
        fades inside an interval is unverified.

        Examples
        --------
        >>> ages = np.array([0.0, 30.0, 60.0, np.nan])
        >>> Decay(30, percent=50).factor(ages).tolist()
        [1.0, 0.5, 0.0, 1.0]
        >>> Decay(30).factor(ages).tolist()
        [1.0, 0.5, 0.25, 1.0]
        """
        passed = np.nan_to_num(np.maximum(age, 0.0)) / self.days
        if self.percent is None:
            return np.asarray(0.5**passed)
        # Two ages that differ in the last bit only are of one interval.
        return np.maximum(0.0, 1.0 - self.percent / 100 * np.floor(passed + 1e-9))

    def __str__(self) -> str:
        if self.percent is None:
            return f"half every {self.days:g} days"
        return f"{self.percent:g} % every {self.days:g} days"


@dataclass(frozen=True, slots=True)
class Rule:
    """Points for contacts of which all conditions hold.

    Attributes
    ----------
    name : str
        Unique among the rules.
    points : float
        What it gives; for each unit of the first condition's column if `each`.
    conditions : tuple of Condition
    each : bool
    max : float, optional
        The most that it gives or, if `points` is negative, takes.
    decay : Decay, optional
        By the age of the first condition's property.
    """

    name: str
    points: float
    conditions: tuple[Condition, ...]
    each: bool = False
    max: float | None = None
    decay: Decay | None = None

    @property
    def properties(self) -> tuple[str, ...]:
        """The properties that it looks at, each once, in order."""
        return tuple(dict.fromkeys(condition.name for condition in self.conditions))


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that share limits.

    Attributes
    ----------
    name : str
    rules : tuple of Rule
    kind : {"fit", "engagement"}
        Who they are, or what they did.
    min, max : float, optional
        The least and the most that the group gives in all; 0 lies between them.
    """

    name: str
    rules: tuple[Rule, ...]
    kind: str = "fit"
    min: float | None = None
    max: float | None = None


def default_name(conditions: Sequence[Condition], *, each: bool) -> str:
    """Return what a rule is called that was given no name.

    Examples
    --------
    >>> default_name([Condition("visits", "known", in_last=7)], each=True)
    'each of visits in the last 7 days'
    """
    told = described(conditions)
    return f"each of {told}".replace(" is known", "", 1) if each else told


def described(conditions: Sequence[Condition]) -> str:
    """Return conditions in words.

    Examples
    --------
    >>> described([Condition("seats", "at_least", 5), Condition("seats", "less_than", 9.5)])
    'seats is at least 5 and seats is less than 9.5'
    """
    return " and ".join(map(str, conditions))
