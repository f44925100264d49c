from __future__ import annotations

import pandas as pd
import pytest
from historystore import DAY, START, history_store

from leadscore.errors import DataError
from leadscore.evidence import gather, has_history
from leadscore.goals import property_equals, reaches
from leadscore.hubspot.connection import connect
from leadscore.sandbox import open_sandbox
from leadscore.snapshots import training_set
from leadscore.snapshottimes import NEVER
from leadscore.syncing import sync

GOAL = reaches("customer")


def _start(store):
    base = START.value // 10**6
    start = gather(store, GOAL).start.tolist()
    return [None if ms == NEVER else (ms - base) / 86_400_000 for ms in start]


def test_a_contact_that_an_import_brought_with_an_older_date_is_there_from_the_import_on(store):
    entries = [
        ("1", "opens", "31", 200, "IMPORT"),
        ("2", "opens", "31", 200, "MIGRATION"),
        ("3", "opens", "1", 200),
        ("4", "opens", "1", 5, "IMPORT"),
    ]
    history_store(store, dict.fromkeys("1234", 10), entries)
    assert _start(store) == [200, 200, 10, 10]
    rows = training_set(store, GOAL, ages=(1,), month_starts=False).set_index("contact_id")
    assert (rows["snapshot_at"] - START).dt.days.tolist() == [201, 201, 11, 11]
    assert rows["opens"].isna().tolist() == [False, False, True, False]


def test_a_merge_is_a_cut_nothing_before_it_is_a_row(store):
    entries = [
        ("1", "opens", "1", 1),
        ("1", "opens", "5", 50),
        ("1", "hs_merged_object_ids", "8;9", 60, "MERGE_OBJECTS"),
        ("1", "opens", "6", 70),
        ("2", "opens", "1", 1),
    ]
    history_store(store, {"1": 0, "2": 0}, entries, synced=150)
    assert _start(store) == [60, 0]
    data = training_set(store, GOAL)
    mine = data[data["contact_id"] == "1"]
    assert mine["snapshot_at"].min() > START + 60 * DAY
    assert data.attrs["left_out"] == {"merged: seen from the merge on only": 1}


def test_a_contact_without_a_creation_date_has_no_row_and_is_counted(store):
    history_store(store, {"1": 0, "2": 0}, [("1", "opens", "1", 1)])
    contacts = store.contacts()
    contacts.loc[contacts["id"] == "2", "createdate"] = pd.NaT
    store.write("contacts", contacts)
    data = training_set(store, GOAL)
    assert set(data["contact_id"]) == {"1"}
    assert data.attrs["left_out"] == {"no creation date": 1}


def test_why_a_property_is_left_out_is_said(store):
    history_store(
        store,
        {"1": 0, "2": 0},
        [("1", "opens", "1", 1)],
        more={"typed_in": {"1": "a"}, "calculated": {"1": "b"}, "hs_email_domain": {"1": "c"}},
    )
    store.ledger.set_checkpoint("history:contacts", ["calculated", "opens"])
    found = gather(store, GOAL)
    why = {entry["property"]: entry["why"] for entry in found.excluded}
    assert set(why) == {"calculated", "typed_in"}
    assert "keeps no history" in why["calculated"]
    assert "was not read" in why["typed_in"]
    assert "hs_email_domain" in found.names


def test_of_two_dates_of_entering_a_stage_one_is_told(store):
    lead, older, alone = (
        *("hs_v2_date_entered_lead", "hs_lifecyclestage_lead_date"),
        "hs_lifecyclestage_opportunity_date",
    )
    when = "2026-01-02T00:00:00Z"
    history_store(store, {"1": 0}, [("1", name, when, 1) for name in (lead, older, alone)])
    found = gather(store, GOAL)
    assert {lead, alone} <= set(found.names)
    assert older not in found.names
    assert found.excluded == [{"property": older, "why": f"it is the older name of {lead}"}]


def test_what_was_found_to_count_up_stays_a_counter(store):
    created = {str(i): 0 for i in range(30)}
    rising = [(one, "opens", str(day), day) for one in created for day in (1, 2, 3)]
    history_store(store, created, rising)
    assert gather(store, GOAL).derived == {"counters": ["opens"], "changing": ["opens"]}
    history_store(store, created, [("1", "opens", "1", 1)])
    assert gather(store, GOAL).derived["counters"] == ["opens"]


def test_a_goal_that_nothing_dates_is_told_from_one_that_nobody_reached(store):
    history_store(store, {"1": 0}, [("1", "lifecyclestage", "lead", 1)], more={"y": {"1": "no"}})
    assert gather(store, reaches("evangelist")).reached.dated
    assert gather(store, property_equals("y", "yes")).reached.dated
    assert not gather(store, property_equals("y", "no")).reached.dated


def test_a_goal_that_all_had_from_the_start_is_not_dated_by_history(portal_of_table, store):
    with connect(portal_of_table) as portal:
        sync(portal, store, progress=False)
    goal = property_equals("y", "yes")
    found = gather(store, goal)
    assert found.reached.dated
    assert not found.dated
    data = training_set(store, goal)
    assert data.attrs["history"] is False
    assert data["outcome"].value_counts().to_dict() == {True: 20, False: 40}


@pytest.fixture
def portal_of_table():
    days = pd.date_range("2025-01-01", periods=60, freq="D").strftime("%Y-%m-%d")
    table = pd.DataFrame({"seats": range(60), "y": ["yes", "no", "no"] * 20, "day": days})
    options = {"process": False, "limits": False}
    with open_sandbox(csv=table, outcome="y", date="day", **options) as sandbox:
        yield sandbox


def test_an_empty_or_unsynced_store_is_refused(store):
    with pytest.raises(DataError, match="synced"):
        gather(store, GOAL)
    assert not has_history(store)


def test_contacts_that_were_merged_in_a_portal_are_rows_from_the_merge_on_only(
    portal, synced, store
):
    one, other = store.contacts(["id"])["id"].sort_values().tolist()[:2]
    body = {"primaryObjectId": one, "objectIdToMerge": other}
    moment = pd.Timestamp.now("UTC")
    made = portal.transport.call("POST", f"{portal.path('objects', 'contacts')}/merge", body=body)
    sync(portal, store, progress=False)
    found = gather(store, GOAL)
    place = found.contacts["id"].tolist().index(str(made["id"]))
    assert abs(found.start[place] - moment.value // 10**6) < 3_600_000
    assert str(made["id"]) not in set(training_set(store, GOAL)["contact_id"])
