from __future__ import annotations

import pandas as pd
import pytest
from worldstore import world_store

from leadscore.currentframe import scored_now, trained_now
from leadscore.goals import deal_won, reaches
from leadscore.sandbox.world import simulate
from leadscore.snapshotfacts import KEYS

GOAL = reaches("customer")
PLAIN = {"exclude": None, "hold_out": 0.0}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    world = simulate(contacts=300, seed=2, now="2026-11-01")
    return world_store(tmp_path_factory.mktemp("crm"), world)


def test_there_is_one_row_per_contact_as_of_its_creation(store):
    data = trained_now(store, GOAL, **PLAIN)
    assert tuple(data.columns[:3]) == KEYS
    assert data["contact_id"].is_unique
    assert len(data) == store.rows("contacts")
    created = store.contacts(["id", "createdate"]).set_index("id")["createdate"]
    assert (data["snapshot_at"].to_numpy() == created.loc[data["contact_id"]].to_numpy()).all()


def test_rows_whose_horizon_has_not_passed_are_unknown_and_counted(store):
    data = trained_now(store, GOAL, **PLAIN)
    young = data["snapshot_at"] + pd.Timedelta(days=90) > pd.Timestamp("2026-11-01", tz="UTC")
    assert data.loc[young, "outcome"].isna().all()
    assert 0 < data.attrs["immature"] <= young.sum()


def test_the_values_are_those_of_now_and_that_is_said(store):
    data = trained_now(store, GOAL, **PLAIN)
    now = store.contacts(["id", "hs_email_open"]).set_index("id")["hs_email_open"]
    assert data["hs_email_open"].equals(now.loc[data["contact_id"]].reset_index(drop=True))
    assert data.attrs["history"] is False
    assert "hs_email_open" in data.attrs["changing"]
    assert "later" in data.attrs["notes"][0]


def test_who_is_left_out_is_in_neither_frame(store):
    out = store.contacts(["id"])["id"].head(3).tolist()
    for frame in (
        trained_now(store, GOAL, exclude=out, hold_out=0.0),
        scored_now(store, GOAL, who="all", exclude=out, hold_out=0.0),
    ):
        assert not set(out) & set(frame["contact_id"])
        assert frame.attrs["left_out"] == {"left out on request": 3}


def test_open_contacts_are_those_that_have_not_reached_the_goal(store):
    everybody = scored_now(store, GOAL, who="all", **PLAIN)
    still_open = scored_now(store, GOAL, who="open", **PLAIN)
    stages = store.contacts().set_index("id")["lifecyclestage"]
    won = set(everybody["contact_id"]) - set(still_open["contact_id"])
    assert won == set(stages.index[stages == "customer"])


def test_held_out_contacts_are_marked(store):
    frame = scored_now(store, GOAL, who="all", exclude=None, hold_out=0.3)
    assert 0.2 < frame["held_out"].mean() < 0.4
    assert frame.attrs["not_features"] == ["associatedcompanyid", "held_out"]
    assert frame["associatedcompanyid"].dtype == "str"


def test_a_won_deal_is_a_goal_here_too(store):
    data = trained_now(store, deal_won(within="90D"), **PLAIN)
    stage = trained_now(store, GOAL, **PLAIN)
    both = data["outcome"].notna() & stage["outcome"].notna()
    assert (data["outcome"] == stage["outcome"])[both].mean() > 0.99
    assert data["outcome"].sum() > 5
