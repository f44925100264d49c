from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr

from leadscore.hubspot.consent import ask_for

BACK = "http://localhost:8400/callback"


def _asked(**more):
    consent = ask_for(SecretStr("an-id"), redirect_uri=BACK, **more)
    return consent, {
        name: texts[0] for name, texts in parse_qs(urlsplit(consent.url).query).items()
    }


def test_what_is_optional_is_asked_for_as_such_and_nothing_twice():
    _, query = _asked(scopes=["files", "forms"], optional=["forms", "crm.export"])
    assert query["scope"] == "oauth files forms"
    assert query["optional_scope"] == "crm.export"
    assert query["redirect_uri"] == BACK


def test_state_and_challenge_are_new_each_time_and_the_verifier_is_not_sent():
    (one, first), (other, second) = _asked(scopes=["files"]), _asked(scopes=["files"])
    assert first["state"] != second["state"]
    assert first["code_challenge"] != second["code_challenge"]
    assert first["code_challenge_method"] == "S256"
    assert 43 <= len(one.verifier.get_secret_value()) <= 128
    assert one.verifier.get_secret_value() not in one.url + repr(one)
    assert other.state.get_secret_value() not in repr(other).replace(other.url, "")


def test_the_page_is_hubspots_or_that_of_a_sandbox():
    assert _asked(scopes=["files"])[0].url.startswith("https://app.hubspot.com/oauth/authorize?")
    consent, _ = _asked(scopes=["files"], base_url="http://127.0.0.1:9/")
    assert consent.url.startswith("http://127.0.0.1:9/oauth/authorize?")
