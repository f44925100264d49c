"""Who becomes a customer, and when: a hazard that depends on traits, acts and the season.

On day D the hazard of contact i is

    hazard_i * scale * season(D) * level_i(D) * (1 + web_i(D-1) + sales_i(D-1)),

where web and sales are momenta: an act adds to one of them, and they fade by a constant factor a
day. Within a day it is constant over the working hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from leadscore.sandbox import marketconstants as fixed
from leadscore.sandbox.marketrates import FADING, Rates, surge_level
from leadscore.sandbox.markettime import DAY_MS, seasons

if TYPE_CHECKING:
    from collections.abc import Iterator

    from leadscore.sandbox.marketacts import Acts, Mails, Touches, Visits
    from leadscore.sandbox.marketpeople import Floats, Ints, Traits

__all__ = ["Market", "Momentum", "hazard", "jumps", "momentum", "worth"]

_CELLS = 50_000  # of contacts and days, whose hazards are computed at once


@dataclass(frozen=True)
class Market:
    """What holds for all contacts of a world.

    Parameters
    ----------
    start, today : int
        Days since 1970.
    log_scale : float
        Log of the factor on every hazard.
    drift : int, optional
        The day since 1970 from which the market is another.
    signal : bool
        Without it the hazard is the same for all, always.
    """

    start: int
    today: int
    log_scale: float = fixed.LOG_HAZARD
    drift: int | None = None
    signal: bool = True


def hazard(market: Market, who: Traits, rate: Rates, day: npt.NDArray[np.int64]) -> Floats:
    """Return conversions per day without momentum: ``day`` has shape (k, 1) or (k, n)."""
    if not market.signal:
        same = np.broadcast_to(day, np.broadcast_shapes(day.shape, (len(who),)))
        later = np.where(_drifted(market, same), fixed.DRIFT_RATE, 0.0)
        constant: Floats = np.exp(market.log_scale + later)
        return constant
    first = int(day.min())
    table = seasons(np.arange(first, int(day.max()) + 1), market.start)
    level = fixed.FLOOR + surge_level(who, day.astype(np.float64))
    found = level * table[who.industry, day - first] * (rate.hazard * np.exp(market.log_scale))
    found *= np.where(day > np.floor(who.optout), fixed.OPTOUT_FACTOR, 1.0)
    found *= np.where(_drifted(market, day), np.exp(_shift(who)), 1.0)
    return np.asarray(found)


def _drifted(market: Market, day: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    return np.asarray(day >= (np.inf if market.drift is None else market.drift))


def _shift(who: Traits) -> Floats:
    source = np.array(fixed.DRIFT_SOURCE)[who.source]
    return np.asarray(fixed.DRIFT_RATE + source + np.array(fixed.DRIFT_INTEREST)[who.interest])


# --------------------------------------------------------------------------- momentum


@dataclass(frozen=True)
class Jumps:
    """What acts add to a momentum, in order of contact and time."""

    row: Ints
    at: Ints
    size: Floats


def jumps(done: Acts, rate: Rates) -> tuple[Jumps, Jumps]:
    """Return what acts add to the momentum on the web, and with salespeople."""
    visits, mails, touches = done.visits, done.mails, done.touches
    opened = mails.kept(mails.read > 0)
    row = np.concatenate([visits.row, opened.row])
    at = np.concatenate([visits.at, opened.read])
    size = np.concatenate([_visit_worth(visits), _mail_worth(opened)]) * rate.web[row]
    order = np.lexsort((at, row))
    web = Jumps(row[order], at[order], size[order])
    return web, Jumps(touches.row, touches.at, worth(touches) * rate.sales[touches.row])


def _visit_worth(visits: Visits) -> Floats:
    return np.asarray(fixed.VISIT_JUMP + fixed.PRICING_JUMP * visits.priced)


def _mail_worth(opened: Mails) -> Floats:
    return np.asarray(fixed.OPEN_JUMP + fixed.CLICK_JUMP * opened.clicked)


def worth(touches: Touches) -> Floats:
    """Return what forms and calls add, before the contact's own factor."""
    form = np.array([*fixed.FORM_JUMPS, 0.0, 0.0])[touches.form]
    return np.asarray(
        form
        + fixed.CALL_JUMP * touches.called
        + fixed.CONNECT_JUMP * touches.connected
        + fixed.MEETING_JUMP * touches.met
        + fixed.DEAL_JUMP * touches.dealt
    )


def by_day(found: Jumps, n: int, first: int, days: int) -> Floats:
    """Return the sums per day (row) and contact (column)."""
    place = (found.at // DAY_MS - first) * n + found.row
    sums = np.bincount(place, weights=found.size, minlength=n * days)
    return np.asarray(sums[: n * days].reshape(days, n), dtype=np.float64)


@dataclass(frozen=True)
class Momentum:
    """Conversions and the momenta at each day's beginning.

    Parameters
    ----------
    first : int
        Day since 1970 of the first row.
    converted : array of float64
        Working time; infinite for those who do not convert until the last day.
    web, sales : array, shape (days, n), or None
        The momenta at the beginning of the days.
    """

    first: int
    converted: Floats
    web: Floats | None
    sales: Floats | None


def momentum(
    market: Market, who: Traits, rate: Rates, done: Acts, luck: Floats, *, keep: bool = False
) -> Momentum:
    """Follow a chunk day by day until the end of today.

    Parameters
    ----------
    luck : array of float64
        How much hazard each contact outlives.
    keep : bool
        Keep the momenta of all days.
    """
    n, first = len(who), int(np.floor(who.born.min()))
    days = market.today + 2 - first  # the last one is for who looks at the end of today
    added = [by_day(found, n, first, days) for found in jumps(done, rate)]
    held = np.zeros((2, n))
    passed, converted = np.zeros(n), np.full(n, np.inf)
    daily = _hazards(market, who, rate, np.arange(first, first + days))
    for k, per_day in enumerate(daily):
        gains = (added[0][k].copy(), added[1][k].copy())
        if keep:
            added[0][k], added[1][k] = held
        awake = np.clip(first + k + 1 - who.born, 0.0, 1.0)
        drive = per_day * ((1.0 + held[0] + held[1]) if market.signal else 1.0)
        crossed = (passed < luck) & (passed + drive * awake >= luck)
        rest = (luck[crossed] - passed[crossed]) / drive[crossed]
        converted[crossed] = first + k + 1 - awake[crossed] + rest
        passed += drive * awake
        held = np.stack([held[0] * FADING[0] + gains[0], held[1] * FADING[1] + gains[1]])
    return Momentum(first, converted, *(added if keep else (None, None)))


def _hazards(market: Market, who: Traits, rate: Rates, days: Ints) -> Iterator[Floats]:
    """Yield the hazards of each day, many days at once where there are few contacts."""
    step = max(1, _CELLS // max(1, len(who)))
    for start in range(0, len(days), step):
        yield from hazard(market, who, rate, days[start : start + step, None])
