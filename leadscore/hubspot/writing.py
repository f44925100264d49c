"""Write batches of property values, with one outcome per record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leadscore.errors import InvalidRequestError
from leadscore.hubspot.replies import errors_of, plain_words, records_of

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["Outcome", "update_batch"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record of a batch.

    Attributes
    ----------
    id : str
    state : {"written", "rejected", "missing", "conflict"}
        ``missing``: HubSpot named the record neither as updated nor as refused, or says that it
        has none of that id (deleted, or merged into another). ``conflict``: another record has a
        value that only one can have.
    reason : str
        HubSpot's own words for a refusal.
    changed_at : str
        When HubSpot changed the record, as its reply says.
    record : str
        The id that HubSpot gave a record that was created.
    """

    id: str
    state: str
    reason: str = ""
    changed_at: str = ""
    record: str = ""


def update_batch(
    portal: Portal,
    object_type: str,
    values: Mapping[str, Mapping[str, str]],
    *,
    clear: bool = False,
) -> list[Outcome]:
    """Set properties of up to 100 records, and account for every one of them.

    A batch that is refused as a whole is narrowed down to the guilty records; the others go
    through.

    Parameters
    ----------
    portal : Portal
    object_type : str
        ``contacts``, ``companies``, …
    values : mapping
        Record id to property name to value as a string.
    clear : bool, default False
        Whether an empty string may clear a property (HubSpot API docs, "Properties"): what an undo
        does, and nothing else.

    Returns
    -------
    list of Outcome
        One per record, in the order of `values`.
    """
    if not clear and any(value == "" for row in values.values() for value in row.values()):
        raise ValueError("an empty string clears a property: not something that a score may do")
    where = portal.path("objects", object_type, "batch", "update")
    # The trace id asks HubSpot to judge each record by itself (API docs, "Error handling").
    inputs = [
        {"id": record, "objectWriteTraceId": record, "properties": dict(row)}
        for record, row in values.items()
    ]
    try:
        reply = portal.transport.call("POST", where, body={"inputs": inputs}, expect=(200, 207))
    except InvalidRequestError as error:
        return _narrow(portal, object_type, values, error, clear=clear)
    return _outcomes(list(values), reply, where)


def _narrow(
    portal: Portal,
    object_type: str,
    values: Mapping[str, Mapping[str, str]],
    error: InvalidRequestError,
    *,
    clear: bool,
) -> list[Outcome]:
    items = list(values.items())
    if len(items) == 1:
        return [Outcome(items[0][0], "rejected", error.message)]
    middle = len(items) // 2
    halves = (dict(items[:middle]), dict(items[middle:]))
    return [o for half in halves for o in update_batch(portal, object_type, half, clear=clear)]


def _outcomes(ids: Sequence[str], reply: dict[str, Any], where: str) -> list[Outcome]:
    found = records_of(reply, path=where)
    written = {str(record["id"]): str(record.get("updatedAt") or "") for record in found}
    refused, unnamed = _refusals(reply)
    return [_outcome(record, written, refused, unnamed) for record in ids]


def _outcome(
    record: str, written: Mapping[str, str], refused: dict[str, tuple[str, str]], unnamed: str
) -> Outcome:
    if record in refused:
        return Outcome(record, *refused[record])
    if record in written:
        return Outcome(record, "written", changed_at=written[record])
    return Outcome(record, "rejected", unnamed) if unnamed else Outcome(record, "missing")


def _refusals(reply: dict[str, Any]) -> tuple[dict[str, tuple[str, str]], str]:
    """Return the refusals by record, and the words of one that names no record."""
    found: dict[str, tuple[str, str]] = {}
    unnamed = ""
    for error in errors_of(reply):
        gone = error.get("category") == "OBJECT_NOT_FOUND"
        verdict = (
            "missing" if gone else "rejected",
            plain_words(str(error.get("message", "")))[:500],
        )
        context = error["context"]
        named = [*(context.get("ids") or []), *(context.get("objectWriteTraceId") or [])]
        found.update({str(i): verdict for i in named})
        unnamed = unnamed or ("" if named else verdict[1] or "refused without a reason")
    return found, unnamed
