"""Checksums of a folder's files, in a file that `sha256sum --check` understands.

Parquet as Delta writes it has none: a flipped bit in a page would silently be another value.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from leadscore.workspace import private_files, replace_file

__all__ = ["SUMS", "ChecksumError", "known_sums", "record", "tidy", "verify"]

#: Delta and Spark pass over names that begin with an underscore.
SUMS = "_SHA256SUMS"

_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
# What was found intact in this process: files are never changed after they are written.
_intact: set[tuple[str, int, int, int]] = set()


class ChecksumError(Exception):
    """A file is not as it was written; the message is the end of a sentence."""


def known_sums(folder: Path) -> dict[str, str]:
    """Return the checksums on record, by the file's path inside the folder."""
    path = folder / SUMS
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    found = (_LINE.fullmatch(line) for line in text.splitlines())
    return {match[2]: match[1] for match in found if match}


def record(folder: Path, names: Iterable[str]) -> None:
    """Put on record the checksums of those files that have none yet.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "a").write_text("a")
    >>> record(folder, ["a"])
    >>> known_sums(folder)["a"][:8]
    'ca978112'
    """
    known = known_sums(folder)
    lines = [f"{_digest(folder / name)}  {name}\n" for name in names if name not in known]
    if not lines:
        return
    with private_files(), (folder / SUMS).open("a+b") as file:
        # A line that a full disk cut short must not swallow the next.
        file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
        start = "" if file.read(1) in (b"", b"\n") else "\n"
        file.write((start + "".join(lines)).encode())
        file.flush()
        os.fsync(file.fileno())


def verify(folder: Path, names: Iterable[str], *, again: bool = False) -> int:
    """Compare files with their checksums, each once per process.

    Parameters
    ----------
    folder : Path
    names : iterable of str
        Files without a checksum on record only have to be there.
    again : bool, default False
        Read also those that were found intact before.

    Returns
    -------
    int
        How many of the files have no checksum.

    Raises
    ------
    ChecksumError
        A file is not as it was written.
    FileNotFoundError
        A file is not there.
    """
    known, without = known_sums(folder), 0
    for name in names:
        path = folder / name
        about = path.stat()
        mark = (str(path), about.st_ino, about.st_size, about.st_mtime_ns)
        without += name not in known
        if name in known and (again or mark not in _intact):
            if _digest(path) != known[name]:
                raise ChecksumError(f"{name} is not as it was written")
            _intact.add(mark)
    return without


def tidy(folder: Path) -> None:
    """Forget the checksums of files that are gone."""
    known = known_sums(folder)
    kept = {name: digest for name, digest in known.items() if (folder / name).exists()}
    if kept != known:
        lines = "".join(f"{digest}  {name}\n" for name, digest in kept.items())
        replace_file(folder / SUMS, lines.encode())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
