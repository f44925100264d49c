"""Where requests go, and where the token does not."""

from __future__ import annotations

import pytest

from leadscore.errors import SettingsError
from leadscore.hubspot.hosts import check_base, check_destination, forms_url, is_open

API, FORMS = "https://api.hubapi.com", "https://api.hsforms.com"
PUBLIC = "/submissions/v3/integration/submit/1/a"
SECURE = "/submissions/v3/integration/secure/submit/1/a"


@pytest.mark.parametrize("place", [FORMS, "http://127.0.0.1:9"])
def test_the_endpoint_that_takes_from_anybody_is_known_at_every_host(place):
    assert is_open(place + PUBLIC)
    assert is_open(f"{place}{SECURE}/../../../../submit/1/a")
    assert not is_open(place + SECURE)


def test_of_the_forms_host_nothing_else_is_trusted_and_of_the_api_everything_is():
    assert is_open(f"{FORMS}/secure/submit/1/a")
    assert is_open(f"{FORMS}/crm/v3/objects/contacts")
    assert not is_open(f"{API}/crm/v3/objects/contacts")


def test_a_portal_on_this_machine_takes_submissions_itself():
    assert forms_url(API) == FORMS
    assert forms_url("http://127.0.0.1:9") == "http://127.0.0.1:9"
    with pytest.raises(SettingsError, match="another host"):
        check_destination(FORMS + PUBLIC, "http://127.0.0.1:9")
    check_destination(FORMS + PUBLIC, API)


def test_the_forms_host_is_no_base():
    with pytest.raises(SettingsError):
        check_base(FORMS)
