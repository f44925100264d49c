"""What a portal records of a contact's journey."""

from __future__ import annotations

import numpy as np
import pytest

from leadscore.sandbox.world import World, simulate


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(contacts=600, seed=1, now="2026-11-01")


def _values(world: World, name: str) -> dict[int, list[str]]:
    place = world.names["contacts"].index(name)
    told: dict[int, list[str]] = {}
    for batch in world.batches():
        if batch.kind == "contacts":
            own = batch.entries
            for number in np.flatnonzero(own.property == place):
                told.setdefault(int(batch.ids[own.record[number]]), []).append(own.value[number])
    return told


@pytest.mark.parametrize("name", ["hs_email_open", "hs_analytics_num_visits", "num_notes"])
def test_counters_only_count_up(world, name):
    told = _values(world, name)
    assert told
    for values in told.values():
        assert [int(value) for value in values] == sorted({int(value) for value in values})


def test_the_stage_only_goes_forward(world):
    stages = ["subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead"]
    order = [*stages, "opportunity", "customer"]
    for values in _values(world, "lifecyclestage").values():
        places = [order.index(value) for value in values]
        assert places == sorted(set(places))
