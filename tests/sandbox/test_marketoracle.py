"""The true probability, given all that is hidden."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from markets import NOW, world

from leadscore.sandbox.marketacts import Acts, acts
from leadscore.sandbox.marketfate import momentum
from leadscore.sandbox.marketjourneys import Plan, latent
from leadscore.sandbox.marketoracle import State, conversion_probability, state
from leadscore.sandbox.markettime import DAY_MS, to_work
from leadscore.sandbox.world import simulate


def test_one_contact_drawn_again_and_again_converts_as_often_as_the_oracle_says() -> None:
    world = simulate(contacts=400, seed=8, now=NOW)
    truth = world.oracle().iloc[:250]
    plan, drawn = world.plan, latent(world.plan, 0)
    times = 4000
    for place in (int(np.abs(truth.to_numpy() - p).argmin()) for p in (0.05, 0.3, 0.7)):
        share = redrawn(plan, drawn, place, times)
        p = truth.iloc[place]
        assert abs(share - p) < 4 * np.sqrt(p * (1 - p) / times)


def redrawn(plan: Plan, drawn, place: int, times: int) -> float:
    """Draw one contact's acts and fate again; what happened at its creation stays."""
    place += int((plan.who.archived[: place + 1] <= plan.now).sum())
    copies = np.full(times, place)
    who, rate = drawn.who.take(copies), drawn.rate.take(copies)
    done = acts(who, rate, seed=99, stop=plan.market.today + 1)
    touches = done.touches
    first = np.flatnonzero(touches.at == who.created[0])
    born = drawn.acts.touches.kept(
        (drawn.acts.touches.row == place) & (drawn.acts.touches.at == who.created[0])
    )
    for name in ("called", "connected", "met", "dealt"):
        getattr(touches, name)[first] = getattr(born, name)[0]
    luck = np.random.default_rng(5).exponential(size=times)
    end = to_work(who.created + 90 * DAY_MS)
    fate = momentum(plan.market, who, rate, Acts(done.visits, done.mails, touches), luck)
    return float((fate.converted <= end).mean())


def at_rest(n: int, now: np.ndarray) -> State:
    return State(now, np.zeros((2, n)), np.zeros((2, n)), np.zeros(n, dtype=np.bool_))


def test_without_signal_it_is_that_of_a_constant_hazard() -> None:
    plan = world(contacts=600, signal=False).plan
    found = latent(plan, 0)
    known = at_rest(len(found.who), found.who.born)
    truth = conversion_probability(plan.market, found.who, found.rate, known, known.now + 30)
    assert np.allclose(truth, -np.expm1(-30 * np.exp(plan.market.log_scale)))


@pytest.mark.parametrize("kind", ["web", "sales"])
def test_momentum_of_before_and_of_today_makes_a_conversion_more_likely(kind: str) -> None:
    plan = world(contacts=600).plan
    found = latent(plan, 0)
    none = at_rest(len(found.who), found.who.born)
    held, added = np.zeros((2, 2, len(found.who)))
    held[0], added[1] = 2.0, 2.0
    low, *high = (
        conversion_probability(plan.market, found.who, found.rate, known, none.now + 20)
        for known in (none, replace(none, **{kind: held}), replace(none, **{kind: added}))
    )
    assert low.min() > 0
    for more in high:
        assert (more > low).all()
        assert (more < 1).all()


def test_a_state_knows_todays_acts_up_to_the_moment_only() -> None:
    found = latent(world(contacts=600).plan, 0, keep=True)
    mails = found.acts.mails.kept(found.acts.mails.read > 0)
    before, then, next_day = (
        state(found.acts, found.rate, found.past, mails.row[:50], mails.read[:50] + later)
        for later in (-1, 0, DAY_MS)
    )
    assert then.opened.all()
    assert not before.opened.any()
    assert not next_day.opened.any()
    assert (then.web[1] > before.web[1]).all()
    assert (next_day.web[0] > 0).all()
