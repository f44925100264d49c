"""Tokens of OAuth."""

from urllib.parse import urlencode

import hubspot_sdk
import pytest
from hubspot import HubSpot

from leadscore.sandbox import oauth, oauthstore

VERSIONS = ["v1", "v3", "2026-03", "2026-09"]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
READ = "crm.objects.contacts.read"


@pytest.fixture
def client(portal):
    """Return the app's id and secret, as the token endpoints take them."""
    app = oauthstore.app(portal)
    return {"client_id": app["clientId"], "client_secret": app["clientSecret"]}


def post(http, path, fields):
    return http("POST", path, urlencode(fields).encode(), headers=FORM)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_code_becomes_tokens_that_work(http, portal, sign_in, version):
    found = sign_in(READ, version=version)
    assert (found["token_type"], found["expires_in"]) == ("bearer", 1800)
    assert (found["hub_id"], found["scopes"]) == (portal.id, [READ, "oauth"])
    answer = http.get("/crm/v3/objects/contacts", headers=bearer(found["access_token"]))
    assert answer.status == 200


def test_a_token_may_do_what_the_user_agreed_to_and_no_more(http, sign_in):
    token = sign_in(READ)["access_token"]
    answer = http.get("/crm/v3/objects/deals", headers=bearer(token))
    assert (answer.status, answer.json["category"]) == (403, "MISSING_SCOPES")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_refresh_token_stays_the_same_and_brings_new_access_tokens(
    http, sign_in, client, version
):
    first = sign_in(READ)
    wish = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], **client}
    second = post(http, f"/oauth/{version}/token", wish).json
    assert second["refresh_token"] == first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    for found in (first, second):
        assert (
            http.get("/account-info/v3/details", headers=bearer(found["access_token"])).status
            == 200
        )


@pytest.mark.parametrize(
    ("late", "words"),
    [
        (0, "0 second(s)"),
        (75, "75 second(s)"),
        (300, "5 minute(s)"),
        (6 * 3600, "6 hour(s)"),
        (48 * 3600, "2 day(s)"),
    ],
)
def test_an_access_token_ends_after_thirty_minutes(http, sign_in, clock, late, words):
    token = sign_in(READ)["access_token"]
    clock.time += 1799
    assert http.get("/crm/v3/objects/contacts", headers=bearer(token)).status == 200
    clock.time += 1 + late
    answer = http.get("/crm/v3/objects/contacts", headers=bearer(token))
    assert (answer.status, answer.json["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert answer.json["message"] == f"The OAuth token used to make this call expired {words} ago."
    assert answer.json["context"] == {"expire time": ["2027-01-15T08:30:00.000Z"]}


@pytest.mark.parametrize("version", VERSIONS)
def test_errors_have_the_fields_of_rfc_6749_and_hubspots_own(http, client, version):
    wish = {"grant_type": "refresh_token", "refresh_token": "no", **client}
    answer = post(http, f"/oauth/{version}/token", wish)
    body = answer.json
    assert body.pop("correlationId") == answer.headers["x-hubspot-correlation-id"]
    words = "refresh token is invalid, expired or revoked"
    assert (answer.status, body) == (
        400,
        {
            "error": "invalid_grant",
            "error_description": words,
            "status": "BAD_REFRESH_TOKEN",
            "message": words,
        },
    )


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"grant_type": "password"}, "BAD_GRANT_TYPE", "unsupported_grant_type"),
        ({"client_id": "x"}, "BAD_CLIENT_ID", "invalid_client"),
        ({"client_secret": "x"}, "BAD_CLIENT_SECRET", "invalid_client"),
        ({"code": "x"}, "BAD_AUTH_CODE", "invalid_grant"),
    ],
)
def test_what_is_wrong_with_a_token_request_is_said(http, client, change, status, error):
    wish = {"grant_type": "authorization_code", "code": "y", "redirect_uri": "z", **client}
    answer = post(http, "/oauth/2026-03/token", wish | change)
    assert answer.status == 400
    assert (answer.json["status"], answer.json["error"]) == (status, error)


@pytest.mark.parametrize(("version", "status"), [("v1", 400), ("v3", 400), ("2026-03", 400)])
def test_only_version_1_reads_the_query(http, sign_in, client, version, status):
    fields = {"grant_type": "refresh_token", "refresh_token": sign_in(READ)["refresh_token"]}
    answer = http("POST", f"/oauth/{version}/token", **fields, **client, headers=FORM)
    assert answer.status == (200 if version == "v1" else status)


@pytest.mark.parametrize(
    ("version", "status"), [("v1", 415), ("v3", 415), ("2026-03", 200), ("2026-09", 200)]
)
def test_json_is_taken_on_dated_paths_alone(http, sign_in, client, version, status):
    body = {"grant_type": "refresh_token", "refresh_token": sign_in(READ)["refresh_token"]}
    assert http.post(f"/oauth/{version}/token", body | client).status == status


@pytest.mark.parametrize("version", VERSIONS[1:])
def test_introspection_says_what_a_token_stands_for(http, portal, sign_in, client, clock, version):
    found, path = sign_in(READ), f"/oauth/{version}/token/introspect"
    clock.time += 100
    access = post(http, path, client | {"token": found["access_token"]}).json
    assert (access["active"], access["token_use"], access["expires_in"]) == (
        True,
        "access_token",
        1700,
    )
    assert (access["hub_id"], access["scopes"]) == (portal.id, [READ, "oauth"])
    refresh = post(http, path, client | {"token": found["refresh_token"]}).json
    assert (refresh["active"], refresh["token_use"]) == (True, "refresh_token")
    assert "expires_in" not in refresh
    clock.time += 1700
    for token in (found["access_token"], portal.token, "x"):
        assert post(http, path, client | {"token": token}).json == {"active": False}


def test_introspection_and_revocation_need_the_clients_secret(http, sign_in, client):
    fields = client | {"client_secret": "x", "token": sign_in(READ)["refresh_token"]}
    for path in ("introspect", "revoke"):
        assert post(http, f"/oauth/v3/token/{path}", fields).json["error"] == "invalid_client"


def test_a_portal_that_replaces_refresh_tokens_takes_each_once(portal, http, sign_in, client):
    portal.new_refresh_tokens = True
    wish = {"grant_type": "refresh_token", "refresh_token": sign_in(READ)["refresh_token"]}
    second = post(http, "/oauth/2026-03/token", wish | client).json
    assert second["refresh_token"] != wish["refresh_token"]
    assert post(http, "/oauth/2026-03/token", wish | client).status == 400
    wish["refresh_token"] = second["refresh_token"]
    assert post(http, "/oauth/2026-03/token", wish | client).status == 200
    portal.new_refresh_tokens = False


def test_a_revoked_refresh_token_brings_nothing_and_its_access_token_lives_on(
    http, sign_in, client
):
    found = sign_in(READ)
    fields = client | {"token": found["refresh_token"]}
    assert [post(http, "/oauth/2026-03/token/revoke", fields).status for _ in "ab"] == [200, 200]
    wish = {"grant_type": "refresh_token", "refresh_token": found["refresh_token"], **client}
    assert post(http, "/oauth/v3/token", wish).json["status"] == "BAD_REFRESH_TOKEN"
    answer = http.get("/crm/v3/objects/contacts", headers=bearer(found["access_token"]))
    assert answer.status == 200


def test_an_access_token_cannot_be_revoked(http, sign_in, client):
    fields = client | {"token": sign_in(READ)["access_token"]}
    answer = post(http, "/oauth/2026-03/token/revoke", fields)
    assert (answer.status, answer.json["error"]) == (400, "unsupported_token_type")


def test_version_1_looks_tokens_up_in_the_path(http, portal, sign_in, clock):
    found = sign_in(READ)
    access = http.get(f"/oauth/v1/access-tokens/{found['access_token']}").json
    assert (access["token_type"], access["hub_id"], access["expires_in"]) == (
        "access",
        portal.id,
        1800,
    )
    path = f"/oauth/v1/refresh-tokens/{found['refresh_token']}"
    refresh = http.get(path).json
    assert (refresh["token_type"], refresh["scopes"]) == ("refresh", [READ, "oauth"])
    assert [http("DELETE", path).status for _ in "ab"] == [204, 404]
    assert http.get(path).status == 404
    clock.time += 1800
    assert http.get(f"/oauth/v1/access-tokens/{found['access_token']}").status == 404


def test_version_1_ends_on_its_last_day(http, sign_in, clock):
    found = sign_in(READ)
    clock.time = oauth.V1_ENDS.timestamp() - 1
    path = f"/oauth/v1/refresh-tokens/{found['refresh_token']}"
    assert http.get(path).status == 200
    clock.time += 1
    answer = http.get(path)
    assert (answer.status, answer.headers["content-type"]) == (404, "text/html")
    assert post(http, "/oauth/v1/token", {}).status == 404
    assert post(http, "/oauth/v3/token", {}).status == 400


def test_the_apps_secret_is_shown_to_the_portals_own_token_alone(http, sign_in, client):
    answer = http.get("/__sandbox/oauth/app")
    assert (answer.status, answer.json["clientSecret"]) == (200, client["client_secret"])
    token = sign_in(READ)["access_token"]
    assert http.get("/__sandbox/oauth/app", headers=bearer(token)).status == 401
    assert http.get("/__sandbox/oauth/app", headers={"Authorization": ""}).status == 401


def test_the_official_sdk_refreshes_introspects_and_revokes(url, sign_in, client):
    sdk = hubspot_sdk.HubSpot(base_url=url, access_token="none", max_retries=0)
    lasting = sign_in(READ)["refresh_token"]
    sdk.auth.oauth.create_token(grant_type="refresh_token", refresh_token=lasting, **client)
    found = sdk.auth.oauth.introspect_token(token=lasting, **client)
    assert found.active is True
    sdk.auth.oauth.revoke_token(token=lasting, **client)
    assert sdk.auth.oauth.introspect_token(token=lasting, **client).active is False


def test_the_official_client_refreshes_and_looks_tokens_up(url, portal, sign_in, client):
    api = HubSpot(host=url, base_url=url).oauth
    lasting = sign_in(READ)["refresh_token"]
    made = api.tokens_api.create(grant_type="refresh_token", refresh_token=lasting, **client)
    assert (made.refresh_token, made.expires_in) == (lasting, 1800)
    assert api.access_tokens_api.get(made.access_token).hub_id == portal.id
    assert api.refresh_tokens_api.get(lasting).client_id == client["client_id"]
    api.refresh_tokens_api.archive(lasting)
