"""The new official Python client, `hubspot-sdk`, works against a portal unchanged.

It speaks only dated paths, joins lists in a query by commas, and sends ``Content-Type`` with every
request. Here it also holds every reply against the types of HubSpot's own specification.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from clientcases import going_on_after_429, person, statuses

from leadscore.sandbox.owners import seed

sdk = pytest.importorskip(
    "hubspot_sdk", reason="hubspot-sdk is not installed; it comes with leadscore's extra `test`"
)


def _client(url: str, token: str, *, retries: int = 0) -> Any:
    return sdk.HubSpot(
        access_token=token, base_url=url, max_retries=retries, _strict_response_validation=True
    )


@pytest.fixture
def hubspot(url, portal) -> Iterator[Any]:
    with _client(url, portal.token) as client:
        yield client


@pytest.fixture
def contacts(hubspot) -> Any:
    return hubspot.crm.objects.contacts


# --------------------------------------------------------------------------- records


def test_a_list_goes_through_all_pages(contacts, people, portal):
    listed = list(contacts.list(limit=3, properties=["email", "lastname"]))
    assert [one.id for one in listed] == people
    assert {one.properties["lastname"] for one in listed} == {"Person"}
    assert len([one for one in portal.requests if one.status == 200]) == 3


def test_history_comes_with_dates_and_sources(contacts, people):
    page = contacts.list(limit=5, properties_with_history=["email", "firstname"])
    first = page.results[0]
    assert first.properties_with_history["email"][0].value == "p0@example.com"
    assert first.properties_with_history["firstname"][0].timestamp == first.created_at


def test_a_list_shows_associated_records(hubspot, contacts, people, add):
    company = str(add("companies", name="Acme", domain="acme.example").id)
    _associate(hubspot, people[0], company)
    page = contacts.list(limit=2, associations=["companies"], properties=["email"])
    assert company in {one.id for one in page.results[0].associations["companies"].results}
    assert not page.results[1].associations


def test_a_contact_is_found_by_id_and_by_email(contacts, people):
    by_id = contacts.get(people[3], properties=["email", "firstname"])
    by_email = contacts.get("p3@example.com", id_property="email", properties=["email"])
    assert by_id.id == by_email.id == people[3]
    assert by_id.created_at.tzinfo is not None
    assert not by_id.archived


def test_a_contact_is_created_changed_and_archived(contacts):
    made = contacts.create(properties=person(1), associations=[])
    changed = contacts.update(made.id, properties={"firstname": "Other"})
    contacts.delete(made.id)
    assert changed.properties["firstname"] == "Other"
    with pytest.raises(sdk.NotFoundError):
        contacts.get(made.id)
    assert contacts.get(made.id, archived=True).archived_at is not None


def test_a_search_filters_sorts_and_pages(contacts, people):
    email = {"propertyName": "email", "operator": "NEQ", "value": "p2@example.com"}
    asked: dict[str, Any] = {
        "filter_groups": [{"filters": [email]}],
        "sorts": [{"propertyName": "email", "direction": "DESCENDING"}],
        "properties": ["email"],
        "limit": 4,
    }
    first = contacts.search(after="0", **asked)
    second = contacts.search(after=first.paging.next.after, **asked)
    found = [one.id for one in first.results + second.results]
    assert first.total == 6
    assert found == [one for one in people[::-1] if one != people[2]]
    assert second.paging is None or second.paging.next is None


def test_two_contacts_become_one(contacts, people):
    merged = contacts.merge(object_id_to_merge=people[1], primary_object_id=people[0])
    assert merged.properties["email"] == "p0@example.com"
    assert len(list(contacts.list(properties=["email"]))) == len(people) - 1


def test_a_contact_is_erased(contacts, people):
    contacts.gdpr_delete(object_id="p4@example.com", id_property="email")
    for archived in (False, True):
        assert people[4] not in {one.id for one in contacts.list(archived=archived)}


# --------------------------------------------------------------------------- batches


def test_a_batch_is_created_read_changed_and_archived(contacts):
    inputs = [{"properties": person(number), "associations": []} for number in range(3)]
    made = contacts.batch.create(inputs=inputs)
    ids = [one.id for one in made.results]
    changed = contacts.batch.update(
        inputs=[{"id": one, "properties": {"firstname": "Other"}} for one in ids]
    )
    read = _read(contacts, ids)
    assert made.status == changed.status == read.status == "COMPLETE"
    assert {one.properties["firstname"] for one in read.results} == {"Other"}
    contacts.batch.delete(inputs=[{"id": one} for one in ids])
    assert list(contacts.list()) == []


def _read(contacts: Any, ids: list[str], **more: Any) -> Any:
    return contacts.batch.get(
        inputs=[{"id": one} for one in ids],
        properties=["email", "firstname"],
        properties_with_history=[],
        **more,
    )


def test_a_batch_reads_by_email(contacts, people):
    read = _read(contacts, ["p1@example.com", "p5@example.com"], id_property="email")
    assert {one.id for one in read.results} == {people[1], people[5]}


def test_an_upsert_says_which_records_are_new(contacts, people):
    inputs = [
        {"id": f"p{number}@example.com", "idProperty": "email", "properties": person(number)}
        for number in (6, 7)
    ]
    done = contacts.batch.upsert(inputs=inputs)
    assert {one.properties["email"]: one.new for one in done.results} == {
        "p6@example.com": False,
        "p7@example.com": True,
    }


def test_a_batch_with_missing_records_says_207_and_which(contacts, people):
    raw = contacts.batch.with_raw_response.get(
        inputs=[{"id": people[0]}, {"id": "999999"}],
        properties=["email", "firstname"],
        properties_with_history=[],
    )
    read = raw.parse()
    assert raw.status_code == 207
    assert [one.id for one in read.results] == [people[0]]
    assert read.errors[0]["context"]["ids"] == ["999999"]
    assert read.errors[0]["category"] == "OBJECT_NOT_FOUND"


# --------------------------------------------------------------------------- properties


def _score(name: str = "fit_score", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "label": name,
        "type": "number",
        "field_type": "number",
        "group_name": "contactinformation",
    } | more


def test_a_property_is_created_read_changed_listed_and_archived(hubspot):
    properties = hubspot.crm.properties
    made = properties.create("contacts", **_score(has_unique_value=False))
    changed = properties.update("fit_score", object_type="contacts", label="Fit")
    read = properties.get("fit_score", object_type="contacts")
    listed = {one.name for one in properties.list("contacts").results}
    properties.delete("fit_score", object_type="contacts")
    assert (made.type, changed.label, read.label) == ("number", "Fit", "Fit")
    assert {"fit_score", "email", "lifecyclestage"} <= listed
    with pytest.raises(sdk.NotFoundError):
        properties.get("fit_score", object_type="contacts")


def test_options_come_with_all_that_the_specification_requires(hubspot):
    options = [
        {"label": letter, "value": letter, "hidden": False, "displayOrder": place}
        for place, letter in enumerate("ABCD")
    ]
    tier = _score("tier", type="enumeration", field_type="select", options=options)
    made = hubspot.crm.properties.create("contacts", **tier)
    assert [one.value for one in made.options] == list("ABCD")


def test_properties_go_in_batches(hubspot):
    batch = hubspot.crm.properties.batch
    names = ["score_a", "score_b"]
    inputs = [_wire(_score(name)) for name in names]
    made = batch.create("contacts", inputs=inputs)
    asked = [{"name": name} for name in names]
    read = batch.get("contacts", archived=False, data_sensitivity="non_sensitive", inputs=asked)
    batch.delete("contacts", inputs=asked)
    assert {one.name for one in made.results} == {one.name for one in read.results} == set(names)
    left = {one.name for one in hubspot.crm.properties.list("contacts").results}
    assert not left & set(names)


def _wire(given: dict[str, Any]) -> dict[str, Any]:
    words = {"field_type": "fieldType", "group_name": "groupName"}
    return {words.get(key, key): value for key, value in given.items()}


def test_a_group_is_created_read_changed_listed_and_archived(hubspot):
    groups = hubspot.crm.properties.groups
    made = groups.create("contacts", name="scores", label="Scores", display_order=-1)
    changed = groups.update("scores", object_type="contacts", label="Our scores")
    read = groups.get("scores", object_type="contacts")
    listed = {one.name for one in groups.list("contacts").results}
    groups.delete("scores", object_type="contacts")
    assert (made.name, changed.label, read.label) == ("scores", "Our scores", "Our scores")
    assert {"scores", "contactinformation"} <= listed
    assert "scores" not in {one.name for one in groups.list("contacts").results}


# --------------------------------------------------------------------------- associations


def _associate(hubspot: Any, contact: str, company: str) -> Any:
    return hubspot.crm.associations.create(
        company,
        from_object_type="contacts",
        from_object_id=contact,
        to_object_type="companies",
    )


def _associated(hubspot: Any, contact: str) -> dict[str, list[int]]:
    listed = hubspot.crm.associations.list(
        "companies", object_type="contacts", object_id=contact, limit=100
    )
    return {one.to_object_id: [kind.type_id for kind in one.association_types] for one in listed}


def test_records_are_associated_by_default_and_with_labels(hubspot, people, add):
    company = str(add("companies", name="Acme", domain="acme.example").id)
    done = _associate(hubspot, people[0], company)
    labelled = hubspot.crm.associations.update_labels(
        company,
        object_type="contacts",
        object_id=people[1],
        to_object_type="companies",
        body=[{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}],
    )
    assert done.status == "COMPLETE"
    assert (labelled.from_object_id, labelled.to_object_id) == (people[1], company)
    assert 279 in _associated(hubspot, people[0])[company]
    assert 1 in _associated(hubspot, people[1])[company]


def test_associations_go_in_batches(hubspot, people, add):
    company = str(add("companies", name="Acme", domain="acme.example").id)
    batch, kinds = hubspot.crm.associations.batch, {"from_object_type": "contacts"}
    pairs = [
        {
            "from": {"id": one},
            "to": {"id": company},
            "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}],
        }
        for one in people[:2]
    ]
    made = batch.create("companies", inputs=pairs, **kinds)
    read = batch.get("companies", inputs=[{"id": one} for one in people[:2]], **kinds)
    batch.delete(
        "companies", inputs=[{"from": {"id": people[0]}, "to": [{"id": company}]}], **kinds
    )
    assert {one.from_object_id for one in made.results} == set(people[:2])
    assert {one.from_.id: one.to[0].to_object_id for one in read.results} == dict.fromkeys(
        people[:2], company
    )
    assert _associated(hubspot, people[0]) == {}


def test_an_association_is_removed(hubspot, people, add):
    company = str(add("companies", name="Acme", domain="acme.example").id)
    _associate(hubspot, people[0], company)
    hubspot.crm.associations.delete(
        company, object_type="contacts", object_id=people[0], to_object_type="companies"
    )
    assert _associated(hubspot, people[0]) == {}


def test_the_kinds_of_association_are_listed(hubspot):
    labels = hubspot.crm.associations_schema.labels.list_labels(
        "companies", from_object_type="contacts"
    )
    assert {1, 279} <= {one.type_id for one in labels.results}


# --------------------------------------------------------------------------- the rest of the CRM


def test_owners_are_listed_and_found(hubspot, portal):
    seed(portal, [(101, "ada@example.com", "Ada", "Lovelace")])
    owners = list(hubspot.crm.owners.list(limit=100))
    assert [one.email for one in owners] == ["ada@example.com"]
    found = hubspot.crm.owners.get(int(owners[0].id), id_property="id")
    assert found.email == owners[0].email


def test_the_deal_pipeline_has_stages_with_probabilities(hubspot):
    pipelines = hubspot.crm.pipelines.list("deals").results
    found = {one.id: one for one in pipelines}["default"]
    stages = {one.id: float(one.metadata["probability"]) for one in found.stages}
    assert (stages["closedwon"], stages["closedlost"]) == (1, 0)
    stage = hubspot.crm.pipelines.get_stage("closedwon", object_type="deals", pipeline_id="default")
    assert stage.label


def test_a_list_takes_members_and_gives_them_up(hubspot, people):
    lists = hubspot.crm.lists
    made = lists.create(name="Chosen", object_type_id="0-1", processing_type="MANUAL").list
    added = lists.add_memberships(made.list_id, body=people[:3])
    members = {one.record_id for one in lists.list_memberships(made.list_id, limit=2)}
    lists.remove_memberships(made.list_id, body=people[:1])
    left = {one.record_id for one in lists.list_memberships(made.list_id)}
    assert set(added.records_ids_added) == members == set(people[:3])
    assert left == set(people[1:3])


def test_a_list_is_found_by_id_by_name_and_by_search(hubspot):
    lists = hubspot.crm.lists
    made = lists.create(name="Chosen", object_type_id="0-1", processing_type="MANUAL").list
    named = lists.get_by_object_type_and_name("Chosen", object_type_id="0-1").list
    found = lists.list_by_search(
        list_ids=[], offset=0, processing_types=[], additional_filter_properties=[], query="Chos"
    )
    assert lists.get(made.list_id).list.name == "Chosen"
    assert named.list_id == made.list_id
    assert made.list_id in {one.list_id for one in found.lists}


def test_the_account_says_whose_it_is_and_what_was_used(hubspot, portal):
    assert hubspot.account.get().portal_id == portal.id
    assert hubspot.account.get_daily_private_apps_usage().results[0].usage_limit > 0


def test_the_number_of_custom_properties_is_told(hubspot):
    assert hubspot.crm.limits.get_custom_property_limits().overall_limit > 0


# --------------------------------------------------------------------------- refusals


def test_what_is_missing_raises_not_found_with_hubspots_words(contacts):
    with pytest.raises(sdk.NotFoundError) as caught:
        contacts.get("999999")
    assert caught.value.body["category"] == "OBJECT_NOT_FOUND"


def test_a_second_contact_with_an_email_raises_conflict_with_the_first_ones_id(contacts, people):
    with pytest.raises(sdk.ConflictError) as caught:
        contacts.create(properties=person(2), associations=[])
    assert caught.value.body["message"].endswith(f"Existing ID: {people[2]}")


def test_a_value_that_does_not_fit_raises_bad_request(contacts, people):
    with pytest.raises(sdk.BadRequestError) as caught:
        contacts.update(people[0], properties={"no_such_property": "1"})
    assert caught.value.body["category"] == "VALIDATION_ERROR"


def test_a_wrong_token_raises_authentication_error(url):
    with _client(url, "pat-na1-wrong") as client, pytest.raises(sdk.AuthenticationError):
        client.crm.objects.contacts.list()


# --------------------------------------------------------------------------- retries


def _search(client: Any) -> None:
    client.crm.objects.contacts.search(
        after="0", filter_groups=[], limit=1, properties=["email"], sorts=[]
    )


def test_a_refused_search_is_sent_again_until_the_limit_allows_it(busy, url, clock):
    with _client(url, busy.token, retries=2) as client, going_on_after_429(busy, clock):
        for _ in range(6):
            _search(client)
    assert statuses(busy).count(200) == 6
    assert 429 in statuses(busy)


def test_a_search_beyond_the_limit_raises_when_nothing_is_retried(busy, url):
    with _client(url, busy.token) as client:
        for _ in range(5):
            _search(client)
        with pytest.raises(sdk.RateLimitError) as caught:
            _search(client)
    assert caught.value.body["policyName"] == "SECONDLY"
