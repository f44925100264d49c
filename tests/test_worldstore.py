"""The support module that writes a world into a store stands for a real sync."""

from __future__ import annotations

import pandas as pd
from portals import unpaced
from worldstore import world_store

from leadscore.hubspot.connection import connect
from leadscore.sandbox import open_sandbox
from leadscore.sandbox.world import simulate
from leadscore.store import open_store
from leadscore.syncing import sync

WORLD = {"contacts": 120, "seed": 4, "now": "2026-11-01"}
KEYS = {
    "history": ["object", "id", "property", "timestamp"],
    "associations": ["from_object", "from_id", "to_object", "to_id", "type_id"],
    "properties": ["object", "name"],
    "pipelines": ["object", "pipeline", "stage"],
}


def _sorted(store, table):
    frame = store.read(table)
    return frame.sort_values(KEYS.get(table, ["id"]), ignore_index=True)


def test_a_written_world_is_what_a_sync_of_its_portal_leaves(tmp_path):
    written = world_store(tmp_path / "written", simulate(**WORLD))
    synced = open_store(tmp_path / "synced")
    with open_sandbox(**WORLD, process=False, limits=False) as sandbox, connect(sandbox) as portal:
        sync(unpaced(portal), synced, progress=False)
    assert written.tables() == synced.tables()
    for table in synced.tables():
        pd.testing.assert_frame_equal(_sorted(written, table), _sorted(synced, table), obj=table)
    for name in ("history:contacts", "history:deals", "time_zone"):
        assert written.ledger.checkpoint(name) == synced.ledger.checkpoint(name), name


def test_a_planted_leak_is_in_the_store_with_its_history(tmp_path):
    store = world_store(tmp_path, simulate(**WORLD, leak="account_review_score"))
    assert store.read("contacts")["account_review_score"].notna().any()
    assert (store.read("history")["property"] == "account_review_score").any()
