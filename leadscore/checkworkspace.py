"""The part of a checkup that looks into the workspace, and leaves it as it is."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.checks import Check, guarded, ok, unknown, warning, wrong
from leadscore.workspace import is_alive

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = ["workspace"]

_LEDGER, _LOCK = "ledger.sqlite", "lock"
_OURS = (
    *("store", "models", "plans", "scores", "runs", "logs", "report.html", "pace", _LOCK),
    *(_LEDGER, f"{_LEDGER}-wal", f"{_LEDGER}-shm"),
)
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def workspace(folder: Path, portal_id: int | None) -> Iterator[Check]:
    """Look at a workspace: whose it is, who can read it, whether it is whole.

    Parameters
    ----------
    folder : Path
    portal_id : int or None
        The portal that the token belongs to; None where it could not be asked.
    """
    if folder.exists() and not folder.is_dir():
        yield wrong(
            "workspace", f"{folder} is a file, not a folder.", "Name another one with --workspace."
        )
    elif not (folder / _LEDGER).exists():
        yield ok("workspace", f"Nothing in {folder} yet: the first sync makes it.")
    else:
        yield from guarded("modes", lambda: _modes(folder))
        yield from guarded("lock", lambda: _lock(folder))
        yield from guarded("workspace", lambda: _contents(folder, portal_id))


def _modes(folder: Path) -> Iterator[Check]:
    if os.name != "posix":
        yield unknown("modes", "Who can read the workspace is not looked at on this system.")
        return
    paths = [one for name in _OURS for one in (folder / name, *(folder / name).rglob("*"))]
    seen = [(path, path.lstat().st_mode) for path in paths if path.exists()]
    loose = [path for path, mode in seen if mode & 0o077 and not path.is_symlink()]
    if loose:
        said = f"Others can read {len(loose)} of {len(seen)} files and folders of the workspace."
        yield warning("modes", said, f"chmod -R go-rwx {folder}")
    else:
        yield ok("modes", f"Only you can read the {len(seen)} files and folders of the workspace.")


def _lock(folder: Path) -> Iterator[Check]:
    kind, holder = _signed(folder)
    if holder:
        yield ok("lock", f"`{kind}` ({holder}) holds the workspace.")
    elif kind:
        yield ok("lock", f"No run holds the workspace; the last one, `{kind}`, was cut off.")
    else:
        yield ok("lock", "No run holds the workspace.")


def _signed(folder: Path) -> tuple[str, str]:
    """Return which kind of run signed the lock, and who holds it; empty for nobody.

    It is read and not tried: that would stand in the way of a run that starts now.
    """
    try:
        note = json.loads((folder / _LOCK).read_text("utf-8"))
        pid, kind, since = int(note["pid"]), str(note["kind"]), str(note["since"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", ""
    return kind, f"process {pid}, since {since}" if is_alive(pid) else ""


def _contents(folder: Path, portal_id: int | None) -> Iterator[Check]:
    from leadscore.store import open_store

    with open_store(folder, create=False) as store:
        yield _owner(folder, store.ledger.portal_id, portal_id)
        yield from guarded("sync", lambda: _synced(store))
        if _signed(folder)[1]:
            yield unknown("files", "They are not looked at while a run holds the workspace.")
        else:
            yield from guarded("files", lambda: _whole(store))


def _owner(folder: Path, owner: int | None, portal_id: int | None) -> Check:
    if owner is None:
        return ok("workspace", f"{folder} belongs to no portal yet.")
    if portal_id is not None and owner != portal_id:
        return wrong(
            "workspace",
            f"{folder} belongs to portal {owner}, and the token to portal {portal_id}.",
            "Name another folder with --workspace, or use the token of the first portal.",
        )
    return ok("workspace", f"{folder} belongs to portal {owner}.")


def _whole(store: Store) -> Iterator[Check]:
    """Read every file; only tables that are whole have sizes."""
    found = store.check()
    broken = found[found["problem"] != ""]
    for name, problem in zip(broken["name"], broken["problem"], strict=True):
        yield wrong("files", f"{name}: {problem}", "Then run leadscore doctor again.")
    if broken.empty:
        yield ok("files", f"All {found['files'].sum():,} are whole, the ledger among them.")
        yield from _tables(store)


def _synced(store: Store) -> Iterator[Check]:
    runs = store.ledger.runs()
    runs = runs[runs["kind"] == "sync"]
    whole = store.ledger.checkpoint("synced_at")
    last = None if runs.empty else runs.iloc[-1]
    said = "It has never been complete." if whole is None else f"Complete as of {_when(whole)}."
    if last is not None and last["status"] not in ("done", "running"):
        said = f"The last one, of {_when(last['started_at'])}, is {last['status']}. {said}"
        yield warning("sync", said, "Run leadscore sync again: it goes on where it stopped.")
    elif whole is None:
        yield warning("sync", said, "Run leadscore sync.")
    else:
        yield ok("sync", said)


def _when(moment: Any) -> str:
    return f"{pd.Timestamp(moment).tz_convert('UTC'):%Y-%m-%d %H:%M} UTC"


def _tables(store: Store) -> Iterator[Check]:
    shown = [
        f"{one['table']} {one['rows']:,} rows ({_size(one['bytes'] + one['old_bytes'])})"
        for one in store.sizes().to_dict("records")
    ]
    yield ok("tables", f"{', '.join(shown)}." if shown else "There are none yet.")


def _size(number: float) -> str:
    """Return a number of bytes in words.

    Examples
    --------
    >>> _size(12), _size(3_450_000)
    ('12 bytes', '3.5 MB')
    """
    for unit in _UNITS[:-1]:
        if number < 1000:
            return f"{number:.1f} {unit}" if unit != "bytes" else f"{number:.0f} bytes"
        number /= 1000
    return f"{number:.1f} {_UNITS[-1]}"
