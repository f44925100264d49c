"""Sequences and who is enrolled in them."""

import hubspot_sdk
import pytest

from leadscore.sandbox import owners
from leadscore.sandbox.edits import past

READ, WRITE = "automation.sequences.read", "automation.sequences.enrollments.write"
DAY = 86_400


@pytest.fixture(params=["/automation/v4/sequences", "/automation/sequences/2026-03"])
def path(request):
    return request.param


@pytest.fixture
def user(portal):
    """Return the user id of the portal's one owner."""
    owners.seed(portal, [(5, "rep@example.com", "Rep", "Resentative")])
    return str(owners.owners(portal)[0]["userId"])


@pytest.fixture
def headers(user, sign_in):
    return {"Authorization": f"Bearer {sign_in(READ, WRITE)['access_token']}"}


@pytest.fixture
def enroll(http, user, headers, path):
    """Enrol a contact as its owner's client would."""

    def post(record, **change):
        contact = str(getattr(record, "id", record))
        body = {"sequenceId": "4001", "contactId": contact, "senderEmail": "rep@example.com"}
        return http.post(f"{path}/enrollments", body | change, userId=user, headers=headers)

    return post


def test_every_path_with_sequences_needs_a_user(http, headers, path):
    for call in ("", "/4001"):
        answer = http.get(path + call)
        assert (answer.status, answer.json["category"]) == (400, "VALIDATION_ERROR")
        assert "userId" in answer.json["message"]
    assert http.post(f"{path}/enrollments", {}, headers=headers).status == 400


def test_a_user_that_the_portal_does_not_have_is_a_400(http, user, path):
    assert http.get(path, userId=user).status == 200
    assert http.get(path, userId="77").status == 400


def test_sequences_are_listed_by_name_and_page(http, user, path):
    found = http.get(path, userId=user).json
    assert (found["total"], [one["id"] for one in found["results"]]) == (2, ["4001", "4002"])
    first = http.get(path, userId=user, limit=1).json
    after = first["paging"]["next"]["after"]
    assert http.get(path, userId=user, limit=1, after=after).ids == ["4002"]
    assert http.get(path, userId=user, name="win").ids == ["4002"]


def test_a_sequence_shows_its_steps(http, user, path):
    found = http.get(f"{path}/4001", userId=user).json
    actions = [step["actionType"] for step in found["steps"]]
    assert actions == ["EMAIL", "TASK", "EMAIL", "FINISH_ENROLLMENT"]
    assert found["dependencies"][0]["dependencyType"] == "TASK_COMPLETION"
    assert http.get(f"{path}/1", userId=user).status == 404


def test_enrolling_shows_in_the_contacts_properties_and_history(portal, add, enroll):
    record = add(email="a@example.com")
    found = enroll(record)
    assert (found.status, found.json["toEmail"]) == (200, "a@example.com")
    assert set(found.json) == {"id", "toEmail", "enrolledAt", "updatedAt"}
    assert record.values["hs_sequences_is_enrolled"] == "true"
    assert record.values["hs_sequences_enrolled_count"] == "1"
    contacts = portal.collection("contacts")
    assert past(contacts, record, "hs_sequences_is_enrolled")[-1].source.type == "SEQUENCES"


def test_the_enrolment_is_found_by_contact(http, user, add, enroll, path):
    record = add(email="a@example.com")
    assert http.get(f"{path}/enrollments/contact/{record.id}").status == 404
    made = enroll(record).json
    found = http.get(f"{path}/enrollments/contact/{record.id}").json
    about = {"sequenceId": "4001", "sequenceName": "New lead follow-up"}
    about |= {"enrolledBy": user, "enrolledByEmail": "rep@example.com"}
    assert found == made | about


def test_a_contact_is_in_one_sequence_at_a_time(add, enroll):
    record = add(email="a@example.com")
    enroll(record)
    answer = enroll(record, sequenceId="4002")
    assert (answer.status, answer.json["errors"][0]["code"]) == (400, "ALREADY_ENROLLED")
    assert record.values["hs_sequences_enrolled_count"] == "1"


def test_an_enrolment_ends_with_its_last_step(http, clock, add, enroll, path):
    record = add(email="a@example.com")
    enroll(record)
    clock.time += 6 * DAY - 1
    assert http.get(f"{path}/enrollments/contact/{record.id}").status == 200
    clock.time += 1
    assert http.get(f"{path}/enrollments/contact/{record.id}").status == 404
    assert record.values["hs_sequences_is_enrolled"] == "false"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"sequenceId": "1"}, 404),
        ({"contactId": "1"}, 404),
        ({"contactId": "x"}, 404),
        ({"senderEmail": "other@example.com"}, 400),
        ({"sequenceId": None}, 400),
    ],
)
def test_an_enrolment_that_cannot_be_is_refused(portal, add, enroll, change, status):
    record = add(email="a@example.com")
    assert enroll(record, **change).status == status
    assert "hs_sequences_is_enrolled" not in record.values
    assert not portal.writes


def test_a_contact_without_an_email_address_cannot_be_enrolled(add, enroll):
    answer = enroll(add(lastname="x"))
    assert (answer.status, answer.json["errors"][0]["code"]) == (400, "MISSING_EMAIL")


def test_enrolling_takes_a_users_token(http, user, add, path):
    body = {"sequenceId": "4001", "contactId": str(add(email="a@example.com").id)}
    body["senderEmail"] = "rep@example.com"
    assert http.post(f"{path}/enrollments", body, userId=user).status == 403


def test_a_subscription_below_professional_has_no_sequences(http, portal, user, path):
    portal.tier = "starter"
    assert http.get(path, userId=user).status == 403
    assert http.get(path).status == 400


def test_reading_and_enrolling_have_scopes_of_their_own(http, portal, user, path):
    portal.scopes -= {READ}
    assert http.get(path, userId=user).json["category"] == "MISSING_SCOPES"
    portal.scopes -= {WRITE}
    answer = http.post(f"{path}/enrollments", {}, userId=user)
    assert answer.json["category"] == "MISSING_SCOPES"


def test_the_official_sdk_finds_every_field(url, user, sign_in, add):
    token = sign_in(READ, WRITE)["access_token"]
    sdk = hubspot_sdk.HubSpot(
        base_url=url, access_token=token, max_retries=0, _strict_response_validation=True
    )
    api, contact = sdk.automation.sequences, str(add(email="a@example.com").id)
    assert [one.name for one in api.list(user_id=user)] == ["New lead follow-up", "Win back"]
    assert api.get("4001", user_id=user).steps[1].task_pattern.task_type == "CALL"
    api.create_enrollment(
        user_id=user, contact_id=contact, sender_email="rep@example.com", sequence_id="4001"
    )
    assert api.get_enrollment_by_contact_id(contact).enrolled_by == user
