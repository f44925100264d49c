"""What a request meets first, and what is noted of it."""

import pytest

from leadscore.sandbox.portal import Grant

LIST = "/crm/v3/objects/contacts"


def last(portal):
    return portal.requests[-1]


def test_a_request_is_noted_with_its_query_its_status_and_its_time(http, portal):
    http.get(LIST, limit=3, properties="city")
    assert (last(portal).method, last(portal).path, last(portal).status) == ("GET", LIST, 200)
    assert last(portal).query == "limit=3&properties=city"
    assert last(portal).at == portal.now


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("PUT", LIST, 405),
        ("GET", "/", 200),
        ("GET", "/crm/v3/objects/unicorns", 400),
    ],
)
def test_every_request_is_noted_whatever_comes_of_it(http, portal, method, path, status):
    http(method, path)
    assert [(one.method, one.path, one.status) for one in portal.requests] == [
        (method, path, status)
    ]


def test_what_is_refused_at_the_door_is_noted_too(http, portal):
    http.get(LIST, headers={"Host": "evil.example"})
    http.get(LIST, properties="x" * 20_000)
    assert [one.status for one in portal.requests] == [421, 414]


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (None, "private app"),
        ("", "none"),
        ("Basic abc", "none"),
        ("Bearer pat-na1-other", "unknown"),
        ("Bearer of-an-app", "oauth"),
    ],
)
def test_the_kind_of_the_token_is_noted_and_never_the_token(http, portal, header, kind):
    portal.grants["of-an-app"] = Grant(set(), oauth=True)
    http.get(LIST, headers={} if header is None else {"Authorization": header})
    assert last(portal).token == kind
    assert portal.token not in str(portal.requests)
    assert "of-an-app" not in str(portal.requests)


def test_a_fault_does_not_open_the_portal_to_other_hosts(http, portal):
    portal.faults.add({"action": {"status": 200, "body": "{}"}})
    assert http.get(LIST, headers={"Host": "evil.example"}).status == 421
    assert not portal.faults.rules[0].matched
