"""Forms as they are sent to the portal: a field, and a form of fields."""

from typing import Any


def field(name: str = "email", kind: str = "email", **more: Any) -> dict[str, Any]:
    """Return a field of contacts."""
    return {"objectTypeId": "0-1", "name": name, "label": name, "fieldType": kind} | more


def body(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a form of fields."""
    return {
        "formType": "hubspot",
        "name": "Talk to us",
        "fieldGroups": [{"groupType": "default_group", "fields": list(fields)}],
        "configuration": {},
        "displayOptions": {},
        "legalConsentOptions": {"type": "none"},
    } | more


def posted(portal: Any, *fields: dict[str, Any], **more: Any) -> str:
    """Put a form into a portal through its API, and return its id."""
    made = portal.transport.call(
        "POST", "/marketing/v3/forms", body=body(*fields, **more), expect=(201,)
    )
    return str(made["id"])


def taken(sandbox: Any, form: str) -> list[dict[str, str]]:
    """Return what a sandbox has taken for a form, arrived or on its way, in order."""
    portal = sandbox.portal
    pending = [one for one in portal.shelf("pending submissions").values() if one["form"] == form]
    known = [*portal.shelf("submissions").get(form, []), *pending]
    return [{sent["name"]: sent["value"] for sent in one["values"]} for one in known]
