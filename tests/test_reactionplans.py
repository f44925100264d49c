from __future__ import annotations

import pandas as pd
import pytest

from leadscore.finding import find
from leadscore.followups import Property
from leadscore.plans import load_plan
from leadscore.reacting import react
from leadscore.reactionplans import ReactionPlan


@pytest.fixture
def plan(portal, tmp_path):
    ids = find(portal, "contacts", limit=4)["id"]
    before = pd.DataFrame({"contact_id": ids, "tier": ["B", "A", "C", "C"]})
    now = before.assign(tier=["A", "B", "C", "A"])
    then = [Property("hs_lead_status", "IN_PROGRESS")]
    options = {"dry_run": True, "workspace": tmp_path, "progress": False}
    return react(portal, now, then=then, previous=before, **options)


def test_a_plan_is_read_back_as_one_and_shows_what_changed(plan):
    again = load_plan(plan.path)
    assert isinstance(again, ReactionPlan)
    assert again.counts == {"changed": 2, "property hs_lead_status": 2}
    assert again.changed[["was", "now"]].to_numpy().tolist() == [["B", "A"], ["C", "A"]]
    assert set(again.changes["action"]) == {"property hs_lead_status"}
    assert "2 contacts changed" in again._repr_html_()
    assert again.as_dict()["changed"] == 2


def test_what_is_remembered_is_every_value_that_is_new(plan):
    assert list(plan.values().values()) == ["A", "B", "C", "A"]


def test_it_can_be_handed_out_as_csv(plan, tmp_path):
    path = plan.to_csv(tmp_path / "plan.csv")
    assert path.read_text().splitlines()[0] == "contact_id,was,now,action"
