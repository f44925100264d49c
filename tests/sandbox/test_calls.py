from uuid import UUID

import pytest

from leadscore.sandbox.edits import archive
from leadscore.sandbox.portal import Grant

WRONG = ["", "Bearer", "Bearer ", "Basic {token}", "{token}", "Bearer {token}x"]


@pytest.mark.parametrize("header", WRONG)
def test_without_the_portals_token_nothing_is_answered(http, portal, header):
    given = {"Authorization": header.format(token=portal.token)}
    answer = http.get("/crm/v3/objects/contacts", headers=given)
    assert (answer.status, answer.json["category"]) == (401, "INVALID_AUTHENTICATION")
    assert portal.token not in answer.text


def test_a_token_that_is_none_of_hubspots_expired_in_1970(http):
    answer = http.get("/crm/v3/objects/contacts", headers={"Authorization": "Bearer x"})
    assert (answer.status, answer.json["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert answer.json["message"].endswith("expired 20833 day(s) ago.")
    assert answer.json["context"] == {"expire time": ["1970-01-01T00:00:00Z"]}


def test_the_correlation_id_is_in_the_body_and_in_a_header(http):
    answer = http.get("/crm/v3/objects/contacts/1")
    assert UUID(answer.json["correlationId"])
    assert answer.json["correlationId"] == answer.headers["x-hubspot-correlation-id"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"a": NaN}', b'{"a": Infinity}', b"\xff", b"<html>", b"[" * 100_000]
)
def test_a_body_must_be_json(http, body):
    answer = http.post("/crm/v3/objects/contacts/batch/read", body)
    assert (answer.status, answer.json["category"]) == (400, "VALIDATION_ERROR")
    assert answer.json["message"].startswith("Invalid input JSON on line 1, column ")


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_words_that_are_no_json_numbers_are_refused(http, portal, word):
    body = b'{"properties": {"lastname": "x", "annualrevenue": %s}}' % word.encode()
    answer = http.post("/crm/v3/objects/contacts", body)
    assert (answer.status, word in answer.json["message"]) == (400, True)
    assert answer.json["message"].startswith("Invalid input JSON")
    assert not portal.writes


def test_the_place_of_bad_json_is_named(http):
    answer = http.post("/crm/v3/objects/contacts", b'{"properties":\n  oops}')
    assert answer.json["message"].startswith("Invalid input JSON on line 2, column 3")


@pytest.mark.parametrize("body", [[], "text", 5, None])
def test_a_body_must_be_an_object(http, body):
    assert http.post("/crm/v3/objects/contacts", b"null" if body is None else body).status == 400


@pytest.mark.parametrize("body", [{}, {"inputs": None}, {"inputs": {}}, {"inputs": ["1"]}])
def test_a_batch_must_have_inputs(http, body):
    assert http.post("/crm/v3/objects/contacts/batch/read", body).status == 400


@pytest.mark.parametrize(("count", "status"), [(0, 400), (1, 207), (100, 207), (101, 400)])
def test_a_batch_takes_up_to_a_hundred_inputs(http, count, status):
    body = {"inputs": [{"id": str(number)} for number in range(count)]}
    assert http.post("/crm/v3/objects/contacts/batch/read", body).status == status


def test_an_input_without_its_required_fields_is_refused(http):
    answer = http.post("/crm/v3/objects/contacts/batch/update", {"inputs": [{"id": "1"}]})
    assert (answer.status, "inputs.properties" in answer.json["message"]) == (400, True)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/crm/v3/objects/contacts", "crm.objects.contacts.read"),
        ("POST", "/crm/objects/2026-03/0-1/batch/update", "crm.objects.contacts.write"),
        ("POST", "/crm/v3/objects/deals/search", "crm.objects.deals.read"),
        ("POST", "/crm/properties/2026-09/companies", "crm.schemas.companies.write"),
    ],
)
def test_a_missing_scope_is_named_where_hubspot_names_it(http, portal, method, path, scope):
    portal.scopes -= {scope}
    answer = http(method, path, {})
    assert (answer.status, answer.json["category"]) == (403, "MISSING_SCOPES")
    assert answer.json["errors"][0]["context"]["requiredGranularScopes"] == [scope]


def test_reading_properties_needs_one_of_several_scopes(http, portal):
    portal.scopes = {"crm.objects.contacts.read"}
    assert http.get("/crm/v3/properties/contacts").status == 200
    assert http.get("/crm/v3/properties/deals").status == 403


def test_an_unknown_object_type_is_a_400(http):
    answer = http.get("/crm/v3/objects/unicorns")
    assert answer.status == 400
    assert answer.json["message"] == "Unable to infer object type from: unicorns"


def test_every_request_with_a_token_is_on_record(http, portal):
    http.get("/crm/v3/objects/contacts")
    http.get("/crm/objects/2026-03/contacts/7")
    assert [(one.method, one.path, one.status) for one in portal.requests] == [
        ("GET", "/crm/v3/objects/contacts", 200),
        ("GET", "/crm/objects/2026-03/contacts/7", 404),
    ]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_that_is_not_said_to_be_json_is_a_415(http, portal, kind):
    body = b'{"properties": {"lastname": "x"}}'
    answer = http("POST", "/crm/v3/objects/contacts", body, headers={"Content-Type": kind})
    assert answer.status == 415
    assert not portal.writes


@pytest.mark.parametrize("word", ["true", "True"])
def test_a_flag_is_read_as_the_clients_write_it(http, portal, add, word):
    contacts, record = portal.collection("contacts"), add(email="a@example.com")
    archive(portal, contacts, record)
    assert http.get("/crm/v3/objects/contacts", archived=word).ids == [str(record.id)]


def test_lists_in_a_query_are_repeated_or_joined_by_commas(http, add):
    add(email="a@example.com", phone="1")
    for names in (["email", "phone"], "email,phone"):
        (found,) = http.get("/crm/v3/objects/contacts", properties=names).json["results"]
        assert {"email", "phone"} <= set(found["properties"])


def test_a_revoked_token_is_known_no_more(http, portal):
    portal.revoked = True
    answer = http.get("/crm/v3/objects/contacts")
    assert (answer.status, answer.json["category"]) == (401, "INVALID_AUTHENTICATION")


def test_another_token_may_do_what_its_grant_says(http, portal):
    portal.grants["pat-na1-key"] = Grant({"crm.objects.deals.read"}, app_id=7)
    headers = {"Authorization": "Bearer pat-na1-key"}
    assert http.get("/crm/v3/objects/deals", headers=headers).status == 200
    assert http.get("/crm/v3/objects/contacts", headers=headers).status == 403


FILTER = {"propertyName": "email", "value": "x"}
BRANCH = {"filterBranchType": {}, "filters": [], "filterBranches": []}
ENUM = {"name": "x", "label": "X", "type": "string", "fieldType": "text", "groupName": "y"}
ODD = [
    ("POST", "/crm/v3/objects/contacts/search", {"filters": [FILTER | {"operator": []}]}),
    ("POST", "/crm/v3/objects/contacts/search", {"sorts": ["{" + '"a":[' * 5000]}),
    ("POST", "/crm/v3/objects/contacts/search", {"sorts": [FILTER | {"direction": {}}]}),
    ("POST", "/crm/v3/objects/contacts/batch/read", {"inputs": [{"id": "1"}], "properties": 1.5}),
    (
        "POST",
        "/crm/v3/objects/contacts/batch/read",
        {"inputs": [{"id": "1"}], "properties": "email"},
    ),
    (
        "POST",
        "/crm/v3/objects/contacts/batch/read",
        {"inputs": [{"id": "1"}], "propertiesWithHistory": True},
    ),
    (
        "POST",
        "/crm/v3/objects/contacts/batch/upsert",
        {"inputs": [{"id": "1", "properties": {}, "idProperty": ["a"]}]},
    ),
    ("POST", "/crm/v3/properties/contacts", ENUM | {"groupName": []}),
    ("POST", "/crm/v3/properties/contacts", ENUM | {"dataSensitivity": [[]]}),
    (
        "POST",
        "/crm/v3/properties/contacts",
        ENUM | {"groupName": "contactinformation", "fieldType": {}},
    ),
    ("PATCH", "/crm/v3/pipelines/deals/default", {"archived": {}}),
    ("POST", "/crm/v3/lists", {"name": "x", "objectTypeId": [], "processingType": "MANUAL"}),
    ("POST", "/crm/v3/lists/search", {"listIds": True}),
    ("POST", "/crm/v3/lists/search", {"sort": [[]]}),
    (
        "POST",
        "/crm/v3/lists",
        {"name": "x", "objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": BRANCH},
    ),
    ("POST", "/__sandbox/faults", b"[" * 100_000),
    ("POST", "/oauth/v2/private-apps/get/access-token-info", {"tokenKey": "\ud800"}),
]


@pytest.mark.parametrize(("method", "path", "body"), ODD)
def test_a_value_of_another_json_type_than_is_expected_is_never_a_mistake_of_the_sandbox(
    http, method, path, body
):
    assert http(method, path, body).status in {400, 404, 501}


def test_a_number_of_too_many_digits_is_a_400(http):
    answer = http.post("/crm/v3/objects/contacts", b'{"a": %s}' % (b"9" * 5000))
    assert (answer.status, answer.json["category"]) == (400, "VALIDATION_ERROR")


def test_a_search_for_lists_of_an_object_type_that_is_no_text_finds_none(http):
    assert http.post("/crm/v3/lists/search", {"objectTypeId": []}).json["lists"] == []


@pytest.mark.parametrize(
    "text", [" 5", "5 ", "+5", "1_0", "\uff11\uff12", "5\n", "5.0", "", "9" * 5000]
)
def test_a_number_is_written_in_plain_digits(http, text):
    assert http.get("/crm/v3/objects/contacts", limit=text).status == 400
    assert http.post("/crm/v3/objects/contacts/search", {"limit": text}).status == 400


@pytest.mark.parametrize("name", ["leads", "0-136", "users", "0-115", "Tickets", "line_items"])
def test_an_object_type_that_only_hubspot_has_is_a_501(http, name):
    assert http.get(f"/crm/v3/objects/{name}").status == 501
    assert http.get(f"/crm/v4/associations/contacts/{name}/labels").status == 501
