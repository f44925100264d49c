from __future__ import annotations

import pandas as pd
import pytest
from worldstore import world_store

from leadscore.errors import DataError
from leadscore.goals import reaches
from leadscore.sandbox.world import simulate
from leadscore.snapshots import scoring_frame, snapshot_batches, write_snapshot
from leadscore.storedframes import read_frames, write_frames

GOAL = reaches("customer")


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    world = simulate(contacts=300, seed=2, now="2026-11-01")
    return world_store(tmp_path_factory.mktemp("crm"), world)


def _frame(ids, **columns):
    frame = pd.DataFrame({"contact_id": pd.Series(ids, dtype="str"), **columns})
    frame.attrs = {"goal_text": "customer"}
    return frame


def test_what_is_read_is_the_scoring_frame_with_its_facts(filled):
    expected = scoring_frame(filled, GOAL)
    assert write_snapshot(filled, GOAL) == len(expected)
    (frame,) = snapshot_batches(filled)
    pd.testing.assert_frame_equal(frame, expected)
    assert frame.attrs == expected.attrs


def test_a_frame_that_is_made_in_parts_is_the_same(filled, monkeypatch):
    monkeypatch.setattr("leadscore.snapshots._CHUNK", 37)
    assert write_snapshot(filled, GOAL, who="all") == filled.rows("contacts")
    frame = pd.concat(snapshot_batches(filled), ignore_index=True)
    pd.testing.assert_frame_equal(frame, scoring_frame(filled, GOAL, who="all"))


def test_the_snapshot_may_be_of_todays_values_as_the_frame_may(filled):
    expected = scoring_frame(filled, GOAL, history=False, hold_out=0.2)
    write_snapshot(filled, GOAL, history=False, hold_out=0.2)
    (frame,) = snapshot_batches(filled)
    pd.testing.assert_frame_equal(frame, expected)


def test_chosen_columns_come_after_the_contact(filled):
    write_snapshot(filled, GOAL)
    (frame,) = snapshot_batches(filled, ["jobtitle", "hs_email_open__30d"])
    assert list(frame.columns) == ["contact_id", "jobtitle", "hs_email_open__30d"]
    with pytest.raises(DataError, match="nope"):
        list(snapshot_batches(filled, ["nope"]))


def test_batches_hold_at_most_so_many_rows_and_ids_go_up(store, monkeypatch):
    monkeypatch.setattr("leadscore.storedframes.ROWS", 10)
    ids = [f"{n:03d}" for n in range(95)]
    write_frames(store, [_frame(ids[:50]), _frame(ids[50:])])
    frames = list(read_frames(store, None))
    assert max(len(frame) for frame in frames) <= 10
    assert [one for frame in frames for one in frame["contact_id"]] == ids


def test_a_part_without_any_value_keeps_its_columns_type(store):
    empty = _frame(
        ["1"], tags=pd.Series([None], dtype=object), seats=pd.Series([None], dtype=float)
    )
    full = _frame(["2"], tags=pd.Series([["a", "b"]], dtype=object), seats=[4.0])
    write_frames(store, [empty, full])
    (frame,) = read_frames(store, None)
    assert frame["tags"].tolist() == [None, ["a", "b"]]
    assert frame["seats"].dtype == "float64"


def test_a_snapshot_that_was_cut_short_is_no_snapshot(store):
    def broken():
        yield _frame(["1"])
        raise RuntimeError

    write_frames(store, [_frame(["7"])])
    with pytest.raises(RuntimeError):
        write_frames(store, broken())
    with pytest.raises(DataError, match="no snapshot"):
        read_frames(store, None)


def test_an_empty_frame_leaves_no_batch(store):
    write_frames(store, [_frame([])])
    assert list(read_frames(store, None)) == []


def test_a_store_without_history_has_a_snapshot_too(portal, store):
    from leadscore.syncing import sync

    sync(portal, store, history=(), progress=False)
    expected = scoring_frame(store, GOAL, who="all")
    write_snapshot(store, GOAL, who="all")
    (frame,) = snapshot_batches(store)
    pd.testing.assert_frame_equal(frame, expected)
    assert frame.attrs["history"] is False


def test_an_erased_contact_leaves_the_snapshot(filled):
    write_snapshot(filled, GOAL, who="all")
    gone = filled.contacts(["id"])["id"].iloc[0]
    filled.erase([gone])
    assert gone not in set(pd.concat(snapshot_batches(filled))["contact_id"])
