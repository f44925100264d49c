"""Files of the file manager: private, each sent once, found again and gone."""

from __future__ import annotations

import pytest
import urllib3
from scripted import reply

from leadscore.errors import HubSpotError, InvalidRequestError, NotFoundError
from leadscore.hubspot.files import (
    delete_file,
    file_named,
    files_found,
    read_file,
    sign_url,
    upload_file,
)
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


@pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)
@pytest.mark.parametrize("version", ["2026-03"])
def test_a_namesake_that_was_there_before_is_not_taken_for_the_lost_one(portal, sandbox, page):
    first = upload_file(portal, page, folder="/a", name="same.html")
    rule = {"match": {"method": "POST", "path": "/files/*"}, "times": 1}
    sandbox.faults([rule | {"action": {"apply_then_reset": True}}])
    second = upload_file(portal, page, folder="/a", name="same.html")
    assert second["id"] != first["id"]
    sandbox.faults([rule | {"action": {"reset": "before"}}])
    third = upload_file(portal, page, folder="/a", name="same.html")
    names = sorted(one["name"] for one in files_found(portal, []))
    assert names == ["same", "same-1", "same-2"]
    assert third["name"] == "same-2"


@pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)
@pytest.mark.parametrize("version", ["2026-03"])
def test_what_is_overwritten_is_there_once(portal, sandbox, page):
    upload_file(portal, page, folder="/a", name="same.html")
    page.write_text("other")
    rule = {"match": {"method": "POST", "path": "/files/*"}, "times": 1}
    sandbox.faults([rule | {"action": {"apply_then_reset": True}}])
    made = upload_file(portal, page, folder="/a", name="same.html", overwrite=True)
    (found,) = files_found(portal, [])
    assert (found["id"], found["size"]) == (made["id"], 5)


@pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)
@pytest.mark.parametrize("version", ["2026-03"])
def test_a_limit_that_is_met_sends_the_whole_file_again(portal, sandbox, page):
    body = {"policyName": "TEN_SECONDLY_ROLLING", "message": "limit"}
    rule = {"match": {"method": "POST", "path": "/files/*"}, "times": 1}
    sandbox.faults([rule | {"action": {"status": 429, "body": body}}])
    made = upload_file(portal, page, folder="/a", name="a.html")
    assert made["size"] == page.stat().st_size


@pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)
@pytest.mark.parametrize("version", ["2026-03"])
def test_a_search_goes_on_to_its_last_page_or_its_limit(portal, page, monkeypatch):
    monkeypatch.setattr("leadscore.hubspot.files._PAGE", 2)
    for n in range(5):
        upload_file(portal, page, folder="/a", name=f"a{n}.html")
    assert len(list(files_found(portal, []))) == 5
    assert len(list(files_found(portal, [], limit=3))) == 3


@pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)
@pytest.mark.parametrize("version", ["2026-03"])
def test_a_link_shows_a_private_file_without_a_token(portal, page):
    made = upload_file(portal, page, folder="/a", name="a.html")
    url = sign_url(portal, made["id"], seconds=60)
    assert urllib3.request("GET", url).data == page.read_bytes()
    with pytest.raises(NotFoundError):
        sign_url(portal, "1", seconds=60)
    assert read_file(portal, made["id"])["path"] == "/a/a.html"


def test_a_large_file_gets_the_time_that_it_takes(odd, script, page):
    given = []
    odd.pool.request, ask = (
        lambda *a, **o: given.append(o.get("patience")) or ask(*a, **o),
        odd.pool.request,
    )
    script.replies = [reply(200, {"results": []}), reply(201, {"id": "7"})]
    with page.open("ab") as file:
        file.truncate(2_000_000)
    upload_file(odd, page, folder="/a", name="a.html")
    assert given[-1] == 20.0
