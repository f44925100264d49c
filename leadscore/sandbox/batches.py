"""Up to 100 records in one call, with one outcome per record.

HubSpot API docs, "Error handling": with an ``objectWriteTraceId`` on every input, what is wrong
with one record is reported for it alone (207); without, it fails the whole batch. Records that are
not there are reported in a 207 either way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from leadscore.sandbox import edits
from leadscore.sandbox.calls import Call
from leadscore.sandbox.objects import MOST_WITH_HISTORY, find, known, shown
from leadscore.sandbox.portal import Collection
from leadscore.sandbox.records import Record
from leadscore.sandbox.replies import Refusal, Reply, batch_error, conflict, invalid, unserved
from leadscore.sandbox.routes import Path

__all__ = ["PATHS", "batch_archive", "batch_create", "batch_read", "batch_update"]

Input = dict[str, Any]


def _reply(
    call: Call, started: str, results: list[Any], errors: list[Any], *, whole: int = 200
) -> Reply:
    body = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": started,
        "completedAt": call.portal.now,
    }
    if not errors:
        return Reply(whole, body)
    return Reply(207, body | {"numErrors": len(errors), "errors": errors})


def _lost(collection: Collection, keys: Sequence[str], trace: str = "") -> dict[str, Any]:
    message = (
        f"Could not get some {collection.kind.singular.upper()} objects, they may be deleted or "
        "not exist. Check that ids are valid."
    )
    refusal = Refusal(404, message, "OBJECT_NOT_FOUND")
    return batch_error(refusal, {"ids": keys} | _traced(trace))


def _traced(trace: str) -> dict[str, list[str]]:
    return {"objectWriteTraceId": [trace]} if trace else {}


def _key(one: Input) -> str:
    return str(one["id"])


# --------------------------------------------------------------------------- read


def batch_read(call: Call) -> Reply:
    """Return records by their ids; those that are not there make it a 207."""
    started, body = call.portal.now, call.body()
    history = [str(name) for name in body.get("propertiesWithHistory") or []]
    inputs = call.inputs("id", most=MOST_WITH_HISTORY if history else 100)
    collection, by = call.collection, str(body.get("idProperty") or "")
    keys = list(dict.fromkeys(map(_key, inputs)))
    pairs = [(key, _maybe(collection, key, by, archived=call.archived)) for key in keys]
    names = known(collection, map(str, body.get("properties") or []))
    results = [
        shown(call, collection, record, names, history=history) for _, record in pairs if record
    ]
    lost = [key for key, record in pairs if record is None]
    return _reply(call, started, results, [_lost(collection, lost)] if lost else [])


def _maybe(collection: Collection, key: str, by: str, *, archived: bool = False) -> Record | None:
    try:
        return find(collection, key, by, archived=archived)
    except Refusal as refusal:
        if refusal.status == 404:
            return None
        raise


# --------------------------------------------------------------------------- write


def _checked(
    inputs: Sequence[Input], check: Callable[[Input], dict[str, str]]
) -> tuple[list[tuple[Input, dict[str, str]]], list[dict[str, Any]]]:
    """Check all inputs before anything is written; one bad one fails all unless all are traced."""
    partial = all(one.get("objectWriteTraceId") for one in inputs)
    good, errors = [], []
    for one in inputs:
        try:
            good.append((one, check(one)))
        except Refusal as refusal:
            if not partial:
                raise
            errors.append(batch_error(refusal, _traced(str(one["objectWriteTraceId"]))))
    return good, errors


def _written(call: Call, record: Record, values: dict[str, str], one: Input) -> dict[str, Any]:
    shape = shown(call, call.collection, record, known(call.collection, values))
    trace = one.get("objectWriteTraceId")
    return shape | ({"objectWriteTraceId": str(trace)} if trace else {})


def batch_update(call: Call) -> Reply:
    """Change up to 100 records: 200, or 207 when some are not there or not accepted."""
    started, inputs = call.portal.now, call.inputs("id", "properties")
    _check_keys(call, inputs)
    collection = call.collection
    found = [(one, _maybe(collection, _key(one), _by(one))) for one in inputs]
    there = {id(one): record for one, record in found if record}
    good, errors = _checked(
        [one for one, record in found if record],
        lambda one: edits.check_change(call.portal, collection, there[id(one)], one["properties"]),
    )
    results = []
    for one, values in good:
        edits.apply(call.portal, collection, there[id(one)], values)
        results.append(_written(call, there[id(one)], values, one))
    lost = [one for one, record in found if record is None]
    errors += [
        _lost(collection, [_key(one)], str(one.get("objectWriteTraceId") or "")) for one in lost
    ]
    return _reply(call, started, results, errors)


def _by(one: Input) -> str:
    return str(one.get("idProperty") or "")


def _check_keys(call: Call, inputs: Sequence[Input]) -> None:
    """Check that records are named by id or by a custom unique property, each once.

    By email nothing is updated (HubSpot/hubspot-api-nodejs#548), by hs_object_id neither
    (segmentio/action-destinations#3957).
    """
    collection = call.collection
    for by in {_by(one) for one in inputs} - {"", *collection.definitions.unique}:
        raise invalid(
            f"Unable to perform update/upsert by non-unique {collection.kind.type_id} property "
            f"{by} in portal ID {call.portal.id}"
        )
    counts = Counter((_by(one), _key(one)) for one in inputs)
    twice = ", ".join(sorted(key for (_, key), count in counts.items() if count > 1))
    if twice:
        raise invalid(f"Duplicate IDs found in batch input: [{twice}]. IDs must be unique")


def batch_create(call: Call) -> Reply:
    """Create up to 100 records: 201, or 207 when some are not accepted; 409 untraced."""
    started, inputs = call.portal.now, call.inputs("properties")
    if any(one.get("associations") for one in inputs):
        raise unserved("associations")
    collection, claimed = call.collection, set[tuple[str, str]]()

    def check(one: Input) -> dict[str, str]:
        values = edits.check_new(call.portal, collection, one["properties"])
        _claim(collection, values, claimed)
        return values

    good, errors = _checked(inputs, check)
    results = [
        _written(call, edits.create(call.portal, collection, values), values, one)
        for one, values in good
    ]
    return _reply(call, started, results, errors, whole=201)


def _claim(collection: Collection, values: dict[str, str], claimed: set[tuple[str, str]]) -> None:
    own = {(name, values[name]) for name in collection.records.unique & values.keys()}
    if own & claimed:
        raise conflict(collection.kind.singular, 0)
    claimed |= own


def batch_archive(call: Call) -> Reply:
    """Archive up to 100 records; those that are not there are passed over."""
    collection = call.collection
    for one in call.inputs("id"):
        record = _maybe(collection, _key(one), "")
        if record:
            edits.archive(call.portal, collection, record)
    return Reply(204)


_READ = ("crm.objects.{type}.read",)
_WRITE = ("crm.objects.{type}.write",)
PATHS = (
    Path("objects", "/{type}/batch/read", "POST", batch_read, _READ),
    Path("objects", "/{type}/batch/update", "POST", batch_update, _WRITE),
    Path("objects", "/{type}/batch/create", "POST", batch_create, _WRITE),
    Path("objects", "/{type}/batch/archive", "POST", batch_archive, _WRITE),
)
