"""Who is in the simulated market: companies and people of several countries, all invented.

Every mail address is under ``.example``, which RFC 2606 reserves for such use.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["INDUSTRIES", "SENIORITIES", "SIZES", "companies", "people"]

# HubSpot API docs, "HubSpot's default contact properties": the options of numemployees.
SIZES = ("1-5", "5-25", "25-50", "50-100", "100-500", "500-1000", "1000+")
SIZE_SHARES = (0.16, 0.26, 0.17, 0.14, 0.15, 0.07, 0.05)
INDUSTRIES = ("Software", "Manufacturing", "Logistics", "Finance", "Retail", "Education", "Agency")
INDUSTRY_SHARES = (0.24, 0.18, 0.10, 0.12, 0.15, 0.10, 0.11)
SENIORITIES = ("student", "specialist", "manager", "head", "chief")
SENIORITY_SHARES = (0.08, 0.40, 0.28, 0.14, 0.10)


@dataclass(frozen=True)
class Country:
    """What people of one country are called, and what they do, from student to chief."""

    name: str
    share: float
    first: tuple[str, ...]
    last: tuple[str, ...]
    titles: tuple[tuple[str, ...], ...]
    cities: tuple[str, ...]
    suffixes: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))


def _country(name: str, share: float, first: str, last: str, titles: str, more: str) -> Country:
    cities, suffixes = more.split(" | ")
    ranks = tuple(_words(rank) for rank in titles.split(" | "))
    return Country(
        name, share, _words(first), _words(last), ranks, _words(cities), _words(suffixes)
    )


COUNTRIES = (
    _country(
        "United States",
        0.34,
        "Ava, Liam, Maya, Noah, Zoë, Omar, Grace, Dwayne",
        "Carter, Nguyen, O'Brien, Patel, Rivera, Johnson, Kim, Walsh",
        "Student, Intern | Marketing Specialist, IT Analyst, Sales Rep | Marketing Manager, "
        "IT Manager, Operations Manager | Head of Operations, VP Sales, Director of IT | "
        "CEO, Founder, Chief Operating Officer",
        "Austin, Boston, Denver, Seattle | Inc., LLC, Corp.",
    ),
    _country(
        "Germany",
        0.22,
        "Jürgen, Anna, Sören, Mehmet, Käthe, Björn, Sabine, Uwe",
        "Müller, Schröder, Weiß, Öztürk, Groß, Köhler, Brandt, Vogel",
        "Student, Werkstudentin | Sachbearbeiter, Referentin Marketing, IT-Spezialist | "
        "Marketingleiterin, IT-Leiter, Teamleiter Vertrieb | Bereichsleiterin, Direktor IT | "
        "Geschäftsführer, Geschäftsführerin, Inhaber",
        "Hamburg, München, Köln, Leipzig | GmbH, AG, KG",
    ),
    _country(
        "France",
        0.14,
        "Chloé, Étienne, Inès, Loïc, Amélie, Gaël",
        "Lefèvre, Martin, Bénard, Dupuis, Noël, Garçon",
        "Étudiante, Stagiaire | Chargé de marketing, Analyste | Responsable marketing, "
        "Chef de projet | Directrice commerciale, Directeur informatique | PDG, Gérante",
        "Lyon, Nantes, Orléans | SARL, SAS",
    ),
    _country(
        "Spain",
        0.12,
        "Íñigo, María, José, Lucía, Begoña, Raúl",
        "Muñoz, García, Peña, Ibáñez, López, Núñez",
        "Estudiante, Becario | Técnica de marketing, Analista | Jefa de marketing, "
        "Responsable de TI | Directora de operaciones, Director comercial | "
        "Director general, Fundadora",
        "Sevilla, Málaga, A Coruña | S.L., S.A.",
    ),
    _country(
        "Poland",
        0.07,
        "Łukasz, Zofia, Grażyna, Michał",
        "Wójcik, Żak, Dąbrowska, Nowak",
        "Studentka, Stażysta | Specjalista ds. marketingu, Analityk | Kierownik sprzedaży, "
        "Kierowniczka IT | Dyrektor operacyjny | Prezes zarządu, Właściciel",
        "Łódź, Kraków, Gdańsk | Sp. z o.o., S.A.",
    ),
    _country(
        "Japan",
        0.07,
        "葵, 陽菜, 健太, さくら",
        "佐藤, 鈴木, 高橋, 渡辺",
        "学生 | マーケティング担当, エンジニア | 課長, マネージャー | 部長, 本部長 | 代表取締役",
        "東京, 大阪 | 株式会社",
    ),
    _country(
        "Greece",
        0.04,
        "Ελένη, Νίκος, Δήμητρα, Γιώργος",
        "Παππάς, Νικολάου, Δούκα",
        "Φοιτήτρια | Αναλυτής, Ειδικός μάρκετινγκ | Υπεύθυνη μάρκετινγκ | Διευθύντρια πωλήσεων | "
        "Διευθύνων σύμβουλος",
        "Αθήνα, Πάτρα | Όμιλος, και Σία",
    ),
)
_FIRST_WORDS = _words("Blue, North, Clear, Swift, Iron, Green, Bright, Stone, Silver, Open, Red")
_LAST_WORDS = _words("field, gate, works, cloud, bridge, harbor, lane, forge, mill, point, peak")
FREE_MAIL = ("freemail.example", "webmail.example", "mymail.example")


def companies(rng: np.random.Generator, contacts: int) -> pd.DataFrame:
    """Draw companies for so many contacts, about two contacts to each.

    Parameters
    ----------
    rng : numpy.random.Generator
    contacts : int

    Returns
    -------
    DataFrame, one row per company
        country, size, industry (codes: places in `COUNTRIES`, `SIZES`, `INDUSTRIES`), city,
        company, domain (str).
    """
    n = max(1, contacts // 2)
    shares = np.array([country.share for country in COUNTRIES])
    country = rng.choice(len(COUNTRIES), n, p=shares / shares.sum())
    # Each figure picks its word in a list whose length is the country's own.
    pick = rng.random((4, n))
    names = _company_names(country, pick)
    return pd.DataFrame(
        {
            "country": country,
            "size": rng.choice(len(SIZES), n, p=SIZE_SHARES),
            "industry": rng.choice(len(INDUSTRIES), n, p=INDUSTRY_SHARES),
            "city": _picked([COUNTRIES[c].cities for c in country], pick[3]),
            "company": names,
            "domain": [f"{_ascii(name)}{i}.example" for i, name in enumerate(names)],
        }
    )


def _company_names(country: npt.NDArray[Any], pick: npt.NDArray[Any]) -> list[str]:
    first = _picked([_FIRST_WORDS] * len(country), pick[0])
    last = _picked([_LAST_WORDS] * len(country), pick[1])
    suffix = _picked([COUNTRIES[c].suffixes for c in country], pick[2])
    return [f"{a}{b} {c}" for a, b, c in zip(first, last, suffix, strict=True)]


def people(rng: np.random.Generator, employers: pd.DataFrame) -> pd.DataFrame:
    """Draw one person per row of the companies that employ them.

    Parameters
    ----------
    rng : numpy.random.Generator
    employers : DataFrame, one row per contact
        Rows of `companies`.

    Returns
    -------
    DataFrame, one row per contact
        seniority (place in `SENIORITIES`), private (bool: writes from a free mail address),
        firstname, lastname, jobtitle, email (str); mail addresses are unique.
    """
    n = len(employers)
    seniority = rng.choice(len(SENIORITIES), n, p=SENIORITY_SHARES)
    private = rng.random(n) < np.where(seniority == 0, 0.7, 0.14)
    pick = rng.random((4, n))
    homes = [COUNTRIES[c] for c in employers["country"]]
    first = _picked([home.first for home in homes], pick[0])
    ranks = [home.titles[s] for home, s in zip(homes, seniority, strict=True)]
    free = _picked([FREE_MAIL] * n, pick[3])
    domain = np.where(private, free, employers["domain"])
    return pd.DataFrame(
        {
            "seniority": seniority,
            "private": private,
            "firstname": first,
            "lastname": _picked([home.last for home in homes], pick[1]),
            "jobtitle": _picked(ranks, pick[2]),
            "email": [
                f"{_ascii(a)}.{i}@{b}" for i, (a, b) in enumerate(zip(first, domain, strict=True))
            ],
        }
    )


def _picked(lists: list[tuple[str, ...]], pick: npt.NDArray[Any]) -> list[str]:
    return [words[int(p * len(words))] for words, p in zip(lists, pick, strict=True)]


def _ascii(name: str) -> str:
    first = name.split(" ", maxsplit=1)[0]
    plain = unicodedata.normalize("NFKD", first).encode("ascii", "ignore").decode()
    return plain.lower() or "contact"
