from __future__ import annotations

import json
import os
import socket
import time

import pytest

from leadscore.checkup import doctor
from leadscore.hubspot.paths import VERSIONS
from leadscore.scopecheck import scopes
from leadscore.settings import load_settings
from leadscore.signingin import sign_in
from leadscore.store import open_store
from leadscore.syncing import sync

WRONG = "pat-na1-00000000-1111-2222-3333-444444444444"
STATES = {"ok", "warning", "wrong", "unknown"}


@pytest.fixture
def surroundings(sandbox, monkeypatch):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", sandbox.token)
    return sandbox


def _checks(checkup):
    assert {check.state for check in checkup.checks} <= STATES
    assert all(check.hint for check in checkup.checks if check.state in ("wrong", "warning"))
    return {check.name: check for check in checkup.checks}


def test_all_is_well_where_it_is(surroundings, portal, tmp_path):
    surroundings.portal.scopes = set(scopes()["scope"])
    with open_store(tmp_path / ".leadscore") as store:
        sync(portal, store, progress=False)
    checkup = doctor()
    found = _checks(checkup)
    assert checkup.ok
    assert {check.state for check in checkup.checks} == {"ok"}
    assert checkup.portal_id == surroundings.portal_id
    assert "the environment, and HubSpot accepts it" in found["token"].message
    assert {"limits", "scopes", "properties", "clock", "files", "tables"} <= found.keys()
    assert surroundings.token not in json.dumps(checkup.as_dict())


def test_without_a_token_it_says_where_one_goes_and_looks_at_the_rest(sandbox, monkeypatch):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    checkup = doctor()
    found = _checks(checkup)
    assert not checkup.ok
    assert found["token"].state == "wrong"
    assert "HUBSPOT_PRIVATE_APP_TOKEN" in found["token"].hint
    assert (found["host"].state, found["portal"].state) == ("ok", "unknown")
    assert found["workspace"].state == "ok"
    assert checkup.portal_id is None


def test_a_token_that_hubspot_refuses_is_told_from_one_that_is_missing(surroundings, monkeypatch):
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", WRONG)
    checkup = doctor()
    found = _checks(checkup)
    assert (found["token"].state, found["host"].state) == ("wrong", "ok")
    assert "It comes from the environment." in found["token"].message
    assert WRONG not in json.dumps(checkup.as_dict())


def test_without_a_network_the_token_is_found_and_the_portal_is_not_asked(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("LEADSCORE_BASE_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", WRONG)
    found = _checks(doctor())
    assert (found["host"].state, found["token"].state) == ("wrong", "ok")
    assert found["portal"].state == "unknown"


def test_another_portals_workspace_is_wrong(surroundings, tmp_path):
    with open_store(tmp_path / "other") as store:
        store.ledger.bind_portal(7)
    checkup = doctor(workspace=tmp_path / "other")
    assert not checkup.ok
    assert "portal 7" in _checks(checkup)["workspace"].message


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("LEADSCORE_API_VERSION", "v9", "settings"),
        ("LEADSCORE_BASE_URL", "https://example.com", "host"),
        ("HUBSPOT_PRIVATE_APP_TOKEN", "pat na1", "token"),
    ],
)
def test_a_setting_that_cannot_be_is_one_line_among_the_others(
    surroundings, monkeypatch, tmp_path, name, value, line
):
    monkeypatch.setenv(name, value)
    found = _checks(doctor(workspace=tmp_path / "crm"))
    assert found[line].state == "wrong"
    assert found["workspace"].state == "ok"


@pytest.mark.parametrize(
    "action", [{"status": 400}, {"html": True}, {"status": 403}, {"body": "429 daily"}]
)
def test_a_portal_that_misbehaves_is_said_and_is_no_traceback(surroundings, action):
    surroundings.faults({"match": {"path": "/account-info/*"}, "action": action})
    checkup = doctor()
    found = _checks(checkup)
    assert not checkup.ok
    assert (found["token"].state, found["account"].state) == ("ok", "wrong")


def test_what_breaks_unexpectedly_is_unknown_and_the_rest_is_looked_at(surroundings, monkeypatch):
    monkeypatch.setattr("leadscore.checkup.Portal.limits", property(lambda self: 1 / 0))
    found = _checks(doctor())
    assert (found["limits"].state, found["scopes"].state) == ("unknown", "ok")


def test_a_warning_is_nothing_wrong(surroundings):
    surroundings.portal.scopes -= {"crm.objects.contacts.write"}
    checkup = doctor()
    assert "warning" in {check.state for check in checkup.checks}
    assert checkup.ok


def test_a_sandbox_is_looked_at_by_its_address(sandbox):
    found = _checks(doctor(sandbox))
    assert found["token"].message == "It comes from the sandbox, and HubSpot accepts it."


def test_settings_may_be_given(sandbox, version):
    settings = load_settings(api_version="v3")
    assert _checks(doctor(sandbox, settings=settings))["API version"].message.startswith("v3;")
    asked = {one["path"] for one in sandbox.requests()}
    assert "/account-info/v3/details" in asked


def test_a_notebook_gets_a_table(sandbox):
    checkup = doctor(sandbox)
    frame = checkup.to_frame()
    assert list(frame.columns) == ["name", "state", "message", "hint"]
    assert len(frame) == len(checkup.checks)
    assert "<table" in checkup._repr_html_()


def test_nothing_is_written_to_the_portal_or_the_disk(sandbox, tmp_path):
    doctor(sandbox)
    assert not sandbox.writes()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"\xff\xfe", b"HUBSPOT_PRIVATE_APP_TOKEN=pat na1 canary\n"])
def test_an_env_file_that_cannot_be_used_is_one_line(sandbox, monkeypatch, tmp_path, content):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    (tmp_path / ".env").write_bytes(content)
    checkup = doctor()
    assert "wrong" in {check.state for check in checkup.checks}
    assert "canary" not in json.dumps(checkup.as_dict())


def test_each_version_of_the_api_is_looked_at_by_its_own_paths(surroundings, monkeypatch):
    for version in VERSIONS:
        monkeypatch.setenv("LEADSCORE_API_VERSION", version)
        before = len(surroundings.requests())
        assert doctor().ok
        asked = [one["path"] for one in surroundings.requests()[before:]]
        assert all(version in path for path in asked if "access-token-info" not in path)


def test_a_checkup_takes_few_requests(surroundings):
    doctor()
    assert len(surroundings.requests()) <= 8


def test_a_portal_by_name_is_looked_at_with_its_own_token_address_and_workspace(
    sandbox, monkeypatch, tmp_path
):
    sign_in("acme", token=sandbox.token, settings=load_settings(base_url=sandbox.url)).close()
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", WRONG)
    by_name = doctor(name="acme")
    monkeypatch.setenv("LEADSCORE_PORTAL", "acme")
    for checkup in (by_name, doctor()):
        found = _checks(checkup)
        assert checkup.portal_id == sandbox.portal_id
        assert found["token"].message.startswith("It comes from the portal acme")
        assert sandbox.url in found["host"].message
        assert f"{tmp_path}/.leadscore/portals/acme" in found["workspace"].message
        assert "acme (" in found["portals"].message
        assert sandbox.token not in json.dumps(checkup.as_dict())


def test_a_name_that_nobody_signed_in_to_is_wrong_and_nothing_is_asked(surroundings):
    checkup = doctor(name="nope")
    found = _checks(checkup)
    assert (found["token"].state, found["portal"].state) == ("wrong", "unknown")
    assert "host" not in found
    assert not surroundings.requests()


def test_a_token_in_an_env_file_that_has_not_changed_for_half_a_year_is_due(
    sandbox, monkeypatch, tmp_path
):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    file = tmp_path / ".env"
    file.write_text(f"HUBSPOT_PRIVATE_APP_TOKEN={sandbox.token}\n")
    assert "token age" not in _checks(doctor())
    long_ago = time.time() - 200 * 86_400
    os.utime(file, (long_ago, long_ago))
    assert "200 days" in _checks(doctor())["token age"].message
