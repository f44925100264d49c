import pytest
from hubspot.crm.contacts import (
    BatchInputSimplePublicObjectBatchInput,
    BatchReadInputSimplePublicObjectId,
    SimplePublicObjectBatchInput,
    SimplePublicObjectId,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

BATCH = "/crm/v3/objects/contacts/batch"
QUICK = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read(http, *ids, **more):
    return http.post(f"{BATCH}/read", {"inputs": [{"id": one} for one in ids]} | more)


def update(http, *inputs, path=BATCH):
    return http.post(f"{path}/update", {"inputs": list(inputs)})


def test_the_official_client_reads_a_batch(client, add):
    ids = [str(add(city=city).id) for city in ("London", "Paris")]
    wanted = BatchReadInputSimplePublicObjectId(
        properties=["city"],
        properties_with_history=[],
        inputs=[SimplePublicObjectId(id=one) for one in ids],
    )
    found = client.crm.contacts.batch_api.read(wanted)
    assert [(one.id, one.properties["city"]) for one in found.results] == [
        (ids[0], "London"),
        (ids[1], "Paris"),
    ]


def test_ids_that_are_not_there_make_a_207(http, add, objects):
    there = str(add().id)
    answer = http.post(f"{objects}/batch/read", {"inputs": [{"id": there}, {"id": "7"}]})
    assert (answer.status, answer.ids) == (207, [there])
    body = answer.json
    assert (body["status"], body["numErrors"]) == ("COMPLETE", 1)
    error = body["errors"][0]
    assert error["category"] == "OBJECT_NOT_FOUND"
    assert error["message"] == (
        "Could not get some CONTACT objects, they may be deleted or not exist. "
        "Check that ids are valid."
    )
    assert error["context"] == {"ids": ["7"]}


def test_archived_records_are_not_read_unless_asked_for(http, add):
    there = str(add().id)
    http("DELETE", f"/crm/v3/objects/contacts/{there}")
    assert read(http, there).status == 207
    found = http.post(f"{BATCH}/read", {"inputs": [{"id": there}]}, archived="true")
    assert (found.status, found.ids) == (200, [there])


def test_a_batch_is_read_by_email_address(http, add):
    there = str(add(email="ada@example.com").id)
    assert read(http, "ada@example.com", idProperty="email").ids == [there]


def test_the_official_client_updates_a_batch(client, add, portal):
    there = [add() for _ in range(3)]
    wanted = BatchInputSimplePublicObjectBatchInput(
        inputs=[
            SimplePublicObjectBatchInput(id=str(one.id), properties={"city": str(place)})
            for place, one in enumerate(there)
        ]
    )
    found = client.crm.contacts.batch_api.update(wanted)
    assert [one.properties["city"] for one in found.results] == ["0", "1", "2"]
    assert [one.new for one in portal.writes] == ["0", "1", "2"]


def test_an_update_of_a_record_that_is_not_there_is_reported_for_it_alone(client, http, add):
    there = str(add().id)
    inputs = [
        {"id": "7", "properties": {"city": "x"}, "objectWriteTraceId": "a"},
        {"id": there, "properties": {"city": "x"}, "objectWriteTraceId": "b"},
    ]
    answer = update(http, *inputs)
    assert (answer.status, answer.ids) == (207, [there])
    assert answer.json["results"][0]["objectWriteTraceId"] == "b"
    assert answer.json["errors"][0]["context"] == {"ids": ["7"], "objectWriteTraceId": ["a"]}
    found = client.crm.contacts.batch_api.update({"inputs": inputs})
    assert found.num_errors == 1


def test_without_trace_ids_one_bad_value_fails_the_whole_batch(http, add, portal, objects):
    good, bad = str(add().id), str(add().id)
    answer = update(
        http,
        {"id": good, "properties": {"city": "x"}},
        {"id": bad, "properties": {"numemployees": "many"}},
        path=f"{objects}/batch",
    )
    assert (answer.status, answer.json["category"]) == (400, "VALIDATION_ERROR")
    assert not portal.writes


def test_with_trace_ids_one_bad_value_fails_alone(http, add, portal):
    good, bad = str(add().id), str(add().id)
    answer = update(
        http,
        {"id": good, "properties": {"city": "x"}, "objectWriteTraceId": "1"},
        {"id": bad, "properties": {"numemployees": "many"}, "objectWriteTraceId": "2"},
    )
    assert (answer.status, answer.ids, answer.json["numErrors"]) == (207, [good], 1)
    error = answer.json["errors"][0]
    assert (error["category"], error["context"]) == (
        "VALIDATION_ERROR",
        {"objectWriteTraceId": ["2"]},
    )
    assert "INVALID_OPTION" in error["message"]
    assert [one.id for one in portal.writes] == [good]


def test_the_same_record_twice_in_a_batch_is_refused(http, add, portal):
    there = str(add().id)
    answer = update(
        http,
        {"id": there, "properties": {"city": "x"}},
        {"id": there, "properties": {"city": "y"}},
    )
    assert (answer.status, there in answer.json["message"]) == (400, True)
    assert not portal.writes


@pytest.mark.parametrize("by", ["email", "hs_object_id", "firstname"])
def test_a_batch_is_not_updated_by_a_property_that_is_not_a_custom_unique_one(
    http, add, by, portal
):
    add(email="ada@example.com")
    answer = update(http, {"id": "ada@example.com", "idProperty": by, "properties": {"city": "x"}})
    assert answer.status == 400
    assert answer.json["message"] == (
        f"Unable to perform update/upsert by non-unique 0-1 property {by} in portal ID {portal.id}"
    )


def test_a_batch_is_updated_by_a_custom_unique_property(http, add):
    body = {"name": "code", "label": "Code", "type": "string", "fieldType": "text"}
    body |= {"groupName": "contactinformation", "hasUniqueValue": True}
    assert http.post("/crm/v3/properties/contacts", body).status == 201
    there = add(code="x")
    answer = update(http, {"id": "x", "idProperty": "code", "properties": {"city": "London"}})
    assert (answer.status, answer.ids) == (200, [str(there.id)])


def create(http, *emails, traced=False):
    inputs = [
        {"properties": {"email": email}} | ({"objectWriteTraceId": str(place)} if traced else {})
        for place, email in enumerate(emails)
    ]
    return http.post(f"{BATCH}/create", {"inputs": inputs})


def test_a_created_batch_is_a_201(http):
    answer = create(http, "a@example.com", "b@example.com")
    assert answer.status == 201
    assert len(set(answer.ids)) == 2


def test_without_trace_ids_one_email_address_that_is_taken_fails_all(http, add, portal):
    there = add(email="b@example.com")
    answer = create(http, "a@example.com", "b@example.com")
    assert (answer.status, answer.json["category"]) == (409, "CONFLICT")
    assert str(there.id) in answer.json["message"]
    assert len(portal.collection("contacts").records) == 1


def test_with_trace_ids_the_others_are_created(http, add):
    add(email="b@example.com")
    answer = create(http, "a@example.com", "b@example.com", "a@example.com", traced=True)
    assert answer.status == 207
    assert [one["properties"]["email"] for one in answer.json["results"]] == ["a@example.com"]
    traces = [one["context"]["objectWriteTraceId"] for one in answer.json["errors"]]
    assert traces == [["1"], ["2"]]


def test_an_archived_batch_is_a_204_whoever_was_there(http, add):
    kept, gone = str(add().id), str(add().id)
    answer = http.post(f"{BATCH}/archive", {"inputs": [{"id": gone}, {"id": "7"}]})
    assert (answer.status, answer.text) == (204, "")
    assert http.get("/crm/v3/objects/contacts").ids == [kept]


BAD = ("x", "1,0")
VALUE = st.sampled_from(["", "1", "2.5", "-3", *BAD])


@QUICK
@given(st.dictionaries(st.integers(0, 6), VALUE, min_size=1))
def test_a_traced_batch_has_one_outcome_per_input(http, portal, batch):
    portal.__post_init__()
    body = {"name": "n", "label": "n", "type": "number", "fieldType": "number"}
    http.post("/crm/v3/properties/contacts", body | {"groupName": "contactinformation"})
    ids = [http.post("/crm/v3/objects/contacts", {"properties": {"lastname": "x"}}).json["id"]]
    ids += [str(int(ids[0]) + place) for place in range(1, 7)]
    for _ in range(3):
        http.post("/crm/v3/objects/contacts", {"properties": {"lastname": "x"}})
    answer = update(
        http,
        *(
            {"id": ids[place], "properties": {"n": value}, "objectWriteTraceId": str(place)}
            for place, value in batch.items()
        ),
    )
    found = answer.json
    traces = [int(one["objectWriteTraceId"]) for one in found["results"]]
    kept = [one["properties"]["n"] or "" for one in found["results"]]
    fine = {place: value for place, value in batch.items() if place < 4 and value not in BAD}
    assert dict(zip(traces, kept, strict=True)) == fine
    failed = [int(one["context"]["objectWriteTraceId"][0]) for one in found.get("errors", [])]
    assert sorted(traces + failed) == sorted(batch)
    assert answer.status == (207 if failed else 200)


def test_two_records_of_a_batch_cannot_take_one_unique_value(http, add, portal):
    ids = [str(add().id) for _ in range(2)]
    email = {"properties": {"email": "a@example.com"}}
    assert update(http, *({"id": one} | email for one in ids)).status == 409
    assert not portal.writes
    traced = ({"id": one, "objectWriteTraceId": one} | email for one in ids)
    answer = update(http, *traced)
    assert (answer.status, answer.ids) == (207, ids[:1])
    assert answer.json["errors"][0]["context"]["objectWriteTraceId"] == ids[1:]


def test_one_record_named_in_two_ways_is_refused(http, add, portal):
    body = {"name": "code", "label": "Code", "type": "string", "fieldType": "text"}
    body |= {"groupName": "contactinformation", "hasUniqueValue": True}
    http.post("/crm/v3/properties/contacts", body)
    there = str(add(code="x").id)
    answer = update(
        http,
        {"id": there, "properties": {"city": "1"}},
        {"id": "x", "idProperty": "code", "properties": {"city": "2"}},
    )
    assert (answer.status, there in answer.json["message"]) == (400, True)
    assert not portal.writes


def test_the_lifecycle_stage_moves_forward_only_in_a_batch_too(http, add):
    there = add(lifecyclestage="customer")
    answer = update(http, {"id": str(there.id), "properties": {"lifecyclestage": "lead"}})
    assert answer.status == 200
    assert answer.json["results"][0]["properties"]["lifecyclestage"] == "customer"


def test_history_comes_with_a_batch_of_at_most_fifty(http, add):
    there = str(add(city="Paris").id)
    found = read(http, there, propertiesWithHistory=["city"]).json["results"][0]
    assert [one["value"] for one in found["propertiesWithHistory"]["city"]] == ["Paris"]
    many = (str(number) for number in range(51))
    assert read(http, *many, propertiesWithHistory=["city"]).status == 400


@pytest.mark.parametrize("count", [0, 101])
@pytest.mark.parametrize("action", ["read", "update", "create", "upsert", "archive"])
def test_a_batch_holds_from_one_to_a_hundred(http, count, action):
    one = {"id": "1", "idProperty": "email", "properties": {"city": "x"}}
    answer = http.post(f"{BATCH}/{action}", {"inputs": [one] * count})
    assert (answer.status, answer.json["category"]) == (400, "VALIDATION_ERROR")


def test_a_batch_change_of_nothing_is_refused(http, add):
    there = str(add().id)
    assert update(http, {"id": there, "properties": {}}).status == 400
