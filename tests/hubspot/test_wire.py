from __future__ import annotations

import gzip
import http.client
import logging
import time
import tracemalloc

import pytest
from scripted import reply
from urllib3.exceptions import HTTPError, NewConnectionError, ReadTimeoutError

from leadscore.hubspot import wire
from leadscore.hubspot.waits import Deadline
from leadscore.hubspot.wire import TooLargeError, Wire

TOKEN = "pat-na1-00000000-1111-2222-3333-444444444444"


@pytest.fixture
def ask(script):
    """Return a function that sends one request and has so many seconds for it."""
    connections = Wire()

    def send(method="GET", seconds=0.3, **options):
        deadline = Deadline(time.monotonic() + seconds, time.monotonic)
        headers = {"Authorization": f"Bearer {TOKEN}", "Accept-Encoding": "gzip"}
        return connections.exchange(
            method, f"{script.url}/x", headers=headers, deadline=deadline, **options
        )

    yield send
    connections.close()


def test_a_reply_comes_back_whole(ask, script):
    script.replies = [reply(207, {"a": 1}, X_Thing="7")]
    answer = ask()
    assert (answer.status, answer.reason, answer.body) == (207, "Some Reason", b'{"a": 1}')
    assert answer.headers["x-thing"] == "7"


def test_one_connection_serves_many_requests(ask, script):
    for _ in range(3):
        ask(method="POST", body=b"{}")
    assert len(script.requests) == 3


def _dripping(data, seconds=0.02):
    def drip(connection):
        for byte in data:
            try:
                connection.sendall(bytes([byte]))
            except OSError:
                return
            time.sleep(seconds)

    return drip


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n"


def _after_the_head(connection):
    connection.sendall(HEAD)
    _dripping(b"x" * 5000)(connection)


def _chunked(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    _dripping(b"1\r\nx\r\n" * 1000)(connection)


def _silent(connection):
    time.sleep(1.0)


@pytest.mark.parametrize(
    "server",
    [
        _silent,
        _dripping(b"HTTP/1.1 200 OK\r\n" + b"X-Padding: x\r\n" * 1000),
        _dripping(b"H" * 5000),
        _after_the_head,
        _chunked,
    ],
    ids=["silence", "headers", "status line", "body", "chunks"],
)
def test_nothing_that_a_server_does_goes_beyond_the_deadline(ask, script, server):
    script.replies = [server]
    began = time.monotonic()
    with pytest.raises((HTTPError, TimeoutError)):
        ask(seconds=0.2)
    assert time.monotonic() - began < 20  # each of these servers would go on for longer


def test_each_read_has_only_what_the_others_left(script):
    gone = [0.0]

    def half_and_silence(connection):
        gone[0] = 29.8  # the clock of the deadline: 0.2 of 30 seconds are left
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        time.sleep(1.0)

    script.replies = [half_and_silence]
    connections = Wire()
    with pytest.raises(ReadTimeoutError):
        connections.exchange(
            "GET", f"{script.url}/x", headers={}, deadline=Deadline(30.0, lambda: gone[0])
        )
    connections.close()


def test_a_server_that_takes_nothing_in_is_given_up(ask, script):
    def deaf(connection):
        time.sleep(1.0)

    script.replies = [deaf]
    with pytest.raises((HTTPError, TimeoutError)):
        ask(method="POST", body=b"x" * 50_000_000, seconds=0.2)


def test_after_the_deadline_nothing_is_sent(ask, script):
    ask()
    with pytest.raises((HTTPError, TimeoutError)):
        ask(seconds=-1)
    assert len(script.requests) == 1


def test_a_closed_door_is_told_from_a_lost_reply(ask, script):
    connections = Wire()
    with pytest.raises(NewConnectionError):
        connections.exchange(
            "GET", "http://127.0.0.1:9/x", headers={}, deadline=Deadline(1.0, lambda: 0.0)
        )


def _cut(connection):
    connection.sendall(HEAD + b"{}")


def _half_a_status_line(connection):
    connection.sendall(b"HTTP/1.1 2")


@pytest.mark.parametrize("fault", [_cut, _half_a_status_line])
def test_half_a_reply_is_none(ask, script, fault):
    script.replies = [fault]
    with pytest.raises(HTTPError):
        ask()


def test_a_connection_with_a_broken_reply_serves_no_other_request(ask, script):
    script.replies = [_cut, reply(200, {"a": 2})]
    with pytest.raises(HTTPError):
        ask()
    assert ask().body == b'{"a": 2}'


def test_bytes_beyond_the_length_belong_to_no_later_reply(ask, script):
    script.replies = [reply(200, {"a": 1}) + b"HTTP/1.1 200 OK\r\n\r\n", reply(200, {"a": 2})]
    ask()
    assert ask().body == b'{"a": 2}'


def test_a_body_larger_than_any_is_refused(ask, script, monkeypatch):
    monkeypatch.setattr(wire, "MAX_BODY", 1000)
    script.replies = [reply(200, b" " * 2000)]
    with pytest.raises(TooLargeError):
        ask()


def test_a_bomb_costs_little_memory(ask, script):
    script.replies = [reply(200, gzip.compress(b" " * 100_000_000), Content_Encoding="gzip")]
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            ask(seconds=20)
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()


def test_records_that_are_all_alike_are_no_bomb(ask, script):
    page = b'{"id": "1", "properties": {"firstname": null, "lastname": null}},' * 300_000
    script.replies = [reply(200, gzip.compress(page), Content_Encoding="gzip")]
    assert len(page) > 16 * 2**20
    assert ask(seconds=20).body == page


def test_a_body_that_does_not_unpack_is_no_reply(ask, script):
    script.replies = [reply(200, b"not gzip at all", Content_Encoding="gzip")]
    with pytest.raises(HTTPError):
        ask()


def test_no_redirect_is_followed(ask, script):
    script.replies = [reply(307, b"", Location="http://127.0.0.1:9/elsewhere")]
    assert ask().status == 307
    assert len(script.requests) == 1


def test_proxies_of_the_environment_are_not_used(ask, script, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ask().status == 200


def test_neither_debug_switches_nor_logs_show_the_token(ask, script, monkeypatch, capfd, caplog):
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    with caplog.at_level(logging.DEBUG):
        ask()
    out, err = capfd.readouterr()
    assert TOKEN not in out + err + caplog.text
