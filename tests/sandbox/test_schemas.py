import pytest
from hubspot import HubSpot
from hubspot.crm.schemas import (
    ObjectSchemaEgg,
    ObjectTypeDefinitionLabels,
    ObjectTypeDefinitionPatch,
    ObjectTypePropertyCreate,
)

from leadscore.sandbox import schemas

SCHEMAS = "/crm-object-schemas/v3/schemas"
VIN = {"name": "vin", "label": "VIN", "type": "string", "fieldType": "text", "hasUniqueValue": True}
COLOUR = {"name": "colour", "label": "Colour", "type": "string", "fieldType": "text"}
CARS = {
    "name": "cars",
    "labels": {"singular": "Car", "plural": "Cars"},
    "primaryDisplayProperty": "vin",
    "requiredProperties": ["vin"],
    "searchableProperties": ["colour"],
    "secondaryDisplayProperties": [],
    "properties": [VIN, COLOUR],
    "associatedObjects": ["CONTACT"],
}


@pytest.fixture
def cars(http):
    answer = http.post(SCHEMAS, CARS)
    assert answer.status == 201, answer.text
    return answer.json


@pytest.fixture
def root(version):
    if version == "v3":
        return SCHEMAS
    return f"/crm-object-schemas/{version}/schemas"


def test_a_type_has_an_id_and_a_full_name(http, root, portal):
    made = http.post(root, CARS)
    assert made.status == 201
    found = made.json
    assert found["objectTypeId"].startswith("2-")
    assert found["fullyQualifiedName"] == f"p{portal.id}_cars"
    assert {"vin", "colour", "hs_object_id"} <= {one["name"] for one in found["properties"]}
    for key in (found["objectTypeId"], found["fullyQualifiedName"], "p_cars"):
        assert http.get(f"{root}/{key}").json == found
    assert http.get(root).json == {"results": [found]}


def test_the_official_client_defines_a_type(client: HubSpot):
    egg = ObjectSchemaEgg(
        name="cars",
        labels=ObjectTypeDefinitionLabels(singular="Car", plural="Cars"),
        primary_display_property="vin",
        required_properties=["vin"],
        searchable_properties=[],
        properties=[
            ObjectTypePropertyCreate(name="vin", label="VIN", type="string", field_type="text")
        ],
        associated_objects=["CONTACT"],
    )
    api = client.crm.schemas.core_api
    made = api.create(egg)
    assert api.get_by_id(made.object_type_id).name == "cars"
    patch = ObjectTypeDefinitionPatch(searchable_properties=["vin"])
    assert api.update(made.object_type_id, patch).searchable_properties == ["vin"]
    assert [one.name for one in api.get_all().results] == ["cars"]
    api.archive(made.object_type_id)
    assert api.get_all().results == []


def test_its_records_are_written_read_and_searched_like_others(http, cars):
    for key in (cars["objectTypeId"], cars["fullyQualifiedName"], "p_cars"):
        path = f"/crm/v3/objects/{key}"
        made = http.post(path, {"properties": {"vin": f"{key}1", "colour": "red"}})
        assert made.status == 201
        assert http.get(f"{path}/{key}1", idProperty="vin").json["id"] == made.json["id"]
    assert len(http.get(path).ids) == 3
    found = http.post(f"{path}/search", {"query": "red"}).json
    assert found["total"] == 3
    assert set(http.get(path).json["results"][0]["properties"]) == {
        "hs_createdate",
        "hs_lastmodifieddate",
        "hs_object_id",
    }
    again = {"inputs": [{"id": "x", "idProperty": "vin", "properties": {"colour": "blue"}}]}
    assert http.post(f"{path}/batch/upsert", again).json["results"][0]["new"] is True


def test_a_bare_name_is_no_object_type_in_a_path(http, cars):
    answer = http.get("/crm/v3/objects/cars")
    assert (answer.status, answer.json["message"]) == (
        400,
        "Unable to infer object type from: cars",
    )


def test_a_record_needs_the_required_properties(http, cars):
    answer = http.post(f"/crm/v3/objects/{cars['objectTypeId']}", {"properties": {"colour": "red"}})
    assert answer.status == 400
    assert answer.json["message"] == (
        "Error creating PermanentCustomObject. Some required properties were not set."
    )
    assert answer.json["context"] == {"properties": ["vin"]}


def test_a_unique_value_is_held_once(http, cars):
    path = f"/crm/v3/objects/{cars['objectTypeId']}"
    assert http.post(path, {"properties": {"vin": "1"}}).status == 201
    assert http.post(path, {"properties": {"vin": "1"}}).status == 400


@pytest.mark.parametrize(
    "change",
    [
        {"name": "1cars"},
        {"name": "my cars"},
        {"labels": {"singular": "Car"}},
        {"requiredProperties": ["nope"]},
        {"primaryDisplayProperty": "nope"},
        {"searchableProperties": "vin"},
        {"properties": [VIN, VIN]},
        {"properties": [VIN | {"type": "nope"}]},
        {"associatedObjects": ["NOPE"]},
    ],
)
def test_a_definition_that_does_not_fit_is_refused_and_nothing_is_kept(http, portal, change):
    kinds = set(portal.collections)
    assert http.post(SCHEMAS, CARS | change).status in {400, 409}
    assert http.get(SCHEMAS).json == {"results": []}
    assert set(portal.collections) == kinds


@pytest.mark.parametrize("name", ["cars", "CARS", "contacts"])
def test_a_name_that_is_taken_is_a_conflict(http, cars, name):
    answer = http.post(SCHEMAS, CARS | {"name": name})
    assert (answer.status, answer.json["category"]) == (409, "OBJECT_ALREADY_EXISTS")


def test_a_portal_has_ten_types_at_most(http, monkeypatch, cars):
    monkeypatch.setattr(schemas, "MOST_TYPES", 1)
    assert http.post(SCHEMAS, CARS | {"name": "boats"}).status == 400


def test_a_change_keeps_what_it_does_not_name(http, cars):
    answer = http("PATCH", f"{SCHEMAS}/{cars['objectTypeId']}", {"requiredProperties": []})
    assert (answer.status, answer.json["requiredProperties"]) == (200, [])
    assert answer.json["searchableProperties"] == ["colour"]
    assert answer.json["labels"] == cars["labels"]
    assert (
        http.post(f"/crm/v3/objects/{cars['objectTypeId']}", {"properties": {"colour": "x"}}).status
        == 201
    )


def test_a_type_in_use_is_not_deleted(http, cars):
    path = f"/crm/v3/objects/{cars['objectTypeId']}"
    made = http.post(path, {"properties": {"vin": "1"}}).json["id"]
    assert http("DELETE", f"{SCHEMAS}/{cars['objectTypeId']}").status == 400
    http("DELETE", f"{path}/{made}")
    assert http("DELETE", f"{SCHEMAS}/{cars['objectTypeId']}").status == 204
    assert http.get(f"{SCHEMAS}/{cars['objectTypeId']}").status == 404
    assert http.get(path).status == 400


def test_the_name_of_a_deleted_type_is_free_once_it_is_purged(http, cars):
    key = cars["fullyQualifiedName"]
    http("DELETE", f"{SCHEMAS}/{key}")
    assert [one["name"] for one in http.get(SCHEMAS, archived="true").json["results"]] == ["cars"]
    assert http.post(SCHEMAS, CARS).status == 409
    assert http("DELETE", f"{SCHEMAS}/{key}", archived="true").status == 204
    again = http.post(SCHEMAS, CARS)
    assert (again.status, again.json["objectTypeId"] != cars["objectTypeId"]) == (201, True)


def test_the_kind_follows_from_what_is_kept(portal, cars):
    kept = portal.shelf("schemas")[cars["fullyQualifiedName"]]
    assert portal.collection(cars["objectTypeId"]).kind == schemas.kind_of(kept)


def test_several_are_read_at_once(http, cars):
    answer = http.post(f"{SCHEMAS}/batch/read", {"inputs": [{"id": cars["objectTypeId"]}]})
    assert answer.json == {"results": [cars]}
