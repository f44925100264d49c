"""The folder that holds one portal's store, models, plans and runs: its modes, lock and files."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from leadscore.errors import BusyError, SettingsError

__all__ = [
    "hold",
    "make_private",
    "open_workspace",
    "private_files",
    "put_in_place",
    "replace_file",
]

_LOCK_FILE = "lock"
# Windows locks are mandatory: a byte far beyond the text keeps the holder's name readable.
_LOCKED_BYTE = 1 << 30

_umask_guard = threading.Lock()
_umask_users = 0
_umask_before = 0


def open_workspace(path: str | Path, *, create: bool = True) -> Path:
    """Return the workspace folder's absolute path, making it when missing.

    Parameters
    ----------
    path : str or Path
        The folder. A folder that we make, or find empty, is readable by its owner alone (0700);
        one that holds other things keeps its mode.
    create : bool, default True
        False: a missing folder is an error.

    Raises
    ------
    SettingsError
        The path is a file, is missing (``create=False``), or cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> folder = open_workspace(Path(tempfile.mkdtemp()) / "crm")
    >>> folder.name
    'crm'
    """
    folder = Path(path).expanduser().absolute()
    if not folder.exists() and not create:
        raise SettingsError(
            f"There is no workspace at {folder}.",
            hint="Run `leadscore sync` first, or name another folder with --workspace.",
        )
    try:
        _make(folder)
    except OSError as error:
        raise _unusable(folder, error) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unusable(folder, PermissionError("Permission denied"))
    return folder


def _make(folder: Path) -> None:
    missing = not folder.exists()
    with private_files():
        folder.mkdir(parents=True, exist_ok=True)
    if missing or not any(folder.iterdir()):
        folder.chmod(0o700)


def _unusable(folder: Path, error: OSError) -> SettingsError:
    taken = next((p for p in (folder, *folder.parents) if p.exists() and not p.is_dir()), None)
    reason = f"{taken} is a file, not a folder" if taken else (error.strerror or str(error))
    return SettingsError(
        f"The workspace {folder} cannot be used: {reason}.",
        hint="Name a folder that you may write to with --workspace or LEADSCORE_WORKSPACE.",
    )


def make_private(folder: Path) -> Path:
    """Make a folder of the workspace that its owner alone may read (0700), and return it.

    Raises
    ------
    SettingsError
        The folder cannot be made.
    """
    try:
        with private_files():
            folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise _unusable(folder, error) from error
    return folder


@contextmanager
def private_files() -> Iterator[None]:
    """Make every file created meanwhile 0600 and every folder 0700, whatever the umask.

    The umask belongs to the whole process, and libraries (delta-rs, SQLite) create files from
    threads of their own; so the first to enter sets it and the last to leave restores it.
    """
    global _umask_users, _umask_before  # noqa: PLW0603 - the umask is a global of the process
    with _umask_guard:
        if _umask_users == 0:
            _umask_before = os.umask(0o077)
        _umask_users += 1
    try:
        yield
    finally:
        with _umask_guard:
            _umask_users -= 1
            if _umask_users == 0:
                os.umask(_umask_before)


def replace_file(path: str | Path, data: bytes) -> Path:
    """Write a file in one step: readers see the old one or the new one, never half; mode 0600.

    Raises
    ------
    SettingsError
        The file cannot be written; an older one stays as it was.

    Examples
    --------
    >>> import tempfile
    >>> replace_file(Path(tempfile.mkdtemp()) / "card.json", b"{}").read_bytes()
    b'{}'
    """
    target = Path(path)
    draft = target.with_name(f".{target.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        with private_files():
            target.parent.mkdir(parents=True, exist_ok=True)
            _write_through(draft, data)
        draft.replace(target)
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return target


def _unwritable(target: Path, error: OSError) -> SettingsError:
    return SettingsError(
        f"{target} cannot be written: {error.strerror or error}.",
        hint="Check the disk's free space and the folder's permissions.",
    )


def put_in_place(draft: Path, target: Path) -> Path:
    """Give a file that was written beside its place its name, once it is on disk whole.

    Raises
    ------
    SettingsError
        It cannot be done; an older file of that name stays as it was.
    """
    try:
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(target)
    except OSError as error:
        raise _unwritable(target, error) from error
    return target


def _write_through(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def hold(workspace: Path, kind: str) -> Iterator[None]:
    """Hold the workspace for one run; the system frees it when the process ends, however it ends.

    Parameters
    ----------
    workspace : Path
        An existing folder.
    kind : str
        What holds it, for the one who finds it held: "sync", "apply"…

    Raises
    ------
    BusyError
        Another run holds it; the message names its process id and kind.
    """
    with private_files():
        descriptor = os.open(workspace / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
        if not _try_lock(file):
            raise _busy(workspace, file)
        _sign(file, kind)
        try:
            yield
        finally:
            file.seek(0)
            file.truncate()
            _unlock(file)


def is_alive(pid: int) -> bool:
    """Say whether a process of this machine is there; of Windows that is not known: True.

    Examples
    --------
    >>> is_alive(os.getpid())
    True
    """
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _sign(file: IO[str], kind: str) -> None:
    file.seek(0)
    file.truncate()
    since = datetime.now(UTC).isoformat(timespec="seconds")
    json.dump({"pid": os.getpid(), "kind": kind, "since": since}, file)
    file.flush()


def _busy(workspace: Path, file: IO[str]) -> BusyError:
    holder = _holder(file)
    return BusyError(
        f"The workspace {workspace} is in use by {holder}.",
        hint="Wait until it has ended, then try again.",
    )


def _holder(file: IO[str]) -> str:
    try:
        note: dict[str, Any] = json.loads(file.read())
        return f"`{note['kind']}` (process {note['pid']}, since {note['since']})"
    except (ValueError, KeyError, TypeError):
        return "another run that has just started"


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[str]) -> bool:
        file.seek(_LOCKED_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            file.seek(0)
        return True

    def _unlock(file: IO[str]) -> None:
        file.flush()
        file.seek(_LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(file: IO[str]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: IO[str]) -> None:
        file.flush()
        fcntl.flock(file, fcntl.LOCK_UN)
