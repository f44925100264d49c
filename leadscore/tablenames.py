"""Column names: valid HubSpot property names, and how names and values are shown in messages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import count

__all__ = ["nearest", "property_names", "shown"]

LONGEST = 99
PREFIX = "table_"

# The keys are not Latin; that they look Latin (RUF001) is why they are here.
_LETTERS_OF = (
    "а=a б=b в=v г=g д=d е=e ё=e ж=zh з=z и=i й=y к=k л=l м=m н=n о=o "  # noqa: RUF001 as above
    "п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch ш=sh щ=shch ъ= ы=y ь= э=e "  # noqa: RUF001 as above
    "ю=yu я=ya і=i ї=yi є=ye ґ=g α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i "  # noqa: RUF001 as above
    "κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f χ=ch ψ=ps ω=o "  # noqa: RUF001 as above
    "ß=ss æ=ae œ=oe ø=o ł=l đ=d ð=d þ=th ŋ=ng ħ=h"
)
_SIGNS = {"&": " and ", "%": " percent ", "#": " number ", "\N{LATIN SMALL LETTER DOTLESS I}": "i"}
_LETTERS = str.maketrans(dict(pair.split("=") for pair in _LETTERS_OF.split()) | _SIGNS)

# HubSpot API docs, "Properties" and "HubSpot's default contact properties": the names that every
# portal has already, besides those that begin with hs_ or hubspot.
_STANDARD_NAMES = """
    address annualrevenue associatedcompanyid associatedcompanylastupdated city closedate company
    company_size country createdate currentlyinworkflow date_of_birth days_to_close degree email
    engagements_last_meeting_booked engagements_last_meeting_booked_campaign
    engagements_last_meeting_booked_medium engagements_last_meeting_booked_source fax
    field_of_study first_conversion_date first_conversion_event_name first_deal_created_date
    firstname followercount gender graduation_date industry ip_city ip_country ip_country_code
    ip_latlon ip_state ip_state_code ip_zipcode job_function jobtitle kloutscoregeneral
    lastmodifieddate lastname lifecyclestage linkedinbio linkedinconnections
    marital_status message military_status mobilephone
    notes_last_contacted notes_last_updated notes_next_activity_date
    num_associated_deals num_contacted_notes num_conversion_events num_notes
    num_unique_conversion_events numemployees owneremail ownername phone photo
    recent_conversion_date recent_conversion_event_name recent_deal_amount recent_deal_close_date
    relationship_status salutation school seniority start_date state
    surveymonkeyeventlastupdated total_revenue twitterbio twitterhandle twitterprofilephoto
    webinareventlastupdated website work_email zip
"""
_STANDARD = frozenset(_STANDARD_NAMES.split())
# What our own tables call their key columns: a property of the same name would hide them.
_OWN = frozenset(
    {"id", "contact_id", "snapshot_at", "outcome", "archived", "createdat", "updatedat"}
)
_TAKEN = re.compile(r"hs_|hubspot|leadscore_")
_VALID = re.compile(rf"[a-z][a-z0-9_]{{0,{LONGEST - 1}}}")


def shown(values: Iterable[object], *, most: int = 6, width: int = 40) -> str:
    r"""Return some values as they may stand in a message: quoted, short, inert.

    Parameters
    ----------
    values : iterable
        What to show; only the first ``most`` are.
    most : int
        How many values to show.
    width : int
        The longest that one value may be, in characters.

    Returns
    -------
    str
        Control and invisible characters are escaped, the rest is counted.

    Examples
    --------
    >>> shown(["yes", "no\x1b[2J"])
    "'yes', 'no\\x1b[2J'"
    >>> shown("abcdefgh", most=2)
    "'a', 'b' and 6 more"
    """
    everything = list(values)
    text = ", ".join(f"'{_inert(str(value), width)}'" for value in everything[:most])
    rest = len(everything) - most
    return f"{text} and {rest} more" if rest > 0 else text


def _inert(text: str, width: int) -> str:
    short = text if len(text) <= width else text[: width - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in short)


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the name that is spelt most like ``name``, or "" if none comes close.

    Examples
    --------
    >>> nearest("Revenu", ["Region", "revenue"])
    'revenue'
    """
    folded = {candidate.casefold(): candidate for candidate in names}
    found = get_close_matches(name.casefold(), folded, n=1)
    return folded[found[0]] if found else ""


def property_names(names: Sequence[str]) -> list[str]:
    """Return one valid, unique name of a custom contact property for each column name.

    Parameters
    ----------
    names : sequence of str
        Column names as in the file.

    Returns
    -------
    list of str
        Names of the form ``[a-z][a-z0-9_]*``, at most 99 characters, in the same order. A name
        that is valid already is kept, unless HubSpot or leadscore uses it: then it gets the
        prefix ``table_``. Names that come out alike are numbered.

    Notes
    -----
    HubSpot's error text asks for lowercase names of less than 100 characters and refuses dots
    (HubSpot/hubspot-api-nodejs#277); the server's exact rule is not documented.

    Examples
    --------
    >>> property_names(["emp.var.rate", "Größe", "2nd call", "email", "emp var rate"])
    ['emp_var_rate', 'grosse', 'table_2nd_call', 'table_email', 'emp_var_rate_2']
    """
    wanted = [_valid(name, place) for place, name in enumerate(names, start=1)]
    kept = [name if name == want else None for name, want in zip(names, wanted, strict=True)]
    used: set[str] = set()
    # A name that needs no change goes first, so that "a.b" does not take the place of "a_b".
    for place in sorted(range(len(names)), key=lambda i: kept[i] is None):
        wanted[place] = _unused(wanted[place], used)
        used.add(wanted[place])
    return wanted


def _valid(name: str, place: int) -> str:
    if _VALID.fullmatch(name) and not _reserved(name):
        return name
    plain = re.sub(r"[^a-z0-9]+", "_", _latin(name)).strip("_") or f"column_{place}"
    if plain[0].isdigit() or _reserved(plain):
        plain = PREFIX + plain
    return plain[:LONGEST].rstrip("_")


def _latin(name: str) -> str:
    composed = unicodedata.normalize("NFKC", name).casefold()
    apart = unicodedata.normalize("NFKD", composed.translate(_LETTERS))
    return "".join(c for c in apart if not unicodedata.combining(c)).translate(_LETTERS)


def _reserved(name: str) -> bool:
    return name in _STANDARD or name in _OWN or bool(_TAKEN.match(name))


def _unused(name: str, used: set[str]) -> str:
    if name not in used:
        return name
    numbered = (f"{name[: LONGEST - len(str(n)) - 1]}_{n}" for n in count(2))
    return next(candidate for candidate in numbered if candidate not in used)
