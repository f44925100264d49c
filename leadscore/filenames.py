"""Names of files and folders in HubSpot's file manager: from any file's name, one that it takes.

Which names HubSpot refuses is not documented; those made here are without anything that means
something elsewhere.
"""

from __future__ import annotations

import re
import unicodedata

from leadscore.errors import UsageError
from leadscore.visibletext import visible

__all__ = ["LONGEST", "checked_folder", "checked_name", "safe_name"]

LONGEST = 255  # bytes, as file systems have it
_APART = "/\\"
_JOINERS = "\u200c\u200d"  # of emoji, and of letters of some scripts
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,10}\Z")
_FOLDER = re.compile(r"(/[^/\\]+)+")


def safe_name(name: str) -> str:
    r"""Return a name that is kept as it is wherever that is harmless.

    Letters of any script and emoji stay; control codes, line breaks, path separators and what
    turns text around become "_"; dots and spaces at both ends go; what is longer than `LONGEST`
    bytes is cut before its ending.

    Examples
    --------
    >>> safe_name('Angebot "Müller" 🙂.pdf'), safe_name("../a\\b\nc.txt"), safe_name("...")
    ('Angebot "Müller" 🙂.pdf', '_a_b_c.txt', 'file')
    """
    whole = unicodedata.normalize("NFC", name)
    shown = "".join("_" if _means_something(letter) else letter for letter in whole)
    bare = shown.strip(" .") or "file"
    found = _ENDING.search(bare)
    ending = found[0] if found and found.start() else ""
    stem = bare[: len(bare) - len(ending)]
    room = LONGEST - len(ending)
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(" .") + ending


def _means_something(letter: str) -> bool:
    if letter in _JOINERS:
        return False
    return letter in _APART or unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp", "Cf")


def checked_name(name: str) -> str:
    """Return a name that somebody gave, if it is one.

    Raises
    ------
    UsageError
        It is empty, too long, a path, or has control codes in it.
    """
    if name and safe_name(name) == unicodedata.normalize("NFC", name):
        return safe_name(name)
    raise UsageError(
        f"{visible(name, limit=80)!r} is no name of a file.",
        hint=f"Use at most {LONGEST} bytes without / and \\; the folder has its own option.",
    )


def checked_folder(folder: str) -> str:
    """Return a folder's path without a slash at its end.

    Raises
    ------
    UsageError
        It does not begin with a slash, or a part of it cannot be a name.
    """
    path = unicodedata.normalize("NFC", folder).rstrip("/")
    parts = path.split("/")[1:]
    if _FOLDER.fullmatch(path) and all(safe_name(part) == part for part in parts):
        return path
    raise UsageError(
        f"{visible(folder, limit=80)!r} is no folder of the file manager.",
        hint='Write "/leadscore" or "/offers/2026".',
    )
