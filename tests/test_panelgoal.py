from __future__ import annotations

import pytest

import leadscore as ls
from leadscore.conversions import conversions
from leadscore.panelgoal import counted


@pytest.fixture
def synced(portal, store):
    ls.sync(portal, store, progress=False)
    return store


def test_each_kind_of_goal_can_be_chosen(synced):
    panel = ls.widgets.goal(synced)
    assert panel.widget is not None
    assert panel.goal == ls.reaches("customer")
    panel.days.value = 30
    assert panel.goal == ls.reaches("customer", within="30D")
    panel.kind.value = "deal won"
    assert panel.goal == ls.deal_won(within="30D")
    panel.kind.value = "property equals"
    panel.property.value, panel.value.value = "hs_lead_status", "CONNECTED"
    assert panel.goal == ls.property_equals("hs_lead_status", "CONNECTED", within="30D")
    assert "hs_lead_status" in panel.text()


def test_the_goal_given_is_where_it_starts(synced):
    panel = ls.widgets.goal(synced, ls.deal_won(within="60D"))
    assert panel.widget is not None
    assert (panel.kind.value, panel.days.value) == ("deal won", 60)
    assert panel.goal == ls.deal_won(within="60D")


def test_the_counts_are_those_of_the_conversions(synced):
    goal = ls.reaches("customer", within="30D")
    rows, n = conversions(synced, goal), counted(synced, goal)
    assert n["mature"] == (rows["state"] == "judged").sum()
    assert n["converted"] <= n["reached"] <= n["contacts"] == len(rows)


def test_a_goal_that_cannot_be_counted_says_why(synced):
    panel = ls.widgets.goal(synced, ls.property_equals("no_such_property", "x"))
    assert "no_such_property" in panel.page()
