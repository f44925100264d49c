"""Deals and stages, which follow from the journey."""

from __future__ import annotations

import numpy as np
import pytest

from leadscore.sandbox.marketjourneys import NEVER, Journeys, journeys
from leadscore.sandbox.marketsales import Deals, deals, stage_times
from leadscore.sandbox.world import simulate


@pytest.fixture(scope="module")
def found() -> Journeys:
    world = simulate(contacts=2000, seed=1, now="2026-11-01")
    return journeys(world.plan, 0)


@pytest.fixture(scope="module")
def sold(found: Journeys) -> Deals:
    return deals(found, 1)


def test_every_customer_has_one_deal_that_is_won_when_it_converts(found, sold):
    customers = np.flatnonzero(found.converted < NEVER)
    won = sold.row[sold.won]
    assert np.array_equal(np.sort(won), customers)
    assert np.array_equal(sold.closed[sold.won], found.converted[won])


def test_some_deals_are_lost_and_some_are_open(sold):
    closed = sold.closed < NEVER
    assert (closed & ~sold.won).any()
    assert (~closed).any()
    assert (sold.closed >= sold.created).all()


def test_a_stage_is_entered_before_the_next_one(found, sold):
    times = stage_times(found, sold).astype(np.float64)
    times[times >= NEVER] = np.inf
    after = np.minimum.accumulate(times[::-1], axis=0)[::-1]
    entered = np.isfinite(times[:-1])
    assert (times[:-1] < after[1:])[entered].all()
