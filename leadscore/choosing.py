"""Which properties, histories and associations a sync reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from leadscore.errors import UsageError
from leadscore.scoreproperties import GROUP

__all__ = ["OBJECTS", "PAIRS", "PERSONAL", "choose", "choose_history", "listed", "listed_by_object"]

OBJECTS = ("contacts", "companies", "deals")
PAIRS = (
    ("contacts", "companies"),
    ("contacts", "deals"),
    ("deals", "contacts"),
    ("deals", "companies"),
)
# Personal data is asked for, not taken by habit.
PERSONAL = frozenset(
    {
        "address",
        "date_of_birth",
        "email",
        "fax",
        "firstname",
        "hs_additional_emails",
        "hs_calculated_mobile_number",
        "hs_calculated_phone_number",
        "hs_full_name_or_email",
        "hs_searchable_calculated_mobile_number",
        "hs_searchable_calculated_phone_number",
        "hs_whatsapp_phone_number",
        "lastname",
        "mobilephone",
        "phone",
        "salutation",
        "twitterhandle",
        "work_email",
        "zip",
    }
)
MERGED = "hs_merged_object_ids"
# What a later step relies on: when a record was made and changed, what it was merged from, and
# which company a contact belongs to.
_NEEDED = (
    *("createdate", "lastmodifieddate", "hs_lastmodifieddate", "lifecyclestage", MERGED),
    "associatedcompanyid",
)
# The history of these is that of every other property, or of none.
_NO_HISTORY = frozenset(
    {"createdate", "hs_createdate", "hs_object_id", "lastmodifieddate", "hs_lastmodifieddate"}
)
_DEAL_HISTORY = ("amount", "closedate", "dealstage", "pipeline")


def choose(
    object_type: str,
    defined: Mapping[str, Mapping[str, Any]],
    asked: Sequence[str] | None,
) -> list[str]:
    """Return the properties to read, sorted.

    Parameters
    ----------
    object_type : str
    defined : mapping
        The portal's definitions by name.
    asked : sequence of str or None
        None: all visible ones, less personal data and what leadscore itself writes.

    Raises
    ------
    UsageError
        The portal has no property of that name.

    Examples
    --------
    >>> defined = {name: {"name": name} for name in ("email", "jobtitle", "createdate")}
    >>> choose("contacts", defined, None), choose("contacts", defined, ["email"])
    (['createdate', 'jobtitle'], ['createdate', 'email'])
    """
    _all_defined(object_type, defined, asked or ())
    names = _by_habit(defined) if asked is None else asked
    stages = [name for name in defined if name.startswith("hs_v2_date_entered_")]
    return sorted({*names, *stages, *_NEEDED} & defined.keys())


def _all_defined(
    object_type: str, defined: Mapping[str, Mapping[str, Any]], asked: Sequence[str]
) -> None:
    strange = sorted(set(asked) - defined.keys())
    if not strange:
        return
    near = get_close_matches(strange[0], defined, n=3)
    nearest = f" The nearest are: {', '.join(near)}." if near else ""
    raise UsageError(
        f"The portal's {object_type} have no property {strange[0]!r}.{nearest}",
        hint="Use internal names, as in HubSpot's property settings.",
    )


def _by_habit(defined: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [
        name
        for name, about in defined.items()
        if not (about.get("hidden") or _personal(name, about) or about.get("groupName") == _OURS)
    ]


_OURS = GROUP["name"]


def _personal(name: str, definition: Mapping[str, Any]) -> bool:
    return name in PERSONAL or definition.get("fieldType") == "phonenumber"


def choose_history(
    object_type: str,
    names: Collection[str],
    asked: Mapping[str, Sequence[str]] | None,
    *,
    defined: Mapping[str, Mapping[str, Any]],
) -> list[str]:
    """Return the properties whose history is read, sorted.

    Without a wish: of contacts all that are read, of deals what tells a sale; a wish for one
    object type is a wish for no other.

    Raises
    ------
    UsageError
        The portal has no property of that name: HubSpot would answer with no history.

    Examples
    --------
    >>> choose_history("contacts", ["createdate", "jobtitle"], None, defined={})
    ['jobtitle']
    >>> choose_history("companies", ["name"], None, defined={})
    []
    """
    if asked is not None:
        wished = asked.get(object_type, ())
        _all_defined(object_type, defined, wished)
        return sorted(set(wished))
    habit = {"contacts": tuple(names), "deals": _DEAL_HISTORY}.get(object_type, ())
    return sorted((set(habit) & set(names)) - _NO_HISTORY)


def listed(option: str, names: Any) -> list[str] | None:
    """Return names as a list, None for None; refuse a text, which is a list of its letters.

    Raises
    ------
    UsageError
        It is no list of names.

    Examples
    --------
    >>> listed("properties", ("email",))
    ['email']
    """
    if names is None:
        return None
    if isinstance(names, Iterable) and not isinstance(names, (str, bytes, Mapping)):
        made = list(names)
        if all(isinstance(name, str) for name in made):
            return made
    raise UsageError(
        f"{option} is no list of property names.", hint=f'Write {option}=["jobtitle"], say.'
    )


def listed_by_object(option: str, names: Any) -> dict[str, list[str]] | None:
    """Return lists of names by object type; a list alone is that of contacts.

    Raises
    ------
    UsageError
        It is no list of names, or for an object that a sync does not read.

    Examples
    --------
    >>> listed_by_object("history", ["jobtitle"])
    {'contacts': ['jobtitle']}
    """
    if not isinstance(names, Mapping):
        made = listed(option, names)
        return None if made is None else {"contacts": made}
    strange = [name for name in names if name not in OBJECTS]
    if strange:
        raise UsageError(
            f"{option} is for no object {strange[0]!r}.", hint=f"Use {', '.join(OBJECTS)}."
        )
    return {name: listed(f"{option}[{name!r}]", asked) or [] for name, asked in names.items()}
