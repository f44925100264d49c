"""Who becomes a customer, and when."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from markets import world

from leadscore.sandbox.marketfate import by_day, hazard, jumps, momentum
from leadscore.sandbox.marketjourneys import latent
from leadscore.sandbox.marketrates import FADING


def test_after_a_drift_paid_search_brings_hardly_any_customers() -> None:
    found = world(contacts=20_000, drift="2024-06-01").contacts
    later = found[found["createdate"] > "2024-06-01"]
    won = later["closedate"].notna().groupby(later["hs_analytics_source"]).mean()
    assert won["PAID_SEARCH"] < 0.4 * won.drop("PAID_SEARCH").mean()


def test_nobody_converts_before_creation_and_the_luckless_do_at_once() -> None:
    plan = world(contacts=600).plan
    found = latent(plan, 0)
    luck = np.full(len(found.who), 1e-9)
    fate = momentum(plan.market, found.who, found.rate, found.acts, luck)
    assert (fate.converted >= found.who.born).all()
    assert (fate.converted < found.who.born + 1e-3).all()


def test_who_outlives_any_hazard_never_converts() -> None:
    plan = world(contacts=600).plan
    found = latent(plan, 0)
    luck = np.full(len(found.who), np.inf)
    fate = momentum(plan.market, found.who, found.rate, found.acts, luck)
    assert np.isinf(fate.converted).all()


def test_a_momentum_is_what_was_added_and_fades_by_a_constant_factor_a_day() -> None:
    found = latent(world(contacts=600).plan, 0, keep=True)
    past = found.past
    for held, added, fading in zip(
        (past.web, past.sales), jumps(found.acts, found.rate), FADING, strict=True
    ):
        assert held is not None
        gains = by_day(added, held.shape[1], past.first, held.shape[0])
        assert held[0].max() == 0
        assert gains.max() > 0
        assert np.allclose(held[1:], held[:-1] * fading + gains[:-1])


def test_a_drift_changes_the_hazard_from_its_day_on() -> None:
    plan = world(contacts=600).plan
    found = latent(plan, 0)
    day = np.arange(plan.market.today - 9, plan.market.today)[:, None]
    drifted = replace(plan.market, drift=int(day[4, 0]))
    plain, other = (hazard(one, found.who, found.rate, day) for one in (plan.market, drifted))
    assert (plain[:4] == other[:4]).all()
    assert (plain[4:] != other[4:]).all()


def test_without_signal_the_hazard_is_the_same_for_all_always() -> None:
    plan = world(contacts=600).plan
    found = latent(plan, 0)
    day = np.arange(plan.market.today - 9, plan.market.today)[:, None]
    flat = hazard(replace(plan.market, signal=False), found.who, found.rate, day)
    assert flat.shape == (9, len(found.who))
    assert np.unique(flat).tolist() == [np.exp(plan.market.log_scale)]
