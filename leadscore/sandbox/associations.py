"""Which records are associated with which, and how."""

from __future__ import annotations

__all__ = ["Associations"]


class Associations:
    """The associations of a portal."""
