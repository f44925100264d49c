"""The file that an export ends with: CSV in HubSpot's form, zipped when it is large.

HubSpot API docs, "Exports": a CSV file of more than 2 MB is zipped; more than 1,000,000 rows make
several files. Assumed: every field is quoted, dates with a time are written in the portal's time
zone to the minute, and the first column is called "Record ID" with labels and with names.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from leadscore.sandbox.moments import to_ms

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Collection, Portal
    from leadscore.sandbox.records import Record

__all__ = ["LARGEST", "MOST_LINKED", "MOST_ROWS", "Layout", "packed", "written"]

LARGEST = 2 * 2**20
MOST_ROWS = 1_000_000
MOST_LINKED = 1_000
FIRST = "Record ID"

Read = Callable[[str], str]


class Layout(NamedTuple):
    """What the columns of an export are.

    Parameters
    ----------
    properties : list of str
    names, values : bool
        Internal names in the head, internal values below it, instead of labels.
    associated : list of Collection
        Of these, the ids of the records that one is associated with.
    most : int, optional
        How many ids there are at most.
    """

    properties: list[str]
    names: bool = False
    values: bool = False
    associated: Sequence[Collection] = ()
    most: int | None = MOST_LINKED


def packed(name: str, tables: Sequence[bytes]) -> tuple[str, str, bytes]:
    """Return an export's file name, media type and content: CSV, or a ZIP file of CSV files."""
    if len(tables) == 1 and len(tables[0]) <= LARGEST:
        return f"{name}.csv", "text/csv; charset=utf-8", tables[0]
    ends = [""] if len(tables) == 1 else [f"-{count}" for count in range(1, len(tables) + 1)]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for end, table in zip(ends, tables, strict=True):
            archive.writestr(zipfile.ZipInfo(f"{name}{end}.csv"), table, zipfile.ZIP_DEFLATED)
    return f"{name}.zip", "application/zip", buffer.getvalue()


def written(
    portal: Portal, collection: Collection, records: Sequence[Record], layout: Layout
) -> list[bytes]:
    """Return the CSV files of an export, each with at most so many rows."""
    head = _head(collection, layout)
    starts = range(0, max(len(records), 1), MOST_ROWS)
    parts = (records[start : start + MOST_ROWS] for start in starts)
    return [_table(head, _rows(portal, collection, part, layout)) for part in parts]


def _table(head: list[str], rows: Iterable[list[str]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return buffer.getvalue().encode("utf-8", "replace")


def _head(collection: Collection, layout: Layout) -> list[str]:
    active = collection.definitions.active
    own = [name if layout.names else active[name]["label"] for name in layout.properties]
    others = [f"Associated {one.kind.singular.capitalize()} IDs" for one in layout.associated]
    return [FIRST, *own, *others]


def _rows(
    portal: Portal, collection: Collection, records: Iterable[Record], layout: Layout
) -> Iterator[list[str]]:
    active, zone = collection.definitions.active, ZoneInfo(portal.time_zone)
    names = [name for name in layout.properties if name in active]
    reads = [(name, _reader(active[name], zone, raw=layout.values)) for name in names]
    for record in records:
        get = record.values.get
        own = [read(value) if (value := get(name)) else "" for name, read in reads]
        linked = [_linked(portal, collection, record, one, layout) for one in layout.associated]
        yield [str(record.id), *own, *linked]


def _linked(
    portal: Portal, collection: Collection, record: Record, other: Collection, layout: Layout
) -> str:
    found = portal.associations.of(collection.kind.name, record.id, other.kind.name)
    return ";".join(map(str, list(found)[: layout.most]))


def _reader(definition: Mapping[str, Any], zone: ZoneInfo, *, raw: bool) -> Read:
    if definition["type"] == "datetime":
        return lambda value: _local(value, zone)
    labels = {one["value"]: one["label"] for one in definition["options"]}
    if raw or not labels:
        return str
    return lambda value: ";".join(labels.get(one, one) for one in value.split(";"))


def _local(value: str, zone: ZoneInfo) -> str:
    moment = datetime.fromtimestamp(to_ms(value) / 1000, UTC).astimezone(zone)
    return f"{moment:%Y-%m-%d %H:%M}"
