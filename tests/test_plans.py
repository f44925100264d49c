from __future__ import annotations

import json

import pandas as pd
import pyarrow.parquet as pq
import pytest
from planfiles import change, plan_of

from leadscore.errors import GuardError, PlanError
from leadscore.planfile import FORMAT, Draft, new_id
from leadscore.planning import plan
from leadscore.plans import load_plan


def test_a_plan_comes_back_from_its_file_as_it_was(portal, scores):
    made = plan(portal, scores, progress=False)
    again = load_plan(made.path)
    pd.testing.assert_frame_equal(again.changes, made.changes)
    assert again.as_dict() == made.as_dict()
    assert sum(map(len, again.batches())) == len(made.changes)


def test_an_edited_plan_is_refused(portal, scores):
    made = plan(portal, scores, progress=False)
    metadata = pq.read_metadata(made.path).metadata
    table = pq.read_table(made.path).slice(1)
    pq.write_table(table.replace_schema_metadata(metadata), made.path)
    with pytest.raises(GuardError, match="edited") as caught:
        load_plan(made.path)
    assert caught.value.guards == ["edited_plan"]
    assert len(load_plan(made.path, check=False).changes) == 249


def test_a_plan_shows_itself_with_nothing_of_a_contact_live(portal, scores):
    scores["reasons"] = "<script>alert(1)</script>"
    assert "<script>" not in plan(portal, scores, progress=False)._repr_html_()


def test_a_plan_of_an_older_leadscore_is_one_clear_error(tmp_path):
    made = plan_of(tmp_path, [change("7", 90, "A")])
    facts = {name: value for name, value in made.facts.items() if name != "format"}
    table = pq.read_table(made.path)
    old = {b"leadscore": json.dumps(facts).encode()}
    pq.write_table(table.replace_schema_metadata(old), made.path)
    assert FORMAT == 2
    with pytest.raises(PlanError, match="another version of leadscore"):
        load_plan(made.path)


def test_an_undo_that_says_little_is_a_plan_too(tmp_path):
    facts = {"kind": "undo", "portal_id": 7, "contacts": 0, "prefix": "leadscore"}
    facts |= {"expires_at": "2099-01-01T00:00:00+00:00", "properties": [], "creates_properties": []}
    with Draft(tmp_path, new_id()) as draft:
        made = load_plan(draft.save(facts))
    assert (made.blocked, made.overridden, made.notes, made.actions) == ([], {}, [], [])
    assert made.movers.empty
    assert made.counts.empty
    assert made.histogram["old"].sum() == 0
    assert "0 of 0 contacts" in repr(made)


def test_the_frames_of_a_plan_are_tidy(tmp_path):
    changes = [change("1", 90, "A", was=50), change("2", 70, "B")]
    made = plan_of(tmp_path, changes)
    assert made.movers.to_dict("records") == [
        {"contact_id": "1", "was": 50, "score": 90, "moved": 40, "was_tier": "C", "tier": "A"}
    ]
    assert made.counts.to_dict("records") == [
        {"was": "", "tier": "B", "written": True, "contacts": 1},
        {"was": "C", "tier": "A", "written": True, "contacts": 1},
    ]
    bins = made.histogram
    assert (bins["from"].iloc[-1], bins["to"].iloc[-1], bins["new"].iloc[-1]) == (90, 100, 1)
    assert bins["old"].sum() == 1


def test_a_plan_goes_out_as_csv_and_comes_back_the_same_but_for_formulas(tmp_path):
    changes = [change("1", 90, "A", was=50), change("2", 70, "B", reasons="=1+1")]
    made = plan_of(tmp_path, changes)
    found = pd.read_csv(made.to_csv(tmp_path / "out.csv"), dtype="str")
    expected = made.changes.replace({"new.leadscore_reasons": {"=1+1": "'=1+1"}})
    pd.testing.assert_frame_equal(found, expected)


def test_a_plan_goes_out_as_xlsx_and_comes_back_the_same(tmp_path):
    pytest.importorskip("openpyxl")
    changes = [change("1", 90, "A", was=50), change("2", 70, "B", reasons="=1+1")]
    made = plan_of(tmp_path, changes)
    found = pd.read_excel(made.to_xlsx(tmp_path / "out.xlsx"), dtype="str")
    pd.testing.assert_frame_equal(found, made.changes)
