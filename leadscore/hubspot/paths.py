"""One table from a resource to its path, in each version of HubSpot's API."""

from __future__ import annotations

from leadscore.errors import SettingsError

__all__ = ["VERSIONS", "path"]

VERSIONS = ("2026-03", "2026-09", "v3")

# HubSpot API docs, "Migrate to date-based versioning": the date follows the family's name, where
# the numbered versions stand before it.
_NUMBERED = {
    "objects": "/crm/v3/objects",
    "properties": "/crm/v3/properties",
    "limits": "/crm/v3/limits",
    "account-info": "/account-info/v3",
}
_DATED = {
    "objects": "/crm/objects/{version}",
    "properties": "/crm/properties/{version}",
    "limits": "/crm/limits/{version}",
    "account-info": "/account-info/{version}",
}


def path(version: str, resource: str, *rest: str) -> str:
    """Return the path of a resource in one version of the API.

    Examples
    --------
    >>> path("2026-03", "objects", "contacts", "batch", "read")
    '/crm/objects/2026-03/contacts/batch/read'
    >>> path("v3", "objects", "contacts")
    '/crm/v3/objects/contacts'
    """
    if version not in VERSIONS:
        raise SettingsError(
            f"There is no API version {version!r}.", hint=f"Use one of {', '.join(VERSIONS)}."
        )
    family = (_NUMBERED if version == "v3" else _DATED)[resource].format(version=version)
    return "/".join([family, *rest])
