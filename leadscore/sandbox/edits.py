"""What a write does to a record: the values that change, and those that HubSpot derives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from leadscore.sandbox import pipelinestate
from leadscore.sandbox.associationcounts import counted
from leadscore.sandbox.blocklist import blocked
from leadscore.sandbox.derivations import derived
from leadscore.sandbox.history import CALCULATED, Change, Source
from leadscore.sandbox.kinds import STAGES
from leadscore.sandbox.logs import Write
from leadscore.sandbox.marketingstatus import status_of_new
from leadscore.sandbox.moments import from_ms, to_ms
from leadscore.sandbox.records import Record
from leadscore.sandbox.replies import Refusal, conflict, invalid
from leadscore.sandbox.values import checked, not_valid

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Collection, Portal

__all__ = [
    "INTEGRATION",
    "apply",
    "archive",
    "check_change",
    "check_new",
    "create",
    "expire",
    "past",
    "recount",
    "write",
]

# HubSpot knowledge base, "Record source types": what the API writes comes from an integration.
INTEGRATION = Source("INTEGRATION", "1", "Sandbox private app")
ORIGIN = Source("IMPORT")
RESTORABLE_MS = 90 * 86_400_000

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
    values = _checked(portal, collection, given, {})
    kind = collection.kind
    if kind.name == "deals":
        values.setdefault("pipeline", pipelinestate.pipelines(portal)[0]["id"])
    if kind.one_of and not any(values.get(name) for name in kind.one_of):
        raise invalid(f"At least one of these properties is required: [{', '.join(kind.one_of)}]")
    missing = [name for name in kind.needs if not values.get(name)]
    if missing:
        message = f"Error creating {kind.word}. Some required properties were not set."
        raise invalid(message, context={"properties": missing})
    _check_stage(portal, collection, values, {})
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
    if given == {}:
        raise invalid("No properties found to update, please provide at least one.")
    values = _checked(portal, collection, given, record.values)
    _check_stage(portal, collection, values, record.values)
    _check_unique(collection, values, own=record.id)
    return values


def _checked(
    portal: Portal, collection: Collection, given: Any, current: Mapping[str, str]
) -> dict[str, str]:
    owners = portal.shelf("owners")
    active = {key for key, owner in owners.items() if not owner["archived"]}
    allowed = {"hubspot_owner_id": active} if owners else {}
    values = checked(
        collection.definitions.active, given, current, portal_id=portal.id, allowed=allowed
    )
    email = values.get("email")
    if email and collection.kind.name == "contacts" and blocked(portal, email):
        message = f"{email} was deleted for good and cannot be used again."
        raise not_valid("email", "GDPR_BLACKLISTED_EMAIL", message, portal_id=portal.id)
    return values


def _check_stage(
    portal: Portal, collection: Collection, values: Mapping[str, str], current: Mapping[str, str]
) -> None:
    """Check that a deal's stage is one of its pipeline's."""
    if collection.kind.name != "deals" or not {"pipeline", "dealstage"} & values.keys():
        return
    new = {**current, **values}
    stage, pipeline = new.get("dealstage", ""), new.get("pipeline", "")
    if (
        stage
        and pipeline
        and stage not in {one["id"] for one in pipelinestate.stages(portal, pipeline)}
    ):
        message = f"{stage} is not a stage of the pipeline {pipeline}"
        raise not_valid("dealstage", "INVALID_OPTION", message, portal_id=portal.id)


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
    if "hs_createdate" in collection.definitions.active:
        own["hs_createdate"] = now
    if source is INTEGRATION:
        own |= status_of_new(portal, collection.kind.name)
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
    calculated = derived(portal, collection, record, changes)
    write(portal, collection, record, changes, source=source)
    write(portal, collection, record, calculated, source=CALCULATED)
    if "hs_is_closed" in calculated:
        for company in portal.associations.of("deals", record.id, "companies"):
            recount(portal, "companies", company)


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
    if not collection.history.has(record.id, name):
        for change in past(collection, record, name):
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


def recount(portal: Portal, kind: str, number: int) -> None:
    """Set the properties of a record that follow from its associations."""
    collection = portal.collection(kind)
    record = collection.records.get(number)
    if record is None:
        return
    found = counted(portal, kind, number)
    if kind == "companies" and portal.associations.count(kind, number, "deals"):
        found["hs_num_open_deals"] = str(_open_deals(portal, number))
    changes = {name: new for name, new in found.items() if record.values.get(name, "") != new}
    if changes:
        write(portal, collection, record, changes, source=CALCULATED)


def _open_deals(portal: Portal, company: int) -> int:
    deals = portal.collection("deals").records
    found = (deals.get(one) for one in portal.associations.of("companies", company, "deals"))
    return sum(deal is not None and deal.values.get("hs_is_closed") != "true" for deal in found)


def archive(portal: Portal, collection: Collection, record: Record) -> None:
    """Archive a record: its associations end with it."""
    collection.records.archive(record, at=portal.now)
    for kind, number in portal.associations.forget(collection.kind.name, record.id):
        recount(portal, kind, number)


def expire(portal: Portal, collection: Collection) -> None:
    """Forget the records that were archived too long ago to be restored; looked at once a day.

    HubSpot knowledge base, "Restore deleted records": they are there for 90 days.
    """
    swept, today = portal.shelf("sweeps"), portal.now[:10]
    if swept.get(collection.kind.name) == today:
        return
    swept[collection.kind.name] = today
    last = from_ms(portal.now_ms - RESTORABLE_MS)
    gone = [one for one in collection.records.walk(archived=True) if (one.archived_at or "") < last]
    for record in gone:
        collection.records.remove(record)
    collection.history.forget(record.id for record in gone)
