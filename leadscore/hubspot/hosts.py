"""Where requests may go, and which of them the token may go with.

HubSpot API docs, "Authentication" (api.hubapi.com); legacy docs, "Submit data to a form":
submissions go to a host of their own, one endpoint takes them from anybody, one with a token. A
portal on this machine has both under its one address.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from urllib3.util import parse_url

from leadscore.errors import SettingsError

__all__ = [
    "FORMS_URL",
    "HUBSPOT_URL",
    "OPEN_SUBMIT",
    "SECURE_SUBMIT",
    "check_base",
    "check_destination",
    "forms_url",
    "is_open",
]

HUBSPOT_URL: Final = "https://api.hubapi.com"
FORMS_URL: Final = "https://api.hsforms.com"
OPEN_SUBMIT: Final = "/submissions/v3/integration/submit"
SECURE_SUBMIT: Final = "/submissions/v3/integration/secure/submit"


def check_base(base_url: str) -> str:
    """Return a base that is HubSpot's or on this machine; refuse any other.

    Raises
    ------
    SettingsError

    Examples
    --------
    >>> check_base("http://127.0.0.1:8080")
    'http://127.0.0.1:8080'
    """
    parts = urlsplit(base_url)
    loopback = parts.hostname == "localhost" or _is_loopback(parts.hostname or "")
    if base_url != HUBSPOT_URL and not (loopback and parts.scheme in {"http", "https"}):
        raise SettingsError(
            f"Requests may not go to {parts.scheme}://{parts.hostname}.",
            hint=f"Use {HUBSPOT_URL}, or the URL that `leadscore sandbox` prints.",
        )
    return base_url


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def forms_url(base_url: str) -> str:
    """Return where a portal's submissions go: HubSpot's host for them, or the portal itself.

    Examples
    --------
    >>> forms_url("https://api.hubapi.com"), forms_url("http://127.0.0.1:8080")
    ('https://api.hsforms.com', 'http://127.0.0.1:8080')
    """
    return FORMS_URL if base_url == HUBSPOT_URL else base_url


def check_destination(url: str, base_url: str) -> None:
    """Refuse a URL of another host than the base; beside HubSpot's own there is that for forms.

    Raises
    ------
    SettingsError
    """
    if not any(url.startswith(f"{place}/") for place in (base_url, forms_url(base_url))):
        raise SettingsError(
            f"A request was to leave for another host than {base_url}.",
            hint="Give the API's path alone.",
        )


def is_open(url: str) -> bool:
    """Say whether a URL takes requests from anybody: the token must not go there.

    Of the host for forms that is all but the endpoint that asks for a token.

    Examples
    --------
    >>> is_open("http://127.0.0.1:80/submissions/v3/integration/submit/1/a")
    True
    >>> is_open("https://api.hsforms.com/submissions/v3/integration/secure/submit/1/a")
    False
    >>> is_open("https://api.hsforms.com/secure/other"), is_open("https://api.hubapi.com/crm")
    (True, False)
    """
    path = parse_url(url).path or ""  # without ".." in it, as it is sent
    if url.startswith(f"{FORMS_URL}/"):
        return not path.startswith(f"{SECURE_SUBMIT}/")
    return path.startswith(f"{OPEN_SUBMIT}/")
