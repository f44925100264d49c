"""A simulated market: who comes in, what they do, who becomes a customer.

Contacts come over time, visit, open, ask and are called; some become customers. Whether and when
depends on hidden traits, on what they did lately and on the season: `World.oracle` knows. All that
is recorded is recorded as HubSpot would: by property, with its history, so that what was known at
some moment can be told from what is known today.

The constants are frozen: see `leadscore.sandbox.marketconstants`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import numpy as np
import pandas as pd

from leadscore.errors import UsageError
from leadscore.sandbox import marketconstants as fixed
from leadscore.sandbox import marketfields as field
from leadscore.sandbox.marketchances import chances, solved
from leadscore.sandbox.marketfate import Market
from leadscore.sandbox.marketframe import current_values
from leadscore.sandbox.markethistory import Batch, Entries, Links
from leadscore.sandbox.marketjourneys import Plan
from leadscore.sandbox.marketpeople import population
from leadscore.sandbox.marketrecords import batches, contact_ids, names, row_of
from leadscore.sandbox.markettime import DAY_MS
from leadscore.sandbox.standard import standard_properties

__all__ = ["Batch", "Entries", "Links", "World", "simulate"]

CHUNK = 5000
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}\Z")
Moments = datetime | str | Sequence[Any] | None


@dataclass(frozen=True, eq=False)
class World:
    """A simulated market at one moment. Nothing of it is kept: each reading draws it again.

    Parameters
    ----------
    plan : Plan
        What it is drawn from.
    leak : str, optional
        A property that tells the outcome.
    history : bool
        Whether `batches` give all entries, or the last of each property only.
    """

    plan: Plan
    leak: str | None = None
    history: bool = True

    @property
    def now(self) -> pd.Timestamp:
        """The moment at which the market is seen, UTC: nothing in it is later."""
        return pd.Timestamp(self.plan.now, unit="ms", tz="UTC").as_unit("us")

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """The properties of each kind; `Entries.property` is a place here."""
        return names(self.leak)

    @property
    def sources(self) -> tuple[tuple[str, str], ...]:
        """The sourceType and sourceId of changes; `Entries.source` is a place here."""
        return field.SETTERS

    @property
    def owners(self) -> list[tuple[int, str, str, str]]:
        """The salespeople: id, mail address, first name, last name."""
        return list(field.OWNERS)

    @property
    def properties(self) -> list[dict[str, Any]]:
        """The definitions of the custom contact properties, as in the body of POST properties."""
        planted = [field.leak_definition(self.leak)] if self.leak else []
        return field.market_definitions() + planted

    def batches(self) -> Iterator[Batch]:
        """Give all records, chunk by chunk: companies, contacts, deals; the same each time.

        Examples
        --------
        >>> world = simulate(contacts=100, seed=1, now="2026-01-01")
        >>> [(batch.kind, len(batch.ids)) for batch in world.batches()][:2]
        [('companies', 50), ('contacts', 101)]
        """
        return batches(self.plan, leak=self.leak, history=self.history)

    @property
    def contacts(self) -> pd.DataFrame:
        """The current values of the contacts that are not archived.

        Index: record id (str), in order of creation. Columns: contact property names; number
        float64, bool boolean, date and datetime datetime64[us, UTC], multiple checkboxes lists,
        everything else str.
        """
        every = batches(self.plan, leak=self.leak, history=False)
        found = (batch for batch in every if batch.kind == "contacts")
        return current_values(found, self.names["contacts"], self._kinds())

    def _kinds(self) -> dict[str, tuple[str, str]]:
        known = {**standard_properties("contacts"), **{p["name"]: p for p in self.properties}}
        return {name: (found["type"], found["fieldType"]) for name, found in known.items()}

    def oracle(
        self, ids: Sequence[str] | None = None, at: Moments = None, *, within: str = "90D"
    ) -> pd.Series[float]:
        """Return the true probability that contacts become customers.

        It is the probability given everything: hidden traits, all acts so far, and the time.

        Parameters
        ----------
        ids : sequence of str, optional
            Record ids, in any order, repeated or not. Default: all contacts that are not archived.
        at : datetime, str, or a sequence of them as long as ``ids``, optional
            The moment from which on a conversion counts. Default: each contact's creation.
        within : str
            How long it counts.

        Returns
        -------
        Series of float64, indexed by record id
            NaN where the contact does not exist yet, is a customer already, or is gone by then.

        Raises
        ------
        UsageError
            ``at`` lies after now, or does not have the length of ``ids``.

        Examples
        --------
        >>> world = simulate(contacts=100, seed=1, now="2026-01-01")
        >>> bool(world.oracle().between(0, 1).all())
        True
        """
        who = self.plan.who
        live = np.flatnonzero(who.archived > self.plan.now)
        index = list(ids) if ids is not None else contact_ids(live).astype(str).tolist()
        rows = row_of(np.array([int(one) for one in index], dtype=np.int64), len(who.created))
        moments = self._moments(at, rows)
        found = chances(self.plan, rows, moments, _milliseconds(within))
        return pd.Series(
            np.round(found, 12), index=pd.Index(index, dtype="str"), name="probability"
        )

    def _moments(self, at: Moments, rows: Any) -> Any:
        if at is None:
            return self.plan.who.created[np.maximum(rows, 0)]
        several = not isinstance(at, str) and isinstance(
            at, (Sequence, np.ndarray, pd.Index, pd.Series)
        )
        stamps = pd.to_datetime(pd.Series(list(cast("Any", at)) if several else [at]), utc=True)
        moments = stamps.astype("datetime64[ms, UTC]").astype("int64").to_numpy()
        if several and len(moments) != len(rows):
            message = f"There are {len(moments):,} moments for {len(rows):,} contacts."
            raise UsageError(message, hint="Give one moment for all, or one for each id.")
        if (moments > self.plan.now).any():
            message = "The oracle was asked about a moment after the world's now."
            raise UsageError(message, hint="Ask about moments up to World.now.")
        return np.broadcast_to(moments, rows.shape)


def simulate(
    *,
    contacts: int = 2000,
    seed: int = 0,
    now: datetime | str | None = None,
    span: str = "730D",
    base_rate: float | None = None,
    drift: datetime | str | None = None,
    leak: str | None = None,
    signal: bool = True,
    history: bool = True,
) -> World:
    """Simulate a market.

    Parameters
    ----------
    contacts : int
        How many contacts there are, not counting the archived, who come on top.
    seed : int
        The same options give the same world.
    now : datetime or str, optional
        The moment at which the portal is seen; without a zone it is UTC. Default: today, 00:00
        UTC.
    span : str
        Contacts came in during this time before now.
    base_rate : float, optional
        Share of contacts that become customers within 90 days of their creation, before any
        drift. Default: 0.07; about one in ten
        contacts of two years is a customer.
    drift : datetime or str, optional
        From this day on the market is another: fewer buy, paid search brings nobody any more,
        other interests matter.
    leak : str, optional
        Name of a contact property that looks innocent and is set once the outcome is known: a
        number, or an enumeration if the name ends in tier, level, status, class, grade or segment.
    signal : bool
        False: whoever it is and whatever they do, they convert at the same constant rate.
    history : bool
        False: `World.batches` give the last entry of each property only; the market is the same.

    Returns
    -------
    World

    Raises
    ------
    UsageError
        The options describe no world.

    Examples
    --------
    >>> world = simulate(contacts=100, seed=1, now="2026-01-01")
    >>> len(world.contacts), world.contacts["createdate"].max() < world.now
    (100, True)
    """
    _check(contacts, seed, base_rate, leak)
    moment = int(_moment(now).timestamp() * 1000)
    today = moment // DAY_MS
    days = _milliseconds(span) // DAY_MS
    if days < 1:
        message = f"A span of {span} is too short."
        raise UsageError(message, hint="Give a day or more, such as 365D.")
    scale = _log_scale(base_rate, signal=signal)
    day = None if drift is None else -(-int(_moment(drift).timestamp() * 1000) // DAY_MS)
    market = Market(today - days, today, scale, day, signal)
    return World(_plan(contacts, seed, moment, market), leak, history)


def _plan(contacts: int, seed: int, now: int, market: Market) -> Plan:
    who = population(seed=seed, contacts=contacts, start=market.start, stop=market.today, now=now)
    return Plan(seed, contacts, now, market, who, CHUNK)


def _log_scale(base_rate: float | None, *, signal: bool) -> float:
    if not signal:
        rate = fixed.BASE_RATE if base_rate is None else base_rate
        return float(np.log(-np.log1p(-rate) / 90.0))
    if base_rate is None:
        return fixed.LOG_HAZARD
    today = fixed.REFERENCE_DAY
    market = Market(today - 730, today)
    return solved(_plan(fixed.REFERENCE_CONTACTS, 0, today * DAY_MS, market), base_rate)


def _check(contacts: int, seed: int, base_rate: float | None, leak: str | None) -> None:
    if contacts < 1 or seed < 0:
        message = f"A world of {contacts} contacts with seed {seed} cannot be simulated."
        raise UsageError(message, hint="Ask for at least one contact and a seed of 0 or more.")
    if base_rate is not None and not 0.001 <= base_rate <= 0.5:
        message = f"A base rate of {base_rate} cannot be simulated."
        raise UsageError(message, hint="Give a share between 0.001 and 0.5, such as 0.08.")
    taken = {*standard_properties("contacts"), *field.NAMES["contacts"]}
    if leak is not None and (not _NAME.match(leak) or leak in taken):
        message = f"{leak!r} cannot be the name of a leak."
        raise UsageError(message, hint="Give a new property name, such as account_review_score.")


def _moment(now: datetime | str | None) -> pd.Timestamp:
    if now is None:
        return pd.Timestamp.now("UTC").floor("D").as_unit("us")
    try:
        moment = pd.Timestamp(now)
    except ValueError as problem:
        message = f"{now!r} is no moment."
        raise UsageError(message, hint="Write it as 2026-01-31 or 2026-01-31T12:00Z.") from problem
    return moment.tz_localize("UTC") if moment.tz is None else moment.tz_convert("UTC")


def _milliseconds(duration: str) -> int:
    try:
        found = pd.Timedelta(duration)
    except ValueError as problem:
        message = f"{duration!r} is no duration."
        raise UsageError(message, hint="Write it as 90D.") from problem
    if not pd.Timedelta(0) < found < pd.Timedelta("7300D"):
        message = f"{duration!r} is not between 0 and 20 years."
        raise UsageError(message, hint="Write it as 90D.")
    return int(found / pd.Timedelta("1ms"))
