"""How a part of the API says which paths it serves: v3, v4 and dated paths of one handler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Handler

__all__ = ["DATES", "FAMILIES", "Path"]

DATES = ("2026-03", "2026-09")


def _both(numbered: str, dated: str) -> dict[str, str]:
    version = "v4" if "/v4" in numbered else "v3"
    return {numbered: version} | {dated.format(date=date): date for date in DATES}


# HubSpot API docs, "Migrate to date-based versioning": the date follows the family's name, where
# the numbered versions stand before it. Prefixes -> the version that they mean.
FAMILIES: dict[str, dict[str, str]] = {
    "objects": _both("/crm/v3/objects", "/crm/objects/{date}"),
    "record associations": _both("/crm/v4/objects", "/crm/objects/{date}"),
    "associations": _both("/crm/v4/associations", "/crm/associations/{date}"),
    "properties": _both("/crm/v3/properties", "/crm/properties/{date}"),
    "limits": _both("/crm/v3/limits", "/crm/limits/{date}"),
    "lists": _both("/crm/v3/lists", "/crm/lists/{date}"),
    "exports": _both("/crm/v3/exports", "/crm/exports/{date}"),
    "imports": _both("/crm/v3/imports", "/crm/imports/{date}"),
    "owners": _both("/crm/v3/owners", "/crm/owners/{date}"),
    "pipelines": _both("/crm/v3/pipelines", "/crm/pipelines/{date}"),
    "schemas": _both("/crm-object-schemas/v3/schemas", "/crm-object-schemas/{date}/schemas"),
    "files": _both("/files/v3", "/files/{date}"),
    "sequences": _both("/automation/v4/sequences", "/automation/sequences/{date}"),
    "account": _both("/account-info/v3", "/account-info/{date}"),
    "oauth": _both("/oauth/v3", "/oauth/{date}"),
    "oauth v1": {"/oauth/v1": "v1"},
    "forms": {"/marketing/v3/forms": "v3", "/marketing/forms/2026-09-beta": "2026-09-beta"},
    "lead scoring": {
        f"/marketing/lead-scoring/{date}": date for date in ("2026-09-beta", "2027-03-beta")
    },
    "sandbox": {"/__sandbox": ""},
    "elsewhere": {"": ""},
}


@dataclass(frozen=True)
class Path:
    """One operation of the API.

    Parameters
    ----------
    family : str
        A key of `FAMILIES`: the prefixes under which it is served.
    path : str
        What follows the prefix, in Starlette's form.
    method : str
    handler : callable
    scopes : tuple of str
        One of these is needed; ``{type}`` stands for the object type in the path.
    open_to_all : bool
        It takes no token and has no limits.
    policy : str
        The rate limits that it falls under: "general", "search" or "associations".
    """

    family: str
    path: str
    method: str
    handler: Handler
    scopes: tuple[str, ...] = ()
    open_to_all: bool = False
    policy: str = "general"
