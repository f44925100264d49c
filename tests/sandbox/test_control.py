"""The sandbox's own paths: faults, log, clock, file."""

import json
import threading
from datetime import UTC, datetime

import pytest
import urllib3

from leadscore.sandbox.clock import Clock
from leadscore.sandbox.portal import Portal
from leadscore.sandbox.serving import Server

LIST = "/crm/v3/objects/contacts"
OWN = "/__sandbox"
PATHS = ["", "/faults", "/log", "/clock"]


@pytest.fixture(scope="module")
def own():
    """Serve a portal with a clock that can be moved, and its rate limits."""
    portal = Portal(clock=Clock(1_800_000_000.0, still=True))
    server = Server(portal)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    with urllib3.PoolManager() as pool:

        def ask(method, path, body=None):
            headers = {"Authorization": f"Bearer {portal.token}"}
            content = None if body is None else json.dumps(body)
            if body is not None:
                headers["Content-Type"] = "application/json"
            reply = pool.request(method, server.url + path, body=content, headers=headers)
            return reply.status, json.loads(reply.data) if reply.data else None

        yield portal, ask
    server.stop()
    thread.join(10)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("header", ["", "Bearer nope", "Bearer ", "Basic x"])
def test_all_of_it_needs_the_token(http, path, header):
    answer = http.get(OWN + path, headers={"Authorization": header})
    assert (answer.status, answer.json["category"]) == (401, "INVALID_AUTHENTICATION")


@pytest.mark.parametrize("path", PATHS)
def test_a_revoked_token_still_opens_it(http, portal, path):
    portal.revoked = True
    assert http.get(OWN + path).status == 200


@pytest.mark.parametrize("path", PATHS)
def test_every_reply_says_that_this_is_not_hubspot(http, path):
    answer = http.get(OWN + path)
    assert answer.json["notice"] == "not HubSpot"
    assert answer.headers["X-Leadscore-Sandbox"] == "not HubSpot"


def test_it_is_outside_the_log_the_faults_and_the_limits(http, portal):
    portal.faults.add({"action": {"status": 500}})
    portal.limits = True
    assert [http.get(OWN).status for _ in range(300)] == [200] * 300
    assert not portal.requests
    assert not portal.faults.rules[0].matched
    assert portal.limiter.today == 0


def test_an_unknown_path_of_its_own_is_a_404_and_not_in_the_log(http, portal):
    assert http.get(OWN + "/nothing").status == 404
    assert http("PUT", OWN + "/log").status == 405
    assert not portal.requests


def test_a_path_that_only_begins_alike_is_none_of_its_own(http, portal):
    assert http.get(OWN + "x").status == 404
    assert len(portal.requests) == 1


def test_the_overview_says_how_full_the_portal_is(http, portal, add):
    add(email="a@example.com")
    http.get(LIST)
    body = http.get(OWN).json
    assert (body["portalId"], body["tier"], body["records"]["contacts"]) == (
        portal.id,
        "professional",
        1,
    )
    assert body["saved"] is False
    assert body["clock"]["now"] == portal.now


# --------------------------------------------------------------------------- faults


def test_faults_are_added_listed_and_cleared(http, portal):
    rule = {"match": {"path": "/crm/*"}, "times": 1, "action": {"status": 503}}
    assert http.post(OWN + "/faults", [rule]).status == 200
    assert [http.get(LIST).status for _ in range(2)] == [503, 200]
    assert http.get(OWN + "/faults").json["faults"] == [{**rule, "matched": 2, "fired": 1}]
    assert http("DELETE", OWN + "/faults").status == 204
    assert http.get(OWN + "/faults").json["faults"] == []


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ([{"action": {"nope": 1}}], "Fault 1: there is no action 'nope'"),
        ({"match": {}}, "needs an action"),
        (b"{", "Invalid input JSON"),
        (b"", "Invalid input JSON"),
        ("text", "list of rules"),
    ],
    ids=str,
)
def test_what_is_no_rule_is_one_clear_400(http, portal, body, word):
    answer = http("POST", OWN + "/faults", body)
    assert (answer.status, answer.json["category"]) == (400, "VALIDATION_ERROR")
    assert word in answer.json["message"]
    assert not portal.faults.rules


# --------------------------------------------------------------------------- the log


def test_the_log_gives_requests_from_a_number_on(http):
    for number in range(5):
        http.get(LIST, limit=number + 1)
    body = http.get(OWN + "/log").json
    first = body["lastRequest"] - 4
    assert [one["number"] for one in body["requests"]] == list(range(first, first + 5))
    later = http.get(OWN + "/log", after=first + 1, limit=2).json["requests"]
    assert [one["query"] for one in later] == ["limit=3", "limit=4"]
    assert later[0].keys() == {
        *("number", "method", "path", "status", "at", "query", "token", "fault")
    }


def test_the_log_gives_the_effective_writes_of_one_record(http, add):
    ada, bob = add(email="a@example.com"), add(email="b@example.com")
    for record, city in ((ada, "Ulm"), (bob, "Bonn"), (ada, "Ulm"), (ada, "Köln")):
        http("PATCH", f"{LIST}/{record.id}", {"properties": {"city": city}})
    body = http.get(OWN + "/log", object="contact", id=ada.id).json
    assert [(one["old"], one["new"]) for one in body["writes"]] == [(None, "Ulm"), ("Ulm", "Köln")]
    last = body["writes"][-1]["number"]
    assert http.get(OWN + "/log", writesAfter=last).json["writes"] == []
    assert http.get(OWN + "/log", object="deals").json["writes"] == []


def test_a_cleared_log_is_empty_and_its_numbers_go_on(http):
    http.get(LIST)
    before = http.get(OWN + "/log").json["lastRequest"]
    assert http("DELETE", OWN + "/log").status == 204
    assert http.get(OWN + "/log").json["requests"] == []
    http.get(LIST)
    assert http.get(OWN + "/log").json["requests"][0]["number"] == before + 1


@pytest.mark.parametrize("query", [{"after": "x"}, {"after": "-1"}, {"limit": 0}, {"limit": 10001}])
def test_a_log_that_cannot_be_asked_for_is_a_400(http, query):
    assert http.get(OWN + "/log", **query).status == 400


# --------------------------------------------------------------------------- the clock


def test_the_clock_is_moved_set_stopped_and_started(own):
    portal, ask = own
    portal.clock = Clock(1_800_000_000.0, still=True)
    assert ask("GET", OWN + "/clock")[1]["stopped"] is True
    assert ask("POST", OWN + "/clock", {"advance": 90})[1]["ms"] == 1_800_000_090_000
    assert ask("POST", OWN + "/clock", {"set": "2030-01-02T03:04:05Z"})[1]["now"] == (
        "2030-01-02T03:04:05.000Z"
    )
    assert ask("POST", OWN + "/clock", {"set": 1_000})[1]["now"] == "1970-01-01T00:00:01.000Z"
    assert ask("POST", OWN + "/clock", {"go": True})[1]["stopped"] is False
    assert ask("POST", OWN + "/clock", {"stop": True})[1]["stopped"] is True


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"advance": "1"},
        {"advance": True},
        {"advance": 1e300},
        {"advance": -1e11},
        {"set": "soon"},
        {"set": None},
        {"set": -5},
        {"set": "9999-12-31T23:59:59Z", "advance": 1},
        {"stop": False},
        {"jump": 1},
    ],
    ids=str,
)
def test_a_move_that_makes_no_sense_is_a_400_and_moves_nothing(own, body):
    portal, ask = own
    portal.clock = Clock(1_800_000_000.0, still=True)
    assert ask("POST", OWN + "/clock", body)[0] == 400
    assert portal.clock() == 1_800_000_000.0


def test_the_ten_seconds_and_the_day_follow_the_clock(own):
    portal, ask = own
    noon = datetime(2027, 1, 15, 12, tzinfo=UTC).timestamp()
    # The limiter has the clock that the portal was made with.
    own_clock = portal.limiter._clock
    own_clock.set(noon)
    statuses = [ask("GET", LIST)[0] for _ in range(195)]
    assert (statuses.count(200), statuses[-1]) == (190, 429)
    portal.clock = own_clock
    ask("POST", OWN + "/clock", {"advance": 10})
    assert ask("GET", LIST)[0] == 200
    used = portal.limiter.today
    ask("POST", OWN + "/clock", {"advance": 86_400})
    ask("GET", LIST)
    assert (used, portal.limiter.today) == (196, 1)


def test_a_clock_that_goes_back_leaves_no_requests_in_the_future(own):
    portal, ask = own
    portal.clock = portal.limiter._clock
    ask("POST", OWN + "/clock", {"advance": 10})
    assert [ask("GET", LIST)[0] for _ in range(190)] == [200] * 190
    ask("POST", OWN + "/clock", {"advance": -3600})
    assert ask("GET", LIST)[0] == 200


def test_a_clock_of_anothers_is_not_moved(http):
    assert http.post(OWN + "/clock", {"advance": 1}).status == 409


# --------------------------------------------------------------------------- the file


def test_a_portal_without_a_file_cannot_be_saved(http):
    answer = http("POST", OWN + "/save")
    assert (answer.status, "state=" in answer.json["message"]) == (409, True)


def test_a_portal_with_a_file_is_saved_when_asked(http, portal):
    saved = []
    portal.save = lambda: saved.append(1)
    try:
        assert http("POST", OWN + "/save").status == 204
        assert saved == [1]
    finally:
        portal.save = None
