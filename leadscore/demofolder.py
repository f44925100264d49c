"""The demo's folder: a demo replaces what an earlier one left, and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

from leadscore.errors import SettingsError
from leadscore.settings import load_settings
from leadscore.workspace import hold, replace_file

__all__ = ["emptied", "folder_for", "mark"]

_MARK = ".leadscore-demo"
_DESKTOPS = {".DS_Store", "Thumbs.db", "desktop.ini"}  # left by file managers, not by people
_OURS = {
    *(_MARK, "store", "models", "plans", "scores", "report.html"),
    *("lock", "logs", "pace", "staging"),
}


def folder_for(workspace: str | Path | None) -> Path:
    """Return the demo's folder.

    Parameters
    ----------
    workspace : path, optional
        ``demo`` in the configured workspace unless given.

    Raises
    ------
    SettingsError
        It holds something that no demo left there.

    Examples
    --------
    >>> import tempfile
    >>> folder_for(tempfile.mkdtemp()).is_dir()
    True
    """
    folder = Path(workspace) if workspace else load_settings().workspace / "demo"
    folder = folder.expanduser().absolute()
    strange = _strangers(folder)
    if strange:
        raise SettingsError(
            f"The folder {folder} holds something that no demo left there: {strange[0]}.",
            hint="Name another folder with --workspace: the demo replaces what is in it.",
        )
    return folder


def _strangers(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    names = sorted(entry.name for entry in folder.iterdir())
    ours = _OURS if _MARK in names else set()
    return [
        n
        for n in names
        if n not in ours | _DESKTOPS and not (ours and n.startswith("ledger.sqlite"))
    ]


def emptied(folder: Path) -> Path:
    """Take away what an earlier demo left, unless one is at work there now.

    Raises
    ------
    BusyError
        One is.
    """
    if folder.is_dir():
        with hold(folder, "demo"):
            pass
        for entry in folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    return folder


def mark(folder: Path) -> None:
    """Sign a folder as a demo's, for the next one to know it."""
    replace_file(folder / _MARK, b"")
