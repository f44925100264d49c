from __future__ import annotations

import gzip
import json
import time
import traceback

import pytest
from scripted import reply

from leadscore.errors import (
    AuthenticationError,
    BadReplyError,
    HubSpotError,
    LimitReachedError,
    MissingScopesError,
    SettingsError,
    UnreachableError,
)
from leadscore.hubspot import retries, wire

TOKEN = "pat-na1-00000000-1111-2222-3333-444444444444"
OK = reply(200, {"results": [{"id": "1"}]})


@pytest.fixture
def portal(odd):
    """Here every portal is an odd one."""
    return odd


def _read(portal):
    return portal.transport.call("GET", "/crm/objects/2026-03/contacts")


def _update(portal):
    return portal.transport.call(
        "POST", "/crm/objects/2026-03/contacts/batch/update", body={"inputs": []}
    )


def _create(portal):
    return portal.transport.call("POST", "/crm/objects/2026-03/contacts", body={}, expect=(201,))


def test_the_token_travels_in_the_header_and_is_kept_out_of_the_client(portal, script):
    script.replies = [OK]
    _read(portal)
    assert f"Authorization: Bearer {TOKEN}".encode() in script.requests[0]
    assert TOKEN not in repr(portal.client.config) + repr(vars(portal.client)) + repr(
        vars(portal.transport)
    )


def test_the_clients_own_methods_go_through_the_same_pool(portal, script):
    page = {"results": [{"id": "7", "properties": {}, "createdAt": "2026-01-01T00:00:00Z",
                         "updatedAt": "2026-01-01T00:00:00Z", "archived": False}]}  # fmt: skip
    script.replies = [reply(500, {"message": "x"}), reply(200, page)]
    found = portal.client.crm.contacts.basic_api.get_page(limit=1)
    assert found.results[0].id == "7"
    assert portal.requests == 2


def test_the_clients_own_methods_raise_the_clients_own_exception(portal, script):
    script.replies = [reply(404, {"message": "resource not found"})]
    with pytest.raises(Exception, match="resource not found") as caught:
        portal.client.crm.contacts.basic_api.get_by_id("1")
    assert caught.value.status == 404


def test_api_request_goes_through_the_same_pool_and_does_not_raise(portal, script):
    script.replies = [reply(503, b""), reply(404, {"message": "no such thing"})]
    response = portal.client.api_request({"path": "/crm/v3/anything", "qs": {"a": "1"}})
    assert (response.status_code, response.json()["message"]) == (404, "no such thing")
    assert b"GET /crm/v3/anything?a=1" in script.requests[1]
    assert f"Bearer {TOKEN}".encode() in script.requests[1]


def test_the_token_leaves_for_no_other_host(portal, script):
    for url in ("http://127.0.0.1:9", f"{script.url}.example"):
        with pytest.raises(SettingsError, match="another host"):
            portal.client.api_request({"base_url": url, "path": "/x"})
    assert not script.requests


def test_replies_may_be_compressed(portal, script):
    body = gzip.compress(json.dumps({"results": [1] * 1000}).encode())
    script.replies = [reply(200, body, Content_Encoding="gzip")]
    assert len(_read(portal)["results"]) == 1000
    assert b"Accept-Encoding: gzip" in script.requests[0]


@pytest.mark.parametrize(
    "bad",
    [
        reply(200, b"<html>maintenance</html>", kind="text/html"),
        reply(200, b""),
        reply(200, []),
        reply(200, b'{"results": [{"id"'),
        reply(202, {"results": []}),
        reply(204, b""),
    ],
    ids=["html", "empty", "array", "cut", "202", "204"],
)
def test_a_reply_that_is_not_what_hubspot_documents_is_never_no_data(portal, script, bad):
    script.replies = [bad]
    with pytest.raises(BadReplyError):
        _read(portal)


def test_a_bad_reply_is_asked_for_again(portal, script):
    script.replies = [reply(200, b"<html>", kind="text/html"), OK]
    assert _read(portal)["results"]


def test_server_errors_are_repeated_with_growing_waits(portal, script, waits):
    script.replies = [reply(503, b"", kind="text/html"), reply(502, b""), OK]
    assert _read(portal)["results"]
    assert [wait for wait in waits if wait >= 1] == [2.0, 4.0]


def test_a_dead_portal_is_given_up(portal, script):
    script.replies = [reply(500, {"message": "internal error", "correlationId": "c-1"})]
    with pytest.raises(HubSpotError, match="internal error") as caught:
        _read(portal)
    assert caught.value.correlation_id == "c-1"
    assert len(script.requests) == retries.ATTEMPTS


@pytest.mark.parametrize("write", [_update, _create])
def test_a_write_that_failed_is_not_sent_again_before_anybody_looked(portal, script, write):
    script.replies = [reply(500, {"message": "x"})]
    with pytest.raises(HubSpotError):
        write(portal)
    assert len(script.requests) == 1


def test_a_token_that_the_server_echoes_is_masked(portal, script):
    script.replies = [reply(401, {"message": f"Bearer {TOKEN} is unknown"})]
    with pytest.raises(AuthenticationError) as caught:
        _read(portal)
    assert TOKEN not in f"{caught.value} {caught.value.as_dict()}"
    assert "[token] is unknown" in str(caught.value)


def test_no_frame_of_an_error_holds_the_token(portal, script):
    script.replies = [_reset]
    try:
        _create(portal)
    except UnreachableError as error:
        script.requests.clear()  # what the server got is in this test's own frame
        frames = traceback.TracebackException.from_exception(error, capture_locals=True)
        assert TOKEN not in "".join(frames.format())


def test_thirty_limits_in_a_row_are_waited_for(portal, script):
    portal.pool.waits.uniform = lambda low, high: (low + high) / 2
    script.replies = [*[_limited("TEN_SECONDLY_ROLLING")] * 29, OK]
    assert _read(portal)["results"]
    assert len(script.requests) == 30


def _limited(policy):
    return reply(
        429, {"message": f"You have reached your {policy.lower()} limit.", "policyName": policy}
    )


def test_the_ten_second_limit_is_waited_for_whatever_the_method(portal, script, waits):
    script.replies = [_limited("TEN_SECONDLY_ROLLING"), reply(201, {"id": "1"})]
    assert _create(portal)["id"] == "1"
    assert max(waits) == pytest.approx(10, abs=0.5)


def test_the_daily_limit_stops_at_once(portal, script):
    script.replies = [_limited("DAILY")]
    with pytest.raises(LimitReachedError, match="daily limit"):
        _read(portal)
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, AuthenticationError), (403, MissingScopesError), (477, LimitReachedError)],
)
def test_what_no_repeat_can_mend_is_not_repeated(portal, script, status, error):
    script.replies = [reply(status, {"message": "no"})]
    with pytest.raises(error):
        _read(portal)
    assert len(script.requests) == 1


def test_a_missing_scope_is_named(portal, script):
    context = {"requiredGranularScopes": ["crm.objects.contacts.read"]}
    script.replies = [
        reply(403, {"message": "no", "errors": [{"message": "m", "context": context}]})
    ]
    with pytest.raises(MissingScopesError, match=r"crm\.objects\.contacts\.read"):
        _read(portal)


def test_an_error_body_that_is_not_utf8_does_not_hide_the_error(portal, script):
    script.replies = [reply(400, b"\xff\xfe nonsense")]
    with pytest.raises(HubSpotError) as caught:
        _read(portal)
    assert caught.value.status == 400


def _reset(connection):
    connection.close()


def _short(connection):
    connection.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{}"
    )
    connection.close()


@pytest.mark.parametrize("fault", [_reset, _short], ids=["reset", "cut short"])
def test_a_broken_connection_is_a_failure_and_is_tried_again(portal, script, fault):
    script.replies = [fault, OK]
    assert _read(portal)["results"]


def test_a_creation_whose_reply_was_lost_is_not_sent_twice(portal, script):
    script.replies = [_reset]
    with pytest.raises(UnreachableError, match="no complete reply"):
        _create(portal)
    assert len(script.requests) == 1


def test_no_redirect_is_followed(portal, script):
    script.replies = [reply(307, b"", Location="http://127.0.0.1:9/elsewhere")]
    with pytest.raises(HubSpotError):
        _update(portal)
    assert len(script.requests) == 1


def test_a_slow_drip_ends_at_the_deadline(portal, script):
    portal.pool.deadline = 0.3

    def drip(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
        for _ in range(100):
            try:
                connection.sendall(b"x")
            except OSError:
                return
            time.sleep(0.02)

    script.replies = [drip]
    with pytest.raises(UnreachableError):
        _create(portal)


def test_a_body_larger_than_any_page_is_refused(portal, script, monkeypatch):
    monkeypatch.setattr(wire, "MAX_BODY", 1000)
    script.replies = [reply(200, b" " * 2_000_000)]
    with pytest.raises(UnreachableError):
        _create(portal)


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_no_error_shows_the_token_even_when_the_server_echoes_other_text(portal, script, status):
    script.replies = [reply(status, b"<html>", kind="text/html")]
    with pytest.raises(HubSpotError) as caught:
        _create(portal)
    assert TOKEN not in f"{caught.value!r} {caught.value} {vars(caught.value)}"


def test_a_server_that_answers_too_late_is_not_waited_for(portal, script):
    portal.pool.deadline = 0.3

    def late(connection):
        time.sleep(1)
        connection.sendall(reply(201, {"id": "1"}))

    script.replies = [late]
    with pytest.raises(UnreachableError):
        _create(portal)


def test_the_pace_follows_what_the_replies_state(portal, script):
    stated = {
        "X_HubSpot_RateLimit_Max": "250",
        "X_HubSpot_RateLimit_Interval_Milliseconds": "10000",
    }
    script.replies = [reply(200, {"results": []}, **stated)]
    _read(portal)
    assert portal.pool.general.limit == 250


def test_a_locked_record_is_left_alone_for_two_seconds_at_least(portal, script, waits):
    portal.pool.waits.uniform = lambda low, _high: low
    script.replies = [reply(423, {"message": "locked"}), reply(201, {"id": "1"})]
    assert _create(portal)["id"] == "1"
    assert max(waits) >= 2


def test_json_that_does_not_say_so_is_not_believed(portal, script):
    script.replies = [reply(200, {"results": []}, kind="text/html")]
    with pytest.raises(BadReplyError, match="not JSON"):
        _read(portal)
