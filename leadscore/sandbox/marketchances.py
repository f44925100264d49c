"""The oracle over a whole world, and the hazard that gives a base rate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from leadscore.sandbox.marketjourneys import Latent, Plan, conversions, latent
from leadscore.sandbox.marketoracle import State, conversion_probability, state
from leadscore.sandbox.markettime import DAY_MS, to_work

if TYPE_CHECKING:
    from leadscore.sandbox.marketfate import Market
    from leadscore.sandbox.marketpeople import Floats, Ints, Traits
    from leadscore.sandbox.marketrates import Rates

__all__ = ["chances", "solved"]

_AT_ONCE = 4096


def chances(plan: Plan, rows: Ints, at: Ints, within: int) -> Floats:
    """Return the probability of a conversion in (at, at + within]; NaN for those who are not open.

    Parameters
    ----------
    rows : array of int64
        Rows of contacts in the population; -1 for a contact that is gone.
    at : array of int64
        Epoch milliseconds.
    within : int
        Milliseconds.
    """
    found = np.full(len(rows), np.nan)
    there = np.flatnonzero(rows >= 0)
    chunk = rows[there] // plan.chunk
    for one in np.unique(chunk).tolist():
        places = there[chunk == one]
        found[places] = _chunk(plan, one, rows[places], at[places], within)
    return found


def _chunk(plan: Plan, chunk: int, rows: Ints, at: Ints, within: int) -> Floats:
    drawn = latent(plan, chunk, keep=True)
    place = rows - plan.rows(chunk).start
    end = np.minimum(plan.who.archived[rows], conversions(plan, drawn)[place])
    open_then = np.flatnonzero((at >= drawn.who.created[place]) & (at < end))
    found = np.full(len(rows), np.nan)
    for first in range(0, len(open_then), _AT_ONCE):
        some = open_then[first : first + _AT_ONCE]
        found[some] = _open(plan, drawn, place[some], at[some], within)
    return found


def _open(plan: Plan, drawn: Latent, place: Ints, at: Ints, within: int) -> Floats:
    who, rate, known = _known(drawn, place, at)
    return conversion_probability(plan.market, who, rate, known, to_work(at + within))


def _known(drawn: Latent, place: Ints, at: Ints) -> tuple[Traits, Rates, State]:
    known = state(drawn.acts, drawn.rate, drawn.past, place, at)
    return drawn.who.take(place), drawn.rate.take(place), known


def solved(plan: Plan, base_rate: float) -> float:
    """Return the log of the hazard's scale at which so many convert in 90 days of creation.

    Notes
    -----
    By bisection on the mean of the oracle over a plan's contacts, from their creation on.
    """
    known = [_newborn(latent(plan, chunk, keep=True)) for chunk in range(plan.chunks)]
    low, high = -16.0, 0.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        market = replace(plan.market, log_scale=middle)
        low, high = (middle, high) if _mean(market, known) < base_rate else (low, middle)
    return round((low + high) / 2, 3)


def _newborn(drawn: Latent) -> tuple[Traits, Rates, State]:
    return _known(drawn, np.arange(len(drawn.who)), drawn.who.created)


def _mean(market: Market, known: list[tuple[Traits, Rates, State]]) -> float:
    within = 90 * DAY_MS
    each = [
        conversion_probability(market, who, rate, at, to_work(who.created + within))
        for who, rate, at in known
    ]
    return float(np.concatenate(each).mean())
