"""Associations in bulk: which records belong to which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from leadscore.errors import BadReplyError
from leadscore.hubspot.ahead import several
from leadscore.hubspot.batchreading import chunks
from leadscore.hubspot.pages import next_cursor, results_of, strings
from leadscore.hubspot.replies import errors_of, json_object

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["ASSOCIATIONS", "read_associations"]

BATCH = 1_000  # HubSpot API docs, "Associate records": inputs of one batch read
_WORKERS = 2  # associations have limits of their own, lower than the others
ASSOCIATIONS = pa.schema(
    [
        ("from_object", pa.string()),
        ("from_id", pa.string()),
        ("to_object", pa.string()),
        ("to_id", pa.string()),
        ("category", pa.string()),
        ("type_id", pa.int64()),
        ("label", pa.string()),
    ]
)

Row = tuple[str, str, str, int, str | None]


def read_associations(
    portal: Portal, from_type: str, to_type: str, ids: Iterable[str]
) -> Iterator[pa.Table]:
    """Read which records of one type the records of another are associated with.

    Records without associations, and ids that the portal lacks, have no rows: HubSpot reports
    them both alike (207, ``OBJECT_NOT_FOUND``).

    Parameters
    ----------
    portal : Portal
    from_type, to_type : str
        ``contacts``, ``companies``, ``2-123``, …
    ids : iterable of str
        Of `from_type`.

    Yields
    ------
    pyarrow.Table
        ``from_object``, ``from_id``, ``to_object``, ``to_id``, ``category``, ``type_id`` (int64),
        ``label`` (null for the type without one): one row for each type of each pair.

    Raises
    ------
    BadReplyError
        A reply that cannot be believed, that refuses single records, or whose cursor repeats.

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     list(read_associations(portal, "contacts", "deals", ["404"]))
    []
    """
    where = portal.path("associations", from_type, to_type, "batch", "read")

    def batch(part: list[str]) -> list[Row]:
        return list(_batch(portal, where, part))

    wanted = dict.fromkeys(map(str, ids))
    for rows in several(batch, chunks(wanted, BATCH), workers=_WORKERS):
        if rows:
            yield _table(from_type, to_type, rows)


def _batch(portal: Portal, where: str, ids: list[str]) -> Iterator[Row]:
    """Read one batch, and on from the cursors of those that have more than one page."""
    inputs = [{"id": one} for one in ids]
    cursors: set[tuple[str, str]] = set()
    while inputs:
        rows, inputs = portal.transport.fetch(
            "POST", where, read=_read, body={"inputs": inputs}, expect=(200, 207)
        )
        yield from rows
        asked = {(one["id"], one["after"]) for one in inputs}
        if asked & cursors:
            raise BadReplyError(
                f"{where}: the cursor repeats, so the reading cannot be complete.",
                hint="Run the same command again.",
            )
        cursors |= asked


def _read(body: bytes) -> tuple[list[Row], list[dict[str, str]]]:
    reply = json_object(body)
    refused = [e for e in errors_of(reply) if e.get("category") != "OBJECT_NOT_FOUND"]
    if refused:
        raise ValueError(f"HubSpot says: {str(refused[0].get('message'))[:200]}")
    rows: list[Row] = []
    following = []
    for result in results_of(reply):
        one = _record_id(result.get("from"), "id")
        rows += _rows(one, result.get("to"))
        if after := next_cursor(result):
            following.append({"id": one, "after": after})
    return rows, following


def _rows(one: str, ends: Any) -> Iterator[Row]:
    if not isinstance(ends, list):
        raise ValueError("a result of the reply has no list of associated records")
    for end in ends:
        other = _record_id(end, "toObjectId")
        types = end.get("associationTypes")
        if not isinstance(types, list) or not types:
            raise ValueError("an association of the reply has no types")
        for kind in types:
            yield (one, other, *_type(kind))


def _type(kind: Any) -> tuple[str, int, str | None]:
    if not isinstance(kind, dict) or not str(kind.get("typeId", "")).isdecimal():
        raise ValueError("an association type of the reply has no number")
    return str(kind.get("category") or ""), int(kind["typeId"]), kind.get("label")


def _record_id(holder: Any, key: str) -> str:
    """Return an id that comes as text or, in v4, as a number."""
    found = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(found, str | int) or isinstance(found, bool) or found == "":
        raise ValueError(f"a result of the reply has no {key}")
    return str(found)


def _table(from_type: str, to_type: str, rows: list[Row]) -> pa.Table:
    one, other, category, number, label = zip(*rows, strict=True)
    columns = [
        pa.repeat(from_type, len(rows)),
        pa.array(one, pa.string()),
        pa.repeat(to_type, len(rows)),
        pa.array(other, pa.string()),
        strings(list(category)),
        pa.array(number, pa.int64()),
        strings(list(label)),
    ]
    return pa.Table.from_arrays(columns, schema=ASSOCIATIONS)
