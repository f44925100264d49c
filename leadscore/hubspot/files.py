"""Files in HubSpot's file manager: put there for signed-in users alone, found, taken away.

HubSpot API docs, "Files": ``POST`` takes a form of ``file``, ``options``, ``folderPath`` and
``fileName``; a file with access PRIVATE has no public address. Unverified: that the search has a
file at once, and that folders of a path that are missing are made.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from leadscore.errors import BadReplyError, NotFoundError, UnreachableError
from leadscore.hubspot.pages import results_of
from leadscore.hubspot.replies import json_object, translate

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["delete_file", "file_named", "upload_file"]

_TRIES = 4
_OPTIONS = {"access": "PRIVATE", "overwrite": False, "duplicateValidationStrategy": "NONE"}
_KINDS = {".html": "text/html", ".csv": "text/csv", ".png": "image/png", ".pdf": "application/pdf"}


def upload_file(portal: Portal, path: Path, *, folder: str, name: str) -> dict[str, Any]:
    """Put a file into the file manager, for signed-in users alone, and return it.

    Where the reply is lost, the file is looked for by its name before it is sent again.

    Parameters
    ----------
    portal : Portal
        Its token needs the scope ``files``.
    path : Path
        Read whole.
    folder : str
        Its path: "/leadscore".
    name : str
        With its ending; no other file of the portal may have it.

    Returns
    -------
    dict
        ``id``, ``name``, ``path``, ``url``… as HubSpot sends it.

    Raises
    ------
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
    form = _form(path, folder, name)
    for attempt in range(1, _TRIES + 1):
        try:
            return _post(portal, *form)
        except (UnreachableError, BadReplyError):
            portal.pool.back_off(attempt)
            if found := file_named(portal, name):
                return found
            if attempt == _TRIES:
                raise
    raise AssertionError("the last try returns or raises")


def _form(path: Path, folder: str, name: str) -> tuple[dict[str, str], bytes]:
    boundary = secrets.token_hex(16)
    kind = _KINDS.get(path.suffix.lower(), "application/octet-stream")
    fields = {"options": json.dumps(_OPTIONS), "folderPath": folder, "fileName": name}
    start = f"--{boundary}\r\nContent-Disposition: form-data; name="
    parts = [f'{start}"{field}"\r\n\r\n{value}\r\n' for field, value in fields.items()]
    parts.append(f'{start}"file"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n')
    body = "".join(parts).encode() + path.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
    about = {"Accept": "application/json", "Content-Length": str(len(body))}
    return about | {"Content-Type": f"multipart/form-data; boundary={boundary}"}, body


def _post(portal: Portal, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    where = portal.path("files")
    reply = portal.pool.request("POST", portal.base_url + where, headers=headers, body=body)
    if reply.status not in (200, 201):
        told = SimpleNamespace(
            status=reply.status, reason=reply.reason, body=reply.data, headers=reply.headers
        )
        raise translate(told, method="POST", path=where)
    made = json.loads(reply.data)
    if not isinstance(made, dict) or not made.get("id"):
        raise BadReplyError(f"{where}: the reply names no file.", hint="Do the same again.")
    return made


def file_named(portal: Portal, name: str) -> dict[str, Any] | None:
    """Return the file of a name (with its ending), None without one."""
    stem, _, ending = name.rpartition(".")
    query = [("name", stem), ("limit", "100")]
    where = portal.path("files", "search")
    found = portal.transport.fetch(
        "GET", where, read=lambda body: results_of(json_object(body)), query=query
    )
    same = (f for f in found if f.get("name") == stem and f.get("extension") == ending)
    return next(same, None)


def delete_file(portal: Portal, file_id: str) -> bool:
    """Delete a file, and say whether it was there."""
    try:
        portal.transport.call("DELETE", portal.path("files", file_id), expect=(204,))
    except NotFoundError:
        return False
    return True
