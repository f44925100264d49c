"""The object types of a portal."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["KINDS", "STAGES", "Kind"]

STAGES = {
    "subscriber": "Subscriber",
    "lead": "Lead",
    "marketingqualifiedlead": "Marketing Qualified Lead",
    "salesqualifiedlead": "Sales Qualified Lead",
    "opportunity": "Opportunity",
    "customer": "Customer",
    "evangelist": "Evangelist",
    "other": "Other",
}


@dataclass(frozen=True)
class Kind:
    """An object type.

    Parameters
    ----------
    name, singular, type_id : str
        "contacts", "contact", "0-1".
    modified : str
        The property that holds the time of the last change: contacts have their own name for it.
    shown : tuple of str
        The properties of a reply when none are asked for (HubSpot API docs, "Search the CRM").
    one_of : tuple of str
        A new record needs at least one of these.
    needs : tuple of str
        A new record needs all of these.
    unique : tuple of str
        HubSpot-defined properties that no two records share.
    searched : tuple of str
        What ``query`` looks through in a search.
    """

    name: str
    singular: str
    type_id: str
    modified: str
    shown: tuple[str, ...]
    one_of: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    searched: tuple[str, ...] = ()

    @property
    def aliases(self) -> tuple[str, str, str]:
        """The ways to name it in a path."""
        return self.name, self.singular, self.type_id


KINDS = (
    Kind(
        name="contacts",
        singular="contact",
        type_id="0-1",
        modified="lastmodifieddate",
        shown=(
            *("createdate", "email", "firstname"),
            *("hs_object_id", "lastmodifieddate", "lastname"),
        ),
        one_of=("email", "firstname", "lastname"),
        unique=("email",),
        searched=("firstname", "lastname", "email", "phone", "mobilephone", "company"),
    ),
    Kind(
        name="companies",
        singular="company",
        type_id="0-2",
        modified="hs_lastmodifieddate",
        shown=("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
        one_of=("name", "domain"),
        searched=("name", "domain", "website", "phone"),
    ),
    Kind(
        name="deals",
        singular="deal",
        type_id="0-3",
        modified="hs_lastmodifieddate",
        shown=(
            *("amount", "closedate", "createdate", "dealname", "dealstage"),
            *("hs_lastmodifieddate", "hs_object_id", "pipeline"),
        ),
        needs=("dealname", "dealstage"),
        searched=("dealname", "pipeline", "dealstage", "dealtype", "description"),
    ),
)
