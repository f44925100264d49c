"""Records that are changed where they are there and created where they are not.

HubSpot API docs, "Contacts", "Using object APIs": up to 100 records, each named by a property
whose values are unique: contacts by email address, all others by a custom property. "Partial
upserts are not supported" with email addresses is read as: there one bad record fails the whole
batch, trace ids or not (assumed).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from leadscore.sandbox import edits, recordinput
from leadscore.sandbox.batches import Claims, Input, checked, reply, same_twice, written
from leadscore.sandbox.replies import Refusal, Reply, invalid, missing_fields
from leadscore.sandbox.routes import Path
from leadscore.sandbox.views import find

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call
    from leadscore.sandbox.records import Record

__all__ = ["PATHS", "batch_upsert"]


class _Plan(NamedTuple):
    record: Record | None
    new: recordinput.New


def batch_upsert(call: Call) -> Reply:
    """Change or create up to 100 records: 200, or 207 when some are not accepted."""
    started, inputs = call.portal.now, call.inputs("id", "properties")
    there = {id(one): _there(call, one) for one in inputs}
    _check_distinct(inputs, there)
    claims = Claims(call.collection)

    def check(one: Input) -> _Plan:
        plan = _plan(call, one, there[id(one)])
        claims.claim(plan.new.values, id(one))
        return plan

    by_email = any(one["idProperty"] == "email" for one in inputs)
    good, errors = checked(inputs, check, partial=not by_email)
    results = []
    for one, plan in good:
        record = plan.record or recordinput.make(call, plan.new)
        if plan.record:
            edits.apply(call.portal, call.collection, record, plan.new.values)
        shape = written(call, record, plan.new.values, one)
        results.append(shape | {"new": plan.record is None})
    return reply(call, started, results, errors)


def _there(call: Call, one: Input) -> Record | None:
    collection, by = call.collection, one.get("idProperty")
    if not by:
        raise missing_fields("inputs.idProperty")
    if str(by) not in collection.records.unique:
        raise invalid(
            f"Unable to perform update/upsert by non-unique {collection.kind.type_id} property "
            f"{by} in portal ID {call.portal.id}"
        )
    try:
        return find(collection, str(one["id"]), str(by))
    except Refusal:
        return None


def _check_distinct(inputs: list[Input], there: dict[int, Record | None]) -> None:
    for by in {one["idProperty"] for one in inputs}:
        keys = [str(one["id"]) for one in inputs if one["idProperty"] == by]
        same_twice(key.lower() if by == "email" else key for key in keys)
    same_twice(str(record.id) for record in there.values() if record)


def _plan(call: Call, one: Input, record: Record | None) -> _Plan:
    if record is not None:
        # The key itself is no change: a contact may be named by an additional email address.
        given = one["properties"] or {one["idProperty"]: one["id"]}
        values = recordinput.check_change(call, record, one | {"properties": given})
        return _Plan(record, recordinput.New(values, []))
    given = one["properties"] if isinstance(one["properties"], dict) else {}
    full = {one["idProperty"]: one["id"], **given}
    return _Plan(None, recordinput.check_new(call, one | {"properties": full}))


PATHS = (
    Path(
        "objects",
        "/{type}/batch/upsert",
        "POST",
        batch_upsert,
        ("crm.objects.{type}.write",),
    ),
)
