"""The true chance to convert, given everything that is so far."""

from __future__ import annotations

import numpy as np
import pytest

from leadscore.sandbox.world import World, simulate


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(contacts=600, seed=1, now="2026-11-01")


def test_a_chance_is_a_probability_that_grows_with_the_time_given(world):
    short, long = world.oracle(within="30D"), world.oracle(within="90D")
    assert long.between(0, 1).all()
    assert (long >= short).all()
    assert long.std() > 0.01


def test_who_has_converted_has_no_chance_left_to_tell(world):
    contacts = world.contacts
    won = contacts.index[contacts["lifecyclestage"] == "customer"]
    assert len(won)
    told = world.oracle(list(won), at=world.now, within="90D")
    assert told.isna().all()


def test_before_its_creation_a_contact_has_no_chance(world):
    newest = world.contacts["createdate"].idxmax()
    before = world.contacts.loc[newest, "createdate"] - np.timedelta64(1, "D")
    assert world.oracle([newest], at=before).isna().all()
