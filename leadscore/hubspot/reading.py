"""Read a portal: all records, some by id, what changed, history, associations.

The parts are in modules of their own; this is where the other rooms get them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from leadscore.errors import BadReplyError, NotFoundError
from leadscore.hubspot.associating import read_associations
from leadscore.hubspot.batchreading import Found, chunks, read_ids
from leadscore.hubspot.fullreading import Chunk, read_records
from leadscore.hubspot.history import read_history
from leadscore.hubspot.listing import PAGE, fits_url
from leadscore.hubspot.replies import errors_of, records_of
from leadscore.hubspot.searching import (
    changed_since,
    count,
    ids_between,
    modified_property,
    newest_change,
)
from leadscore.hubspot.wiretypes import arrow_type, typed

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = [
    "MODIFIED",
    "Chunk",
    "Found",
    "changed_since",
    "chunks",
    "count",
    "ids_between",
    "newest_change",
    "read_associations",
    "read_batch",
    "read_history",
    "read_ids",
    "read_pages",
    "read_records",
    "record_batches",
    "schema",
]

MODIFIED = modified_property
Record = dict[str, Any]


def read_pages(
    portal: Portal, object_type: str, properties: Sequence[str]
) -> Iterator[list[Record]]:
    """Read all records of a type, page by page, in the portal's own order.

    Property lists too long for a URL are asked for by batch read.

    Yields
    ------
    list of dict
        The records of one page: ``id``, ``properties`` (strings or None), ``archived``.

    Raises
    ------
    BadReplyError
        A page cannot be believed, or the cursor repeats: the reading is incomplete.
    """
    by_url = fits_url(properties)
    for page in _cursor(portal, object_type, properties if by_url else ()):
        if by_url or not page:
            yield page
            continue
        ids = [str(record["id"]) for record in page]
        yield list(read_batch(portal, object_type, ids, properties).values())


def _cursor(portal: Portal, object_type: str, properties: Sequence[str]) -> Iterator[list[Record]]:
    where = portal.path("objects", object_type)
    query = [("limit", str(PAGE)), ("archived", "false")]
    if properties:
        query.append(("properties", ",".join(properties)))
    seen: set[str] = set()
    after = ""
    while True:
        cursor = [("after", after)] if after else []
        reply = portal.transport.call("GET", where, query=[*query, *cursor])
        yield records_of(reply, path=where)
        after = _next(reply)
        if not after:
            return
        if after in seen:
            raise BadReplyError(
                f"{where}: the cursor repeats, so the reading cannot be complete.",
                hint="Run the same command again.",
            )
        seen.add(after)


def _next(reply: Mapping[str, Any]) -> str:
    paging = reply.get("paging") or {}
    following = paging.get("next") or {} if isinstance(paging, dict) else None
    if not isinstance(following, dict):
        raise BadReplyError("A page's cursor cannot be read.", hint="Run the command again.")
    return str(following.get("after") or "")


def read_batch(
    portal: Portal, object_type: str, ids: Sequence[str], properties: Sequence[str]
) -> dict[str, Record]:
    """Read up to 100 records by id; an id that the portal lacks is left out.

    Returns
    -------
    dict
        Records by id, in the order of `ids`.
    """
    where = portal.path("objects", object_type, "batch", "read")
    body = {
        "properties": list(properties),
        "propertiesWithHistory": [],
        "inputs": [{"id": record_id} for record_id in ids],
    }
    reply = portal.transport.call("POST", where, body=body, expect=(200, 207))
    found = {str(record["id"]): record for record in records_of(reply, path=where)}
    gone = _not_found(reply)
    for record_id in ids:
        if record_id not in found and record_id not in gone:
            found |= _look_up(portal, object_type, record_id, properties)
    return {record_id: _whole(found[record_id], where) for record_id in ids if record_id in found}


def _not_found(reply: Mapping[str, Any]) -> set[str]:
    named = [e for e in errors_of(dict(reply)) if e.get("category") == "OBJECT_NOT_FOUND"]
    return {str(i) for error in named for i in error["context"].get("ids") or []}


def _look_up(
    portal: Portal, object_type: str, record_id: str, properties: Sequence[str]
) -> dict[str, Record]:
    """Ask for one record that a batch left out unsaid: only a 404 says that it is gone."""
    query = [("properties", ",".join(properties))] if properties else []
    try:
        where = portal.path("objects", object_type, record_id)
        record = portal.transport.call("GET", where, query=query)
    except NotFoundError:
        return {}
    return {str(record.get("id")): record}  # a merged record answers under another id


def _whole(record: Record, where: str) -> Record:
    if not isinstance(record.get("properties"), dict):
        raise BadReplyError(f"{where}: a record has no properties.", hint="Run the command again.")
    return record


def schema(definitions: Mapping[str, Mapping[str, Any]], properties: Sequence[str]) -> pa.Schema:
    """Return the store's schema for records: ``id``, then one typed column per property."""
    fields = [(name, arrow_type(dict(definitions[name]))) for name in properties]
    return pa.schema([pa.field("id", pa.string(), nullable=False), *fields])


def record_batches(
    pages: Iterable[list[Record]],
    definitions: Mapping[str, Mapping[str, Any]],
    properties: Sequence[str],
    *,
    pages_each: int = 20,
) -> Iterator[pa.RecordBatch]:
    """Turn pages of records into typed record batches of some thousand rows."""
    shape = schema(definitions, properties)
    for group in chunks(pages, pages_each):
        rows = [record for page in group for record in page]
        values = [record.get("properties") or {} for record in rows]
        columns = [pa.array([str(record["id"]) for record in rows], pa.string())]
        columns += [
            typed([v.get(name) for v in values], dict(definitions[name])) for name in properties
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=shape)
