import json

import pytest
from formbodies import body, field

FIELDS = (field(required=True), field("firstname", "single_line_text"))


@pytest.fixture
def form(http):
    return http.post("/marketing/v3/forms", body(*FIELDS)).json["id"]


@pytest.fixture
def fill(http, portal, form):
    """Send the form in, without a token unless it is secure."""

    def send(*, secure=False, form=form, at=None, portal_id=portal.id, more=None, **values):
        values = {"email": "ann@example.com"} | values
        fields = [{"objectTypeId": "0-1", "name": k, "value": v} for k, v in values.items()]
        given = {"fields": fields} | ({"submittedAt": str(at)} if at else {}) | (more or {})
        path = f"/submissions/v3/integration/{'secure/' if secure else ''}submit/{portal_id}/{form}"
        return http("POST", path, given, headers={} if secure else {"Authorization": ""})

    return send


@pytest.fixture
def person(http):
    def get(email="ann@example.com", *names):
        path = f"/crm/v3/objects/contacts/{email}"
        return http.get(path, idProperty="email", properties=",".join(names))

    return get


def test_the_contact_appears_a_moment_after_the_submission(fill, person, clock):
    answer = fill(firstname="Ann")
    assert (answer.status, answer.json) == (
        200,
        {"inlineMessage": "Thanks for submitting the form."},
    )
    clock.time += 1
    assert person().status == 404
    clock.time += 1
    assert person("ann@example.com", "firstname").json["properties"]["firstname"] == "Ann"


def test_a_form_may_send_its_visitors_elsewhere(http, fill):
    action = {"type": "redirect_url", "value": "https://example.com/thanks"}
    given = body(*FIELDS, configuration={"postSubmitAction": action})
    form = http.post("/marketing/v3/forms", given).json["id"]
    assert fill(form=form).json == {"redirectUri": "https://example.com/thanks"}


def test_what_is_wrong_comes_as_a_list_of_errors_and_nothing_is_written(fill, portal, clock):
    answer = fill(email="")
    assert (answer.status, answer.json["message"]) == (400, "The request is not valid")
    assert answer.json["errors"] == [
        {
            "message": "Error in 'fields.email'. Required field 'email' is missing",
            "errorType": "REQUIRED_FIELD",
        }
    ]
    clock.time += 2
    assert portal.shelf("pending submissions") == {}


def test_the_secure_path_takes_a_token_and_any_property(http, portal, fill, form, person, clock):
    assert fill(city="Bern").status == 400
    assert fill(city="Bern", secure=True).status == 200
    clock.time += 2
    assert person("ann@example.com", "city").json["properties"]["city"] == "Bern"
    path = f"/submissions/v3/integration/secure/submit/{portal.id}/{form}"
    assert http("POST", path, {"fields": []}, headers={"Authorization": ""}).status == 401
    portal.scopes = {"files"}
    assert fill(secure=True).status == 403


def test_another_portal_an_unknown_form_and_an_archived_one_take_nothing(http, fill, form):
    assert fill(portal_id=7).status == 404
    assert fill(form="nope").status == 404
    http("DELETE", f"/marketing/v3/forms/{form}")
    assert fill().status == 404


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"fields": None}, 400),
        ({"fields": "email"}, 400),
        ({"fields": [{"value": "x"}]}, 400),
        ({"fields": [{"name": "email", "value": {}}]}, 400),
        ({"fields": [{"name": "name", "value": "x", "objectTypeId": "0-2"}]}, 501),
    ],
)
def test_fields_are_a_list_of_names_and_values_of_contacts(fill, more, status):
    assert fill(more=more).status == status


def test_fifty_submissions_without_a_token_in_ten_seconds(portal, fill, clock):
    portal.limits = True
    assert {fill().status for _ in range(50)} == {200}
    refused = fill()
    assert (refused.status, refused.json["policyName"]) == (429, "TEN_SECONDLY_ROLLING")
    clock.time += 10
    assert fill().status == 200


def test_a_known_contact_is_changed_and_its_history_names_the_form(http, add, fill, form, clock):
    contact = add(email="ann@example.com", firstname="Old")
    fill(email="ANN@example.com", firstname="New")
    clock.time += 2
    path = f"/crm/v3/objects/contacts/{contact.id}"
    found = http.get(path, propertiesWithHistory="firstname").json["propertiesWithHistory"]
    newest = found["firstname"][0]
    assert (newest["value"], newest["sourceType"]) == ("New", "FORM")
    assert (newest["sourceId"], newest["sourceLabel"]) == (form, "Talk to us")


def test_conversions_are_counted_and_the_first_and_the_latest_are_kept(portal, fill, person, clock):
    now = portal.now_ms
    for at in (now - 2_000, now - 3_000, now - 1_000):
        fill(at=at, more={"context": {"pageName": f"Page {at}"}})
    clock.time += 2
    names = [
        *("num_conversion_events", "num_unique_conversion_events", "first_conversion_date"),
        *("first_conversion_event_name", "recent_conversion_event_name", "hs_analytics_source"),
    ]
    found = person("ann@example.com", *names).json["properties"]
    assert [found[name] for name in names] == [
        *("3", "1", "2027-01-15T07:59:57.000Z"),
        *(f"Page {now - 3_000}: Talk to us", f"Page {now - 1_000}: Talk to us", "OFFLINE"),
    ]


def test_a_form_sets_the_stage_that_it_is_configured_for(http, fill, person, clock):
    stages = {"lifecycleStages": [{"objectTypeId": "0-1", "value": "lead"}]}
    form = http.post("/marketing/v3/forms", body(*FIELDS, configuration=stages)).json["id"]
    fill(form=form)
    clock.time += 2
    found = person("ann@example.com", "lifecyclestage").json["properties"]
    assert found["lifecyclestage"] == "lead"


def test_a_value_that_does_not_fit_its_property_is_dropped_and_the_rest_kept(fill, person, clock):
    fill(secure=True, numemployees="many", firstname="Ann")
    clock.time += 2
    found = person("ann@example.com", "numemployees", "firstname").json["properties"]
    assert (found["numemployees"], found["firstname"]) == (None, "Ann")


def test_submissions_are_read_the_newest_first_fifty_at_most(http, portal, fill, form, clock):
    now = portal.now_ms
    for at in (now - 2, now - 1, now - 3):
        fill(at=at, more={"context": {"pageUri": "https://example.com/talk"}})
    path = f"/form-integrations/v1/submissions/forms/{form}"
    assert http.get(path).json["results"] == []
    clock.time += 2
    first = http.get(path, limit=2).json
    assert [one["submittedAt"] for one in first["results"]] == [now - 1, now - 2]
    assert first["results"][0]["pageUrl"] == "https://example.com/talk"
    assert first["results"][0]["values"] == [
        {"name": "email", "value": "ann@example.com", "objectTypeId": "0-1"}
    ]
    rest = http.get(path, after=first["paging"]["next"]["after"]).json
    assert [one["submittedAt"] for one in rest["results"]] == [now - 3]
    assert http.get(path, limit=51).status == 400
    assert http.get(path.replace(form, "nope")).status == 404


def test_what_is_kept_of_submissions_is_plain_json(fill, portal):
    fill()
    assert json.loads(json.dumps(portal.shelves)) == portal.shelves
