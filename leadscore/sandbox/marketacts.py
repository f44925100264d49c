"""What the contacts of the simulated market would do if none of them became a customer.

Each kind of act is a Poisson process given the traits, or a choice at a given time; marks (a call
after a form) are choices too. So what comes is independent of what was, given the traits, and the
oracle can average over it without drawing.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from leadscore.sandbox import marketconstants as fixed
from leadscore.sandbox.marketpeople import Flags, Floats, Ints, Traits, stream
from leadscore.sandbox.marketrates import Rates, mailing_days, opening, surge_level
from leadscore.sandbox.markettime import activity, to_ms

__all__ = ["MAIL_TIME", "OPEN_WITHIN", "Acts", "Mails", "Touches", "Visits", "acts", "arrivals"]

# A mail goes out after a quarter of the day, and is opened within the next seven tenths.
MAIL_TIME, OPEN_WITHIN = 0.25, 0.7


class _Sorted:
    """Acts in order of contact and time: ``row`` (in the chunk) and ``at`` (epoch ms)."""

    row: Ints
    at: Ints

    def kept(self, keep: npt.NDArray[Any]) -> Self:
        """Return some of the acts: flags, or places in order."""
        return type(self)(**{f.name: getattr(self, f.name)[keep] for f in fields(self)})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Visits(_Sorted):
    """Sessions: ``pages`` seen, whether the pricing page was, by which new ``source`` (or -1)."""

    row: Ints
    at: Ints
    pages: Ints
    priced: Flags
    source: Ints


@dataclass(frozen=True)
class Mails(_Sorted):
    """Marketing mails by time sent; ``read`` (epoch ms) is 0 for those that are not opened."""

    row: Ints
    at: Ints
    read: Ints
    clicked: Flags


@dataclass(frozen=True)
class Touches(_Sorted):
    """Forms (place in `FORMS`, -1 for a call out of the blue) and what came of them.

    ``patience`` in [0, 1) says how long a deal that follows would stay open.
    """

    row: Ints
    at: Ints
    form: Ints
    called: Flags
    connected: Flags
    met: Flags
    dealt: Flags
    patience: Floats


@dataclass(frozen=True)
class Acts:
    """All acts of a chunk."""

    visits: Visits
    mails: Mails
    touches: Touches


def acts(who: Traits, rate: Rates, *, seed: int, stop: int) -> Acts:
    """Draw what a chunk's contacts do until ``stop``, a day since 1970.

    Notes
    -----
    Unsubscribing is a trait, so it cuts the mails here; a conversion cuts acts later.
    """
    return Acts(
        visits=_visits(who, rate, seed, stop),
        mails=_mails(who, rate, seed, stop),
        touches=_touches(who, rate, seed, stop),
    )


def arrivals(
    rng: np.random.Generator, who: Traits, rate: tuple[Floats, Floats], begin: Floats, stop: int
) -> tuple[Ints, Floats]:
    """Draw the times of a Poisson process from ``begin`` (working time) to ``stop``.

    Returns
    -------
    tuple of array
        Rows in the chunk, ascending, and working times, ascending within a row.
    """
    rows, times = _always(rng, rate[0], begin, stop)
    found = [(rows, times)]
    for since, size, fading in zip(who.since, who.surge, who.fading, strict=True):
        found.append(_surging(rng, rate[1] * size * fading, since, fading, stop))
    row = np.concatenate([rows for rows, _ in found])
    time = np.concatenate([times for _, times in found])
    order = np.lexsort((time, row))
    return row[order], time[order]


def _always(
    rng: np.random.Generator, rate: Floats, begin: Floats, stop: int
) -> tuple[Ints, Floats]:
    first = int(np.floor(begin.min())) if len(begin) else stop
    days = np.arange(min(first, stop), stop + 1)
    passed = np.concatenate([[0.0], np.cumsum(activity(days[:-1]))])
    before = np.interp(begin, days, passed)
    rows = np.repeat(np.arange(len(rate)), rng.poisson(rate * (passed[-1] - before)))
    drawn = before[rows] + rng.random(len(rows)) * (passed[-1] - before[rows])
    return rows, np.interp(drawn, passed, days)


def _surging(
    rng: np.random.Generator, total: Floats, since: Floats, fading: Floats, stop: int
) -> tuple[Ints, Floats]:
    share = 1.0 - np.exp(-np.maximum(stop - since, 0.0) / fading)
    rows = np.repeat(np.arange(len(total)), rng.poisson(total * share))
    passed = -np.log1p(-rng.random(len(rows)) * share[rows]) * fading[rows]
    return rows, since[rows] + passed


def _visits(who: Traits, rate: Rates, seed: int, stop: int) -> Visits:
    row, work = arrivals(stream(seed, 30, who.chunk), who, rate.visit, who.born, stop)
    rng = stream(seed, 31, who.chunk)
    busy = np.exp(0.25 * who.intent[row])
    source = rng.integers(0, fixed.OFFLINE, len(row))
    return Visits(
        row=row,
        at=to_ms(work),
        pages=1 + rng.poisson(fixed.PAGES_PER_VISIT * busy),
        priced=rng.random(len(row)) < rate.priced[row],
        source=np.where(rng.random(len(row)) < fixed.NEW_SOURCE_SHARE, source, -1),
    )


def _mails(who: Traits, rate: Rates, seed: int, stop: int) -> Mails:
    first = int(np.floor(who.born.min()))
    days = np.arange(first, stop)[:, None]
    due = mailing_days(who, days) & (days < np.floor(who.optout))
    row, place = np.nonzero(due.T)
    day = first + place
    level = _level_at(who, row, day.astype(np.float64))
    rng = stream(seed, 32, who.chunk)
    picked = Rates.take(rate, row)
    read = rng.random(len(row)) < opening(picked, level)
    when = to_ms(day + MAIL_TIME + OPEN_WITHIN * rng.random(len(row)))
    return Mails(
        row=row,
        at=to_ms(np.asarray(day + MAIL_TIME)),
        read=np.where(read, when, 0),
        clicked=read & (rng.random(len(row)) < rate.clicked[row]),
    )


def _level_at(who: Traits, row: Ints, day: Floats) -> Floats:
    return surge_level(who.take(row), day)


def _touches(who: Traits, rate: Rates, seed: int, stop: int) -> Touches:
    rng = stream(seed, 33, who.chunk)
    asked, asked_at = arrivals(rng, who, rate.form, who.born, stop)
    calls, calls_at = _always(stream(seed, 34, who.chunk), rate.call, who.born, stop)
    which = (rng.random(len(asked)) > np.cumsum(rate.which, axis=0)[:-1, asked]).sum(axis=0)
    born = np.arange(len(who))
    row = np.concatenate([born, asked, calls])
    at = np.concatenate([who.created, to_ms(asked_at), to_ms(calls_at)])
    form = np.concatenate([np.where(who.offline, -2, who.form), which, np.full(len(calls), -1)])
    order = np.lexsort((at, row))
    return _marked(stream(seed, 35, who.chunk), rate, row[order], at[order], form[order])


def _marked(rng: np.random.Generator, rate: Rates, row: Ints, at: Ints, form: Ints) -> Touches:
    """Decide what comes of forms and calls; -2 stands for an import, of which nothing comes."""
    luck = rng.random((5, len(row)))
    after_form = luck[0] < rate.called[np.maximum(form, 0), row]
    called = np.where(form >= 0, after_form, form == -1)
    connected = called & (luck[1] < rate.connected[row])
    met = connected & (luck[2] < rate.met[row])
    dealt = met & (luck[3] < rate.dealt[row])
    return Touches(row, at, form, called, connected, met, dealt, luck[4])
