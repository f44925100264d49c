"""What requests do to associations: who may be linked to whom, and what follows from it.

HubSpot API docs, "Associate records": labels in a request replace those that were there; taking
the type without a label off an association ends it. HubSpot knowledge base, "Associate records":
the first company of a record becomes its primary one.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote

from leadscore.sandbox import edits
from leadscore.sandbox.associationtypes import USER, AssociationType
from leadscore.sandbox.records import record_id
from leadscore.sandbox.replies import bad_json, invalid, missing_fields, not_found

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Portal

__all__ = [
    "Link",
    "checked_links",
    "cursor",
    "from_cursor",
    "link",
    "link_new",
    "shown",
    "there",
    "typed",
    "unlink",
]

# How many associated records an object's reply holds is not documented; HubSpot's own batch/read
# of v3 was seen to page at 100 (HubSpot/hubspot-api-python#135).
MOST_SHOWN = 100


class Link(NamedTuple):
    """A record to associate with, and how."""

    to_kind: str
    number: int
    type_ids: tuple[int, ...]


def there(portal: Portal, kind: str, key: Any, *, side: str = "FROM") -> int:
    """Return the number of a record that is there.

    Raises
    ------
    Refusal
        404, in the words of real portals.
    """
    text = str(key)
    collection = portal.collection(kind)
    number = record_id(text)
    if collection.records.get(number) is None:
        singular = collection.kind.singular
        raise not_found(
            f"No {singular} with ID {text} exists",
            subCategory=f"crm.associations.{side}_OBJECT_NOT_FOUND",
            context={"objectType": [singular], "id": [text]},
        )
    return number


def typed(portal: Portal, kind: str, to_kind: str | None, specs: Any) -> list[AssociationType]:
    """Return the types that a request names, all from one object type to another.

    Raises
    ------
    Refusal
        400: there is no such type between the two, or not in that category.
    """
    if not isinstance(specs, list) or not specs or not all(isinstance(one, dict) for one in specs):
        raise bad_json("types must be a list of association types")
    return [_typed(portal, kind, to_kind, spec) for spec in specs]


def _typed(portal: Portal, kind: str, to_kind: str | None, spec: dict[str, Any]) -> AssociationType:
    missing = [key for key in ("associationCategory", "associationTypeId") if not spec.get(key)]
    if missing:
        raise missing_fields(*missing)
    category, given = str(spec["associationCategory"]), str(spec["associationTypeId"])
    types = portal.associations.types
    number = record_id(given)
    known = types.get(number)
    fits = known and known.from_kind == kind and known.to_kind == (to_kind or known.to_kind)
    if known is None or not fits or known.category != category:
        named = f"{category}={given}"
        raise invalid(
            "One or more associations are invalid",
            context={
                "associationSpec": [named],
                "INVALID_ASSOCIATION_TYPE_ID": [
                    f"{named} is not a valid association definition id"
                ],
            },
        )
    return known


# --------------------------------------------------------------------------- write


def link(
    portal: Portal, kind: str, number: int, to_kind: str, to_number: int, type_ids: Iterable[int]
) -> None:
    """Associate two records, and set the properties that follow.

    The portal's own labels that are not given again are taken off when others are given.
    """
    store, given = portal.associations, set(type_ids)
    before = {*_primaries(portal, kind, number), *_primaries(portal, to_kind, to_number)}
    if any(store.types[one].category == USER and store.types[one].label for one in given):
        old = store.between(kind, number, to_kind, to_number)
        gone = [one for one in old if store.types[one].category == USER and one not in given]
        default = store.types.default(kind, to_kind).id
        store.drop(kind, number, to_kind, to_number, [one for one in gone if one != default])
    given |= _first(portal, kind, number, to_kind)
    back = _first(portal, to_kind, to_number, kind)
    store.put(kind, number, to_kind, to_number, given | {store.types[one].inverse for one in back})
    for each in {(kind, number), (to_kind, to_number), *before}:
        edits.recount(portal, *each)


def _first(portal: Portal, kind: str, number: int, to_kind: str) -> set[int]:
    """Return the primary type where a record has no primary record yet and no other at all."""
    primary = portal.associations.types.primary(kind, to_kind)
    first = primary and not portal.associations.count(kind, number, to_kind)
    return {primary.id} if primary and first else set()


def _primaries(portal: Portal, kind: str, number: int) -> list[tuple[str, int]]:
    """Return the records that may lose being a record's primary one."""
    store = portal.associations
    found = [(to_kind, store.primary(kind, number, to_kind)) for to_kind in store.kinds(kind)]
    return [(to_kind, end) for to_kind, end in found if end]


def unlink(
    portal: Portal,
    kind: str,
    number: int,
    to_kind: str,
    to_number: int,
    type_ids: Sequence[int] | None = None,
) -> None:
    """Take types off an association, or end it: without types, or with the one without a label."""
    store = portal.associations
    if type_ids is not None and store.types.default(kind, to_kind).id in type_ids:
        type_ids = None
    if store.drop(kind, number, to_kind, to_number, type_ids):
        edits.recount(portal, kind, number)
        edits.recount(portal, to_kind, to_number)


# --------------------------------------------------------------------------- objects


def checked_links(portal: Portal, kind: str, specs: Any) -> list[Link]:
    """Check the ``associations`` of a record that is to be created.

    Raises
    ------
    Refusal
        400: types that do not fit; 404: a record that is not there.
    """
    if not isinstance(specs, list) or not all(isinstance(one, dict) for one in specs):
        raise bad_json("associations must be a list of objects")
    return [_checked(portal, kind, spec) for spec in specs]


def _checked(portal: Portal, kind: str, spec: dict[str, Any]) -> Link:
    to = spec.get("to")
    key = to.get("id") if isinstance(to, dict) else None
    if key is None:
        raise missing_fields("associations.to.id")
    types = typed(portal, kind, None, spec.get("types"))
    kinds = {one.to_kind for one in types}
    if len(kinds) > 1:
        raise invalid("One or more associations are invalid")
    to_kind = kinds.pop()
    number = there(portal, to_kind, key, side="TO")
    return Link(to_kind, number, tuple(one.id for one in types))


def link_new(portal: Portal, kind: str, number: int, links: Iterable[Link]) -> None:
    """Associate a new record with those that `checked_links` returned."""
    for one in links:
        link(portal, kind, number, one.to_kind, one.number, one.type_ids)


def shown(portal: Portal, kind: str, number: int, asked: Iterable[str]) -> dict[str, Any]:
    """Return the associations of a record as replies of the objects API have them.

    Every type is an entry of its own, so that the primary company comes twice, as on public
    record. Object types without any are left out; ``{}`` says that there are none at all.

    Raises
    ------
    Refusal
        400: there is no such object type.
    """
    kinds = dict.fromkeys(portal.collection(name).kind.name for name in asked)
    pages = {name: _page(portal, kind, number, name) for name in kinds}
    return {name: found for name, found in pages.items() if found["results"]}


def _page(portal: Portal, kind: str, number: int, to_kind: str) -> dict[str, Any]:
    store = portal.associations
    linked = list(store.of(kind, number, to_kind).items())
    results = [
        {"id": str(end), "type": store.types[one].name}
        for end, types in linked[:MOST_SHOWN]
        for one in types
    ]
    page: dict[str, Any] = {"results": results}
    if len(linked) > MOST_SHOWN:
        after = cursor(portal, to_kind, linked[MOST_SHOWN][0])
        path = f"/crm/v4/objects/{kind}/{number}/associations/{to_kind}"
        link = f"https://api.hubapi.com{path}?after={after}"
        page["paging"] = {"next": {"after": after, "link": link}}
    return page


def cursor(portal: Portal, to_kind: str, number: int) -> str:
    """Return what leads to the page that starts with a record: opaque, and safe in a URL."""
    text = f"{portal.collection(to_kind).kind.type_id}-{number}"
    return quote(b64encode(text.encode()).decode())


def from_cursor(text: str) -> int:
    """Return the id of the record with which a page starts.

    Raises
    ------
    Refusal
        400: it is none of ours.
    """
    try:
        return int(b64decode(unquote(text), validate=True).decode().rsplit("-", 1)[1])
    except (ValueError, IndexError):
        raise invalid(f"Invalid after: {text}") from None
