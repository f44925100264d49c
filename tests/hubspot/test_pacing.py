from __future__ import annotations

import random
import threading
import time
from itertools import repeat

import pytest
from countedcalls import CountedCalls
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore.hubspot.pacestate import FIELDS, Memory
from leadscore.hubspot.pacing import LEASE, Bucket
from leadscore.hubspot.waits import Waits


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self):
        self.now = 0.0
        self.waits = Waits(clock=lambda: self.now, sleep=self.sleep)

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def hand():
    """Return a clock's hand."""
    return Time()


def _limits(limit, remaining=None, interval=10_000):
    told = {
        "X-HubSpot-RateLimit-Max": str(limit),
        "X-HubSpot-RateLimit-Interval-Milliseconds": str(interval),
    }
    return told if remaining is None else told | {"X-HubSpot-RateLimit-Remaining": str(remaining)}


# Alone


@settings(max_examples=40, deadline=None)
@given(
    limit=st.integers(1, 60),
    interval=st.floats(0.5, 20),
    workers=st.integers(1, 12),
    slowest=st.floats(0.001, 30),
    seed=st.integers(0, 1000),
)
def test_no_window_of_the_portals_holds_more_calls_than_it_allows(
    limit, interval, workers, slowest, seed
):
    portal = CountedCalls(
        limit, interval, seed=seed, headers=False, latency=lambda chance: chance.uniform(0, slowest)
    )
    portal.work(Bucket(limit, interval, waits=portal.waits), workers)
    portal.run(4 * interval + slowest)
    assert portal.accepted > 0
    assert portal.refused == 0


@settings(max_examples=25, deadline=None)
@given(st.integers(100, 250), st.floats(0.01, 0.4), st.integers(0, 1000), st.sampled_from([4, 16]))
def test_no_headers_of_our_own_calls_look_like_others(limit, slowest, seed, workers):
    portal = CountedCalls(limit, 10.0, seed=seed, latency=lambda chance: chance.uniform(0, slowest))
    bucket = Bucket(100, 10.0, waits=portal.waits)
    portal.work(bucket, workers)
    portal.run(60)
    assert portal.refused == 0
    assert bucket._read(3) == 0  # nothing is left to others


def test_the_pace_is_nearly_what_the_portal_allows():
    portal = CountedCalls(250, 10.0)
    portal.work(Bucket(250, 10.0, waits=portal.waits), 8)
    portal.run(600)
    assert portal.accepted / 600 > 0.95 * 25
    assert portal.refused == 0


def test_a_token_comes_back_one_interval_after_the_reply(hand):
    bucket = Bucket(1, 10.0, waits=hand.waits)
    ticket = bucket.take()
    hand.sleep(3.0)  # the portal counted the call somewhere in here
    bucket.back(ticket)
    bucket.take()
    assert hand.now == pytest.approx(13.0, abs=0.02)


def test_who_cannot_have_a_token_in_time_does_not_wait(hand):
    bucket = Bucket(1, 10.0, waits=hand.waits)
    bucket.back(bucket.take())
    assert bucket.take(at_most=9.0) is None
    assert hand.now == 0.0
    assert bucket.take(at_most=11.0) is not None


def test_the_token_of_a_call_without_an_end_comes_back_all_the_same(hand):
    bucket = Bucket(1, 10.0, waits=hand.waits)
    bucket.take()  # and whoever took it was killed
    bucket.take()
    assert hand.now <= (LEASE + 10.0) * 1.01


def test_a_limit_beyond_all_portals_is_not_paced(hand):
    bucket = Bucket(1_000_000, 10.0, waits=hand.waits)
    for _ in range(5_000):
        bucket.back(bucket.take(), _limits(1_000_000))
    assert hand.now == 0.0


# What replies tell


def test_the_limit_is_learned_from_a_reply():
    bucket = Bucket(100, 10)
    bucket.learn(_limits(190))
    assert (bucket.limit, bucket.interval) == (190, 10.0)


def test_a_reply_without_an_interval_changes_the_limit_alone():
    bucket = Bucket(100, 5.0)
    bucket.learn({"X-HubSpot-RateLimit-Max": "190"})
    assert (bucket.limit, bucket.interval) == (190, 5.0)


@given(st.text() | st.integers().map(str) | st.floats().map(str))
def test_nonsense_in_the_headers_changes_nothing(text):
    bucket = Bucket(100, 10, waits=Time().waits)
    for name in ("Max", "Interval-Milliseconds", "Remaining"):
        before = _limits(100, 99) | {f"X-HubSpot-RateLimit-{name}": text}
        bucket.back(bucket.take(), before)
        assert 1 <= bucket.limit < 10**9
        assert 0.001 <= bucket.interval <= 3600
    for text_of_old in ("", "-5", "0", "1e9", "many", "\u0663"):
        bucket = Bucket(100, 10)
        bucket.learn(_limits(100) | {"X-HubSpot-RateLimit-Max": text_of_old})
        assert bucket.limit == 100


def test_tokens_of_a_larger_limit_are_still_out_when_it_shrinks(hand):
    bucket = Bucket(20, 10.0, waits=hand.waits)
    tickets = [bucket.take() for _ in range(20)]
    for ticket in tickets:
        bucket.back(ticket, _limits(5))
    assert bucket.take(at_most=9.9) is None
    assert bucket.take(at_most=10.1) is not None


def test_a_limit_that_shrinks_waits_for_the_calls_of_the_larger_one(hand):
    bucket = Bucket(20, 10.0, waits=hand.waits)
    tickets = [bucket.take() for _ in range(20)]
    for ticket in tickets[:5]:
        bucket.back(ticket, _limits(5))
    hand.sleep(5.0)
    for ticket in tickets[5:]:
        bucket.back(ticket, _limits(5))
    hand.sleep(5.5)  # the first five are here again, and the portal counts fifteen
    assert bucket.take(at_most=4.0) is None
    assert bucket.take(at_most=5.0) is not None


def test_a_limit_that_grows_can_be_used_at_once(hand):
    bucket = Bucket(5, 10.0, waits=hand.waits)
    bucket.back(bucket.take(), _limits(20))
    taken = [bucket.take(at_most=0) for _ in range(25)]
    assert sum(ticket is not None for ticket in taken) == 19


# Others


def test_what_others_use_is_left_to_them(hand):
    bucket = Bucket(100, 10.0, waits=hand.waits)
    bucket.back(bucket.take(), _limits(100, remaining=39))  # 60 calls are of others
    taken = [bucket.take(at_most=0) for _ in range(100)]
    assert 20 <= sum(ticket is not None for ticket in taken) <= 38


def test_others_are_forgotten_when_nothing_is_seen_of_them(hand):
    bucket = Bucket(100, 10.0, waits=hand.waits)
    bucket.back(bucket.take(), _limits(100, remaining=39))
    hand.sleep(20.0)
    taken = [bucket.take(at_most=0) for _ in range(100)]
    assert all(taken)


def test_with_nothing_remaining_there_is_still_one_token(hand):
    bucket = Bucket(100, 10.0, waits=hand.waits)
    bucket.back(bucket.take(), _limits(100, remaining=0))
    assert bucket.take(at_most=15.0) is not None


def _poisson(rate, seed):
    chance = random.Random(seed)
    while True:
        yield chance.expovariate(rate)


@pytest.mark.parametrize("rate", [0.2, 1.0, 5.0, 10.0, 14.0])
@pytest.mark.parametrize("regular", [True, False])
def test_beside_strangers_less_than_one_call_in_a_hundred_meets_the_limit(rate, regular):
    portal = CountedCalls(190, 10.0)
    portal.strangers(repeat(1 / rate) if regular else _poisson(rate, seed=1))
    portal.work(Bucket(100, 10.0, waits=portal.waits), 8)
    portal.run(600)
    assert portal.share_refused < 0.01
    assert portal.accepted / 600 > 0.7 * (19 - rate) - 1


@pytest.mark.parametrize(
    ("rate", "regular"), [(0.2, True), (1.0, True), (2.0, True), (3.0, True), (0.5, False)]
)
def test_without_headers_the_pace_gives_way_to_strangers_too(rate, regular):
    portal = CountedCalls(5, 1.0, headers=False)
    portal.strangers(repeat(1 / rate) if regular else _poisson(rate, seed=1))
    portal.work(Bucket(5, 1.0, waits=portal.waits), 8)
    portal.run(600)
    assert portal.share_refused < 0.01
    assert portal.accepted / 600 > 0.4 * (5 - rate)


def test_what_was_given_up_is_regained_when_the_strangers_have_gone():
    portal = CountedCalls(5, 1.0, headers=False)
    bucket = Bucket(5, 1.0, waits=portal.waits)
    for _ in range(3):
        bucket.pause(1.0)
        portal.run(2.0)
    portal.work(bucket, 8)
    portal.run(1200)
    portal.accepted = 0
    portal.run(100)
    assert portal.accepted / 100 > 4.2


def test_a_pause_holds_every_call_back(hand):
    bucket = Bucket(100, 10, waits=hand.waits)
    bucket.pause(7)
    bucket.take()
    assert hand.now >= 7


def test_many_limits_at_once_count_as_one(hand):
    bucket = Bucket(5, 1.0, waits=hand.waits)
    for _ in range(8):
        bucket.pause(0.5)
    hand.sleep(0.5)
    assert sum(bucket.take(at_most=0) is not None for _ in range(5)) == 4


# Numbers from elsewhere


def test_numbers_from_before_the_machine_started_hold_nobody_up(hand):
    state = Memory()
    hand.now = 1e6
    before = Bucket(4, 10.0, waits=hand.waits, state=state)
    for _ in range(3):
        before.take()
    before.pause(8.0)
    hand.now = 5.0  # the clock begins anew
    after = Bucket(4, 10.0, waits=hand.waits, state=state)
    assert all(after.take(at_most=0) for _ in range(3))


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.integers(0, FIELDS + 20), st.floats(width=64)), min_size=1, max_size=40)
)
def test_damaged_numbers_neither_hang_nor_break_a_bucket(damage):
    hand, state = Time(), Memory()
    bucket = Bucket(10, 10.0, waits=hand.waits, state=state)
    bucket.take()
    with state.held() as numbers:
        for place, value in damage:
            numbers[place] = value
    for _ in range(3):
        ticket = bucket.take(at_most=7200.0)
        if ticket:
            bucket.back(ticket, _limits(10, 5))


# Threads


def test_eight_threads_have_never_more_tokens_out_than_there_are():
    bucket = Bucket(5, 0.02)
    out, most, lock = [], [], threading.Lock()

    def work():
        for _ in range(5):
            ticket = bucket.take()
            with lock:
                out.append(ticket.slot)
                most.append(len(out))
                assert len(set(out)) == len(out)
            time.sleep(0.001)
            with lock:
                out.remove(ticket.slot)
            bucket.back(ticket)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 40
    assert max(most) <= 5
