from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.hubspot.budget import REST, TOKENS, Budget


@pytest.fixture
def now():
    """Return a clock's hand."""
    return [0.0]


@pytest.fixture
def budget(now):
    """Return a full budget."""
    return Budget(clock=lambda: now[0])


def test_a_repeat_costs_five_and_one_after_a_timeout_ten(budget):
    budget.spend()
    assert budget.tokens == TOKENS - 5
    budget.spend(after_timeout=True)
    assert budget.tokens == TOKENS - 15


def test_a_success_gives_one_back_and_never_more_than_there_was(budget):
    budget.spend()
    budget.earn()
    assert budget.tokens == TOKENS - 4
    for _ in range(100):
        budget.earn()
    assert budget.tokens == TOKENS


def _empty(budget):
    while budget.spend():
        pass


def test_a_budget_that_is_used_up_lets_the_portal_rest(budget, now):
    assert not budget.resting
    _empty(budget)
    assert budget.resting
    now[0] = REST
    assert not budget.resting


def test_each_failure_after_that_begins_the_rest_anew(budget, now):
    _empty(budget)
    now[0] = REST
    assert not budget.spend()
    assert budget.resting


def test_a_success_ends_the_rest(budget):
    _empty(budget)
    budget.earn()
    assert not budget.resting


@given(st.lists(st.sampled_from(["spend", "timeout", "earn"])))
def test_the_budget_stays_between_nothing_and_all(steps):
    budget = Budget(clock=lambda: 0.0)
    for step in steps:
        budget.earn() if step == "earn" else budget.spend(after_timeout=step == "timeout")
        assert 0 <= budget.tokens <= TOKENS


def test_many_threads_spend_no_more_than_there_is(budget):
    paid = []

    def spend():
        paid.extend(budget.spend() for _ in range(50))

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(paid) == TOKENS // 5
