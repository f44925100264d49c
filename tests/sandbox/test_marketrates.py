"""How often contacts act."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from markets import world

from leadscore.sandbox import marketconstants as fixed
from leadscore.sandbox.marketjourneys import Latent, latent
from leadscore.sandbox.marketrates import FADING, mailing_days, opening, surge_level


@pytest.fixture(scope="module")
def contacts() -> pd.DataFrame:
    return world().contacts


def test_salespeople_call_those_who_look_good(contacts: pd.DataFrame) -> None:
    called = contacts["num_contacted_notes"].notna()
    by = called.groupby(contacts["seniority"]).mean()
    assert by["student"] + 0.2 < by["head"]
    assert by["student"] + 0.2 < by["chief"]


@pytest.fixture(scope="module")
def drawn() -> Latent:
    return latent(world(contacts=2000).plan, 0)


def test_half_of_a_momentum_is_left_after_its_half_life() -> None:
    assert [f**days for f, days in zip(FADING, fixed.HALF_LIFE_DAYS, strict=True)] == [
        pytest.approx(0.5)
    ] * 2


def test_probabilities_are_between_zero_and_one_and_rates_are_not_negative(drawn: Latent) -> None:
    rate = drawn.rate
    for name in ("priced", "clicked", "connected", "met", "dealt", "which", "called"):
        chance = getattr(rate, name)
        assert 0 < chance.min() < chance.max() < 1, name
    assert np.allclose(rate.which.sum(axis=0), 1)
    assert min(part.min() for part in (*rate.visit, *rate.form, *rate.opens, rate.hazard)) >= 0


def test_only_who_came_by_the_web_visits(drawn: Latent) -> None:
    assert ((drawn.rate.visit[0] == 0) == drawn.who.offline).all()


def test_a_surge_begins_on_its_day_and_fades(drawn: Latent) -> None:
    who = drawn.who
    first = np.floor(who.born)
    assert surge_level(who, first - 1).max() == 0
    assert (surge_level(who, first) >= who.surge[0]).all()
    late = who.since.max(axis=0) + 40 * who.fading.max(axis=0)
    assert surge_level(who, late).max() < 1e-9
    level = np.linspace(0, 3, 7)[:, None]
    assert (np.diff(opening(drawn.rate, level), axis=0) > 0).all()


def test_mails_welcome_the_new_and_spare_those_they_do_not_reach(drawn: Latent) -> None:
    who, born = drawn.who, np.floor(drawn.who.born).astype(np.int64)
    for age in fixed.WELCOME_MAIL_DAYS:
        assert (mailing_days(who, (born + age)[None])[0] == ~who.bounced).all()
    assert not mailing_days(who, born + np.arange(-5, 1)[:, None]).any()
    year = mailing_days(who, born + 10 + np.arange(fixed.MAIL_EVERY_DAYS)[:, None])
    assert set(year.sum(axis=0)[~who.bounced].tolist()) == {1}


def test_some_contacts_are_taken_with_all_their_rates(drawn: Latent) -> None:
    two = drawn.rate.take(np.array([7, 3]))
    assert two.hazard.tolist() == drawn.rate.hazard[[7, 3]].tolist()
    assert (two.which == drawn.rate.which[:, [7, 3]]).all()
    assert two.visit[1].tolist() == drawn.rate.visit[1][[7, 3]].tolist()
