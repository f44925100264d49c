"""Read a portal: all records, some by id, what changed, history, associations.

The parts are in modules of their own; this is where the other rooms get them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from leadscore.hubspot.associating import ASSOCIATIONS, read_associations
from leadscore.hubspot.batchreading import BATCH, Found, answering, batches_of, chunks, read_ids
from leadscore.hubspot.fullreading import Chunk, read_records
from leadscore.hubspot.history import read_history
from leadscore.hubspot.searching import (
    changed_since,
    count,
    ids_between,
    modified_property,
    newest_change,
)

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = [
    "ASSOCIATIONS",
    "MODIFIED",
    "Chunk",
    "Found",
    "answering",
    "changed_since",
    "chunks",
    "count",
    "ids_between",
    "newest_change",
    "read_associations",
    "read_batches",
    "read_history",
    "read_ids",
    "read_records",
    "read_values",
]

MODIFIED = modified_property


def read_values(
    portal: Portal, object_type: str, ids: Iterable[str], properties: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Read some records' values by id, as on the wire.

    Parameters
    ----------
    portal : Portal
    object_type : str
    ids : iterable of str
    properties : sequence of str

    Returns
    -------
    dict
        By id, those of the properties that have a value. An id that the portal lacks is left out.
    """
    rows = read_ids(portal, object_type, ids, properties).rows.to_pylist()
    return {row.pop("id"): {n: v for n, v in row.items() if v} for row in rows}


def read_batches(
    portal: Portal, object_type: str, ids: Iterable[str], properties: Sequence[str]
) -> Iterator[dict[str, dict[str, str]]]:
    """Read records' values as `read_values` does, several batches at once; yield batch by batch.

    Yields
    ------
    dict
        What the portal has of the next 100 ids; all that were asked for come in their order.
    """
    for pages in batches_of(portal, object_type, properties).read(ids, BATCH):
        rows = (row for page in pages for row in page.rows.to_pylist())
        yield {row.pop("id"): {n: v for n, v in row.items() if v} for row in rows}
