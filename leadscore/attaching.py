"""A file on records: a note on each, with the file attached; never two with the same file.

HubSpot API docs, "Notes" (``hs_attachment_ids``) and "Associate records".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Any

from leadscore.errors import AmbiguousError, BadReplyError
from leadscore.hubspot.batchreading import chunks
from leadscore.hubspot.creating import archive_batch, create_batch
from leadscore.hubspot.reading import read_associations, read_values
from leadscore.visibletext import visible

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["BATCH", "Attached", "attach_notes", "notes_with", "remove_notes"]

BATCH = 100  # records of one batch (HubSpot API docs, "Notes")
# HubSpot API docs, "Associate records": from a note to these; others are looked up.
_NOTE_TO = {"contacts": 202, "companies": 190, "deals": 214, "tickets": 228}
_LOOKS = 3


@dataclass(frozen=True, slots=True)
class Attached:
    """What became of one record.

    Attributes
    ----------
    id : str
    state : {"attached", "already", "rejected", "unknown"}
        ``already``: a note of the record had the file before.
    note : str
        The note's id; empty without one.
    reason : str
        HubSpot's own words for a refusal.
    """

    id: str
    state: str
    note: str = ""
    reason: str = ""


def attach_notes(
    portal: Portal, object_type: str, ids: Sequence[str], file_id: str, *, text: str
) -> Iterator[list[Attached]]:
    """Give records a note with a file each, in batches, and yield what became of each batch.

    A record that has a note with the file already gets none, so the same call can be made again.

    Parameters
    ----------
    portal : Portal
    object_type : str
    ids : sequence of str
        That exist.
    file_id : str
    text : str
        The note's; plain text.

    Raises
    ------
    HubSpotError
        HubSpot takes none of them.
    """
    kind = _association(portal, object_type)
    for batch in chunks(iter(ids), BATCH):
        before = notes_with(portal, object_type, batch, file_id)
        left = [one for one in batch if one not in before]
        refused = _made(portal, object_type, left, file_id, kind, text) if left else {}
        after = notes_with(portal, object_type, left, file_id) if left else {}
        yield [_outcome(one, before, after, refused) for one in batch]


def _outcome(
    record: str, before: dict[str, str], after: dict[str, str], refused: dict[str, str]
) -> Attached:
    if record in before:
        return Attached(record, "already", before[record])
    if record in after:
        return Attached(record, "attached", after[record])
    if record in refused:
        return Attached(record, "rejected", reason=refused[record])
    return Attached(record, "unknown", reason="The note was sent, and the record does not show it.")


def _made(
    portal: Portal, object_type: str, ids: list[str], file_id: str, kind: dict[str, Any], text: str
) -> dict[str, str]:
    """Create the notes; where the reply is lost, only for those that have none yet.

    Returns
    -------
    dict
        Why HubSpot refused, by record.
    """
    left = ids
    for look in range(1, _LOOKS + 1):
        try:
            wanted = {one: _note(one, file_id, kind, text) for one in left}
            outcomes = create_batch(portal, "notes", wanted)
        except (AmbiguousError, BadReplyError):
            portal.pool.back_off(look)
            there = notes_with(portal, object_type, left, file_id)
            left = [one for one in left if one not in there]
            if left and look == _LOOKS:
                raise
            if not left:
                return {}
        else:
            return {one.id: visible(one.reason) for one in outcomes if one.state != "written"}
    return {}


def _note(record: str, file_id: str, kind: dict[str, Any], text: str) -> dict[str, Any]:
    moment = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {
        "properties": {
            "hs_timestamp": moment,
            "hs_note_body": escape(text),
            "hs_attachment_ids": file_id,
        },
        "associations": [{"to": {"id": record}, "types": [kind]}],
    }


def _association(portal: Portal, object_type: str) -> dict[str, Any]:
    """Return the type that a note is associated by unless told otherwise."""
    known = _NOTE_TO.get(object_type)
    if known is None:
        where = portal.path("associations", "notes", object_type, "labels")
        found = portal.transport.call("GET", where).get("results") or []
        plain = [one for one in found if isinstance(one, dict) and not one.get("label")]
        if not plain:
            raise BadReplyError(
                f"{where}: no type of association has no label.", hint="Look in HubSpot for one."
            )
        category, known = str(plain[0].get("category")), plain[0].get("typeId")
        return {"associationCategory": category, "associationTypeId": known}
    return {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": known}


def notes_with(
    portal: Portal, object_type: str, ids: Sequence[str], file_id: str
) -> dict[str, str]:
    """Return which records have a note with a file, and the note.

    By associations, because the search lags.
    """
    owners: dict[str, set[str]] = {}
    for table in read_associations(portal, object_type, "notes", ids):
        pairs = zip(table["to_id"].to_pylist(), table["from_id"].to_pylist(), strict=True)
        for note, record in pairs:
            owners.setdefault(note, set()).add(record)
    found = read_values(portal, "notes", list(owners), ["hs_attachment_ids"]) if owners else {}
    lists = {note: own.get("hs_attachment_ids", "").split(";") for note, own in found.items()}
    having = (note for note, files in lists.items() if file_id in files)
    return {record: note for note in having for record in owners[note]}


def remove_notes(portal: Portal, notes: Sequence[str]) -> int:
    """Archive notes that are still there, and return how many; HubSpot can restore them."""
    there = read_values(portal, "notes", notes, ["hs_timestamp"]) if notes else {}
    for batch in chunks(iter(there), BATCH):
        archive_batch(portal, "notes", batch)
    return len(there)
