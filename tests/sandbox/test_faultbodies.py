"""The replies that have names."""

import json

import pytest

from leadscore.sandbox.faultbodies import NAMES, content, default_body, named


@pytest.mark.parametrize("name", NAMES)
def test_every_named_body_begins_with_its_status_and_can_be_sent(name):
    found = named(name)
    assert name.startswith(str(found.status))
    body = content(found, correlation_id="c")
    if isinstance(body, bytes):
        assert b"This is not HubSpot" in body
    else:
        assert json.loads(json.dumps(body))["status"] == "error"
        assert body["correlationId"] == "c"


@pytest.mark.parametrize(
    ("name", "policy", "message"),
    [
        ("429 ten_secondly", "TEN_SECONDLY_ROLLING", "ten_secondly_rolling"),
        ("429 daily", "DAILY", "daily"),
        ("429 secondly", "SECONDLY", "secondly"),
    ],
)
def test_the_429s_are_told_apart_by_policy_and_message(name, policy, message):
    body = content(NAMES[name], correlation_id="c")
    assert (body["policyName"], body["errorType"]) == (policy, "RATE_LIMIT")
    assert body["message"] == f"You have reached your {message} limit."


def test_a_500_has_no_category_and_a_403_names_scopes_in_its_first_error():
    assert "category" not in content(NAMES["500"], correlation_id="c")
    error = content(NAMES["403 scopes"], correlation_id="c")["errors"][0]
    assert error["context"]["requiredGranularScopes"]


def test_a_477_says_how_long_to_wait():
    assert NAMES["477"].headers == {"retry-after": "60"}


def test_a_status_without_a_named_body_has_hubspots_shape():
    assert default_body(418) == {"status": "error", "message": "HTTP 418"}
    assert default_body(200) == ""
    assert named({"a": 1}) is None
