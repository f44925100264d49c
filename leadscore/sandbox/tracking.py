"""How much of the account's limits is used: records, properties, pipelines, object types, links.

HubSpot API reference, "Limits tracking", for the paths and the shapes. What the limits are is
assumed throughout, save the 1,000 custom properties of an object type: HubSpot sells them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from leadscore.sandbox.associationtypes import USER
from leadscore.sandbox.pipelinestate import pipelines
from leadscore.sandbox.replies import Reply
from leadscore.sandbox.routes import Path

if TYPE_CHECKING:
    from leadscore.sandbox.calls import Call
    from leadscore.sandbox.portal import Collection, Portal

__all__ = [
    "PATHS",
    "association_labels",
    "association_records",
    "associations_from",
    "associations_to",
    "calculated_properties",
    "custom_object_types",
    "custom_properties",
    "pipeline_counts",
    "records",
]

MOST_RECORDS = 15_000_000
MOST_CUSTOM_RECORDS = 1_500_000
MOST_PROPERTIES = 10_000
MOST_LABELS = 10
MOST_LINKS = 50_000
MOST_CALCULATED = {"free": 0, "starter": 0, "professional": 25, "enterprise": 200}
MOST_PIPELINES = {"free": 1, "starter": 2, "professional": 15, "enterprise": 100}
MOST_TYPES = {"free": 0, "starter": 0, "professional": 0, "enterprise": 10}
NEAR = 0.8
_SAMPLES = 10

Shape = dict[str, Any]


def _share(usage: int, limit: int) -> float:
    return round(100 * usage / limit, 2) if limit else 0.0


def _named(collection: Collection) -> Shape:
    kind = collection.kind
    return {
        "objectTypeId": kind.type_id,
        "singularLabel": kind.singular.capitalize(),
        "pluralLabel": kind.name.capitalize(),
    }


def _limited(collection: Collection, usage: int, limit: int) -> Shape:
    numbers = {"usage": usage, "limit": limit, "percentage": _share(usage, limit)}
    return _named(collection) | numbers


def _overall(entries: list[Shape], limit: int) -> Shape:
    usage = sum(one["usage"] for one in entries)
    return {
        "overallLimit": limit,
        "overallUsage": usage,
        "overallPercentage": _share(usage, limit),
        "byObjectType": entries,
    }


def _own(portal: Portal, *, custom: bool) -> list[Collection]:
    """Return the object types that are the portal's own, or those that are HubSpot's."""
    found = portal.collections.values()
    return [one for one in found if one.kind.type_id.startswith("2-") is custom]


def records(call: Call) -> Reply:
    """Return how many records there are and may be."""
    standard, custom = (_own(call.portal, custom=own) for own in (False, True))
    mine = [_named(one) | {"usage": _count(one)} for one in custom]
    body = {
        "hubspotDefinedObjectTypes": [_limited(one, _count(one), MOST_RECORDS) for one in standard],
        "customObjectTypes": _overall(mine, MOST_CUSTOM_RECORDS),
    }
    return Reply(200, body)


def _count(collection: Collection) -> int:
    return sum(1 for _ in collection.records)


def custom_properties(call: Call) -> Reply:
    """Return how many custom properties there are and may be."""
    entries = [
        _limited(one, len(one.definitions.custom), one.definitions.most_custom)
        for one in call.portal.collections.values()
    ]
    return Reply(200, _overall(entries, MOST_PROPERTIES))


def calculated_properties(call: Call) -> Reply:
    """Return how many custom calculated properties there are and may be."""
    portal = call.portal
    entries = [
        _named(one) | {"usage": sum(bool(own.get("calculated")) for own in one.definitions.custom)}
        for one in portal.collections.values()
    ]
    return Reply(200, _overall(entries, MOST_CALCULATED[portal.tier]))


def pipeline_counts(call: Call) -> Reply:
    """Return how many pipelines there are and may be; here, deals alone have any."""
    portal = call.portal
    used = len(pipelines(portal))
    standard = [_limited(portal.collection("deals"), used, MOST_PIPELINES[portal.tier])]
    mine = [_named(one) | {"usage": 0} for one in _own(portal, custom=True)]
    custom = _overall(mine, MOST_PIPELINES[portal.tier])
    return Reply(200, {"hubspotDefinedObjectTypes": standard, "customObjectTypes": custom})


def custom_object_types(call: Call) -> Reply:
    """Return how many custom object types there are and may be."""
    usage, limit = len(_own(call.portal, custom=True)), MOST_TYPES[call.portal.tier]
    return Reply(200, {"usage": usage, "limit": limit, "percentage": _share(usage, limit)})


# --------------------------------------------------------------------------- associations


def association_labels(call: Call) -> Reply:
    """Return how many labels pairs of object types have; of all pairs, those that have any."""
    portal = call.portal
    start, end = (
        portal.collection(call.query[key]) if key in call.query else None
        for key in ("fromObjectTypeId", "toObjectTypeId")
    )
    entries = [
        _labels(portal, one, other)
        for one in ([start] if start else portal.collections.values())
        for other in ([end] if end else portal.collections.values())
    ]
    asked = start is not None and end is not None
    return Reply(200, {"results": [one for one in entries if asked or one["usage"]]})


def _labels(portal: Portal, start: Collection, end: Collection) -> Shape:
    found = portal.associations.types.between(start.kind.name, end.kind.name)
    labels = sorted({one.label for one in found if one.category == USER and one.label})
    return {
        "fromObjectType": _named(start),
        "toObjectType": _named(end),
        "allLabels": labels,
        "usage": len(labels),
        "limit": MOST_LABELS,
        "percentage": _share(len(labels), MOST_LABELS),
    }


def _crowded(portal: Portal, start: Collection, end: Collection) -> dict[int, int]:
    """Return records that are near or at the limit, with how many they are associated with."""
    one, other, _ = portal.associations.columns(start.kind.name, end.kind.name)
    if not one.size:
        return {}
    pairs = np.unique(np.stack([one, other]), axis=1)
    ids, counts = np.unique(pairs[0], return_counts=True)
    chosen = counts >= NEAR * MOST_LINKS
    return dict(zip(ids[chosen].tolist(), counts[chosen].tolist(), strict=True))


def association_records(call: Call) -> Reply:
    """Return which records of one object type have about as many of another as they may."""
    portal = call.portal
    start, end = (portal.collection(call.path[key]) for key in ("type", "to_type"))
    found = _crowded(portal, start, end)
    near = {number: count for number, count in found.items() if count < MOST_LINKS}
    at = [number for number in found if number not in near]
    body = {
        "limit": MOST_LINKS,
        "totalRecordsAtLimit": len(at),
        "totalRecordsNearLimit": len(near),
        "atLimitFromRecordSamples": [_sample(number) for number in at[:_SAMPLES]],
        "nearLimitFromRecordSamples": [
            _sample(number)
            | {"usage": near[number], "percentage": _share(near[number], MOST_LINKS)}
            for number in list(near)[:_SAMPLES]
        ],
    }
    return Reply(200, body)


def _sample(number: int) -> Shape:
    return {"objectId": number, "label": str(number)}


def associations_from(call: Call) -> Reply:
    """Return the object types whose records are near or at the limit."""
    ends = list(call.portal.collections.values())
    return _near(call.portal, ((one, one, ends) for one in ends))


def associations_to(call: Call) -> Reply:
    """Return the object types of which records of one type have about as many as they may."""
    start = call.portal.collection(call.path["type"])
    return _near(call.portal, ((end, start, [end]) for end in call.portal.collections.values()))


def _near(
    portal: Portal, asked: Iterable[tuple[Collection, Collection, list[Collection]]]
) -> Reply:
    results = []
    for shown, start, ends in asked:
        counts = [count for end in ends for count in _crowded(portal, start, end).values()]
        at = sum(count >= MOST_LINKS for count in counts)
        marks = {"hasRecordsAtLimit": at > 0, "hasRecordsNearLimit": len(counts) > at}
        results += [_named(shown) | marks] if counts else []
    return Reply(200, {"results": results})


# Any scope of the objects does; the schemas' do not (seen on a real portal).
_ANY = tuple(
    f"crm.objects.{kind}.{right}"
    for kind in ("contacts", "companies", "deals", "custom")
    for right in ("read", "write")
)
PATHS = tuple(
    Path("limits", path, "GET", handler, _ANY)
    for path, handler in (
        ("/records", records),
        ("/custom-properties", custom_properties),
        ("/calculated-properties", calculated_properties),
        ("/pipelines", pipeline_counts),
        ("/custom-object-types", custom_object_types),
        ("/associations/labels", association_labels),
        ("/associations/records/from", associations_from),
        ("/associations/records/{type}/to", associations_to),
        ("/associations/records/{type}/{to_type}", association_records),
    )
)
