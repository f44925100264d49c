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
