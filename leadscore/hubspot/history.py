"""The history of properties: what a record's values were, and since when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from leadscore.hubspot.batchreading import Batches
from leadscore.hubspot.pages import Page, id_of, results_of, strings
from leadscore.hubspot.replies import errors_of, json_object
from leadscore.hubspot.wiretypes import typed

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["HISTORY", "read_history"]

BATCH = 50  # HubSpot's clients page by 50 with history; the server's own limit is not documented
ROWS = 5_000  # a table's, at least; a batch's rows stay together
_WORKERS = 4  # batches with history are large
HISTORY = pa.schema(
    [
        ("object", pa.string()),
        ("id", pa.string()),
        ("property", pa.string()),
        ("value", pa.string()),
        ("timestamp", pa.timestamp("us", "UTC")),
        ("source_type", pa.string()),
        ("source_id", pa.string()),
    ]
)


def read_history(
    portal: Portal, object_type: str, ids: Iterable[str], properties: Sequence[str]
) -> Iterator[pa.Table]:
    """Read the history of records' properties, several batches at once.

    Records without history, and ids that the portal lacks, have no rows. How many entries HubSpot
    keeps of a property is unverified: what came before the oldest one is not known.

    Parameters
    ----------
    portal : Portal
    object_type : str
    ids : iterable of str
    properties : sequence of str
        Any number: they go in the body.

    Yields
    ------
    pyarrow.Table
        ``object``, ``id``, ``property``, ``value`` (strings as on the wire), ``timestamp`` (UTC,
        microseconds; null where HubSpot gives none that can be read), ``source_type``,
        ``source_id`` (strings), in the ids' order; of each property the newest first, as HubSpot
        sends it. Some thousand rows each.

    Raises
    ------
    BadReplyError
        A reply that cannot be believed, or that leaves out a record which is there.
    """
    body = {"properties": [], "propertiesWithHistory": list(properties)}
    batches = Batches(portal, object_type, body, _reader(object_type, properties))
    tables: list[pa.Table] = []
    rows = 0
    for pages in batches.read(ids, BATCH, workers=_WORKERS):
        tables += [page.rows for page in pages]
        rows += sum(page.rows.num_rows for page in pages)
        if rows >= ROWS:
            yield pa.concat_tables(tables)
            tables, rows = [], 0
    if rows:
        yield pa.concat_tables(tables)


def _reader(object_type: str, properties: Sequence[str]) -> Callable[[bytes], Page]:
    def read(body: bytes) -> Page:
        reply = json_object(body)
        records = {id_of(record): record for record in results_of(reply)}
        entries = [
            (owner, name, entry)
            for owner, record in records.items()
            for name, past in _past(record, properties)
            for entry in past
        ]
        return Page(_table(object_type, entries), errors=errors_of(reply), owners=list(records))

    return read


def _past(
    record: dict[str, Any], properties: Sequence[str]
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield each property's entries; HubSpot leaves out what a portal does not have."""
    histories = record.get("propertiesWithHistory") or {}
    if not isinstance(histories, dict):
        raise ValueError("the history of a record is not an object")
    for name in properties:
        past = histories.get(name) or []
        if not isinstance(past, list) or not all(isinstance(one, dict) for one in past):
            raise ValueError("the history of a property is not a list of objects")
        yield name, past


def _table(object_type: str, entries: Sequence[tuple[str, str, dict[str, Any]]]) -> pa.Table:
    times = strings([entry.get("timestamp") for _, _, entry in entries])
    columns = [
        pa.repeat(object_type, len(entries)),
        pa.array([owner for owner, _, _ in entries], pa.string()),
        pa.array([name for _, name, _ in entries], pa.string()),
        strings([entry.get("value") for _, _, entry in entries]),
        typed(times.to_pylist(), {"type": "datetime"}),
        strings([entry.get("sourceType") for _, _, entry in entries]),
        strings([entry.get("sourceId") for _, _, entry in entries]),
    ]
    return pa.Table.from_arrays(columns, schema=HISTORY)
