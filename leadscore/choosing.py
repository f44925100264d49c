"""Which properties, histories and associations a sync reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from leadscore.errors import UsageError
from leadscore.scoreproperties import GROUP

__all__ = ["OBJECTS", "PAIRS", "PERSONAL", "choose", "choose_history"]

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
# What a later step relies on: when a record was made and changed, what it was merged from.
_NEEDED = ("createdate", "lastmodifieddate", "hs_lastmodifieddate", "lifecyclestage", MERGED)
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
    strange = sorted(set(asked or ()) - defined.keys())
    if strange:
        raise UsageError(
            f"The portal's {object_type} have no property {strange[0]!r}.",
            hint="Use internal names, as in HubSpot's property settings.",
        )
    names = _by_habit(defined) if asked is None else asked
    stages = [name for name in defined if name.startswith("hs_v2_date_entered_")]
    return sorted({*names, *stages, *_NEEDED} & defined.keys())


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
    object_type: str, names: Collection[str], asked: Mapping[str, Sequence[str]] | None
) -> list[str]:
    """Return the properties whose history is read, sorted.

    Without a wish: of contacts all that are read, of deals what tells a sale; a wish for one
    object type is a wish for no other.

    Examples
    --------
    >>> choose_history("contacts", ["createdate", "jobtitle"], None)
    ['jobtitle']
    >>> choose_history("companies", ["name"], None)
    []
    """
    if asked is not None:
        return sorted(set(asked.get(object_type, ())))
    habit = {"contacts": tuple(names), "deals": _DEAL_HISTORY}.get(object_type, ())
    return sorted((set(habit) & set(names)) - _NO_HISTORY)
