from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from leadscore.errors import SettingsError
from leadscore.hubspot.oauth import OAuthToken
from leadscore.hubspot.tokens import GivenToken, find_token, token_in_keyring
from leadscore.settings import load_settings

TOKEN = "pat-na1-00000000-1111-2222-3333-444444444444"
OTHER = TOKEN.replace("na1", "eu1")
THIRD = TOKEN.replace("na1", "na2")
OAUTH = {"CLIENT_ID": "an-id", "CLIENT_SECRET": "a-secret", "REFRESH_TOKEN": "na1-refresh"}


def _env_file(token: str, name: str = "HUBSPOT_PRIVATE_APP_TOKEN") -> None:
    Path(".env").write_text(f"{name}={token}\n")


def _found():
    return find_token(load_settings())


@pytest.fixture
def ring(monkeypatch):
    """Keep secrets in memory, as a desktop's keyring does on disk."""
    keyring = pytest.importorskip("keyring", reason="the extra keyring is not installed")
    from keyring.backend import KeyringBackend

    class Memory(KeyringBackend):
        priority = 1

        def __init__(self):
            super().__init__()
            self.kept = {}

        def get_password(self, service, username):
            return self.kept.get((service, username))

        def set_password(self, service, username, password):
            self.kept[service, username] = password

        def delete_password(self, service, username):
            del self.kept[service, username]

    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    yield keyring
    keyring.set_keyring(before)


def test_the_environment_goes_before_the_file_and_the_file_before_the_keyring(monkeypatch, ring):
    ring.set_password("leadscore", "token", THIRD)
    assert (_found().origin, _found().get()) == ("the keyring", SecretStr(THIRD))
    _env_file(OTHER)
    assert (_found().origin, _found().get()) == (".env", SecretStr(OTHER))
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", TOKEN)
    assert (_found().origin, _found().get()) == ("the environment", SecretStr(TOKEN))


def test_a_token_in_the_settings_goes_before_all(monkeypatch):
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", OTHER)
    source = find_token(load_settings(token=SecretStr(TOKEN)))
    assert (source.origin, source.get().get_secret_value()) == ("the settings", TOKEN)
    assert not source.renew()


def test_oauth_stands_in_where_there_is_no_token(monkeypatch):
    for name, value in OAUTH.items():
        monkeypatch.setenv(f"HUBSPOT_{name}", value)
    assert isinstance(_found(), OAuthToken)
    _env_file(TOKEN)
    assert _found().origin == ".env"


@pytest.mark.parametrize("missing", OAUTH)
def test_oauth_by_halves_says_what_is_missing(monkeypatch, missing):
    for name, value in OAUTH.items():
        if name != missing:
            monkeypatch.setenv(f"HUBSPOT_{name}", value)
    with pytest.raises(SettingsError, match=f"by halves: there is no HUBSPOT_{missing}") as caught:
        _found()
    assert "a-secret" not in str(caught.value)


@pytest.mark.parametrize("place", ["environment", ".env"])
def test_a_token_that_was_replaced_where_it_was_found_is_taken_over(monkeypatch, place):
    def put(token: str) -> None:
        if place == ".env":
            _env_file(token)
        else:
            monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", token)

    put(TOKEN)
    source = _found()
    assert not source.renew()
    put(f"  {OTHER}  ")
    assert source.renew()
    assert source.get().get_secret_value() == OTHER


def test_a_token_that_was_replaced_in_the_keyring_is_taken_over(ring):
    ring.set_password("leadscore", "token", TOKEN)
    source = _found()
    ring.set_password("leadscore", "token", OTHER)
    assert source.renew()
    assert source.get().get_secret_value() == OTHER


@pytest.mark.parametrize("content", ["", "HUBSPOT_PRIVATE_APP_TOKEN=pat na1", "\x00", None])
def test_a_file_that_was_half_written_or_taken_away_leaves_the_old_token(content):
    _env_file(TOKEN)
    source = _found()
    Path(".env").unlink() if content is None else Path(".env").write_text(content)
    assert not source.renew()
    assert source.get().get_secret_value() == TOKEN


def test_the_file_is_the_one_that_was_found_even_if_the_folder_changes(monkeypatch, tmp_path):
    _env_file(TOKEN)
    source = _found()
    _env_file(OTHER)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert source.renew()


def test_a_malformed_token_is_refused_wherever_it_is(monkeypatch, ring):
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", "pat na1 not a token")
    with pytest.raises(SettingsError, match="malformed"):
        _found()
    monkeypatch.delenv("HUBSPOT_PRIVATE_APP_TOKEN")
    ring.set_password("leadscore", "token", "00000000-1111-2222-3333-444444444444")
    with pytest.raises(SettingsError, match="2022-11-30"):
        _found()
    with pytest.raises(SettingsError, match="no HubSpot token"):
        GivenToken(SecretStr(""))


def test_without_the_extra_the_hint_says_how_to_get_it_and_how_to_store_a_token(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SettingsError) as caught:
        _found()
    assert 'pip install "leadscore[keyring]"' in caught.value.hint
    assert "keyring set leadscore token" in caught.value.hint


def test_a_keyring_that_cannot_be_used_is_no_error_of_its_own(ring, monkeypatch):
    from keyring.backends.fail import Keyring

    ring.set_keyring(Keyring())
    assert token_in_keyring() is None
    with pytest.raises(SettingsError, match="There is no HubSpot token") as caught:
        _found()
    assert "NoKeyringError" in caught.value.hint
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", TOKEN)
    assert _found().origin == "the environment"


def test_no_source_shows_its_token(monkeypatch):
    for name, value in OAUTH.items():
        monkeypatch.setenv(f"HUBSPOT_{name}", value)
    oauth = _found()
    _env_file(TOKEN)
    shown = "".join(f"{one!r} {vars(one)} {load_settings()!r}" for one in (oauth, _found()))
    assert not [secret for secret in (TOKEN, "a-secret", "na1-refresh") if secret in shown]
