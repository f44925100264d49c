"""Associations over HTTP: v4, and the dated paths (HubSpot API docs, "Associate records").

Record ids are numbers in replies of v4, as in the examples of the docs and in replies of real
portals (HubSpot/hubspot-api-ruby#171); on dated paths they are text, as the reference types them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from leadscore.sandbox import links, replies
from leadscore.sandbox.records import record_id
from leadscore.sandbox.replies import (
    Refusal,
    Reply,
    bad_json,
    missing_fields,
    missing_scopes,
    not_found,
)
from leadscore.sandbox.routes import Path
from leadscore.sandbox.scopes import of_type
from leadscore.sandbox.validation import check_association

if TYPE_CHECKING:
    from leadscore.sandbox.associationtypes import AssociationType
    from leadscore.sandbox.calls import Call

__all__ = ["MOST_READ", "MOST_WRITTEN", "PATHS", "batch", "entry", "none", "pair"]

MOST_READ, MOST_WRITTEN, MOST_LISTED = 1000, 2000, 500

Input = dict[str, Any]


def pair(call: Call, right: str = "") -> tuple[str, str]:
    """Return the names of the two object types in the path.

    Raises
    ------
    Refusal
        400: there is no such type, or the user may not edit associations; 403: the token has no
        scope for the second one.
    """
    kind, to_kind = (call.portal.collection(call.path[key]).kind.name for key in ("type", "to"))
    wanted = of_type(f"crm.objects.{{type}}.{right}", to_kind)
    if right and call.grant and wanted not in call.grant.scopes:
        raise missing_scopes([wanted])
    if right == "write":
        check_association(call)
    return kind, to_kind


def _id(call: Call, number: int) -> int | str:
    return number if call.version == "v4" else str(number)


def batch(call: Call, results: list[Any], errors: Sequence[Any] = (), *, whole: int = 200) -> Reply:
    """Return the reply to a batch, which takes no time: a 207 when there are errors."""
    now = call.portal.now
    return replies.batch(results, errors, started=now, completed=now, whole=whole)


def entry(refusal: Refusal) -> dict[str, Any]:
    """Return an entry of ``errors``: no field of it is left out, as the reference requires."""
    own = {"status": "error", "category": refusal.category, "message": refusal.message}
    return {"context": {}, "errors": [], "links": {}} | own | refusal.more


# --------------------------------------------------------------------------- read


def _to(call: Call, to: dict[int, tuple[int, ...]]) -> list[dict[str, Any]]:
    types = call.portal.associations.types
    return [
        {
            "toObjectId": _id(call, end),
            "associationTypes": [types[one].wire() for one in numbers],
        }
        for end, numbers in to.items()
    ]


def _page(
    call: Call, kind: str, number: int, to_kind: str, *, after: str, limit: int
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the associations of a record from a cursor on, and the ``paging`` if there is more."""
    start = links.from_cursor(after) if after else 0
    linked = call.portal.associations.of(kind, number, to_kind)
    rest = {end: types for end, types in linked.items() if end >= start}
    ends = list(rest)
    shown = _to(call, {end: rest[end] for end in ends[:limit]})
    if len(ends) <= limit:
        return shown, {}
    following = links.cursor(call.portal, to_kind, ends[limit])
    url = call.url.replace(query="", path=f"/crm/v4/objects/{kind}/{number}/associations/{to_kind}")
    return shown, {"paging": {"next": {"after": following, "link": f"{url}?after={following}"}}}


def get_page(call: Call) -> Reply:
    """List the associated records of one type, up to 500 at a time."""
    kind, to_kind = pair(call, "read")
    number = links.there(call.portal, kind, call.path["id"])
    limit = call.integer("limit", default=MOST_LISTED, most=MOST_LISTED)
    after = call.query.get("after", "")
    found, paging = _page(call, kind, number, to_kind, after=after, limit=limit)
    return Reply(200, {"results": found} | paging)


def batch_read(call: Call) -> Reply:
    """Read the associations of up to 1,000 records; those without any make it a 207."""
    kind, to_kind = pair(call, "read")
    results: list[Any] = []
    errors: list[Any] = []
    for one in call.inputs("id", most=MOST_READ):
        key, after = str(one["id"]), str(one.get("after") or "")
        found, paging = _page(call, kind, record_id(key), to_kind, after=after, limit=MOST_LISTED)
        if found:
            results.append({"from": {"id": key}, "to": found} | paging)
        else:
            errors.append(entry(none(call, kind, key, to_kind)))
    return batch(call, results, errors)


def none(call: Call, kind: str, key: str, to_kind: str) -> Refusal:
    """Return what is said of a record without associations, or that is not there."""
    one, other = (call.portal.collection(name).kind.singular for name in (kind, to_kind))
    return not_found(
        f"No {other} is associated with {one} {key}.",
        subCategory="crm.associations.NO_ASSOCIATIONS_FOUND",
        context={"fromObjectId": [key], "fromObjectType": [one], "toObjectType": [other]},
    )


# --------------------------------------------------------------------------- write


def _ends(call: Call, kind: str, to_kind: str, one: Input) -> tuple[int, int]:
    keys = [one[end].get("id") if isinstance(one[end], dict) else None for end in ("from", "to")]
    missing = [f"inputs.{end}.id" for end, key in zip(("from", "to"), keys, strict=True) if not key]
    if missing:
        raise missing_fields(*missing)
    number = links.there(call.portal, kind, keys[0])
    return number, links.there(call.portal, to_kind, keys[1], side="TO")


def _labels(
    call: Call, ends: tuple[str, int, str, int], types: Sequence[AssociationType]
) -> dict[str, Any]:
    kind, number, to_kind, to_number = ends
    one, other = (call.portal.collection(name).kind.type_id for name in (kind, to_kind))
    return {
        "fromObjectTypeId": one,
        "fromObjectId": _id(call, number),
        "toObjectTypeId": other,
        "toObjectId": _id(call, to_number),
        "labels": [each.label for each in types if each.label],
    }


def _each(
    call: Call, act: Callable[[Input], list[Any]], *, whole: int, required: tuple[str, ...]
) -> Reply:
    """Do one thing for every input; what is wrong with one is reported for it alone."""
    results: list[Any] = []
    errors: list[Any] = []
    for one in call.inputs(*required, most=MOST_WRITTEN):
        try:
            results += act(one)
        except Refusal as refusal:
            errors.append(entry(refusal))
    return batch(call, results, errors, whole=whole)


def batch_create(call: Call) -> Reply:
    """Associate up to 2,000 pairs of records with labels: 201, or 207."""
    kind, to_kind = pair(call, "write")

    def act(one: Input) -> list[Any]:
        types = links.typed(call.portal, kind, to_kind, one["types"])
        number, to_number = _ends(call, kind, to_kind, one)
        links.link(call.portal, kind, number, to_kind, to_number, [each.id for each in types])
        return [_labels(call, (kind, number, to_kind, to_number), types)]

    return _each(call, act, whole=201, required=("from", "to", "types"))


def batch_default(call: Call) -> Reply:
    """Associate up to 2,000 pairs of records without a label."""
    kind, to_kind = pair(call, "write")

    def act(one: Input) -> list[Any]:
        number, to_number = _ends(call, kind, to_kind, one)
        return _default(call, kind, number, to_kind, to_number)

    return _each(call, act, whole=200, required=("from", "to"))


def _default(call: Call, kind: str, number: int, to_kind: str, to_number: int) -> list[Any]:
    types = call.portal.associations.types
    there = types.default(kind, to_kind)
    links.link(call.portal, kind, number, to_kind, to_number, [there.id])
    both = ((number, to_number, there), (to_number, number, types[there.inverse]))
    return [
        {
            "from": {"id": str(one)},
            "to": {"id": str(other)},
            "associationSpec": {
                "associationCategory": each.category,
                "associationTypeId": each.id,
            },
        }
        for one, other, each in both
    ]


def _single(call: Call) -> tuple[str, int, str, int]:
    kind, to_kind = pair(call, "write")
    number = links.there(call.portal, kind, call.path["id"])
    return kind, number, to_kind, links.there(call.portal, to_kind, call.path["to_id"], side="TO")


def put_default(call: Call) -> Reply:
    """Associate two records without a label."""
    return batch(call, _default(call, *_single(call)))


def put_labels(call: Call) -> Reply:
    """Associate two records in the ways that the body lists; labels in it replace others."""
    kind, number, to_kind, to_number = ends = _single(call)
    types = links.typed(call.portal, kind, to_kind, call.listed())
    links.link(call.portal, kind, number, to_kind, to_number, [each.id for each in types])
    return Reply(201, _labels(call, ends, types))


def delete(call: Call) -> Reply:
    """End the association of two records; one that was not is no mistake."""
    kind, number, to_kind, to_number = _single(call)
    links.unlink(call.portal, kind, number, to_kind, to_number)
    return Reply(204)


# --------------------------------------------------------------------------- batch removal


def _gone(call: Call) -> Reply:
    """Answer a removal: nothing on v4, and a body on dated paths."""
    if call.version == "v4":
        return Reply(204)
    now = call.portal.now
    return Reply(200, {"status": "COMPLETE", "startedAt": now, "completedAt": now})


def _number(spec: Any) -> int:
    key = spec.get("id") if isinstance(spec, dict) else None
    if key is None:
        raise missing_fields("id")
    return record_id(key)


def batch_archive(call: Call) -> Reply:
    """End associations; those that are not there are passed over."""
    kind, to_kind = pair(call, "write")
    inputs = call.inputs("from", "to", most=MOST_WRITTEN)
    if not all(isinstance(one["to"], list) for one in inputs):
        raise bad_json("inputs.to must be a list of objects")
    pairs = [(_number(one["from"]), _number(to)) for one in inputs for to in one["to"]]
    for number, to_number in pairs:
        links.unlink(call.portal, kind, number, to_kind, to_number)
    return _gone(call)


def labels_archive(call: Call) -> Reply:
    """Take labels off associations; without the type that has no label they end."""
    kind, to_kind = pair(call, "write")
    inputs = call.inputs("from", "to", "types", most=MOST_WRITTEN)
    checked = [
        (_number(one["from"]), _number(one["to"]), _ids(call, kind, to_kind, one["types"]))
        for one in inputs
    ]
    for number, to_number, type_ids in checked:
        links.unlink(call.portal, kind, number, to_kind, to_number, type_ids)
    return _gone(call)


def _ids(call: Call, kind: str, to_kind: str, specs: Any) -> list[int]:
    return [each.id for each in links.typed(call.portal, kind, to_kind, specs)]


# The limits of associations are their own (HubSpot API docs, "Associate records").
_OPTIONS: dict[str, Any] = {"policy": "associations"}
_READ = ("crm.objects.{type}.read",)
_WRITE = ("crm.objects.{type}.write",)
_ONE = "/{type}/{id}/associations/{to}"
_BATCH = "/{type}/{to}/batch"
PATHS = (
    Path("record associations", _ONE, "GET", get_page, _READ, **_OPTIONS),
    Path(
        "record associations",
        "/{type}/{id}/associations/default/{to}/{to_id}",
        "PUT",
        put_default,
        _WRITE,
        **_OPTIONS,
    ),
    Path("record associations", f"{_ONE}/{{to_id}}", "PUT", put_labels, _WRITE, **_OPTIONS),
    Path("record associations", f"{_ONE}/{{to_id}}", "DELETE", delete, _WRITE, **_OPTIONS),
    Path("associations", f"{_BATCH}/read", "POST", batch_read, _READ, **_OPTIONS),
    Path("associations", f"{_BATCH}/create", "POST", batch_create, _WRITE, **_OPTIONS),
    Path("associations", f"{_BATCH}/associate/default", "POST", batch_default, _WRITE, **_OPTIONS),
    Path("associations", f"{_BATCH}/archive", "POST", batch_archive, _WRITE, **_OPTIONS),
    Path("associations", f"{_BATCH}/labels/archive", "POST", labels_archive, _WRITE, **_OPTIONS),
)
