"""Yes and no as people write them."""

from __future__ import annotations

from typing import Any

import pandas as pd

__all__ = ["is_told", "read_truth"]

_TRUE = frozenset(("true", "yes", "y", "t", "1", "1.0", "on", "x", "ja", "oui", "si", "sí", "✓"))
_FALSE = frozenset(("false", "no", "n", "f", "0", "0.0", "off", "nein", "non"))


def read_truth(value: Any) -> bool | None:
    """Return whether a value says yes or no; None where it says neither.

    Examples
    --------
    >>> [read_truth(one) for one in (" Ja", "nein", 1, "maybe", None)]
    [True, False, True, None, None]
    """
    if not is_told(value):
        return None
    text = str(value).strip().casefold()
    return True if text in _TRUE else False if text in _FALSE else None


def is_told(value: Any) -> bool:
    """Say whether there is a value at all: not missing, and not blank."""
    if value is None or isinstance(value, str):
        return bool(value and value.strip())
    return bool(pd.api.types.is_list_like(value) or not pd.isna(value))
