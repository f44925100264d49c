from __future__ import annotations

import pytest

from leadscore.errors import SettingsError
from leadscore.hubspot.paths import VERSIONS, path


def test_the_date_follows_the_family_and_the_number_precedes_it():
    assert path("2026-09", "properties", "contacts") == "/crm/properties/2026-09/contacts"
    assert path("v3", "properties", "contacts") == "/crm/v3/properties/contacts"


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_knows_every_resource(version):
    for resource in ("objects", "properties", "limits", "account-info"):
        assert version in path(version, resource)


def test_an_unknown_version_is_refused():
    with pytest.raises(SettingsError, match="v4"):
        path("v4", "objects")
