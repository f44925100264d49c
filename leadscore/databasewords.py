"""What a database says, without its password; and URLs that would give a piece of it away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

from leadscore.errors import UsageError

__all__ = ["advice", "check_escaped", "scrubbed"]

_LEAST = 4  # letters of a piece of a password that is taken out by itself
_HINTS = (
    (
        re.compile(
            r"password|authenticat|access denied|login failed|role .* does not exist", re.IGNORECASE
        ),
        "Check the user and the password. In a URL a password's signs are escaped with "
        "urllib.parse.quote_plus, or give sqlalchemy.URL.create(…).",
    ),
    (
        re.compile(r"resolve|connect|timeout|timed out|unreachable|name or service", re.IGNORECASE),
        "Check the host and the port, and that the database can be reached from here.",
    ),
)


def check_escaped(url: str) -> None:
    """Refuse a URL whose password has an @ that is not escaped: its rest would pass for the host.

    Raises
    ------
    UsageError
        It shows nothing of the URL.

    Examples
    --------
    >>> check_escaped("postgresql://ada@corp:secret@db.example.com/crm")
    >>> check_escaped("sqlite:////data/ada@example.com/a@b.db")
    """
    _, mark, rest = url.partition("://")
    if not mark or rest.startswith("/"):
        return
    user, colon, after = rest.partition(":")
    if (after if colon else user).count("@") > 1:
        raise UsageError(
            "The password in the database's URL is not escaped (the URL is not shown).",
            hint="Escape it with urllib.parse.quote_plus, or give sqlalchemy.URL.create(…).",
        )


def scrubbed(text: str, url: Any) -> str:
    """Return what a database says without the password of its URL, or a piece of it.

    Parameters
    ----------
    text : str
    url : sqlalchemy.URL
    """
    for secret in sorted(set(_secrets(url)), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _secrets(url: Any) -> Iterator[str]:
    given = [url.password, *(v for k, v in url.query.items() if "pass" in k.lower())]
    for secret in (str(one) for one in given if one):
        yield from (secret, quote(secret, safe=""), quote_plus(secret))
        yield from (one for one in re.split(r"[^A-Za-z0-9]+", secret) if len(one) >= _LEAST)


def advice(said: str) -> str:
    """Return what to do about what a database says.

    Examples
    --------
    >>> advice('FATAL: password authentication failed for user "ada"')[:35]
    'Check the user and the password. In'
    """
    found = (hint for pattern, hint in _HINTS if pattern.search(said))
    return next(found, "Check the query, the table's name and the rights of the user.")
