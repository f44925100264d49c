"""E-mail addresses and domains, however people leave them, in the one form that is written.

The same for rows that are written, tables that are brought and forms that are submitted: what is
one company in one place must not be two in another.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["bare", "domain_forms", "domain_of", "email_of", "is_email"]

#: Zero-width characters, marks of a text's direction, soft hyphens: nobody sees them.
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_ADDRESS = re.compile(r"[^@\s\"<>(),:;\[\]\\]{1,64}@(?:[\w-]+\.)+[\w-]{2,63}")
_AROUND = re.compile(r"(?:mailto:|[^<>]*<)\s*([^<>\s]+@[^<>\s]+?)\s*>?$", re.IGNORECASE)
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?([^/?#@\s:]+)(?::\d*)?(?:[/?#].*)?", re.IGNORECASE)
_HOST = re.compile(r"(?:[\w-]{1,63}\.)+(?!\d+$)[\w-]{2,63}")


def bare(text: str) -> str:
    r"""Return a text without what nobody sees and what spreadsheets put before it.

    Examples
    --------
    >>> bare("'ada@example.com\u200b ")
    'ada@example.com'
    """
    return _UNSEEN.sub("", text).strip().lstrip("'").strip()


def is_email(text: str) -> bool:
    """Say whether a text as it stands is one e-mail address.

    Examples
    --------
    >>> is_email("ada@example.com"), is_email("ada@example"), is_email("a@b.example;c@d.example")
    (True, False, False)
    """
    return bool(_ADDRESS.fullmatch(text)) and ".." not in text and not _UNSEEN.search(text)


def email_of(text: str) -> str | None:
    """Return the one e-mail address in a text, in lower case; None where there is none.

    Examples
    --------
    >>> email_of("Ada Lovelace <Ada@Example.com>"), email_of("ada@example")
    ('ada@example.com', None)
    """
    found = bare(text)
    around = _AROUND.fullmatch(found)
    found = around[1] if around else found
    return found.lower() if is_email(found) else None


def domain_of(text: str) -> str | None:
    r"""Return the domain in a text: no scheme, ``www.``, port, path or dot at the end.

    It is in lower case, and letters beyond ASCII are written as DNS has them (``xn--``). None where
    there is none; an e-mail address is none.

    Examples
    --------
    >>> domain_of("https://www.M\u00fcller.example:443/shop"), domain_of("xn--mller-kva.example.")
    ('xn--mller-kva.example', 'xn--mller-kva.example')
    >>> domain_of("joe@example.com") is None
    True
    """
    found = _URL.fullmatch(bare(text))
    if not found:
        return None
    host = unicodedata.normalize("NFKC", found[1]).replace("\u3002", ".").lower().rstrip(".")
    host = host[4:] if host.startswith("www.") and host.count(".") > 1 else host
    if not _HOST.fullmatch(host):
        return None
    return ".".join(label if label.isascii() else _ascii(label) for label in host.split("."))


def _ascii(label: str) -> str:
    return f"xn--{label.encode('punycode').decode()}"


def domain_forms(domain: str) -> list[str]:
    """Return how a domain may be written where nobody has put it into the one form.

    Examples
    --------
    >>> domain_forms("xn--mller-kva.example"), domain_forms("acme.example")
    (['xn--mller-kva.example', 'müller.example'], ['acme.example'])
    """
    labels = [_letters(label) for label in domain.split(".")]
    return list(dict.fromkeys([domain, ".".join(labels)]))


def _letters(label: str) -> str:
    try:
        return label[4:].encode().decode("punycode") if label.startswith("xn--") else label
    except UnicodeError:
        return label
