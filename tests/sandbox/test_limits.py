from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.sandbox.limits import Limiter, Window
from leadscore.sandbox.replies import Refusal

NEW_YORK = ZoneInfo("America/New_York")


@given(
    st.integers(1, 5),
    st.lists(st.integers(0, 40), max_size=60).map(sorted),
)
def test_no_span_of_ten_seconds_holds_more_than_is_allowed(most, times):
    window = Window(most, seconds=10)
    admitted = [time for time in times if window.admit(time)]
    for start in admitted:
        assert sum(start <= time < start + 10 for time in admitted) <= most


@given(st.integers(1, 5), st.lists(st.integers(0, 40), max_size=60).map(sorted))
def test_nothing_is_refused_while_there_is_room(most, times):
    window, admitted = Window(most, seconds=10), []
    for time in times:
        room = sum(time - 10 < earlier for earlier in admitted) < most
        assert window.admit(time) is room
        admitted += [time] if room else []


def limiter(clock, *, tier="professional", api_addon=False):
    return Limiter(tier=tier, api_addon=api_addon, portal_id=7, time_zone=NEW_YORK, clock=clock)


@pytest.mark.parametrize(
    ("tier", "addon", "burst", "daily"),
    [
        ("free", False, 100, 250_000),
        ("starter", False, 100, 250_000),
        ("professional", False, 190, 625_000),
        ("enterprise", False, 190, 1_000_000),
        ("professional", True, 250, 1_625_000),
    ],
)
def test_the_tier_sets_the_limits(clock, tier, addon, burst, daily):
    found = limiter(clock, tier=tier, api_addon=addon)
    assert (found.burst.most, found.daily) == (burst, daily)


def test_the_day_ends_at_midnight_in_the_portals_time_zone(clock):
    found = limiter(clock)
    found.admit()
    midnight = found.resets_at().timestamp()
    clock.time = midnight - 1
    found.admit()
    assert found.today == 2
    clock.time = midnight
    found.admit()
    assert found.today == 1


def test_search_counts_towards_the_day_only(clock):
    found = limiter(clock)
    assert found.admit(policy="search") == {}
    assert (found.today, found.burst.used(clock())) == (1, 0)


def test_a_request_beyond_the_daily_limit_is_refused(clock):
    found = limiter(clock)
    found.today = found.daily
    with pytest.raises(Refusal) as refused:
        found.admit()
    assert refused.value.more["policyName"] == "DAILY"
    assert refused.value.message == "You have reached your daily limit."


def burst(http, path, times):
    return [http.get(path) for _ in range(times)]


def test_the_hundred_and_ninety_first_request_in_ten_seconds_is_a_429(http, portal, clock):
    portal.limits = True
    answers = burst(http, "/account-info/v3/details", 191)
    assert {answer.status for answer in answers[:190]} == {200}
    last = answers[190]
    assert last.status == 429
    body = last.json
    assert body.pop("correlationId") == last.headers["x-hubspot-correlation-id"]
    assert body == {
        "status": "error",
        "message": "You have reached your ten_secondly_rolling limit.",
        "errorType": "RATE_LIMIT",
        "policyName": "TEN_SECONDLY_ROLLING",
        "groupName": f"publicapi:private_app-api-calls-ten-secondly:1:{portal.id}",
    }
    assert "Retry-After" not in last.headers
    clock.time += 10
    assert http.get("/account-info/v3/details").status == 200


def test_replies_say_how_much_is_left(http, portal):
    portal.limits = True
    headers = burst(http, "/account-info/v3/details", 3)[-1].headers
    start = "x-hubspot-ratelimit-"
    lower = {name.lower(): value for name, value in headers.items()}
    found = {n.removeprefix(start): int(v) for n, v in lower.items() if n.startswith(start)}
    assert found == {
        "max": 190,
        "remaining": 187,
        "interval-milliseconds": 10_000,
        "daily": 625_000,
        "daily-remaining": 624_997,
        "secondly": 19,
        "secondly-remaining": 16,
    }


def test_search_takes_five_a_second_and_says_nothing_in_headers(http, portal, clock, objects):
    portal.limits = True
    answers = [http.post(f"{objects}/search", {}) for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 5 + [429]
    assert answers[5].json["message"] == "You have reached your secondly limit."
    assert answers[5].json["policyName"] == "SECONDLY"
    assert not [
        name for answer in answers for name in answer.headers if "ratelimit" in name.lower()
    ]
    clock.time += 1
    assert http.post(f"{objects}/search", {}).status == 200


def test_errors_carry_rate_limit_headers_too(http, portal):
    portal.limits = True
    answer = http.get("/crm/v3/objects/contacts/1")
    assert (answer.status, answer.headers["X-HubSpot-RateLimit-Remaining"]) == (404, "189")


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_an_oauth_app_has_110_in_ten_seconds_of_its_own_and_no_day(http, portal, sign_in):
    token = sign_in("crm.objects.contacts.read")["access_token"]
    portal.limits = True
    burst(http, "/account-info/v3/details", 190)
    own = [http.get("/account-info/v3/details", headers=bearer(token)) for _ in range(111)]
    assert [answer.status for answer in own[-2:]] == [200, 429]
    assert own[-1].json["policyName"] == "TEN_SECONDLY_ROLLING"
    lower = [name.lower() for name in own[0].headers]
    assert "x-hubspot-ratelimit-max" in lower
    assert not [name for name in lower if name.startswith("x-hubspot-ratelimit-daily")]
    assert portal.limiter.today == 190


def test_search_is_five_a_second_for_all_apps_together(http, portal, sign_in):
    token = sign_in("crm.objects.contacts.read")["access_token"]
    portal.limits = True
    path = "/crm/v3/objects/contacts/search"
    ways = [portal.token, token] * 3
    answers = [http("POST", path, {}, headers=bearer(way)) for way in ways]
    assert [answer.status for answer in answers] == [200] * 5 + [429]


def test_each_private_app_has_ten_seconds_of_its_own_and_all_share_the_day(clock):
    found = limiter(clock)
    for app in (1, 2):
        for _ in range(190):
            found.admit(app_id=app)
    assert found.today == 380
    with pytest.raises(Refusal):
        found.admit(app_id=2)


@pytest.mark.parametrize(
    ("tier", "addon", "most", "daily"),
    [
        ("free", False, 100, 500_000),
        ("professional", False, 150, 500_000),
        ("enterprise", True, 200, 1_000_000),
    ],
)
def test_associations_have_limits_of_their_own(clock, tier, addon, most, daily):
    found = limiter(clock, tier=tier, api_addon=addon)
    headers = [found.admit(policy="associations") for _ in range(most)][-1]
    assert headers["X-HubSpot-RateLimit-Max"] == str(most)
    assert headers["X-HubSpot-RateLimit-Daily"] == str(daily)
    with pytest.raises(Refusal):
        found.admit(policy="associations")
    assert (found.today, found.burst.used(clock())) == (0, 0)


@pytest.mark.parametrize(("asked", "said"), [(False, None), (True, "7")])
def test_how_long_to_wait_is_said_only_when_the_portal_is_told_to(http, portal, clock, asked, said):
    portal.limits, portal.retry_after = True, asked
    burst(http, "/account-info/v3/details", 190)
    clock.time += 3
    answer = http.get("/account-info/v3/details")
    assert (answer.status, answer.headers.get("Retry-After")) == (429, said)


def test_a_request_without_a_token_is_not_counted(http, portal):
    portal.limits = True
    answer = http.get("/account-info/v3/details", headers={"Authorization": ""})
    assert (answer.status, portal.limiter.today) == (401, 0)
    assert not [name for name in answer.headers if "ratelimit" in name.lower()]


def test_the_day_is_refused_in_hubspots_words(http, portal):
    portal.limits = True
    portal.limiter.today = portal.limiter.daily
    body = http.get("/account-info/v3/details").json
    del body["correlationId"]
    assert body == {
        "status": "error",
        "message": "You have reached your daily limit.",
        "errorType": "RATE_LIMIT",
        "policyName": "DAILY",
    }
