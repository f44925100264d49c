"""Which sign is the decimal in a column of numbers: what the whole column proves, or what is told.

1.250 is a thousand and more in German and one and a quarter in English. A column is read in one
way; where nothing in it says which, it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from leadscore.errors import TableError
from leadscore.tablenames import shown

__all__ = ["MARKS", "check_mark", "decimal_mark", "plain_number"]

MARKS = (".", ",")
_OTHER = {".": ",", ",": "."}
_TOLD = 3  # rows of each kind that a message names


def _shape(mark: str, parting: str) -> re.Pattern[str]:
    m, p = re.escape(mark), re.escape(parting)
    plain = rf"(\d+({m}\d*)?|{m}\d+)([eE][+-]?\d{{1,3}})?"
    parted = rf"[1-9]\d{{0,2}}({p}\d{{3}})+({m}\d*)?"
    return re.compile(rf"[+-]?({plain}|{parted})", re.ASCII)


_SHAPES = {mark: _shape(mark, _OTHER[mark]) for mark in MARKS}


def check_mark(mark: str | None) -> None:
    """Refuse what is no decimal sign.

    Raises
    ------
    TableError
    """
    if mark is not None and mark not in MARKS:
        raise TableError(f"decimal is {mark!r}.", hint='Use decimal="." or decimal=",".')


def decimal_mark(
    words: Sequence[str | None],
    told: str | None = None,
    *,
    name: str = "",
    rows: Sequence[int] | None = None,
) -> str:
    """Return the decimal sign of a column.

    Both signs in one number prove it (1.234,50), and so do a sign with other than three digits
    behind it (3,5), nothing but a zero before it (0.125), and several groups of thousands
    (1.250.000).

    Parameters
    ----------
    words : sequence of str or None
        The column's distinct numbers, without currencies; what is no number proves nothing.
    told : {".", ","}, optional
        Then nothing needs to be proved.
    name : str, optional
        The column's, for messages.
    rows : sequence of int, optional
        In which row each word is first.

    Raises
    ------
    TableError
        The column proves both, or nothing, while a number may be read in two ways.

    Examples
    --------
    >>> decimal_mark(["1.250", "3,5"]), decimal_mark(["1,250", "3.5"]), decimal_mark(["40"])
    (',', '.', '.')
    """
    check_mark(told)
    if told is not None:
        return told
    kinds = [_kind(word) for word in words]
    proofs = {mark: [n for n, kind in enumerate(kinds) if kind == mark] for mark in MARKS}
    where = f" of the column {shown([name])}" if name else ""
    if all(proofs.values()):
        both = " and ".join(_those(proofs[mark], words, rows) for mark in MARKS)
        raise TableError(
            f"The numbers{where} are written in two ways: {both}.",
            hint='Write them in one way, or say with decimal="." or decimal="," which is right;'
            " the others are left out.",
        )
    doubt = next((word for word, kind in zip(words, kinds, strict=True) if kind == "?"), None)
    if doubt is not None and not any(proofs.values()):
        values = " or ".join(plain_number(doubt, mark) or "" for mark in MARKS)
        raise TableError(
            f"The numbers{where} may be read in two ways: {shown([doubt])} is {values}.",
            hint='Say which sign is the decimal: decimal="." or decimal=",".',
        )
    return "," if proofs[","] else "."


def _kind(word: str | None) -> str:
    """Return the sign that a number proves, "?" where it may be read in two ways, else nothing."""
    read = {} if word is None else {m: v for m in MARKS if (v := plain_number(word, m)) is not None}
    if len(read) == 1:
        return next(iter(read))
    return "?" if len(set(read.values())) > 1 else ""


def _those(places: Sequence[int], words: Sequence[str | None], rows: Sequence[int] | None) -> str:
    told = [
        shown([words[n]]) if rows is None else f"{shown([words[n]])} in row {rows[n]}"
        for n in places[:_TOLD]
    ]
    more = f" and {len(places) - _TOLD} more" if len(places) > _TOLD else ""
    return ", ".join(told) + more


def plain_number(word: str, mark: str) -> str | None:
    """Return a number with a point and nothing else; None where it is none with this decimal sign.

    Examples
    --------
    >>> plain_number("1.234,50", ","), plain_number("1,250", "."), plain_number("3,5", ".")
    ('1234.50', '1250', None)
    """
    if not _SHAPES[mark].fullmatch(word):
        return None
    return word.replace(_OTHER[mark], "").replace(mark, ".")
