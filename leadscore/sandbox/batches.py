"""Up to 100 records in one call, with one outcome per record.

HubSpot API docs, "Error handling": with an ``objectWriteTraceId`` on every input, what is wrong
with one record is reported for it alone (207); without, it fails the whole batch. Records that are
not there are reported in a 207 either way; those that were merged into others are left out without
a word (rudderlabs/rudder-transformer, recorded replies of batch/update; assumed for batch/read).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from leadscore.sandbox import edits, recordinput
from leadscore.sandbox.calls import texts
from leadscore.sandbox.records import record_id
from leadscore.sandbox.replies import (
    Refusal,
    Reply,
    batch,
    batch_error,
    conflict,
    invalid,
    not_found,
)
from leadscore.sandbox.routes import Path
from leadscore.sandbox.views import MOST_WITH_HISTORY, find, known, shown

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call
    from leadscore.sandbox.portal import Collection
    from leadscore.sandbox.records import Record

__all__ = [
    "PATHS",
    "Claims",
    "Input",
    "batch_archive",
    "batch_create",
    "batch_read",
    "batch_update",
    "checked",
    "reply",
    "same_twice",
    "written",
]

Input = dict[str, Any]
T = TypeVar("T")


def reply(
    call: Call, started: str, results: list[Any], errors: list[Any], *, whole: int = 200
) -> Reply:
    """Return the reply of a batch that ends now: 207 when there are errors."""
    return batch(results, errors, started=started, completed=call.portal.now, whole=whole)


def _lost(collection: Collection, keys: Sequence[str], trace: str = "") -> dict[str, Any]:
    message = (
        f"Could not get some {collection.kind.singular.upper()} objects, they may be deleted or "
        "not exist. Check that ids are valid."
    )
    return batch_error(not_found(message), {"ids": keys} | _traced(trace))


def _traced(trace: str) -> dict[str, list[str]]:
    return {"objectWriteTraceId": [trace]} if trace else {}


def _key(one: Input) -> str:
    return str(one["id"])


# --------------------------------------------------------------------------- read


def batch_read(call: Call) -> Reply:
    """Return records by their ids; those that are not there make it a 207."""
    started, body = call.portal.now, call.body()
    history = texts(body, "propertiesWithHistory")
    inputs = call.inputs("id", most=MOST_WITH_HISTORY if history else 100)
    collection, by = call.collection, str(body.get("idProperty") or "")
    if call.archived:
        edits.expire(call.portal, collection)
    keys = list(dict.fromkeys(map(_key, inputs)))
    pairs = [(key, _maybe(collection, key, by, archived=call.archived)) for key in keys]
    names = known(collection, texts(body, "properties"))
    results = [
        shown(call, collection, record, names, history=history) for _, record in pairs if record
    ]
    lost = [key for key, record in pairs if not record and not _merged(collection, key, by)]
    return reply(call, started, results, [_lost(collection, lost)] if lost else [])


def _maybe(collection: Collection, key: str, by: str, *, archived: bool = False) -> Record | None:
    """Return a record, None if there is none or it was merged into another."""
    if _merged(collection, key, by):
        return None
    try:
        return find(collection, key, by, archived=archived)
    except Refusal as refusal:
        if refusal.status == 404:
            return None
        raise


def _merged(collection: Collection, key: str, by: str) -> bool:
    if by not in {"", "hs_object_id"}:
        return False
    return collection.records.survivor(record_id(key)) is not None


# --------------------------------------------------------------------------- write


class Claims:
    """The unique values that the inputs of one batch want: no two may want the same."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._taken: dict[tuple[str, str], object] = {}

    def claim(self, values: Mapping[str, str], by: object) -> None:
        """Take values for an input, unless another input has them.

        Raises
        ------
        Refusal
            409.
        """
        unique = self._collection.records.unique & values.keys()
        own = {(name, values[name]) for name in unique if values[name]}
        if any(self._taken.get(one, by) != by for one in own):
            raise conflict(self._collection.kind.singular, 0)
        self._taken |= dict.fromkeys(own, by)


def checked(
    inputs: Sequence[Input], check: Callable[[Input], T], *, partial: bool = True
) -> tuple[list[tuple[Input, T]], list[dict[str, Any]]]:
    """Check all inputs before anything is written; one bad one fails all unless all are traced."""
    traced = partial and all(one.get("objectWriteTraceId") for one in inputs)
    good, errors = [], []
    for one in inputs:
        try:
            good.append((one, check(one)))
        except Refusal as refusal:
            if not traced:
                raise
            errors.append(batch_error(refusal, _traced(str(one["objectWriteTraceId"]))))
    return good, errors


def written(call: Call, record: Record, values: Mapping[str, str], one: Input) -> dict[str, Any]:
    """Return a record that was written, with its input's trace id."""
    shape = shown(call, call.collection, record, known(call.collection, values))
    trace = one.get("objectWriteTraceId")
    return shape | ({"objectWriteTraceId": str(trace)} if trace else {})


def batch_update(call: Call) -> Reply:
    """Change up to 100 records: 200, or 207 when some are not there or not accepted."""
    started, inputs = call.portal.now, call.inputs("id", "properties")
    _check_keys(call, inputs)
    collection, claims = call.collection, Claims(call.collection)
    found = [(one, _maybe(collection, _key(one), _by(one))) for one in inputs]
    there = {id(one): record for one, record in found if record}
    same_twice(str(record.id) for record in there.values())

    def check(one: Input) -> dict[str, str]:
        values = recordinput.check_change(call, there[id(one)], one)
        claims.claim(values, id(one))
        return values

    good, errors = checked([one for one, record in found if record], check)
    results = []
    for one, values in good:
        edits.apply(call.portal, collection, there[id(one)], values)
        results.append(written(call, there[id(one)], values, one))
    lost = [
        one
        for one, record in found
        if record is None and not _merged(collection, _key(one), _by(one))
    ]
    errors += [
        _lost(collection, [_key(one)], str(one.get("objectWriteTraceId") or "")) for one in lost
    ]
    return reply(call, started, results, errors)


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
    for by in {_by(one) for one in inputs}:
        same_twice(_key(one) for one in inputs if _by(one) == by)


def same_twice(keys: Iterable[str]) -> None:
    """Refuse a batch that names a record twice.

    Raises
    ------
    Refusal
        400.
    """
    counts = Counter(keys)
    twice = ", ".join(sorted(key for key, count in counts.items() if count > 1))
    if twice:
        raise invalid(f"Duplicate IDs found in batch input: [{twice}]. IDs must be unique")


def batch_create(call: Call) -> Reply:
    """Create up to 100 records: 201, or 207 when some are not accepted; 409 untraced."""
    started, inputs = call.portal.now, call.inputs("properties")
    claims = Claims(call.collection)

    def check(one: Input) -> recordinput.New:
        new = recordinput.check_new(call, one)
        claims.claim(new.values, id(one))
        return new

    good, errors = checked(inputs, check)
    results = [written(call, recordinput.make(call, new), new.values, one) for one, new in good]
    return reply(call, started, results, errors, whole=201)


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
