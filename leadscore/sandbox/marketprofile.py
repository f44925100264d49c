"""Who contacts say they are: what a form asks, what an import tells, what stays unknown."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from leadscore.sandbox import marketconstants as fixed
from leadscore.sandbox import marketfields as field
from leadscore.sandbox import people
from leadscore.sandbox.markethistory import Recorder, counted
from leadscore.sandbox.marketjourneys import NEVER, Journeys
from leadscore.sandbox.marketpeople import Ints, Population, stream
from leadscore.sandbox.marketruns import begins
from leadscore.sandbox.markettime import DAY_MS

__all__ = ["company_city", "company_domain", "company_name", "record_profile"]

Texts = npt.NDArray[Any]
_ASCII = np.array([people.ascii_name(name) for name in people.FIRST.all], dtype=object)
_STEM_ASCII = np.array([stem.lower() for stem in people.STEMS], dtype=object)
_SEATS = (3, 8, 20, 45, 90, 200, 400)
_AMOUNTS = np.array([2, 5, 8, 12, 20, 50])
_NOTES = (
    "about {}k",
    "{}.000 € im Jahr",
    "max. {},000 USD",
    "{} k€",
    "{} тис. на рік",
    "年間{}万円",
)


def _picks(seed: int, part: int, who: Population) -> npt.NDArray[np.float64]:
    return stream(seed, part).random(len(who.country))


class Names:
    """What the companies of a world are called, by their rows."""

    def __init__(self, seed: int, who: Population) -> None:
        self.country = who.country
        self.stem = (_picks(seed, 60, who) * len(people.STEMS)).astype(np.int64)
        self.suffix = _picks(seed, 61, who)
        self.city = _picks(seed, 62, who)


def company_name(names: Names, firm: Ints) -> Texts:
    """Return the names of companies."""
    suffix = people.SUFFIXES.picked(names.country[firm], names.suffix[firm])
    return np.asarray(people.STEMS[names.stem[firm]] + " " + suffix)


def company_domain(names: Names, firm: Ints) -> Texts:
    """Return their domains, which are unique."""
    numbers = np.array([f"{number}.example" for number in firm.tolist()], dtype=object)
    return np.asarray(_STEM_ASCII[names.stem[firm]] + numbers)


def company_city(names: Names, firm: Ints) -> Texts:
    """Return where they are."""
    return people.CITIES.picked(names.country[firm], names.city[firm])


def record_profile(
    book: Recorder, found: Journeys, population: Population, names: Names, *, seed: int
) -> None:
    """Record what contacts tell of themselves, with its source."""
    who = found.who
    firm = population.employer[who.row]
    rng = stream(seed, 63, who.chunk)
    setter = np.where(who.offline, field.IMPORT, who.form)
    _identity(book, found, firm, names, setter, rng.random((5, len(who))))
    rows = np.arange(len(who))
    for name, values in _asked(found, firm, names, stream(seed, 64, who.chunk)).items():
        at, source = _told(found, setter, rng.random((2, len(who))))
        there = np.flatnonzero((at < NEVER) & (values != ""))
        book.texts(name, rows[there], at[there], values[there], source[there])


def _identity(
    book: Recorder, found: Journeys, firm: Ints, names: Names, setter: Ints, pick: Any
) -> None:
    who, rows = found.who, np.arange(len(found.who))
    at = who.created
    first = people.FIRST.places(who.country, pick[0])
    free = np.array(people.FREE_MAIL, dtype=object)[(pick[1] * len(people.FREE_MAIL)).astype(int)]
    domain = np.where(who.private, free, company_domain(names, firm))
    numbers = np.array([f".{row}@" for row in who.row.tolist()], dtype=object)
    book.moments("createdate", rows, at, at, field.CALCULATED)
    book.texts("email", rows, at, _ASCII[first] + numbers + domain, setter)
    book.texts("hs_email_domain", rows, at, domain, field.CALCULATED)
    book.texts("firstname", rows, at, people.FIRST.all[first], setter)
    book.texts("lastname", rows, at, people.LAST.picked(who.country, pick[2]), setter)
    book.texts("country", rows, at, people.COUNTRY_NAMES[who.country], setter)


def _told(found: Journeys, setter: Ints, luck: Any) -> tuple[Ints, Ints]:
    """Return when a field was filled in, if ever: at creation, or with the second form."""
    who = found.who
    filled = luck[0] < np.array(fixed.FORM_FILLED)[np.where(who.offline, 2, who.form)]
    second, which = _second_form(found)
    later = luck[1] < np.array(fixed.FORM_FILLED)[which] * 0.8
    at = np.where(filled, who.created, np.where(later, second, NEVER))
    return at, np.where(filled, setter, which)


def _second_form(found: Journeys) -> tuple[Ints, Ints]:
    touches = found.acts.touches
    later = touches.kept((touches.form >= 0) & (touches.at > found.who.created[touches.row]))
    first = begins(later.row)
    at, which = np.full(len(found.who), NEVER), np.zeros(len(found.who), dtype=np.int64)
    at[later.row[first]], which[later.row[first]] = later.at[first], later.form[first]
    return at, which


def _asked(found: Journeys, firm: Ints, names: Names, rng: np.random.Generator) -> dict[str, Texts]:
    """Return what contacts would tell; "" is what they would not even if they were asked."""
    who, n = found.who, len(found.who)
    luck = rng.random((6, n))
    work = ~who.private
    title = people.TITLES.picked(who.country * len(people.SENIORITIES) + who.seniority, luck[0])
    industry = np.array(people.INDUSTRIES, dtype=object)[who.industry]
    seats = np.maximum(np.round(np.array(_SEATS)[who.size] * np.exp(0.7 * rng.normal(size=n))), 1)
    return {
        "jobtitle": title,
        "seniority": np.where(
            luck[0] > 0.1, np.array(people.SENIORITIES, dtype=object)[who.seniority], ""
        ),
        "company": np.where(work, company_name(names, firm), ""),
        "numemployees": np.array(people.SIZES, dtype=object)[who.size],
        "industry": np.where(work | (luck[1] < 0.4), industry, ""),
        "city": company_city(names, firm),
        "phone": np.where(luck[2] < 0.5, _phones(who.row), ""),
        "product_interest": np.array(fixed.INTERESTS, dtype=object)[who.interest],
        "seats_needed": np.where(luck[3] < 0.7, counted(seats.astype(np.int64)), ""),
        "budget_note": np.where(luck[4] < 0.15, _notes(rng, n), ""),
        "topics": np.where(luck[5] < 0.6, _topics(rng, n), ""),
        "contract_end_date": np.where(who.offline, _contract_ends(rng, who.created), ""),
    }


def _phones(row: Ints) -> Texts:
    # 555-01xx is set aside for fiction.
    return np.array(
        [f"+1 {200 + r // 100 % 700} 555 01{r % 100:02d}" for r in row.tolist()], dtype=object
    )


def _notes(rng: np.random.Generator, n: int) -> Texts:
    every = [form.format(amount) for form in _NOTES for amount in _AMOUNTS]
    return np.array(every, dtype=object)[rng.integers(0, len(every), n)]


def _topics(rng: np.random.Generator, n: int) -> Texts:
    chosen = [
        ";".join(topic for place, topic in enumerate(field.TOPICS) if code >> place & 1)
        for code in range(2 ** len(field.TOPICS))
    ]
    return np.array(chosen, dtype=object)[rng.integers(1, 2 ** len(field.TOPICS), n)]


def _contract_ends(rng: np.random.Generator, created: Ints) -> Texts:
    """Return dates that an import tells: many lie before it."""
    day = created // DAY_MS + rng.integers(-400, 500, len(created))
    return np.datetime_as_string(day.astype("datetime64[D]")).astype(object)
