from __future__ import annotations

import pytest

from leadscore.finding import find
from leadscore.pairing import associate
from leadscore.pairplans import PairPlan
from leadscore.plans import load_plan

COUNTS = {"associate": 1, "dissociate": 0, "unchanged": 0, "duplicate": 1}


@pytest.fixture
def plan(portal, tmp_path):
    contact = find(portal, "contacts", limit=1)["id"][0]
    company = find(portal, "companies")["id"].iloc[-1]
    rows = [(contact, company, "Primary"), (contact, company, "Primary")]
    options = {"dry_run": True, "workspace": tmp_path, "progress": False}
    return associate(portal, "contacts", "companies", rows, **options)


def test_a_plan_of_pairs_is_read_back_as_one_and_shows_itself(plan):
    again = load_plan(plan.path)
    assert isinstance(again, PairPlan)
    assert again.counts == plan.counts == COUNTS
    assert list(again.results["state"]) == ["associate", "duplicate"]
    assert again.changes[["action", "label"]].to_numpy().tolist() == [["associate", "Primary"]]
    assert "2 pairs of contacts and companies" in again._repr_html_()
    assert (again.as_dict()["from"], again.as_dict()["associate"]) == ("contacts", 1)


def test_a_plan_of_pairs_can_be_handed_out_as_csv(plan, tmp_path):
    path = plan.to_csv(tmp_path / "pairs.csv")
    assert path.read_text().splitlines()[0] == "row,from_id,to_id,action,label"
