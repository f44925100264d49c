"""Create and archive records in batches, with one outcome per record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from leadscore.errors import BadReplyError, InvalidRequestError
from leadscore.hubspot.replies import errors_of, plain_words, records_of
from leadscore.hubspot.writing import Outcome

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["archive_batch", "create_batch"]


def create_batch(
    portal: Portal, object_type: str, wanted: Mapping[str, Mapping[str, Any]]
) -> list[Outcome]:
    """Create up to 100 records with their associations, and account for each of them.

    Nothing is sent twice: a creation is no value that can be set again. Where the reply is lost or
    does not account for every record, the caller looks what is there.

    Parameters
    ----------
    portal : Portal
    object_type : str
        ``tasks``, ``notes``, …
    wanted : mapping
        By a key of the caller's: ``properties`` and, if there are any, ``associations``, as HubSpot
        takes them.

    Returns
    -------
    list of Outcome
        One per key, in the order of `wanted`; its ``id`` is the key, and ``record`` the new
        record's id where the reply says which is which.

    Raises
    ------
    AmbiguousError, BadReplyError
        Some may have been created.
    """
    where = portal.path("objects", object_type, "batch", "create")
    # The trace id asks HubSpot to judge each record by itself (API docs, "Error handling").
    inputs = [{"objectWriteTraceId": key, **one} for key, one in wanted.items()]
    try:
        reply = portal.transport.call("POST", where, body={"inputs": inputs}, expect=(201, 207))
    except InvalidRequestError as error:
        return _narrow(portal, object_type, wanted, error)
    return _outcomes(list(wanted), reply, where)


def _narrow(
    portal: Portal,
    object_type: str,
    wanted: Mapping[str, Mapping[str, Any]],
    error: InvalidRequestError,
) -> list[Outcome]:
    items = list(wanted.items())
    if len(items) == 1:
        state = "conflict" if error.status == 409 else "rejected"
        return [Outcome(items[0][0], state, error.message)]
    halves = (dict(items[: len(items) // 2]), dict(items[len(items) // 2 :]))
    return [o for half in halves for o in create_batch(portal, object_type, half)]


def _outcomes(keys: Sequence[str], reply: dict[str, Any], where: str) -> list[Outcome]:
    """Return an outcome per record; that results name their trace id is unverified."""
    made = records_of(reply, path=where)
    refused = {key: error for error in errors_of(reply) for key in _traces(error)}
    left = [key for key in keys if key not in refused]
    named = {str(one.get("objectWriteTraceId")) for one in made}
    if len(made) != len(left) or not named - {"None"} <= set(left):
        raise BadReplyError(
            f"{where}: the reply does not account for every record.",
            hint="Some may have been created: look before you send them again.",
        )
    by_trace = {str(one.get("objectWriteTraceId")): one for one in made}
    return [_outcome(key, refused.get(key), by_trace.get(key, {})) for key in keys]


def _traces(error: dict[str, Any]) -> list[str]:
    return [str(one) for one in error["context"].get("objectWriteTraceId") or []]


def _outcome(key: str, error: dict[str, Any] | None, made: dict[str, Any]) -> Outcome:
    if error is None:
        at, record = str(made.get("updatedAt") or ""), str(made.get("id") or "")
        return Outcome(key, "written", changed_at=at, record=record)
    return Outcome(key, _state(error), plain_words(str(error.get("message", "")))[:500])


def _state(error: dict[str, Any]) -> str:
    if error.get("category") == "OBJECT_NOT_FOUND":
        return "missing"
    taken = "UNIQUE_VALUE" in str(error.get("subCategory"))
    return "conflict" if taken or error.get("category") == "CONFLICT" else "rejected"


def archive_batch(portal: Portal, object_type: str, ids: Sequence[str]) -> None:
    """Archive up to 100 records; HubSpot says nothing of those that are not there.

    They can be restored for 90 days (HubSpot knowledge base, "Restore deleted records").
    """
    where = portal.path("objects", object_type, "batch", "archive")
    body = {"inputs": [{"id": one} for one in ids]}
    portal.transport.call("POST", where, body=body, expect=(204,))
