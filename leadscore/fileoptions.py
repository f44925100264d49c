"""A file of the file manager as we tell of it, and what may be said when one is put there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from leadscore.errors import UsageError
from leadscore.filenames import checked_folder
from leadscore.hubspot.multipart import size_of
from leadscore.visibletext import visible

__all__ = ["ACCESS", "LARGEST", "File", "file_of", "upload_options"]

#: Who sees a file (HubSpot API docs, "Files"): only who is signed in; anybody who has the link;
#: anybody, search engines included. HIDDEN ones do not show in the file manager.
ACCESS = (
    *("PRIVATE", "HIDDEN_PRIVATE", "SENSITIVE", "HIDDEN_SENSITIVE"),
    *("PUBLIC_NOT_INDEXABLE", "HIDDEN_NOT_INDEXABLE"),
    *("PUBLIC_INDEXABLE", "HIDDEN_INDEXABLE"),
)
#: Bytes (HubSpot knowledge base, "Supported file types and sizes"; 20 MB in free accounts).
LARGEST = 2 * 2**30

_PERIOD = re.compile(r"P(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(?<=\d[YMWD])")


@dataclass(frozen=True)
class File:
    """A file of the file manager.

    Attributes
    ----------
    id : str
        Empty of a dry run.
    name : str
        With its ending, as HubSpot keeps it.
    path, access : str
    size : int
        Bytes.
    url : str
        Of a private file, one that shows it to nobody who is not signed in.
    run : str or None
        The run that put it there, on record in the workspace's ledger.
    """

    id: str
    name: str
    path: str
    access: str
    size: int
    url: str = field(default="", repr=False)
    run: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON."""
        names = ("run", "path", "access", "size", "url")
        return {"file": self.id} | {name: getattr(self, name) for name in names}


def upload_options(
    file: Path, *, folder: str, access: str, overwrite: bool, ttl: str | pd.Timedelta | None
) -> dict[str, Any]:
    """Return how a file is to be put there, or say what does not fit.

    Raises
    ------
    UsageError
        It is too large, or an option cannot be used.
    """
    if (size := size_of(file)) > LARGEST:
        raise UsageError(f"The file has {size:,} bytes, and HubSpot takes at most {LARGEST:,}.")
    if access not in ACCESS:
        raise UsageError(
            f"There is no access {visible(access)!r}.", hint=f"Use one of {', '.join(ACCESS)}."
        )
    kept = None if ttl is None else _period(ttl)
    return {"folder": checked_folder(folder), "access": access, "overwrite": overwrite, "ttl": kept}


def _period(ttl: str | pd.Timedelta) -> str:
    if isinstance(ttl, str) and _PERIOD.fullmatch(ttl):
        return ttl
    try:
        days = pd.Timedelta(ttl) / pd.Timedelta(days=1)
    except ValueError:
        days = 0.0
    if not 1 <= days <= 365 or days % 1:
        raise UsageError(
            f"A file cannot be kept for {visible(ttl)}.", hint='Use whole days up to a year: "30D".'
        )
    return f"P{days:.0f}D"


def file_of(made: Mapping[str, Any], run: str | None = None) -> File:
    """Return a file as HubSpot sends it."""
    ending = made.get("extension")
    name = f"{made.get('name')}.{ending}" if ending else str(made.get("name"))
    return File(
        str(made["id"]),
        name,
        str(made.get("path") or ""),
        str(made.get("access") or ""),
        int(made.get("size") or 0),
        str(made.get("url") or ""),
        run,
    )
