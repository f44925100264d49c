"""How often who does what."""

from __future__ import annotations

import numpy as np
import pytest

from leadscore.sandbox.marketjourneys import Journeys, journeys
from leadscore.sandbox.marketrates import mailing_days, rates, surge_level
from leadscore.sandbox.world import simulate


@pytest.fixture(scope="module")
def found() -> Journeys:
    world = simulate(contacts=2000, seed=1, now="2026-11-01")
    return journeys(world.plan, 0)


def test_rates_are_not_negative_and_probabilities_between_0_and_1(found):
    rate = rates(found.who)
    for part in (*rate.visit, *rate.form, *rate.opens, rate.call, rate.hazard):
        assert (part >= 0).all()
    for share in (rate.priced, rate.clicked, rate.connected, rate.met, rate.dealt, rate.called):
        assert ((share >= 0) & (share <= 1)).all()
    assert rate.which.sum(axis=0) == pytest.approx(np.ones(len(found.who)))


def test_a_surge_of_intent_fades(found):
    start = found.who.since.max(axis=0) + 1.0
    level = [surge_level(found.who, start + days) for days in (0.0, 30.0, 300.0)]
    assert (level[0] >= level[1]).all()
    assert (level[1] >= level[2]).all()
    assert level[0].max() > level[2].max()


def test_mails_go_out_on_some_days_only(found):
    days = np.arange(20_000, 20_060)
    sent = mailing_days(found.who, np.repeat(days[:, None], len(found.who), axis=1))
    assert 0 < sent.mean() < 1
