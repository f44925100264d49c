"""How often each contact of the simulated market acts, and what an act adds to its momentum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadscore.sandbox import marketconstants as fixed
from leadscore.sandbox.marketpeople import Ints, Traits, taken

__all__ = ["FADING", "Rates", "mailing_days", "opening", "rates", "surge_level"]

Floats = npt.NDArray[np.float64]

# What is left of the momentum on the web, and with salespeople, after a day.
FADING = tuple(0.5 ** (1.0 / days) for days in fixed.HALF_LIFE_DAYS)


@dataclass(frozen=True)
class Rates:
    """Rates, probabilities and jumps of a chunk; ``n`` entries each unless noted.

    A rate has two parts, per day: always, and per unit of a surge.

    Parameters
    ----------
    visit, form, opens : pair of array
    call : array
        Calls that salespeople make on their own.
    priced, clicked, connected, met, dealt : array
        Probabilities: of the pricing page on a visit, of a click after an open, of getting
        through with a call, of a meeting after getting through, of a deal after a meeting.
    which, called : array, shape (4, n)
        Probabilities of each form, and of a call after it.
    web, sales : array
        Factor on the jumps on the web and with salespeople.
    hazard : array
        Conversions per day at a level of 1, before drift and opting out.
    """

    visit: tuple[Floats, Floats]
    form: tuple[Floats, Floats]
    opens: tuple[Floats, Floats]
    call: Floats
    priced: Floats
    clicked: Floats
    connected: Floats
    met: Floats
    dealt: Floats
    which: Floats
    called: Floats
    web: Floats
    sales: Floats
    hazard: Floats

    def take(self, places: Ints) -> Rates:
        """Return the rates of some contacts, one entry per place."""
        return Rates(**taken(self, places))


def rates(who: Traits) -> Rates:
    """Return what follows from the traits."""
    intent, fit = who.intent, who.fit
    busy = np.exp(fixed.VISIT_INTENT * intent + who.curiosity) * ~who.offline
    asking = np.exp(fixed.FORM_RATE_INTENT * intent + 0.5 * who.curiosity)
    reading = np.exp(fixed.OPEN_INTENT * intent + 0.3 * who.curiosity)
    looks = np.array(fixed.LOOKS_SIZE)[who.size] + np.array(fixed.LOOKS_SENIORITY)[who.seniority]
    gate = 2.0 * _sigmoid(fixed.GATE_SLOPE * fit)
    return Rates(
        visit=_both(fixed.VISIT_RATE, busy),
        form=_both(fixed.FORM_RATE, asking),
        opens=_both(fixed.OPEN_RATE, reading),
        call=fixed.CALL_RATE * np.exp(fixed.CALL_LOOKS * looks),
        priced=_sigmoid(fixed.PRICING_SHARE + fixed.PRICING_INTENT * intent),
        clicked=_sigmoid(fixed.CLICK_SHARE + fixed.CLICK_INTENT * intent),
        connected=_sigmoid(fixed.CONNECT_SHARE + fixed.CONNECT_INTENT * intent),
        met=_sigmoid(fixed.MEETING_SHARE + fixed.MEETING_INTENT * intent),
        dealt=_sigmoid(fixed.DEAL_SHARE + fixed.DEAL_FIT * np.tanh(fit)),
        which=_which(intent),
        called=_sigmoid(np.array(fixed.CALL_AFTER_FORM)[:, None] + looks),
        web=gate * np.array(fixed.SIZE_WEB)[who.size],
        sales=gate * np.array(fixed.SIZE_SALES)[who.size],
        hazard=_hazard(who),
    )


def _both(pair: tuple[float, float], factor: Floats) -> tuple[Floats, Floats]:
    return pair[0] * factor, pair[1] * factor


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def _which(intent: Floats) -> Floats:
    tilt = np.array(fixed.FORM_TILT)[:, None] * intent
    weight = np.array(fixed.FORM_SHARES)[:, None] * np.exp(tilt)
    return np.asarray(weight / weight.sum(axis=0))


def _hazard(who: Traits) -> Floats:
    log = fixed.FIT_WEIGHT * who.fit + fixed.INTENT_WEIGHT * who.intent
    # Intent helps only those whom the product fits.
    log += fixed.GATED_INTENT * np.tanh(who.fit) * who.intent
    return np.exp(log) * np.where(who.bounced, fixed.BOUNCED_FACTOR, 1.0)


def surge_level(who: Traits, day: Floats) -> Floats:
    """Return the level of the surges on days: ``day`` has shape (n,) or (k, n)."""
    level = np.zeros(np.broadcast_shapes(day.shape, (len(who),)))
    for since, size, fading in zip(who.since, who.surge, who.fading, strict=True):
        passed = np.maximum(day - since, 0.0)
        level += np.where(day >= np.floor(since), size * np.exp(-passed / fading), 0.0)
    return level


def opening(rate: Rates, level: Floats) -> Floats:
    """Return the probability that a mail is opened at a level of the surges."""
    return np.asarray(1.0 - np.exp(-(rate.opens[0] + rate.opens[1] * level)))


def mailing_days(who: Traits, days: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return on which days the contact would get a mail: ``days`` has shape (k, 1) or (k, n)."""
    age = days - np.floor(who.born).astype(np.int64)
    wave = who.row % 2 * (fixed.MAIL_EVERY_DAYS // 2)
    due = (days + wave) % fixed.MAIL_EVERY_DAYS == 0
    return np.asarray((age > 0) & (due | np.isin(age, fixed.WELCOME_MAIL_DAYS)) & ~who.bounced)
