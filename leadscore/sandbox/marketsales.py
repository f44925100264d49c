"""Lifecycle stages and deals: what follows from what contacts and salespeople did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadscore.sandbox import marketconstants as fixed
from leadscore.sandbox.marketjourneys import NEVER, Journeys
from leadscore.sandbox.marketpeople import Floats, Ints, stream
from leadscore.sandbox.marketruns import ends, running
from leadscore.sandbox.markettime import DAY_MS

__all__ = ["MINUTE", "Deals", "deals", "stage_times"]

MINUTE = 60_000
_MOST_DEALS = 4


@dataclass(frozen=True)
class Deals:
    """The deals of a chunk, in order of contact and creation.

    Parameters
    ----------
    row, number : array of int64
        The contact in the chunk, and the how manieth of its deals it is, from 0.
    created, closed : array of int64
        Epoch milliseconds; ``closed`` is `NEVER` for open ones.
    won : array of bool
    amount : array of int64
        In cents.
    moves : array of int64, shape (4, n)
        When it would enter the next four stages, if it is still open.
    """

    row: Ints
    number: Ints
    created: Ints
    closed: Ints
    won: np.ndarray[tuple[int], np.dtype[np.bool_]]
    amount: Ints
    moves: Ints


def deals(found: Journeys, seed: int) -> Deals:
    """Return the deals of a chunk.

    A deal follows from a meeting, whatever becomes of it later. Who becomes a customer wins the
    deal that is open, or buys without a salesperson: then the deal is won when it is made.
    """
    row, created, lost = _met(found)
    converted = found.converted[row]
    open_then = (lost > converted) & (converted < NEVER)
    # Of several open deals the newest is the one that is won.
    won = open_then & ends(np.where(open_then, row, -1))
    alone = np.flatnonzero(found.converted < NEVER)
    alone = alone[~np.isin(alone, row[won])]
    at = found.converted[alone]
    row = np.concatenate([row, alone])
    created = np.concatenate([created, at])
    closed = np.concatenate([np.where(won, converted, lost), at])
    won = np.concatenate([won, np.ones(len(alone), dtype=np.bool_)])
    order = np.lexsort((created, row))
    row, created, closed, won = row[order], created[order], closed[order], won[order]
    number = running(row) - 1
    rng = stream(seed, 51, found.who.chunk)
    return Deals(
        row=row,
        number=number,
        created=created,
        closed=np.where(closed <= found.limit[row], closed, NEVER),
        won=won,
        amount=_amounts(rng, found.who.size)[number, row],
        moves=created + _waits(rng, len(found.who))[:, number, row],
    )


def _met(found: Journeys) -> tuple[Ints, Ints, Ints]:
    """Return deals that follow from meetings: contact, creation, when they would be lost."""
    touches = found.acts.touches.kept(found.acts.touches.dealt)
    created = touches.at + 45 * MINUTE
    low, high = fixed.DEAL_LOST_DAYS
    lost = created + ((low + (high - low) * touches.patience) * DAY_MS).astype(np.int64)
    last = np.minimum(found.limit, found.converted - 1)
    keep = (created <= last[touches.row]) & (running(touches.row) <= _MOST_DEALS)
    return touches.row[keep], created[keep], lost[keep]


def _amounts(rng: np.random.Generator, size: Ints) -> Ints:
    """Return amounts by number (row) and contact (column)."""
    noise = rng.normal(size=(_MOST_DEALS + 1, len(size)))
    euros = np.round(np.exp(7.0 + 0.4 * size + 0.5 * noise), -1)
    return np.asarray(euros * 100).astype(np.int64)


def _waits(rng: np.random.Generator, n: int) -> Ints:
    """Return how long deals take to reach their next stages: by stage, number, contact."""
    days = rng.exponential(fixed.DEAL_STAGE_DAYS, (4, _MOST_DEALS + 1, n)) + 0.5
    return np.asarray(np.cumsum(days, axis=0) * DAY_MS).astype(np.int64)


def stage_times(found: Journeys, sold: Deals) -> Ints:
    """Return when contacts entered the six stages: shape (6, n), `NEVER` where they did not.

    Stages only go up; a stage that is skipped has no time.
    """
    n = len(found.who)
    times = np.full((6, n), NEVER)
    newsletter = (found.who.form == 0) | found.who.offline
    times[0] = np.where(newsletter, found.who.created, NEVER)
    times[1] = np.where(newsletter, _first_asked(found), found.who.created)
    times[2] = _qualified(found)
    touches = found.acts.touches
    met = touches.kept(touches.met)
    np.minimum.at(times[3], met.row, met.at + 30 * MINUTE)
    np.minimum.at(times[4], sold.row, sold.created)
    times[5] = found.converted
    times = np.where(times <= found.limit, times, NEVER)
    for stage in range(4, -1, -1):
        above = times[stage + 1 :].min(axis=0)
        times[stage] = np.where(times[stage] < above, times[stage], NEVER)
    return times


def _first_asked(found: Journeys) -> Ints:
    """Return when a contact first sent a form that is no newsletter, or was reached by a call."""
    touches = found.acts.touches
    asked = touches.kept((touches.form > 0) | touches.connected)
    first = np.full(len(found.who), NEVER)
    np.minimum.at(first, asked.row, asked.at)
    return first


def _qualified(found: Journeys) -> Ints:
    """Return when a contact's points first reach the threshold."""
    row, at, points = _points(found)
    order = np.lexsort((at, row))
    row, at = row[order], at[order]
    reached = running(row, np.round(points[order])) >= fixed.QUALIFIED_POINTS
    first = np.full(len(found.who), NEVER)
    np.minimum.at(first, row[reached], at[reached] + MINUTE)
    return first


def _points(found: Journeys) -> tuple[Ints, Ints, Floats]:
    visits, mails, touches = found.acts.visits, found.acts.mails, found.acts.touches
    opened = mails.kept(mails.read > 0)
    asked = touches.kept(touches.form > 0)
    visit, price, opening, click, form = fixed.POINTS
    return (
        np.concatenate([visits.row, opened.row, asked.row]),
        np.concatenate([visits.at, opened.read, asked.at]),
        np.concatenate(
            [
                visit + price * visits.priced,
                opening + click * opened.clicked,
                form * asked.form,
            ]
        ),
    )
