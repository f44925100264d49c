from __future__ import annotations

import ssl

import pytest
import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from leadscore.errors import AmbiguousError, BadReplyError, UnreachableError
from leadscore.hubspot.calls import Call, Try, failure, judging, the_judge, try_of
from leadscore.hubspot.retries import Kind
from leadscore.hubspot.waits import Deadline
from leadscore.hubspot.wire import TooLargeError

LOST = ProtocolError("Connection aborted.", ConnectionResetError(104, "reset"))


def _call(method="GET", path="/crm/v3/objects/contacts"):
    deadline = Deadline(1.0, lambda: 0.0)
    return Call(method, f"http://127.0.0.1:1{path}?a=secret", {}, {}, lambda _: None, deadline)


def _distrust():
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    return SSLError(error)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NewConnectionError(None, "refused"), Kind.UNSENT),
        (ConnectTimeoutError(None, "late"), Kind.UNSENT),
        (_distrust(), Kind.REFUSED),
        (SSLError(ssl.SSLError(1, "bad record")), Kind.LOST),
        (ReadTimeoutError(None, "/", "late"), Kind.LOST),
        (LOST, Kind.LOST),
        (OSError("?"), Kind.LOST),
        (TooLargeError("large"), Kind.REFUSED),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_error_is_of_its_kind_and_unsent_only_if_that_is_sure(error, kind):
    assert try_of(error).kind is kind


def test_a_timeout_is_known_as_one_however_urllib3_wraps_it():
    wrapped = ProtocolError("Connection aborted.", TimeoutError("late"))
    assert Try(Kind.LOST, error=wrapped).timed_out
    assert Try(Kind.LOST, error=ReadTimeoutError(None, "/", "late")).timed_out
    assert not Try(Kind.LOST, error=LOST).timed_out
    assert not Try(Kind.SERVER).timed_out


def test_a_lost_reply_leaves_a_write_unclear_and_a_reading_not():
    write = failure(_call("POST", "/crm/v3/objects/contacts/batch/update"), try_of(LOST))
    assert isinstance(write, AmbiguousError)
    assert "may have been done or not" in str(write)
    for call in (_call(), _call("POST", "/crm/v3/objects/contacts/search"), _call("PATCH")):
        assert type(failure(call, try_of(LOST))) is UnreachableError


def test_a_write_that_never_left_is_not_unclear():
    error = failure(_call("POST"), try_of(NewConnectionError(None, "refused")))
    assert type(error) is UnreachableError


def test_a_certificate_that_is_not_trusted_says_why_and_that_nothing_was_sent():
    error = failure(_call("POST"), try_of(_distrust()))
    assert type(error) is UnreachableError
    assert "was not sent" in str(error)
    assert "self-signed" in str(error)


def test_an_incredible_reply_to_a_write_says_that_it_may_have_been_done():
    bad = BadReplyError("POST /x: the reply is not JSON.", hint="Again.", status=200)
    assert "may have been done" in str(failure(_call("POST"), Try(Kind.LOST, error=bad)))
    bad = BadReplyError("GET /x: the reply is not JSON.", hint="Again.", status=200)
    assert "Again." in str(failure(_call(), Try(Kind.LOST, error=bad)))


def test_a_reply_that_is_too_large_is_a_bad_reply():
    assert isinstance(failure(_call(), try_of(TooLargeError("large"))), BadReplyError)
    assert isinstance(failure(_call("POST"), try_of(TooLargeError("large"))), AmbiguousError)


def test_a_message_shows_the_path_and_not_the_query():
    assert "secret" not in str(failure(_call(), try_of(LOST)))
    assert _call().path == "/crm/v3/objects/contacts"


def test_the_judge_is_the_one_that_was_set_and_only_inside():
    def judge(_reply):
        raise BadReplyError("no")

    with judging(judge):
        assert the_judge({}, method="GET", url="/x") is judge
        with judging(None):
            assert the_judge({}, method="GET", url="/x") is not judge
        assert the_judge({}, method="GET", url="/x") is judge
    assert the_judge({}, method="GET", url="/x") is not judge


@pytest.mark.parametrize("body", [b"", b"[]", b'{"results": [', b"<html>"])
def test_without_a_judge_a_request_for_json_takes_nothing_else(body):
    judge = the_judge({"Accept": "application/json"}, method="GET", url="http://127.0.0.1/x")
    answer = urllib3.HTTPResponse(body, headers={"content-type": "application/json"}, status=200)
    with pytest.raises(BadReplyError):
        judge(answer)
