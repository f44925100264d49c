"""Text from outside, made fit to be seen: no control codes, nothing that turns the line around."""

from __future__ import annotations

import unicodedata

__all__ = ["visible"]

# Explicit directional formatting, Unicode Standard Annex 9, section 2.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def visible(text: object, *, limit: int = 200) -> str:
    r"""Return a value as one line of text that shows all that is in it and does nothing else.

    Control codes (ANSI escapes begin with one), lone surrogates and directional overrides become
    U+FFFD, white space becomes a space, and what is longer than `limit` ends in an ellipsis.

    Parameters
    ----------
    text : object
        Anything; ``str`` of it is taken.
    limit : int, default 200
        The most characters returned.

    Examples
    --------
    >>> visible("invoice\u202efdp.exe\n")
    'invoice\ufffdfdp.exe'
    >>> visible("a" * 9, limit=5)
    'aaaa…'
    """
    words = " ".join(str(text)[: 20 * limit].split())
    shown = "".join("\ufffd" if _hides(letter) else letter for letter in words)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _hides(letter: str) -> bool:
    return letter in _TURNING or unicodedata.category(letter) in ("Cc", "Cs")
