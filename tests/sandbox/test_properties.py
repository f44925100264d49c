import json

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


# --------------------------------------------------------------------------- more of the rules


def formula(name="double", **more):
    shape = {"fieldType": "calculation_equation", "calculationFormula": "score * 2"}
    return definition(name, **shape | more)


def test_a_property_that_a_formula_uses_cannot_be_archived(http):
    http.post(PATH, definition())
    made = http.post(PATH, formula())
    assert (made.status, made.json["calculated"]) == (201, True)
    assert made.json["modificationMetadata"]["readOnlyValue"] is True
    answer = http("DELETE", f"{PATH}/score")
    assert (answer.status, answer.json["subCategory"]) == (
        400,
        "PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE",
    )
    assert answer.json["errors"][0]["context"]["parentName"] == ["0-1/double"]
    both = {"inputs": [{"name": "double"}, {"name": "score"}]}
    assert http.post(f"{PATH}/batch/archive", both).status == 204


def test_a_calculated_propertys_value_cannot_be_written(http, add):
    http.post(PATH, definition())
    http.post(PATH, formula())
    change = {"properties": {"double": "4"}}
    answer = http("PATCH", f"/crm/v3/objects/contacts/{add().id}", change)
    assert "READ_ONLY_VALUE" in answer.json["message"]


@pytest.mark.parametrize(
    "given", [formula(calculationFormula=None), definition(calculationFormula="score * 2")]
)
def test_a_formula_and_its_field_type_go_together(http, given):
    assert http.post(PATH, given).status == 400


def test_a_batch_archives_what_is_there_and_passes_over_the_rest(http):
    http.post(PATH, definition())
    inputs = {"inputs": [{"name": "score"}, {"name": "score"}, {"name": "nope"}]}
    for _ in range(2):
        assert http.post(f"{PATH}/batch/archive", inputs).status == 204
    assert http.get(f"{PATH}/score", archived="true").status == 200


def test_hubspots_own_property_in_a_batch_to_archive_is_refused(http):
    inputs = {"inputs": [{"name": "email"}]}
    assert http.post(f"{PATH}/batch/archive", inputs).status == 400


def test_an_archived_property_comes_back_with_its_creation_and_the_rest_new(http, clock):
    made = http.post(PATH, definition(description="old", hidden=True)).json
    clock.time += 60
    http("DELETE", f"{PATH}/score")
    again = http.post(PATH, definition(label="Other")).json
    assert again["createdAt"] == made["createdAt"] < again["updatedAt"]
    assert (again["label"], again["description"], again["hidden"]) == ("Other", "", False)
    assert ("archivedAt" in again, http.get(f"{PATH}/score", archived="true").status) == (
        False,
        404,
    )


def test_an_archived_property_is_gone_for_good_after_ninety_days(http, clock, add, define):
    define("score")
    there = f"/crm/v3/objects/contacts/{add(score='5').id}"
    http("DELETE", f"{PATH}/score")
    clock.time += 90 * 86_400
    assert http.get(f"{PATH}/score", archived="true").status == 404
    http.post(PATH, definition())
    assert http.get(there, properties="score").json["properties"]["score"] is None


def test_the_values_of_an_archived_property_cannot_be_searched_for(http, add, define):
    define("score")
    add(score="5")
    wanted = {"filters": [{"propertyName": "score", "operator": "EQ", "value": "5"}]}
    search = "/crm/v3/objects/contacts/search"
    assert http.post(search, wanted).json["total"] == 1
    http("DELETE", f"{PATH}/score")
    assert http.post(search, wanted).status == 400
    http.post(PATH, definition())
    assert http.post(search, wanted).json["total"] == 1


def test_a_value_whose_option_is_gone_stays_and_is_not_accepted_again(http, add):
    options = [{"label": one, "value": one} for one in ("a", "b")]
    http.post(PATH, definition(type="enumeration", fieldType="select", options=options))
    there = f"/crm/v3/objects/contacts/{add(score='a').id}"
    assert http("PATCH", f"{PATH}/score", {"options": options[1:]}).status == 200
    assert http.get(there, properties="score").json["properties"]["score"] == "a"
    answer = http("PATCH", there, {"properties": {"score": "a"}})
    assert "INVALID_OPTION" in answer.json["message"]


def test_a_type_that_the_values_do_not_fit_is_refused(http, add):
    http.post(PATH, definition(type="string", fieldType="text"))
    record = add(score="many")
    number = {"type": "number", "fieldType": "number"}
    assert http("PATCH", f"{PATH}/score", number).status == 400
    change = {"properties": {"score": "7"}}
    http("PATCH", f"/crm/v3/objects/contacts/{record.id}", change)
    assert http("PATCH", f"{PATH}/score", number).json["type"] == "number"


def test_a_calculated_property_stays_one(http):
    http.post(PATH, formula())
    plain = {"fieldType": "number", "calculationFormula": ""}
    assert http("PATCH", f"{PATH}/double", plain).status == 400
    assert http("PATCH", f"{PATH}/double", {"calculationFormula": "score * 3"}).status == 200


def test_who_and_when_is_kept(http, clock):
    made = http.post(PATH, definition()).json
    assert (made["createdUserId"], made["updatedUserId"]) == ("1", "1")
    clock.time += 60
    changed = http("PATCH", f"{PATH}/score", {"numberDisplayHint": "percentage"}).json
    assert (changed["createdAt"], changed["updatedAt"] > made["updatedAt"]) == (
        made["createdAt"],
        True,
    )
    assert changed["numberDisplayHint"] == "percentage"


def test_a_sensitive_property_needs_a_scope_of_its_own_and_to_be_asked_for(http, portal):
    given = definition(dataSensitivity="sensitive")
    assert http.post(PATH, given).json["category"] == "MISSING_SCOPES"
    portal.scopes.add("crm.objects.contacts.sensitive.write")
    assert http.post(PATH, given).status == 201
    assert http.get(f"{PATH}/score").status == 404
    assert http.get(f"{PATH}/score", dataSensitivity="sensitive").status == 200
    names = [one["name"] for one in http.get(PATH).json["results"]]
    assert "score" not in names
    listed = http.get(PATH, dataSensitivity="sensitive").json["results"]
    assert [one["name"] for one in listed] == ["score"]
    assert http.get(PATH, dataSensitivity="secret").status == 400


def test_a_new_property_says_where_it_is(http):
    assert http.post(PATH, definition()).headers["Location"] == f"{PATH}/score"
    made = http.post(f"{PATH}/groups", {"name": "mine", "label": "Mine"})
    assert made.headers["Location"] == f"{PATH}/groups/mine"


def test_a_portal_takes_ten_thousand_custom_properties(http, portal, monkeypatch):
    monkeypatch.setattr("leadscore.sandbox.properties.MOST_OVERALL", 1)
    assert http.post(PATH, definition()).status == 201
    answer = http.post("/crm/v3/properties/companies", definition("other"))
    assert "PROPERTY_LIMIT_REACHED" in answer.json["subCategory"]


# --------------------------------------------------------------------------- groups


@pytest.fixture
def group(http, version):
    path = PATH if version == "v3" else f"/crm/properties/{version}/contacts"
    http.post(f"{path}/groups", {"name": "mine", "label": "Mine", "displayOrder": 3})
    return f"{path}/groups/mine"


def test_a_groups_label_and_place_are_changed_and_its_name_is_not(http, group):
    changed = http("PATCH", group, {"label": "Ours", "name": "ours"})
    assert changed.json == {"name": "mine", "label": "Ours", "displayOrder": 3, "archived": False}
    assert http("PATCH", group, {"displayOrder": -1}).json["displayOrder"] == -1
    assert http("PATCH", group, {"label": ""}).status == 400
    assert http("PATCH", group + "x", {"label": "x"}).status == 404


def test_a_group_with_active_properties_is_not_archived(http, group):
    http.post(PATH, definition(groupName="mine"))
    answer = http("DELETE", group)
    inner = json.loads(answer.json["message"])
    assert (answer.status, inner["subCategory"]) == (
        400,
        "PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES",
    )
    http("DELETE", f"{PATH}/score")
    assert http("DELETE", group).status == 204
    assert http.get(group).status == 404
    again = {"name": "mine", "label": "Again"}
    assert http.post(f"{PATH}/groups", again).status == 201


def test_a_property_that_a_custom_object_needs_cannot_be_archived(http):
    named = [{"name": name, "label": name} for name in ("plate", "colour", "notes")]
    schema = {
        "name": "cars",
        "labels": {"singular": "Car", "plural": "Cars"},
        "primaryDisplayProperty": "plate",
        "requiredProperties": ["plate", "colour"],
        "properties": [one | {"type": "string", "fieldType": "text"} for one in named],
        "associatedObjects": ["CONTACT"],
    }
    made = http.post("/crm-object-schemas/v3/schemas", schema)
    assert made.status == 201, made.text
    path = f"/crm/v3/properties/{made.json['objectTypeId']}"
    answer = http("DELETE", f"{path}/colour")
    assert answer.json["subCategory"] == "PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE"
    assert answer.json["errors"][0]["context"]["parentType"] == ["OBJECT_SCHEMA"]
    assert http("DELETE", f"{path}/notes").status == 204
