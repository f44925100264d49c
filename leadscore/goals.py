"""A goal and its horizon, and from them each contact's outcome."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from leadscore.errors import DataError, UsageError

__all__ = [
    "STAGES",
    "Goal",
    "as_text",
    "deal_won",
    "first_date",
    "outcomes",
    "parse_goal",
    "property_equals",
    "reaches",
    "within_horizon",
]

STAGE_PROPERTY = "lifecyclestage"
# What a contact goes through step by step: an earlier step is no goal in another dress.
STAGES = (STAGE_PROPERTY, "hs_lead_status")
_NOTHING = pd.Timedelta(0)


@dataclass(frozen=True, slots=True)
class Goal:
    """The outcome that is predicted.

    Made by `reaches`, `deal_won` or `property_equals`.

    Attributes
    ----------
    property_name, value : str
        The goal is reached when the property has the value. Of a won deal: its stage, and the
        pipeline, empty for any.
    within : pandas.Timedelta or None
        The horizon after the snapshot; None means at any time until the sync.
    object : {"contacts", "deals"}
        Whose property it is.
    """

    property_name: str
    value: str
    within: pd.Timedelta | None = None
    object: str = "contacts"

    @property
    def is_stage(self) -> bool:
        """Whether the goal is a lifecycle stage."""
        return self.property_name == STAGE_PROPERTY

    @property
    def of_deals(self) -> bool:
        """Whether the goal is a won deal."""
        return self.object == "deals"

    @property
    def columns(self) -> tuple[str, ...]:
        """The contact properties that can tell whether, and when, the goal was reached."""
        if self.of_deals:
            return ()
        if not self.is_stage:
            return (self.property_name,)
        # HubSpot API docs, "Lifecycle stages": the newer and the older date of entering a stage.
        dates = (f"hs_v2_date_entered_{self.value}", f"hs_lifecyclestage_{self.value}_date")
        return (self.property_name, *dates)

    def __str__(self) -> str:
        what = self.value if self.is_stage else f"{self.property_name}={self.value}"
        if self.of_deals:
            what = f"deal won in {self.value}" if self.value else "deal won"
        return what if self.within is None else f"{what} within {self.within.days} days"

    def as_dict(self) -> dict[str, Any]:
        """Return the goal as it stands on a model's card."""
        days = None if self.within is None else self.within.days
        facts = {"property": self.property_name, "value": self.value, "within_days": days}
        return facts | ({"object": self.object} if self.of_deals else {})

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> Goal:
        """Read a goal from a model's card; cards of before there were deals are about contacts."""
        days = facts.get("within_days")
        within = None if days is None else pd.Timedelta(days=days)
        return cls(facts["property"], facts["value"], within, facts.get("object", "contacts"))


def reaches(stage: str, *, within: str = "90D") -> Goal:
    """Reach a lifecycle stage within a horizon.

    Parameters
    ----------
    stage : str
        A lifecycle stage's internal name: ``customer``, ``salesqualifiedlead``, …
    within : str, default "90D"
        The horizon, as pandas writes durations.

    Examples
    --------
    >>> str(reaches("customer", within="90D"))
    'customer within 90 days'
    """
    return Goal(STAGE_PROPERTY, stage, _horizon(within))


def deal_won(*, within: str = "90D", pipeline: str | None = None) -> Goal:
    """Have a deal of the contact's enter a stage of won deals, within a horizon.

    Parameters
    ----------
    within : str, default "90D"
        The horizon, as pandas writes durations.
    pipeline : str, optional
        Only deals of this pipeline, by its id or label.

    Examples
    --------
    >>> str(deal_won(within="30D"))
    'deal won within 30 days'
    """
    return Goal("dealstage", pipeline or "", _horizon(within), "deals")


def property_equals(name: str, value: str, *, within: str | None = None) -> Goal:
    """Have a property take a value, within a horizon or at any time until the sync.

    Parameters
    ----------
    name, value : str
        The property's internal name, and its value as HubSpot writes it.
    within : str, optional
        The horizon, as pandas writes durations; it takes the property's history.

    Examples
    --------
    >>> str(property_equals("y", "yes"))
    'y=yes'
    >>> str(property_equals("hs_lead_status", "CONNECTED", within="30D"))
    'hs_lead_status=CONNECTED within 30 days'
    """
    return Goal(name, value, None if within is None else _horizon(within))


def parse_goal(text: str, *, within: str | None = None) -> Goal:
    """Read a goal as the command line writes it.

    Parameters
    ----------
    text : str
        ``STAGE``, ``deal_won``, ``deal_won:PIPELINE`` or ``PROPERTY=VALUE``.
    within : str, optional
        The horizon. Without it 90 days; of ``PROPERTY=VALUE`` none.

    Examples
    --------
    >>> parse_goal("y=yes").value
    'yes'
    >>> str(parse_goal("customer", within="30D"))
    'customer within 30 days'
    >>> str(parse_goal("deal_won:Partners"))
    'deal won in Partners within 90 days'
    """
    name, equals, value = (part.strip() for part in text.partition("="))
    if not name or (equals and not value):
        raise _unreadable(text)
    if equals:
        return property_equals(name, value, within=within)
    kind, colon, pipeline = (part.strip() for part in name.partition(":"))
    if kind != "deal_won":
        return reaches(name, within=within or "90D")
    if colon and not pipeline:
        raise _unreadable(text)
    return deal_won(within=within or "90D", pipeline=pipeline or None)


def _unreadable(text: str) -> UsageError:
    return UsageError(
        f"The goal {text!r} cannot be read.",
        hint="Write a lifecycle stage, deal_won, deal_won:PIPELINE or PROPERTY=VALUE.",
    )


def _horizon(within: str) -> pd.Timedelta:
    try:
        horizon = pd.Timedelta(within)
    except ValueError:
        horizon = pd.Timedelta(0)
    if not (horizon >= pd.Timedelta(days=1) and horizon % pd.Timedelta(days=1) == _NOTHING):
        raise UsageError(
            f"The horizon {within!r} is not a duration of whole days.", hint='Write "90D".'
        )
    return horizon


def outcomes(
    goal: Goal, contacts: pd.DataFrame, *, start: pd.Series, as_of: pd.Timestamp
) -> pd.DataFrame:
    """Tell for each contact whether the goal happened within the horizon after `start`.

    Parameters
    ----------
    goal : Goal
    contacts : DataFrame
        Typed columns by property name.
    start : Series of datetime64[us, UTC]
        The snapshot's time of each contact.
    as_of : Timestamp
        The time of the sync: nothing later is known.

    Returns
    -------
    DataFrame
        ``outcome`` (boolean; missing where it is not known yet, or not known when),
        ``reached`` (bool: the goal is reached by now, whenever that was).

    Raises
    ------
    DataError
        The store lacks the goal's property, or nothing tells when it got its value and the goal
        has a horizon.
    """
    if goal.property_name not in contacts:
        raise DataError(
            f"The store has no contact property {goal.property_name!r}.",
            hint="Choose another goal, or sync that property.",
        )
    if goal.within is None:
        return _ever(contacts[goal.property_name], goal.value)
    if not goal.is_stage:
        raise DataError(
            f"Nothing tells when a contact's {goal.property_name} became {goal.value!r}.",
            hint="Sync the history of that property, or leave out the horizon.",
        )
    return _within(goal, contacts, start, as_of)


def _ever(values: pd.Series, value: str) -> pd.DataFrame:
    text = as_text(values)
    reached = (text == value).fillna(value=False).astype(bool)
    # A blank means "no" only where "no" is never written.
    silent = text.dropna().eq(value).all()
    outcome = reached.astype("boolean").mask(text.isna() & ~reached & (not silent))
    return pd.DataFrame({"outcome": outcome, "reached": reached})


def as_text(values: pd.Series) -> pd.Series:
    """Return values as HubSpot writes them, missing where missing."""
    if isinstance(values.dtype, pd.BooleanDtype):
        return values.map({True: "true", False: "false"}).astype("str")
    if pd.api.types.is_numeric_dtype(values):
        return values.map(lambda v: f"{v:.15g}", na_action="ignore").astype("str")
    return values.astype("str")


def _within(
    goal: Goal, contacts: pd.DataFrame, start: pd.Series, as_of: pd.Timestamp
) -> pd.DataFrame:
    when = first_date(contacts, goal.columns[1:])
    reached = when.notna() | (as_text(contacts[goal.property_name]) == goal.value)
    outcome = within_horizon(goal, when, reached, start=start, as_of=as_of)
    return pd.DataFrame({"outcome": outcome, "reached": reached.astype(bool)})


def within_horizon(
    goal: Goal, when: pd.Series, reached: pd.Series, *, start: pd.Series, as_of: pd.Timestamp
) -> pd.Series:
    """Tell whether the goal happened within the horizon after `start`, where that is known by now.

    Parameters
    ----------
    goal : Goal
    when, start : Series of datetime64[us, UTC]
        When the goal was reached first, missing where it was not or is not known; the snapshot.
    reached : Series of bool
        Whether it is reached by now. Reached at an unknown time is an unknown outcome.
    as_of : Timestamp
        The time of the sync: nothing later is known.

    Returns
    -------
    Series of boolean
        Missing where the horizon has not passed yet, and for who had reached the goal before.
    """
    # Who had reached the goal before the snapshot is no row to learn from.
    known = (when.notna() | ~reached) & ~(when <= start)
    if goal.within is None:
        return when.notna().astype("boolean").where(known)
    end = start + goal.within
    return (when <= end).astype("boolean").where(known & (end <= as_of))


def first_date(contacts: pd.DataFrame, names: Iterable[str]) -> pd.Series:
    """Return the earliest of some dates of each contact; missing without any."""
    dates = [contacts[name] for name in names if name in contacts]
    if not dates:
        return pd.Series(pd.NaT, index=contacts.index, dtype="datetime64[us, UTC]")
    return pd.concat(dates, axis=1).min(axis=1)
