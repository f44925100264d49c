"""When contacts become customers: the hazard and the momentum of what they did."""

from __future__ import annotations

import numpy as np
import pytest

from leadscore.sandbox.marketfate import by_day, hazard, jumps
from leadscore.sandbox.marketjourneys import Journeys, journeys
from leadscore.sandbox.markettime import DAY_MS
from leadscore.sandbox.world import simulate


@pytest.fixture(scope="module")
def found() -> Journeys:
    world = simulate(contacts=2000, seed=1, now="2026-11-01")
    return journeys(world.plan, 0)


def test_the_hazard_is_a_finite_rate_above_zero(found):
    market = simulate(contacts=2000, seed=1, now="2026-11-01").plan.market
    day = np.floor(found.who.born).astype(np.int64) + 1
    rate = hazard(market, found.who, found.rate, day)
    assert np.isfinite(rate).all()
    assert (rate > 0).all()


def test_no_act_takes_from_the_momentum_and_most_add_to_it(found):
    for kind in jumps(found.acts, found.rate):
        assert len(kind.row)
        assert (kind.size >= 0).all()
        assert (kind.size > 0).mean() > 0.5


def test_jumps_are_summed_by_day_and_contact(found):
    web, _ = jumps(found.acts, found.rate)
    first, last = int(web.at.min() // DAY_MS), int(web.at.max() // DAY_MS)
    sums = by_day(web, len(found.who), first, last - first + 1)
    assert sums.sum() == pytest.approx(web.size.sum())
    assert sums[:, 0].sum() == pytest.approx(web.size[web.row == 0].sum())
