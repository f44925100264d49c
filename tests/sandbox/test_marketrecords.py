"""Batches of records, chunk by chunk."""

from __future__ import annotations

import numpy as np
import pytest

from leadscore.sandbox.marketrecords import contact_ids, names, row_of
from leadscore.sandbox.world import World, simulate


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(contacts=600, seed=1, now="2026-11-01")


def test_ids_lead_back_to_rows_and_other_ids_to_none():
    rows = np.array([0, 1, 41])
    assert row_of(contact_ids(rows), 42).tolist() == rows.tolist()
    assert row_of(contact_ids(rows) + 1, 42).tolist() == [-1, -1, -1]
    assert row_of(contact_ids(np.array([42])), 42).tolist() == [-1]


def test_ids_ascend_within_a_batch_and_are_no_other_records(world):
    every = [number for batch in world.batches() for number in batch.ids.tolist()]
    assert len(every) == len(set(every))
    for batch in world.batches():
        assert (np.diff(batch.ids) > 0).all()


def test_links_lead_to_records_that_are_there(world):
    there: dict[str, set[int]] = {}
    for batch in world.batches():
        there.setdefault(batch.kind, set()).update(batch.ids.tolist())
    links = [(batch.kind, link) for batch in world.batches() for link in batch.links]
    assert links
    for kind, link in links:
        assert set(link.from_ids.tolist()) <= there[kind]
        assert set(link.to_ids.tolist()) <= there[link.to_kind]


def test_a_planted_leak_is_one_property_more():
    assert names("account_tier")["contacts"] == (*names(None)["contacts"], "account_tier")
