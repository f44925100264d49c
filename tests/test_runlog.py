from __future__ import annotations

import json
import stat

import pytest

from leadscore.errors import NotFoundError
from leadscore.hubspot.reading import read_values
from leadscore.runlog import logged


def _lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_reply_is_one_line_with_what_hubspots_support_asks_for(portal, tmp_path):
    with logged(portal, tmp_path, "20261101-sync-abc") as path:
        portal.client.crm.contacts.basic_api.get_page(limit=2, properties=["email"])
        with pytest.raises(Exception, match="not found"):
            portal.client.crm.contacts.basic_api.get_by_id("1")
    good, bad = _lines(path)
    assert (good["method"], good["status"], bad["status"]) == ("GET", 200, 404)
    assert good["path"].endswith("/contacts")
    assert bad["correlation_id"]
    assert good["bytes"] > 0


def test_no_value_and_no_token_is_in_it(portal, tmp_path, sandbox):
    with logged(portal, tmp_path, "20261101-sync-abc") as path:
        portal.client.crm.contacts.basic_api.get_page(limit=2, properties=["email"])
    assert sandbox.token not in path.read_text()
    assert "email" not in path.read_text()


def test_whose_record_was_asked_for_is_not_in_it(portal, tmp_path):
    with (
        logged(portal, tmp_path, "20261101-sync-abc") as path,
        pytest.raises(Exception, match="not found"),
    ):
        portal.client.crm.contacts.basic_api.get_by_id("31700000077")
    assert "31700000077" not in path.read_text()
    assert _lines(path)[0]["path"].endswith("/contacts/{id}")


@pytest.mark.parametrize("version", ["v3", "2026-03"])
def test_nor_is_the_address_by_which_it_was_asked_for(portal, tmp_path):
    with logged(portal, tmp_path, "20261101-sync-abc") as path:
        where = portal.path("objects", "contacts", "ada%40example.com")
        with pytest.raises(NotFoundError):
            portal.transport.call("GET", where, query=[("idProperty", "email")])
        read_values(portal, "contacts", ["404"], ["email"])
    paths = [line["path"] for line in _lines(path)]
    assert paths[0].endswith("/contacts/{key}")
    assert paths[1].endswith("/contacts/batch/read")


def test_it_is_for_its_owner_alone(portal, tmp_path):
    with logged(portal, tmp_path, "20261101-sync-abc") as path:
        pass
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_afterwards_the_portal_logs_nothing(portal, tmp_path):
    with logged(portal, tmp_path, "20261101-sync-abc") as path:
        pass
    portal.client.crm.contacts.basic_api.get_page(limit=2)
    assert _lines(path) == []
