import pytest

from leadscore.sandbox.portal import Grant
from leadscore.sandbox.replies import Refusal
from leadscore.sandbox.validation import check_association

RULES = "/__sandbox/validation"
REQUIRED = {"contacts": {"required": ["firstname"]}}
CONDITIONAL = {
    "contacts": {
        "conditional": [{"property": "hs_lead_status", "values": ["OPEN"], "requires": ["phone"]}]
    }
}


@pytest.fixture
def enforced(version):
    return version == "2026-09"


def create(http, objects, **values):
    return http.post(objects, {"properties": {"lastname": "x"} | values})


def test_2026_09_asks_for_what_the_create_form_requires(http, objects, enforced):
    assert http.post(RULES, REQUIRED).status == 200
    answer = create(http, objects)
    assert answer.status == (400 if enforced else 201)
    if enforced:
        [error] = answer.json["errors"]
        assert answer.json["category"] == "VALIDATION_ERROR"
        assert error["code"] == "MISSING_REQUIRED_PROPERTY"
        assert error["context"] == {"propertyName": ["firstname"]}
    assert create(http, objects, firstname="Ada").status == 201


def test_what_the_create_form_requires_is_not_asked_for_later(http, objects, add):
    there = f"{objects}/{add().id}"
    http.post(RULES, REQUIRED)
    assert http("PATCH", there, {"properties": {"lastname": "y"}}).status == 200


def test_2026_09_asks_for_what_another_value_requires(http, objects, enforced, add):
    http.post(RULES, CONDITIONAL)
    there = f"{objects}/{add().id}"
    answer = http("PATCH", there, {"properties": {"hs_lead_status": "OPEN"}})
    assert answer.status == (400 if enforced else 200)
    if enforced:
        [error] = answer.json["errors"]
        assert error["code"] == "MISSING_CONDITIONAL_REQUIRED_PROPERTY"
        assert error["context"] == {"propertyName": ["phone"]}
        assert "[hs_lead_status]" in error["message"]
    assert create(http, objects, hs_lead_status="OPEN").status == (400 if enforced else 201)
    for given in ({"hs_lead_status": "OPEN", "phone": "1"}, {"hs_lead_status": "NEW"}):
        assert http("PATCH", there, {"properties": given}).status == 200


def test_a_value_that_is_there_is_enough_and_must_not_be_cleared(http, objects, enforced, add):
    http.post(RULES, CONDITIONAL)
    there = f"{objects}/{add(phone='1').id}"
    assert http("PATCH", there, {"properties": {"hs_lead_status": "OPEN"}}).status == 200
    cleared = http("PATCH", there, {"properties": {"phone": ""}})
    assert cleared.status == (400 if enforced else 200)


def test_a_rule_leaves_writes_alone_that_do_not_touch_it(http, objects, add):
    there = f"{objects}/{add(hs_lead_status='OPEN').id}"
    http.post(RULES, CONDITIONAL)
    assert http("PATCH", there, {"properties": {"lastname": "y"}}).status == 200


def test_batches_are_held_to_the_rules_too(http, objects, enforced, add):
    http.post(RULES, REQUIRED | CONDITIONAL)
    inputs = [{"id": str(add().id), "properties": {"hs_lead_status": "OPEN"}}]
    answer = http.post(f"{objects}/batch/update", {"inputs": inputs})
    assert answer.status == (400 if enforced else 200)


def test_new_rules_take_the_place_of_all_before(http, objects):
    http.post(RULES, REQUIRED)
    assert http.post(RULES, {}).json == {}
    assert create(http, objects).status == 201


@pytest.mark.parametrize(
    "given",
    [
        {"nothing": {}},
        {"contacts": {"required": ["nope"]}},
        {"contacts": {"required": "email"}},
        {"contacts": {"forbidden": []}},
        {"contacts": []},
        {"contacts": {"conditional": [{"property": "email"}]}},
        {"contacts": {"conditional": {}}},
        {"editAssociations": "no"},
    ],
    ids=str,
)
def test_rules_that_mean_nothing_are_refused(http, given):
    assert http.post(RULES, given).status == 400


@pytest.mark.parametrize("oauth", [True, False])
def test_only_apps_that_act_for_a_user_need_the_permission_to_edit_associations(
    http, portal, oauth
):
    class Asked:
        version, grant = "2026-09", Grant(set(), oauth=oauth)

    Asked.portal = portal
    check_association(Asked)
    http.post(RULES, {"editAssociations": False})
    if oauth:
        with pytest.raises(Refusal, match="Missing 'Edit Associations' permission"):
            check_association(Asked)
    Asked.version = "2026-03"
    check_association(Asked)


@pytest.mark.parametrize(("version", "status"), [("2026-03", 200), ("2026-09", 400)])
def test_associations_of_2026_09_ask_for_that_permission(
    http, portal, add, sign_in, version, status
):
    contact, company = add(), add("companies", name="Analytical Engines")
    pair = f"{contact.id}/associations/default/companies/{company.id}"
    path = f"/crm/objects/{version}/contacts/{pair}"
    token = sign_in("crm.objects.contacts.write", "crm.objects.companies.write")["access_token"]
    user = {"Authorization": f"Bearer {token}"}
    http.post(RULES, {"editAssociations": False})
    answer = http("PUT", path, headers=user)
    assert answer.status == status, answer.text
    assert http("PUT", path).status == 200
