from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.hubspot.retries import Kind, back_off, kind_of, retry_after

DAILY = b'{"policyName": "DAILY"}'
ROLLING = b'{"policyName": "TEN_SECONDLY_ROLLING"}'


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        ((200, 201, 202, 204, 207), Kind.DONE),
        ((301, 302, 307, 308), Kind.REFUSED),
        ((400, 403, 404, 405, 409, 413, 414, 415, 418, 422, 451, 477, 499), Kind.REFUSED),
        ((401,), Kind.TOKEN),
        ((423,), Kind.LOCKED),
        ((429,), Kind.LIMITED),
        ((500, 502, 503, 504, 520, 521, 522, 523, 524, 529, 598, 599), Kind.SERVER),
        ((530,), Kind.REFUSED),
        ((0, 99, 600, 999), Kind.REFUSED),
    ],
    ids=lambda value: value.name if isinstance(value, Kind) else None,
)
def test_each_status_is_of_one_kind(statuses, kind):
    assert {kind_of(status, b"") for status in statuses} == {kind}


def test_a_limit_of_jobs_is_waited_for_as_a_lock_is():
    assert kind_of(429, b'{"policyName": "IMPORTS"}') is Kind.LOCKED


def test_only_the_daily_limit_is_no_matter_of_waiting():
    assert kind_of(429, DAILY) is Kind.REFUSED
    assert kind_of(429, ROLLING) is kind_of(429, b"<html>") is Kind.LIMITED


@given(st.integers(1, 5000), st.floats(0, 1))
def test_a_back_off_lies_anywhere_below_the_doubled_wait_and_the_cap(attempt, share):
    assert 0 <= back_off(min(attempt, 1000), share) <= min(2.0 ** min(attempt, 1000), 20.0)


def test_the_chance_decides_between_nothing_and_all_of_the_wait():
    assert [back_off(3, share) for share in (0.0, 0.25, 1.0)] == [0.0, 2.0, 8.0]
    assert back_off(9, 0.5) == 10.0


@pytest.mark.parametrize(
    "text",
    ["", "-1", "-0.5", "0", "nan", "inf", "-inf", "soon", "1e999", "86400", "1 2"],
)
def test_a_retry_after_without_sense_asks_for_nothing(text):
    assert retry_after({"Retry-After": text}, at_most=300) == 0.0


@given(st.text() | st.floats().map(str) | st.integers().map(str), st.floats(0, 1e6))
def test_no_retry_after_is_waited_for_longer_than_there_is_time(text, at_most):
    wait = retry_after({"Retry-After": text}, at_most=at_most)
    assert math.isfinite(wait)
    assert 0 <= wait <= at_most


def test_a_date_is_measured_from_the_replys_own_date():
    headers = {
        "Retry-After": "Wed, 25 Nov 2020 10:00:30 GMT",
        "Date": "Wed, 25 Nov 2020 10:00:00 GMT",
    }
    assert retry_after(headers, at_most=300) == 30.0
    assert retry_after(headers | {"Date": "nonsense"}, at_most=300) == 0.0
    assert retry_after(headers, at_most=10) == 0.0
