"""Files of the file manager: private, each sent once, found again and gone."""

from __future__ import annotations

import pytest

from leadscore.errors import HubSpotError, InvalidRequestError
from leadscore.hubspot.files import delete_file, file_named, upload_file
from leadscore.hubspot.paths import VERSIONS


@pytest.fixture(params=VERSIONS)
def version(request):
    """What holds for one version of the API holds for all."""
    return request.param


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.html"
    path.write_bytes("<p>Füße</p>\r\n--not a boundary".encode())
    return path


@pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)
def test_a_file_arrives_whole_and_private_and_can_be_deleted(portal, page):
    made = upload_file(portal, page, folder="/leadscore/reports", name="a-1.html")
    assert made["access"] == "PRIVATE"
    assert made["path"] == "/leadscore/reports/a-1.html"
    assert made["size"] == len(page.read_bytes())
    assert file_named(portal, "a-1.html")["id"] == made["id"]
    assert file_named(portal, "a-1.csv") is None
    assert delete_file(portal, made["id"])
    assert not delete_file(portal, made["id"])
    assert file_named(portal, "a-1.html") is None


@pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)
@pytest.mark.parametrize("version", ["2026-03"])
def test_a_file_whose_reply_is_lost_is_found_by_its_name_and_not_sent_again(portal, sandbox, page):
    rule = {"match": {"method": "POST", "path": "/files/*"}, "times": 1}
    sandbox.faults([rule | {"action": {"apply_then_reset": True}}])
    made = upload_file(portal, page, folder="/leadscore", name="b-1.html")
    found = portal.transport.call("GET", portal.path("files", "search"))["results"]
    assert [one["id"] for one in found] == [made["id"]]


@pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)
@pytest.mark.parametrize("version", ["2026-03"])
def test_what_hubspot_refuses_is_an_error_in_its_words(portal, page):
    with pytest.raises(InvalidRequestError) as refused:
        upload_file(portal, page, folder="", name="c.html")
    assert isinstance(refused.value, HubSpotError)
    assert "folder" in refused.value.message
