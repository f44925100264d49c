"""Who comes into the simulated market, and what nobody can see of them: fit, intent, surges."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from leadscore.sandbox import marketconstants as fixed
from leadscore.sandbox.markettime import creation_weights, to_ms, to_work

__all__ = ["Population", "Traits", "population", "stream", "taken", "traits"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def stream(seed: int, part: int, chunk: int = 0) -> np.random.Generator:
    """Return the random numbers of one part of one chunk: no other part has a share in them."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(part, chunk)))


@dataclass(frozen=True)
class Population:
    """All contacts, in order of creation, and all companies, in order of their first contact.

    Parameters
    ----------
    created : array of int64
        Epoch milliseconds.
    offline, private : array of bool
        Did not come by the web; writes from a free mail address.
    employer, seniority : array
        Row of the company; place in `SENIORITIES`.
    archived : array of int64
        Epoch milliseconds of the moment at which the contact is archived; beyond all times if it
        is not.
    country, size, industry, firm : arrays, one entry per company
        Places in `COUNTRIES`, `SIZES`, `INDUSTRIES`; what the company adds to the fit.
    """

    created: Ints
    offline: Flags
    private: Flags
    employer: Ints
    seniority: Ints
    archived: Ints
    country: Ints
    size: Ints
    industry: Ints
    firm: Floats


def population(*, seed: int, contacts: int, start: int, stop: int, now: int) -> Population:
    """Draw who comes when, from which company.

    Parameters
    ----------
    seed : int
    contacts : int
        How many are not archived; those who are come on top.
    start, stop : int
        Days since 1970: contacts come from ``start`` to the day before ``stop``.
    now : int
        Epoch milliseconds.
    """
    n = contacts + int(contacts * fixed.ARCHIVED_SHARE)
    created, offline = _arrivals(stream(seed, 1), n, start, stop)
    seniority = _places(stream(seed, 2), n, fixed.SENIORITY_SHARES)
    free = np.array(fixed.FREE_MAIL_SHARE)[np.minimum(seniority, 1)]
    firms = max(1, n // 2)
    # Some companies send many contacts, most send one.
    employer = (stream(seed, 3).random(n) ** 1.5 * firms).astype(np.int64)
    return Population(
        created=created,
        offline=offline,
        private=stream(seed, 4).random(n) < free,
        employer=_in_order(employer, firms),
        seniority=seniority,
        archived=_archived(stream(seed, 5), created, n - contacts, now),
        country=_places(stream(seed, 6), firms, fixed.COUNTRY_SHARES),
        size=_places(stream(seed, 7), firms, fixed.SIZE_SHARES),
        industry=_places(stream(seed, 8), firms, fixed.INDUSTRY_SHARES),
        firm=stream(seed, 9).normal(0, fixed.FIRM_SPREAD, firms),
    )


def _arrivals(rng: np.random.Generator, n: int, start: int, stop: int) -> tuple[Ints, Flags]:
    weights = creation_weights(np.arange(start, stop))
    work = start + rng.choice(stop - start, n, p=weights) + rng.random(n)
    offline = rng.random(n) < fixed.OFFLINE_SHARE
    # An import brings many contacts at once.
    every = fixed.IMPORT_EVERY_DAYS
    work = np.where(offline, start + (work - start) // every * every + 0.2, work)
    order = np.argsort(work, kind="stable")
    return to_ms(work[order]), offline[order]


def _places(rng: np.random.Generator, n: int, shares: tuple[float, ...]) -> Ints:
    bounds = np.cumsum(shares) / np.sum(shares)
    return np.searchsorted(bounds[:-1], rng.random(n), side="right").astype(np.int64)


def _in_order(employer: Ints, firms: int) -> Ints:
    """Return companies' numbers: by their first contact, and those without one last."""
    first = np.full(firms, len(employer))
    np.minimum.at(first, employer, np.arange(len(employer)))
    rank = np.empty(firms, dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(firms)
    return rank[employer]


def _archived(rng: np.random.Generator, created: Ints, gone: int, now: int) -> Ints:
    archived = np.full(len(created), np.iinfo(np.int64).max)
    who = rng.permutation(len(created))[:gone]
    life = (now - created[who]) * (0.3 + 0.7 * rng.random(gone))
    archived[who] = created[who] + life.astype(np.int64)
    return archived


@dataclass(frozen=True)
class Traits:
    """What is fixed at birth of each contact of a chunk; ``n`` entries each.

    Parameters
    ----------
    chunk : int
    row : array of int64
        Row in the population.
    created : array of int64
        Epoch milliseconds; ``born`` is the same in working time.
    size, industry, country, seniority, source, form, interest : array of int64
        Places in the lists of the same names.
    offline, private, bounced : array of bool
    fit, intent, curiosity : array of float64
        Latent.
    since, surge, fading : array of float64, shape (2, n)
        Latent: when each surge of intent starts (working time), its size, its mean length (days).
    optout : array of float64
        Working time at which the contact would unsubscribe.
    """

    chunk: int
    row: Ints
    created: Ints
    born: Floats
    size: Ints
    industry: Ints
    country: Ints
    seniority: Ints
    source: Ints
    form: Ints
    interest: Ints
    offline: Flags
    private: Flags
    bounced: Flags
    fit: Floats
    intent: Floats
    curiosity: Floats
    since: Floats
    surge: Floats
    fading: Floats
    optout: Floats

    def __len__(self) -> int:
        return len(self.created)

    def take(self, places: Ints) -> Traits:
        """Return the traits of some contacts, one entry per place."""
        return replace(self, **taken(self, places))


def taken(held: Any, places: Ints) -> dict[str, Any]:
    """Return the arrays of a dataclass at some places of their last axis."""
    found = {field.name: getattr(held, field.name) for field in fields(held)}
    return {
        name: tuple(part[..., places] for part in value)
        if isinstance(value, tuple)
        else value[..., places]
        for name, value in found.items()
        if not isinstance(value, int)
    }


def traits(who: Population, *, seed: int, chunk: int, rows: slice, start: int, stop: int) -> Traits:
    """Draw a chunk's contacts: what shows and what does not."""
    n = len(who.created[rows])
    employer, offline = who.employer[rows], who.offline[rows]
    born = to_work(who.created[rows])
    source = _source(stream(seed, 20, chunk), offline, (born - start) / max(1, stop - start))
    drawn = {
        "size": who.size[employer],
        "industry": who.industry[employer],
        "country": who.country[employer],
        "seniority": who.seniority[rows],
        "source": source,
        "form": np.where(offline, 0, _places(stream(seed, 21, chunk), n, fixed.FORM_SHARES)),
        "interest": _places(stream(seed, 22, chunk), n, fixed.INTEREST_SHARES),
        "private": who.private[rows],
    }
    noise = stream(seed, 23, chunk).normal(size=(3, n))
    intent = _intent(drawn) + fixed.INTENT_SPREAD * noise[0]
    fit = _fit(drawn) + who.firm[employer] + fixed.FIT_SPREAD * noise[1]
    curiosity = fixed.CURIOSITY_SPREAD * noise[2]
    curiosity += np.where(drawn["seniority"] == 0, fixed.STUDENT_CURIOSITY, 0.0)
    since, surge, fading = _surges(stream(seed, 24, chunk), born)
    rng = stream(seed, 25, chunk)
    wait = rng.exponential(fixed.OPTOUT_AFTER_DAYS, n) * np.exp(-fixed.OPTOUT_INTENT * intent)
    return Traits(
        chunk=chunk,
        row=np.arange(n) + rows.start,
        created=who.created[rows],
        born=born,
        offline=offline,
        bounced=rng.random(n) < fixed.BOUNCE_SHARE,
        fit=fit,
        intent=intent,
        curiosity=curiosity,
        since=since,
        surge=surge,
        fading=fading,
        optout=born + wait,
        **drawn,
    )


def _source(rng: np.random.Generator, offline: Flags, passed: Floats) -> Ints:
    early, late = (np.cumsum(shares) for shares in fixed.SOURCE_SHARES)
    bounds = early[:, None] + (late - early)[:, None] * np.clip(passed, 0, 1)
    online = (rng.random(len(offline)) > bounds[:-1] / bounds[-1]).sum(axis=0)
    return np.where(offline, fixed.OFFLINE, online)


def _intent(drawn: dict[str, Any]) -> Floats:
    by_size = np.array(fixed.SOURCE_SIZE_INTENT)[drawn["source"], _size_class(drawn["size"])]
    known = np.array(fixed.SOURCE_INTENT)[drawn["source"]] + by_size
    return np.asarray(known + np.array(fixed.FORM_INTENT)[drawn["form"]])


def _size_class(size: Ints) -> Ints:
    return np.asarray((size > 1).astype(np.int64) + (size > 3))


def _fit(drawn: dict[str, Any]) -> Floats:
    size, rank, industry = drawn["size"], drawn["seniority"], drawn["industry"]
    fit = np.array(fixed.SIZE_FIT)[size] + np.array(fixed.INDUSTRY_FIT)[industry]
    fit += np.array(fixed.SENIORITY_FIT)[rank] + np.array(fixed.COUNTRY_FIT)[drawn["country"]]
    fit += np.where(rank == 4, np.array(fixed.CHIEF_SIZE_FIT)[size], 0.0)
    fit += np.where(rank == 1, np.array(fixed.SPECIALIST_SIZE_FIT)[size], 0.0)
    fit += np.array(fixed.INTEREST_INDUSTRY_FIT)[drawn["interest"], industry]
    return np.asarray(fit + np.where(drawn["private"], fixed.FREE_MAIL_FIT, 0.0))


def _surges(rng: np.random.Generator, born: Floats) -> tuple[Floats, Floats, Floats]:
    n = len(born)
    later = born + rng.exponential(fixed.SECOND_SURGE_AFTER_DAYS, n)
    spread, mean = np.array(fixed.SURGE_SPREAD)[:, None], np.array(fixed.SURGE_SIZE)[:, None]
    size = mean * np.exp(spread * rng.normal(size=(2, n)))
    days = np.array(fixed.SURGE_DAYS)[:, None]
    fading = days * np.exp(fixed.SURGE_DAYS_SPREAD * rng.normal(size=(2, n)))
    return np.stack([born, later]), size, fading
