"""How much of the account's limits is used."""

import hubspot_sdk
import pytest

from leadscore.sandbox import tracking


@pytest.fixture
def sdk(url, portal):
    """Return HubSpot's SDK, which refuses replies that lack a field."""
    return hubspot_sdk.HubSpot(
        base_url=url, access_token=portal.token, max_retries=0, _strict_response_validation=True
    )


def by_type(entries):
    return {one["objectTypeId"]: one for one in entries}


def test_records_are_counted_by_type(http, add):
    add(email="a@example.com")
    found = http.get("/crm/v3/limits/records").json
    contacts = by_type(found["hubspotDefinedObjectTypes"])["0-1"]
    assert (contacts["usage"], contacts["pluralLabel"]) == (1, "Contacts")
    assert found["customObjectTypes"]["overallUsage"] == 0


def test_custom_properties_are_counted_by_type(http, define):
    define("one")
    found = http.get("/crm/limits/2026-03/custom-properties").json
    usage = by_type(found["byObjectType"])
    assert (usage["0-1"]["usage"], usage["0-1"]["limit"]) == (1, 1000)
    assert (usage["0-2"]["usage"], found["overallUsage"]) == (0, 1)
    assert usage["0-1"]["percentage"] == 0.1


def test_calculated_properties_are_counted_apart(http, define):
    define("plain")
    define("twice", field="calculation_equation", calculationFormula="2 * plain")
    assert http.get("/crm/limits/2026-09/calculated-properties").json["overallUsage"] == 1
    assert http.get("/crm/limits/2026-09/custom-properties").json["overallUsage"] == 2


def test_pipelines_and_object_types_depend_on_the_subscription(http, portal):
    for tier, most, types in (("professional", 15, 0), ("enterprise", 100, 10)):
        portal.tier = tier
        deals = http.get("/crm/v3/limits/pipelines").json["hubspotDefinedObjectTypes"][0]
        assert (deals["objectTypeId"], deals["usage"], deals["limit"]) == ("0-3", 1, most)
        found = http.get("/crm/v3/limits/custom-object-types").json
        assert found == {"usage": 0, "limit": types, "percentage": 0.0}


def test_labels_are_counted_by_pair_of_object_types(http):
    path = "/crm/v3/limits/associations/labels"
    assert http.get(path).json == {"results": []}
    label = {"label": "Boss", "name": "boss"}
    http.post("/crm/v4/associations/contacts/companies/labels", label)
    (asked,) = http.get(path, fromObjectTypeId="0-1", toObjectTypeId="0-2").json["results"]
    assert (asked["allLabels"], asked["usage"], asked["limit"]) == (["Boss"], 1, 10)
    assert len(http.get(path).json["results"]) == 2


def test_records_with_many_associations_are_named(http, portal, add, monkeypatch):
    monkeypatch.setattr(tracking, "MOST_LINKS", 2)
    one = add(email="a@example.com").id
    for name in "abc":
        portal.associations.put("contacts", one, "companies", add("companies", name=name).id, [279])
    found = http.get("/crm/limits/2026-03/associations/records/0-1/0-2").json
    assert (found["totalRecordsAtLimit"], found["totalRecordsNearLimit"]) == (1, 0)
    assert found["atLimitFromRecordSamples"] == [{"objectId": one, "label": str(one)}]
    for path, kind in (("from", "0-1"), ("0-1/to", "0-2")):
        (entry,) = http.get(f"/crm/v3/limits/associations/records/{path}").json["results"]
        assert (entry["objectTypeId"], entry["hasRecordsAtLimit"]) == (kind, True)


@pytest.mark.parametrize("path", ["records", "pipelines", "associations/records/0-1/0-2"])
def test_a_scope_of_schemas_does_not_do(http, portal, path):
    portal.scopes = {"crm.schemas.contacts.read"}
    assert http.get(f"/crm/v3/limits/{path}").status == 403
    portal.scopes = {"crm.objects.deals.read"}
    assert http.get(f"/crm/v3/limits/{path}").status == 200


def test_the_official_sdk_finds_every_field(sdk, http):
    http.post("/crm/v4/associations/contacts/companies/labels", {"label": "B", "name": "b"})
    limits = sdk.crm.limits
    assert limits.get_record_limits().hubspot_defined_object_types
    assert limits.get_custom_property_limits().by_object_type
    assert limits.get_calculated_property_limits().overall_usage == 0
    assert limits.get_pipeline_limits().hubspot_defined_object_types
    assert limits.get_custom_object_type_limits().usage == 0
    assert limits.get_association_label_limits().results
    assert limits.get_association_records_limits_from_objects().results == []
    assert limits.get_association_records_limits_to_objects("0-1").results == []
    found = limits.get_association_records_limits_by_object_type("0-2", from_object_type_id="0-1")
    assert found.total_records_at_limit == 0
