"""The object types of a portal."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["KINDS", "STAGES", "UNSERVED", "Kind"]

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
    other_names : tuple of str
        Further ways to name it in a path.
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
    other_names: tuple[str, ...] = ()

    @property
    def aliases(self) -> tuple[str, ...]:
        """The ways to name it in a path; a custom type's bare name is none (assumed)."""
        singular = () if self.type_id.startswith("2-") else (self.singular,)
        return self.name, *singular, self.type_id, *self.other_names

    @property
    def word(self) -> str:
        """What HubSpot's error messages call it: a custom object's own name is not in them.

        supaglue-labs/supaglue, integration tests of custom objects.
        """
        return "PermanentCustomObject" if self.type_id.startswith("2-") else self.singular.upper()


def _activity(name: str, type_id: str, *, searched: tuple[str, ...]) -> Kind:
    """Return a kind of activity (HubSpot API docs, "Search the CRM": what comes, what is searched).

    Every activity needs ``hs_timestamp`` (HubSpot API docs, "Tasks", "Notes", "Calls", ...).
    """
    return Kind(
        name=name,
        singular=name.removesuffix("s"),
        type_id=type_id,
        modified="hs_lastmodifieddate",
        shown=("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
        needs=("hs_timestamp",),
        searched=searched,
    )


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
    _activity("tasks", "0-27", searched=("hs_task_body", "hs_task_subject")),
    _activity("notes", "0-46", searched=("hs_note_body",)),
    _activity("calls", "0-48", searched=("hs_call_title", "hs_body_preview")),
    _activity("meetings", "0-47", searched=("hs_meeting_title", "hs_meeting_body")),
    _activity("emails", "0-49", searched=("hs_email_subject",)),
)

# What HubSpot has besides (HubSpot API docs, "Understanding the CRM"), and this portal does not.
UNSERVED = frozenset(
    (
        *("leads", "lead", "0-136", "users", "user", "0-115", "tickets", "ticket", "0-5"),
        *("products", "product", "0-7", "line_items", "line_item", "0-8"),
        *("quotes", "quote", "0-14", "communications", "communication", "0-18"),
    )
)
