"""What does not fit, row by row, told in one error instead of one per run."""

from __future__ import annotations

from leadscore.errors import UsageError

__all__ = ["Misfits"]

_TOLD = 10


class Misfits:
    """Collects what is wrong with rows; several threads may add.

    Examples
    --------
    >>> found = Misfits()
    >>> found.add(1, "Row 1: It has no email to be found by.")
    >>> bool(found), len(found)
    (True, 1)
    """

    def __init__(self) -> None:
        self._found: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(self, row: int, said: str) -> None:
        """Keep what is wrong with a row, in a sentence that names it."""
        self._found.append((row, said))

    def refuse(self) -> None:
        """Raise for all of it: how many, and the first ten by row.

        Raises
        ------
        UsageError
        """
        if not self._found:
            return
        said = [text for _, text in sorted(self._found)[:_TOLD]]
        if len(self) > 1:
            more = ":" if len(self) <= _TOLD else f", the first {_TOLD}:"
            said = [f"{len(self):,} values do not fit{more}", *said]
        raise UsageError(
            " ".join(said),
            hint="Nothing was sent. Rows count from 0. Mend them, or pass on_error='reject' "
            "(--reject): such rows are told and left out, and of two rows with one key the first "
            "is taken.",
        )
