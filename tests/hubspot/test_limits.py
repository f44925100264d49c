from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.hubspot.limits import Limits, infer_tier, limits_of, midnight_after
from leadscore.sandbox import open_sandbox

NAMES = ("Max", "Interval-Milliseconds", "Daily", "Daily-Remaining")
MIDNIGHT = pd.Timestamp("2026-11-26", tz="UTC")


def _headers(*values: str | None) -> dict[str, str]:
    pairs = zip(NAMES, values, strict=False)
    return {f"X-HubSpot-RateLimit-{name}": value for name, value in pairs if value is not None}


def _usage(**fields: object) -> dict[str, object]:
    return {"results": [{"name": "private-apps-api-calls-daily", **fields}]}


def test_what_the_portal_does_not_say_is_unknown_and_not_made_up():
    assert limits_of({}, None, midnight=MIDNIGHT) == Limits()
    assert limits_of(_headers("110", "10000"), None, midnight=MIDNIGHT) == Limits(110, 10.0)


def test_what_was_used_is_told_without_a_limit_and_leaves_nothing_known_to_remain():
    found = limits_of({}, _usage(currentUsage=5), midnight=MIDNIGHT)
    assert found == Limits(used_today=5)


def test_headers_go_before_the_usage_which_may_be_old():
    usage = _usage(usageLimit=1, currentUsage=1, resetsAt="2026-11-25T05:00:00Z")
    found = limits_of(_headers("190", "10000", "625000", "624000"), usage, midnight=MIDNIGHT)
    assert (found.daily, found.used_today, found.remaining_today) == (625_000, 1_000, 624_000)
    assert found.resets_at == pd.Timestamp("2026-11-25T05:00", tz="UTC")


def test_without_headers_of_the_day_the_usage_says_it():
    found = limits_of({}, _usage(usageLimit=250_000, currentUsage=260_000), midnight=MIDNIGHT)
    assert (found.daily, found.used_today, found.remaining_today) == (250_000, 260_000, 0)
    assert found.resets_at == MIDNIGHT


@given(
    st.lists(st.one_of(st.none(), st.text()), max_size=4),
    st.dictionaries(
        st.sampled_from(["usageLimit", "currentUsage", "resetsAt"]),
        st.one_of(
            st.none(), st.text(), st.floats(), st.integers(), st.booleans(), st.lists(st.none())
        ),
    ),
)
def test_nonsense_is_unknown_and_no_error(values, fields):
    found = limits_of(_headers(*values), _usage(**fields), midnight=None)
    assert found.daily is None or found.daily >= 0
    assert limits_of({}, {"results": [None, 3]}, midnight=None) == Limits()
    found.as_dict()


@pytest.mark.parametrize(
    ("tier", "addon", "said"),
    [
        ("free", False, "free or starter"),
        ("starter", True, "free or starter"),
        ("professional", False, "professional"),
        ("professional", True, "professional"),
        ("enterprise", False, "enterprise"),
        ("enterprise", True, "enterprise"),
    ],
)
def test_the_tier_is_inferred_from_the_limits(tier, addon, said, version, monkeypatch):
    import leadscore as ls

    monkeypatch.setenv("LEADSCORE_API_VERSION", version)
    options = {"contacts": 2, "tier": tier, "api_addon": addon, "process": False}
    with open_sandbox(**options) as sandbox, ls.connect(sandbox) as portal:
        assert portal.tier == said


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(burst=250, daily=2_625_000), "professional"),
        (Limits(burst=250, daily=3_000_000), "enterprise"),
        (Limits(burst=190), "professional or enterprise"),
        (Limits(burst=110), None),
        (Limits(burst=190, daily=123), None),
        (Limits(), None),
    ],
)
def test_limits_that_fit_no_tier_tell_none(limits, said):
    assert infer_tier(limits) == said


@given(
    st.datetimes(min_value=pd.Timestamp("2000-01-01"), max_value=pd.Timestamp("2037-01-01")),
    st.sampled_from(["UTC", "America/Sao_Paulo", "Asia/Beirut", "Pacific/Apia", "Asia/Kathmandu"]),
)
def test_midnight_is_ahead_and_within_two_days_even_where_clocks_skip_it(moment, name):
    now, zone = pd.Timestamp(moment, tz="UTC"), ZoneInfo(name)
    then = midnight_after(now, zone)
    assert now < then <= now + timedelta(hours=49)
    assert then.tz_convert(zone).date() > now.tz_convert(zone).date()


def test_midnight_is_that_of_the_zone_and_not_of_this_machine():
    now = pd.Timestamp("2026-06-01 03:30", tz="UTC")
    assert midnight_after(now, ZoneInfo("America/New_York")) == now + timedelta(minutes=30)
