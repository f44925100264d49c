"""A form with a file in it, read from the disk as it is sent: never whole in memory.

RFC 7578. A file's own name goes as a field's value, where any letter is harmless; in the header of
its part stands a name of ours.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

from leadscore.errors import SettingsError

__all__ = ["FileForm"]

_PIECE = 2**18
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,10}\Z")
_KINDS = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".txt": "text/plain",
}


class FileForm:
    """The body of one request, and what its headers say; it can be sent again.

    Parameters
    ----------
    path : Path
        The file.
    fields : mapping of str to str
        The other fields; their names are plain words.

    Raises
    ------
    SettingsError
        The file cannot be read, or is not the same length any more when it is sent.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.txt"
    >>> _ = path.write_text("hello")
    >>> form = FileForm(path, {"folderPath": "/a"})
    >>> len(b"".join(form)) == int(form.headers["Content-Length"])
    True
    """

    def __init__(self, path: Path, fields: Mapping[str, str]) -> None:
        self._path = path
        boundary = secrets.token_hex(16)
        start = f"--{boundary}\r\nContent-Disposition: form-data; name="
        parts = [f'{start}"{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
        found = _ENDING.search(path.name)
        ending = found[0].lower() if found and found.start() else ""  # all of ".env" is its name
        kind = _KINDS.get(ending, "application/octet-stream")
        parts.append(f'{start}"file"; filename="file{ending}"\r\nContent-Type: {kind}\r\n\r\n')
        self._head = "".join(parts).encode("utf-8", "replace")
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self._boundary, self.size = boundary, size_of(path)

    @property
    def headers(self) -> dict[str, str]:
        """What the request says about its body."""
        length = len(self._head) + self.size + len(self._tail)
        kind = f"multipart/form-data; boundary={self._boundary}"
        return {"Content-Type": kind, "Content-Length": str(length)}

    def __iter__(self) -> Iterator[bytes]:
        """Yield the body in pieces, from its beginning."""
        yield self._head
        left = self.size
        with self._path.open("rb") as file:
            while left:
                piece = file.read(min(_PIECE, left))
                if not piece:
                    raise SettingsError(
                        f"The file {self._path} became shorter while it was sent.",
                        hint="Send it again when nobody writes to it.",
                    )
                left -= len(piece)
                yield piece
        yield self._tail


def size_of(path: Path) -> int:
    """Return a file's size in bytes, and see that it can be read.

    Raises
    ------
    SettingsError
        It cannot.
    """
    try:
        with path.open("rb") as file:
            return file.seek(0, 2)
    except OSError as error:
        raise SettingsError(
            f"The file {path} cannot be read: {error.strerror}.", hint="Name a file that is there."
        ) from None
