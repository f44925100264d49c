from __future__ import annotations

import json
import pickle
import threading
import time
import traceback
from contextlib import suppress
from types import SimpleNamespace

import pytest
from pydantic import SecretStr
from scripted import reply

from leadscore.errors import (
    AmbiguousError,
    AuthenticationError,
    BadReplyError,
    HubSpotError,
    InvalidRequestError,
    LimitReachedError,
    SettingsError,
    UnreachableError,
)
from leadscore.hubspot.calls import judging
from leadscore.hubspot.pool import TOKEN_HERE, Pool
from leadscore.hubspot.waits import Waits

TOKEN = "pat-na1-00000000-1111-2222-3333-444444444444"
OTHER = "pat-na1-00000000-1111-2222-3333-555555555555"
OK = reply(200, {"results": [{"id": "1"}]})
DOWN = reply(503, {"message": "down"})
JSON = {"Accept": "application/json"}


def _pool(url, waits, token=TOKEN, **options):
    """Return a pool whose waits are noted and move its clock."""
    made = Waits(
        clock=lambda: time.monotonic() + sum(waits),
        sleep=waits.append,
        uniform=lambda _low, high: high,
    )
    source = SecretStr(token) if isinstance(token, str) else token
    return Pool(source, url, waits=made, **options)


@pytest.fixture
def pool(script, waits):
    """Return a pool on top of the script."""
    made = _pool(script.url, waits)
    yield made
    made.close()


def _get(pool, script, path="/crm/v3/objects/contacts", headers=JSON):
    return pool.request("GET", f"{script.url}{path}", headers=headers)


def _write(pool, script, method="POST", path="/crm/v3/objects/contacts/batch/update"):
    return pool.request(method, f"{script.url}{path}", headers=JSON, body="{}")


def _reset(connection):
    connection.close()


# What is tried again


def test_attempts_are_at_most_five_with_doubled_waits(pool, script, waits):
    script.replies = [DOWN]
    assert _get(pool, script).status == 503
    assert len(script.requests) == 5
    assert waits == [2.0, 4.0, 8.0, 16.0]


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 521, 522, 523, 524, 599])
def test_a_servers_error_is_tried_again_known_or_not(pool, script, status):
    script.replies = [reply(status, b"<html>", kind="text/html"), OK]
    assert _get(pool, script).status == 200


@pytest.mark.parametrize("status", [307, 400, 403, 404, 409, 414, 418, 477, 530])
def test_a_refusal_is_not_tried_again(pool, script, status):
    script.replies = [reply(status, {"message": "no"})]
    assert _get(pool, script).status == status
    assert len(script.requests) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_what_has_the_same_effect_twice_is_sent_again_when_its_reply_is_lost(pool, script, method):
    script.replies = [_reset, OK]
    assert _write(pool, script, method).status == 200


@pytest.mark.parametrize("path", ["search", "batch/read"])
def test_a_post_that_reads_is_sent_again_when_its_reply_is_lost(pool, script, path):
    script.replies = [_reset, OK]
    assert _write(pool, script, path=f"/crm/v3/objects/contacts/{path}").status == 200
    script.replies = [_reset, OK]
    path = "/crm/v4/associations/contacts/deals/batch/read"
    assert _write(pool, script, path=path).status == 200


def _half(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{}")
    connection.close()


@pytest.mark.parametrize("fault", [_reset, _half])
def test_a_post_that_writes_is_not_sent_again_and_says_that_nobody_knows(pool, script, fault):
    script.replies = [fault]
    with pytest.raises(AmbiguousError, match="may have been done or not"):
        _write(pool, script)
    assert len(script.requests) == 1


def test_a_write_that_found_the_door_closed_is_sent_again(waits):
    pool = _pool("http://127.0.0.1:9", waits)
    with pytest.raises(UnreachableError) as caught:
        pool.request("POST", "http://127.0.0.1:9/x", body="{}")
    assert type(caught.value) is UnreachableError
    assert len(waits) == 4


@pytest.mark.parametrize("status", [423, 429])
def test_a_write_that_was_surely_not_done_is_sent_again(pool, script, status):
    script.replies = [reply(status, {"message": "not now"}), reply(201, {"id": "1"})]
    assert _write(pool, script).status == 201


def test_locked_three_times_waits_two_seconds_and_more_each_time(pool, script, waits):
    pool.waits.uniform = lambda low, _high: low
    script.replies = [*[reply(423, {"message": "locked"})] * 3, OK]
    assert _get(pool, script).status == 200
    assert waits == [2.0, 2.0, 2.0]


# Retry-After and deadlines


def test_a_wait_that_is_asked_for_is_kept(pool, script, waits):
    script.replies = [reply(503, {}, Retry_After="40"), OK]
    assert _get(pool, script).status == 200
    assert waits == [40.0]


@pytest.mark.parametrize("asked", ["86400", "-5", "nan", "Wed, 21 Oct 2099 07:28:00 GMT", "soon"])
@pytest.mark.parametrize("status", [429, 503])
def test_no_retry_after_makes_a_call_hang(pool, script, waits, asked, status):
    script.replies = [reply(status, {"message": "x"}, Retry_After=asked), OK]
    assert _get(pool, script).status == 200
    assert sum(waits) <= 10.5


def test_a_call_has_an_end_with_all_its_waits(script, waits):
    pool = _pool(script.url, waits, call_deadline=5.0)
    script.replies = [DOWN]
    assert _get(pool, script).status == 503
    assert sum(waits) <= 5.0


def test_limits_are_waited_for_until_the_calls_deadline_and_no_longer(script, waits):
    pool = _pool(script.url, waits, call_deadline=60.0)
    script.replies = [reply(429, {"policyName": "TEN_SECONDLY_ROLLING"})]
    with pytest.raises(LimitReachedError) as caught:
        _get(pool, script)
    assert caught.value.exit_code == 75
    assert sum(waits) <= 60.0
    assert len(script.requests) <= 7


def test_a_run_has_an_end_for_all_its_calls(pool, script, waits):
    script.replies = [DOWN]
    with pool.until(pool.waits.clock() + 7.0):
        assert _get(pool, script).status == 503
        assert sum(waits) <= 7.0
        waits.append(2.0)
        with pytest.raises(UnreachableError, match="in the time that it had"):
            _get(pool, script)
    script.replies = [OK]
    assert _get(pool, script).status == 200


def test_a_silent_server_is_left_at_the_deadline(script, waits):
    pool = _pool(script.url, waits, deadline=0.1)
    script.replies = [lambda _connection: time.sleep(0.5), OK]
    assert _get(pool, script).status == 200
    assert len(script.requests) == 2


# The budget


def test_a_dead_portal_gets_less_than_150_requests_in_a_long_run(pool, script):
    script.replies = [reply(500, {"message": "internal error"})]
    for _ in range(1000):
        with suppress(UnreachableError):
            assert _get(pool, script).status == 500
    assert len(script.requests) < 150
    with pytest.raises(UnreachableError, match="too many calls failed"):
        _get(pool, script)


def test_eight_threads_share_one_budget(pool, script):
    script.replies = [reply(500, {"message": "internal error"})]

    def insist():
        for _ in range(40):
            try:
                _get(pool, script)
            except UnreachableError:
                return

    threads = [threading.Thread(target=insist) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(script.requests) < 150


def test_after_a_rest_the_portal_is_asked_again(pool, script, waits):
    script.replies = [DOWN]
    while not pool.budget.resting:
        _get(pool, script)
    waits.append(61.0)
    script.replies = [OK]
    assert _get(pool, script).status == 200
    assert not pool.budget.resting


def test_a_timeout_costs_twice_as_much(script, waits):
    pool = _pool(script.url, waits, deadline=0.05)
    script.replies = [lambda _connection: time.sleep(0.2), OK]
    _get(pool, script)
    assert pool.budget.tokens == 500 - 10 + 1


# Which limit


def _stated(limit):
    return {
        "X_HubSpot_RateLimit_Max": str(limit),
        "X_HubSpot_RateLimit_Interval_Milliseconds": "10000",
    }


@pytest.mark.parametrize(
    ("path", "limits"),
    [
        ("/crm/v3/objects/contacts", (77, 5, 100)),
        ("/crm/objects/2026-03/contacts/search", (100, 5, 100)),
        ("/crm/v3/lists/search", (77, 5, 100)),
        ("/crm/v4/associations/contacts/deals/batch/read", (100, 5, 77)),
        ("/crm/associations/2026-03/contacts/deals/labels", (100, 5, 77)),
        ("/crm/objects/2026-03/contacts/1/associations/deals", (100, 5, 77)),
        ("/crm/limits/2026-03/associations/records", (77, 5, 100)),
        ("/crm/v3/objects/contacts?associations=deals", (77, 5, 100)),
    ],
)
def test_a_path_counts_under_the_limit_that_its_replies_state(pool, script, path, limits):
    script.replies = [reply(200, {"results": []}, **_stated(77))]
    _get(pool, script, path)
    assert (pool.general.limit, pool.search.limit, pool.associations.limit) == limits


@pytest.mark.parametrize(
    ("policy", "path", "wait"),
    [
        ("TEN_SECONDLY_ROLLING", "/crm/v3/objects/contacts", 10.0),
        ("SECONDLY", "/crm/v3/objects/contacts", 1.0),
        ("SECONDLY", "/crm/v3/objects/contacts/search", 1.0),
        ("TEN_SECONDLY_ROLLING", "/crm/v3/objects/contacts/search", 10.0),
        ("", "/crm/v3/objects/contacts/search", 1.0),
        ("", "/crm/v3/objects/contacts", 10.0),
    ],
)
def test_the_interval_that_the_429_speaks_of_is_waited_for(pool, script, waits, policy, path, wait):
    script.replies = [reply(429, {"policyName": policy} if policy else {}), OK]
    _get(pool, script, path)
    assert sum(waits) == pytest.approx(wait, rel=0.05)


def test_a_search_that_meets_the_general_limit_holds_back_everything(pool, script, waits):
    held = []

    def sleep(seconds):
        held.append(pool.general.take(at_most=0) is None)
        waits.append(seconds)

    pool.waits.sleep = sleep
    script.replies = [reply(429, {"policyName": "TEN_SECONDLY_ROLLING"}), OK]
    _get(pool, script, "/crm/v3/objects/contacts/search")
    assert held == [True]


def test_a_limit_of_one_kind_does_not_hold_back_the_others(pool, script, waits):
    script.replies = [reply(429, {"policyName": "SECONDLY"}), OK]
    _get(pool, script, "/crm/v3/objects/contacts/search")
    waits.clear()
    _get(pool, script)
    assert waits == []


def test_a_limit_of_exports_is_no_matter_of_pace(pool, script, waits):
    script.replies = [reply(429, {"policyName": "EXPORTS", "message": "One at a time."})]
    assert _write(pool, script, path="/crm/v3/exports/export/async").status == 429
    assert len(script.requests) == 5
    waits.clear()
    script.replies = [OK]
    _get(pool, script)
    assert waits == []


# The token


class Source:
    """A token that changes when it is read anew."""

    def __init__(self, *tokens):
        self.tokens, self.renewed = list(tokens), 0

    def get(self):
        return SecretStr(self.tokens[0])

    def renew(self):
        self.renewed += 1
        if len(self.tokens) > 1:
            self.tokens.pop(0)
            return True
        return False


NO = reply(401, {"message": "no", "category": "INVALID_AUTHENTICATION"})


def test_a_rejected_token_is_read_anew_and_the_call_goes_on(script, waits):
    source = Source(TOKEN, OTHER)
    pool = _pool(script.url, waits, source)
    script.replies = [NO, reply(201, {"id": "1"})]
    assert _write(pool, script).status == 201
    assert OTHER.encode() in script.requests[1]
    assert (source.renewed, waits) == (1, [])


def test_a_token_is_read_anew_once_a_call(script, waits):
    source = Source(TOKEN, OTHER, TOKEN)
    pool = _pool(script.url, waits, source)
    script.replies = [NO]
    assert _get(pool, script).status == 401
    assert source.renewed == 1
    assert len(script.requests) == 2


def test_a_token_that_stays_the_same_is_not_tried_again(pool, script, waits):
    script.replies = [NO]
    assert _get(pool, script).status == 401
    assert len(script.requests) == 1
    pool = _pool(script.url, waits, Source(TOKEN))
    assert _get(pool, script).status == 401
    assert len(script.requests) == 2


def test_a_token_source_may_use_the_same_pool(script, waits):
    source = Source(TOKEN, OTHER)
    pool = _pool(script.url, waits, source)
    renew = source.renew

    def by_a_call():
        pool.request("POST", f"{script.url}/oauth/v3/token", headers=JSON, body="{}")
        return renew()

    source.renew = by_a_call
    script.replies = [NO, reply(200, {"access_token": "x"}), OK]
    judged = []
    with judging(lambda answer: judged.append(answer.data)):
        assert _get(pool, script).status == 200
    assert judged == [b'{"results": [{"id": "1"}]}']  # not the reply about the token


def test_a_token_that_another_thread_renewed_is_not_renewed_again(script, waits):
    source = Source(TOKEN, OTHER, "pat-na1-00000000-1111-2222-3333-666666666666")
    pool = _pool(script.url, waits, source)
    source.tokens.pop(0)  # as another thread did between this call's sending and its 401
    assert pool._renew(SecretStr(TOKEN))
    assert source.renewed == 0


def test_the_token_is_nowhere_but_in_the_request(pool, script):
    script.replies = [_reset]
    shown = f"{pool!r} {pool} {vars(pool)}"
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(pool)
    try:
        _write(pool, script)
    except AmbiguousError as error:
        script.requests.clear()  # what the server got is in this test's own frame
        frames = traceback.TracebackException.from_exception(error, capture_locals=True)
        shown += "".join(frames.format())
    assert TOKEN not in shown.replace(f"TOKEN = {TOKEN!r}", "")


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, RecursionError])
def test_no_frame_of_an_interruption_holds_the_token(pool, script, error):
    def exchange(method, url, *, headers, deadline, **options):
        raise error("now")

    pool._wire = SimpleNamespace(exchange=exchange, close=lambda: None)
    with pytest.raises(error) as caught:
        pool.request("POST", f"{script.url}/x", body=json.dumps({"tokenKey": TOKEN_HERE}))
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert TOKEN not in "".join(frames.format())


# Hosts


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/crm/v3",
        "http://api.hubapi.com/crm/v3",
        "https://api.hubapi.com.example.com/crm",
        "https://api.hubapi.com@example.com/crm",
        "https://api.hubapi.com",
        "https://api.hubapi.comx/",
        "https://hubapi.com/",
        "http://api.hsforms.com/x",
        "http://127.0.0.1:9/",
        "//api.hubapi.com/",
        "",
    ],
)
def test_another_host_is_refused_before_anything_is_sent(waits, url):
    pool = _pool("https://api.hubapi.com", waits)
    with pytest.raises(SettingsError, match="another host"):
        pool.request("GET", url)
    assert pool.requests == 0


def test_only_hubspot_and_this_machine_can_be_the_base(waits):
    for url in ("http://api.hubapi.com", "https://example.com", "http://10.0.0.1:80", "ftp://x"):
        with pytest.raises(SettingsError):
            _pool(url, waits)


def test_the_forms_host_goes_with_hubspot_and_gets_the_token_only_where_it_asks(waits):
    pool = _pool("https://api.hubapi.com", waits)
    sent = []
    bodies = []

    def exchange(*_args, headers, body, **_options):
        sent.append(headers)
        bodies.append(body)
        raise ZeroDivisionError

    pool._wire = SimpleNamespace(exchange=exchange)
    where = "https://api.hsforms.com/submissions/v3/integration"
    for path in ("submit/1/a", "secure/submit/1/a"):
        with pytest.raises(ZeroDivisionError):
            pool.request("POST", f"{where}/{path}", body=TOKEN_HERE)
    assert ["Authorization" in headers for headers in sent] == [False, True]
    assert [TOKEN.encode() in body for body in bodies] == [False, True]


# What is believed


@pytest.mark.parametrize(
    "bad",
    [
        reply(200, b"<html>maintenance</html>", kind="text/html"),
        reply(200, b""),
        reply(200, []),
        reply(200, b'{"results": [{"id"'),
    ],
    ids=["html", "empty", "array", "cut"],
)
def test_a_request_for_json_gets_json_or_an_error_after_the_repeats(pool, script, bad):
    script.replies = [bad]
    with pytest.raises(BadReplyError):
        _get(pool, script)
    assert len(script.requests) == 5
    script.replies = [bad, OK]
    assert _get(pool, script).status == 200


def test_no_content_is_believed(pool, script):
    script.replies = [reply(204, b"", kind="text/plain")]
    assert _write(pool, script, "DELETE").status == 204


def test_a_request_for_anything_gets_what_there_is_but_no_cut_json(pool, script):
    script.replies = [reply(200, b"a,b\n1,2\n", kind="text/csv")]
    assert _get(pool, script, headers={"Accept": "*/*"}).data == b"a,b\n1,2\n"
    script.replies = [reply(200, b'{"a": ')]
    with pytest.raises(BadReplyError):
        _get(pool, script, headers={"Accept": "*/*"})


# What a log learns


def test_a_log_is_told_of_each_reply_without_values(pool, script):
    told = []
    pool.on_reply = lambda *facts: told.append(facts)
    script.replies = [reply(503, {}, X_HubSpot_Correlation_Id="c-1"), OK]
    pool.request("GET", f"{script.url}/crm/v3/x?email=a@example.org", headers=JSON)
    [(*first, _, known, size), second] = [(m, p, s, t, c, b) for m, p, s, t, c, b in told]
    assert first == ["GET", "/crm/v3/x", 503]
    assert (known, size) == ("c-1", 2)
    assert second[2] == 200
    assert "example.org" not in str(told)


def test_requests_limits_and_bytes_are_counted(pool, script):
    script.replies = [reply(429, {"policyName": "SECONDLY"}), OK]
    _get(pool, script)
    size = len(json.dumps({"results": [{"id": "1"}]})) + len('{"policyName": "SECONDLY"}')
    assert (pool.requests, pool.limited, pool.bytes) == (2, 1, size)


def test_threads_count_together(pool, script):
    threads = [
        threading.Thread(target=lambda: [_get(pool, script) for _ in range(10)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pool.requests == len(script.requests) == 80


# Errors by way of the transport, in HubSpot's words


def _called(odd, script, answer):
    script.replies = [answer]
    with pytest.raises(HubSpotError) as caught:
        odd.transport.call("GET", odd.path("objects", "contacts"))
    return caught.value


def test_the_correlation_id_of_the_header_is_kept_where_the_body_has_none(odd, script):
    error = _called(odd, script, reply(409, {"message": "x"}, X_HubSpot_Correlation_Id="c-7"))
    assert isinstance(error, InvalidRequestError)
    assert error.correlation_id == "c-7"


def test_a_moving_portal_says_when_to_come_back(odd, script):
    error = _called(odd, script, reply(477, {"message": "moving"}, Retry_After="3600"))
    assert isinstance(error, LimitReachedError)
    assert "in 3600 seconds" in str(error)


def test_the_daily_limit_says_when_the_portals_midnight_is(odd, script):
    body = {"message": "You have reached your daily limit.", "policyName": "DAILY"}
    odd.pool.time_zone = "Asia/Tokyo"
    error = _called(odd, script, reply(429, body, Date="Wed, 25 Nov 2026 23:30:00 GMT"))
    assert "2026-11-27 00:00 Asia/Tokyo" in str(error)
    assert error.exit_code == 75


def test_cloudflares_530_is_told_as_a_problem_of_the_token(odd, script):
    answer = reply(530, b"<html>1016</html>", kind="text/html")
    assert isinstance(_called(odd, script, answer), AuthenticationError)


def test_a_servers_error_on_a_write_leaves_it_unclear(odd, script):
    script.replies = [reply(502, b"<html>", kind="text/html")]
    with pytest.raises(AmbiguousError) as caught:
        odd.transport.call("POST", odd.path("objects", "contacts"), body={})
    assert caught.value.status == 502
    assert len(script.requests) == 1
