"""The oracle knows the true probability: checked against what happens."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from leadscore.sandbox import marketconstants as fixed
from leadscore.sandbox.marketacts import Acts, acts
from leadscore.sandbox.marketchances import solved
from leadscore.sandbox.marketfate import momentum
from leadscore.sandbox.marketjourneys import Plan, latent
from leadscore.sandbox.markettime import DAY_MS, to_ms, to_work
from leadscore.sandbox.world import World, simulate

NOW = pd.Timestamp("2026-01-01T15:30", tz="UTC")
DAYS = pd.Timedelta("90D")


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(contacts=30_000, seed=4, now=NOW)


@pytest.fixture(scope="module")
def contacts(world: World) -> pd.DataFrame:
    return world.contacts


def observed(
    world: World, contacts: pd.DataFrame, at: pd.Series, within: str = "90D"
) -> pd.DataFrame:
    """Return truth and outcome of all who were open at their moment, and mature."""
    at = at[at.add(pd.Timedelta(within)).le(world.now)]
    truth = world.oracle(at.index.tolist(), at.tolist(), within=within)
    closed = contacts["closedate"].loc[at.index]
    won = closed.le(at + pd.Timedelta(within)) & closed.gt(at)
    frame = pd.DataFrame({"truth": truth, "won": won})
    return frame[truth.notna()]


def apart(frame: pd.DataFrame) -> float:
    """Return how far, in standard errors, the worst tenth is from its expectation.

    A tenth of the conversions that are expected: in each of them there are some.
    """
    passed = frame["truth"].sort_values().cumsum()
    tenth = np.ceil(passed / passed.iloc[-1] * 10).clip(1, 10)
    by = frame.groupby(tenth)
    spread = by["truth"].agg(lambda p: np.sqrt((p * (1 - p)).sum()))
    return float(((by["won"].sum() - by["truth"].sum()) / spread).abs().max())


def at_creation(contacts: pd.DataFrame) -> pd.Series:
    return contacts["createdate"].astype("datetime64[ms, UTC]")


def days_after(days: float):
    return lambda contacts: at_creation(contacts) + pd.Timedelta(days=days)


def in_the_afternoon(contacts: pd.DataFrame) -> pd.Series:
    return pd.Series(pd.Timestamp("2025-08-20T14:20", tz="UTC"), index=contacts.index)


@pytest.mark.parametrize("moment", [at_creation, days_after(7), days_after(100), in_the_afternoon])
@pytest.mark.parametrize("within", ["90D", "10D"])
def test_in_each_tenth_as_many_convert_as_the_oracle_says(
    world: World, contacts: pd.DataFrame, moment, within: str
) -> None:
    # The worst of ten tenths is beyond 3.7 standard errors once in 500 times.
    assert apart(observed(world, contacts, moment(contacts), within)) < 3.7


@pytest.mark.parametrize("options", [{"drift": "2025-03-01"}, {"signal": False}, {"span": "200D"}])
def test_that_holds_in_other_markets_too(options) -> None:
    world = simulate(contacts=10_000, seed=2, now=NOW, **options)
    contacts = world.contacts
    frame = observed(world, contacts, days_after(20)(contacts))
    gap = frame["won"].sum() - frame["truth"].sum()
    assert abs(gap) < 3.5 * np.sqrt((frame["truth"] * (1 - frame["truth"])).sum())


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


def test_before_creation_after_conversion_and_for_the_gone_there_is_no_probability(
    world: World, contacts: pd.DataFrame
) -> None:
    customer = contacts[contacts["closedate"].notna()].iloc[0]
    name = str(customer.name)
    second = pd.Timedelta("1s")
    moments = [customer["createdate"] - second, customer["createdate"], customer["closedate"]]
    found = world.oracle([name] * 3, moments)
    assert found.isna().tolist() == [True, False, True]
    merged = next(iter(next(b for b in world.batches() if b.kind == "contacts").merged))
    assert world.oracle([str(merged)], NOW).isna().all()


def test_what_comes_within_more_days_is_more_likely(world: World) -> None:
    ids = world.oracle().index[:2000].tolist()
    chances = [world.oracle(ids, within=within) for within in ("1h", "2D", "30D", "90D", "300D")]
    for sooner, later in pairwise(chances):
        assert (later >= sooner).all()


def test_without_drift_the_default_base_rate_is_the_frozen_one() -> None:
    assert simulate(base_rate=fixed.BASE_RATE).plan.market.log_scale == fixed.LOG_HAZARD


@pytest.mark.parametrize("base_rate", [0.02, 0.2])
def test_as_many_convert_within_ninety_days_as_was_asked_for(base_rate: float) -> None:
    truth = simulate(contacts=8000, seed=3, now=NOW, base_rate=base_rate).oracle()
    assert truth.mean() == pytest.approx(base_rate, rel=0.1)


def test_solving_finds_the_scale_whose_mean_is_the_base_rate() -> None:
    plan = simulate(contacts=500, seed=1, now=NOW).plan
    scale = solved(plan, 0.1)
    again = World(replace(plan, market=replace(plan.market, log_scale=scale)))
    assert again.oracle(again_ids(again), None).mean() == pytest.approx(0.1, rel=0.01)


def again_ids(world: World) -> list[str]:
    return [str(one) for batch in world.batches() if batch.kind == "contacts" for one in batch.ids]


def test_creation_moments_round_to_the_millisecond() -> None:
    plan = simulate(contacts=50, seed=1, now=NOW).plan
    assert (to_ms(to_work(plan.who.created)) - plan.who.created).max() <= 1
