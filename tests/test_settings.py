from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from leadscore.errors import SettingsError
from leadscore.settings import (
    PROPERTIES,
    check_base_url,
    check_token,
    config_folder,
    load_settings,
    token_in_env_file,
    token_in_environment,
)

TOKEN = "pat-na1-00000000-1111-2222-3333-444444444444"


def test_defaults_are_hubspot_itself_and_the_dated_version():
    settings = load_settings()
    assert (settings.base_url, settings.api_version) == ("https://api.hubapi.com", "2026-03")
    assert settings.token is None


def test_the_environment_wins_over_the_env_file(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("LEADSCORE_PREFIX=fromfile\nLEADSCORE_API_VERSION=v3\n")
    monkeypatch.setenv("LEADSCORE_PREFIX", "fromenv")
    settings = load_settings()
    assert (settings.prefix, settings.api_version) == ("fromenv", "v3")


@pytest.mark.parametrize("name", ["HUBSPOT_PRIVATE_APP_TOKEN", "HUBSPOT_ACCESS_TOKEN"])
def test_both_names_of_the_token_are_read(monkeypatch, name):
    monkeypatch.setenv(name, TOKEN)
    token = load_settings().token
    assert token is not None
    assert token.get_secret_value() == TOKEN


def test_the_token_is_not_shown_by_the_settings(monkeypatch):
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", TOKEN)
    settings = load_settings()
    assert TOKEN not in repr(settings) + str(settings)


def test_a_trailing_newline_is_taken_off_the_token():
    assert check_token(SecretStr(f" {TOKEN}\n")).get_secret_value() == TOKEN


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("", "no HubSpot token"),
        ("  \n", "no HubSpot token"),
        ("00000000-1111-2222-3333-444444444444", "2022-11-30"),
        (f'"{TOKEN}"', "quotes"),
        ("pat-na1-0000\n1111-2222-3333", "line breaks"),
        ("pat-na1", "7 characters"),
        ("pat-na1-0000\u00e900000000000", "no token has"),
    ],
)
def test_each_bad_token_is_refused_by_what_is_wrong_with_it(token, said):
    with pytest.raises(SettingsError, match=said):
        check_token(SecretStr(token))


@given(st.text(min_size=4).map(lambda text: f"pat {text}"))
def test_a_refusal_never_shows_the_token(token):
    with pytest.raises(SettingsError) as caught:
        check_token(SecretStr(token))
    assert token.strip() not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["https://api.hubapi.com/", "http://127.0.0.1:8080", "http://localhost:9", "http://[::1]:80"],
)
def test_hubspot_and_loopback_are_allowed(url):
    assert check_base_url(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://api.hubapi.com",
        "https://api.hubapi.com.evil.example",
        "https://example.com",
        "http://10.0.0.1",
        "http://127.0.0.1.evil.example",
        "ftp://127.0.0.1",
        "http://127.0.0.1:80/elsewhere",
        "",
    ],
)
def test_a_token_never_leaves_for_another_host(url):
    with pytest.raises(SettingsError, match="neither HubSpot's nor on this machine"):
        check_base_url(url)


def test_a_setting_that_cannot_be_is_named_and_its_value_is_not_shown(monkeypatch):
    monkeypatch.setenv("LEADSCORE_API_VERSION", "canary-value")
    with pytest.raises(SettingsError, match="LEADSCORE_API_VERSION") as caught:
        load_settings()
    assert "canary-value" not in str(caught.value)


def test_the_first_name_of_the_token_goes_before_its_alias_within_a_place_only(
    monkeypatch, tmp_path
):
    (tmp_path / ".env").write_text(f"HUBSPOT_PRIVATE_APP_TOKEN={TOKEN}-file\n")
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", f"{TOKEN}-alias")
    assert load_settings().token.get_secret_value() == f"{TOKEN}-alias"
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", TOKEN)
    assert token_in_environment().get_secret_value() == TOKEN
    assert token_in_env_file(tmp_path / ".env").get_secret_value() == f"{TOKEN}-file"


@pytest.mark.parametrize("name", ["CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN"])
def test_what_oauth_needs_is_read_from_hubspots_names_and_masked(monkeypatch, tmp_path, name):
    (tmp_path / ".env").write_text(f"HUBSPOT_{name}=canary-value\n")
    settings = load_settings()
    assert getattr(settings, name.lower()).get_secret_value() == "canary-value"
    assert "canary-value" not in f"{settings!r} {settings} {settings.model_dump_json()}"


@pytest.mark.parametrize("read", [load_settings, lambda: token_in_env_file(".env")])
def test_an_env_file_that_is_no_text_is_named_and_not_shown(tmp_path, read):
    (tmp_path / ".env").write_bytes(b"HUBSPOT_PRIVATE_APP_TOKEN=canary\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"\.env cannot be read: it is not UTF-8") as caught:
        read()
    assert "canary" not in str(caught.value)


def test_where_there_is_no_env_file_there_is_no_token(tmp_path):
    assert token_in_env_file(tmp_path / ".env") is None
    (tmp_path / ".env").write_text("HUBSPOT_PRIVATE_APP_TOKEN=\n")
    assert token_in_env_file(tmp_path / ".env") is None


def test_all_properties_are_written_unless_some_are_chosen():
    assert load_settings().properties == PROPERTIES
    chosen = load_settings(properties=" Reasons, tier,").properties
    assert chosen == ("score", "tier", "reasons")


def test_the_properties_are_chosen_in_the_environment(monkeypatch):
    monkeypatch.setenv("LEADSCORE_PROPERTIES", "score,tier,reasons")
    monkeypatch.setenv("LEADSCORE_MAX_WRITES", "500")
    assert load_settings().properties == ("score", "tier", "reasons")
    assert load_settings().max_writes == 500


def test_a_property_that_there_is_not_is_one_clear_error(monkeypatch):
    monkeypatch.setenv("LEADSCORE_PROPERTIES", "score,colour")
    with pytest.raises(SettingsError, match=r"LEADSCORE_PROPERTIES.*'colour'; known are score"):
        load_settings()


def test_a_beta_is_off_until_it_is_named_and_an_unknown_one_is_refused(monkeypatch):
    assert load_settings().beta == ()
    monkeypatch.setenv("LEADSCORE_BETA", " Lead-Scoring ")
    assert load_settings().beta == ("lead-scoring",)
    monkeypatch.setenv("LEADSCORE_BETA", "lead-scoring,forms")
    with pytest.raises(SettingsError, match="LEADSCORE_BETA"):
        load_settings()


@pytest.mark.parametrize(
    ("platform", "names", "folder"),
    [
        ("linux", {"XDG_CONFIG_HOME": "/x"}, "/x/leadscore"),
        ("linux", {"XDG_CONFIG_HOME": "relative"}, "/h/me/.config/leadscore"),
        ("linux", {}, "/h/me/.config/leadscore"),
        ("darwin", {}, "/h/me/Library/Application Support/leadscore"),
        ("win32", {"APPDATA": "/roaming"}, "/roaming/leadscore"),
        ("win32", {}, "/h/me/AppData/Roaming/leadscore"),
    ],
)
def test_each_platform_has_its_own_folder_for_portals(monkeypatch, platform, names, folder):
    for name in ("LEADSCORE_CONFIG", "XDG_CONFIG_HOME", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/h/me")
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)
    assert config_folder(load_settings()).as_posix() == folder


def test_a_portal_by_name_has_a_workspace_of_its_own_unless_one_is_set(monkeypatch):
    monkeypatch.setenv("LEADSCORE_PORTAL", "acme")
    assert load_settings().workspace.as_posix() == ".leadscore/portals/acme"
    assert load_settings(workspace="crm").workspace.as_posix() == "crm"
    monkeypatch.setenv("LEADSCORE_PORTAL", "../acme")
    with pytest.raises(SettingsError, match="LEADSCORE_PORTAL"):
        load_settings()
