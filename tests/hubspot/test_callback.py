from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import urllib3
from pydantic import SecretStr

from leadscore.errors import AuthenticationError, SettingsError, UnreachableError
from leadscore.hubspot.callback import Callback, read_answer

STATE = "the-state-of-this-sign-in"


@pytest.fixture
def callback() -> Iterator[Callback]:
    with Callback(0) as listening:
        listening.state = SecretStr(STATE)
        yield listening


def _get(callback, path, *, method="GET", host=None, at="127.0.0.1"):
    headers = {} if host is None else {"Host": host}
    with urllib3.PoolManager() as http:
        url = f"http://{at}:{callback.port}{path}"
        return http.request(method, url, headers=headers, retries=False, redirect=False)


def _answer(callback, **query):
    words = "&".join(f"{name}={text}" for name, text in query.items())
    return _get(callback, f"/callback?{words}")


def test_an_answer_with_the_state_is_the_code_and_the_page_says_no_more_than_that(callback):
    shown = _answer(callback, code="c0de", state=STATE)
    assert callback.wait(5).get_secret_value() == "c0de"
    assert (shown.status, b"close this window" in shown.data) == (200, True)
    assert b"c0de" not in shown.data
    assert shown.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "query",
    [
        {"code": "evil", "state": "another"},
        {"code": "evil"},
        {"code": "evil", "state": ""},
        {"code": "evil", "state": "%C3%A9"},
        {"error": "access_denied", "state": "another"},
        {f"n{i}": "1" for i in range(50)},
    ],
)
def test_an_answer_to_another_sign_in_is_turned_away_and_ours_still_waited_for(callback, query):
    assert _answer(callback, **query).status == 400
    _answer(callback, code="c0de", state=STATE)
    assert callback.wait(5).get_secret_value() == "c0de"


def test_before_there_is_a_state_nothing_is_an_answer():
    with Callback(0) as listening:
        assert _answer(listening, code="evil", state="").status == 400


def test_the_first_answer_counts_and_no_other(callback):
    _answer(callback, code="first", state=STATE)
    assert _answer(callback, code="second", state=STATE).status == 400
    assert callback.wait(5).get_secret_value() == "first"


@pytest.mark.parametrize(
    ("path", "status"), [("/", 404), ("/favicon.ico", 404), ("/callback/x", 404)]
)
def test_other_paths_have_nothing(callback, path, status):
    assert _get(callback, f"{path}?code=c&state={STATE}").status == status
    with pytest.raises(UnreachableError):
        callback.wait(0.01)


@pytest.mark.parametrize("host", ["evil.example", "localhost", "localhost:1", ""])
def test_a_name_that_was_rebound_to_this_machine_is_another_host(callback, host):
    assert _get(callback, f"/callback?code=c&state={STATE}", host=host).status == 400
    with pytest.raises(UnreachableError):
        callback.wait(0.01)


def test_only_get_is_taken(callback):
    assert _get(callback, f"/callback?code=c&state={STATE}", method="POST").status == 501


def test_a_no_is_said_as_such(callback):
    shown = _answer(callback, error="access_denied", error_description="<b>x", state=STATE)
    assert b"was not let in" in shown.data
    assert b"<b>" not in shown.data
    with pytest.raises(AuthenticationError, match="said no"):
        callback.wait(5)


def test_an_answer_that_never_comes_is_said_after_a_time_and_strangers_are_counted(callback):
    _answer(callback, code="evil", state="another")
    with pytest.raises(UnreachableError, match=r"within 0\.01 seconds\. 1 that came"):
        callback.wait(0.01)


def test_a_browser_that_opens_a_connection_and_says_nothing_keeps_nobody_waiting(callback):
    with socket.create_connection(("127.0.0.1", callback.port)):
        _answer(callback, code="c0de", state=STATE)
        assert callback.wait(5).get_secret_value() == "c0de"


def test_a_port_that_is_taken_is_one_sentence_that_names_the_option(callback):
    with pytest.raises(SettingsError, match=f"Port {callback.port}") as caught:
        Callback(callback.port)
    assert "--port" in caught.value.hint


def test_the_port_is_free_at_once_for_the_next_sign_in(callback):
    _answer(callback, code="c", state=STATE)
    callback.close()
    Callback(callback.port).close()


def test_nothing_is_logged(callback, capfd):
    _answer(callback, code="c0de", state=STATE)
    _get(callback, "/nowhere?c0de")
    assert not "".join(capfd.readouterr())


def test_a_pasted_address_is_judged_as_one_that_came():
    url = f"http://localhost:8400/callback?code=c0de&state={STATE}"
    assert read_answer(f" {url}\n", SecretStr(STATE)).get_secret_value() == "c0de"
    for wrong in ("c0de", url + "x", "http://[", ""):
        with pytest.raises(AuthenticationError, match="not the answer to this sign-in"):
            read_answer(wrong, SecretStr(STATE))
    with pytest.raises(AuthenticationError, match="no code"):
        read_answer(f"http://localhost/?state={STATE}", SecretStr(STATE))
