"""What a write does to a record: the values that change, and those that HubSpot derives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadscore.sandbox.history import CALCULATED, Change, Source
from leadscore.sandbox.kinds import STAGES
from leadscore.sandbox.moments import to_ms
from leadscore.sandbox.portal import Collection, Portal, Write
from leadscore.sandbox.records import Record
from leadscore.sandbox.replies import Refusal, conflict, invalid
from leadscore.sandbox.values import checked

__all__ = [
    "INTEGRATION",
    "apply",
    "archive",
    "check_change",
    "check_new",
    "create",
    "derived",
    "past",
    "write",
]

# HubSpot knowledge base, "Record source types": what the API writes comes from an integration.
INTEGRATION = Source("INTEGRATION", "1", "Sandbox private app")
ORIGIN = Source("IMPORT")

_ORDER = {stage: place for place, stage in enumerate(STAGES)}


def check_new(portal: Portal, collection: Collection, given: Any) -> dict[str, str]:
    """Check the properties of a record that is to be created.

    Contacts need an email address or a name, companies a name or domain, deals a name and a
    stage (HubSpot API docs, "Contacts", "Companies", "Deals").

    Raises
    ------
    Refusal
        400 or 409.
    """
    values = checked(collection.definitions.active, given, {}, portal_id=portal.id)
    kind = collection.kind
    if kind.one_of and not any(values.get(name) for name in kind.one_of):
        raise invalid(f"At least one of these properties is required: [{', '.join(kind.one_of)}]")
    missing = [name for name in kind.needs if not values.get(name)]
    if missing:
        raise invalid(f"Some required properties were not set: [{', '.join(missing)}]")
    _check_unique(collection, values, own=None)
    return values


def check_change(
    portal: Portal, collection: Collection, record: Record, given: Any
) -> dict[str, str]:
    """Check the properties of a record that is to be changed.

    Raises
    ------
    Refusal
        400 or 409.
    """
    definitions = collection.definitions.active
    values = checked(definitions, given, record.values, portal_id=portal.id)
    _check_unique(collection, values, own=record.id)
    return values


def _check_unique(collection: Collection, values: Mapping[str, str], own: int | None) -> None:
    for name in collection.records.unique & values.keys():
        holder = collection.records.holder(name, values[name])
        if holder not in {None, own}:
            raise _held(collection, name, values[name], holder or 0)


def _held(collection: Collection, name: str, value: str, holder: int) -> Refusal:
    if name in collection.kind.unique:
        return conflict(collection.kind.singular, holder)
    message = f"Cannot set {name} to {value}: {holder} already has that value."
    return invalid(message, subCategory="CRM_OBJECT.UNIQUE_VALUE_CONFLICT")


def create(
    portal: Portal,
    collection: Collection,
    values: Mapping[str, str],
    *,
    source: Source = INTEGRATION,
) -> Record:
    """Create a record of values that were checked, and log what was written."""
    now, number = portal.now, portal.new_id()
    own = {"createdate": now, collection.kind.modified: now, "hs_object_id": str(number)}
    if collection.kind.name == "deals":
        own["hs_createdate"] = now
    record = Record(number, own)
    collection.records.add(record)
    apply(portal, collection, record, values, source=source)
    return record


def apply(
    portal: Portal,
    collection: Collection,
    record: Record,
    values: Mapping[str, str],
    *,
    source: Source = INTEGRATION,
) -> None:
    """Write values that were checked: only what differs changes the record and its time."""
    old = record.values
    changes = {name: new for name, new in values.items() if old.get(name, "") != new}
    # HubSpot API docs, "Contacts": the stage moves forward only, unless it is cleared first.
    if _backward(old.get("lifecyclestage", ""), changes.get("lifecyclestage", "")):
        del changes["lifecyclestage"]
    if not changes:
        return
    calculated = derived(collection, changes, at=portal.now)
    write(portal, collection, record, changes, source=source)
    write(portal, collection, record, calculated, source=CALCULATED)


def write(
    portal: Portal,
    collection: Collection,
    record: Record,
    changes: Mapping[str, str],
    *,
    source: Source,
) -> None:
    """Set values, with an entry in the log and in the history for each."""
    now, moment = portal.now, portal.now_ms
    _log(portal, collection, record, changes, now)
    for name, new in changes.items():
        _remember(collection, record, name)
        collection.history.add(record.id, name, Change(new, moment, source))
        collection.records.set(record, name, new)
    record.values[collection.kind.modified] = now


def _remember(collection: Collection, record: Record, name: str) -> None:
    """Keep the entry that a value has had since its record was made."""
    for change in past(collection, record, name):
        if not collection.history.of(record.id, name):
            collection.history.add(record.id, name, change)


def past(collection: Collection, record: Record, name: str) -> list[Change]:
    """Return the history of a property, the oldest first.

    A value that nobody has set since its record was made has the record's own date.
    """
    found = collection.history.of(record.id, name)
    value = record.values.get(name)
    if found or value is None:
        return found
    return [Change(value, to_ms(record.values["createdate"]), ORIGIN)]


def _backward(old: str, new: str) -> bool:
    return bool(old and new) and _ORDER.get(new, 0) < _ORDER.get(old, 0)


def _log(
    portal: Portal, collection: Collection, record: Record, changes: Mapping[str, str], now: str
) -> None:
    kind, number, old = collection.kind.name, str(record.id), record.values
    portal.writes.extend(
        Write(kind, number, name, old.get(name), new or None, now) for name, new in changes.items()
    )


def derived(collection: Collection, changes: Mapping[str, str], *, at: str) -> dict[str, str]:
    """Return the values that HubSpot sets itself when others change."""
    found: dict[str, str] = {}
    stage = changes.get("lifecyclestage") or changes.get("dealstage")
    if stage:
        names = (
            f"hs_lifecyclestage_{stage}_date",
            f"hs_v2_date_entered_{stage}",
            "hs_v2_date_entered_current_stage",
        )
        found |= {name: at for name in names if name in collection.definitions.active}
    if collection.kind.name == "deals" and stage:
        found |= _closed(stage)
    if collection.kind.name == "contacts" and changes.get("email"):
        found["hs_email_domain"] = changes["email"].rpartition("@")[2]
    return found


def _closed(stage: str) -> dict[str, str]:
    won, lost = stage == "closedwon", stage == "closedlost"
    facts = {"": won or lost, "_won": won, "_lost": lost}
    return {f"hs_is_closed{end}": str(fact).lower() for end, fact in facts.items()}


def archive(portal: Portal, collection: Collection, record: Record) -> None:
    """Archive a record."""
    collection.records.archive(record, at=portal.now)
