"""Another order of ids than their own: HubSpot does not document in which order lists come.

The order is the same every time, and every id has its place in it without knowing the others: a
list that is read page by page meets each record once, whatever is added or archived meanwhile.
"""

from __future__ import annotations

__all__ = ["mixed", "unmixed"]

_WORD = 1 << 64
# Any odd number has an inverse modulo a power of two; this one spreads neighbours far apart.
_STEP = 0x9E3779B97F4A7C15
_BACK = pow(_STEP, -1, _WORD)


def mixed(number: int) -> int:
    """Return the place of an id in the shuffled order.

    Examples
    --------
    >>> sorted(range(1, 7), key=mixed)
    [5, 2, 4, 1, 6, 3]
    >>> unmixed(mixed(1001))
    1001
    """
    return number * _STEP % _WORD


def unmixed(place: int) -> int:
    """Return the id that has a place in the shuffled order."""
    return place * _BACK % _WORD
