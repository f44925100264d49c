"""Search: filters, a query, one sort, and a window of 10,000 results.

HubSpot API docs, "Search the CRM": limit 200; 10,000 results per query, beyond which paging is
refused; bodies of up to 3,000 characters; one sort; the oldest first without one. Not documented,
and assumed: a record without a value comes last in a sort.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from leadscore.sandbox.calls import Call, whole
from leadscore.sandbox.filters import Group, definition, groups, holds, key, patterns
from leadscore.sandbox.records import Record
from leadscore.sandbox.replies import Reply, bad_json, invalid
from leadscore.sandbox.routes import Path
from leadscore.sandbox.views import known, shown

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Collection, Portal

__all__ = ["PATHS", "Found", "every", "find", "search"]

MOST_LISTED, MOST_FOUND, LONGEST = 200, 10_000, 3_000

Test = Callable[[Record], bool]
Matching = Sequence[int] | Sequence[Record]


class Found(NamedTuple):
    """How many records match, and those within the window, in order."""

    total: int
    first: Sequence[Record]


class Sort(NamedTuple):
    """A property to sort by, and whether backward."""

    name: str
    descending: bool


def search(call: Call) -> Reply:
    """Search records."""
    if len(call.raw.decode("utf-8", "replace")) > LONGEST:
        raise invalid(f"The request body is longer than {LONGEST} characters.")
    body, collection = call.body(), call.collection
    limit = whole(body.get("limit", 10), "limit", most=MOST_LISTED)
    start = whole(body.get("after") or 0, "after", least=0, most=10**12)
    if start + limit > MOST_FOUND:
        raise invalid(f"Paging past {MOST_FOUND} results is not possible: after {start}.")
    names = known(collection, _names(body.get("properties")))
    found = find(call.portal, collection, body)
    results = [shown(call, collection, one, names) for one in found.first[start : start + limit]]
    reply: dict[str, Any] = {"total": found.total, "results": results}
    if start + limit < found.total:
        reply["paging"] = {"next": {"after": str(start + limit)}}
    return Reply(200, reply)


def _names(given: Any) -> list[str]:
    if given is not None and not isinstance(given, list):
        raise bad_json("properties must be a list of names")
    return [str(name) for name in given or []]


def find(portal: Portal, collection: Collection, body: Mapping[str, Any]) -> Found:
    """Find records: what a search for this body returns, before it is cut into pages.

    Raises
    ------
    Refusal
        400.
    """
    wanted = groups(portal, collection, body)
    asked, sort = _query(collection, body.get("query")), _sort(collection, body.get("sorts"))
    past = _past(portal, collection)
    if past or any(group.linked for group in wanted):
        return _ordered(
            collection, _matching(collection, wanted, asked, past), sort, most=MOST_FOUND
        )
    question = {name: body.get(name) for name in ("filterGroups", "filters", "query", "sorts")}
    versions = collection.records.version, collection.definitions.version
    label = json.dumps(question, sort_keys=True), *versions
    found: Found | None = collection.index.kept(label)
    if found is None:
        found = _ordered(
            collection, _matching(collection, wanted, asked, {}), sort, most=MOST_FOUND
        )
        collection.index.keep(label, found)
    return found


def every(portal: Portal, collection: Collection, body: Mapping[str, Any]) -> Sequence[Record]:
    """Return all records that match, in order and without a window: what an export holds.

    Raises
    ------
    Refusal
        400.
    """
    wanted = groups(portal, collection, body)
    asked, sort = _query(collection, body.get("query")), _sort(collection, body.get("sorts"))
    matching = _matching(collection, wanted, asked, _past(portal, collection))
    return _ordered(collection, matching, sort, most=None).first


def _past(portal: Portal, collection: Collection) -> dict[int, Record | None]:
    if portal.index_lag <= 0:
        return {}
    return collection.index.past(portal.now_ms - round(portal.index_lag * 1000))


# --------------------------------------------------------------------------- matches


def _matching(
    collection: Collection,
    wanted: Sequence[Group],
    asked: Test | None,
    past: Mapping[int, Record | None],
) -> Matching:
    """Return the ids of all within bounds where nothing else is asked, else what matches."""
    low = min((group.low for group in wanted), default=0)
    high = max((group.high for group in wanted), default=float("inf"))
    ids = collection.records.ids_between(low, high)
    plain = not wanted or (len(wanted) == 1 and not wanted[0].tests)
    if plain and not asked and not past:
        return ids
    test = _test(wanted, asked)
    return [record for record in _seen(collection, ids, past) if test(record)]


def _seen(
    collection: Collection, ids: Sequence[int], past: Mapping[int, Record | None]
) -> list[Record]:
    get = collection.records.get
    seen = [record for number in ids if number not in past and (record := get(number))]
    before = [record for record in past.values() if record and not record.archived_at]
    return sorted([*seen, *before], key=lambda record: record.id) if before else seen


def _test(wanted: Sequence[Group], asked: Test | None) -> Test:
    if not wanted:
        return asked or (lambda _: True)
    meets = wanted[0].meets if len(wanted) == 1 else lambda one: any(g.meets(one) for g in wanted)
    return (lambda record: asked(record) and meets(record)) if asked else meets


def _query(collection: Collection, text: Any) -> Test | None:
    if not text:
        return None
    if not isinstance(text, str):
        raise bad_json("query must be a string")
    wanted, names = patterns(text + "*"), collection.kind.searched

    def test(record: Record) -> bool:
        values = record.values
        return any(holds(values[name], wanted) for name in names if name in values)

    return test


# --------------------------------------------------------------------------- order


def _ordered(collection: Collection, matching: Matching, sort: Sort, *, most: int | None) -> Found:
    """Sort, unless the ids that records come in are their order."""
    total, get = len(matching), collection.records.get
    if sort.name == "hs_object_id":
        matching = matching[::-1] if sort.descending else matching
        return Found(total, _records(get, matching[:most]))
    records = _records(get, matching)
    read, name = key(definition(collection, sort.name)), sort.name
    have = [record for record in records if name in record.values]
    have.sort(key=lambda record: read(record.values[name]), reverse=sort.descending)
    rest = [record for record in records if name not in record.values]
    return Found(total, [*have, *rest][:most])


def _records(get: Callable[[int], Record | None], matching: Matching) -> list[Record]:
    found = (get(one) if isinstance(one, int) else one for one in matching)
    return [record for record in found if record]


def _sort(collection: Collection, sorts: Any) -> Sort:
    if sorts is not None and (not isinstance(sorts, list) or len(sorts) > 1):
        raise invalid("A search takes one sort at most.")
    created = "createdate" if "createdate" in collection.definitions.active else "hs_createdate"
    sort = _parsed(sorts[0]) if sorts else Sort(created, descending=False)
    definition(collection, sort.name)
    return sort


def _parsed(given: Any) -> Sort:
    """Read a sort: an object, the same as JSON text, or a name with a minus for descending."""
    if isinstance(given, str) and given.startswith("{"):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            raise invalid(f"Invalid sort: {given}") from None
    if isinstance(given, str):
        return Sort(given.removeprefix("-"), given.startswith("-"))
    if not isinstance(given, dict) or not isinstance(given.get("propertyName"), str):
        raise invalid("A sort needs a propertyName.")
    direction = str(given.get("direction", "ASCENDING"))
    if direction not in {"ASCENDING", "DESCENDING"}:
        raise invalid(f"Invalid direction: {direction}")
    return Sort(given["propertyName"], direction == "DESCENDING")


PATHS = (
    Path(
        "objects",
        "/{type}/search",
        "POST",
        search,
        ("crm.objects.{type}.read",),
        policy="search",
    ),
)
