import pytest

from leadscore.sandbox import edits, owners
from leadscore.sandbox.replies import Refusal


@pytest.fixture
def change(portal):
    def put(record, kind="contacts", **values):
        collection = portal.collection(kind)
        edits.apply(
            portal, collection, record, edits.check_change(portal, collection, record, values)
        )
        return record.values

    return put


def test_every_value_that_changes_is_on_record_with_the_old_one(add, change, portal):
    there = add(city="Paris", state="x")
    change(there, city="London", state="", zip="1")
    assert [(one.property, one.old, one.new) for one in portal.writes] == [
        ("city", "Paris", "London"),
        ("state", "x", None),
        ("zip", None, "1"),
    ]
    assert {(one.object, one.id, one.at) for one in portal.writes} == {
        ("contacts", str(there.id), portal.now)
    }


def test_writing_what_is_there_already_changes_nothing(add, change, portal, clock):
    there = add(city="Paris")
    before = dict(there.values)
    clock.time += 5
    assert change(there, city="Paris", state="") == before
    assert not portal.writes


def test_a_change_bumps_the_time_of_the_last_change(add, change, clock):
    contact, company = add(), add("companies", name="x")
    clock.time += 1
    assert change(contact, city="x")["lastmodifieddate"] == "2027-01-15T08:00:01.000Z"
    assert change(company, "companies", city="x")["hs_lastmodifieddate"].endswith("01.000Z")


STAGES = ["subscriber", "lead", "marketingqualifiedlead", "opportunity", "customer", "other"]


@pytest.mark.parametrize("old", STAGES)
@pytest.mark.parametrize("new", STAGES)
def test_the_lifecycle_stage_moves_forward_only(add, change, old, new):
    there = add(lifecyclestage=old)
    forward = STAGES.index(new) >= STAGES.index(old)
    assert change(there, lifecyclestage=new)["lifecyclestage"] == (new if forward else old)


def test_a_cleared_lifecycle_stage_may_be_set_to_any(add, change):
    there = add(lifecyclestage="customer")
    assert "lifecyclestage" not in change(there, lifecyclestage="")
    assert change(there, lifecyclestage="lead")["lifecyclestage"] == "lead"


def test_entering_a_stage_is_dated(add, change, clock):
    there = add(lifecyclestage="lead")
    assert there.values["hs_lifecyclestage_lead_date"] == "2027-01-15T08:00:00.000Z"
    clock.time += 3600
    values = change(there, lifecyclestage="customer")
    assert values["hs_lifecyclestage_lead_date"] == "2027-01-15T08:00:00.000Z"
    for name in ("hs_lifecyclestage_customer_date", "hs_v2_date_entered_customer"):
        assert values[name] == "2027-01-15T09:00:00.000Z"
    assert values["hs_v2_date_entered_current_stage"] == "2027-01-15T09:00:00.000Z"


def test_a_refused_step_back_is_not_dated(add, change, portal):
    there = add(lifecyclestage="customer")
    change(there, lifecyclestage="lead")
    assert "hs_lifecyclestage_lead_date" not in there.values
    assert not portal.writes


def test_a_deal_knows_whether_it_is_closed(add, change):
    there = add("deals", dealname="x", dealstage="contractsent")
    assert there.values["hs_is_closed"] == "false"
    values = change(there, "deals", dealstage="closedwon")
    found = [values[f"hs_is_closed{end}"] for end in ("", "_won", "_lost")]
    assert found == ["true", "true", "false"]
    assert values["hs_v2_date_entered_closedwon"]


def test_the_domain_follows_the_email_address(add, change):
    there = add(email="ada@example.com")
    assert there.values["hs_email_domain"] == "example.com"
    assert change(there, email="ada@example.org")["hs_email_domain"] == "example.org"


def test_an_email_address_cannot_be_taken_from_another_contact(add, change):
    other = add(email="ada@example.com")
    there = add(email="bob@example.com")
    with pytest.raises(Refusal, match=f"Existing ID: {other.id}"):
        change(there, email="ada@example.com")
    assert change(there, email="bob@example.com")["email"] == "bob@example.com"


def test_a_custom_unique_value_cannot_be_held_twice(add, change, define, portal):
    define("code", "string", "text", hasUniqueValue=True)
    portal.collection("contacts").records.watch("code")
    add(code="x")
    with pytest.raises(Refusal) as refused:
        change(add(), code="x")
    assert refused.value.category == "VALIDATION_ERROR"


@pytest.mark.parametrize("kind", ["contacts", "companies"])
def test_the_stage_of_companies_moves_forward_only_too(add, change, kind):
    there = add(kind, lifecyclestage="customer", **({"name": "x"} if kind == "companies" else {}))
    assert change(there, kind, lifecyclestage="lead")["lifecyclestage"] == "customer"


DEALS = "/crm/v3/objects/deals"


def test_a_deal_without_a_pipeline_is_in_the_first_one(http):
    answer = http.post(DEALS, {"properties": {"dealname": "x", "dealstage": "closedwon"}})
    assert answer.json["properties"]["pipeline"] == "default"


@pytest.mark.parametrize(
    "values", [{"dealstage": "nope"}, {"pipeline": "nope"}, {"dealstage": "", "dealname": "y"}]
)
def test_a_stage_and_a_pipeline_must_be_there(http, values):
    given = {"dealname": "x", "dealstage": "contractsent"} | values
    assert http.post(DEALS, {"properties": given}).status == 400


def test_a_stage_must_be_one_of_its_pipeline(http, add):
    stages = [{"label": "Open", "displayOrder": 0, "metadata": {"probability": "0.5"}}]
    made = http.post(
        "/crm/v3/pipelines/deals", {"label": "Renewals", "displayOrder": 1, "stages": stages}
    ).json
    there = add("deals", dealname="x", dealstage="contractsent", pipeline="default")
    path, stage = f"{DEALS}/{there.id}", made["stages"][0]["id"]
    for wrong in ({"pipeline": made["id"]}, {"dealstage": stage}):
        answer = http("PATCH", path, {"properties": wrong})
        assert (answer.status, answer.json["errors"][0]["code"]) == (400, "INVALID_OPTION")
    both = {"pipeline": made["id"], "dealstage": stage}
    assert http("PATCH", path, {"properties": both}).status == 200


def test_an_owner_must_be_one_of_the_portals(http, add, portal):
    there = f"/crm/v3/objects/contacts/{add().id}"
    assert http("PATCH", there, {"properties": {"hubspot_owner_id": "9"}}).status == 200
    owners.seed(portal, [(7, "a@example.com", "A", "B"), (8, "b@example.com", "B", "C")])
    owners.archive(portal, 8)
    for owner, status in (("7", 200), ("8", 400), ("9", 400), ("", 200)):
        answer = http("PATCH", there, {"properties": {"hubspot_owner_id": owner}})
        assert answer.status == status


def test_records_archived_long_ago_are_forgotten_with_their_history(add, portal, clock):
    collection, there = portal.collection("contacts"), add(city="x")
    edits.archive(portal, collection, there)
    clock.time += 91 * 86_400
    edits.expire(portal, collection)
    assert len(collection.records) == 0
    assert not collection.history.of(there.id, "city")
