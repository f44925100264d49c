"""The journeys of a chunk of contacts: what they did until they converted, went, or until now."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadscore.sandbox import marketconstants as fixed
from leadscore.sandbox.marketacts import Acts, Mails, Visits, acts, arrivals
from leadscore.sandbox.marketfate import Market, Momentum, momentum
from leadscore.sandbox.marketpeople import Ints, Population, Traits, stream, traits
from leadscore.sandbox.marketrates import Rates, rates
from leadscore.sandbox.markettime import to_ms

__all__ = ["NEVER", "Journeys", "Plan", "journeys", "latent"]

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Plan:
    """What a world is drawn from.

    Parameters
    ----------
    seed, contacts, chunk : int
        ``chunk`` is the number of contacts that are drawn at once.
    now : int
        Epoch milliseconds.
    """

    seed: int
    contacts: int
    now: int
    market: Market
    who: Population
    chunk: int

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return -(-len(self.who.created) // self.chunk)

    def rows(self, chunk: int) -> slice:
        """Return the rows of a chunk in the population."""
        first = chunk * self.chunk
        return slice(first, min(first + self.chunk, len(self.who.created)))


@dataclass(frozen=True)
class Latent:
    """A chunk before anything is cut: the acts of the world without conversions."""

    who: Traits
    rate: Rates
    acts: Acts
    past: Momentum


@dataclass(frozen=True)
class Journeys:
    """What can be seen of a chunk.

    Parameters
    ----------
    converted : array of int64
        Epoch milliseconds; `NEVER` where the contact is not a customer by now.
    limit : array of int64
        Nothing of the contact is later: now, or when it was archived.
    acts : Acts
        Before the conversion.
    logins : Visits
        Of customers.
    optout : array of int64
        Epoch milliseconds, or `NEVER`.
    """

    who: Traits
    rate: Rates
    converted: Ints
    limit: Ints
    acts: Acts
    logins: Visits
    optout: Ints


def latent(plan: Plan, chunk: int, *, keep: bool = False) -> Latent:
    """Draw a chunk: traits, acts, momentum."""
    market, seed = plan.market, plan.seed
    who = traits(
        plan.who,
        seed=seed,
        chunk=chunk,
        rows=plan.rows(chunk),
        start=market.start,
        stop=market.today,
    )
    rate = rates(who)
    done = acts(who, rate, seed=seed, stop=market.today + 1)
    luck = stream(seed, 40, chunk).exponential(size=len(who))
    return Latent(who, rate, done, momentum(market, who, rate, done, luck, keep=keep))


def conversions(plan: Plan, found: Latent) -> Ints:
    """Return when contacts became customers, as far as that can be known by now."""
    converted = found.past.converted
    there = np.isfinite(converted)
    at = np.where(there, to_ms(np.where(there, converted, 0.0)), NEVER)
    return np.where(at <= limits(plan, found.who), at, NEVER)


def limits(plan: Plan, who: Traits) -> Ints:
    """Return the moment after which nothing of a contact is on record."""
    return np.minimum(plan.who.archived[who.row], plan.now)


def journeys(plan: Plan, chunk: int) -> Journeys:
    """Return what can be seen of a chunk."""
    found = latent(plan, chunk)
    who, converted, limit = found.who, conversions(plan, found), limits(plan, found.who)
    optout = np.full(len(who), NEVER)
    leaves = who.optout < plan.market.today + 1
    optout[leaves] = to_ms(who.optout[leaves])
    return Journeys(
        who=who,
        rate=found.rate,
        converted=converted,
        limit=limit,
        acts=_cut(found.acts, np.minimum(limit, converted - 1)),
        logins=_logins(plan, who, converted, limit),
        optout=np.where(optout <= limit, optout, NEVER),
    )


def _cut(done: Acts, last: Ints) -> Acts:
    return Acts(
        visits=done.visits.kept(done.visits.at <= last[done.visits.row]),
        mails=_cut_mails(done.mails, last),
        touches=done.touches.kept(done.touches.at <= last[done.touches.row]),
    )


def _cut_mails(mails: Mails, last: Ints) -> Mails:
    sent = mails.kept(mails.at <= last[mails.row])
    read = np.where(sent.read <= last[sent.row], sent.read, 0)
    return Mails(sent.row, sent.at, read, sent.clicked & (read > 0))


def _logins(plan: Plan, who: Traits, converted: Ints, limit: Ints) -> Visits:
    """Draw what customers do: they come often, and no surge drives them."""
    rng = stream(plan.seed, 41, who.chunk)
    # Drawn for all, so that one conversion more leaves the other contacts as they are.
    rate = fixed.LOGIN_RATE * np.exp(0.3 * who.curiosity)
    row, work = arrivals(rng, who, (rate, np.zeros(len(who))), who.born, plan.market.today + 1)
    at = to_ms(work)
    found = Visits(
        row=row,
        at=at,
        pages=1 + rng.poisson(fixed.PAGES_PER_VISIT, len(row)),
        priced=np.zeros(len(row), dtype=np.bool_),
        source=np.full(len(row), -1),
    )
    return found.kept((at > converted[row]) & (at <= limit[row]))
