"""Where buckets keep what they know: in this process, or in a file that processes share."""

from __future__ import annotations

import os
import stat
import threading
from array import array
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, Protocol

from leadscore.errors import StoreError

__all__ = ["FIELDS", "SLOTS", "File", "Memory", "State", "share"]

SLOTS: Final = 512  # more tokens than any portal gives
FIELDS: Final = 13  # numbers before the slots
_NUMBERS = FIELDS + SLOTS
_SIZE = 8 * _NUMBERS


class State(Protocol):
    """Numbers that one bucket reads and writes while nobody else does."""

    def held(self) -> AbstractContextManager[array[float]]:
        """Return the numbers for as long as the block lasts; changes are kept."""


class Memory:
    """The numbers of a bucket that no other process shares."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = array("d", bytes(_SIZE))

    @contextmanager
    def held(self) -> Iterator[array[float]]:
        """Return the numbers for as long as the block lasts."""
        with self._lock:
            yield self._numbers


class File:
    """The numbers of one bucket in a file beside those of others.

    They are read and written whole under a lock on the file. A process that is killed leaves the
    lock behind it open; a file that is cut reads as zeros, and zeros are a bucket at its beginning.

    Parameters
    ----------
    path : Path
        Made, for its owner alone, if it is not there.
    place : int
        Which of the buckets in the file, from 0.
    """

    def __init__(self, path: Path, place: int) -> None:
        self._path, self._offset = path, place * _SIZE
        self._lock = threading.Lock()
        self._process, self._file = os.getpid(), _opened(path)

    @contextmanager
    def held(self) -> Iterator[array[float]]:
        """Return the numbers for as long as the block lasts; nobody else has them meanwhile."""
        import fcntl

        with self._lock:
            file = self._own()
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                numbers = array("d", os.pread(file, _SIZE, self._offset).ljust(_SIZE, b"\0"))
                yield numbers
                os.pwrite(file, numbers, self._offset)
            finally:
                fcntl.flock(file, fcntl.LOCK_UN)

    def _own(self) -> int:
        """Return this process's own file: after a fork the parent's lock would be the child's."""
        if self._process != os.getpid():
            self._process, self._file = os.getpid(), _opened(self._path)
        return self._file

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file >= 0 and self._process == os.getpid():
                os.close(self._file)
            self._file = -1


def _opened(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        file = os.open(path, flags, 0o600)
    except OSError as error:
        raise StoreError(
            f"The file {path.name}, by which runs share the portal's limits, cannot be used: "
            f"{error.strerror}.",
            hint="Delete it, or see to the rights of the workspace's folder.",
        ) from None
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise StoreError(f"{path} is not a file.", hint="Delete it and run the command again.")
    os.fchmod(file, 0o600)
    return file


def share(folder: Path, places: int) -> list[File] | None:
    """Return the states of so many buckets in a folder's file, or None where none can be shared.

    Windows has no ``flock``: there each process paces itself.
    """
    if os.name == "nt":
        return None
    path = folder / "pace"
    return [File(path, place) for place in range(places)]
