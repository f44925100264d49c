from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore import errors
from leadscore.hubspot.replies import is_daily, records_of, translate


class Refusal:
    """What the official client raises: a status, a reason, a body."""

    def __init__(self, status, body, reason="Some Reason"):
        self.status, self.body, self.reason = status, body, reason


def _translated(status, body):
    return translate(Refusal(status, body), method="GET", path="/x")


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (400, errors.InvalidRequestError),
        (401, errors.AuthenticationError),
        (403, errors.MissingScopesError),
        (404, errors.NotFoundError),
        (409, errors.InvalidRequestError),
        (414, errors.InvalidRequestError),
        (423, errors.HubSpotError),
        (477, errors.LimitReachedError),
        (418, errors.HubSpotError),
        (500, errors.HubSpotError),
        (599, errors.HubSpotError),
        (0, errors.HubSpotError),
        (None, errors.HubSpotError),
    ],
)
def test_each_status_has_its_class(status, cls):
    assert type(_translated(status, "{}")) is cls


def test_hubspots_own_words_category_and_correlation_id_are_kept():
    body = {"message": "Bad thing", "category": "VALIDATION_ERROR", "correlationId": "c-9"}
    error = _translated(400, json.dumps(body))
    assert "Bad thing" in str(error)
    assert (error.category, error.correlation_id) == ("VALIDATION_ERROR", "c-9")


@given(st.none() | st.text() | st.binary() | st.dictionaries(st.text(), st.text()).map(json.dumps))
def test_no_body_whatever_is_in_it_breaks_the_translation(body):
    assert isinstance(_translated(400, body), errors.HubSpotError)


@pytest.mark.parametrize("scopes", [None, [], [{}], [{"context": None}], "text", [None]])
def test_a_403_of_any_shape_is_still_about_scopes(scopes):
    error = _translated(403, json.dumps({"errors": scopes}))
    assert isinstance(error, errors.MissingScopesError)


def test_the_daily_limit_is_known_by_its_policy_or_its_words():
    assert is_daily(json.dumps({"policyName": "DAILY"}))
    assert is_daily(b'{"message": "You have reached your daily limit."}')
    assert not is_daily(json.dumps({"policyName": "TEN_SECONDLY_ROLLING"}))
    assert not is_daily("<html>")


def test_a_very_long_message_is_cut():
    assert len(str(_translated(400, json.dumps({"message": "x" * 100_000})))) < 1_000


def test_results_must_each_have_their_key():
    assert records_of({"results": [{"name": "a"}]}, path="/x", key="name")
    with pytest.raises(errors.BadReplyError, match="no name"):
        records_of({"results": [{"id": "1"}]}, path="/x", key="name")
