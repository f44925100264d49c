from __future__ import annotations

import pytest

import leadscore as ls
from leadscore.errors import GuardError, UsageError
from leadscore.planfile import Change, Draft, new_id
from leadscore.recordplans import CREATIONS, ROWS, UPDATES

FACTS = {
    "kind": "records",
    "object_type": "contacts",
    "match": "email",
    "portal_id": 7,
    "prefix": "leadscore",
    "properties": ["city"],
    "creates_properties": ["leadscore_key"],
    "created_at": "2026-01-01T00:00:00+00:00",
    "expires_at": "2026-01-02T00:00:00+00:00",
    "guards": [],
    "actions": [],
    "counts": {"create": 1, "update": 1},
    "notes": ["<script>alert(1)</script>"],
}


@pytest.fixture
def plan(tmp_path):
    with Draft(tmp_path / "plans", new_id()) as draft:
        draft.add(UPDATES, [Change("7", {"city": ""}, {"city": "<b>Ulm</b>"})])
        draft.add(CREATIONS, [Change("row-0", {}, {"city": "Kiel"})])
        listed = [("row-0", "0", "create"), ("7", "1", "update")]
        draft.add(ROWS, [Change(key, {}, {"row": row, "to": to}) for key, row, to in listed])
        path = draft.save(FACTS)
    return ls.load_plan(path)


def test_a_plan_of_records_is_read_as_one(plan):
    assert isinstance(plan, ls.RecordPlan)
    assert plan.rows == {"scores": 0, "updates": 1, "creations": 1}
    assert plan.inputs == 2
    assert plan.counts["create"] == 1
    assert plan.changes.fillna("").values.tolist() == [
        [1, "7", "update", "city", "", "<b>Ulm</b>"],
        [0, "", "create", "city", "", "Kiel"],
    ]
    assert plan.results.fillna("").values.tolist() == [["", "create", ""], ["7", "update", ""]]


def test_it_shows_itself_with_all_that_it_shows_escaped(plan):
    assert "2 rows for contacts of portal 7: 1 create, 1 update" in repr(plan)
    page = plan._repr_html_()
    assert "<script>" not in page
    assert "<b>Ulm" not in page
    assert "leadscore_key" in page


def test_it_is_handed_out_as_a_spreadsheet(plan, tmp_path):
    lines = plan.to_csv(tmp_path / "plan.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "row,id,action,property,old,new"
    assert len(lines) == 3


def test_a_part_of_it_is_refused_and_so_is_an_edit(plan):
    with pytest.raises(UsageError, match="as a whole"):
        plan.only(contacts=["7"])
    other = ls.RecordPlan(plan.path, {**plan.facts, "portal_id": 8})
    with pytest.raises(GuardError, match="edited"):
        other.check()
