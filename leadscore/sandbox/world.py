"""A simulated market: who comes in, what they do, who becomes a customer.

A first, small world without property history. Whatever a contact does, it does in the first five
days after its creation, before any conversion (day 5 to 89), and its counters stay as they are:
so their current values tell no more about the outcome than they did at the time. What HubSpot
fills in at or after a conversion (close date, deals, date of the customer stage) is filled in here
too: those properties are leaks, as in a real portal.

Conversion depends on two hidden traits, fit and intent, which nothing measures directly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.errors import UsageError
from leadscore.sandbox.people import COUNTRIES, INDUSTRIES, SIZES, companies, people

__all__ = ["World", "simulate"]

Floats = npt.NDArray[np.float64]

SPAN = 730
ACTIVE_DAYS = 5.0
HORIZON_DAYS = 90.0
# Where a contact came from: share of contacts, push on intent. HubSpot's options of
# hs_analytics_source.
SOURCES = {
    "ORGANIC_SEARCH": (0.27, 0.25),
    "PAID_SEARCH": (0.14, 0.45),
    "DIRECT_TRAFFIC": (0.16, 0.25),
    "EMAIL_MARKETING": (0.08, 0.05),
    "SOCIAL_MEDIA": (0.09, -0.5),
    "PAID_SOCIAL": (0.08, -0.45),
    "REFERRALS": (0.08, 0.7),
    "OFFLINE": (0.10, -0.55),
}
# The form that made the contact: share, push on intent, share of its fields that are filled in.
FORMS = {
    "Newsletter": (0.28, -0.8, 0.5),
    "E-book": (0.32, -0.15, 0.8),
    "Webinar": (0.22, 0.3, 0.9),
    "Contact us": (0.18, 1.2, 0.95),
}
INTERESTS = ("platform", "analytics", "integration", "training")
SIZE_FIT = np.array([-1.3, -0.5, 0.3, 0.9, 1.1, 0.3, -0.7])
INDUSTRY_FIT = np.array([0.5, 0.4, 0.2, 0.0, -0.3, -0.8, -0.5])
SENIORITY_FIT = np.array([-1.5, -0.2, 0.4, 0.7, 0.5])
STAGES = ("subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead")


@dataclass(frozen=True)
class World:
    """A simulated market at one moment.

    Parameters
    ----------
    contacts : DataFrame
        Index: record id (str), in order of creation. Columns: contact property names; number
        float64, bool boolean, enumeration and string str, datetime datetime64[us, UTC].
    properties : list of dict
        Definitions of the custom properties, as in the body of POST properties.
    now : Timestamp
        UTC; nothing in the world is later.
    truth : Series of float64
        See `oracle`.
    """

    contacts: pd.DataFrame
    properties: list[dict[str, Any]]
    now: pd.Timestamp
    truth: pd.Series[float]

    def oracle(self) -> pd.Series[float]:
        """Return each contact's true probability to become a customer within 90 days.

        Returns
        -------
        Series of float64, indexed by record id
            Counted from its creation: the figure that its fate was drawn with.
        """
        return self.truth.copy()


def simulate(*, contacts: int = 2000, seed: int = 0, now: datetime | str | None = None) -> World:
    """Simulate two years of a market.

    Parameters
    ----------
    contacts : int
        How many contacts there are.
    seed : int
        The same contacts, seed and now give the same world.
    now : datetime or str, optional
        The moment at which the portal is seen; without a zone it is UTC. Default: today, 00:00
        UTC.

    Returns
    -------
    World

    Raises
    ------
    UsageError
        Fewer than one contact, or a negative seed.

    Examples
    --------
    >>> world = simulate(contacts=100, seed=1, now="2026-01-01")
    >>> len(world.contacts), world.contacts["createdate"].max() < world.now
    (100, True)
    """
    if contacts < 1 or seed < 0:
        message = f"A world of {contacts} contacts with seed {seed} cannot be simulated."
        raise UsageError(message, hint="Ask for at least one contact and a seed of 0 or more.")
    moment = _moment(now)
    # One stream of random numbers per part: a change in one part leaves the others as they were.
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(6)]
    who = _who(streams[0], contacts)
    who["created"] = _created(streams[1], contacts, moment)
    hidden = _hidden(streams[2], who)
    age = (moment - who["created"]).dt.total_seconds().to_numpy() / 86400
    did = _did(streams[3], who, hidden, np.minimum(1.0, age / ACTIVE_DAYS))
    truth = _probability(who, hidden)
    fate = _fate(streams[4], who, truth, moment)
    frame = pd.concat([_profile(streams[5], who), did, _stages(did, fate, who), fate], axis=1)
    ids = pd.Index([str(100_001 + 50 * i) for i in range(contacts)], name="hs_object_id")
    probability = pd.Series(truth, index=ids, name="probability")
    return World(frame.set_index(ids), definitions(), moment, probability)


def _moment(now: datetime | str | None) -> pd.Timestamp:
    if now is None:
        return pd.Timestamp.now("UTC").floor("D").as_unit("us")
    moment = pd.Timestamp(now)
    moment = moment.tz_localize("UTC") if moment.tz is None else moment.tz_convert("UTC")
    return moment.as_unit("us")


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


# --------------------------------------------------------------------------- who, when, why


def _who(rng: np.random.Generator, n: int) -> pd.DataFrame:
    firms = companies(rng, n)
    # Some companies send many contacts, most send one.
    employer = np.minimum((rng.random(n) ** 1.5 * len(firms)).astype(int), len(firms) - 1)
    employers = firms.iloc[employer].reset_index(drop=True)
    who: pd.DataFrame = pd.concat([employers, people(rng, employers)], axis=1)
    who["employer"] = employer
    who["source"] = _drawn(rng, n, SOURCES)
    who["form"] = _drawn(rng, n, FORMS)
    who["interest"] = rng.choice(len(INTERESTS), n, p=[0.4, 0.25, 0.2, 0.15])
    return who


def _drawn(rng: np.random.Generator, n: int, kinds: dict[str, Any]) -> npt.NDArray[Any]:
    shares = np.array([kind[0] for kind in kinds.values()])
    return np.asarray(rng.choice(list(kinds), n, p=shares / shares.sum()))


def _created(rng: np.random.Generator, n: int, now: pd.Timestamp) -> pd.Series[Any]:
    """Draw creation times: more each month, fewer in August, December and on weekends."""
    days = pd.date_range(end=now.floor("D") - pd.Timedelta(days=1), periods=SPAN, unit="us")
    weight = np.exp(np.linspace(0.0, 0.7, SPAN))
    weight *= np.where(days.month.isin([8, 12]), 0.6, 1.0) * np.where(
        days.day_of_week > 4, 0.35, 1.0
    )
    day = rng.choice(SPAN, n, p=weight / weight.sum())
    seconds = np.clip(rng.normal(12.5, 3.5, n) * 3600, 0, 86399).astype(int)
    created = days[day] + pd.to_timedelta(seconds, unit="s")
    return pd.Series(created.sort_values()).astype("datetime64[us, UTC]")


def _hidden(rng: np.random.Generator, who: pd.DataFrame) -> pd.DataFrame:
    """Draw fit and intent: partly from what shows, partly from what nobody records."""
    size, rank = who["size"].to_numpy(), who["seniority"].to_numpy()
    firm = rng.normal(0, 0.6, who["employer"].max() + 1)[who["employer"]]
    fit = SIZE_FIT[size] + INDUSTRY_FIT[who["industry"]] + SENIORITY_FIT[rank] + firm
    # A chief decides alone in a small company and is far from the matter in a large one.
    fit += np.where(rank == 4, np.where(size < 3, 0.9, -0.9), 0.0)
    push = who["source"].map({k: v[1] for k, v in SOURCES.items()})
    push += who["form"].map({k: v[1] for k, v in FORMS.items()})
    return pd.DataFrame({"fit": fit, "intent": push + rng.normal(0, 1.0, len(who))})


def _probability(who: pd.DataFrame, hidden: pd.DataFrame) -> Floats:
    fit, intent = hidden["fit"].to_numpy(), hidden["intent"].to_numpy()
    # Intent helps only those whom the product fits; the fitting come even with little intent.
    logit = -2.95 + 0.85 * fit + 0.85 * intent + 0.6 * np.tanh(fit) * intent
    software = (who["industry"] == 0).to_numpy()
    interest = who["interest"].to_numpy()
    logit += np.where(interest == 2, np.where(software, 1.0, -0.6), 0.0)
    logit += np.where(interest == 3, -0.7, 0.0)
    return _sigmoid(logit)


# --------------------------------------------------------------------------- what they did


def _did(
    rng: np.random.Generator, who: pd.DataFrame, hidden: pd.DataFrame, share: Floats
) -> pd.DataFrame:
    """Return the counters after the first days; ``share`` of them has passed."""
    intent = hidden["intent"].to_numpy()
    n, created = len(who), who["created"]
    online = (who["source"] != "OFFLINE").to_numpy()
    # A stream each: how often one is used depends on how young the newest contacts are, who come
    # last, and must not shift what the others draw.
    r = rng.spawn(10)
    visits = r[0].poisson(np.exp(0.2 + 0.5 * intent) * share) + 1
    pages = visits + r[1].poisson(visits * np.exp(0.3 + 0.25 * intent))
    mails = r[2].poisson(4.0 * share) * (r[3].random(n) > 0.1)
    opened = r[4].binomial(mails, _sigmoid(-0.7 + 0.8 * intent))
    clicked = r[5].binomial(opened, _sigmoid(-1.3 + 0.5 * intent))
    forms = 1 + r[6].poisson(0.25 * np.exp(0.5 * intent) * share)
    demo = r[7].random(n) < _sigmoid(-2.2 + 1.0 * intent)
    called = r[8].poisson(0.3 * np.exp(0.4 * intent) * share)
    later = created + pd.to_timedelta(r[9].uniform(0.01, ACTIVE_DAYS, n) * share, unit="D")
    later = later.dt.floor("s").astype("datetime64[us, UTC]")
    return pd.DataFrame(
        {
            "hs_analytics_num_visits": _counter(visits, online),
            "hs_analytics_num_page_views": _counter(pages, online),
            "hs_analytics_first_timestamp": created.where(online),
            "hs_email_delivered": _counter(mails, mails > 0),
            "hs_email_open": _counter(opened, opened > 0),
            "hs_email_click": _counter(clicked, clicked > 0),
            "hs_email_last_open_date": later.where(opened > 0),
            "num_conversion_events": _counter(forms, online),
            "first_conversion_date": created.where(online),
            "first_conversion_event_name": who["form"].where(online).astype("str"),
            "num_contacted_notes": _counter(called, called > 0),
            "notes_last_contacted": later.where(called > 0),
            "demo_requested": pd.Series(demo, dtype="boolean").where(online),
        }
    )


def _counter(values: npt.NDArray[Any], there: npt.NDArray[Any]) -> pd.Series[Any]:
    """Return a counter as HubSpot keeps it: missing, not zero, where nothing was counted."""
    return pd.Series(values, dtype="float64").where(there)


# --------------------------------------------------------------------------- what became of them


def _fate(
    rng: np.random.Generator, who: pd.DataFrame, truth: Floats, now: pd.Timestamp
) -> pd.DataFrame:
    n = len(who)
    wins = rng.random(n) < truth
    days = ACTIVE_DAYS + (HORIZON_DAYS - 1 - ACTIVE_DAYS) * rng.beta(1.2, 2.4, n)
    won = (who["created"] + pd.to_timedelta(days, unit="D")).dt.floor("s")
    won = won.astype("datetime64[us, UTC]").where(wins & (won < now))
    size = who["size"].to_numpy()
    amount = np.round(rng.lognormal(7.0 + 0.35 * size, 0.5, n), 2)
    return pd.DataFrame(
        {
            "hs_lifecyclestage_customer_date": won,
            "hs_v2_date_entered_customer": won,
            "closedate": won,
            "num_associated_deals": _counter(np.ones(n), won.notna().to_numpy()),
            "recent_deal_amount": _counter(amount, won.notna().to_numpy()),
        }
    )


def _stages(did: pd.DataFrame, fate: pd.DataFrame, who: pd.DataFrame) -> pd.DataFrame:
    opens, calls = did["hs_email_open"].fillna(0), did["num_contacted_notes"].fillna(0)
    points = did["hs_analytics_num_page_views"].fillna(0) / 4 + opens + 2 * calls
    points += 3 * did["demo_requested"].fillna(False).astype(float)
    stage = pd.Series(np.array(STAGES)[np.digitize(points, [1.0, 4.0, 8.0])], dtype="str")
    known = who["created"].where(stage.ne("subscriber"))
    customer = fate["closedate"].notna()
    return pd.DataFrame(
        {
            "lifecyclestage": stage.mask(customer, "customer"),
            "hs_lifecyclestage_lead_date": known,
            "createdate": who["created"],
        }
    )


# --------------------------------------------------------------------------- what is on record


def _profile(rng: np.random.Generator, who: pd.DataFrame) -> pd.DataFrame:
    """Return what the contact told: the longer the form, the more fields are filled in."""
    n = len(who)
    filled = who["form"].map({k: v[2] for k, v in FORMS.items()}).to_numpy()
    told = rng.random((6, n)) < filled
    offline = (who["source"] == "OFFLINE").to_numpy()
    work = ~who["private"].to_numpy()
    seats = np.round(np.array([3, 8, 20, 45, 90, 200, 400])[who["size"]] * rng.lognormal(0, 0.7, n))
    country = np.array([c.name for c in COUNTRIES])[who["country"]]
    latest = np.where(rng.random(n) < 0.75, who["source"], _drawn(rng, n, SOURCES))
    frame = pd.DataFrame(
        {
            "email": who["email"],
            "firstname": who["firstname"],
            "lastname": who["lastname"],
            "jobtitle": who["jobtitle"].where(told[0]),
            "company": who["company"].where(work),
            "numemployees": pd.Series(np.array(SIZES)[who["size"]]).where(told[1]),
            "industry": pd.Series(np.array(INDUSTRIES)[who["industry"]]).where(told[2] & work),
            "country": pd.Series(country),
            "city": who["city"].where(told[3]),
            "hs_analytics_source": who["source"],
            "hs_latest_source": pd.Series(latest).where(~offline),
            "product_interest": pd.Series(np.array(INTERESTS)[who["interest"]]).where(told[4]),
            "budget_note": _notes(rng, told[5] & ~offline),
        },
        dtype="str",
    )
    frame["seats_needed"] = pd.Series(np.maximum(seats, 1.0)).where(told[4] & told[1])
    frame["hs_email_optout"] = pd.Series(rng.random(n) < 0.04, dtype="boolean")
    return frame


def _notes(rng: np.random.Generator, asked: npt.NDArray[Any]) -> pd.Series[Any]:
    amount = rng.choice([2, 5, 8, 12, 20, 50], len(asked))
    form = rng.choice(["about {}k", "{}.000 € im Jahr", "max. {},000 USD", "{} k€"], len(asked))
    texts = [f.format(a) for f, a in zip(form, amount, strict=True)]
    return pd.Series(texts).where(asked & (rng.random(len(asked)) < 0.25))


def definitions() -> list[dict[str, Any]]:
    """Return the definitions of the world's custom properties.

    Returns
    -------
    list of dict
        Bodies as for POST properties: HubSpot API docs, "Properties".

    Examples
    --------
    >>> [(found["name"], found["type"]) for found in definitions()][:2]
    [('product_interest', 'enumeration'), ('seats_needed', 'number')]
    """
    return [
        _definition("product_interest", "Product interest", "enumeration", "select", INTERESTS),
        _definition("seats_needed", "Seats needed", "number", "number"),
        _definition(
            "demo_requested", "Demo requested", "bool", "booleancheckbox", ("true", "false")
        ),
        _definition("budget_note", "Budget note", "string", "textarea"),
    ]


def _definition(
    name: str, label: str, kind: str, field: str, values: tuple[str, ...] = ()
) -> dict[str, Any]:
    options = [
        {"label": value.capitalize(), "value": value, "displayOrder": place, "hidden": False}
        for place, value in enumerate(values)
    ]
    return {
        "name": name,
        "label": label,
        "type": kind,
        "fieldType": field,
        "groupName": "contactinformation",
        "options": options,
    }
