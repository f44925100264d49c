from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leadscore.hubspot.pacing import Bucket


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self):
        self.now = 0.0

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def _sent(bucket, time, calls):
    sent = []
    for _ in range(calls):
        bucket.take()
        sent.append(time.now)
    return sent


@given(st.integers(2, 400), st.floats(0.5, 20))
def test_no_window_of_the_portals_holds_more_calls_than_it_allows(limit, interval):
    time = Time()
    sent = _sent(Bucket(limit, interval, clock=time.clock, sleep=time.sleep), time, limit * 3)
    worst = max(sum(1 for t in sent if start <= t < start + interval) for start in sent)
    assert worst <= limit


def test_the_pace_is_nearly_what_the_portal_allows():
    time = Time()
    _sent(Bucket(250, 10, clock=time.clock, sleep=time.sleep), time, 2_500)
    assert 2_500 / time.now > 0.95 * 25


def test_a_pause_holds_every_call_back():
    time = Time()
    bucket = Bucket(100, 10, clock=time.clock, sleep=time.sleep)
    bucket.pause(7)
    bucket.take()
    assert time.now >= 7


def test_the_limit_is_learned_from_a_reply():
    bucket = Bucket(100, 10)
    bucket.learn(
        {"X-HubSpot-RateLimit-Max": "190", "X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}
    )
    assert (bucket.limit, bucket.interval) == (190, 10.0)


def test_nonsense_in_the_headers_changes_nothing():
    bucket = Bucket(100, 10)
    for text in ("", "-5", "0", "1e9", "many", "\u0663"):
        bucket.learn(
            {"X-HubSpot-RateLimit-Max": text, "X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}
        )
    assert bucket.limit == 100
