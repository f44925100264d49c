"""The file that keeps a portal between runs: whole or not at all, and one sandbox's at a time."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from leadscore.errors import SandboxBusyError, SandboxError
from leadscore.sandbox.replies import Refusal
from leadscore.sandbox.state import dump_portal, restore_portal

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Portal

__all__ = ["FORMAT", "VERSION", "StateFile"]

FORMAT = "leadscore sandbox"
VERSION = 1
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, pa.ArrowException, Refusal),
    *(
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        OverflowError,
        RecursionError,
        StopIteration,
    ),
)


class _Members:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def __getitem__(self, name: str) -> bytes:
        return self._archive.read(name)


class StateFile:
    """The file of a portal.

    Parameters
    ----------
    path : Path

    Examples
    --------
    >>> from leadscore.sandbox.portal import Portal
    >>> folder = getfixture("tmp_path")
    >>> file = StateFile(folder / "portal.zip")
    >>> file.save(Portal(id=7), origin={"goal": "customer"})
    >>> portal, origin = file.load()
    >>> portal.id, origin
    (7, {'goal': 'customer'})
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(os.path.realpath(path))
        self._lock: int | None = None

    def exists(self) -> bool:
        """Return whether there is such a file."""
        return self.path.exists()

    # ----------------------------------------------------------------- load

    def load(self, **options: Any) -> tuple[Portal, dict[str, Any]]:
        """Return the portal, and what was said of its origin.

        Parameters
        ----------
        **options
            Of `Portal`: what the file does not keep.

        Raises
        ------
        SandboxError
            The file is not one of these, or a newer one, or damaged.
        """
        try:
            with zipfile.ZipFile(self.path) as archive:
                members = _Members(archive)
                head = json.loads(members["sandbox.json"])
                self._check(head)
                return restore_portal(members, **options), dict(head["origin"])
        except OSError as problem:
            raise self._refused(f"cannot be read: {problem.strerror or problem}") from None
        except _BROKEN:
            raise self._refused("is damaged, or not a sandbox's") from None

    def _check(self, head: Mapping[str, Any]) -> None:
        if head["format"] != FORMAT:
            raise ValueError(head["format"])
        if head["version"] != VERSION:
            message = f"has version {head['version']}; this leadscore knows version {VERSION}"
            raise self._refused(message)

    def _refused(self, what: str) -> SandboxError:
        hint = "Name another file, or restore this one; it was left as it is."
        return SandboxError(f"The sandbox's file {self.path} {what}.", hint=hint)

    # ----------------------------------------------------------------- save

    def save(self, portal: Portal, *, origin: Mapping[str, Any]) -> None:
        """Write the portal: the file is the old one or the new one at any time.

        Raises
        ------
        SandboxError
            It cannot be written.
        """
        try:
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        except OSError as problem:
            raise self._unwritable(problem) from None
        try:
            with os.fdopen(handle, "wb") as file:
                _write(file, portal, origin)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except BaseException as problem:
            with suppress(OSError):
                Path(name).unlink()
            if isinstance(problem, OSError):
                raise self._unwritable(problem) from None
            raise

    def _unwritable(self, problem: OSError) -> SandboxError:
        message = f"The sandbox's file {self.path} cannot be written: {problem.strerror}."
        return SandboxError(message, hint="Make room there, or name another file.")

    def saver(self, portal: Portal, *, origin: Mapping[str, Any]) -> Callable[[], None]:
        """Return what saves the portal."""
        return lambda: self.save(portal, origin=origin)

    # ----------------------------------------------------------------- one at a time

    def lock(self) -> None:
        """Keep other sandboxes from this file, as long as this process lives or until released.

        Raises
        ------
        SandboxError
            Another one has it.
        """
        if os.name != "posix":
            return
        import fcntl

        try:
            place = self.path.with_name(f".{self.path.name}.lock")
            self._lock = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            message = f"Another sandbox has the file {self.path} open."
            hint = "Close it (portal.close(), or shut that notebook down), or name another file."
            raise SandboxBusyError(message, hint=hint) from None
        except OSError as problem:
            raise self._unwritable(problem) from None

    def release(self) -> None:
        """Let others have the file."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _write(file: Any, portal: Portal, origin: Mapping[str, Any]) -> None:
    head = {"format": FORMAT, "version": VERSION, "origin": dict(origin)}
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("sandbox.json", json.dumps(head))
        for name, content in dump_portal(portal):
            packed = zipfile.ZIP_STORED if name.endswith(".parquet") else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, packed, 1)
