import pytest

CONTACTS = "contacts"


def path(version, kind=CONTACTS):
    return f"/crm/v3/objects/{kind}" if version == "v3" else f"/crm/objects/{version}/{kind}"


def associated(company, number=279):
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": number}
    return {
        "properties": {"lastname": "x"},
        "associations": [{"to": {"id": company}, "types": [spec]}],
    }


def test_a_batch_creates_records_with_their_associations(http, add):
    company = add("companies", name="x")
    inputs = [associated(str(company.id)) | {"objectWriteTraceId": "1"}]
    inputs.append(associated("7") | {"objectWriteTraceId": "2"})
    answer = http.post("/crm/v3/objects/contacts/batch/create", {"inputs": inputs})
    assert (answer.status, answer.json["numErrors"]) == (207, 1)
    assert answer.json["errors"][0]["context"]["objectWriteTraceId"] == ["2"]
    assert company.values["num_associated_contacts"] == "1"


def test_a_type_of_association_that_does_not_fit_is_refused(http, add, portal):
    company = add("companies", name="x")
    assert http.post("/crm/v3/objects/contacts", associated(str(company.id), 280)).status == 400
    assert len(portal.collection("contacts").records) == 0


@pytest.mark.parametrize("how", ["create", "update", "batch create", "batch update", "upsert"])
def test_every_write_is_held_to_the_administrators_rules_from_2026_09_on(http, add, version, how):
    rules = {"conditional": [{"property": "city", "values": ["Rome"], "requires": ["zip"]}]}
    rules["required"] = []
    assert http.post("/__sandbox/validation", {"contacts": rules}).status in {200, 204}
    there, root = add(email="a@example.com"), path(version)
    values = {"city": "Rome", "lastname": "x"}
    calls = {
        "create": ("POST", root, {"properties": values}),
        "update": ("PATCH", f"{root}/{there.id}", {"properties": values}),
        "batch create": ("POST", f"{root}/batch/create", {"inputs": [{"properties": values}]}),
        "batch update": (
            "POST",
            f"{root}/batch/update",
            {"inputs": [{"id": str(there.id), "properties": values}]},
        ),
        "upsert": (
            "POST",
            f"{root}/batch/upsert",
            {"inputs": [{"id": "a@example.com", "idProperty": "email", "properties": values}]},
        ),
    }
    answer = http(*calls[how])
    assert (answer.status == 400) is (version == "2026-09")
    assert ("city" in there.values) is (version != "2026-09" and "create" not in how)
