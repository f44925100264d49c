"""Who is in the market, with traits that nobody records."""

from __future__ import annotations

import numpy as np
import pytest

from leadscore.sandbox.marketjourneys import Journeys, journeys
from leadscore.sandbox.marketpeople import stream
from leadscore.sandbox.world import simulate


@pytest.fixture(scope="module")
def found() -> Journeys:
    world = simulate(contacts=2000, seed=1, now="2026-11-01")
    return journeys(world.plan, 0)


def test_contacts_are_in_order_of_their_creation(found):
    assert (np.diff(found.who.created) >= 0).all()


def test_each_part_and_chunk_draws_from_a_stream_of_its_own():
    first = stream(1, 2, 3).random(4)
    assert np.array_equal(first, stream(1, 2, 3).random(4))
    for other in (stream(2, 2, 3), stream(1, 3, 3), stream(1, 2, 4)):
        assert not np.array_equal(first, other.random(4))


def test_students_write_from_free_mail_more_often(found):
    who = found.who
    student = who.seniority == 0
    assert who.private[student].mean() > who.private[~student].mean() + 0.3


def test_some_traits_can_be_taken_for_some_contacts(found):
    taken = found.who.take(np.array([3, 3, 1]))
    assert len(taken) == 3
    assert taken.fit.tolist() == found.who.fit[[3, 3, 1]].tolist()
    assert taken.since.shape == (2, 3)
