"""What a pull writes to: a file, a database's table, or, in a dry run, nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from leadscore.filetargets import FileTarget
from leadscore.sqltargets import SqlTarget

__all__ = ["Target", "Untouched", "open_target"]


class Untouched:
    """A table that is read and not written: of a dry run."""

    lasting = False

    def __init__(self, target: FileTarget | SqlTarget) -> None:
        self.target, self.where = target, target.where

    @property
    def ids(self) -> set[str]:
        """The records that have a row."""
        return self.target.ids

    def read(self, ids: Collection[str]) -> dict[str, dict[str, str | None]]:
        """Return rows as text, by id."""
        return self.target.read(ids)

    def write(self, rows: Mapping[str, Mapping[str, str | None]]) -> None:
        """Write nothing."""

    def mark(self, ids: Collection[str]) -> None:
        """Mark nothing."""

    def delete(self, ids: Collection[str]) -> None:
        """Delete nothing."""

    def finish(self) -> None:
        """Leave it as it is."""


Target = FileTarget | SqlTarget | Untouched


def open_target(
    into: Any,
    table: str,
    definitions: Mapping[str, Mapping[str, Any]],
    names: Sequence[str],
    *,
    make: bool = True,
) -> FileTarget | SqlTarget:
    """Open a file or a database's table, whichever it is.

    Parameters
    ----------
    into : path, str, sqlalchemy.URL or sqlalchemy.Engine
    table : str
        The database's.
    definitions, names
        As for both.
    make : bool, default True
        Whether a database's table may be made, and get columns.
    """
    if isinstance(into, Path) or (isinstance(into, str) and "://" not in into):
        return FileTarget(Path(into).expanduser(), definitions, names)
    return SqlTarget(into, table, definitions, names, make=make)
