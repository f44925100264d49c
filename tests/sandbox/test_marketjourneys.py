"""Journeys, cut at conversion, archival or now."""

from __future__ import annotations

import numpy as np
import pytest

from leadscore.sandbox.marketjourneys import NEVER, Journeys, journeys
from leadscore.sandbox.world import simulate


@pytest.fixture(scope="module")
def found() -> Journeys:
    world = simulate(contacts=2000, seed=1, now="2026-11-01")
    return journeys(world.plan, 0)


def test_a_customers_acts_end_at_the_conversion_and_its_logins_begin_there(found):
    for acts in (found.acts.visits, found.acts.touches):
        assert (acts.at <= found.converted[acts.row]).all()
    assert len(found.logins.row)
    assert (found.logins.at >= found.converted[found.logins.row]).all()


def test_some_convert_after_their_creation_and_before_their_limit(found):
    won = found.converted < NEVER
    assert 0.03 < won.mean() < 0.2
    assert (found.converted[won] >= found.who.created[won]).all()
    assert (found.converted[won] <= found.limit[won]).all()


def test_the_same_chunk_is_the_same_again():
    plan = simulate(contacts=300, seed=2, now="2026-11-01").plan
    one, other = journeys(plan, 0), journeys(plan, 0)
    assert np.array_equal(one.converted, other.converted)
    assert np.array_equal(one.acts.visits.at, other.acts.visits.at)
