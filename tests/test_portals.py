"""A notebook's portal: the simulated one is the same one from notebook to notebook."""

from __future__ import annotations

from threading import Timer

import pytest

from leadscore.errors import SandboxBusyError, SettingsError, UsageError
from leadscore.portals import open_portal


def _first(portal):
    return portal.client.crm.contacts.basic_api.get_page(limit=1).results[0].id


def test_what_one_notebook_wrote_the_next_one_finds(tmp_path):
    portal = open_portal(tmp_path / "crm", sandbox=True, contacts=30, seed=2)
    contact, account = _first(portal), portal.id
    new = {"properties": {"jobtitle": "Chief of Tests"}}
    portal.client.crm.contacts.basic_api.update(contact, new)
    portal.close()
    portal = open_portal(tmp_path / "crm", sandbox=True, contacts=30, seed=2)
    found = portal.client.crm.contacts.basic_api.get_by_id(contact, properties=["jobtitle"])
    assert (portal.id, found.properties["jobtitle"]) == (account, "Chief of Tests")
    portal.close()


def test_a_simulated_portal_stands_beside_the_workspace_and_is_its_owners_alone(tmp_path):
    with open_portal(tmp_path / "deep" / "crm", sandbox=True, contacts=5):
        pass
    state = tmp_path / "deep" / "crm.portal"
    assert state.stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "deep" / "crm").exists()
    assert (tmp_path / "deep").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_is_there_keeps_its_mode(tmp_path):
    tmp_path.chmod(0o755)
    open_portal(tmp_path / "crm", sandbox=True, contacts=5).close()
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_a_simulated_portal_of_another_size_is_refused(tmp_path):
    open_portal(tmp_path / "crm", sandbox=True, contacts=5).close()
    with pytest.raises(UsageError, match="another contacts"):
        open_portal(tmp_path / "crm", sandbox=True, contacts=6)


def test_two_notebooks_cannot_have_one_simulated_portal_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr("leadscore.portals._PATIENCE", 0.0)
    with (
        open_portal(tmp_path / "crm", sandbox=True, contacts=5),
        pytest.raises(SandboxBusyError, match="Another sandbox has"),
    ):
        open_portal(tmp_path / "crm", sandbox=True, contacts=5)


def test_the_next_notebook_waits_for_one_that_is_being_closed(tmp_path):
    first = open_portal(tmp_path / "crm", sandbox=True, contacts=5)
    Timer(0.5, first.close).start()
    open_portal(tmp_path / "crm", sandbox=True, contacts=5).close()


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be made"):
        open_portal(tmp_path / "file" / "crm", sandbox=True)


def test_without_a_sandbox_the_portal_is_that_of_the_surroundings(sandbox, tmp_path, monkeypatch):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", sandbox.token)
    with open_portal(tmp_path / "crm", sandbox=False) as portal:
        assert portal.id == sandbox.portal_id
