"""The page on which a user lets an app in."""

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from leadscore.sandbox import oauthstore

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
URI = "http://127.0.0.1:5000/back?kept=1"


@pytest.fixture
def wish(portal):
    """Return what an app asks for."""
    return {
        "client_id": oauthstore.app(portal)["clientId"],
        "redirect_uri": URI,
        "scope": "crm.objects.contacts.read",
        "state": "a b&c",
    }


def post(http, fields, path="/oauth/authorize"):
    return http("POST", path, urlencode(fields).encode(), headers=FORM)


def query(answer):
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


def test_the_page_says_what_is_asked_for_and_that_it_is_not_hubspot(http, wish):
    answer = http.get("/oauth/authorize", **wish)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html;charset=utf-8")
    assert "This is not HubSpot" in answer.text
    assert "<li>crm.objects.contacts.read</li>" in answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_what_an_app_sends_cannot_become_markup(http, wish):
    mark = '"><script>'
    answer = http.get("/oauth/authorize", **wish | {"state": mark})
    assert (answer.status, mark in answer.text) == (200, False)
    assert mark not in http.get("/oauth/authorize", **wish | {"scope": mark}).text


def test_approving_sends_the_browser_back_with_a_code_and_the_state(http, wish):
    answer = post(http, wish)
    assert answer.status == 302
    assert answer.headers["location"].startswith("http://127.0.0.1:5000/back?kept=1&code=")
    assert query(answer)["state"] == "a b&c"


def test_denying_sends_the_browser_back_with_an_error(http, wish):
    answer = post(http, wish | {"decision": "deny"})
    assert query(answer)["error"] == "access_denied"
    assert "code" not in query(answer)


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "x"},
        {"client_id": ""},
        {"redirect_uri": ""},
        {"redirect_uri": "https://example.com/back"},
        {"redirect_uri": "http://localhost.example.com/"},
        {"redirect_uri": "http://localhost@example.com/"},
        {"redirect_uri": "javascript://localhost/%0aalert(1)"},
        {"redirect_uri": "http://localhost/#x"},
        {"redirect_uri": "http://[/"},
        {"scope": ""},
        {"scope": "crm.objects.unicorns.read"},
        {"code_challenge": "abc"},
        {"code_challenge": "abc", "code_challenge_method": "plain"},
        {"code_challenge_method": "S256"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_wrong_wish_is_a_page_and_no_redirect(http, portal, wish, method, change):
    fields = wish | change
    answer = http.get("/oauth/authorize", **fields) if method == "GET" else post(http, fields)
    assert (answer.status, "location" in answer.headers) == (400, False)
    assert answer.headers["content-type"].startswith("text/html")
    assert not portal.shelf("oauth").get("codes")


def test_an_apps_own_redirect_uri_is_taken_as_it_stands(http, portal, wish):
    oauthstore.app(portal)["redirectUris"].append("https://example.com/back")
    assert post(http, wish | {"redirect_uri": "https://example.com/back"}).status == 302
    assert post(http, wish | {"redirect_uri": "https://example.com/back/"}).status == 400


def test_the_path_may_name_the_account(http, portal, wish):
    assert http.get(f"/oauth/{portal.id}/authorize", **wish).status == 200
    assert http.get("/oauth/1/authorize", **wish).status == 400


def test_optional_scopes_are_granted_where_the_subscription_has_them(http, portal, wish):
    fields = wish | {"optional_scope": "mh-lead-scoring-view crm.objects.deals.read nonsense"}
    for tier, more in (("professional", ["mh-lead-scoring-view"]), ("free", [])):
        portal.tier = tier
        code = query(post(http, fields))["code"]
        granted = portal.shelf("oauth")["codes"][code]["scopes"]
        plain = ["crm.objects.contacts.read", "crm.objects.deals.read", "oauth"]
        assert granted == sorted(plain + more)


def test_a_scope_that_the_subscription_lacks_is_refused(http, portal, wish):
    portal.tier = "starter"
    answer = post(http, wish | {"scope": "mh-lead-scoring-view"})
    assert (answer.status, "mh-lead-scoring-view" in answer.text) == (400, True)
