from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from scripted import reply

from leadscore.errors import UnreachableError
from leadscore.hubspot import reaching
from leadscore.hubspot.reaching import clock_difference, reach

DETAILS = {"portalId": 7}


def test_a_sandbox_is_reached_without_tls_and_nothing_is_sent(sandbox):
    before = len(sandbox.requests())
    assert reach(sandbox.url) == ""
    assert len(sandbox.requests()) == before


def test_a_port_where_nobody_listens_is_said():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(UnreachableError, match=f"port {port}.*nobody answers") as caught:
        reach(f"http://127.0.0.1:{port}")
    assert "sandbox" in caught.value.hint


def _answer_in_the_clear(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(1)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_a_host_that_speaks_no_tls_is_said():
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_answer_in_the_clear, args=(server,))
        thread.start()
        with pytest.raises(UnreachableError, match="TLS fails"):
            reach(f"https://127.0.0.1:{server.getsockname()[1]}")
        thread.join()


def _untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "no")
    error.verify_message = "self-signed certificate"
    return error


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (socket.gaierror(-2, "Name or service not known"), "name is not known"),
        (_untrusted(), "self-signed certificate"),
        (TimeoutError("timed out"), "in time"),
        (OSError(101, "Network is unreachable"), "network is unreachable"),
    ],
)
def test_each_obstacle_is_told_from_the_others_and_has_a_way_out(error, why):
    said, hint = reaching._reason(error)
    assert why in said
    assert hint


def test_what_stood_in_the_way_is_in_one_sentence_without_a_chain():
    with pytest.raises(UnreachableError) as caught:
        reach("http://127.0.0.1:1")
    assert caught.value.__context__ is None


@pytest.mark.parametrize("ahead", [0, 90, -3600])
def test_the_difference_of_the_clocks_is_that_to_the_servers_date(odd, script, ahead):
    there = datetime.now(UTC) - timedelta(seconds=ahead)
    script.replies = [reply(200, DETAILS, Date=format_datetime(there, usegmt=True))]
    assert clock_difference(odd) == pytest.approx(ahead, abs=5)


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}])
def test_a_server_that_tells_no_time_is_not_guessed_at(odd, script, headers):
    script.replies = [reply(200, DETAILS, **headers)]
    assert clock_difference(odd) is None
