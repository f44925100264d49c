from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from historystore import history_store
from worldstore import world_store

from leadscore.errors import DataError, UsageError
from leadscore.features import column_types, mismatches
from leadscore.goals import deal_won, property_equals, reaches
from leadscore.hubspot.connection import connect
from leadscore.leavingout import held_out
from leadscore.planning import plan
from leadscore.sandbox.world import simulate
from leadscore.snapshots import KEYS, scoring_frame, training_set
from leadscore.syncing import PERSONAL, sync
from leadscore.writeback import apply

GOAL = reaches("customer", within="90D")
NOW = "2026-11-01"
LEAK = "account_review_score"
DAY = pd.Timedelta(days=1)


@pytest.fixture(scope="module")
def world():
    return simulate(contacts=600, seed=5, now=NOW, leak=LEAK)


@pytest.fixture(scope="module")
def synced(world, tmp_path_factory):
    return world_store(tmp_path_factory.mktemp("crm"), world)


@pytest.fixture(scope="module")
def data(synced):
    return training_set(synced, GOAL)


def _entries(world):
    """Return each contact's raw entries of each property: (moment, value as on the wire)."""
    found: dict[tuple[str, str], list[tuple[pd.Timestamp, str]]] = {}
    names = world.names["contacts"]
    for batch in world.batches():
        if batch.kind != "contacts":
            continue
        entries = batch.entries
        ids, stamps = batch.ids.astype(str), pd.to_datetime(entries.at, unit="ms", utc=True)
        for place, value in enumerate(entries.value):
            key = ids[entries.record[place]], names[entries.property[place]]
            found.setdefault(key, []).append((stamps[place], value))
    return found


def _typed(text, kind):
    if text is None or text == "":
        return None
    if kind == "number":
        return float(text)
    if kind == "bool":
        return text == "true"
    if kind in ("date", "datetime"):
        return pd.Timestamp(text) if "T" in text else pd.Timestamp(text, tz="UTC")
    return [part for part in text.split(";") if part] if kind == "checkboxes" else text


def _same(value, expected):
    if expected is None:
        return value is None or (not isinstance(value, list) and pd.isna(value))
    return bool(value == expected)


def test_no_value_was_recorded_after_its_snapshot(world, data):
    """The proof: a slow and independent path from the raw entries gives the same values."""
    raw, types = _entries(world), column_types(data)
    derived = data.attrs["families"]
    rows = data.sample(400, random_state=0)
    checked = 0
    for name in types.keys() - derived.keys() - {"createdate"}:
        for who, then, value in zip(
            rows["contact_id"], rows["snapshot_at"], rows[name], strict=True
        ):
            known = [text for at, text in raw.get((who, name), []) if at <= then]
            assert _same(value, _typed(known[-1] if known else None, types[name])), (name, then)
            checked += len(known) > 0
    assert checked > 5000


def test_growth_and_recency_are_those_of_the_entries_before_the_snapshot(world, data):
    raw = _entries(world)
    rows = data.sample(400, random_state=1)
    grew = 0
    for name in ("hs_email_open", "hs_analytics_num_visits", "num_conversion_events"):
        columns = [f"{name}__{ending}" for ending in ("7d", "30d", "90d", "since")]
        for row in rows[["contact_id", "snapshot_at", *columns]].itertuples(index=False):
            known = [(at, float(v)) for at, v in raw.get((row[0], name), []) if at <= row[1]]
            for days, growth in zip((7, 30, 90), row[2:5], strict=True):
                before = [v for at, v in known if at <= row[1] - days * DAY]
                expected = known[-1][1] - (before[-1] if before else 0) if known else None
                assert _same(growth, expected) or (not before and np.isnan(growth)), name
                grew += growth > 0
            moved = [at for at, v in known[:1]] + [b[0] for a, b in pairwise(known) if a[1] != b[1]]
            assert np.isnan(row[5]) if not known else row[5] == (row[1] - moved[-1]) / DAY
    assert grew > 300


def test_a_planted_leak_is_never_known_before_the_goal(synced, world, data):
    reached = world.contacts["hs_v2_date_entered_customer"]
    filled = data[data[LEAK].notna()] if LEAK in data else data.iloc[:0]
    assert not (filled["snapshot_at"] < filled["contact_id"].map(reached)).any()
    assert synced.contacts()[LEAK].notna().sum() > 100
    naive = training_set(synced, GOAL, history=False)
    assert naive[LEAK].notna().sum() > 100
    assert data.attrs["timing"].get(LEAK, {"first_after_goal": 1})["first_after_goal"] > 0.8


def test_rows_are_sorted_and_no_contact_has_a_moment_twice(data):
    assert tuple(data.columns[:3]) == KEYS
    keys = data[["contact_id", "snapshot_at"]]
    assert keys.equals(keys.sort_values(["contact_id", "snapshot_at"]))
    assert not keys.duplicated().any()


def test_snapshots_are_at_fixed_ages_and_at_month_starts_of_the_portals_zone(synced, data):
    created = synced.contacts(["id", "createdate"]).set_index("id")["createdate"]
    age = data["snapshot_at"] - data["contact_id"].map(created).dt.floor("ms")
    local = data["snapshot_at"].dt.tz_convert("America/New_York")
    month = (local.dt.day == 1) & (local == local.dt.normalize())
    assert (month | age.isin([1 * DAY, 7 * DAY, 30 * DAY])).all()
    assert month.any()
    assert data.attrs["snapshots"]["time_zone"] == "America/New_York"
    aged = training_set(synced, GOAL, ages=(2,), month_starts=False)
    assert set(aged["contact_id"].value_counts()) == {1}


def test_only_contacts_that_are_there_and_open_have_rows(synced, data, world):
    created = synced.contacts(["id", "createdate"]).set_index("id")["createdate"]
    assert (data["snapshot_at"] > data["contact_id"].map(created)).all()
    won = data["contact_id"].map(world.contacts["hs_v2_date_entered_customer"])
    assert not (data["snapshot_at"] >= won).any()
    assert set(data["contact_id"]) <= set(world.contacts.index)  # no archived one
    counts = data.attrs["left_out"]
    assert data["contact_id"].nunique() + sum(counts.values()) == data.attrs["contacts"]


def test_the_outcome_is_the_first_entry_of_the_stage_within_the_horizon(data, world):
    won = data["contact_id"].map(world.contacts["hs_v2_date_entered_customer"])
    end = data["snapshot_at"] + 90 * DAY
    mature = end <= world.now
    assert data["outcome"].notna().equals(mature)
    assert data.loc[mature, "outcome"].equals((won <= end)[mature].astype("boolean"))
    assert data.attrs["immature"] == (~mature).sum() > 0


def test_the_goals_own_properties_and_the_clocks_are_no_features(data):
    never = {*GOAL.columns[1:], "lastmodifieddate", "hs_object_id", "id"} | PERSONAL
    assert not never & set(data.columns)


def test_of_the_stage_only_what_was_before_the_goal_is_known(data):
    assert "opportunity" in set(data["lifecyclestage"])
    assert "customer" not in set(data["lifecyclestage"])


def test_a_property_without_any_value_is_no_feature(data):
    assert data.drop(columns=list(KEYS)).notna().any().all()


def test_the_frame_says_what_it_is_made_of(data):
    features = set(data.columns) - set(KEYS) - set(data.attrs["not_features"])
    for fact in ("types", "labels", "groups"):
        assert set(data.attrs[fact]) == features
    assert data.attrs["time_known"] is data.attrs["history"] is True
    assert data.attrs["not_features"] == ["hubspot_owner_id", "associatedcompanyid"]
    families = data.attrs["families"]
    assert families["hs_email_open__30d"] == "hs_email_open"
    assert set(families) == {name for name in features if "__" in name}
    assert data.attrs["labels"]["hs_email_open__30d"].endswith(", last 30 days")
    assert data.attrs["groups"]["hs_email_open__since"] == "engagement"
    assert mismatches(data, column_types(data)) == []


def test_a_property_that_changes_and_has_no_history_is_left_out_and_named(world, tmp_path):
    store = world_store(tmp_path, world)
    history = store.read("history")
    gone = {"product_interest", "hs_email_domain"}
    store.write("history", history[~history["property"].isin(gone)])
    data = training_set(store, GOAL)
    excluded = [entry["property"] for entry in data.attrs["excluded"]]
    twins = [name for name in excluded if name.startswith("hs_lifecyclestage_")]
    assert sorted(set(excluded) - set(twins)) == ["product_interest"]
    assert "product_interest" not in data
    assert data["hs_email_domain"].notna().any()  # HubSpot sets it once


def test_what_is_scored_has_every_column_that_training_had_as_of_the_sync(synced, data, world):
    frame = scoring_frame(synced, GOAL)
    assert set(data.columns) <= set(frame.columns)
    assert (frame["snapshot_at"] == world.now).all()
    assert frame["outcome"].isna().all()
    now = world.contacts.loc[frame["contact_id"]]
    for name in ("hs_email_open", "jobtitle", "hs_latest_source"):
        pd.testing.assert_series_equal(
            frame[name], now[name].reset_index(drop=True), check_names=False
        )


def test_what_the_sync_saw_while_it_was_reading_is_scored_and_in_no_row_to_learn_from(store):
    entries = [
        ("1", "title", "clerk", 1),
        ("1", "title", "chief", 40.5),
        ("2", "title", "new", 40.4),
    ]
    entries += [("3", "lifecyclestage", "customer", 40.2)]
    history_store(store, {"1": 0, "2": 40.3, "3": 0}, entries, synced=40)
    data = training_set(store, GOAL, ages=(1, 40), month_starts=False)
    assert data["contact_id"].tolist() == ["1", "3"]
    assert data["title"].tolist()[0] == "clerk"
    frame = scoring_frame(store, GOAL)
    assert frame.set_index("contact_id")["title"].to_dict() == {"1": "chief", "2": "new"}


def test_only_open_contacts_are_scored_unless_all_are_asked_for(synced):
    everybody = scoring_frame(synced, GOAL, who="all")
    won = set(everybody["contact_id"]) - set(scoring_frame(synced, GOAL)["contact_id"])
    stages = synced.contacts().set_index("id")["lifecyclestage"]
    assert won == set(stages.index[stages == "customer"])
    with pytest.raises(UsageError, match="who"):
        scoring_frame(synced, GOAL, who="some")


def test_contacts_are_left_out_by_list_or_condition_and_counted(synced, data):
    ids = data["contact_id"].unique()[:5]
    fewer = training_set(synced, GOAL, exclude=list(ids))
    assert not set(ids) & set(fewer["contact_id"])
    assert fewer.attrs["left_out"]["left out on request"] == 5
    out = {"students": "seniority == 'student'", "staff": lambda c: c["id"].isin(ids)}
    both = training_set(synced, GOAL, exclude=out)
    assert both.attrs["left_out"]["staff"] == 5
    assert not (both["seniority"] == "student").any()
    assert not set(ids) & set(scoring_frame(synced, GOAL, exclude=ids)["contact_id"])


def test_a_share_is_held_out_and_marked_the_same_in_both_frames(synced):
    learnt = training_set(synced, GOAL, hold_out=0.2)
    frame = scoring_frame(synced, GOAL, hold_out=0.2)
    for one in (learnt, frame):
        assert (one["held_out"].to_numpy() == held_out(one["contact_id"], 0.2)).all()
        assert "held_out" in one.attrs["not_features"]
    assert 0.1 < frame["held_out"].mean() < 0.3
    assert "held_out" not in column_types(learnt)


def test_today_s_values_are_there_for_who_asks_and_say_what_they_cost(synced):
    naive = training_set(synced, GOAL, history=False)
    assert naive["contact_id"].is_unique
    assert naive.attrs["history"] is False
    assert "later" in naive.attrs["notes"][0]
    assert {"hs_email_open", "hs_latest_source"} <= set(naive.attrs["changing"])
    assert not {"hs_analytics_source", "jobtitle"} & set(naive.attrs["changing"])


def test_rows_do_not_depend_on_the_order_in_which_history_was_stored(world, synced, data, tmp_path):
    store = world_store(tmp_path, world)
    store.write("history", store.read("history").sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(training_set(store, GOAL), data)


def test_of_too_many_snapshots_a_random_share_is_taken_and_said(synced, data):
    fewer = training_set(synced, GOAL, most_rows=2000)
    assert 1800 < len(fewer) < 2200
    assert "at random" in fewer.attrs["notes"][-1]
    again = training_set(synced, GOAL, most_rows=2000)
    pd.testing.assert_frame_equal(fewer, again)


def test_won_deals_and_dated_properties_are_goals_too(synced, world):
    by_deal = training_set(synced, deal_won(within="90D"))
    stage = training_set(synced, GOAL)
    both = by_deal.merge(stage, on=["contact_id", "snapshot_at"], suffixes=("", "_stage"))
    agree = both["outcome"].eq(both["outcome_stage"]).mean()
    assert agree > 0.99  # in this world a won deal makes a customer
    called = training_set(synced, property_equals("hs_lead_status", "CONNECTED", within="30D"))
    assert called["outcome"].sum() > 50
    assert "CONNECTED" not in set(called["hs_lead_status"])


def test_a_goal_that_nothing_dates_falls_back_to_todays_values(synced):
    goal = property_equals("hs_object_id", "100001")
    assert training_set(synced, goal).attrs["history"] is False
    with pytest.raises(DataError, match="othing tells"):
        training_set(synced, goal, history=True)


def test_a_store_that_was_never_synced_says_so(store):
    with pytest.raises(DataError, match="sync"):
        training_set(store, GOAL)


def test_history_that_is_not_there_cannot_be_insisted_on(portal, store):
    sync(portal, store, history=(), progress=False)
    assert training_set(store, GOAL)["contact_id"].is_unique
    with pytest.raises(DataError, match="no history"):
        training_set(store, GOAL, history=True)


def test_our_own_scores_are_no_features_whatever_their_prefix(
    sandbox, portal, store, scores, monkeypatch
):
    monkeypatch.setenv("LEADSCORE_PREFIX", "acme")
    with connect(sandbox) as again:
        apply(again, plan(again, scores, progress=False), progress=False)
        sync(again, store, progress=False)
        assert "acme_score" not in store.contacts().columns
        sync(again, store, properties=["jobtitle", "acme_score"], progress=False)
    assert "acme_score" in store.contacts().columns
    for history in (None, False):
        found = training_set(store, GOAL, history=history)
        assert not [name for name in found if name.startswith("acme_")]


def test_an_id_that_hubspot_calls_a_number_is_text_as_the_store_holds_it(store):
    entries = [("1", "ticket_id", "12345678901234567", 0), ("1", "opens", "1", 0)]
    history_store(store, {"1": 0}, entries)
    data = training_set(store, GOAL)
    types = data.attrs["types"]
    assert (types["ticket_id"], types["opens"]) == ("string", "number")
    assert set(data["ticket_id"]) == {"12345678901234567"}
    assert mismatches(data, column_types(data)) == []


@pytest.mark.parametrize("sandbox", [{"contacts": 120, "history_cap": 2}], indirect=True)
def test_before_the_oldest_entry_that_a_portal_keeps_a_value_is_unknown(sandbox, portal, store):
    sync(portal, store, progress=False)
    kept = store.read("history")
    kept = kept[kept["property"] == "hs_email_delivered"]
    oldest = kept.groupby("id")["timestamp"].min()
    data = training_set(store, GOAL)
    first = data["contact_id"].map(oldest)
    before = (data["snapshot_at"] < first) & first.notna()
    assert before.sum() > 100
    for name in ("hs_email_delivered", "hs_email_delivered__since"):
        assert data.loc[before, name].isna().all()
        assert data.loc[data["snapshot_at"] >= first, name].notna().all()


def test_frames_are_the_same_in_another_time_zone(synced, data, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        pd.testing.assert_frame_equal(training_set(synced, GOAL), data)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_who_has_no_snapshot_yet_is_scored_all_the_same(store):
    history_store(store, {"1": 0, "2": 39.5}, [("2", "title", "new", 39.6)], synced=40)
    assert set(training_set(store, GOAL)["contact_id"]) == {"1"}
    assert training_set(store, GOAL).attrs["left_out"] == {"too young for a snapshot": 1}
    assert scoring_frame(store, GOAL)["contact_id"].tolist() == ["1", "2"]


@pytest.mark.parametrize("given", [{"hold_out": 2}, {"ages": ["soon"]}, {"exclude": "nope == 1"}])
def test_an_option_that_cannot_be_used_is_refused(synced, given):
    with pytest.raises(UsageError):
        training_set(synced, GOAL, **given)
