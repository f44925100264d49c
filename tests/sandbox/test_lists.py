"""Lists over HTTP: made, found, changed, deleted."""

from __future__ import annotations

from typing import Any

import pytest

DAY = 86_400
NEW = {"name": "Chosen", "objectTypeId": "0-1", "processingType": "MANUAL"}


@pytest.fixture
def lists(version: str) -> str:
    """Return the path of lists in one version of the API."""
    return "/crm/v3/lists" if version == "v3" else f"/crm/lists/{version}"


@pytest.fixture
def made(http, lists) -> dict[str, Any]:
    return dict(http.post(lists, NEW).json["list"])


def _branch(prefix: str) -> dict[str, Any]:
    operation = {"operationType": "MULTISTRING", "operator": "STARTS_WITH", "values": [prefix]}
    filters = [{"filterType": "PROPERTY", "property": "firstname", "operation": operation}]
    return {
        "filterBranchType": "OR",
        "filterBranches": [{"filterBranchType": "AND", "filters": filters}],
    }


def test_a_list_is_made_with_a_200(http, lists) -> None:
    reply = http.post(f"{lists}/", NEW)
    assert reply.status == 200
    made = reply.json["list"]
    assert made["listId"] == "1"
    assert (made["name"], made["objectTypeId"], made["processingType"]) == tuple(NEW.values())
    assert (made["processingStatus"], made["listVersion"], made["size"]) == ("COMPLETE", 1, 0)
    assert made["createdAt"] == made["updatedAt"] == made["filtersUpdatedAt"]
    assert not {"members", "filterBranch", "deletedAt"} & made.keys()


@pytest.mark.parametrize("missing", ["name", "objectTypeId", "processingType"])
def test_a_list_needs_a_name_an_object_type_and_a_processing_type(http, lists, missing) -> None:
    body = {key: value for key, value in NEW.items() if key != missing}
    assert http.post(lists, body).status == 400


def test_an_object_type_is_named_by_its_id_only(http, lists) -> None:
    for name in ("contacts", "0-999"):
        reply = http.post(lists, NEW | {"objectTypeId": name})
        assert reply.status == 400
        assert reply.json["subCategory"] == "ListError.INVALID_OBJECT_TYPE_FOR_LIST"


@pytest.mark.parametrize(
    "more",
    [{"processingType": "STATIC"}, {"name": " "}, {"filterBranch": _branch("A")}, {"name": 7}],
)
def test_what_is_no_list_is_refused(http, lists, more) -> None:
    assert http.post(lists, NEW | more).status == 400


def test_names_are_unique_in_the_portal(http, lists, made) -> None:
    for body in (NEW, NEW | {"name": "CHOSEN"}, NEW | {"objectTypeId": "0-2"}):
        reply = http.post(lists, body)
        assert reply.status == 400
        assert reply.json["subCategory"] == "ILS.DUPLICATE_LIST_NAMES"


def test_a_list_is_found_by_id_and_by_name(http, lists, made) -> None:
    by_id = http.get(f"{lists}/{made['listId']}")
    by_name = http.get(f"{lists}/object-type-id/0-1/name/Chosen")
    assert by_id.status == by_name.status == 200
    assert by_id.json == by_name.json == {"list": made}


@pytest.mark.parametrize("path", ["/999", "/x", "/object-type-id/0-1/name/None"])
def test_a_list_that_is_not_there_is_a_404(http, lists, path) -> None:
    reply = http.get(lists + path)
    assert (reply.status, reply.json["category"]) == (404, "OBJECT_NOT_FOUND")


def test_a_list_of_other_records_is_not_found_by_its_name(http, lists, made) -> None:
    assert http.get(f"{lists}/object-type-id/0-2/name/Chosen").status == 404


def test_lists_are_read_by_their_ids_in_either_spelling(http, lists) -> None:
    for name in "ABC":
        http.post(lists, NEW | {"name": name})
    repeated = http.get(lists, listIds=["1", "3", "99"]).json["lists"]
    joined = http.get(lists, listIds="1,3,99").json["lists"]
    assert [one["name"] for one in repeated] == ["A", "C"]
    assert joined == repeated


def test_filters_are_shown_when_asked_for(http, lists) -> None:
    body = NEW | {"processingType": "DYNAMIC", "filterBranch": _branch("A")}
    made = http.post(lists, body).json["list"]
    path = f"{lists}/{made['listId']}"
    assert "filterBranch" not in http.get(path).json["list"]
    for word in ("true", "True"):
        shown = http.get(path, includeFilters=word).json["list"]
        assert shown["filterBranch"] == body["filterBranch"]


# --------------------------------------------------------------------------- search


def test_search_looks_for_words_types_and_ids(http, lists) -> None:
    http.post(lists, NEW | {"name": "Hot leads"})
    http.post(lists, NEW | {"name": "Cold leads", "processingType": "SNAPSHOT"})
    http.post(lists, NEW | {"name": "Hot companies", "objectTypeId": "0-2"})

    def found(**body: Any) -> list[str]:
        return [one["name"] for one in http.post(f"{lists}/search", body).json["lists"]]

    assert found() == ["Hot leads", "Cold leads", "Hot companies"]
    assert found(query="hot") == ["Hot leads", "Hot companies"]
    assert found(query="hot", objectTypeId="0-1") == ["Hot leads"]
    assert found(processingTypes=["SNAPSHOT"]) == ["Cold leads"]
    assert found(listIds=["3"]) == ["Hot companies"]


def test_search_pages_by_an_offset(http, lists) -> None:
    for name in "ABC":
        http.post(lists, NEW | {"name": name})
    first = http.post(f"{lists}/search", {"count": 2}).json
    second = http.post(f"{lists}/search", {"count": 2, "offset": first["offset"]}).json
    assert (len(first["lists"]), first["hasMore"], first["offset"], first["total"]) == (
        2,
        True,
        2,
        3,
    )
    assert [one["name"] for one in second["lists"]] == ["C"]
    assert (second["hasMore"], second["total"]) == (False, 3)


def test_search_shows_20_lists_by_default_and_500_at_most(http, lists) -> None:
    for number in range(21):
        http.post(lists, NEW | {"name": f"L{number}"})
    assert len(http.post(f"{lists}/search", {}).json["lists"]) == 20
    assert http.post(f"{lists}/search", {"count": 500}).status == 200
    assert http.post(f"{lists}/search", {"count": 501}).status == 400


def test_search_says_how_many_members_a_list_has(http, lists, made, add) -> None:
    numbers = [str(add(email=f"{name}@example.com").id) for name in "ab"]
    http("PUT", f"{lists}/1/memberships/add", numbers)
    found = http.post(f"{lists}/search", {}).json["lists"][0]
    assert found["additionalProperties"]["hs_list_size"] == "2"
    assert found["additionalProperties"]["hs_last_record_added_at"] == "1800000000000"
    http("PUT", f"{lists}/1/memberships/remove", numbers)
    found = http.post(f"{lists}/search", {}).json["lists"][0]
    assert found["additionalProperties"]["hs_last_record_removed_at"] == "1800000000000"


def test_search_by_another_order_is_not_served(http, lists) -> None:
    assert http.post(f"{lists}/search", {"sort": "NAME"}).status == 501


ALL = "/crm/lists/2026-09/all"


def test_all_lists_are_paged_by_a_cursor_in_2026_09_only(http) -> None:
    for name in "ABC":
        http.post("/crm/v3/lists", NEW | {"name": name})
    first = http.post(ALL, {"count": 2}).json
    second = http.post(ALL, {"count": 2, "after": first["paging"]["next"]["after"]}).json
    assert [one["name"] for one in first["results"]] == ["A", "B"]
    assert [one["name"] for one in second["results"]] == ["C"]
    assert "paging" not in second
    assert http.post("/crm/lists/2026-03/all", {}).status in {404, 405}


def test_a_cursor_of_all_lists_holds_for_the_same_filters_only(http) -> None:
    for name in "ABC":
        http.post("/crm/v3/lists", NEW | {"name": name})
    after = http.post(ALL, {"count": 1}).json["paging"]["next"]["after"]
    for body in ({"after": after, "objectTypeId": "0-1"}, {"after": "nonsense"}):
        reply = http.post(ALL, body)
        assert reply.status == 400
        assert reply.json["subCategory"].endswith("INVALID_CURSOR")
    assert http.post(ALL, {"processingTypes": ["STATIC"]}).status == 400


# --------------------------------------------------------------------------- change


def test_a_list_is_renamed_by_a_query_parameter(http, lists, made) -> None:
    http.post(lists, NEW | {"name": "Taken"})
    path = f"{lists}/{made['listId']}/update-list-name"
    reply = http("PUT", path, listName="Better")
    assert (reply.status, reply.json["updatedList"]["name"]) == (200, "Better")
    assert http("PUT", path, listName="better").status == 200
    assert http("PUT", path, listName="Taken").status == 400
    assert http("PUT", path).status == 400


def test_filters_of_dynamic_lists_alone_are_changed(http, lists, portal, add) -> None:
    portal.job_delay = 0
    add(firstname="Ada")
    add(firstname="Bob")
    body = NEW | {"processingType": "DYNAMIC", "filterBranch": _branch("A")}
    path = f"{lists}/{http.post(lists, body).json['list']['listId']}"
    reply = http("PUT", f"{path}/update-list-filters", {"filterBranch": _branch("B")})
    assert reply.status == 200
    changed = reply.json["updatedList"]
    assert (changed["listVersion"], changed["filterBranch"]) == (2, _branch("B"))
    manual = http.post(lists, NEW | {"name": "M"}).json["list"]["listId"]
    refused = http("PUT", f"{lists}/{manual}/update-list-filters", {"filterBranch": _branch("B")})
    assert refused.status == 400


def test_a_deleted_list_is_gone_until_it_is_restored(http, lists, made) -> None:
    path = f"{lists}/{made['listId']}"
    reply = http("DELETE", path)
    assert (reply.status, reply.text) == (204, "")
    assert http.get(path).status == http("DELETE", path).status == 404
    assert http.post(f"{lists}/search", {}).json["total"] == 0
    assert http("PUT", f"{path}/restore").status == 204
    assert http.get(path).json["list"] == made


def test_a_list_is_restored_for_90_days(http, lists, made, clock) -> None:
    path = f"{lists}/{made['listId']}"
    http("DELETE", path)
    clock.time += 90 * DAY + 1
    assert http("PUT", f"{path}/restore").status == 400


def test_a_list_whose_name_was_taken_meanwhile_is_not_restored(http, lists, made) -> None:
    path = f"{lists}/{made['listId']}"
    http("DELETE", path)
    assert http.post(lists, NEW).status == 200
    assert http("PUT", f"{path}/restore").status == 400


def test_what_is_not_served_says_so(http, lists, made) -> None:
    for path in ("/folders", "/idmapping", "/1/schedule-conversion"):
        assert http.get(lists + path).status == 501


def test_reading_and_writing_lists_have_their_scopes(http, portal, lists, made) -> None:
    portal.scopes.discard("crm.lists.write")
    assert http.get(f"{lists}/1").status == 200
    assert http.post(lists, NEW | {"name": "Other"}).status == 403
    portal.scopes.discard("crm.lists.read")
    assert http.get(f"{lists}/1").status == 403
