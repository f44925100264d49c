import pytest
from hubspot.crm.properties import OptionInput, PropertyCreate, PropertyGroupCreate
from hubspot.crm.properties.exceptions import ApiException

PATH = "/crm/v3/properties/contacts"


def definition(name="score", **more):
    body = {"name": name, "label": "Score", "type": "number", "fieldType": "number"}
    return body | {"groupName": "contactinformation"} | more


def test_the_official_client_creates_a_group_and_a_property_in_it(client):
    group = PropertyGroupCreate(name="leadscore", label="Lead score")
    assert client.crm.properties.groups_api.create("contacts", group).name == "leadscore"
    made = client.crm.properties.core_api.create(
        "contacts",
        PropertyCreate(
            name="leadscore_tier",
            label="Tier",
            type="enumeration",
            field_type="select",
            group_name="leadscore",
            options=[OptionInput(label="A", value="A", hidden=False, display_order=0)],
        ),
    )
    read = client.crm.properties.core_api.get_by_name("contacts", "leadscore_tier")
    assert (made.name, read.options[0].value, read.hubspot_defined) == (
        "leadscore_tier",
        "A",
        False,
    )
    with pytest.raises(ApiException) as refused:
        client.crm.properties.groups_api.create("contacts", group)
    assert refused.value.status == 409


def test_all_properties_come_in_one_reply(client, http):
    http.post(PATH, definition())
    found = client.crm.properties.core_api.get_all("contacts").results
    names = {one.name for one in found}
    assert len(found) > 100
    assert {"score", "lifecyclestage", "email", "hs_email_open"} <= names


def test_a_property_is_created_changed_and_archived(http):
    assert http.post(PATH, definition()).status == 201
    changed = http("PATCH", f"{PATH}/score", {"description": "How likely"})
    assert (changed.status, changed.json["description"]) == (200, "How likely")
    assert http("DELETE", f"{PATH}/score").status == 204
    assert http.get(f"{PATH}/score").status == 404
    archived = http.get(PATH, archived="true").json["results"]
    assert [(one["name"], one["archived"]) for one in archived] == [("score", True)]


def test_the_values_of_an_archived_property_are_hidden_until_it_is_back(http, add, define):
    define("score")
    there = f"/crm/v3/objects/contacts/{add(score='5').id}"
    http("DELETE", f"{PATH}/score")
    assert "score" not in http.get(there, properties="score").json["properties"]
    body = {"properties": {"score": "6"}}
    assert "PROPERTY_DOESNT_EXIST" in http("PATCH", there, body).json["message"]
    http.post(PATH, definition())
    assert http.get(there, properties="score").json["properties"]["score"] == "5"


def test_an_unknown_property_is_a_404_in_json(http):
    answer = http.get(f"{PATH}/nope")
    assert (answer.status, answer.json["category"]) == (404, "OBJECT_NOT_FOUND")


def test_a_batch_of_properties_reports_the_ones_that_were_not_accepted(http):
    inputs = [definition("one"), definition("Two"), definition("email")]
    answer = http.post(f"{PATH}/batch/create", {"inputs": inputs})
    assert answer.status == 207
    assert [one["name"] for one in answer.json["results"]] == ["one"]
    assert [one["category"] for one in answer.json["errors"]] == [
        "VALIDATION_ERROR",
        "OBJECT_ALREADY_EXISTS",
    ]
    assert http.post(f"{PATH}/batch/create", {"inputs": [definition("two")]}).status == 201


def test_a_batch_of_properties_is_read_by_name(http):
    both = {"inputs": [{"name": "email"}, {"name": "nope"}], "archived": False}
    answer = http.post(f"{PATH}/batch/read", both)
    assert (answer.status, answer.json["results"][0]["name"]) == (207, "email")
    only = http.post(f"{PATH}/batch/read", {"inputs": [{"name": "email"}]})
    assert only.status == 200


def test_groups_are_listed_and_found(http):
    names = {one["name"] for one in http.get(f"{PATH}/groups").json["results"]}
    assert {"contactinformation", "emailinformation", "analyticsinformation"} <= names
    found = http.get(f"{PATH}/groups/contactinformation").json
    assert (found["label"], found["archived"]) == ("Contact information", False)
    assert http.get(f"{PATH}/groups/nope").status == 404


def test_a_new_unique_property_is_watched_at_once(http, add):
    http.post(PATH, definition("code", type="string", fieldType="text", hasUniqueValue=True))
    there = add(code="x")
    found = http.get("/crm/v3/objects/contacts/x", idProperty="code")
    assert found.json["id"] == str(there.id)
    body = {"properties": {"lastname": "y", "code": "x"}}
    assert http.post("/crm/v3/objects/contacts", body).status == 400
