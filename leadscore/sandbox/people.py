"""What companies and people of the simulated market are called, in several scripts; all invented.

Every mail address is under ``.example``, which RFC 2606 reserves for such use.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["COUNTRIES", "INDUSTRIES", "SENIORITIES", "SIZES", "Words", "ascii_name"]

# HubSpot API docs, "HubSpot's default contact properties": the options of numemployees.
SIZES = ("1-5", "5-25", "25-50", "50-100", "100-500", "500-1000", "1000+")
INDUSTRIES = ("Software", "Manufacturing", "Logistics", "Finance", "Retail", "Education", "Agency")
SENIORITIES = ("student", "specialist", "manager", "head", "chief")


@dataclass(frozen=True)
class Country:
    """What people of one country are called, and what they do, from student to chief."""

    name: str
    first: tuple[str, ...]
    last: tuple[str, ...]
    titles: tuple[tuple[str, ...], ...]
    cities: tuple[str, ...]
    suffixes: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))


def _country(name: str, first: str, last: str, titles: str, more: str) -> Country:
    cities, suffixes = more.split(" | ")
    ranks = tuple(_words(rank) for rank in titles.split(" | "))
    return Country(name, _words(first), _words(last), ranks, _words(cities), _words(suffixes))


COUNTRIES = (
    _country(
        "United States",
        "Ava, Liam, Maya, Noah, Zoë, Omar, Grace, Dwayne",
        "Carter, Nguyen, O'Brien, Patel, Rivera, Johnson, Kim, Walsh",
        "Student, Intern | Marketing Specialist, IT Analyst, Sales Rep | Marketing Manager, "
        "IT Manager, Operations Manager | Head of Operations, VP Sales, Director of IT | "
        "CEO, Founder, Chief Operating Officer",
        "Austin, Boston, Denver, Seattle | Inc., LLC, Corp.",
    ),
    _country(
        "Germany",
        "Jürgen, Anna, Sören, Mehmet, Käthe, Björn, Sabine, Uwe",
        "Müller, Schröder, Weiß, Öztürk, Groß, Köhler, Brandt, Vogel",
        "Student, Werkstudentin | Sachbearbeiter, Referentin Marketing, IT-Spezialist | "
        "Marketingleiterin, IT-Leiter, Teamleiter Vertrieb | Bereichsleiterin, Direktor IT | "
        "Geschäftsführer, Geschäftsführerin, Inhaber",
        "Hamburg, München, Köln, Leipzig | GmbH, AG, KG",
    ),
    _country(
        "France",
        "Chloé, Étienne, Inès, Loïc, Amélie, Gaël",
        "Lefèvre, Martin, Bénard, Dupuis, Noël, Garçon",
        "Étudiante, Stagiaire | Chargé de marketing, Analyste | Responsable marketing, "
        "Chef de projet | Directrice commerciale, Directeur informatique | PDG, Gérante",
        "Lyon, Nantes, Orléans | SARL, SAS",
    ),
    _country(
        "Spain",
        "Íñigo, María, José, Lucía, Begoña, Raúl",
        "Muñoz, García, Peña, Ibáñez, López, Núñez",
        "Estudiante, Becario | Técnica de marketing, Analista | Jefa de marketing, "
        "Responsable de TI | Directora de operaciones, Director comercial | "
        "Director general, Fundadora",
        "Sevilla, Málaga, A Coruña | S.L., S.A.",
    ),
    _country(
        "Poland",
        "Łukasz, Zofia, Grażyna, Michał",
        "Wójcik, Żak, Dąbrowska, Nowak",
        "Studentka, Stażysta | Specjalista ds. marketingu, Analityk | Kierownik sprzedaży, "
        "Kierowniczka IT | Dyrektor operacyjny | Prezes zarządu, Właściciel",
        "Łódź, Kraków, Gdańsk | Sp. z o.o., S.A.",
    ),
    _country(
        "Japan",
        "葵, 陽菜, 健太, さくら",
        "佐藤, 鈴木, 高橋, 渡辺",
        "学生 | マーケティング担当, エンジニア | 課長, マネージャー | 部長, 本部長 | 代表取締役",
        "東京, 大阪 | 株式会社",
    ),
    _country(
        "Greece",
        "Ελένη, Νίκος, Δήμητρα, Γιώργος",
        "Παππάς, Νικολάου, Δούκα",
        "Φοιτήτρια | Αναλυτής, Ειδικός μάρκετινγκ | Υπεύθυνη μάρκετινγκ | Διευθύντρια πωλήσεων | "
        "Διευθύνων σύμβουλος",
        "Αθήνα, Πάτρα | Όμιλος, και Σία",
    ),
    _country(
        "Ukraine",
        "Олена, Андрій, Ганна, Юрій",
        "Шевченко, Коваль, Бондаренко, Ткачук",
        "Студентка | Аналітик, Маркетологиня | Менеджерка з продажу | Директор з маркетингу | "
        "Генеральний директор, Засновниця",
        "Київ, Львів, Одеса | ПрАТ",
    ),
    _country(
        "Egypt",
        "فاطمة, أحمد, ليلى, يوسف",
        "حسن, السيد, منصور, فاروق",
        "طالبة | أخصائي تسويق, محللة | مدير مبيعات | مديرة العمليات | الرئيس التنفيذي, مؤسس",
        "القاهرة, الإسكندرية | ش.م.م",
    ),
    _country(
        "India",
        "प्रिया, अर्जुन, Ananya, Rohan, कविता",
        "शर्मा, Iyer, पटेल, Reddy, Das",
        "Student, Trainee | Marketing Executive, Data Analyst | Marketing Manager, प्रबंधक | "
        "Head of Growth, Director IT | Founder, CEO",
        "Mumbai, Pune, बेंगलुरु | Pvt. Ltd.",
    ),
)
_FIRST_WORDS = _words("Blue, North, Clear, Swift, Iron, Green, Bright, Stone, Silver, Open, Red")
_LAST_WORDS = _words("field, gate, works, cloud, bridge, harbor, lane, forge, mill, point, peak")
FREE_MAIL = ("freemail.example", "webmail.example", "mymail.example")


class Words:
    """Lists of words, one of which is picked by a list's place and a figure in [0, 1).

    Parameters
    ----------
    lists : sequence of sequence of str

    Examples
    --------
    >>> words = Words([("a", "b"), ("c",)])
    >>> words.picked(np.array([0, 0, 1]), np.array([0.1, 0.9, 0.5])).tolist()
    ['a', 'b', 'c']
    """

    def __init__(self, lists: Sequence[Sequence[str]]) -> None:
        self.length = np.array([len(words) for words in lists])
        self.first = np.cumsum(self.length) - self.length
        self.all = np.array([word for words in lists for word in words], dtype=object)

    def places(self, which: npt.NDArray[Any], pick: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
        """Return the places in ``all`` of the words that are picked."""
        return np.asarray(self.first[which] + (pick * self.length[which]).astype(np.int64))

    def picked(self, which: npt.NDArray[Any], pick: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
        """Return the words that are picked, as an array of str objects."""
        return np.asarray(self.all[self.places(which, pick)])


FIRST = Words([country.first for country in COUNTRIES])
LAST = Words([country.last for country in COUNTRIES])
CITIES = Words([country.cities for country in COUNTRIES])
SUFFIXES = Words([country.suffixes for country in COUNTRIES])
TITLES = Words([rank for country in COUNTRIES for rank in country.titles])
COUNTRY_NAMES = np.array([country.name for country in COUNTRIES], dtype=object)
STEMS = np.array([f"{a}{b}" for a in _FIRST_WORDS for b in _LAST_WORDS], dtype=object)


def ascii_name(name: str) -> str:
    """Return a name as it stands in a mail address.

    Examples
    --------
    >>> ascii_name("Jürgen"), ascii_name("葵")
    ('jurgen', 'contact')
    """
    first = name.split(" ", maxsplit=1)[0]
    plain = unicodedata.normalize("NFKD", first).encode("ascii", "ignore").decode()
    return plain.lower() or "contact"
