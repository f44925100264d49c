import pytest

SCHEMAS = "/crm-object-schemas/v3/schemas"
CARS = {
    "name": "cars",
    "labels": {"singular": "Car", "plural": "Cars"},
    "properties": [{"name": "vin", "label": "VIN", "type": "string", "fieldType": "text"}],
    "associatedObjects": ["CONTACT", "0-2"],
}


@pytest.fixture
def cars(http):
    return http.post(SCHEMAS, CARS).json


def test_a_type_is_associated_with_those_it_names_and_with_activities(cars):
    ends = {one["toObjectTypeId"] for one in cars["associations"]} - {cars["objectTypeId"]}
    assert ends == {"0-1", "0-2", "0-27", "0-46", "0-47", "0-48", "0-49"}
    pairs = {(one["fromObjectTypeId"], one["toObjectTypeId"]) for one in cars["associations"]}
    assert {(end, start) for start, end in pairs} == pairs


def test_its_records_are_associated_by_its_types(http, cars, add):
    contact, key = add(), cars["objectTypeId"]
    found = next(
        one
        for one in cars["associations"]
        if (one["fromObjectTypeId"], one["toObjectTypeId"]) == (key, "0-1")
    )
    spec = {"associationCategory": "USER_DEFINED", "associationTypeId": int(found["id"])}
    links = [{"to": {"id": str(contact.id)}, "types": [spec]}]
    body = {"properties": {"vin": "1"}, "associations": links}
    made = http.post(f"/crm/v3/objects/{key}", body)
    assert made.status == 201, made.text
    read = http.get(f"/crm/v3/objects/{key}/{made.json['id']}", associations="contacts").json
    assert [one["id"] for one in read["associations"]["contacts"]["results"]] == [str(contact.id)]


def test_an_association_can_be_added_and_deleted(http, cars):
    key = cars["objectTypeId"]
    body = {"fromObjectTypeId": key, "toObjectTypeId": "0-3", "name": "sold_by"}
    made = http.post(f"{SCHEMAS}/{key}/associations", body)
    assert (made.status, made.json["name"]) == (201, "sold_by")
    path = f"{SCHEMAS}/{key}/associations/{made.json['id']}"
    assert http("DELETE", path).status == 204
    assert http("DELETE", path).status == 404
    assert http.get(f"{SCHEMAS}/{key}").json["associations"] == cars["associations"]


def test_an_association_of_other_types_is_refused(http, cars):
    body = {"fromObjectTypeId": "0-1", "toObjectTypeId": "0-3"}
    assert http.post(f"{SCHEMAS}/{cars['objectTypeId']}/associations", body).status == 400
