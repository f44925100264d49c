from __future__ import annotations

import pandas as pd
import pytest

from leadscore.errors import DataError
from leadscore.features import column_types, mismatches
from leadscore.goals import reaches
from leadscore.hubspot.connection import connect
from leadscore.planning import plan
from leadscore.snapshots import KEYS, scoring_frame, training_set
from leadscore.syncing import PERSONAL, sync
from leadscore.writeback import apply

GOAL = reaches("customer", within="90D")


@pytest.fixture
def synced(portal, store):
    sync(portal, store, progress=False)
    return store


def test_there_is_one_row_per_contact_and_the_keys_come_first(synced):
    data = training_set(synced, GOAL)
    assert tuple(data.columns[:3]) == KEYS
    assert data["contact_id"].is_unique
    assert len(data) == 250


def test_rows_whose_horizon_has_not_passed_are_there_and_unknown(synced):
    data = training_set(synced, GOAL)
    young = data["snapshot_at"] + pd.Timedelta(days=90) > pd.Timestamp.now("UTC")
    assert young.any()
    assert data.loc[young, "outcome"].isna().all()
    assert data.loc[~young, "outcome"].notna().all()


def test_the_goals_own_properties_and_the_clocks_are_no_features(synced):
    data = training_set(synced, GOAL)
    never = {*GOAL.columns, "createdate", "lastmodifieddate", "hs_object_id", "id"} | PERSONAL
    assert not never & set(data.columns)


def test_a_property_without_any_value_is_no_feature(synced):
    data = training_set(synced, GOAL)
    assert data.drop(columns=list(KEYS)).notna().any().all()


def test_the_frame_says_what_it_is_made_of(synced):
    data = training_set(synced, GOAL)
    features = set(data.columns) - set(KEYS)
    for fact in ("types", "labels", "groups"):
        assert set(data.attrs[fact]) == features
    assert data.attrs["time_known"] is True
    assert data.attrs["horizon_days"] == 90
    assert data.attrs["groups"]["hs_analytics_num_visits"] == "engagement"
    assert data.attrs["groups"]["jobtitle"] == "fit"


def test_only_open_contacts_are_scored_unless_all_are_asked_for(synced):
    everybody = scoring_frame(synced, GOAL, who="all")
    still_open = scoring_frame(synced, GOAL)
    won = set(everybody["contact_id"]) - set(still_open["contact_id"])
    stages = synced.contacts().set_index("id")["lifecyclestage"]
    assert won == set(stages.index[stages == "customer"])


def test_scoring_has_every_column_that_training_had(synced):
    assert set(training_set(synced, GOAL).columns) <= set(scoring_frame(synced, GOAL).columns)


def test_a_store_that_was_never_synced_says_so(store):
    with pytest.raises(DataError, match="sync"):
        training_set(store, GOAL)


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
    assert not [name for name in training_set(store, GOAL) if name.startswith("acme_")]


def test_what_hubspot_keeps_up_to_date_is_named(synced):
    changing = training_set(synced, GOAL).attrs["changing"]
    assert {"hs_email_open", "hs_analytics_num_visits", "hs_latest_source"} <= set(changing)
    assert not {"hs_analytics_source", "first_conversion_date", "jobtitle"} & set(changing)


def test_an_id_that_hubspot_calls_a_number_is_text_as_the_store_holds_it(portal, store):
    names = ["associatedcompanyid", "hs_analytics_num_visits", "lifecyclestage"]
    sync(portal, store, properties=names, progress=False)
    data = training_set(store, GOAL)
    types = data.attrs["types"]
    assert (types["associatedcompanyid"], types["hs_analytics_num_visits"]) == ("string", "number")
    assert mismatches(data, column_types(data)) == []
