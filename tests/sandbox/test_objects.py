import pytest
from hubspot.crm.contacts import SimplePublicObjectInput, SimplePublicObjectInputForCreate
from hubspot.crm.contacts.exceptions import ApiException, NotFoundException
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ONE = "/crm/v3/objects/contacts"
QUICK = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def test_the_official_client_reads_a_contact_that_it_created(client):
    given = {"email": "Ada@Example.com", "firstname": "Ada"}
    made = client.crm.contacts.basic_api.create(SimplePublicObjectInputForCreate(properties=given))
    read = client.crm.contacts.basic_api.get_by_id(made.id, properties=["firstname", "jobtitle"])
    assert read.properties["firstname"] == "Ada"
    assert read.properties["jobtitle"] is None
    assert (read.id, read.archived, read.created_at) == (made.id, False, made.created_at)


def test_creating_is_a_201_and_the_reply_holds_what_was_set(http, objects):
    answer = http.post(objects, {"properties": {"email": "Ada@Example.com"}})
    assert answer.status == 201
    body = answer.json
    assert body["properties"] == {
        "email": "ada@example.com",
        "createdate": "2027-01-15T08:00:00.000Z",
        "lastmodifieddate": "2027-01-15T08:00:00.000Z",
        "hs_object_id": body["id"],
    }
    assert body["createdAt"] == body["updatedAt"] == "2027-01-15T08:00:00.000Z"


def test_a_second_contact_with_an_email_address_is_a_conflict(client, add):
    there = add(email="ada@example.com")
    again = SimplePublicObjectInputForCreate(properties={"email": "ADA@example.com"})
    with pytest.raises(ApiException) as refused:
        client.crm.contacts.basic_api.create(again)
    assert refused.value.status == 409
    assert f"Contact already exists. Existing ID: {there.id}" in refused.value.body
    assert '"category":"CONFLICT"' in refused.value.body


@pytest.mark.parametrize(
    ("kind", "properties", "status"),
    [
        ("contacts", {"jobtitle": "CEO"}, 400),
        ("contacts", {"lastname": "Lovelace"}, 201),
        ("companies", {"city": "London"}, 400),
        ("companies", {"domain": "example.com"}, 201),
        ("deals", {"dealname": "Engine"}, 400),
        ("deals", {"dealname": "Engine", "dealstage": "contractsent"}, 201),
    ],
)
def test_a_new_record_needs_what_makes_it_one(http, kind, properties, status):
    assert http.post(f"/crm/v3/objects/{kind}", {"properties": properties}).status == status


def test_without_properties_the_defaults_of_the_type_come(http, add):
    add(email="ada@example.com", jobtitle="Countess")
    add("companies", name="Example")
    add("deals", dealname="Engine", dealstage="contractsent")
    defaults = {
        kind: sorted(http.get(f"/crm/v3/objects/{kind}").json["results"][0]["properties"])
        for kind in ("contacts", "companies", "deals")
    }
    assert {kind: " ".join(names) for kind, names in defaults.items()} == {
        "contacts": "createdate email firstname hs_object_id lastmodifieddate lastname",
        "companies": "createdate domain hs_lastmodifieddate hs_object_id name",
        "deals": (
            "amount closedate createdate dealname dealstage hs_lastmodifieddate hs_object_id "
            "pipeline"
        ),
    }


def test_an_unknown_property_is_left_out_and_an_empty_one_is_null(http, add, objects):
    add(email="ada@example.com")
    answer = http.get(objects, properties="jobtitle,nope", limit=1)
    properties = answer.json["results"][0]["properties"]
    assert properties["jobtitle"] is None
    assert "nope" not in properties
    assert set(properties) == {"jobtitle", "createdate", "hs_object_id", "lastmodifieddate"}


def test_properties_may_be_repeated_or_separated_by_commas(http, add):
    add(email="ada@example.com")
    repeated = http.get(ONE, properties=["city", "state"]).json["results"]
    assert repeated == http.get(ONE, properties="city,state").json["results"]


def test_all_values_are_strings_or_null(http, add, define):
    define("n")
    define("b", "bool", "booleancheckbox", options=["true", "false"])
    add(n="5", b="true")
    found = http.get(ONE, properties="n,b,hs_email_open").json["results"][0]["properties"]
    assert (found["n"], found["b"], found["hs_email_open"]) == ("5", "true", None)


@pytest.mark.parametrize("limit", ["0", "101", "-1", "many", ""])
def test_a_page_holds_from_one_to_a_hundred(http, limit):
    answer = http.get(ONE, limit=limit)
    assert (answer.status, answer.json["category"]) == (400, "VALIDATION_ERROR")


def test_a_page_holds_ten_unless_asked_otherwise(http, add):
    for _ in range(12):
        add()
    assert len(http.get(ONE).ids) == 10


def test_the_cursor_is_the_id_of_the_next_record_and_the_last_page_has_none(http, add, objects):
    ids = [str(add().id) for _ in range(3)]
    first = http.get(objects, limit=2, properties="city").json
    assert first["paging"]["next"]["after"] == ids[2]
    link = first["paging"]["next"]["link"].removeprefix(http.url)
    last = http.get(link).json
    assert [one["id"] for one in last["results"]] == ids[2:]
    assert "paging" not in last
    assert "city" in last["results"][0]["properties"]


@QUICK
@given(count=st.integers(0, 25), limit=st.integers(1, 9), gone=st.sets(st.integers(0, 24)))
def test_pages_hold_every_record_once_in_the_order_of_ids(http, portal, count, limit, gone):
    portal.__post_init__()
    made = [http.post(ONE, {"properties": {"lastname": str(n)}}).json["id"] for n in range(count)]
    for place in gone & set(range(count)):
        http("DELETE", f"{ONE}/{made[place]}")
    seen, after = [], "0"
    while after:
        page = http.get(ONE, limit=limit, after=after).json
        seen += [one["id"] for one in page["results"]]
        after = page.get("paging", {}).get("next", {}).get("after")
    assert seen == [number for place, number in enumerate(made) if place not in gone]


def test_the_official_client_walks_over_all_pages(client, add):
    ids = [str(add().id) for _ in range(205)]
    assert [one.id for one in client.crm.contacts.get_all()] == ids


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "٣"])
def test_a_cursor_that_is_no_id_is_refused(http, after):
    assert http.get(ONE, after=after).status == 400


def test_a_contact_is_found_by_its_email_address(http, add):
    there = add(email="ada@example.com")
    found = http.get(f"{ONE}/ADA@example.com", idProperty="email")
    assert found.json["id"] == str(there.id)
    assert http.get(f"{ONE}/Ada", idProperty="firstname").status == 400


@pytest.mark.parametrize("key", ["1", "x", "0", "99999999999999999999"])
def test_a_record_that_is_not_there_is_a_404_in_json(client, http, objects, key):
    answer = http.get(f"{objects}/{key}")
    assert (answer.status, answer.json["category"]) == (404, "OBJECT_NOT_FOUND")
    with pytest.raises(NotFoundException):
        client.crm.contacts.basic_api.get_by_id(key)


def test_an_update_changes_what_it_names_and_the_time(client, add, clock):
    there = add(email="ada@example.com", jobtitle="Countess")
    clock.time += 60
    change = SimplePublicObjectInput(properties={"jobtitle": "", "city": "London"})
    after = client.crm.contacts.basic_api.update(str(there.id), change)
    assert (after.properties["jobtitle"], after.properties["city"]) == (None, "London")
    assert (after.updated_at - after.created_at).total_seconds() == 60


def test_an_update_by_email_address_works_for_one_record(http, add):
    add(email="ada@example.com")
    answer = http(
        "PATCH", f"{ONE}/ada@example.com", {"properties": {"city": "London"}}, idProperty="email"
    )
    assert (answer.status, answer.json["properties"]["city"]) == (200, "London")


def test_a_bad_value_changes_nothing(http, add, portal):
    there = add(email="ada@example.com")
    body = {"properties": {"city": "London", "nope": "1"}}
    answer = http("PATCH", f"{ONE}/{there.id}", body)
    assert (answer.status, "PROPERTY_DOESNT_EXIST" in answer.json["message"]) == (400, True)
    assert not portal.writes
    assert "city" not in there.values


def test_an_archived_record_is_only_among_the_archived(http, add, objects):
    kept, gone = str(add().id), str(add().id)
    assert http("DELETE", f"{objects}/{gone}").status == 204
    assert http("DELETE", f"{objects}/{gone}").status == 204
    assert http.get(f"{objects}/{gone}").status == 404
    assert http.get(objects).ids == [kept]
    archived = http.get(objects, archived="true").json["results"]
    assert [(one["id"], one["archived"]) for one in archived] == [(gone, True)]
    assert archived[0]["archivedAt"]


def test_a_deleted_record_takes_its_email_address_with_it(http, add):
    there = add(email="ada@example.com")
    http("DELETE", f"{ONE}/{there.id}")
    assert http.post(ONE, {"properties": {"email": "ada@example.com"}}).status == 201


def test_a_change_of_nothing_is_refused(http, add, objects):
    there = add(email="ada@example.com")
    answer = http("PATCH", f"{objects}/{there.id}", {"properties": {}})
    assert answer.status == 400
    assert answer.json["message"] == "No properties found to update, please provide at least one."


def test_a_list_of_archived_records_ends_at_ninety_days(http, add, clock):
    http("DELETE", f"{ONE}/{add().id}")
    clock.time += 91 * 86_400
    assert http.get(ONE, archived="true").ids == []


def test_an_archived_record_is_gone_after_ninety_days(http, add, clock, portal):
    there = add(email="ada@example.com")
    http("DELETE", f"{ONE}/{there.id}")
    clock.time += 89 * 86_400
    assert http.get(ONE, archived="true").ids == [str(there.id)]
    assert http.get(f"{ONE}/{there.id}", archived="true").status == 200
    clock.time += 2 * 86_400
    assert http.get(f"{ONE}/{there.id}", archived="true").status == 404
    assert http.get(ONE, archived="true").ids == []
    assert len(portal.collection("contacts").records) == 0


@QUICK
@given(count=st.integers(0, 25), limit=st.integers(1, 9), more=st.integers(0, 3))
def test_a_shuffled_list_holds_every_record_once_in_an_order_that_stays(
    http, portal, add, count, limit, more
):
    portal.__post_init__()
    portal.list_order = "shuffled"
    made = {str(add().id) for _ in range(count)}
    seen, after = [], "0"
    while after:
        page = http.get(ONE, limit=limit, after=after).json
        seen += [one["id"] for one in page["results"]]
        after = page.get("paging", {}).get("next", {}).get("after")
        made |= {str(add().id)} if more and after else set()
        more -= 1
    assert len(seen) == len(set(seen))
    assert {one for one in made if int(one) < 1001 + count} <= set(seen)
    assert http.get(ONE, limit=100).ids[:count] == http.get(ONE, limit=100).ids[:count]


def test_a_shuffled_list_is_not_in_the_order_of_ids(http, add, portal):
    portal.list_order = "shuffled"
    ids = [str(add().id) for _ in range(50)]
    assert http.get(ONE, limit=100).ids != ids
    assert sorted(http.get(ONE, limit=100).ids) == ids


def test_associations_come_with_a_record_when_asked_for(http, add, objects):
    company, alone = add("companies", name="Example"), add()
    body = {
        "properties": {"email": "ada@example.com"},
        "associations": [
            {
                "to": {"id": str(company.id)},
                "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}],
            }
        ],
    }
    made = http.post(objects, body)
    assert made.status == 201
    key = made.json["id"]
    found = http.get(f"{objects}/{key}", associations="companies,deals").json
    assert {one["id"] for one in found["associations"]["companies"]["results"]} == {str(company.id)}
    assert "deals" not in found["associations"]
    listed = http.get(objects, associations="companies").json["results"]
    assert ["associations" in one for one in listed] == [False, True]
    assert listed[0]["id"] == str(alone.id)


def test_a_record_with_an_association_that_cannot_be_is_not_created(http, portal):
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}
    body = {"properties": {"lastname": "x"}, "associations": [{"to": {"id": "7"}, "types": [spec]}]}
    assert http.post(ONE, body).status == 404
    assert len(portal.collection("contacts").records) == 0


def test_history_comes_with_lists_and_single_records(http, add, clock):
    there = add(city="Paris")
    clock.time += 60
    http("PATCH", f"{ONE}/{there.id}", {"properties": {"city": "London"}})
    for answer in (
        http.get(f"{ONE}/{there.id}", propertiesWithHistory="city").json,
        http.get(ONE, propertiesWithHistory="city").json["results"][0],
    ):
        entries = answer["propertiesWithHistory"]["city"]
        assert [one["value"] for one in entries] == ["London", "Paris"]
        assert entries[0]["sourceType"] == "INTEGRATION"
    assert http.get(ONE, propertiesWithHistory="city", limit=51).status == 400


KINDS = {"tasks": "0-27", "notes": "0-46", "calls": "0-48", "meetings": "0-47", "emails": "0-49"}


@pytest.mark.parametrize("kind", KINDS)
def test_an_activity_needs_its_time_and_has_its_own_defaults(http, kind):
    path = f"/crm/v3/objects/{kind}"
    refused = http.post(path, {"properties": {"hubspot_owner_id": ""}})
    assert refused.status == 400
    assert refused.json["message"] == (
        f"Error creating {kind[:-1].upper()}. Some required properties were not set."
    )
    assert refused.json["context"] == {"properties": ["hs_timestamp"]}
    made = http.post(path, {"properties": {"hs_timestamp": "1800000000000"}})
    assert made.status == 201
    found = http.get(f"/crm/v3/objects/{KINDS[kind]}").json["results"][0]
    assert set(found["properties"]) == {"hs_createdate", "hs_lastmodifieddate", "hs_object_id"}
    assert found["id"] == made.json["id"]


def test_an_archived_record_has_no_associations(http, add, objects):
    company = add("companies", name="Example")
    there = add()
    path = f"{objects}/{there.id}/associations/default/companies/{company.id}"
    http("PUT", path.replace("/v3/", "/v4/"))
    read = {"properties": "num_associated_contacts"}
    count = http.get(f"/crm/v3/objects/companies/{company.id}", **read).json["properties"]
    assert count["num_associated_contacts"] == "1"
    http("DELETE", f"{objects}/{there.id}")
    count = http.get(f"/crm/v3/objects/companies/{company.id}", **read).json["properties"]
    assert count["num_associated_contacts"] == "0"
