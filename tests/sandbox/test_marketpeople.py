"""Who comes into the market, and what nobody can see of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from markets import NOW, world

from leadscore.sandbox import marketconstants as fixed
from leadscore.sandbox import people
from leadscore.sandbox.marketjourneys import NEVER
from leadscore.sandbox.marketpeople import Population, population, stream, traits
from leadscore.sandbox.markettime import DAY_MS, to_ms, to_work
from leadscore.sandbox.world import simulate


def test_contacts_come_over_the_whole_span_and_more_of_late() -> None:
    for span in (200, 730):
        created = world(span=f"{span}D").contacts["createdate"]
        assert NOW.floor("D") - created.min() < pd.Timedelta(days=span)
        assert created.max() - created.min() > pd.Timedelta(days=0.95 * span)
        assert (created > NOW - pd.Timedelta(days=span / 2)).mean() > 0.52


def test_creation_moments_round_to_the_millisecond() -> None:
    plan = simulate(contacts=50, seed=1, now=NOW).plan
    assert (to_ms(to_work(plan.who.created)) - plan.who.created).max() <= 1


START, STOP = 20_000, 20_400


@pytest.fixture(scope="module")
def who() -> Population:
    return population(seed=1, contacts=3000, start=START, stop=STOP, now=STOP * DAY_MS)


def test_parts_and_chunks_have_random_numbers_of_their_own() -> None:
    drawn = [stream(1, *place).random() for place in ((2, 0), (2, 1), (3, 0))]
    assert len(set(drawn)) == 3
    assert stream(1, 2).random() == drawn[0] != stream(2, 2).random()


def test_the_archived_come_on_top_and_go_after_they_came(who: Population) -> None:
    gone = who.archived < NEVER
    assert len(gone) - gone.sum() == 3000
    assert gone.sum() == 30
    assert (who.archived[gone] > who.created[gone]).all()
    assert who.archived[gone].max() <= STOP * DAY_MS


def test_contacts_come_in_order_between_the_two_days(who: Population) -> None:
    assert (np.diff(who.created) >= 0).all()
    assert START * DAY_MS <= who.created[0] < who.created[-1] < STOP * DAY_MS


def test_companies_are_numbered_by_their_first_contact(who: Population) -> None:
    firms, first = np.unique(who.employer, return_index=True)
    assert firms.tolist() == list(range(len(firms)))
    assert (np.diff(first) > 0).all()


def test_traits_are_in_range_and_an_import_has_its_source(who: Population) -> None:
    rows = slice(100, 1100)
    found = traits(who, seed=1, chunk=0, rows=rows, start=START, stop=STOP)
    assert found.row.tolist() == list(range(100, 1100))
    assert ((found.source == fixed.OFFLINE) == found.offline).all()
    for places, names in (
        *((found.size, people.SIZES), (found.industry, people.INDUSTRIES)),
        *((found.seniority, people.SENIORITIES), (found.country, people.COUNTRIES)),
        *((found.form, fixed.FORMS), (found.interest, fixed.INTERESTS)),
    ):
        assert set(places.tolist()) == set(range(len(names)))
    assert (found.since[0] == found.born).all()
    assert (found.since[1] > found.born).all()
    assert (found.optout > found.born).all()
    assert min(found.surge.min(), found.fading.min()) > 0


def test_some_contacts_are_taken_with_all_their_traits(who: Population) -> None:
    found = traits(who, seed=1, chunk=0, rows=slice(0, 50), start=START, stop=STOP)
    two = found.take(np.array([7, 3]))
    assert len(two) == 2
    assert two.row.tolist() == [7, 3]
    assert (two.surge == found.surge[:, [7, 3]]).all()
