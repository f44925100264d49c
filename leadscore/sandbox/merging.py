"""Merging two records into a third.

HubSpot changelog, "Updated merge functionality for contacts and companies": what comes of a merge
is a new record with an id of its own, to which both former ids lead; the primary record's values
win. HubSpot knowledge base, "Merge records": what it lacks comes from the other; the older create
date stays, and the lifecycle stage that is furthest; the other's email address (a company's
domain) becomes an additional one. That counters are not added up is assumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadscore.sandbox import edits
from leadscore.sandbox.erasing import gdpr_delete
from leadscore.sandbox.history import Change, Source
from leadscore.sandbox.kinds import STAGES
from leadscore.sandbox.logs import Write
from leadscore.sandbox.records import MERGED, Record
from leadscore.sandbox.replies import Refusal, Reply, invalid
from leadscore.sandbox.routes import Path
from leadscore.sandbox.views import find, known, shown

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call
    from leadscore.sandbox.portal import Collection, Portal

__all__ = ["MOST_IDENTITIES", "PATHS", "merge", "merged"]

# HubSpot API docs, "Error handling".
MOST_IDENTITIES = 250
_SOURCE = Source("MERGE_OBJECTS")
_ADDITIONAL = {"email": "hs_additional_emails", "domain": "hs_additional_domains"}
_OLDEST = ("createdate", "hs_createdate")


def merge(call: Call) -> Reply:
    """Merge two records: 200 with the one that comes of it."""
    body, collection = call.body("primaryObjectId", "objectIdToMerge"), call.collection
    primary = find(collection, str(body["primaryObjectId"]), "")
    other = find(collection, str(body["objectIdToMerge"]), "")
    if primary.id == other.id:
        raise invalid(f"Cannot merge {collection.kind.singular} {primary.id} into itself.")
    _check_room(primary, other)
    made = merged(call.portal, collection, primary, other)
    return Reply(200, shown(call, collection, made, known(collection, ())))


def _check_room(primary: Record, other: Record) -> None:
    names = ("email", "hs_additional_emails")
    held = [one for record in (primary, other) for name in names for one in _parts(record, name)]
    if len(held) + len(_ids(primary, other)) > MOST_IDENTITIES:
        message = f"Cannot have more than {MOST_IDENTITIES} identities on a profile"
        raise Refusal(414, message, "VALIDATION_ERROR")


def _parts(record: Record, name: str) -> list[str]:
    return [one for one in record.values.get(name, "").split(";") if one]


def _ids(primary: Record, other: Record) -> list[str]:
    """Return the ids that lead to what comes of a merge."""
    before = [*_parts(primary, MERGED), *_parts(other, MERGED)]
    return [*before, str(primary.id), str(other.id)]


def merged(portal: Portal, collection: Collection, primary: Record, other: Record) -> Record:
    """Put one record in the place of two, with its history, associations and log entries."""
    kind, number = collection.kind, portal.new_id()
    values = _values(collection, primary, other) | {
        "hs_object_id": str(number),
        kind.modified: portal.now,
        MERGED: ";".join(_ids(primary, other)),
    }
    record = Record(number, values)
    entries = _history(portal, collection, primary, other, record)
    for one in (primary, other):
        collection.records.remove(one)
    collection.records.add(record)
    for name, changes in entries.items():
        for change in changes:
            collection.history.add(number, name, change)
    collection.history.forget((primary.id, other.id))
    _log(portal, collection, primary, record)
    _move(portal, kind.name, primary, other, record)
    return record


def _values(collection: Collection, primary: Record, other: Record) -> dict[str, str]:
    values = {**other.values, **primary.values}
    for name in _OLDEST:
        dates = [one.values[name] for one in (primary, other) if name in one.values]
        values |= {name: min(dates)} if dates else {}
    stages = [one.values.get("lifecyclestage", "") for one in (primary, other)]
    furthest = max(stages, key=_place)
    values |= {"lifecyclestage": furthest} if furthest else {}
    for name, further in _ADDITIONAL.items():
        if further in collection.definitions.active:
            mine = values.get(name)
            found = (_parts(one, key) for one in (primary, other) for key in (name, further))
            more = ";".join(dict.fromkeys(one for part in found for one in part if one != mine))
            values |= {further: more} if more else {}
    return values


def _place(stage: str) -> int:
    order = list(STAGES)
    return order.index(stage) if stage in order else -1


def _history(
    portal: Portal, collection: Collection, primary: Record, other: Record, record: Record
) -> dict[str, list[Change]]:
    """Return both records' entries by time, and one of the merge where it changed a value."""
    found: dict[str, list[Change]] = {}
    for name in {**_touched(collection, other), **_touched(collection, primary)}:
        past = (edits.past(collection, one, name) for one in (other, primary))
        entries = sorted((change for part in past for change in part), key=lambda one: one.at)
        value = record.values.get(name, "")
        if not entries or entries[-1].value != value:
            entries.append(_now(portal, value))
        found[name] = entries
    return found | {MERGED: [*found.get(MERGED, []), _now(portal, record.values[MERGED])]}


def _now(portal: Portal, value: str) -> Change:
    return Change(value, portal.now_ms, _SOURCE)


def _touched(collection: Collection, record: Record) -> dict[str, Any]:
    """Return the names of the properties that a record has or had."""
    had = collection.history.live.get(record.id, {})
    left_out = {MERGED, collection.kind.modified}
    return {name: None for name in (*record.values, *had) if name not in left_out}


def _log(portal: Portal, collection: Collection, primary: Record, record: Record) -> None:
    old = primary.values
    portal.writes.extend(
        Write(collection.kind.name, str(record.id), name, old.get(name), new, portal.now)
        for name, new in record.values.items()
        if old.get(name) != new and name != collection.kind.modified
    )


def _move(portal: Portal, kind: str, primary: Record, other: Record, record: Record) -> None:
    store = portal.associations
    for one in (primary, other):
        store.move(kind, one.id, record.id)
    edits.recount(portal, kind, record.id)
    for end in store.kinds(kind):
        for number in store.of(kind, record.id, end):
            edits.recount(portal, end, number)


_WRITE = ("crm.objects.{type}.write",)
PATHS = (
    Path("objects", "/{type}/merge", "POST", merge, _WRITE),
    Path("objects", "/{type}/gdpr-delete", "POST", gdpr_delete, _WRITE),
)
