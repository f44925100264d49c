"""Imports: many records from one CSV file, which HubSpot works through by itself.

Sources: HubSpot API docs, "Imports": ``POST`` takes a form of ``importRequest`` and ``files``; an
import is STARTED, PROCESSING, DEFERRED (more than three run), and in the end DONE, FAILED, CANCELED
or REVERTED; a file has at most 1,048,576 rows. Unverified: that the listing has an import at once,
that a time is taken in ISO 8601, that choices are taken by their internal names, and that an
empty cell leaves a value alone (so that none is sent).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from leadscore.errors import BadReplyError, HubSpotError, UnreachableError
from leadscore.hubspot.replies import records_of, translate

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["ENDED", "MOST_ROWS", "RECORD_ID", "follow", "imports_named", "row_errors", "upload"]

MOST_ROWS = 1_000_000
RECORD_ID = "Record ID"
ENDED = ("DONE", "FAILED", "CANCELED", "REVERTED")
_UPLOAD = 1_800.0  # seconds for the file
_PAGE = 100
_PIECE = 2**16
_TRIES = 5
_LONGEST = 30.0  # seconds between two looks


class _Form:
    """The body of an upload, read from the file anew for each try."""

    def __init__(self, request: dict[str, Any], path: Path) -> None:
        self.boundary, self.path = secrets.token_hex(16), path
        part = f"--{self.boundary}\r\nContent-Disposition: form-data; name="
        self._head = (
            f'{part}"importRequest"\r\n\r\n{json.dumps(request)}\r\n'
            f'{part}"files"; filename="{path.name}"\r\nContent-Type: text/csv\r\n\r\n'
        ).encode()
        self._tail = f"\r\n--{self.boundary}--\r\n".encode()

    @property
    def headers(self) -> dict[str, str]:
        size = len(self._head) + self.path.stat().st_size + len(self._tail)
        return {
            "Accept": "application/json",
            "Content-Type": f"multipart/form-data; boundary={self.boundary}",
            "Content-Length": str(size),
        }

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        with self.path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
        yield self._tail


def upload(portal: Portal, path: Path, *, name: str, columns: Sequence[str]) -> dict[str, Any]:
    """Let HubSpot update contacts from a CSV file, and return the import; it is not done yet.

    Where the reply is lost, the import is looked for by its name before it is asked for again.

    Parameters
    ----------
    portal : Portal
        Its token needs the scope ``crm.import``.
    path : Path
        CSV in UTF-8 with a head: `RECORD_ID`, then the properties' names. Read as a stream.
    name : str
        No other import has it.
    columns : sequence of str
        The properties.

    Returns
    -------
    dict
        ``id``, ``state``… as HubSpot sends it.

    Raises
    ------
    HubSpotError
        HubSpot refuses it, or does not answer.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            return _post(portal, _Form(_request(path.name, name, columns), path))
        except (UnreachableError, BadReplyError):
            portal.pool.back_off(attempt)
            if found := list(imports_named(portal, name)):
                return found[-1]
            if attempt == _TRIES:
                raise
    raise AssertionError("the last try returns or raises")


def _request(file: str, name: str, columns: Sequence[str]) -> dict[str, Any]:
    own = {
        "columnObjectTypeId": "0-1",
        "columnName": RECORD_ID,
        "propertyName": "hs_object_id",
        "columnType": "HUBSPOT_OBJECT_ID",
    }
    others = [
        {"columnObjectTypeId": "0-1", "columnName": one, "propertyName": one} for one in columns
    ]
    page = {"hasHeader": True, "columnMappings": [own, *others]}
    return {
        "name": name,
        "importOperations": {"0-1": "UPDATE"},
        "dateFormat": "YEAR_MONTH_DAY",
        "files": [{"fileName": file, "fileFormat": "CSV", "fileImportPage": page}],
    }


def _post(portal: Portal, form: _Form) -> dict[str, Any]:
    where = portal.path("imports")
    with _patient(portal):
        reply = portal.pool.request(
            "POST", portal.base_url + where, headers=form.headers, body=form
        )
    if reply.status not in (200, 201, 202):
        told = SimpleNamespace(
            status=reply.status, reason=reply.reason, body=reply.data, headers=reply.headers
        )
        raise translate(told, method="POST", path=where)
    return _import(json.loads(reply.data), where)


@contextmanager
def _patient(portal: Portal) -> Iterator[None]:
    """Give a large file the time that it takes."""
    pool = portal.pool
    before = pool.deadline, pool.call_deadline
    pool.deadline, pool.call_deadline = _UPLOAD, _UPLOAD
    try:
        yield
    finally:
        pool.deadline, pool.call_deadline = before


def _import(found: dict[str, Any], where: str) -> dict[str, Any]:
    if not found.get("id") or not isinstance(found.get("state"), str):
        raise BadReplyError(f"{where}: the reply names no import.", hint="Do the same again.")
    return found


def imports_named(portal: Portal, name: str) -> Iterator[dict[str, Any]]:
    """Return the imports of a name, or whose name begins with it and a space."""
    for one in _pages(portal, portal.path("imports"), []):
        known = str(one.get("importName") or "")
        if known == name or known.startswith(f"{name} "):
            yield one


def follow(portal: Portal, number: str) -> dict[str, Any]:
    """Wait for an import to end, however it ends, and return it."""
    wait = 0.5
    while True:
        where = portal.path("imports", number)
        found = _import(portal.transport.call("GET", where), where)
        if found["state"] in ENDED:
            return found
        portal.pool.waits.sleep(wait)
        wait = min(wait * 2, _LONGEST)


def row_errors(portal: Portal, number: str) -> Iterator[tuple[str, str]]:
    """Return the records whose rows were refused, and why, in HubSpot's words.

    A row without its data in the reply cannot be told whose it is; it is passed over.
    """
    query = [("includeErrorMessage", "true"), ("includeRowData", "true")]
    for error in _pages(portal, portal.path("imports", number, "errors"), query):
        row = (error.get("sourceData") or {}).get("rowData") or []
        said = str(error.get("errorMessage") or error.get("errorType") or "refused")[:500]
        if row:
            yield str(row[0]), said


def _pages(portal: Portal, where: str, query: list[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    after: str | None = None
    seen: set[str] = set()
    while True:
        more = [("after", after)] if after else []
        reply = portal.transport.call("GET", where, query=[*query, ("limit", str(_PAGE)), *more])
        yield from records_of(reply, path=where)
        after = ((reply.get("paging") or {}).get("next") or {}).get("after")
        if not after:
            return
        if after in seen:
            raise HubSpotError(f"{where}: the pages go in a circle.", hint="Do the same again.")
        seen.add(after)
