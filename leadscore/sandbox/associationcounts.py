"""The properties that follow from associations: counts, and who is the primary company."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Portal

__all__ = ["counted"]

_COUNTS = {
    "contacts": {"num_associated_deals": "deals"},
    "companies": {"num_associated_contacts": "contacts", "num_associated_deals": "deals"},
    "deals": {"num_associated_contacts": "contacts"},
}
_PRIMARIES = {
    "contacts": ("associatedcompanyid", "companies"),
    "deals": ("hs_primary_associated_company", "companies"),
}
_CHILD_TO_PARENT, _PARENT_TO_CHILD = 14, 13


def counted(portal: Portal, kind: str, number: int) -> dict[str, str]:
    """Return what the associations of a record make of its properties; "" for none.

    Only properties that the object type has. A count that never was stays unknown rather than
    being 0.
    """
    links, collection = portal.associations, portal.collection(kind)
    record = collection.records.get(number)
    known = record.values if record else {}
    found = {
        name: links.count(kind, number, to_kind) for name, to_kind in _COUNTS.get(kind, {}).items()
    }
    values = {name: str(count) for name, count in found.items() if count or name in known}
    if kind in _PRIMARIES:
        name, to_kind = _PRIMARIES[kind]
        values[name] = str(links.primary(kind, number, to_kind) or "")
    if kind == "companies":
        values |= _family(portal, number)
    return {name: new for name, new in values.items() if name in collection.definitions.active}


def _family(portal: Portal, number: int) -> dict[str, str]:
    linked = portal.associations.of("companies", number, "companies").items()
    parents = [end for end, types in linked if _CHILD_TO_PARENT in types]
    children = [end for end, types in linked if _PARENT_TO_CHILD in types]
    return {
        "hs_parent_company_id": str(parents[0]) if parents else "",
        "hs_num_child_companies": str(len(children)) if children else "",
    }
