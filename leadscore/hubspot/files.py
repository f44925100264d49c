"""Files in HubSpot's file manager: put there, found, shown by a link for a while, taken away.

HubSpot API docs, "Files": ``POST`` takes a form of ``file``, ``options``, ``folderPath`` and
``fileName``; a file with access PRIVATE has no public address. Unverified: that the search has a
file at once, and that folders of a path that are missing are made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from leadscore.errors import BadReplyError, NotFoundError, UnreachableError
from leadscore.hubspot.multipart import FileForm
from leadscore.hubspot.pages import paged_reply
from leadscore.hubspot.replies import translate

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["delete_file", "file_named", "files_found", "read_file", "sign_url", "upload_file"]

_TRIES = 4
_PAGE = 100
_SLOWEST = 100_000  # bytes a second: what is slower has stalled


def upload_file(
    portal: Portal,
    path: Path,
    *,
    folder: str,
    name: str,
    access: str = "PRIVATE",
    overwrite: bool = False,
    ttl: str | None = None,
) -> dict[str, Any]:
    """Put a file into the file manager, and return it.

    It is read from the disk as it is sent. Where the reply is lost, the file is looked for by its
    name and content before it is sent again.

    Parameters
    ----------
    portal : Portal
        Its token needs the scope ``files``.
    path : Path
    folder : str
        Its path: "/leadscore".
    name : str
        With its ending. Where another file of the folder has it, HubSpot puts a number behind it.
    access : str, default "PRIVATE"
        For signed-in users alone; HubSpot API docs, "Files", have the others.
    overwrite : bool, default False
        Take the place of a file of that name in the folder.
    ttl : str, optional
        After which HubSpot deletes it: a period such as "P1M", from a day to a year.

    Returns
    -------
    dict
        ``id``, ``name``, ``path``, ``url``… as HubSpot sends it.

    Raises
    ------
    SettingsError
        The file cannot be read.
    HubSpotError
        HubSpot refuses it, or does not answer.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> page = Path(tempfile.mkdtemp()) / "page.html"
    >>> _ = page.write_text("<p>Hello</p>")
    >>> with ls.open_sandbox(contacts=5) as sandbox, ls.connect(sandbox) as portal:
    ...     made = upload_file(portal, page, folder="/leadscore", name="page-1.html")
    ...     made["path"], made["access"]
    ('/leadscore/page-1.html', 'PRIVATE')
    """
    options = {"access": access, "overwrite": overwrite, "duplicateValidationStrategy": "NONE"}
    options |= {"ttl": ttl} if ttl else {}
    fields = {"options": json.dumps(options), "folderPath": folder, "fileName": name}
    form = FileForm(path, fields)
    before = {_mark(one) for one in _namesakes(portal, folder, name)}
    for attempt in range(1, _TRIES + 1):
        try:
            return _post(portal, form)
        except (UnreachableError, BadReplyError):
            portal.pool.back_off(attempt)
            if found := _arrived(portal, path, folder, name, before):
                return found
            if attempt == _TRIES:
                raise
    raise AssertionError("the last try returns or raises")


def _post(portal: Portal, form: FileForm) -> dict[str, Any]:
    where, headers = portal.path("files"), {"Accept": "application/json", **form.headers}
    reply = portal.pool.request(
        "POST",
        portal.base_url + where,
        headers=headers,
        body=form,
        patience=form.size / _SLOWEST,
    )
    if reply.status not in (200, 201):
        told = SimpleNamespace(
            status=reply.status, reason=reply.reason, body=reply.data, headers=reply.headers
        )
        raise translate(told, method="POST", path=where)
    made = json.loads(reply.data)
    if not isinstance(made, dict) or not made.get("id"):
        raise BadReplyError(f"{where}: the reply names no file.", hint="Do the same again.")
    return made


def _mark(file: dict[str, Any]) -> tuple[str, str]:
    return str(file.get("id")), str(file.get("updatedAt"))


def _namesakes(portal: Portal, folder: str, name: str) -> Iterator[dict[str, Any]]:
    """Return the files of a folder that have a name, with a number behind it or without."""
    stem, ending = _split(name)
    for one in files_found(portal, [("name", stem)]):
        same = str(one.get("extension") or "") == ending
        inside = str(one.get("path")).rpartition("/")[0] == folder.rstrip("/")
        if same and inside and str(one.get("name")).startswith(stem):
            yield one


def _arrived(
    portal: Portal, path: Path, folder: str, name: str, before: set[tuple[str, str]]
) -> dict[str, Any] | None:
    """Return the file that was not there before and has the content; None without one."""
    new = [one for one in _namesakes(portal, folder, name) if _mark(one) not in before]
    if not new:
        return None
    with path.open("rb") as file:
        content = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    return next((one for one in new if one.get("fileMd5") in (None, content)), None)


def _split(name: str) -> tuple[str, str]:
    stem, dot, ending = name.rpartition(".")
    return (stem, ending.lower()) if dot and stem else (name, "")


def files_found(
    portal: Portal, query: Sequence[tuple[str, str]], *, limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """Return the files that a search finds, page after page.

    Parameters
    ----------
    portal : Portal
    query : sequence of tuple
        Names and values, as the search takes them: ``name`` (a part of it), ``ids``…
    limit : int, optional
        Not more than so many.
    """
    where, after, left = portal.path("files", "search"), "", limit
    while left is None or left > 0:
        size = _PAGE if left is None else min(_PAGE, left)
        more = [("limit", str(size)), *([("after", after)] if after else [])]
        found, following = portal.transport.fetch(
            "GET", where, read=paged_reply, query=[*query, *more]
        )
        yield from found
        left = None if left is None else left - len(found)
        if not following:
            return
        if following == after:
            raise BadReplyError(f"{where}: the search does not go on.", hint="Try again.")
        after = following


def file_named(portal: Portal, name: str) -> dict[str, Any] | None:
    """Return the file of a name (with its ending), None without one."""
    stem, ending = _split(name)
    found = files_found(portal, [("name", stem)])
    same = (f for f in found if f.get("name") == stem and (f.get("extension") or "") == ending)
    return next(same, None)


def read_file(portal: Portal, file_id: str) -> dict[str, Any]:
    """Return what HubSpot knows of a file.

    Raises
    ------
    NotFoundError
        There is none of that id.
    """
    return portal.transport.call("GET", portal.path("files", file_id))


def sign_url(portal: Portal, file_id: str, *, seconds: int) -> str:
    """Return a link that shows a file to whoever has it, for so many seconds.

    Raises
    ------
    NotFoundError
        There is no such file.
    BadReplyError
        The reply has no link.
    """
    where = portal.path("files", file_id, "signed-url")
    reply = portal.transport.call("GET", where, query=[("expirationSeconds", str(seconds))])
    if not reply.get("url"):
        raise BadReplyError(f"{where}: the reply has no link.", hint="Try again.")
    return str(reply["url"])


def delete_file(portal: Portal, file_id: str) -> bool:
    """Delete a file, and say whether it was there."""
    try:
        portal.transport.call("DELETE", portal.path("files", file_id), expect=(204,))
    except NotFoundError:
        return False
    return True
