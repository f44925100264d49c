"""No form of a token that a cell shows is left in a text."""

from __future__ import annotations

import json

import pytest
from pydantic import SecretStr

from leadscore.errors import UsageError
from leadscore.hubspot.vault import Entry, Vault
from leadscore.notebookscrub import Scrubber, refuse_tokens
from leadscore.settings import Settings, load_settings

TOKEN = "pat-na1-00000000-1111-2222-3333-444444444444"
SECRET = "CJSP5qf1/KhICAQ+EYs-gDIIGOBii1hQIyGQ="


@pytest.mark.parametrize("secret", [TOKEN, SECRET])
@pytest.mark.parametrize(
    "form",
    [
        lambda t: f"it is {t}.",
        lambda t: f"\x1b[33m{t[:9]}\x1b[39m\x1b[31m{t[9:]}\x1b[0m",
        "\x1b[1m".join,
        lambda t: json.dumps({"a": f"\x1b[33m{t[:3]}\x1b[0m{t[3:]}"}),
        lambda t: f'<span class="m">{t[:12]}</span><span>{t[12:]}</span>',
        lambda t: f"Authorization: Bearer {t}",
    ],
)
def test_a_known_token_is_taken_out_in_every_form(secret, form):
    clean = Scrubber([SECRET]).text(form(secret))
    for piece in (secret[:9], secret[-9:]):
        assert piece not in clean.replace("\x1b[1m", "")
    assert "[token]" in clean


def test_a_token_that_nobody_told_of_is_known_by_its_shape_or_its_place():
    text = f"{TOKEN} and Bearer abcdefghijklmnop-0123"
    assert Scrubber().text(text) == "[token] and Bearer [token]"


def test_everything_in_a_notebook_is_looked_at_names_too():
    found = Scrubber().anything({TOKEN: [{"a": (TOKEN, 1, None)}]})
    assert found == {"[token]": [{"a": ["[token]", 1, None]}]}


@pytest.mark.parametrize("text", ["a path-na1-file", "3f2504e0-4f89-11d3-9a0c-0305e82c3301", ""])
def test_what_is_no_token_stays(text):
    assert Scrubber(["x"]).text(text) == text


def test_the_secrets_of_the_surroundings_are_known(monkeypatch):
    monkeypatch.setenv("HUBSPOT_CLIENT_SECRET", "client-s3cret")
    known = Scrubber.of_surroundings(Settings(token="another-kind-of-token"))
    assert known.text("client-s3cret another-kind-of-token") == "[token] [token]"


def test_the_secrets_of_every_portal_by_name_are_known():
    secrets = {
        "client_secret": SecretStr("a-client-secret"),
        "refresh_token": SecretStr("na1-lasting"),
    }
    entry = Entry("acme", 7, "oauth", "2026-11-30", "https://api.hubapi.com")
    Vault(load_settings()).keep(entry, secrets)
    known = Scrubber.of_surroundings(load_settings())
    assert known.text("a-client-secret and na1-lasting") == "[token] and [token]"


@pytest.mark.parametrize(
    "given",
    [
        {"capacity": TOKEN},
        {"names": ["a", TOKEN]},
        {"note": f"with {TOKEN} inside"},
        {"api_key": "something"},
        {"hubspot_token": "something"},
        {TOKEN: 1},
    ],
)
def test_a_token_is_no_parameter_and_is_not_repeated(given):
    with pytest.raises(UsageError, match="token") as told:
        refuse_tokens(given, Scrubber())
    assert TOKEN not in str(told.value)


def test_an_empty_token_and_a_harmless_value_are_let_through():
    refuse_tokens({"token": "", "capacity": 5, "tokens_left": "all"}, Scrubber())
