"""How a reply goes wrong, seen from the other end of the connection."""

import gzip
import http.client
import json
import socket
import threading
import time

import pytest
import urllib3

from leadscore.sandbox.portal import Portal
from leadscore.sandbox.serving import Server

LIST = "/crm/v3/objects/contacts"
UPDATE = "/crm/v3/objects/contacts/batch/update"


@pytest.fixture
def fault(portal):
    def add(**action):
        portal.faults.add({"match": {"path": "/crm/*"}, "action": action})

    return add


@pytest.fixture
def raw(url, portal):
    """Send a request, and return all bytes that come until the connection ends."""

    def ask(method="GET", path=LIST, body=b"", patience=5.0):
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
            head = [
                f"{method} {path} HTTP/1.1",
                f"Host: 127.0.0.1:{port}",
                f"Authorization: Bearer {portal.token}",
                "Content-Type: application/json",
                f"Content-Length: {len(body)}",
            ]
            connection.sendall("\r\n".join([*head, "", ""]).encode() + body)
            got = b""
            try:
                while part := connection.recv(65_536):
                    got += part
            except ConnectionResetError:
                return got, "reset"
            except TimeoutError:
                return got, "silence"
            return got, "end"

    return ask


def change(record, **properties):
    return json.dumps({"inputs": [{"id": str(record.id), "properties": properties}]}).encode()


# --------------------------------------------------------------------------- replies


def test_a_status_is_sent_without_handling_the_call(http, portal, add, fault):
    record = add(email="a@example.com")
    fault(status=500)
    answer = http("POST", UPDATE, change(record, city="Ulm"))
    assert (answer.status, answer.json["message"]) == (500, "internal error")
    assert "category" not in answer.json
    assert not portal.writes


def test_headers_and_retry_after_come_with_the_reply(http, fault):
    fault(body="429 secondly", headers={"X-Odd": "1"}, retry_after=7)
    answer = http.get(LIST)
    assert answer.status == 429
    assert (answer.headers["x-odd"], answer.headers["retry-after"]) == ("1", "7")
    assert answer.headers["X-Leadscore-Sandbox"] == "not HubSpot"


def test_headers_alone_are_added_to_the_portals_own_reply(http, add, fault):
    add(email="a@example.com")
    fault(headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"})
    answer = http.get(LIST)
    assert (answer.status, len(answer.ids)) == (200, 1)
    assert answer.headers["retry-after"].startswith("Wed")


def test_apply_then_status_writes_and_says_that_it_did_not(http, portal, add, fault):
    record = add(email="a@example.com")
    fault(apply_then_status=502)
    answer = http("POST", UPDATE, change(record, city="Ulm"))
    assert (answer.status, "502 Bad Gateway" in answer.text) == (502, True)
    assert record.values["city"] == "Ulm"
    assert len(portal.writes) == 1


@pytest.mark.parametrize(
    ("action", "kind", "text"),
    [
        ("empty", "application/json", ""),
        ("array", "application/json", "[]"),
        ("html", "text/html", "<!DOCTYPE html>"),
    ],
)
def test_a_200_may_say_nothing_of_use_although_the_call_was_handled(
    http, add, fault, action, kind, text
):
    record = add(email="a@example.com")
    fault(**{action: True})
    answer = http("POST", UPDATE, change(record, city="Ulm"))
    assert answer.status == 200
    assert answer.headers["content-type"].startswith(kind)
    assert answer.text.startswith(text)
    assert record.values["city"] == "Ulm"


def test_a_truncated_reply_has_the_length_that_it_says(http, add, fault):
    add(email="a@example.com")
    whole = http.get(LIST).text
    fault(truncated=True)
    answer = http.get(LIST)
    assert answer.text == whole[: len(whole) // 2]
    assert int(answer.headers["content-length"]) == len(answer.text)


def test_a_redirect_names_its_target(http, url, fault):
    fault(redirect="http://127.0.0.1:9/elsewhere", status=308)
    port = int(url.rpartition(":")[2])
    connection = http_connection(port)
    connection.request("GET", LIST)
    reply = connection.getresponse()
    assert (reply.status, reply.headers["location"]) == (308, "http://127.0.0.1:9/elsewhere")
    connection.close()


def http_connection(port):
    return http.client.HTTPConnection("127.0.0.1", port, timeout=5)


def test_a_small_packed_reply_may_be_a_large_one(raw, fault):
    fault(gzip_bomb=2)
    got, _ = raw(patience=0.5)
    head, _, body = got.partition(b"\r\n\r\n")
    assert b"content-encoding: gzip" in head
    assert len(body) < 10_000 < len(gzip.decompress(body)) == 2_000_000


def test_a_text_body_is_sent_as_it_is(http, fault):
    fault(status=200, body="{not json")
    assert http.get(LIST).text == "{not json"


# --------------------------------------------------------------------------- the connection


def test_a_reset_before_the_reply_leaves_the_call_unhandled(raw, add, fault):
    record = add(email="a@example.com")
    fault(reset="before")
    assert raw("POST", UPDATE, change(record, city="Ulm")) == (b"", "reset")
    assert "city" not in record.values


def test_apply_then_reset_writes_and_says_nothing(raw, portal, add, fault):
    record = add(email="a@example.com")
    fault(apply_then_reset=True)
    assert raw("POST", UPDATE, change(record, city="Ulm")) == (b"", "reset")
    assert record.values["city"] == "Ulm"
    assert len(portal.writes) == 1


def test_a_reset_in_the_middle_comes_after_half_of_the_body(raw, http, add, fault):
    add(email="a@example.com")
    whole = http.get(LIST).text.encode()
    fault(reset="middle")
    got, end = raw()
    assert end == "reset"
    assert got.partition(b"\r\n\r\n")[2] == whole[: len(whole) // 2]


@pytest.mark.parametrize("wrong", [500, -5])
def test_the_length_may_be_a_lie(raw, http, add, fault, wrong):
    add(email="a@example.com")
    whole = http.get(LIST).text.encode()
    fault(content_length=wrong)
    got, end = raw()
    head, _, body = got.partition(b"\r\n\r\n")
    assert f"content-length: {len(whole) + wrong}".encode() in head
    assert (body, end) == (whole, "end")


def test_a_length_below_nothing_is_nothing(raw, fault):
    fault(status=200, body="abc", content_length=-50)
    assert b"content-length: 0" in raw()[0]


def test_a_lie_is_seen_by_a_client_that_counts(url, portal, fault):
    fault(content_length=10)
    with urllib3.PoolManager() as pool, pytest.raises(urllib3.exceptions.ProtocolError):
        pool.request("GET", url + LIST, retries=False)


def test_a_drip_sends_all_of_it_slowly(url, raw, portal, fault):
    fault(status=200, body="x" * 40, drip={"bytes": 100, "seconds": 0.05})
    begun = time.monotonic()
    got, end = raw()
    assert got.endswith(b"x" * 40)
    assert end == "end"
    assert time.monotonic() - begun >= 0.05 * (len(got) // 100)


def test_a_hanging_call_is_unhandled_and_gets_nothing(raw, add, fault):
    record = add(email="a@example.com")
    fault(hang=True)
    assert raw("POST", UPDATE, change(record, city="Ulm"), patience=0.3) == (b"", "silence")
    assert "city" not in record.values


def test_a_delay_comes_after_what_the_call_does(raw, add, fault):
    record = add(email="a@example.com")
    fault(delay=30)
    assert raw("POST", UPDATE, change(record, city="Ulm"), patience=0.3) == (b"", "silence")
    assert record.values["city"] == "Ulm"


def test_a_delayed_reply_is_right(http, fault):
    fault(delay=0.1)
    begun = time.monotonic()
    assert http.get(LIST).status == 200
    assert time.monotonic() - begun >= 0.1


def test_other_calls_are_answered_while_one_hangs(http, raw, portal):
    portal.faults.add({"match": {"path": "*/companies"}, "action": {"hang": True}})
    waiting = threading.Thread(target=raw, kwargs={"path": "/crm/v3/objects/companies"})
    waiting.start()
    try:
        assert http.get(LIST).status == 200
    finally:
        portal.faults.clear()
    assert http.get("/crm/v3/objects/companies").status == 200
    waiting.join()


@pytest.mark.parametrize("action", [{"hang": True}, {"delay": 60}, {"drip": {"seconds": 60}}])
def test_a_server_that_stops_waits_for_no_fault(action, capfd):
    portal = Portal()
    portal.faults.add({"action": action})
    server = Server(portal)
    serving = threading.Thread(target=server.run)
    serving.start()
    connection = http_connection(server.port)
    connection.request("GET", "/")
    time.sleep(0.3)
    begun = time.monotonic()
    server.stop()
    serving.join(5)
    connection.close()
    assert time.monotonic() - begun < 1.5
    assert capfd.readouterr().err == ""


def test_no_fault_makes_a_noise(raw, http, portal, capfd, caplog):
    actions = [
        {"reset": "before"},
        {"reset": "middle"},
        {"apply_then_reset": True},
        {"content_length": 5},
        {"drip": {"bytes": 1000, "seconds": 0.0}},
        {"truncated": True},
        {"hang": True},
    ]
    for action in actions:
        portal.faults.clear()
        portal.faults.add({"action": action})
        raw(patience=0.2)
    portal.faults.clear()
    assert http.get(LIST).status == 200
    assert capfd.readouterr().err == ""
    assert not caplog.records


def test_a_call_that_no_rule_is_about_is_answered_as_always(http, portal, add):
    record = add(email="a@example.com")
    portal.faults.add({"match": {"method": "DELETE"}, "action": {"status": 500}})
    assert http("POST", UPDATE, change(record, city="Ulm")).status == 200
    assert record.values["city"] == "Ulm"
    assert [one.fault for one in portal.requests] == [""]


def test_the_log_names_the_fault_and_what_was_sent(http, raw, portal):
    portal.faults.add([{"match": {"nth": 1}, "action": {"status": 503, "delay": 0}}])
    portal.faults.add({"match": {"nth": 2}, "action": {"reset": "before"}})
    http.get(LIST)
    raw()
    http.get(LIST)
    assert [(one.status, one.fault) for one in portal.requests] == [
        (503, "1: status, delay"),
        (0, "2: reset"),
        (200, ""),
    ]


def test_uploads_reach_the_portal_through_a_rule_that_does_not_fire(http, portal):
    portal.faults.add({"match": {"method": "DELETE"}, "action": {"status": 500}})
    body = b"grant_type=refresh_token"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = http("POST", "/oauth/v1/token", body, headers=headers)
    assert answer.status not in {404, 500}
