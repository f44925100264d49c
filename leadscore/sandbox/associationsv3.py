"""Associations of v3, which name types by words; HubSpot's own clients still call them.

HubSpot API docs, "Associations v3". Each type of an association is an entry of its own, as in
replies of real portals on public record (HubSpot/hubspot-api-python#135), 100 records to a page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadscore.sandbox import links
from leadscore.sandbox.associationcalls import MOST_READ, MOST_WRITTEN, batch, entry, none, pair
from leadscore.sandbox.records import record_id
from leadscore.sandbox.replies import Refusal, Reply, invalid, missing_fields
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.associationtypes import AssociationType
    from leadscore.sandbox.calls import Call

__all__ = ["PATHS"]

Input = dict[str, Any]


def list_types(call: Call) -> Reply:
    """List the types from one object type to another, by id and name."""
    types, kinds = call.portal.associations.types, pair(call)
    types.default(*kinds)
    found = types.between(*kinds)
    return Reply(200, {"results": [{"id": str(one.id), "name": one.name} for one in found]})


def batch_read(call: Call) -> Reply:
    """Read the associations of records; those without any make it a 207."""
    kind, to_kind = pair(call, "read")
    results: list[Any] = []
    errors: list[Any] = []
    for one in call.inputs("id", most=MOST_READ):
        key = str(one["id"])
        found = links.shown(call.portal, kind, record_id(key), [to_kind]).get(to_kind)
        if found is None:
            errors.append(entry(none(call, kind, key, to_kind)))
            continue
        paging = {"paging": found["paging"]} if "paging" in found else {}
        results.append({"from": {"id": key}, "to": found["results"]} | paging)
    return batch(call, results, errors)


def _id(one: Input, end: str) -> str:
    given = one[end].get("id") if isinstance(one[end], dict) else None
    if given is None:
        raise missing_fields(f"inputs.{end}.id")
    return str(given)


def _type(call: Call, kind: str, to_kind: str, name: str) -> AssociationType:
    found = call.portal.associations.types.between(kind, to_kind)
    for one in found:
        if name in {one.name, str(one.id)}:
            return one
    start, end = (call.portal.collection(each).kind.singular.upper() for each in (kind, to_kind))
    raise invalid(
        f"{name} is not a valid association type between {start} and {end}",
        subCategory="crm.associations.INVALID_ASSOCIATION_TYPE",
        context={"type": [name], "fromObjectType": [start], "toObjectType": [end]},
    )


def batch_create(call: Call) -> Reply:
    """Associate pairs of records: 201, or 207 when some are not there."""
    kind, to_kind = pair(call, "write")
    results: list[Any] = []
    errors: list[Any] = []
    for one in call.inputs("from", "to", "type", most=MOST_WRITTEN):
        try:
            wanted = _type(call, kind, to_kind, str(one["type"]))
            number = links.there(call.portal, kind, _id(one, "from"))
            to_number = links.there(call.portal, to_kind, _id(one, "to"), side="TO")
        except Refusal as refusal:
            errors.append(entry(refusal))
            continue
        links.link(call.portal, kind, number, to_kind, to_number, [wanted.id])
        ends = {"from": {"id": str(number)}, "to": {"id": str(to_number)}}
        results.append(ends | {"type": wanted.name})
    return batch(call, results, errors, whole=201)


def batch_archive(call: Call) -> Reply:
    """End associations by one type; those that are not there are passed over."""
    kind, to_kind = pair(call, "write")
    gone = [
        (_id(one, "from"), _id(one, "to"), _type(call, kind, to_kind, str(one["type"])).id)
        for one in call.inputs("from", "to", "type", most=MOST_WRITTEN)
    ]
    for start, end, wanted in gone:
        ids = record_id(start), record_id(end)
        links.unlink(call.portal, kind, ids[0], to_kind, ids[1], [wanted])
    return Reply(204)


_OPTIONS: dict[str, Any] = {"policy": "associations"}
_READ, _WRITE = ("crm.objects.{type}.read",), ("crm.objects.{type}.write",)
_BASE = "/crm/v3/associations/{type}/{to}"
PATHS = (
    Path("elsewhere", f"{_BASE}/types", "GET", list_types, _READ, **_OPTIONS),
    Path("elsewhere", f"{_BASE}/batch/read", "POST", batch_read, _READ, **_OPTIONS),
    Path("elsewhere", f"{_BASE}/batch/create", "POST", batch_create, _WRITE, **_OPTIONS),
    Path("elsewhere", f"{_BASE}/batch/archive", "POST", batch_archive, _WRITE, **_OPTIONS),
)
