"""What a request wants of one record, checked in full before anything of it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from leadscore.sandbox import edits, links, validation

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call
    from leadscore.sandbox.records import Record

__all__ = ["New", "check_change", "check_new", "make"]


class New(NamedTuple):
    """A record that may be created."""

    values: dict[str, str]
    links: list[links.Link]


def check_new(call: Call, one: Mapping[str, Any]) -> New:
    """Check a record that is to be created: its properties and its associations.

    Raises
    ------
    Refusal
        400, 404 or 409.
    """
    portal, collection = call.portal, call.collection
    values = edits.check_new(portal, collection, one["properties"])
    validation.check(call, collection, values, None)
    found = links.checked_links(portal, collection.kind.name, one.get("associations") or [])
    if found:
        validation.check_association(call)
    return New(values, found)


def check_change(call: Call, record: Record, one: Mapping[str, Any]) -> dict[str, str]:
    """Check the properties of a record that is to be changed.

    Raises
    ------
    Refusal
        400 or 409.
    """
    values = edits.check_change(call.portal, call.collection, record, one["properties"])
    validation.check(call, call.collection, values, record)
    return values


def make(call: Call, new: New) -> Record:
    """Create a record that was checked, with its associations."""
    portal, collection = call.portal, call.collection
    record = edits.create(portal, collection, new.values)
    links.link_new(portal, collection.kind.name, record.id, new.links)
    return record
