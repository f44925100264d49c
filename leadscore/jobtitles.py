"""Free-text job titles to a role (what somebody does) and a seniority (how far up they are).

Titles come in many languages, spellings and forms of address. They are reduced to plain letters
and looked up in the word lists below; the first line that has a word of the title wins, so the
order of the lines is part of their meaning. In the lists ``*`` stands for the rest of a word:
German and Dutch join words, so ``*vertrieb*`` is meant to be found in *Gebietsvertriebsleiterin*.

The lists hold English, German, French, Spanish, Italian, Dutch and Portuguese. They are our own
and follow no standard: a title that they do not know is ``other``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["ROLES", "SENIORITIES", "role_of", "seniority_of"]

ROLES = (
    *("executive", "sales", "marketing", "engineering", "finance", "hr", "operations"),
    *("legal", "research", "student", "other"),
)
SENIORITIES = (
    *("student", "junior", "specialist", "senior", "manager", "director", "vp", "chief"),
    "other",
)
_NOTHING = ("", "n a", "na", "nan", "nil", "none", "null", "unknown", "x", "xx", "xxx")
_LONGEST = 200  # characters of a title that are looked at

Lists = Sequence[tuple[str, str]]

# Words that mean something else beside their neighbour, and what to read in their place.
_PHRASES: Lists = (
    ("productowner", "product owner"),
    ("caretaker", "process owner, data owner, system owner, service owner, home owner"),
    ("colleague", "business partner"),
    ("partnerships", "channel partner, partner manager, partner account, partner management"),
    ("campus", "student services, student affairs, student success, student support"),
    ("campus", "student recruitment, student life, student advisor, student counselor"),
    ("vicepresident", "vice president, vice presidente, vizeprasident, executive vice president"),
    ("humanresources", "human resources, human capital, recursos humanos, ressources humaines"),
    ("humanresources", "risorse umane, people and culture, people & culture, people operations"),
    ("demandgeneration", "lead generation, lead gen"),
)
_STUDENTS = (
    "student*, *werkstudent*, *studierend*, etudiant*, estudiant*, estudante*, alumno, alumna,"
    "schuler, schulerin, eleve, scholier, pupil, undergraduate, intern, interns, internship*,"
    "trainee*, praktik*, *praktikant*, *volontar*, stagiair*, stagista*, tirocinant*, becari*,"
    "estagiari*, azubi*, *auszubildend*, apprenti, apprentie, apprentice*, alternant*, aprendiz*,"
    "apprendista, lehrling*"
)
# Who works for the top is not the top.
_ASSISTANTS = (
    "executive assistant*, personal assistant*, assistant to, assistant of, pa to, secretary to,"
    "assistentin der, assistent der, assistentin des, assistent des, assistenz der, assistenz des,"
    "*leitungsassist*, *fuhrungsassist*, *vorstandsassist*, *sekretar*, assistante de,"
    "assistant de, asistente de, assistente di, assistente da, assistente do, assistent van,"
    "*directiesecretar*, directieassist*, secretaire de, segretaria di, secretaria de,"
    "referentin der, referent der, referentin des, referent des"
)
_CHIEFS = (
    "ceo, co ceo, chief executive*, founder*, cofounder*, founding partner, *grunder*, fondat*,"
    "cofondat*, fundador*, cofundador*, oprichter*, owner*, *inhaber*, proprietaire, propietari*,"
    "proprietari*, titolare, eigenaar*, dueno, duena, dono, president*, prasident*, chairman,"
    "chairwoman, chair of the board, managing director*, managing partner*, executive director*,"
    "general director*, director general*, directora general*, directeur general*,"
    "directrice general*, directeur executif, diretor geral, diretora geral, director executivo,"
    "director ejecutivo, directora ejecutiva, direttore generale, direttrice generale,"
    "algemeen directeur, *geschaftsfuhr*, *geschaftsleitung*, gf, ggf, pdg, dg, gerant, gerante,"
    "consejero delegado, consejera delegada, amministratore delegato, amministratrice delegata,"
    "amministratore unico, administrador unico, vorstand*, board member, member of the board,"
    "bestuurder, bestuursvoorzitter, dirigeant*, chef d entreprise, unternehmer*, selbststandig*,"
    "self employed, entrepreneur*, imprenditor*, empresari*, ondernemer*, zzp, partner, socio,"
    "socia, associe, associee, vennoot, gesellschafter*"
)
_OFFICERS = (
    "cfo, cto, cio, cmo, coo, cro, cpo, cso, cdo, cgo, clo, cco, ciso, chro, chief financial,"
    "chief technology, chief technical, chief information, chief marketing, chief operating,"
    "chief revenue, chief product, chief people, chief human, chief legal, chief commercial,"
    "chief sales, chief data, chief digital, chief growth, chief customer, chief strategy,"
    "finanzvorstand, technikvorstand, vertriebsvorstand"
)
_ROLE_WORDS: Lists = (
    ("student", _STUDENTS),
    ("operations", _ASSISTANTS),
    (
        "research",
        "professor*, prof, profesor*, professeur*, dozent*, lecturer*, teacher*, *lehrer*,"
        "lehrbeauftragt*, enseignant*, docent*, insegnant*, leraar, lerares, postdoc*, post doc,"
        "phd, doktorand*, doctorant*, dottorand*, faculty, *universit*, rector, rektor*,"
        "headmaster, school*, academic*, campus",
    ),
    ("executive", _CHIEFS),
    (
        "engineering",
        "cto, cio, cdo, ciso, dsi, chief technology, chief technical, chief information",
    ),
    ("finance", "cfo, daf, raf, chief financial, finanzvorstand"),
    ("marketing", "cmo, cgo, chief growth, chief customer"),
    ("sales", "cro, cso, cco, chief revenue, vertriebsvorstand"),
    ("operations", "coo, chief operating, chief of staff"),
    ("hr", "chro, chief people, chief human"),
    (
        "hr",
        "hr, rh, drh, hrm, humanresources, *personalleit*, *personalreferent*, personalwesen,"
        "*personalabteilung*, *personalentwickl*, *personalmanag*, personeel*, personnel,"
        "del personale, recruit*, *recruit*, recrut*, reclut*, talent*, people,"
        "payroll, *lohnbuchhalt*",
    ),
    (
        "legal",
        "legal*, clo, lawyer*, attorney*, counsel, solicitor*, barrister*, paralegal*, jurist*,"
        "juridi*, giurid*, *anwalt*, *anwaltin*, *justiziar*, *rechtsabteilung*, avocat*, avvocat*,"
        "abogad*, advogad*, advocaat, notar, notarin, notaire, notaris, notario, compliance,"
        "data protection, *datenschutz*, dpo, privacy",
    ),
    (
        "sales",
        "sales*, *sales, presales, *vertrieb*, *verkauf*, *verkoop*, *verkoper*, ventes, vendeu*,"
        "commercial*, comercia*, vendit*, vendas, ventas, vendedor*, account manager*,"
        "account executive*, accountmanager*, key account*, kam, bdr, sdr, business development*,"
        "bizdev, revenue*, *handelsvertret*, *aussendienst*, *innendienst*, partnerships",
    ),
    (
        "marketing",
        "*marketing*, marketer*, brand, brands, branding, *werbung*, communicat*, communicatie*,"
        "*kommunikation*, comunica*, content, seo, sea, pr, public relations, press, presse*,"
        "*offentlichkeitsarbeit*, growth, demandgeneration, social media, event, events, advertis*,"
        "publicit*, pubblicit*, reclame, product manager*, product management, *produktmanag*,"
        "chef de produit*, productmanager*, media, copywriter*, crm",
    ),
    (
        "finance",
        "financ*, *finanz*, finanz*, accountant*, accounting, accounts, *buchhalt*, *buchfuhr*,"
        "boekhoud*, comptab*, contab*, contador*, ragionier*, *controll*, controle de gestion,"
        "treasur*, tresor*, tesor*, bookkeep*, audit*, *wirtschaftspruf*, tax, *steuerberat*,"
        "fiscal*, investor*, investment*, bank, banker*, banking, bankkauf*, actuar*",
    ),
    (
        "engineering",
        "*engineer*, *ingenieur*, ingenier*, ingegner*, engenheir*, ing, *developer*, *entwickler*,"
        "softwareentwickl*, developpeu*, desarrollador*, sviluppat*, *ontwikkelaar*,"
        "desenvolvedor*, programmer*, programmier*, programmeu*, programmat*, programador*,"
        "*software*, devops, dev, sysadmin*, *administrator, it, edv, ict, ti, *informati*, tech,"
        "technolog*, technic*, technik*, *techniker*, technisch*, technique*, tecnic*, tecnolog*,"
        "*architect*, *architekt*, arquitect*, architett*, data scien*, data analy*, data engin*,"
        "cloud, *cyber*, *security*, infrastructure*, network*, netzwerk*, fullstack, full stack,"
        "frontend, backend, webmaster*, productowner, scrum*, qa, tester*, *konstrukteur*",
    ),
    (
        "research",
        "research*, *forsch*, chercheu*, recherche*, investigador*, investigacion, ricerc*,"
        "onderzoek*, pesquisa*, scientist*, *wissenschaft*, scientifique*, science*, r&d, f&e,"
        "laborant*, laborator*, laboratoire, labor, librar*, *bibliothe*, education*, *bildung*,"
        "formation, formateu*, training, trainer*, coach*, tutor*",
    ),
    (
        "operations",
        "operation*, operacion*, operativ*, operazion*, operacoes, *betriebsleit*, *produktion*,"
        "production*, produccion, produzion*, producao, productie*, manufactur*, *fertigung*,"
        "plant manager*, werkleit*, werksleit*, *logisti*, supply chain, warehouse*, *lagerleit*,"
        "lagerist*, magazijn*, procure*, purchas*, *einkauf*, buyer*, achats, acheteu*, compras,"
        "comprador*, acquist*, *inkoop*, inkoper*, quality*, *qualitat*, qualite, calidad, qualita,"
        "qualidade, *kwaliteit*, office, buro*, secretar*, segretar*, *assistent*, *assistenz*,"
        "assistant*, asistent*, administra*, *verwaltung*, amministra*, admin, receptionist*,"
        "empfang*, customer success, customer service*, customer support, customer care,"
        "*kundenservice*, *kundendienst*, support, helpdesk, service, services, facilit*, project*,"
        "*projekt*, progett*, proyecto*, projet*, projeto*, program manager*, *prozess*, process,"
        "transformation, maintenance, wartung*, *instandhalt*, manutenzione",
    ),
    (
        "executive",
        "general manager*, country manager*, gerente general, gerente geral, director*, directeur,"
        "directrice, direktor*, direttore, direttrice, diretor, diretora, vp, evp, svp,"
        "vicepresident*, vice presid*",
    ),
)
_LEVEL_WORDS: Lists = (
    ("student", _STUDENTS),
    ("specialist", _ASSISTANTS),
    ("vp", "vp, evp, svp, avp, vicepresident*, vice presid*, vizeprasident*"),
    ("chief", _CHIEFS),
    ("chief", _OFFICERS),
    ("junior", "junior*, jr, entry level, *nachwuchs*, berufseinst*"),
    (
        "manager",
        "*teamleit*, *teamlead*, team lead*, *projektleit*, *gruppenleit*, *filialleit*,"
        "*schichtleit*, *marktleit*, *bauleit*",
    ),
    (
        "director",
        "director*, directeur*, directrice*, *direktor*, direttor*, direttric*, diretor*, head,"
        "chief, *leiter*, *leitung*, drh, daf, raf, dsi, prokurist*, procurist*, dean, dekan*,"
        "*hoofd, general manager*, country manager*, gerente general, gerente geral",
    ),
    (
        "manager",
        "*manager*, mgr, supervisor*, superviseu*, foreman, *coordinator*, *koordinat*, coordina*,"
        "coordenador*, responsabile, responsabili, responsable*, responsavel, gerente*, gestor*,"
        "encargad*, jefe, jefa, chefe, chef, *chef, *chefin, capo, capoarea, verantwoordelijk*,"
        "*leider, werkmeister*",
    ),
    ("senior", "senior*, sr, snr, lead, staff, principal, expert*, esperto, esperta"),
    ("junior", "assistant, associate, graduate*"),
    ("specialist", "*specialist*, *spezialist*, *sachbearbeit*, *referent*, charge, chargee"),
)


def role_of(titles: pd.Series) -> pd.Series:
    """Return what people with these job titles do.

    Parameters
    ----------
    titles : Series
        Free text, in any of the languages that the module's description names.

    Returns
    -------
    Series of str
        One of `ROLES`; index and name as `titles`. Missing where the title is missing, or says
        nothing (no letter or digit, ``n/a``). ``engineering`` includes IT, ``research`` teaching.

    Examples
    --------
    >>> role_of(pd.Series(["VP Sales", "Leiterin Buchhaltung", "PDG", "Wizard"])).tolist()
    ['sales', 'finance', 'executive', 'other']
    """
    return _by_distinct(titles, _roles)


def seniority_of(titles: pd.Series) -> pd.Series:
    """Return how far up people with these job titles are.

    Parameters
    ----------
    titles : Series
        Free text, as for `role_of`.

    Returns
    -------
    Series of str
        One of `SENIORITIES`; index and name as `titles`. Missing as for `role_of`. ``chief`` are
        owners, founders, partners and the top management; ``director`` includes heads of
        something; ``senior`` are experts without a team. A title that says no level, but has a
        role, is a ``specialist``.

    Examples
    --------
    >>> seniority_of(pd.Series(["Sr. Engineer", "Directrice des ventes", "Stagista"])).tolist()
    ['senior', 'director', 'student']
    """
    return _by_distinct(titles, _levels)


def _by_distinct(titles: pd.Series, look_up: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """Look up each distinct title once."""
    codes, distinct = pd.factorize(titles)
    plain = pd.Series([_plain(str(title)) for title in distinct], dtype="str")
    found = look_up(plain).where(plain.str.strip() != "")
    return pd.Series(found.reindex(codes).array, index=titles.index, name=titles.name, dtype="str")


def _roles(plain: pd.Series) -> pd.Series:
    return _first(plain, _ROLE_WORDS)


def _levels(plain: pd.Series) -> pd.Series:
    unsaid = np.where(_roles(plain) == "other", "other", "specialist")
    return _first(plain, _LEVEL_WORDS, unsaid=unsaid)


def _first(plain: pd.Series, lists: Lists, *, unsaid: Any = "other") -> pd.Series:
    """Return the name of the first list that has a word of the text."""
    texts = pa.array(plain, pa.string())
    hits = [_hits(texts, words) for _, words in lists]
    names = [name for name, _ in lists]
    return pd.Series(np.select(hits, names, default=unsaid), index=plain.index, dtype="str")


def _hits(texts: pa.Array, words: str) -> NDArray[np.bool_]:
    found = pc.match_substring_regex(texts, _pattern(words))
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.bool_)


@cache
def _pattern(words: str) -> str:
    """Return a pattern of plain pieces of text, in which spaces stand for the ends of words."""
    return "|".join(sorted({_piece(word) for word in words.split(",")}))


def _piece(word: str) -> str:
    word = word.strip()
    start, end = ("" if word.startswith("*") else " "), ("" if word.endswith("*") else " ")
    return start + _letters(word) + end


def _plain(title: str) -> str:
    """Return a title as its words in plain small letters, with a space around each."""
    text = f" {_letters(title[:_LONGEST])} "
    for phrase, word in _phrases():
        text = text.replace(phrase, word)
    return "" if text.strip() in _NOTHING else text


@cache
def _phrases() -> list[tuple[str, str]]:
    pairs = [(phrase, word) for word, phrases in _PHRASES for phrase in phrases.split(",")]
    return [(f" {_letters(phrase)} ", f" {word} ") for phrase, word in pairs]


_UNDOTTED = re.compile(r"\b(\w)\.(?=\w\b)")  # C.E.O. is CEO
_SPELLINGS = str.maketrans({"ø": "o", "ł": "l", "æ": "a", "œ": "o", "đ": "d", "\u0131": "i"})
_UMLAUTS = re.compile("([aou])e")  # Geschaeftsfuehrer is Geschäftsführer


def _letters(text: str) -> str:
    """Return text without accents, signs and capitals; the same is done to the lists."""
    apart = unicodedata.normalize("NFKD", _UNDOTTED.sub(r"\1", text)).casefold()
    bare = "".join(c for c in apart if not unicodedata.combining(c)).translate(_SPELLINGS)
    words = "".join(c if c.isalnum() else " " for c in bare).split()
    return _UMLAUTS.sub(r"\1", " ".join(words))
