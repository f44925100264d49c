"""What a portal keeps of its lists."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leadscore.sandbox import liststore

BRANCH = {
    "filterBranchType": "OR",
    "filterBranches": [
        {
            "filterBranchType": "AND",
            "filters": [
                {
                    "filterType": "PROPERTY",
                    "property": "email",
                    "operation": {"operationType": "ALL_PROPERTY", "operator": "IS_KNOWN"},
                }
            ],
        }
    ],
}


@pytest.fixture
def make(portal) -> Any:
    portal.job_delay = 0

    def act(name: str, kind: str = "MANUAL", branch: Any = None) -> dict[str, Any]:
        return liststore.create(portal, portal.collection("contacts"), name, kind, branch)

    return act


def test_lists_are_kept_as_plain_json(portal, make, add) -> None:
    kept = make("A", "DYNAMIC", BRANCH)
    liststore.add(portal, make("B"), [add(email="a@example.com").id])
    before = liststore.members(portal, kept)
    portal.shelves["lists"] = json.loads(json.dumps(portal.shelves["lists"]))
    assert liststore.members(portal, liststore.find(portal, "1")) == before
    assert make("C")["listId"] == "3"


def test_a_member_that_comes_back_by_filters_is_new_and_one_that_stays_is_not(
    portal, make, add, clock
) -> None:
    kept, first = make("A", "DYNAMIC", BRANCH), add(email="a@example.com").id
    joined = liststore.members(portal, kept)[first]
    clock.time += 60
    second = add(email="b@example.com").id
    members = liststore.members(portal, kept)
    assert members[first] == joined
    assert members[second] == (joined[0] + 60_000, joined[1] + 60_000)


def test_records_are_reported_once(portal, make, add) -> None:
    number = add(email="a@example.com").id
    found = liststore.known(portal, make("A"), [number, str(number), "7", 7, "x"])
    assert found == ([number], ["7", "x"])


def test_a_portal_that_was_loaded_looks_at_its_records_anew(portal, make, add, clock, http) -> None:
    record = add(firstname="A")
    kept = make("A", "DYNAMIC", BRANCH)
    path = f"/crm/v3/objects/contacts/{record.id}"
    http("PATCH", path, {"properties": {"city": "Bonn", "zip": "53111"}})
    before = len(portal.writes)
    assert liststore.members(portal, kept) == {}
    portal.writes.clear()
    clock.time += 60
    http("PATCH", path, {"properties": {"email": "a@example.com"}})
    assert len(portal.writes) == before
    assert list(liststore.members(portal, kept)) == [record.id]
