"""HubSpot's official Python client works against a portal unchanged: ``host=`` and ``base_url=``.

It speaks v3 and v4, repeats a query parameter for each value of a list, writes booleans as Python
does, and ends some paths with a slash. ``api_request`` goes to any path, dated ones too.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import pytest
from clientcases import going_on_after_429, person, statuses
from hubspot import HubSpot
from urllib3.util import Retry

from leadscore.sandbox.owners import seed


@pytest.fixture
def hubspot(url, portal) -> HubSpot:
    return HubSpot(access_token=portal.token, host=url, base_url=url)


@pytest.fixture
def contacts(hubspot) -> Any:
    return hubspot.crm.contacts


def _model(name: str, /, *, of: str = "contacts", **fields: Any) -> Any:
    """Return one of the client's own request models."""
    return getattr(import_module(f"hubspot.crm.{of}"), name)(**fields)


def _words(caught: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(caught.value.body)
    return found


# --------------------------------------------------------------------------- records


def test_a_list_goes_through_all_pages(contacts, people):
    first = contacts.basic_api.get_page(limit=4, properties=["email", "lastname"])
    after = first.paging.next.after
    second = contacts.basic_api.get_page(limit=4, after=after, properties=["email", "lastname"])
    assert [one.id for one in first.results + second.results] == people
    assert {one.properties["lastname"] for one in first.results} == {"Person"}
    assert second.paging is None


def test_get_all_returns_every_record(contacts, add):
    ids = [str(add(**person(number)).id) for number in range(101)]
    assert [one.id for one in contacts.get_all(properties=["email"])] == ids


def test_history_comes_with_dates_and_sources(contacts, people):
    page = contacts.basic_api.get_page(limit=5, properties_with_history=["email"])
    change = page.results[0].properties_with_history["email"][0]
    assert change.value == "p0@example.com"
    assert change.source_type
    assert change.timestamp == page.results[0].created_at


def test_a_boolean_in_pythons_spelling_is_understood(contacts, people):
    contacts.basic_api.archive(people[0])
    assert [one.id for one in contacts.basic_api.get_page(archived=True).results] == [people[0]]
    assert len(contacts.basic_api.get_page(archived=False).results) == 6


def test_a_list_shows_associated_records(hubspot, contacts, people, add):
    company = _company(add)
    _associate(hubspot, people[0], company)
    page = contacts.basic_api.get_page(limit=2, associations=["companies"])
    assert company in {one.id for one in page.results[0].associations["companies"].results}
    assert not page.results[1].associations


def test_a_contact_is_found_by_id_and_by_email(contacts, people):
    by_id = contacts.basic_api.get_by_id(people[3], properties=["email", "firstname"])
    by_email = contacts.basic_api.get_by_id("p3@example.com", id_property="email")
    assert by_id.id == by_email.id == people[3]
    assert by_id.created_at.tzinfo is not None


def test_a_contact_is_created_changed_and_archived(contacts):
    api = contacts.basic_api
    made = api.create(_model("SimplePublicObjectInputForCreate", properties=person(1)))
    changed = api.update(
        made.id, _model("SimplePublicObjectInput", properties={"firstname": "Other"})
    )
    api.archive(made.id)
    assert changed.properties["firstname"] == "Other"
    assert api.get_by_id(made.id, archived=True).archived_at is not None


def test_a_search_filters_sorts_and_pages(contacts, people):
    email = {"propertyName": "email", "operator": "NEQ", "value": "p2@example.com"}
    asked: dict[str, Any] = {
        "filter_groups": [{"filters": [email]}],
        "sorts": [{"propertyName": "email", "direction": "DESCENDING"}],
        "properties": ["email"],
        "limit": 4,
    }
    first = _search(contacts, **asked)
    second = _search(contacts, after=first.paging.next.after, **asked)
    found = [one.id for one in first.results + second.results]
    assert first.total == 6
    assert found == [one for one in people[::-1] if one != people[2]]
    assert second.paging is None


def _search(contacts: Any, **asked: Any) -> Any:
    return contacts.search_api.do_search(_model("PublicObjectSearchRequest", **asked))


def test_two_contacts_become_one(contacts, people):
    both = _model("PublicMergeInput", object_id_to_merge=people[1], primary_object_id=people[0])
    merged = contacts.basic_api.merge(both)
    assert merged.properties["email"] == "p0@example.com"
    assert len(contacts.get_all()) == len(people) - 1


def test_a_contact_is_erased(contacts, people):
    whom = _model("PublicGdprDeleteInput", object_id="p4@example.com", id_property="email")
    contacts.basic_api.purge(whom)
    for archived in (False, True):
        assert people[4] not in {one.id for one in contacts.get_all(archived=archived)}


def test_any_object_type_goes_through_the_same_calls(hubspot, add):
    deal = str(add("deals", dealname="Big", dealstage="contractsent", pipeline="default").id)
    for kind in ("deals", "0-3"):
        found = hubspot.crm.objects.basic_api.get_by_id(kind, deal, properties=["dealname"])
        assert found.properties["dealname"] == "Big"


# --------------------------------------------------------------------------- batches


def _read(contacts: Any, ids: list[str], **more: Any) -> Any:
    inputs = [{"id": one} for one in ids]
    return contacts.batch_api.read({"inputs": inputs, "properties": ["email", "firstname"]} | more)


def test_a_batch_is_created_read_changed_and_archived(contacts):
    api = contacts.batch_api
    new = [{"properties": person(number)} for number in range(3)]
    made = api.create({"inputs": new})
    ids = [one.id for one in made.results]
    other = [{"id": one, "properties": {"firstname": "Other"}} for one in ids]
    changed = api.update({"inputs": other})
    read = _read(contacts, ids)
    api.archive({"inputs": [{"id": one} for one in ids]})
    assert made.status == changed.status == read.status == "COMPLETE"
    assert {one.properties["firstname"] for one in read.results} == {"Other"}
    assert contacts.get_all() == []


def test_a_batch_reads_by_email(contacts, people):
    read = _read(contacts, ["p1@example.com", "p5@example.com"], idProperty="email")
    assert {one.id for one in read.results} == {people[1], people[5]}


def test_an_upsert_says_which_records_are_new(contacts, people):
    inputs = [
        {"id": f"p{number}@example.com", "idProperty": "email", "properties": person(number)}
        for number in (6, 7)
    ]
    done = contacts.batch_api.upsert({"inputs": inputs})
    new = {one.properties["email"]: one.new for one in done.results}
    assert new == {"p6@example.com": False, "p7@example.com": True}


def test_a_batch_with_missing_records_comes_with_its_errors(contacts, people):
    read = _read(contacts, [people[0], "999999"])
    assert type(read).__name__ == "BatchResponseSimplePublicObjectWithErrors"
    assert [one.id for one in read.results] == [people[0]]
    assert read.num_errors == 1
    assert read.errors[0].category == "OBJECT_NOT_FOUND"
    assert read.errors[0].context["ids"] == ["999999"]


def test_traced_creates_fail_one_by_one(contacts, people):
    new = [{"properties": person(number), "objectWriteTraceId": f"t{number}"} for number in (2, 8)]
    made = contacts.batch_api.create({"inputs": new})
    assert [one.properties["email"] for one in made.results] == ["p8@example.com"]
    assert made.errors[0].context["objectWriteTraceId"] == ["t2"]


# --------------------------------------------------------------------------- properties


def _score(name: str, **more: Any) -> Any:
    fields = {"label": name, "type": "number", "field_type": "number"}
    return _model(
        "PropertyCreate",
        of="properties",
        **{"name": name, "group_name": "contactinformation"} | fields | more,
    )


def test_a_property_is_created_read_changed_listed_and_archived(hubspot):
    api = hubspot.crm.properties.core_api
    made = api.create("contacts", _score("fit_score"))
    changed = api.update(
        "contacts", "fit_score", _model("PropertyUpdate", of="properties", label="Fit")
    )
    read = api.get_by_name("contacts", "fit_score")
    listed = {one.name for one in api.get_all("contacts").results}
    api.archive("contacts", "fit_score")
    assert (made.type, changed.label, read.label) == ("number", "Fit", "Fit")
    assert {"fit_score", "email", "lifecyclestage"} <= listed
    assert "fit_score" not in {one.name for one in api.get_all("contacts").results}


def test_properties_go_in_batches(hubspot):
    api, names = hubspot.crm.properties.batch_api, ["score_a", "score_b"]
    asked = [{"name": name} for name in names]
    made = api.create("contacts", {"inputs": [_score(name) for name in names]})
    read = api.read("contacts", {"inputs": asked, "archived": False})
    api.archive("contacts", {"inputs": asked})
    assert {one.name for one in made.results} == {one.name for one in read.results} == set(names)
    left = {one.name for one in hubspot.crm.properties.core_api.get_all("contacts").results}
    assert not left & set(names)


def test_a_group_is_created_read_changed_listed_and_archived(hubspot):
    api = hubspot.crm.properties.groups_api
    group = _model("PropertyGroupCreate", of="properties", name="scores", label="Scores")
    made = api.create("contacts", group)
    other = _model("PropertyGroupUpdate", of="properties", label="Our scores")
    changed = api.update("contacts", "scores", other)
    read = api.get_by_name("contacts", "scores")
    listed = {one.name for one in api.get_all("contacts").results}
    api.archive("contacts", "scores")
    assert (made.name, changed.label, read.label) == ("scores", "Our scores", "Our scores")
    assert {"scores", "contactinformation"} <= listed
    assert "scores" not in {one.name for one in api.get_all("contacts").results}


# --------------------------------------------------------------------------- associations


def _company(add: Any) -> str:
    return str(add("companies", name="Acme", domain="acme.example").id)


def _associate(hubspot: HubSpot, contact: str, company: str) -> Any:
    api = hubspot.crm.associations.v4.basic_api
    return api.create_default("contacts", contact, "companies", company)


def _associated(hubspot: HubSpot, contact: str) -> dict[str, list[int]]:
    api = hubspot.crm.associations.v4.basic_api
    listed = api.get_page("contacts", contact, "companies", limit=100).results
    return {
        str(one.to_object_id): [kind.type_id for kind in one.association_types] for one in listed
    }


def _spec(type_id: int) -> dict[str, Any]:
    return {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}


def test_records_are_associated_by_default_and_with_labels(hubspot, people, add):
    company, api = _company(add), hubspot.crm.associations.v4.basic_api
    done = _associate(hubspot, people[0], company)
    labelled = api.create("contacts", people[1], "companies", company, [_spec(1)])
    assert done.status == "COMPLETE"
    assert (labelled.from_object_id, labelled.to_object_id) == (people[1], company)
    assert 279 in _associated(hubspot, people[0])[company]
    assert 1 in _associated(hubspot, people[1])[company]
    api.archive("contacts", people[0], "companies", company)
    assert _associated(hubspot, people[0]) == {}


def test_associations_go_in_batches(hubspot, people, add):
    company, api = _company(add), hubspot.crm.associations.v4.batch_api
    kinds = ("contacts", "companies")
    pairs = [
        {"from": {"id": one}, "to": {"id": company}, "types": [_spec(279)]} for one in people[:2]
    ]
    made = api.create(*kinds, {"inputs": pairs})
    read = api.get_page(*kinds, {"inputs": [{"id": one} for one in people[:2]]})
    api.archive(*kinds, {"inputs": [{"from": {"id": people[0]}, "to": [{"id": company}]}]})
    assert {one.from_object_id for one in made.results} == set(people[:2])
    assert {one._from.id: str(one.to[0].to_object_id) for one in read.results} == dict.fromkeys(
        people[:2], company
    )
    assert _associated(hubspot, people[0]) == {}


def test_a_contact_is_created_with_an_association(hubspot, contacts, add):
    company = _company(add)
    link = {"to": {"id": company}, "types": [_spec(279)]}
    made = contacts.basic_api.create(
        _model("SimplePublicObjectInputForCreate", properties=person(1), associations=[link])
    )
    assert 279 in _associated(hubspot, made.id)[company]


# --------------------------------------------------------------------------- the rest of the CRM


def test_owners_are_listed_and_found(hubspot, portal):
    seed(portal, [(101, "ada@example.com", "Ada", "Lovelace")])
    owners = hubspot.crm.owners.owners_api.get_page(limit=100).results
    assert [one.email for one in owners] == ["ada@example.com"]
    found = hubspot.crm.owners.owners_api.get_by_id(owners[0].id, id_property="id")
    assert found.email == owners[0].email


def test_the_deal_pipeline_has_stages_with_probabilities(hubspot):
    pipelines = hubspot.crm.pipelines.pipelines_api.get_all("deals").results
    found = {one.id: one for one in pipelines}["default"]
    stages = {one.id: float(one.metadata["probability"]) for one in found.stages}
    assert (stages["closedwon"], stages["closedlost"]) == (1, 0)


def test_a_list_takes_members_and_gives_them_up(hubspot, people):
    lists = hubspot.crm.lists
    made = _chosen(hubspot)
    added = lists.memberships_api.add(made.list_id, people[:3])
    members = _members(lists, made.list_id)
    lists.memberships_api.remove(made.list_id, people[:1])
    assert set(added.records_ids_added) == members == set(people[:3])
    assert _members(lists, made.list_id) == set(people[1:3])


def _chosen(hubspot: HubSpot) -> Any:
    new = {"name": "Chosen", "object_type_id": "0-1", "processing_type": "MANUAL"}
    api = hubspot.crm.lists.lists_api
    return api.create(_model("ListCreateRequest", of="lists", **new)).list


def _members(lists: Any, list_id: str) -> set[str]:
    return {one.record_id for one in lists.memberships_api.get_page(list_id).results}


def test_a_list_is_found_by_id_by_name_and_by_search(hubspot):
    api, made = hubspot.crm.lists.lists_api, _chosen(hubspot)
    found = api.do_search(_model("ListSearchRequest", of="lists", query="Chos"))
    assert api.get_by_id(made.list_id).list.name == "Chosen"
    assert api.get_by_name("Chosen", "0-1").list.list_id == made.list_id
    assert made.list_id in {one.list_id for one in found.lists}


# --------------------------------------------------------------------------- any path


def test_api_request_reaches_every_version_of_a_path(hubspot, objects, people):
    listed = hubspot.api_request({"path": objects, "qs": {"limit": 2}}).json()
    made = hubspot.api_request(
        {"path": objects, "method": "POST", "body": {"properties": person(9)}}
    )
    assert [one["id"] for one in listed["results"]] == people[:2]
    assert made.status_code == 201


# --------------------------------------------------------------------------- refusals


def test_what_is_missing_raises_not_found_with_hubspots_words(contacts):
    with pytest.raises(_error("NotFoundException")) as caught:
        contacts.basic_api.get_by_id("999999")
    assert caught.value.status == 404
    assert _words(caught)["category"] == "OBJECT_NOT_FOUND"


def _error(name: str) -> type[Exception]:
    found: type[Exception] = getattr(import_module("hubspot.crm.contacts.exceptions"), name)
    return found


def test_a_second_contact_with_an_email_raises_with_the_first_ones_id(contacts, people):
    with pytest.raises(_error("ApiException")) as caught:
        contacts.basic_api.create(_model("SimplePublicObjectInputForCreate", properties=person(2)))
    assert caught.value.status == 409
    assert _words(caught)["message"].endswith(f"Existing ID: {people[2]}")


def test_a_wrong_token_raises_unauthorized(url):
    client = HubSpot(access_token="pat-na1-wrong", host=url)
    with pytest.raises(_error("UnauthorizedException")):
        client.crm.contacts.basic_api.get_page()


# --------------------------------------------------------------------------- retries


def test_a_refused_search_is_sent_again_until_the_limit_allows_it(busy, url, clock):
    again = Retry(
        5, status_forcelist=(429,), allowed_methods=None, backoff_factor=0.1, raise_on_status=False
    )
    client = HubSpot(access_token=busy.token, host=url, retry=again)
    with going_on_after_429(busy, clock):
        for _ in range(6):
            _search(client.crm.contacts, limit=1)
    assert statuses(busy).count(200) == 6
    assert 429 in statuses(busy)


def test_a_search_beyond_the_limit_raises_when_nothing_is_retried(busy, url):
    contacts = HubSpot(access_token=busy.token, host=url).crm.contacts
    for _ in range(5):
        _search(contacts, limit=1)
    with pytest.raises(_error("ApiException")) as caught:
        _search(contacts, limit=1)
    assert caught.value.status == 429
    assert _words(caught)["policyName"] == "SECONDLY"
