from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from leadscore.sandbox.portal import Grant


def test_the_details_say_that_the_account_is_a_sandbox(http, portal):
    found = http.get("/account-info/v3/details").json
    assert (found["portalId"], found["accountType"]) == (portal.id, "SANDBOX")


def test_the_offset_is_that_of_the_time_zone_today(http, portal, clock):
    for month in (1, 7):
        clock.time = datetime(2026, month, 1, 12, tzinfo=ZoneInfo("UTC")).timestamp()
        found = http.get("/account-info/2026-03/details").json
        hours = {1: -5, 7: -4}[month]
        assert found["utcOffset"] == f"-0{-hours}:00"
        assert found["utcOffsetMilliseconds"] == hours * 3_600_000


def test_the_daily_usage_counts_calls(http, portal):
    portal.limits = True
    for _ in range(4):
        http.get("/crm/v3/objects/contacts")
    usage = http.get("/account-info/v3/api-usage/daily/private-apps").json["results"][0]
    assert (usage["usageLimit"], usage["currentUsage"]) == (625_000, 5)
    assert usage["resetsAt"].endswith(("05:00:00Z", "04:00:00Z"))


def test_a_token_is_told_its_scopes(http, portal):
    path, body = "/oauth/v2/private-apps/get/access-token-info", {"tokenKey": portal.token}
    found = http.post(path, body, headers={"Authorization": ""}).json
    assert found["hubId"] == portal.id
    assert "crm.objects.contacts.write" in found["scopes"]


@pytest.mark.parametrize(("body", "status"), [({"tokenKey": "pat-na1-x"}, 404), ({}, 400)])
def test_an_unknown_token_is_told_nothing(http, body, status):
    answer = http.post("/oauth/v2/private-apps/get/access-token-info", body)
    assert (answer.status, "scopes" in answer.text) == (status, False)


def test_another_private_apps_token_or_a_service_key_is_told_its_own_scopes(http, portal):
    portal.grants["pat-na1-key"] = Grant({"crm.schemas.deals.read"}, app_id=7)
    path = "/oauth/v2/private-apps/get/access-token-info"
    found = http.post(path, {"tokenKey": "pat-na1-key"}).json
    assert (found["appId"], found["scopes"]) == (7, ["crm.schemas.deals.read"])


def test_tokens_of_oauth_and_revoked_ones_are_no_private_apps(http, portal, sign_in):
    path = "/oauth/v2/private-apps/get/access-token-info"
    issued = sign_in("crm.objects.contacts.read")["access_token"]
    portal.revoked = True
    for token in (issued, portal.token):
        assert http.post(path, {"tokenKey": token}).status == 404


def test_calls_of_oauth_apps_are_not_in_the_daily_usage(http, portal, sign_in):
    token = sign_in("crm.objects.contacts.read")["access_token"]
    portal.limits = True
    http.get("/crm/v3/objects/contacts", headers={"Authorization": f"Bearer {token}"})
    usage = http.get("/account-info/2026-03/api-usage/daily/private-apps").json["results"][0]
    assert usage["currentUsage"] == 1


@pytest.mark.parametrize("kind", ["audit-logs", "login", "security"])
def test_the_accounts_activity_is_not_served(http, kind):
    assert http.get(f"/account-info/2026-03/activity/{kind}").status == 501
