"""E-mail addresses that may not come back: those of people who were erased for good.

HubSpot API reference, "Permanently delete a contact (GDPR-compliant)": an address is kept from
being used in the future. Kept is a digest only, so that nothing of the person is left.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Portal

__all__ = ["block", "blocked"]


def _digest(email: str) -> str:
    return sha256(email.strip().lower().encode()).hexdigest()


def block(portal: Portal, email: str) -> None:
    """Keep an address from being used again."""
    portal.shelf("blocklist")[_digest(email)] = portal.now


def blocked(portal: Portal, email: str) -> bool:
    """Say whether an address may not be used.

    Examples
    --------
    >>> from leadscore.sandbox.portal import Portal
    >>> portal = Portal(clock=lambda: 0.0)
    >>> block(portal, "ada@example.com")
    >>> blocked(portal, "Ada@example.com"), blocked(portal, "bob@example.com")
    (True, False)
    """
    listed = portal.shelf("blocklist")
    return bool(listed) and _digest(email) in listed
