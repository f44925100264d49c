"""Members of lists over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

EMPTY = {"recordsIdsAdded": [], "recordIdsRemoved": [], "recordIdsMissing": []}


@pytest.fixture
def lists(version: str) -> str:
    """Return the path of lists in one version of the API."""
    return "/crm/v3/lists" if version == "v3" else f"/crm/lists/{version}"


@pytest.fixture
def people(add) -> list[str]:
    return [str(add(email=f"p{number}@example.com", firstname="P").id) for number in range(5)]


@pytest.fixture
def make(http, lists) -> Any:
    def act(name: str, kind: str = "MANUAL", branch: Any = None, type_id: str = "0-1") -> str:
        body = {"name": name, "objectTypeId": type_id, "processingType": kind}
        reply = http.post(lists, body | ({"filterBranch": branch} if branch else {}))
        assert reply.status == 200
        return f"{lists}/{reply.json['list']['listId']}"

    return act


def _named(value: str) -> dict[str, Any]:
    operation = {"operationType": "MULTISTRING", "operator": "IS_EQUAL_TO", "values": [value]}
    filters = [{"filterType": "PROPERTY", "property": "firstname", "operation": operation}]
    return {
        "filterBranchType": "OR",
        "filterBranches": [{"filterBranchType": "AND", "filters": filters}],
    }


def _members(http: Any, path: str) -> list[str]:
    return [one["recordId"] for one in http.get(f"{path}/memberships").json["results"]]


def test_records_are_put_in_once_and_unknown_ones_reported(http, make, people) -> None:
    path = make("A")
    first = http("PUT", f"{path}/memberships/add", [*people[:2], people[0], "999", "x"])
    again = http("PUT", f"{path}/memberships/add", [int(people[1]), int(people[2])])
    assert first.status == again.status == 200
    assert first.json == EMPTY | {
        "recordsIdsAdded": people[:2],
        "recordIdsMissing": ["999", "x"],
    }
    assert again.json == EMPTY | {"recordsIdsAdded": [people[2]]}
    assert _members(http, path) == people[:3]


def test_records_are_taken_out_and_those_not_in_passed_over(http, make, people) -> None:
    path = make("A")
    http("PUT", f"{path}/memberships/add", people[:3])
    reply = http("PUT", f"{path}/memberships/remove", [people[0], people[4], "999"])
    assert reply.json == EMPTY | {"recordIdsRemoved": [people[0]], "recordIdsMissing": ["999"]}
    assert _members(http, path) == people[1:3]


def test_records_are_put_in_and_taken_out_in_one_request(http, make, people) -> None:
    path = make("A")
    http("PUT", f"{path}/memberships/add", people[:2])
    body = {"recordIdsToAdd": people[2:3], "recordIdsToRemove": people[:1]}
    reply = http("PUT", f"{path}/memberships/add-and-remove", body)
    assert reply.json == EMPTY | {"recordsIdsAdded": people[2:3], "recordIdsRemoved": people[:1]}
    assert _members(http, path) == people[1:3]


@pytest.mark.parametrize("body", [{}, {"ids": ["1"]}, [{"id": "1"}], "1", [None]])
def test_the_body_is_a_list_of_ids(http, make, body) -> None:
    assert http("PUT", f"{make('A')}/memberships/add", body).status == 400


def test_members_are_paged_by_id(http, make, people) -> None:
    path = f"{make('A')}/memberships"
    http("PUT", f"{path}/add", people[::-1])
    first = http.get(path, limit=3)
    after = first.json["paging"]["next"]["after"]
    second = http.get(path, limit=3, after=after)
    assert [one["recordId"] for one in first.json["results"]] == people[:3]
    assert [one["recordId"] for one in second.json["results"]] == people[3:]
    assert first.json["total"] == second.json["total"] == 5
    assert first.json["results"][0]["membershipTimestamp"] == "2027-01-15T08:00:00.000Z"
    assert "paging" not in second.json
    assert http("GET", f"{path}?limit=3&after={after}").json == second.json


def test_a_page_of_members_goes_on_where_it_was_when_one_leaves(http, make, people) -> None:
    path = f"{make('A')}/memberships"
    http("PUT", f"{path}/add", people)
    after = http.get(path, limit=2).json["paging"]["next"]["after"]
    http("PUT", f"{path}/remove", people[:2])
    rest = http.get(path, limit=5, after=after).json["results"]
    assert [one["recordId"] for one in rest] == people[2:]


@pytest.mark.parametrize(("limit", "status"), [(250, 200), (251, 400), (0, 400)])
def test_a_page_has_at_most_250_members(http, make, limit, status) -> None:
    assert http.get(f"{make('A')}/memberships", limit=limit).status == status


def test_a_page_has_100_members_by_default(http, make, add, lists) -> None:
    path = f"{make('A')}/memberships"
    http("PUT", f"{path}/add", [add(email=f"{one}@example.com").id for one in range(101)])
    assert len(http.get(path).json["results"]) == 100


def test_members_are_listed_by_when_they_came(http, make, people, clock) -> None:
    path = f"{make('A')}/memberships"
    for person in (people[3], people[1], people[2]):
        http("PUT", f"{path}/add", [person])
        clock.time += 60
    found = http.get(f"{path}/join-order", limit=2)
    rest = http.get(f"{path}/join-order", after=found.json["paging"]["next"]["after"])
    came = [one["recordId"] for reply in (found, rest) for one in reply.json["results"]]
    assert came == [people[3], people[1], people[2]]


def test_reading_members_backward_is_not_served(http, make) -> None:
    assert http.get(f"{make('A')}/memberships", before="MQ==").status == 501


def test_all_members_are_taken_out_at_once(http, make, people) -> None:
    path = make("A")
    http("PUT", f"{path}/memberships/add", people)
    reply = http("DELETE", f"{path}/memberships")
    assert (reply.status, reply.text) == (204, "")
    assert _members(http, path) == []


def test_members_are_put_in_from_another_list(http, make, people) -> None:
    path, source = make("A"), make("B")
    http("PUT", f"{source}/memberships/add", people[:2])
    number = source.rpartition("/")[2]
    reply = http("PUT", f"{path}/memberships/add-from/{number}")
    assert (reply.status, reply.text) == (204, "")
    assert _members(http, path) == people[:2]


def test_the_other_list_is_there_is_another_and_of_the_same_type(http, make) -> None:
    path, companies = make("A"), make("B", type_id="0-2")
    own, other = (one.rpartition("/")[2] for one in (path, companies))
    replies = [http("PUT", f"{path}/memberships/add-from/{one}") for one in (own, other, "999")]
    assert [one.status for one in replies] == [400, 400, 404]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "add", []),
        ("PUT", "remove", []),
        ("PUT", "add-and-remove", {}),
        ("PUT", "add-from/1", None),
        ("DELETE", "", None),
    ],
)
def test_members_of_dynamic_lists_are_not_changed_by_hand(http, make, method, path, body) -> None:
    make("A")
    dynamic = make("B", "DYNAMIC", _named("P"))
    reply = http(method, f"{dynamic}/memberships/{path}".rstrip("/"), body)
    assert (reply.status, reply.json["category"]) == (400, "VALIDATION_ERROR")


def test_a_dynamic_list_has_the_records_that_meet_its_filters_now(
    http, make, portal, people
) -> None:
    portal.job_delay = 0
    path = make("A", "DYNAMIC", _named("Q"))
    assert _members(http, path) == []
    for name, expected in (("Q", [people[1]]), ("P", [])):
        body = {"properties": {"firstname": name}}
        http("PATCH", f"/crm/v3/objects/contacts/{people[1]}", body)
        assert _members(http, path) == expected


def test_a_snapshot_keeps_who_met_its_filters_when_it_was_made(http, make, portal, people) -> None:
    portal.job_delay = 0
    path = make("A", "SNAPSHOT", _named("P"))
    body = {"properties": {"firstname": "Q"}}
    http("PATCH", f"/crm/v3/objects/contacts/{people[1]}", body)
    assert _members(http, path) == people
    http("PUT", f"{path}/memberships/remove", people[:1])
    assert _members(http, path) == people[1:]


def test_a_list_with_filters_is_processed_for_a_while(http, make, people, clock, portal) -> None:
    portal.job_delay = 2.0
    path = make("A", "DYNAMIC", _named("P"))
    assert http.get(path).json["list"]["processingStatus"] == "PROCESSING"
    assert _members(http, path) == []
    clock.time += 2
    assert http.get(path).json["list"]["processingStatus"] == "COMPLETE"
    assert _members(http, path) == people


def test_archived_records_leave_all_lists(http, make, portal, people) -> None:
    portal.job_delay = 0
    paths = [make("A"), make("B", "SNAPSHOT", _named("P")), make("C", "DYNAMIC", _named("P"))]
    http("PUT", f"{paths[0]}/memberships/add", people)
    http("DELETE", f"/crm/v3/objects/contacts/{people[0]}")
    assert [_members(http, path) for path in paths] == [people[1:]] * 3
    assert http.get(paths[0]).json["list"]["size"] == 4


# --------------------------------------------------------------------------- of a record


def test_a_record_says_which_lists_it_is_in(http, lists, make, people, clock) -> None:
    paths = [make("A"), make("B")]
    http("PUT", f"{paths[1]}/memberships/add", people[:1])
    clock.time += 60
    http("PUT", f"{paths[1]}/memberships/remove", people[:1])
    http("PUT", f"{paths[1]}/memberships/add", people[:1])
    reply = http.get(f"{lists}/records/0-1/{people[0]}/memberships")
    assert reply.status == 200
    assert reply.json == {
        "results": [
            {
                "listId": paths[1].rpartition("/")[2],
                "listVersion": 1,
                "isPublicList": True,
                "firstAddedTimestamp": "2027-01-15T08:00:00.000Z",
                "lastAddedTimestamp": "2027-01-15T08:01:00.000Z",
            }
        ]
    }


def test_a_record_that_is_not_there_is_in_no_list_but_a_404(http, lists) -> None:
    assert http.get(f"{lists}/records/0-1/999/memberships").status == 404


def test_the_lists_of_many_records_are_read_at_once(http, lists, make, people) -> None:
    http("PUT", f"{make('A')}/memberships/add", people[:1])
    inputs = [{"objectTypeId": "0-1", "recordId": one} for one in people[:2]]
    reply = http.post(f"{lists}/records/memberships/batch/read", {"inputs": inputs})
    assert (reply.status, reply.json["status"]) == (200, "COMPLETE")
    found = {one["recordId"]: one["recordListMemberships"] for one in reply.json["results"]}
    assert [len(found[one]) for one in people[:2]] == [1, 0]
    lost = {"objectTypeId": "0-1", "recordId": "999"}
    partly = http.post(f"{lists}/records/memberships/batch/read", {"inputs": [*inputs, lost]})
    assert (partly.status, partly.json["numErrors"]) == (207, 1)
    assert partly.json["errors"][0]["context"] == {"ids": ["999"]}


def test_members_are_up_to_date_after_every_kind_of_change(http, make, people, portal) -> None:
    path = make("A")
    http("PUT", f"{path}/memberships/add", people)
    assert _members(http, path) == people
    http("PUT", f"{path}/memberships/remove", people[:1])
    assert _members(http, path) == people[1:]
    http("DELETE", f"/crm/v3/objects/contacts/{people[1]}")
    assert _members(http, path) == people[2:]
    http("PUT", f"{path}/memberships/add", people[:1])
    assert _members(http, path) == [people[0], *people[2:]]
    http("DELETE", f"{path}/memberships")
    assert _members(http, path) == []
