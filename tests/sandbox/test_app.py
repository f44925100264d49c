import pytest

from leadscore.sandbox.app import LONGEST_URL


@pytest.mark.parametrize(
    "path",
    [
        "/crm/v3/objects/contacts",
        "/crm/objects/2026-03/contacts",
        "/crm/objects/2026-09/0-1",
        "/crm/v3/objects/contact/",
        "/crm/objects/2026-03/contacts/",
        "/crm/v3/properties/companies",
        "/crm/properties/2026-03/deals/",
        "/crm/properties/2026-09/0-3/groups",
        "/crm/v3/limits/custom-properties",
        "/crm/limits/2026-03/custom-properties/",
        "/account-info/v3/details",
        "/account-info/2026-09/details/",
        "/account-info/2026-03/api-usage/daily/private-apps",
    ],
)
def test_numbered_and_dated_paths_are_served_with_and_without_a_slash_at_the_end(http, path):
    assert http.get(path).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/crm",
        "/crm/v3/objects",
        "/crm/v4/objects/contacts",
        "/crm/v2/objects/contacts",
        "/crm/objects/2025-01/contacts",
        "/crm/2026-03/objects/contacts",
        "/crm/v3/nothing/contacts",
        "/crm/v3/objects/contacts/1/2/3",
        "/docs",
    ],
)
def test_an_unknown_path_is_a_page_in_html(http, path):
    answer = http.get(path)
    assert answer.status == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "This is not HubSpot" in answer.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/crm/v3/objects/contacts"),
        ("POST", "/crm/v3/objects/contacts/1"),
        ("GET", "/crm/v3/objects/contacts/batch/read"),
        ("DELETE", "/crm/v3/properties/contacts"),
        ("POST", "/account-info/v3/details"),
    ],
)
def test_a_method_that_a_path_does_not_take_is_a_405_in_html(http, method, path):
    answer = http(method, path)
    assert answer.status == 405
    assert answer.headers["content-type"].startswith("text/html")


def test_the_front_page_says_that_this_is_not_hubspot(http):
    answer = http.get("/", headers={"Authorization": ""})
    assert (answer.status, "This is not HubSpot" in answer.text) == (200, True)


@pytest.mark.parametrize("path", ["/", "/nothing", "/crm/v3/objects/contacts", "/crm/v3/objects/x"])
def test_every_reply_says_in_a_header_that_it_is_not_hubspots(http, path):
    assert http.get(path).headers["X-Leadscore-Sandbox"] == "not HubSpot"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", ""])
def test_a_request_that_was_meant_for_another_host_is_refused(http, host):
    answer = http.get("/crm/v3/objects/contacts", headers={"Host": host})
    assert (answer.status, "results" in answer.text) == (421, False)


def test_the_name_localhost_is_answered(http, url):
    port = url.rpartition(":")[2]
    assert http.get("/account-info/v3/details", headers={"Host": f"localhost:{port}"}).status == 200


def test_an_overlong_url_is_a_414(http):
    assert http.get("/crm/v3/objects/contacts", properties="x" * (LONGEST_URL - 200)).status == 200
    assert http.get("/crm/v3/objects/contacts", properties="x" * LONGEST_URL).status == 414


def test_a_mistake_of_the_sandbox_itself_is_a_500_without_a_category(http, portal):
    portal.collections["contacts"].records = None
    answer = http.get("/crm/v3/objects/contacts")
    assert answer.status == 500
    assert answer.json.keys() == {"status", "message", "correlationId"}


def test_a_mistake_of_the_sandbox_itself_leaves_the_connection_open(http, portal):
    portal.collections["contacts"].records = None
    for _ in range(20):
        answer = http.get("/crm/v3/objects/contacts")
        assert answer.status == 500
        assert answer.headers.get("connection") != "close"
        assert http.get("/account-info/v3/details").status == 200
