"""HubSpot's official Node client, `@hubspot/api-client` from npm, works against a portal unchanged.

The client is installed once per version into pytest's cache, by the lock file in ``node/``, and
called line by line through ``node/calls.mjs``. Without Node.js, or without a way to npm's registry,
these tests skip and say so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from clientcases import going_on_after_429, person, statuses
from nodeclient import Node, RefusedError, home_in, install, missing, once

from leadscore.sandbox.owners import seed


@pytest.fixture(scope="session")
def home(pytestconfig, tmp_path_factory) -> Path:
    """Return the folder in which the client is installed."""
    if problem := missing():
        pytest.skip(problem)
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "node-client"
    cache = getattr(pytestconfig, "cache", None)  # none with -p no:cacheprovider
    place = home_in(cache.mkdir("hubspot-node") if cache else shared.parent)
    if problem := once(shared, lambda: install(place)):
        pytest.skip(problem)
    return place


@pytest.fixture(scope="module")
def open_node(home) -> Iterator[Callable[..., Node]]:
    """Return a maker of clients; those with equal options share a process."""
    made: dict[str, Node] = {}
    with ExitStack() as stack:

        def make(**options: Any) -> Node:
            key = json.dumps(options)
            if key not in made:
                made[key] = Node(home, **options)
                stack.callback(made[key].close)
            return made[key]

        yield make


@pytest.fixture
def node(open_node, url, portal) -> Node:
    return open_node(accessToken=portal.token, basePath=url)


def _ids(page: dict[str, Any]) -> list[str]:
    return [one["id"] for one in page["results"]]


# --------------------------------------------------------------------------- records


def test_a_list_goes_through_all_pages(node, people):
    first = node("crm.contacts.basicApi.getPage", 4, None, ["email", "lastname"])
    after = first["paging"]["next"]["after"]
    second = node("crm.contacts.basicApi.getPage", 4, after, ["email", "lastname"])
    assert _ids(first) + _ids(second) == people
    assert {one["properties"]["lastname"] for one in first["results"]} == {"Person"}
    assert "paging" not in second


def test_get_all_returns_every_record(node, people):
    assert [one["id"] for one in node("crm.contacts.getAll", 2, None, ["email"])] == people


def test_history_comes_with_dates_and_sources(node, people):
    page = node("crm.contacts.basicApi.getPage", 5, None, None, ["email"])
    change = page["results"][0]["propertiesWithHistory"]["email"][0]
    assert change["value"] == "p0@example.com"
    assert change["timestamp"] == page["results"][0]["createdAt"]


def test_a_list_shows_associated_records(node, people, company):
    _associate(node, people[0], company)
    page = node("crm.contacts.basicApi.getPage", 2, None, None, None, ["companies"])
    first, second = page["results"]
    assert company in {one["id"] for one in first["associations"]["companies"]["results"]}
    assert not second.get("associations")


def test_a_contact_is_found_by_id_and_by_email(node, people):
    by_id = node("crm.contacts.basicApi.getById", people[3], ["email", "firstname"])
    by_email = node(
        "crm.contacts.basicApi.getById", "p3@example.com", ["email"], None, None, False, "email"
    )
    assert by_id["id"] == by_email["id"] == people[3]


def test_a_contact_is_created_changed_and_archived(node):
    api = "crm.contacts.basicApi"
    made = node(f"{api}.create", {"properties": person(1), "associations": []})
    changed = node(f"{api}.update", made["id"], {"properties": {"firstname": "Other"}})
    node(f"{api}.archive", made["id"])
    assert changed["properties"]["firstname"] == "Other"
    assert node(f"{api}.getById", made["id"], None, None, None, True)["archivedAt"]


def test_a_search_filters_sorts_and_pages(node, people):
    email = {"propertyName": "email", "operator": "NEQ", "value": "p2@example.com"}
    asked: dict[str, Any] = {
        "filterGroups": [{"filters": [email]}],
        "sorts": [{"propertyName": "email", "direction": "DESCENDING"}],
        "properties": ["email"],
        "limit": 4,
    }
    first = node("crm.contacts.searchApi.doSearch", asked)
    after = first["paging"]["next"]["after"]
    second = node("crm.contacts.searchApi.doSearch", asked | {"after": after})
    assert first["total"] == 6
    assert _ids(first) + _ids(second) == [one for one in people[::-1] if one != people[2]]
    assert "paging" not in second


def test_two_contacts_become_one(node, people):
    both = {"objectIdToMerge": people[1], "primaryObjectId": people[0]}
    merged = node("crm.contacts.basicApi.merge", both)
    assert merged["properties"]["email"] == "p0@example.com"
    assert len(node("crm.contacts.getAll")) == len(people) - 1


def test_a_contact_is_erased(node, people):
    node("crm.contacts.basicApi.purge", {"objectId": "p4@example.com", "idProperty": "email"})
    assert people[4] not in {one["id"] for one in node("crm.contacts.getAll")}


# --------------------------------------------------------------------------- batches


def _read(node: Node, ids: list[str], **more: Any) -> dict[str, Any]:
    asked = {"properties": ["email", "firstname"], "propertiesWithHistory": []} | more
    inputs = [{"id": one} for one in ids]
    found: dict[str, Any] = node("crm.contacts.batchApi.read", asked | {"inputs": inputs})
    return found


def test_a_batch_is_created_read_changed_and_archived(node):
    new = [{"properties": person(number), "associations": []} for number in range(3)]
    made = node("crm.contacts.batchApi.create", {"inputs": new})
    other = [{"id": one, "properties": {"firstname": "Other"}} for one in _ids(made)]
    changed = node("crm.contacts.batchApi.update", {"inputs": other})
    read = _read(node, _ids(made))
    node("crm.contacts.batchApi.archive", {"inputs": [{"id": one} for one in _ids(made)]})
    assert made["status"] == changed["status"] == read["status"] == "COMPLETE"
    assert {one["properties"]["firstname"] for one in read["results"]} == {"Other"}
    assert node("crm.contacts.getAll") == []


def test_a_batch_reads_by_email(node, people):
    read = _read(node, ["p1@example.com", "p5@example.com"], idProperty="email")
    assert set(_ids(read)) == {people[1], people[5]}


def test_an_upsert_says_which_records_are_new(node, people):
    inputs = [
        {"id": f"p{number}@example.com", "idProperty": "email", "properties": person(number)}
        for number in (6, 7)
    ]
    done = node("crm.contacts.batchApi.upsert", {"inputs": inputs})
    new = {one["properties"]["email"]: one["_new"] for one in done["results"]}
    assert new == {"p6@example.com": False, "p7@example.com": True}


def test_a_batch_with_missing_records_comes_with_its_errors(node, people):
    read = _read(node, [people[0], "999999"])
    assert _ids(read) == [people[0]]
    assert read["numErrors"] == 1
    assert read["errors"][0]["context"]["ids"] == ["999999"]


# --------------------------------------------------------------------------- properties


def _score(name: str) -> dict[str, Any]:
    kind = {"type": "number", "fieldType": "number", "groupName": "contactinformation"}
    return {"name": name, "label": name} | kind


def _names(page: dict[str, Any]) -> set[str]:
    return {one["name"] for one in page["results"]}


def test_a_property_is_created_read_changed_listed_and_archived(node):
    api = "crm.properties.coreApi"
    made = node(f"{api}.create", "contacts", _score("fit_score"))
    changed = node(f"{api}.update", "contacts", "fit_score", {"label": "Fit"})
    read = node(f"{api}.getByName", "contacts", "fit_score")
    listed = _names(node(f"{api}.getAll", "contacts"))
    node(f"{api}.archive", "contacts", "fit_score")
    assert (made["type"], changed["label"], read["label"]) == ("number", "Fit", "Fit")
    assert {"fit_score", "email", "lifecyclestage"} <= listed
    assert "fit_score" not in _names(node(f"{api}.getAll", "contacts"))


def test_properties_go_in_batches(node):
    api, names = "crm.properties.batchApi", ["score_a", "score_b"]
    made = node(f"{api}.create", "contacts", {"inputs": [_score(name) for name in names]})
    asked = {"inputs": [{"name": name} for name in names]}
    read = node(f"{api}.read", "contacts", asked | {"archived": False})
    node(f"{api}.archive", "contacts", asked)
    assert _names(made) == _names(read) == set(names)
    assert not _names(node("crm.properties.coreApi.getAll", "contacts")) & set(names)


def test_a_group_is_created_read_changed_listed_and_archived(node):
    api = "crm.properties.groupsApi"
    made = node(f"{api}.create", "contacts", {"name": "scores", "label": "Scores"})
    changed = node(f"{api}.update", "contacts", "scores", {"label": "Our scores"})
    read = node(f"{api}.getByName", "contacts", "scores")
    listed = _names(node(f"{api}.getAll", "contacts"))
    node(f"{api}.archive", "contacts", "scores")
    assert (made["name"], changed["label"], read["label"]) == ("scores", "Our scores", "Our scores")
    assert {"scores", "contactinformation"} <= listed
    assert "scores" not in _names(node(f"{api}.getAll", "contacts"))


# --------------------------------------------------------------------------- associations


@pytest.fixture
def company(add) -> str:
    return str(add("companies", name="Acme", domain="acme.example").id)


def _associate(node: Node, contact: str, company: str) -> Any:
    pair = ("contacts", contact, "companies", company)
    return node("crm.associations.v4.basicApi.createDefault", *pair)


def _associated(node: Node, contact: str) -> dict[str, list[int]]:
    page = node("crm.associations.v4.basicApi.getPage", "contacts", contact, "companies")
    return {
        str(one["toObjectId"]): [kind["typeId"] for kind in one["associationTypes"]]
        for one in page["results"]
    }


def _spec(type_id: int) -> dict[str, Any]:
    return {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}


def test_records_are_associated_by_default_and_with_labels(node, people, company):
    api = "crm.associations.v4.basicApi"
    done = _associate(node, people[0], company)
    pair = ("contacts", people[1], "companies", company)
    labelled = node(f"{api}.create", *pair, [_spec(1)])
    assert done["status"] == "COMPLETE"
    assert (str(labelled["fromObjectId"]), str(labelled["toObjectId"])) == (people[1], company)
    assert 279 in _associated(node, people[0])[company]
    assert 1 in _associated(node, people[1])[company]
    node(f"{api}.archive", "contacts", people[0], "companies", company)
    assert _associated(node, people[0]) == {}


def test_associations_go_in_batches(node, people, company):
    api, kinds = "crm.associations.v4.batchApi", ("contacts", "companies")
    pairs = [
        {"_from": {"id": one}, "to": {"id": company}, "types": [_spec(279)]} for one in people[:2]
    ]
    made = node(f"{api}.create", *kinds, {"inputs": pairs})
    read = node(f"{api}.getPage", *kinds, {"inputs": [{"id": one} for one in people[:2]]})
    gone = {"_from": {"id": people[0]}, "to": [{"id": company}]}
    node(f"{api}.archive", *kinds, {"inputs": [gone]})
    assert {str(one["fromObjectId"]) for one in made["results"]} == set(people[:2])
    assert {one["_from"]["id"] for one in read["results"]} == set(people[:2])
    assert _associated(node, people[0]) == {}


# --------------------------------------------------------------------------- the rest of the CRM


def test_owners_are_listed_and_found(node, portal):
    seed(portal, [(101, "ada@example.com", "Ada", "Lovelace")])
    owners = node("crm.owners.ownersApi.getPage", None, None, 100)["results"]
    assert [one["email"] for one in owners] == ["ada@example.com"]
    assert owners == node("crm.owners.ownersApi.getPage")["results"]
    found = node("crm.owners.ownersApi.getById", owners[0]["id"], "id")
    assert found["email"] == owners[0]["email"]


def test_the_deal_pipeline_has_stages_with_probabilities(node):
    pipelines = node("crm.pipelines.pipelinesApi.getAll", "deals")["results"]
    found = {one["id"]: one for one in pipelines}["default"]
    stages = {one["id"]: float(one["metadata"]["probability"]) for one in found["stages"]}
    assert (stages["closedwon"], stages["closedlost"]) == (1, 0)


def test_a_list_takes_members_and_gives_them_up(node, people):
    new = {"name": "Chosen", "objectTypeId": "0-1", "processingType": "MANUAL"}
    made = node("crm.lists.listsApi.create", new)["list"]["listId"]
    added = node("crm.lists.membershipsApi.add", made, people[:3])
    members = _members(node, made)
    node("crm.lists.membershipsApi.remove", made, people[:1])
    named = node("crm.lists.listsApi.getByName", "Chosen", "0-1")
    assert set(added["recordsIdsAdded"]) == members == set(people[:3])
    assert _members(node, made) == set(people[1:3])
    assert named["list"]["listId"] == made


def _members(node: Node, list_id: str) -> set[str]:
    page = node("crm.lists.membershipsApi.getPage", list_id)
    return {one["recordId"] for one in page["results"]}


# --------------------------------------------------------------------------- any path


def test_api_request_reaches_every_version_of_a_path(node, objects, people):
    listed = node("apiRequest", {"path": objects, "qs": {"limit": "2"}})
    body = {"properties": person(9)}
    made = node("apiRequest", {"path": objects, "method": "POST", "body": body})
    assert _ids(listed["body"]) == people[:2]
    assert made["status"] == 201


# --------------------------------------------------------------------------- refusals


def test_what_is_missing_throws_404_with_hubspots_words(node):
    with pytest.raises(RefusedError) as caught:
        node("crm.contacts.basicApi.getById", "999999")
    assert (caught.value.name, caught.value.code) == ("ApiException", 404)
    assert caught.value.body["category"] == "OBJECT_NOT_FOUND"


def test_a_second_contact_with_an_email_throws_409_with_the_first_ones_id(node, people):
    with pytest.raises(RefusedError) as caught:
        node("crm.contacts.basicApi.create", {"properties": person(2), "associations": []})
    assert caught.value.code == 409
    assert caught.value.body["message"].endswith(f"Existing ID: {people[2]}")


# --------------------------------------------------------------------------- retries


def test_a_refused_search_is_sent_again_until_the_limit_allows_it(open_node, busy, url, clock):
    node = open_node(accessToken=busy.token, basePath=url, numberOfApiCallRetries=3)
    with going_on_after_429(busy, clock):
        for _ in range(6):
            node("crm.contacts.searchApi.doSearch", {"limit": 1})
    assert statuses(busy).count(200) == 6
    assert 429 in statuses(busy)
