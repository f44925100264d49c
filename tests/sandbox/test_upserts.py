import pytest
from hubspot.crm.contacts import (
    BatchInputSimplePublicObjectBatchInputUpsert,
    SimplePublicObjectBatchInputUpsert,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CONTACTS = "/crm/v3/objects/contacts"
QUICK = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def one(key, by="email", trace="", **properties):
    found = {"id": key, "idProperty": by, "properties": properties}
    return found | ({"objectWriteTraceId": trace} if trace else {})


def upsert(http, *inputs, path=CONTACTS):
    return http.post(f"{path}/batch/upsert", {"inputs": list(inputs)})


@pytest.fixture
def code(http):
    body = {"name": "code", "label": "Code", "type": "string", "fieldType": "text"}
    body |= {"groupName": "contactinformation", "hasUniqueValue": True}
    assert http.post("/crm/v3/properties/contacts", body).status == 201


def test_what_is_there_is_changed_and_what_is_not_is_created(http, add, objects):
    there = add(email="ada@example.com", city="Paris")
    answer = upsert(
        http,
        one("ADA@example.com", city="London"),
        one("bob@example.com", city="Rome"),
        path=objects,
    )
    assert answer.status == 200
    assert [found["new"] for found in answer.json["results"]] == [False, True]
    assert answer.ids[0] == str(there.id)
    assert there.values["city"] == "London"
    made = http.get(f"{objects}/{answer.ids[1]}", properties="email,city").json["properties"]
    assert (made["email"], made["city"]) == ("bob@example.com", "Rome")


def test_the_official_client_upserts(client, add):
    add(email="ada@example.com")
    inputs = [
        SimplePublicObjectBatchInputUpsert(
            id_property="email", id=f"{name}@example.com", properties={"city": "Rome"}
        )
        for name in ("ada", "bob")
    ]
    wanted = BatchInputSimplePublicObjectBatchInputUpsert(inputs=inputs)
    found = client.crm.contacts.batch_api.upsert(wanted)
    assert [each.new for each in found.results] == [False, True]


def test_a_custom_unique_property_is_a_key_too(http, code):
    first = upsert(http, one("x", "code", lastname="A")).json["results"][0]
    again = upsert(http, one("x", "code", lastname="B")).json["results"][0]
    assert (first["new"], again["new"], first["id"]) == (True, False, again["id"])


@pytest.mark.parametrize("by", ["hs_object_id", "firstname", "domain"])
def test_a_property_that_is_not_unique_is_no_key(http, by, portal):
    answer = upsert(http, one("x", by))
    assert answer.status == 400
    assert answer.json["message"] == (
        f"Unable to perform update/upsert by non-unique 0-1 property {by} in portal ID {portal.id}"
    )


def test_a_key_needs_the_name_of_its_property(http):
    answer = upsert(http, {"id": "ada@example.com", "properties": {"city": "x"}})
    assert (answer.status, "idProperty" in answer.json["message"]) == (400, True)


def test_companies_have_no_key_of_their_own(http):
    answer = upsert(http, one("example.com", "domain"), path="/crm/v3/objects/companies")
    assert answer.status == 400


def test_the_same_record_twice_is_refused(http, portal, code, add):
    assert upsert(http, one("a@example.com"), one("A@example.com")).status == 400
    there = add(email="a@example.com", code="x")
    twice = upsert(http, one("a@example.com", city="1"), one("x", "code", city="2"))
    assert (twice.status, str(there.id) in twice.json["message"]) == (400, True)
    assert not portal.writes


def test_with_trace_ids_a_bad_record_fails_alone(http, code):
    answer = upsert(
        http,
        one("x", "code", "1", lastname="A"),
        one("y", "code", "2", numemployees="many", lastname="B"),
    )
    assert (answer.status, answer.json["numErrors"]) == (207, 1)
    assert answer.json["errors"][0]["context"] == {"objectWriteTraceId": ["2"]}
    assert answer.json["results"][0]["objectWriteTraceId"] == "1"


def test_by_email_address_a_bad_record_fails_the_whole_batch(http, portal):
    answer = upsert(
        http,
        one("a@example.com", trace="1"),
        one("b@example.com", trace="2", numemployees="many"),
    )
    assert answer.status == 400
    assert len(portal.collection("contacts").records) == 0


def test_two_records_of_a_batch_cannot_take_one_unique_value(http, code, portal):
    answer = upsert(http, one("a@example.com", code="x"), one("b@example.com", code="x"))
    assert answer.status == 409
    assert not portal.writes


@QUICK
@given(st.lists(st.sets(st.integers(0, 9), min_size=1), max_size=5))
def test_every_key_has_one_record_however_often_it_is_upserted(http, portal, batches):
    portal.__post_init__()
    ids = {}
    for batch in batches:
        answer = upsert(http, *(one(f"{name}@example.com", city="x") for name in batch))
        for name, found in zip(batch, answer.json["results"], strict=True):
            assert found["new"] is (name not in ids)
            assert ids.setdefault(name, found["id"]) == found["id"]
    assert len(portal.collection("contacts").records) == len(ids)
