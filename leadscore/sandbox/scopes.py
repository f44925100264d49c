"""The scopes that a portal's tokens can have, in HubSpot's names."""

from __future__ import annotations

__all__ = ["EVERY", "of_type", "offered"]

_KINDS = ("contacts", "companies", "deals", "custom")
EVERY = (
    *(
        f"crm.{area}.{kind}.{right}"
        for area in ("objects", "schemas")
        for kind in _KINDS
        for right in ("read", "write")
    ),
    "crm.objects.owners.read",
    "crm.lists.read",
    "crm.lists.write",
    "crm.export",
    "crm.import",
    "oauth",
    "account-info.security.read",
    "files",
    "forms",
    "forms-uploaded-files",
    "automation",
    "automation.sequences.read",
    "automation.sequences.enrollments.write",
    "mh-lead-scoring-view",
    "mh-lead-scoring-edit",
)


_PAID = (
    "automation",
    "automation.sequences.read",
    "automation.sequences.enrollments.write",
    "mh-lead-scoring-view",
    "mh-lead-scoring-edit",
    "crm.objects.custom.read",
    "crm.objects.custom.write",
    "crm.schemas.custom.read",
    "crm.schemas.custom.write",
)


def offered(tier: str) -> frozenset[str]:
    """Return the scopes that an account can grant to an app.

    HubSpot API docs, "Scopes": some need a subscription from Professional up. That custom objects
    need Enterprise is passed over here.

    Examples
    --------
    >>> ["mh-lead-scoring-edit" in offered(tier) for tier in ("starter", "enterprise")]
    [False, True]
    """
    paid = frozenset(_PAID) if tier in {"free", "starter"} else frozenset()
    return frozenset(EVERY) - paid


def of_type(pattern: str, name: str) -> str:
    """Return a scope's name for an object type.

    Activities (tasks, notes, calls, meetings, emails) are read and written with the scopes of
    contacts (HubSpot API docs, "Scopes").

    Examples
    --------
    >>> of_type("crm.objects.{type}.read", "notes")
    'crm.objects.contacts.read'
    """
    activities = {"tasks", "notes", "calls", "meetings", "emails"}
    if "{type}" not in pattern:
        return pattern
    known = name if name in _KINDS else "contacts" if name in activities else "custom"
    return pattern.format(type=known)
