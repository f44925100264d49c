from __future__ import annotations

import pytest

from leadscore.errors import SettingsError, UsageError
from leadscore.hubspot.paths import RESOURCES, VERSIONS, path

# What each resource is asked for when nothing is to be changed: method, rest, body.
ASKED = {
    "objects": ("GET", ["contacts"], None),
    "record associations": ("GET", ["contacts", "{id}", "associations", "companies"], None),
    "properties": ("GET", ["contacts"], None),
    "associations": ("POST", ["contacts", "companies", "batch", "read"], {"inputs": []}),
    "owners": ("GET", [], None),
    "pipelines": ("GET", ["deals"], None),
    "lists": ("POST", ["search"], {"query": ""}),
    "limits": ("GET", ["custom-properties"], None),
    "exports": ("GET", ["export", "async", "tasks", "1", "status"], None),
    "imports": ("GET", [], None),
    "schemas": ("GET", [], None),
    "files": ("GET", ["search"], None),
    "sequences": ("GET", [], None),
    "account-info": ("GET", ["details"], None),
    "oauth": ("POST", ["token"], None),
}


def test_the_date_follows_the_family_and_the_number_precedes_it():
    assert path("2026-09", "properties", "contacts") == "/crm/properties/2026-09/contacts"
    assert path("v3", "properties", "contacts") == "/crm/v3/properties/contacts"


def test_what_is_version_4_where_the_rest_is_version_3_has_its_own_number():
    assert path("v3", "associations", "contacts", "deals") == "/crm/v4/associations/contacts/deals"
    assert path("v3", "sequences") == "/automation/v4/sequences"


def test_each_resource_of_each_version_is_served_and_not_merely_named(portal, version):
    assert ASKED.keys() == set(RESOURCES)
    contact = next(
        iter(portal.transport.call("GET", path(version, "objects", "contacts"))["results"])
    )
    for resource, (method, rest, body) in ASKED.items():
        asked = path(version, resource, *(part.format(id=contact["id"]) for part in rest))
        assert ("v3" in asked or "v4" in asked) == (version == "v3")
        reply = portal.client.api_request({"method": method, "path": asked, "body": body})
        # A path that nobody serves is a page, and a missing thing, a wrong body is not.
        assert "json" in reply.headers["content-type"], (resource, reply.status_code, reply.text)
        assert reply.status_code not in (405, 501), (resource, reply.text)


@pytest.mark.parametrize("version", ["v4", "2025-09", ""])
def test_an_unknown_version_is_refused(version):
    with pytest.raises(SettingsError, match="no API version"):
        path(version, "objects")


def test_an_unknown_resource_is_refused_and_the_known_are_named(version):
    with pytest.raises(UsageError, match="associations"):
        path(version, "contacts")


def test_versions_are_those_that_the_settings_take():
    from leadscore.settings import load_settings

    assert [load_settings(api_version=one).api_version for one in VERSIONS] == list(VERSIONS)
