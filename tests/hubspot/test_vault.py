from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from everybyte import where_is
from keyrings import Memory, ring_of
from pydantic import SecretStr

from leadscore.errors import SettingsError
from leadscore.hubspot.vault import Entry, Vault, check_name
from leadscore.settings import load_settings

CANARY = "canary-secret-of-acme"
ENTRY = Entry("acme", 7, "token", "2026-11-01T00:00:00.000Z", "https://api.hubapi.com")
SECRETS = {"token": SecretStr(CANARY)}


@pytest.fixture
def vault() -> Vault:
    return Vault(load_settings())


@pytest.fixture
def ring():
    with ring_of(Memory()) as memory:
        yield memory


def test_without_a_keyring_that_keeps_anything_a_private_file_has_the_secrets(vault):
    kept = vault.keep(ENTRY, SECRETS)  # the null keyring of the tests takes all and keeps nothing
    assert kept.kept == "file"
    assert vault.entries() == [kept]
    assert vault.secrets("acme")["token"].get_secret_value() == CANARY
    assert {p.stat().st_mode & 0o777 for p in vault.folder.iterdir()} == {0o600}
    assert vault.folder.stat().st_mode & 0o777 == 0o700


def test_with_a_keyring_no_file_has_them(vault, ring, tmp_path):
    assert vault.keep(ENTRY, SECRETS).kept == "keyring"
    assert vault.secrets("acme")["token"].get_secret_value() == CANARY
    assert not where_is(CANARY, tmp_path)
    vault.replace("acme", {"token": SecretStr("another")})
    assert vault.secrets("acme")["token"].get_secret_value() == "another"
    vault.forget("acme")
    assert not ring.kept
    assert not vault.has("acme")


def test_a_setting_keeps_them_out_of_the_keyring_or_in_nothing_else(ring, monkeypatch, tmp_path):
    assert Vault(load_settings(secrets="file")).keep(ENTRY, SECRETS).kept == "file"
    assert not ring.kept
    ring.broken = True
    with pytest.raises(SettingsError, match="no keyring that keeps"):
        Vault(load_settings(secrets="keyring", config=tmp_path / "b")).keep(ENTRY, SECRETS)
    assert Vault(load_settings(config=tmp_path / "c")).keep(ENTRY, SECRETS).kept == "file"


def test_what_moves_from_the_keyring_to_a_file_is_not_left_there(ring):
    Vault(load_settings()).keep(ENTRY, SECRETS)
    Vault(load_settings(secrets="file")).keep(ENTRY, SECRETS)
    assert not ring.kept


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_file_that_others_can_read_or_change_is_refused(vault, mode):
    vault.keep(ENTRY, SECRETS)
    file = vault.folder / "acme.json"
    file.chmod(mode)
    for ask in (vault.entry, vault.secrets):
        with pytest.raises(SettingsError, match=f"mode {mode:04o}") as caught:
            ask("acme")
        assert "chmod 600" in caught.value.hint


def test_a_link_is_not_followed(vault, tmp_path):
    vault.keep(ENTRY, SECRETS)
    file = vault.folder / "acme.json"
    file.rename(tmp_path / "elsewhere.json")
    file.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(SettingsError, match="cannot be read"):
        vault.entry("acme")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "\xff", '{"name": "acme"}', "null"],
)
def test_a_damaged_file_is_one_sentence_and_can_be_forgotten(vault, text):
    vault.keep(ENTRY, SECRETS)
    (vault.folder / "acme.json").write_text(text, "latin-1")
    for ask in (vault.entry, vault.secrets):
        with pytest.raises(SettingsError, match="damaged") as caught:
            ask("acme")
        assert "--force" in caught.value.hint
    vault.forget("acme")
    assert not vault.has("acme")


@pytest.mark.parametrize("field", ["portal_id", "kind", "kept", "name"])
def test_a_fact_of_another_kind_is_damage(vault, field):
    vault.keep(ENTRY, SECRETS)
    file = vault.folder / "acme.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {field: "x"}))
    with pytest.raises(SettingsError, match="damaged"):
        vault.entry("acme")


def test_secrets_that_the_keyring_lost_are_said(vault, ring):
    vault.keep(ENTRY, SECRETS)
    ring.kept.clear()
    with pytest.raises(SettingsError, match="damaged or gone"):
        vault.secrets("acme")
    ring.broken = True
    with pytest.raises(SettingsError, match="cannot be asked"):
        vault.secrets("acme")


@pytest.mark.parametrize("name", ["", "Acme", "../x", "a/b", "a.b", "é", "a" * 41, "-a", None])
def test_a_name_that_is_none_is_refused_and_not_shown(name):
    with pytest.raises(SettingsError, match="That is no name") as caught:
        check_name(name)
    assert not name or name not in f"{caught.value.message}" or len(name) == 1


def test_a_name_that_is_not_there_is_refused_with_those_that_are(vault):
    vault.keep(ENTRY, SECRETS)
    with pytest.raises(SettingsError, match="signed in to as other") as caught:
        vault.entry("other")
    assert "acme" in caught.value.hint


def test_the_draft_of_a_process_that_was_killed_is_forgotten_too(vault):
    vault.keep(ENTRY, SECRETS)
    (vault.folder / ".acme.json.1.2.tmp").write_text(CANARY)
    vault.forget("acme")
    assert not where_is(CANARY, vault.folder)


def test_one_at_a_time_holds_it_and_the_others_wait(vault):
    order: list[str] = []

    def second():
        with Vault(load_settings()).held():
            order.append("second")

    with vault.held():
        waiting = threading.Thread(target=second)
        waiting.start()
        order.append("first")
    waiting.join(10)
    assert order == ["first", "second"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(SettingsError, match="cannot be made or used"):
        Vault(load_settings(config=tmp_path / "x")).keep(ENTRY, SECRETS)


def test_a_folder_that_is_a_file_is_said(tmp_path):
    Path(tmp_path / "x").write_text("")
    with pytest.raises(SettingsError, match="LEADSCORE_CONFIG"):
        Vault(load_settings(config=tmp_path / "x")).keep(ENTRY, SECRETS)
