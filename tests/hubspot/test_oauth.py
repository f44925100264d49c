from __future__ import annotations

import traceback
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import urllib3
from pydantic import SecretStr
from scripted import reply

from leadscore.errors import (
    AuthenticationError,
    BadReplyError,
    HubSpotError,
    LeadscoreError,
    UnreachableError,
)
from leadscore.hubspot.connection import Portal, connect
from leadscore.hubspot.oauth import App, OAuthToken, redeem_code
from leadscore.hubspot.waits import Waits
from leadscore.settings import load_settings

BACK = "http://localhost:9/back"
SCOPES = ("crm.objects.contacts.read", "oauth")
GOOD = {
    "access_token": "C" + "a" * 40,
    "refresh_token": "na1-refresh",
    "expires_in": 1800,
    "token_type": "bearer",
}


class Clock:
    def __init__(self) -> None:
        self.now = 5.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def installed(sandbox, version, monkeypatch) -> str:
    """Let the sandbox's app in, as a user and their browser would, and set up what came of it."""
    with connect(sandbox) as portal:
        app = portal.transport.call("GET", "/__sandbox/oauth/app")
    known = {name: SecretStr(app[key]) for name, key in _KEYS.items()}
    wish = {"client_id": app["clientId"], "redirect_uri": BACK, "scope": " ".join(SCOPES)}
    with urllib3.PoolManager() as http:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        sent = http.request(
            *("POST", f"{sandbox.url}/oauth/authorize"),
            body=urlencode(wish),
            headers=kind,
            redirect=False,
        )
    code = SecretStr(dict(parse_qsl(urlsplit(sent.headers["location"]).query))["code"])
    where = {"redirect_uri": BACK, "base_url": sandbox.url, "version": version}
    refresh = redeem_code(*known.values(), code, **where)
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("LEADSCORE_API_VERSION", version)
    monkeypatch.setenv("HUBSPOT_CLIENT_ID", app["clientId"])
    monkeypatch.setenv("HUBSPOT_CLIENT_SECRET", app["clientSecret"])
    monkeypatch.setenv("HUBSPOT_REFRESH_TOKEN", refresh.get_secret_value())
    return refresh.get_secret_value()


_KEYS = {"client_id": "clientId", "client_secret": "clientSecret"}


def _token(url: str, clock: Clock, version: str = "2026-03", *, waits: list | None = None):
    app = App(SecretStr("an-id"), SecretStr("a-secret"), SecretStr("na1-refresh"), version)
    sleep = ([] if waits is None else waits).append
    quick = Waits(clock=clock, sleep=sleep, uniform=lambda _, high: high)
    return OAuthToken(app, base_url=url, waits=quick)


@pytest.mark.parametrize("sandbox", [{"limits": True}], indirect=True)
def test_a_code_becomes_a_portal_that_knows_its_scopes_and_works(installed, sandbox):
    with connect() as portal:
        assert portal.id == sandbox.portal_id
        assert portal.token.origin == "OAuth"
        assert portal.scopes == set(SCOPES)
        assert portal.lacks("apply") == ["crm.objects.contacts.write"]
        assert portal.client.crm.contacts.basic_api.get_page(limit=1).results
        assert (portal.limits.burst, portal.limits.daily, portal.tier) == (110, None, None)


def test_only_the_paths_of_the_version_in_use_are_asked(installed, sandbox, version):
    asked = {entry["path"] for entry in sandbox.requests() if entry["path"].endswith("/token")}
    assert asked == {f"/oauth/{version}/token"}


def test_a_token_is_renewed_a_minute_before_its_end_and_not_sooner(script, clock):
    script.replies = [reply(200, GOOD), reply(200, GOOD | {"access_token": "D" * 40})]
    token = _token(script.url, clock)
    first = token.get()
    clock.now += 1739
    assert token.get() == first
    assert len(script.requests) == 1
    clock.now += 1
    assert token.get().get_secret_value() == "D" * 40
    assert len(script.requests) == 2


def test_a_request_is_a_form_without_a_bearer_token_at_the_versions_path(script, clock, version):
    script.replies = [reply(200, GOOD)]
    _token(script.url, clock, version).get()
    head, _, body = script.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(f"POST /oauth/{version}/token HTTP".encode())
    assert b"application/x-www-form-urlencoded" in head
    assert b"authorization" not in head.lower()
    assert dict(parse_qsl(body.decode())) == {
        "grant_type": "refresh_token",
        "client_id": "an-id",
        "client_secret": "a-secret",
        "refresh_token": "na1-refresh",
    }


def test_an_access_token_that_ends_while_one_works_is_renewed(installed, sandbox):
    with connect() as portal:
        before = portal.token.get()
        sandbox.advance(1801)
        assert portal.transport.call("GET", portal.path("objects", "contacts"))["results"]
        assert portal.token.get() != before
    asked = [one["path"] for one in sandbox.requests() if one["path"].endswith("/token")]
    assert len(asked) == 3  # the code, the first access token, the second


def test_threads_that_are_refused_at_once_renew_once(installed, sandbox):
    with connect() as portal:
        sandbox.advance(1801)
        asked = portal.path("objects", "contacts")
        with ThreadPoolExecutor(8) as threads:
            replies = list(threads.map(lambda _: portal.transport.call("GET", asked), range(16)))
    assert all(reply["results"] for reply in replies)
    tokens = [one["path"] for one in sandbox.requests() if one["path"].endswith("/token")]
    assert len(tokens) == 3


def test_a_refresh_token_that_is_revoked_while_one_works_is_said_at_the_next_refresh(
    installed, sandbox
):
    from leadscore.sandbox.oauthstore import forget

    with connect() as portal:
        forget(sandbox.portal, installed)
        sandbox.advance(1801)
        with pytest.raises(AuthenticationError, match="invalid, expired or revoked") as caught:
            portal.transport.call("GET", portal.path("objects", "contacts"))
    assert "Connect the app again" in caught.value.hint


def test_a_revoked_refresh_token_is_one_sentence_that_says_what_to_do(installed, sandbox):
    from leadscore.sandbox.oauthstore import forget

    forget(sandbox.portal, installed)
    with pytest.raises(AuthenticationError, match="invalid, expired or revoked") as caught:
        connect()
    assert "HUBSPOT_REFRESH_TOKEN" in caught.value.hint
    assert (caught.value.status, caught.value.category) == (400, "BAD_REFRESH_TOKEN")
    assert installed not in _everything_in(caught.value)


def test_the_doctor_tells_a_revoked_refresh_token_from_one_that_works(installed, sandbox):
    from leadscore.checkup import doctor
    from leadscore.sandbox.oauthstore import forget

    found = {check.name: check for check in doctor().checks}
    assert found["token"].message == "It comes from OAuth, and HubSpot accepts it."
    forget(sandbox.portal, installed)
    found = {check.name: check for check in doctor().checks}
    assert found["token"].state == "wrong"
    assert "HUBSPOT_REFRESH_TOKEN" in found["token"].hint
    assert found["host"].state == "ok"


def test_a_wrong_client_secret_is_told_from_a_refused_refresh_token(installed, monkeypatch):
    monkeypatch.setenv("HUBSPOT_CLIENT_SECRET", "canary-secret")
    with pytest.raises(AuthenticationError, match="refuses the app") as caught:
        connect()
    assert "HUBSPOT_CLIENT_SECRET" in caught.value.hint
    assert "canary-secret" not in _everything_in(caught.value)


def test_a_refresh_token_that_was_replaced_is_used_and_said(script, clock):
    script.replies = [reply(200, GOOD | {"refresh_token": "na1-second"}), reply(200, GOOD)]
    token = _token(script.url, clock)
    with pytest.warns(UserWarning, match="replaced the refresh token") as caught:
        token.get()
    assert "na1-second" not in str(caught[0].message)
    assert token.refresh_token.get_secret_value() == "na1-second"
    script.replies = [reply(200, GOOD | {"refresh_token": "na1-second"})]
    token.renew()
    assert b"refresh_token=na1-second" in script.requests[-1]


def test_a_hiccup_of_the_server_is_sat_out_and_a_lasting_one_is_said(script, clock):
    waits: list[float] = []
    script.replies = [reply(503, b"<html>", kind="text/html"), reply(429, {}), reply(200, GOOD)]
    assert _token(script.url, clock, waits=waits).get()
    assert waits == [2.0, 4.0]
    script.replies = [reply(503, {"message": "an-id is a-secret"})]
    with pytest.raises(HubSpotError, match=r"status 503.*\[secret\] is \[secret\]"):
        _token(script.url, clock).get()


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        b"<html>",
        b"",
        GOOD | {"access_token": "with a blank in it"},
        GOOD | {"access_token": 7},
        GOOD | {"expires_in": 0},
        GOOD | {"expires_in": "soon"},
    ],
)
def test_a_reply_without_a_usable_token_is_no_token(script, clock, body):
    script.replies = [reply(200, body)]
    with pytest.raises(HubSpotError) as caught:
        _token(script.url, clock).get()
    assert "C" + "a" * 40 not in _everything_in(caught.value)


def test_a_reply_that_never_ends_is_given_up_by_the_wall_clock(script, clock):
    def endless(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")
        clock.now += 31
        connection.sendall(b"{" * 10)

    script.replies = [endless]
    with pytest.raises(UnreachableError) as caught:
        _token(script.url, clock).get()
    assert "a-secret" not in _everything_in(caught.value)


@pytest.mark.parametrize(
    "answer", [reply(404, b"<html>", kind="text/html"), reply(200, {"active": 1})]
)
def test_an_introspection_that_tells_nothing_leaves_the_scopes_unknown(script, clock, answer):
    script.replies = [reply(200, GOOD), answer]
    with Portal(load_settings(base_url=script.url), _token(script.url, clock)) as portal:
        assert portal.scopes is None
        portal.require("apply")


def test_a_path_that_is_not_there_is_told_from_a_refused_token(script, clock):
    script.replies = [reply(404, b"<html>", kind="text/html")]
    with pytest.raises(HubSpotError, match="status 404") as caught:
        _token(script.url, clock).get()
    assert not isinstance(caught.value, AuthenticationError)


def test_nobody_there_is_an_error_without_secrets(clock):
    with pytest.raises(UnreachableError) as caught:
        _token("http://127.0.0.1:9", clock).get()
    assert "a-secret" not in _everything_in(caught.value)


def test_a_redirect_is_not_followed_with_the_secrets(script, clock):
    script.replies = [reply(307, {}, Location="http://127.0.0.1:9/elsewhere")]
    with pytest.raises(HubSpotError, match="status 307"):
        _token(script.url, clock).get()
    assert len(script.requests) == 1


def test_secrets_leave_for_no_other_host(clock):
    with pytest.raises(LeadscoreError, match="neither HubSpot's"):
        _token("https://example.com", clock)


def test_a_code_that_was_used_is_refused(sandbox, installed, version):
    settings = load_settings()
    with pytest.raises(AuthenticationError, match="auth code"):
        redeem_code(
            *(settings.client_id, settings.client_secret, SecretStr("na1-used")),
            redirect_uri=BACK,
            base_url=sandbox.url,
            version=version,
        )


def test_a_code_that_brings_nothing_is_said(script):
    secrets = [SecretStr("x")] * 3
    with pytest.raises(BadReplyError, match="no refresh token"):
        redeem_code(*secrets, redirect_uri=BACK, base_url=script.url)


def test_a_portal_takes_a_source_of_tokens(installed):
    from leadscore.hubspot.tokens import find_token

    settings = load_settings()
    with Portal(settings, find_token(settings)) as portal:
        assert portal.id


def _everything_in(error: BaseException) -> str:
    """Return the error, its context, and all that the frames of its traceback hold."""
    parts = []
    seen: BaseException | None = error
    while seen is not None:
        parts.append(f"{seen} {vars(seen)}")
        for frame, _ in traceback.walk_tb(seen.__traceback__):
            if "/leadscore/" in frame.f_code.co_filename or "urllib3" in frame.f_code.co_filename:
                parts.append(repr(frame.f_locals))
        seen = seen.__context__
    return " ".join(parts)


def test_threads_that_begin_at_once_get_one_token(script, clock):
    script.replies = [reply(200, GOOD | {"access_token": c * 40}) for c in "ABCDEFGH"]
    token = _token(script.url, clock)
    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(lambda _: token.get().get_secret_value(), range(32)))
    assert found == {"A" * 40}
    assert len(script.requests) == 1


@pytest.mark.parametrize("lasts", [1, 30, 119.5])
def test_a_token_that_lasts_less_than_two_minutes_is_used_for_half_of_them(script, clock, lasts):
    script.replies = [reply(200, GOOD | {"expires_in": lasts})]
    token = _token(script.url, clock)
    token.get()
    clock.now += lasts / 2 - 0.01
    token.get()
    assert len(script.requests) == 1
    clock.now += 0.02
    token.get()
    assert len(script.requests) == 2


def test_a_refusal_that_echoes_the_secrets_shows_none_of_them(script, clock):
    echo = {"error": "invalid_grant", "error_description": "na1-refresh of an-id with a-secret"}
    script.replies = [reply(400, echo)]
    with pytest.raises(AuthenticationError) as caught:
        _token(script.url, clock).get()
    assert "[secret] of [secret] with [secret]" in caught.value.message
    assert not [s for s in ("na1-refresh", "a-secret") if s in f"{caught.value!r}{caught.value}"]


def test_a_failed_refresh_keeps_the_token_that_there_is(script, clock):
    script.replies = [reply(200, GOOD), reply(503, {})]
    token = _token(script.url, clock)
    first = token.get()
    with pytest.raises(HubSpotError, match="status 503"):
        token.renew()
    assert token.get() == first


def test_no_secret_of_oauth_is_in_what_the_doctor_says_or_what_a_portal_shows(installed, sandbox):
    from leadscore.checkup import doctor

    said = str(doctor().as_dict())
    with connect() as portal:
        said += f"{portal!r} {portal.settings!r} {vars(portal)} {portal.token.get()!r}"
    settings = load_settings()
    secrets = (settings.client_id, settings.client_secret, settings.refresh_token)
    assert not [one for one in secrets if one.get_secret_value() in said]


def test_the_code_the_secrets_and_the_refresh_token_are_in_no_log_of_the_portal(installed, sandbox):
    with connect():
        pass
    settings = load_settings()
    secrets = (settings.client_secret, settings.refresh_token)
    assert not [one for one in secrets if one.get_secret_value() in str(sandbox.requests())]
