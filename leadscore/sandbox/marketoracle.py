"""The true probability that a contact becomes a customer, given all that is hidden.

Given its traits, a contact's future acts are Poisson or independent choices, and its hazard is
linear in the momenta they add to. So the expectation of survival over all futures is a product
(the Laplace functional of a Poisson process): with m(D) the hazard without momentum, f the fading
a day and w(u) = sum over D > u of m(D) f^(D-1-u), an act on day u that adds c costs c w(u), and

    survival = exp(-sum m) * exp(-past momenta) * product over u of E exp(-c w(u)).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from leadscore.sandbox import marketconstants as fixed
from leadscore.sandbox.marketacts import MAIL_TIME, OPEN_WITHIN, Acts
from leadscore.sandbox.marketfate import Jumps, Market, Momentum, hazard, jumps
from leadscore.sandbox.marketrates import FADING, Rates, mailing_days, opening, surge_level
from leadscore.sandbox.markettime import DAY_MS, activity, to_work

if TYPE_CHECKING:
    from leadscore.sandbox.marketpeople import Flags, Floats, Ints, Traits

__all__ = ["State", "conversion_probability", "state"]

_SPAN = 2**43  # more milliseconds than there are to 2200


@dataclass(frozen=True)
class State:
    """What has happened to contacts by some moment: ``n`` entries each.

    Parameters
    ----------
    now : array of float64
        Working time.
    web, sales : array of float64, shape (2, n)
        Momentum at the beginning of the day, and what the day has added to it so far.
    opened : array of bool
        Today's mail was opened already.
    """

    now: Floats
    web: Floats
    sales: Floats
    opened: Flags


def state(done: Acts, rate: Rates, past: Momentum, places: Ints, at: Ints) -> State:
    """Return the state of the contacts at some places at some moments (epoch ms)."""
    now = to_work(at)
    day = np.floor(now).astype(np.int64)
    found = jumps(done, rate)
    held = [_held(kept, past.first, places, day) for kept in (past.web, past.sales)]
    added = [_sum(one, places, day * DAY_MS, at) for one in found]
    mails = done.mails.kept(done.mails.read > 0)
    opened = Jumps(mails.row, mails.read, np.ones(len(mails.row)))
    return State(
        now=now,
        web=np.stack([held[0], added[0]]),
        sales=np.stack([held[1], added[1]]),
        opened=_sum(opened, places, day * DAY_MS, at) > 0,
    )


def _held(kept: Floats | None, first: int, places: Ints, day: Ints) -> Floats:
    assert kept is not None
    return kept[day - first, places]


def _sum(found: Jumps, places: Ints, begin: Ints, end: Ints) -> Floats:
    total = np.concatenate([[0.0], np.cumsum(found.size)])
    key = found.row * _SPAN + found.at
    last = np.searchsorted(key, places * _SPAN + end, side="right")
    return np.asarray(total[last] - total[np.searchsorted(key, places * _SPAN + begin)])


def conversion_probability(
    market: Market, who: Traits, rate: Rates, known: State, within: Floats
) -> Floats:
    """Return the probability of a conversion after ``known.now`` and by ``within``.

    Parameters
    ----------
    within : array of float64
        Working times; none is further from ``known.now`` than the others by more than a day.
    """
    first = np.floor(known.now).astype(np.int64)
    length = int(np.ceil((within - first).max()))
    day = first + np.arange(length)[:, None]
    low = np.maximum(day, known.now)
    high = np.maximum(low, np.minimum(day + 1, within))
    base = hazard(market, who, rate, day) * (high - low)
    total = base.sum(axis=0)
    if market.signal:
        weights = [_weights(base, fading) for fading in FADING]
        total += _past(base, weights, known)
        total += _visits_to_come(who, rate, day, low, high, weights[0])
        total += _mails_to_come(who, rate, known, day, weights[0])
        total += _touches_to_come(who, rate, day, low, high, weights[1])
    return np.asarray(-np.expm1(-total))


def _weights(base: Floats, fading: float) -> Floats:
    """Return what one unit added on a day will cost from the next day on."""
    weights = np.zeros_like(base)
    for k in range(len(base) - 2, -1, -1):
        weights[k] = base[k + 1] + fading * weights[k + 1]
    return weights


def _past(base: Floats, weights: list[Floats], known: State) -> Floats:
    cost = np.zeros(base.shape[1])
    for held, weight, fading in zip((known.web, known.sales), weights, FADING, strict=True):
        cost += held[0] * (base[0] + fading * weight[0]) + held[1] * weight[0]
    return cost


def _expected(
    who: Traits, rate: tuple[Floats, Floats], day: Ints, low: Floats, high: Floats
) -> Floats:
    """Return the expected number of arrivals from ``low`` to ``high`` on each day."""
    found = rate[0] * activity(day) * (high - low)
    for since, size, fading in zip(who.since, who.surge, who.fading, strict=True):
        left = np.exp(-np.maximum(low - since, 0.0) / fading)
        left -= np.exp(-np.maximum(high - since, 0.0) / fading)
        found += rate[1] * size * fading * left
    return found


def _visits_to_come(
    who: Traits, rate: Rates, day: Ints, low: Floats, high: Floats, weight: Floats
) -> Floats:
    cost = rate.web * weight
    left = np.exp(-cost * fixed.VISIT_JUMP)
    left *= 1.0 - rate.priced * -np.expm1(-cost * fixed.PRICING_JUMP)
    return np.asarray((_expected(who, rate.visit, day, low, high) * (1.0 - left)).sum(axis=0))


def _mails_to_come(who: Traits, rate: Rates, known: State, day: Ints, weight: Floats) -> Floats:
    due = mailing_days(who, day) & (day < np.floor(who.optout))
    chance = np.where(due, opening(rate, surge_level(who, day.astype(np.float64))), 0.0)
    # Today's mail may be on its way: it was not opened so far.
    passed = np.clip((known.now - day[0] - MAIL_TIME) / OPEN_WITHIN, 0.0, 1.0)
    today = chance[0] * (1.0 - passed) / (1.0 - chance[0] * passed)
    chance[0] = np.where(known.opened, 0.0, today)
    cost = rate.web * weight
    left = np.exp(-cost * fixed.OPEN_JUMP)
    left *= 1.0 - rate.clicked * -np.expm1(-cost * fixed.CLICK_JUMP)
    return np.asarray(-np.log1p(-chance * (1.0 - left)).sum(axis=0))


def _touches_to_come(
    who: Traits, rate: Rates, day: Ints, low: Floats, high: Floats, weight: Floats
) -> Floats:
    cost = rate.sales * weight
    dealt = 1.0 - rate.dealt * -np.expm1(-cost * fixed.DEAL_JUMP)
    met = 1.0 - rate.met * (1.0 - np.exp(-cost * fixed.MEETING_JUMP) * dealt)
    got = 1.0 - rate.connected * (1.0 - np.exp(-cost * fixed.CONNECT_JUMP) * met)
    called = np.exp(-cost * fixed.CALL_JUMP) * got
    out_of_the_blue = rate.call * activity(day) * (high - low)
    left = np.zeros_like(cost)
    for share, chance, jump in zip(rate.which, rate.called, fixed.FORM_JUMPS, strict=True):
        left += share * np.exp(-cost * jump) * (1.0 - chance * (1.0 - called))
    forms = _expected(who, rate.form, day, low, high)
    return np.asarray((forms * (1.0 - left) + out_of_the_blue * (1.0 - called)).sum(axis=0))
