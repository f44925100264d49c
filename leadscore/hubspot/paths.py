"""One table from a resource to its path, in each version of HubSpot's API."""

from __future__ import annotations

from leadscore.errors import SettingsError, UsageError

__all__ = ["RESOURCES", "SUPPORTED_UNTIL", "VERSIONS", "path"]

VERSIONS = ("2026-03", "2026-09", "v3")
# HubSpot API docs, "Date-based versioning": 18 months from the day of release. Changelog,
# "Legacy APIs and legacy apps": v4, which goes with v3, until 2027-03-30, v3 until September 2027.
SUPPORTED_UNTIL = {"2026-03": "2027-09-30", "2026-09": "2028-03-08", "v3": "2027-03-30"}

# HubSpot API docs, "Migrate to date-based versioning": the date follows the family's name, where
# the numbered versions stand before it. "v3" means what went with it: associations and sequences
# are version 4.
_PAIRS = {
    "objects": ("/crm/v3/objects", "/crm/objects/{version}"),
    "record associations": ("/crm/v4/objects", "/crm/objects/{version}"),
    "properties": ("/crm/v3/properties", "/crm/properties/{version}"),
    "associations": ("/crm/v4/associations", "/crm/associations/{version}"),
    "owners": ("/crm/v3/owners", "/crm/owners/{version}"),
    "pipelines": ("/crm/v3/pipelines", "/crm/pipelines/{version}"),
    "lists": ("/crm/v3/lists", "/crm/lists/{version}"),
    "limits": ("/crm/v3/limits", "/crm/limits/{version}"),
    "exports": ("/crm/v3/exports", "/crm/exports/{version}"),
    "imports": ("/crm/v3/imports", "/crm/imports/{version}"),
    "schemas": ("/crm-object-schemas/v3/schemas", "/crm-object-schemas/{version}/schemas"),
    "files": ("/files/v3/files", "/files/{version}/files"),
    "sequences": ("/automation/v4/sequences", "/automation/sequences/{version}"),
    "account-info": ("/account-info/v3", "/account-info/{version}"),
    "oauth": ("/oauth/v3", "/oauth/{version}"),
}
RESOURCES = tuple(_PAIRS)


def path(version: str, resource: str, *rest: str) -> str:
    """Return the path of a resource in one version of the API.

    Parameters
    ----------
    version : {"2026-03", "2026-09", "v3"}
    resource : str
        One of `RESOURCES`.
    *rest : str
        What follows: "contacts", "batch", "read".

    Raises
    ------
    SettingsError
        There is no such version.
    UsageError
        There is no such resource.

    Examples
    --------
    >>> path("2026-03", "objects", "contacts", "batch", "read")
    '/crm/objects/2026-03/contacts/batch/read'
    >>> path("v3", "associations", "contacts", "companies", "batch", "read")
    '/crm/v4/associations/contacts/companies/batch/read'
    """
    if version not in VERSIONS:
        raise SettingsError(
            f"There is no API version {version!r}.", hint=f"Use one of {', '.join(VERSIONS)}."
        )
    if resource not in _PAIRS:
        raise UsageError(
            f"There is no resource {resource!r}.", hint=f"Use one of {', '.join(RESOURCES)}."
        )
    numbered, dated = _PAIRS[resource]
    family = numbered if version == "v3" else dated.format(version=version)
    return "/".join([family, *rest])
