from __future__ import annotations

import json

import pytest
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from leadscore import errors
from leadscore.hubspot.replies import (
    check_json,
    correlation_id,
    is_daily,
    is_repeatable,
    limit_interval,
    midnight,
    records_of,
    translate,
)


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
        (429, errors.LimitReachedError),
        (530, errors.AuthenticationError),
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


@pytest.mark.parametrize("zone", ["", "Nowhere/Atall", "../etc/passwd", "\0"])
def test_a_time_zone_that_is_none_has_no_midnight(zone):
    assert midnight(zone, {"Date": "Wed, 25 Nov 2026 23:30:00 GMT"}) == ""


def test_midnight_is_that_of_the_portal_on_its_servers_clock():
    told = {"Date": "Wed, 25 Nov 2026 23:30:00 GMT"}
    assert midnight("America/New_York", told) == "2026-11-26 00:00 America/New_York"
    assert midnight("Asia/Tokyo", told) == "2026-11-27 00:00 Asia/Tokyo"
    assert midnight("UTC", {"Date": "nonsense"}).endswith("00:00 UTC")


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ('{"policyName": "TEN_SECONDLY_ROLLING"}', 10.0),
        ('{"policyName": "SECONDLY"}', 1.0),
        ('{"message": "You have reached your ten_secondly_rolling limit."}', 10.0),
        ('{"message": "You have reached your secondly limit."}', 1.0),
        ('{"policyName": "DAILY"}', None),
        ("<html>", None),
    ],
)
def test_a_429_names_its_interval_by_policy_or_in_words(body, seconds):
    assert limit_interval(body) == seconds


@pytest.mark.parametrize("method", ["GET", "get", "PUT", "DELETE", "PATCH", "HEAD"])
def test_what_sets_or_reads_can_be_repeated(method):
    assert is_repeatable(method, "/crm/v3/objects/contacts/1")


@pytest.mark.parametrize("path", ["", "/batch/update", "/batch/create", "/batch/upsert", "/merge"])
def test_a_post_that_writes_cannot(path):
    assert not is_repeatable("POST", f"/crm/objects/2026-03/contacts{path}")
    assert not is_repeatable("POST", f"/crm/objects/2026-03/contacts{path}?x=/search")


def test_the_correlation_id_is_empty_where_there_is_none():
    assert correlation_id({}) == ""
    assert correlation_id({"x-hubspot-correlation-id": "c"}) == "c"


def _answer(body, kind, status=200):
    return urllib3.HTTPResponse(body, headers={"content-type": kind}, status=status)


@pytest.mark.parametrize("accept", [{"Accept": "application/json"}, {"accept": "application/json"}])
def test_whoever_asks_for_json_alone_gets_an_object(accept):
    check_json(_answer(b"{}", "application/json"), accept, method="GET", url="http://h/x")
    for body, kind in ((b"[]", "application/json"), (b"{}", "text/html"), (b"", "")):
        with pytest.raises(errors.BadReplyError):
            check_json(_answer(body, kind), accept, method="GET", url="http://h/x")


def test_whoever_asks_for_anything_gets_anything_that_is_whole():
    for body, kind in ((b"<html>", "text/html"), (b"[]", "application/json"), (b"", "")):
        check_json(_answer(body, kind), {"Accept": "*/*"}, method="GET", url="http://h/x")
    with pytest.raises(errors.BadReplyError, match="cut"):
        check_json(_answer(b"[", "application/json"), {}, method="GET", url="http://h/x")
