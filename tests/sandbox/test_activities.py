import pytest

from leadscore.sandbox.activities import ACTIVITIES
from leadscore.sandbox.standard import standard_properties


@pytest.mark.parametrize("kind", ACTIVITIES)
def test_every_activity_has_its_time_its_owner_and_its_body(kind):
    known = standard_properties(kind)
    assert known["hs_timestamp"]["type"] == "datetime"
    assert known["hubspot_owner_id"]["externalOptions"]
    assert "createdate" not in known


@pytest.mark.parametrize(
    ("kind", "name", "values"),
    [
        ("tasks", "hs_task_priority", {"LOW", "MEDIUM", "HIGH"}),
        ("tasks", "hs_task_status", {"NOT_STARTED", "COMPLETED", "WAITING"}),
        ("tasks", "hs_task_type", {"EMAIL", "CALL", "TODO"}),
        ("emails", "hs_email_direction", {"EMAIL", "INCOMING_EMAIL", "FORWARDED_EMAIL"}),
        ("emails", "hs_email_status", {"BOUNCED", "FAILED", "SCHEDULED", "SENDING", "SENT"}),
    ],
)
def test_the_options_are_those_of_the_documentation(kind, name, values):
    assert values <= {one["value"] for one in standard_properties(kind)[name]["options"]}


def test_an_option_that_is_none_is_refused(http):
    body = {"properties": {"hs_timestamp": "1800000000000", "hs_task_status": "DONE"}}
    answer = http.post("/crm/v3/objects/tasks", body)
    assert (answer.status, answer.json["errors"][0]["code"]) == (400, "INVALID_OPTION")
