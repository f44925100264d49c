"""Events as columns of snapshots: what had happened by then, and nothing of later."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from historystore import DAY, START, history_store

from leadscore.eventtable import Occurrences, keep
from leadscore.goals import reaches
from leadscore.snapshots import scoring_frame, snapshot_batches, training_set, write_snapshot

GOAL = reaches("customer", within="90D")
HISTORY = [("1", "lifecyclestage", "lead", 0), ("2", "lifecyclestage", "lead", 0),
           ("2", "lifecyclestage", "customer", 200)]  # fmt: skip


def _bring(store, who, days, amounts=None, event="webinar", **contacts):
    at = pa.array([START + day * DAY for day in days], pa.timestamp("us", "UTC"))
    rows = Occurrences([who] * len(days), at, amounts or [None] * len(days), [None] * len(days))
    keep(store, rows, event=event, match="email", source="t", contacts=contacts or {who: who})


@pytest.fixture
def filled(store):
    history_store(store, {"1": 0, "2": 0}, HISTORY)
    return store


def _row(frame, contact, age):
    at = START + age * DAY
    return frame[(frame["contact_id"] == contact) & (frame["snapshot_at"] == at)].iloc[0]


def test_an_event_after_the_snapshot_does_not_show_in_the_row(filled):
    before = training_set(filled, GOAL, ages=[10, 30], month_starts=False)
    _bring(filled, "1", [20])
    data = training_set(filled, GOAL, ages=[10, 30], month_starts=False)
    early, late = _row(data, "1", 10), _row(data, "1", 30)
    assert (early["event_webinar"], early["event_webinar__90d"]) == (0, 0)
    assert np.isnan(early["event_webinar__since"])
    assert (late["event_webinar"], late["event_webinar__since"]) == (1, 10)
    # Who will have one and who never will look the same until then; and nothing else changed.
    own = [name for name in data if name.startswith("event_")]
    never = _row(data, "2", 10)
    assert early[own].equals(never[own])
    pd.testing.assert_frame_equal(data.drop(columns=own), before, check_like=True)


def test_every_row_holds_what_a_count_by_hand_gives(filled):
    days, amounts = [0.5, 3, 29, 30, 30, 100], [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
    _bring(filled, "1", days, amounts, event="order")
    data = training_set(filled, GOAL, ages=[0.4, 1, 30, 36.9, 99, 120], month_starts=False)
    for row in data[data["contact_id"] == "1"].itertuples():
        age = (row.snapshot_at - START) / DAY
        then = [(d, a) for d, a in zip(days, amounts, strict=True) if d <= age]
        assert row.event_order == len(then)
        assert row.event_order_amount == sum(a for _, a in then)
        for window in (7, 30, 90):
            lately = [a for d, a in then if d > age - window]
            assert getattr(row, f"event_order__{window}d") == len(lately)
            assert getattr(row, f"event_order_amount__{window}d") == sum(lately)
        last = max((d for d, _ in then), default=np.nan)
        np.testing.assert_allclose(row.event_order__since, age - last)


def test_scoring_sees_all_until_the_sync_with_the_same_columns_and_says_what_they_are(filled):
    _bring(filled, "1", [10, 390, 410], [5.0, 5.0, 5.0])  # the last one after the sync
    data = training_set(filled, GOAL, ages=[30], month_starts=False)
    now = scoring_frame(filled, GOAL)
    own = [name for name in data if name.startswith("event_")]
    assert set(own) <= set(now.columns)
    row = now.iloc[0]
    assert (row["event_webinar"], row["event_webinar__since"], row["event_webinar_amount"]) == (
        2,
        10,
        10,
    )
    assert now.attrs["labels"]["event_webinar__30d"] == "webinar events, last 30 days"
    assert now.attrs["groups"]["event_webinar_amount"] == "engagement"
    assert now.attrs["types"]["event_webinar__since"] == "number"
    write_snapshot(filled, GOAL)
    assert next(snapshot_batches(filled, own))["event_webinar"].tolist() == [2]


def test_events_of_a_contact_that_was_merged_are_those_of_the_other_one(filled):
    _bring(filled, "old", [10])
    rows = filled.arrow("contacts")
    merged = pa.array(["old;older" if one == "1" else None for one in rows["id"].to_pylist()])
    filled.write("contacts", rows.append_column("hs_merged_object_ids", merged))
    data = training_set(filled, GOAL, ages=[30], month_starts=False)
    assert _row(data, "1", 30)["event_webinar"] == 1


def test_a_property_of_the_same_name_keeps_it(store):
    entries = [*HISTORY, ("1", "event_webinar", "yes", 1)]
    history_store(store, {"1": 0, "2": 0}, entries)
    _bring(store, "1", [10])
    row = _row(training_set(store, GOAL, ages=[30], month_starts=False), "1", 30)
    assert (row["event_webinar"], row["event_webinar_brought"]) == ("yes", 1)


def test_without_history_events_are_left_out_and_it_is_said(filled):
    _bring(filled, "1", [10])
    data = training_set(filled, GOAL, history=False)
    assert not [name for name in data if name.startswith("event_")]
    assert "Events that were brought in are left out" in " ".join(data.attrs["notes"])
