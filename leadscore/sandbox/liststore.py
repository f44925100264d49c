"""What a portal keeps of its lists, and who their members are.

HubSpot API docs, "Lists": members of a MANUAL list are put in by hand, those of a DYNAMIC list are
who meets its filters now, and those of a SNAPSHOT list are who met them when it was made. Records
that are archived, merged away or erased are members of none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from leadscore.sandbox.listfilters import compiled
from leadscore.sandbox.moments import from_ms, to_ms
from leadscore.sandbox.records import record_id
from leadscore.sandbox.replies import invalid, not_found

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Collection, Portal
    from leadscore.sandbox.records import Records

__all__ = [
    "TYPES",
    "add",
    "check_manual",
    "check_name",
    "create",
    "delete",
    "every",
    "find",
    "known",
    "members",
    "named",
    "of_record",
    "of_type",
    "processing",
    "remove",
    "restore",
    "set_filters",
]

TYPES = ("MANUAL", "DYNAMIC", "SNAPSHOT")
RESTORABLE_MS = 90 * 86_400_000

# One list as it is kept: HubSpot's fields; ``members`` has by record id when it was first and last
# added, in epoch milliseconds; ``left`` has when those were first added who were taken out;
# ``seen`` says at which state of the portal members were derived; ``edition`` goes up with
# every change of ``members``.
Kept = dict[str, Any]
Members = Mapping[int, tuple[int, int]]


def _shelf(portal: Portal) -> dict[str, Any]:
    shelf = portal.shelf("lists")
    shelf.setdefault("last", 0)
    shelf.setdefault("by_id", {})
    return shelf


def every(portal: Portal) -> list[Kept]:
    """Return the lists that are not deleted, by id."""
    return [one for one in _shelf(portal)["by_id"].values() if "deletedAt" not in one]


def find(portal: Portal, key: str, *, deleted: bool = False) -> Kept:
    """Return a list by its id.

    Raises
    ------
    Refusal
        404: there is none, or it is deleted (or is not).
    """
    found: Kept | None = _shelf(portal)["by_id"].get(key)
    if found is None or ("deletedAt" in found) is not deleted:
        message = f"List does not exist with ID {key}."
        raise not_found(message, subCategory="ListError.LIST_NOT_FOUND")
    return found


def named(portal: Portal, name: str) -> Kept | None:
    """Return the list with a name, whatever its letters' case."""
    same = (one for one in every(portal) if one["name"].lower() == name.lower())
    return next(same, None)


def check_name(portal: Portal, name: Any, *, own: str = "") -> str:
    """Check that a name can be given to a list.

    Raises
    ------
    Refusal
        400: it is empty, or another list has it.
    """
    if not isinstance(name, str) or not name.strip():
        raise invalid("A list needs a name.")
    holder = named(portal, name)
    if holder and holder["listId"] != own:
        message = f"A list with the name '{name}' already exists."
        raise invalid(message, subCategory="ILS.DUPLICATE_LIST_NAMES")
    return name


def create(
    portal: Portal, collection: Collection, name: str, processing_type: str, branch: Any
) -> Kept:
    """Make a list of what was checked; a SNAPSHOT list takes its members now."""
    shelf, now = _shelf(portal), portal.now
    shelf["last"] += 1
    made: Kept = {
        "listId": str(shelf["last"]),
        "listVersion": 1,
        "createdAt": now,
        "updatedAt": now,
        "filtersUpdatedAt": now,
        "createdById": "1",
        "updatedById": "1",
        "processingType": processing_type,
        "objectTypeId": collection.kind.type_id,
        "name": name,
        "members": {},
        "edition": 0,
        "left": {},
        "removed": None,
    }
    if branch is not None:
        made["filterBranch"] = branch
    shelf["by_id"][made["listId"]] = made
    if processing_type == "SNAPSHOT" and branch is not None:
        _derive(portal, made)
    return made


def set_filters(portal: Portal, kept: Kept, branch: Any) -> None:
    """Give a list other filters."""
    kept |= {"filterBranch": branch, "filtersUpdatedAt": portal.now, "updatedAt": portal.now}
    kept["listVersion"] += 1
    kept.pop("seen", None)


# --------------------------------------------------------------------------- members


def processing(portal: Portal, kept: Kept) -> bool:
    """Whether the filters of a list have not been gone through yet."""
    if "filterBranch" not in kept:
        return False
    return portal.now_ms < to_ms(kept["filtersUpdatedAt"]) + portal.job_delay * 1000


def members(portal: Portal, kept: Kept) -> Members:
    """Return the members of a list by id, with the times when they were first and last added.

    Page after page of a long list finds them as they were kept, while nothing changes.

    Returns
    -------
    mapping of int to tuple of int
        Epoch milliseconds.
    """
    if processing(portal, kept):
        return {}
    if kept["processingType"] == "DYNAMIC" and "filterBranch" in kept:
        _derive(portal, kept)
    collection = portal.collection(kept["objectTypeId"])
    label = ("members", kept["listId"], kept.get("edition", 0), collection.records.version)
    found: Members | None = collection.index.kept(label)
    if found is None:
        found = _present(collection.records, kept)
        collection.index.keep(label, found)
    return found


def _present(records: Records, kept: Kept) -> Members:
    found = ((int(key), (first, last)) for key, (first, last) in kept["members"].items())
    return {number: times for number, times in sorted(found) if records.get(number)}


def _changed(kept: Kept) -> None:
    kept["edition"] = kept.get("edition", 0) + 1


def _derive(portal: Portal, kept: Kept) -> None:
    collection = portal.collection(kept["objectTypeId"])
    last = portal.writes[-1].at if portal.writes else ""
    state = [last, len(portal.writes), len(collection.records), kept["listVersion"]]
    if kept.get("seen") == state:
        return
    test, old = compiled(collection, kept["filterBranch"]), kept["members"]
    since, modified = to_ms(kept["filtersUpdatedAt"]), collection.kind.modified
    new: dict[str, list[int]] = {}
    for record in collection.records:
        if test(record.values):
            key = str(record.id)
            at = max(since, to_ms(record.values[modified]))
            new[key] = old.get(key) or [at, at]
    if old.keys() - new.keys():
        kept["removed"] = portal.now_ms
    kept["members"], kept["seen"] = new, state
    _changed(kept)


def check_manual(kept: Kept) -> None:
    """Check that members can be put into a list and taken out.

    Raises
    ------
    Refusal
        400: its filters do that.
    """
    if kept["processingType"] == "DYNAMIC":
        message = f"Memberships of list {kept['listId']} cannot be changed: it is DYNAMIC."
        raise invalid(message, subCategory="ListError.INVALID_PROCESSING_TYPE")


def known(portal: Portal, kept: Kept, keys: Iterable[Any]) -> tuple[list[int], list[str]]:
    """Return the ids of records that are there, each once, and those that are not."""
    records = portal.collection(kept["objectTypeId"]).records
    there: list[int] = []
    missing: list[str] = []
    for key in dict.fromkeys(map(str, keys)):
        number = record_id(key)
        if records.get(number):
            there.append(number)
        else:
            missing.append(key)
    return list(dict.fromkeys(there)), missing


def add(portal: Portal, kept: Kept, numbers: Iterable[int]) -> list[int]:
    """Put records into a list, and return those that were not in it."""
    now, held = portal.now_ms, members(portal, kept)
    added = [number for number in numbers if number not in held]
    for number in added:
        first = kept["left"].get(str(number), now)
        kept["members"][str(number)] = [first, now]
    _changed(kept)
    return added


def remove(portal: Portal, kept: Kept, numbers: Iterable[int]) -> list[int]:
    """Take records out of a list, and return those that were in it."""
    removed = [number for number in numbers if str(number) in kept["members"]]
    for number in removed:
        first, _ = kept["members"].pop(str(number))
        kept["left"][str(number)] = first
    _changed(kept)
    if removed:
        kept["removed"] = portal.now_ms
    return removed


def of_type(portal: Portal, type_id: str) -> list[tuple[Kept, Members]]:
    """Return the lists of an object type, each with its members."""
    lists = (one for one in every(portal) if one["objectTypeId"] == type_id)
    return [(one, members(portal, one)) for one in lists]


def of_record(lists: Iterable[tuple[Kept, Members]], number: int) -> list[dict[str, Any]]:
    """Return which of the lists a record is in, as HubSpot sends them."""
    found = [(one, held.get(number)) for one, held in lists]
    return [
        {
            "listId": one["listId"],
            "listVersion": one["listVersion"],
            "isPublicList": True,
            "firstAddedTimestamp": from_ms(times[0]),
            "lastAddedTimestamp": from_ms(times[1]),
        }
        for one, times in found
        if times
    ]


def delete(portal: Portal, kept: Kept) -> None:
    """Delete a list."""
    kept["deletedAt"] = portal.now


def restore(portal: Portal, kept: Kept) -> None:
    """Bring a deleted list back.

    Raises
    ------
    Refusal
        400: after 90 days, or its name was given to another.
    """
    if portal.now_ms - to_ms(kept["deletedAt"]) > RESTORABLE_MS:
        raise invalid("Lists can be restored for 90 days.")
    check_name(portal, kept["name"])
    del kept["deletedAt"]
