"""The current values of a world as a table."""

from __future__ import annotations

import pytest

from leadscore.sandbox.world import World, simulate


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(contacts=600, seed=1, now="2026-11-01")


def test_columns_are_typed_as_their_properties(world):
    contacts = world.contacts
    assert contacts["hs_email_open"].dtype == "float64"
    assert contacts["hs_email_optout"].dtype == "boolean"
    assert str(contacts["createdate"].dtype) == "datetime64[us, UTC]"
    assert isinstance(contacts["topics"].dropna().iloc[0], list)
    assert contacts["jobtitle"].dtype == "str"


def test_archived_and_merged_records_are_not_in_it(world):
    gone = {n for batch in world.batches() for n in (*batch.archived, *batch.merged)}
    assert gone
    assert not {str(number) for number in gone} & set(world.contacts.index)
