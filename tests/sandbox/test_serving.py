import socket
import threading

import pytest
import urllib3

from leadscore.errors import SandboxError
from leadscore.sandbox.portal import Portal
from leadscore.sandbox.serving import HOST, Server


@pytest.fixture
def serve():
    started = []

    def start(**options):
        server = Server(Portal(), **options)
        thread = threading.Thread(target=server.run)
        thread.start()
        started.append((server, thread))
        return server

    yield start
    for server, thread in started:
        server.stop()
        thread.join(10)


def test_only_this_machine_can_reach_it(serve):
    server = serve()
    assert server.url == f"http://127.0.0.1:{server.port}"
    assert server._socket.getsockname()[0] == HOST == "127.0.0.1"


def test_replies_are_sent_without_waiting_for_more(serve):
    server = serve()
    with socket.create_connection((HOST, server.port)) as connection:
        assert connection.getpeername()[1] == server.port
    assert server._socket.proto == socket.IPPROTO_TCP


def test_a_port_in_use_is_named_with_what_to_do():
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SandboxError, match=f"Port {port} ") as refused:
            Server(Portal(), port=port)
    assert "another port" in refused.value.hint


def test_a_stopped_server_gives_its_port_back(serve):
    port = serve().port
    with urllib3.PoolManager() as pool:
        assert pool.request("GET", f"http://{HOST}:{port}/").status == 200


def test_latency_delays_replies_but_does_not_change_them(serve):
    server = serve(latency_ms=1)
    with urllib3.PoolManager() as pool:
        reply = pool.request("GET", f"{server.url}/crm/v3/objects/contacts")
    assert reply.status == 401
