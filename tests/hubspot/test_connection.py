from __future__ import annotations

import pytest

from leadscore.errors import AuthenticationError, SettingsError
from leadscore.hubspot.connection import connect

WRONG = "pat-na1-00000000-1111-2222-3333-444444444444"


def test_a_sandbox_is_connected_to_by_its_address(portal, sandbox):
    assert portal.id == sandbox.portal_id
    assert "crm.objects.contacts.read" in portal.scopes


def test_the_environment_tells_where_and_with_which_token(sandbox, monkeypatch):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", f"{sandbox.token}\n")
    with connect() as portal:
        assert portal.id == sandbox.portal_id


def test_without_a_token_it_says_where_to_put_one():
    with pytest.raises(SettingsError, match="HUBSPOT_PRIVATE_APP_TOKEN"):
        connect()


def test_a_rejected_token_is_told_from_other_faults_and_not_shown(sandbox, monkeypatch):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", WRONG)
    with pytest.raises(AuthenticationError, match="rejects the token") as caught:
        connect()
    assert WRONG not in f"{caught.value} {vars(caught.value)}"
    assert caught.value.correlation_id


def test_another_host_is_refused_before_anything_is_sent(monkeypatch):
    monkeypatch.setenv("LEADSCORE_BASE_URL", "https://example.com")
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", WRONG)
    with pytest.raises(SettingsError, match="neither HubSpot's"):
        connect()


def test_the_official_client_works_as_hubspots_documentation_shows(portal):
    from hubspot.crm.contacts import SimplePublicObjectInputForCreate

    body = SimplePublicObjectInputForCreate(
        properties={"email": "new@example.org"}, associations=[]
    )
    made = portal.client.crm.contacts.basic_api.create(simple_public_object_input_for_create=body)
    found = portal.client.crm.contacts.basic_api.get_by_id(made.id, properties=["email"])
    assert found.properties["email"] == "new@example.org"


def test_all_api_objects_of_the_client_share_one_connection_pool(portal):
    one = portal.client.crm.contacts.basic_api.api_client.rest_client.pool_manager
    two = portal.client.crm.companies.batch_api.api_client.rest_client.pool_manager
    assert one is two is portal.pool


def test_neither_the_portal_nor_its_client_shows_the_token(portal, sandbox):
    shown = f"{portal!r} {portal} {portal.settings!r} {portal.client.config} {vars(portal.client)}"
    assert sandbox.token not in shown


def test_a_repr_sends_nothing(portal):
    sent = portal.requests
    assert repr(portal)
    assert portal.requests == sent
