from __future__ import annotations

import pyarrow.parquet as pq
import pytest

import leadscore as ls
from leadscore.panelreview import PAGE, blocking, chosen, moves


@pytest.fixture
def panel(portal, scores):
    made = ls.plan(portal, scores.head(60), progress=False)
    review = ls.widgets.review(portal, made)
    assert review.widget is not None
    return review


def _shown(control):
    return control.layout.display != "none"


def test_approving_takes_two_presses_writes_the_plan_and_shows_the_result(portal, panel):
    assert panel.plan.id in panel.approve.description
    assert panel.plan.sha256[:8] in panel.approve.description
    panel.approve.click()
    assert panel.run is None
    assert "60 contacts" in panel.confirm.description
    panel.confirm.click()
    assert panel.run.counts["written"] == panel.run.verified == 60
    assert f"leadscore undo {panel.run.id}" in panel._state.value
    assert not _shown(panel.approve)
    assert f"Run {panel.run.id}" in panel.page()


def test_a_button_pressed_again_writes_nothing_more(sandbox, panel):
    panel.approve.click()
    panel.confirm.click()
    before, run = len(sandbox.writes()), panel.run
    panel.confirm.click()
    panel.approve.click()
    panel.confirm.click()
    assert panel.run is run
    assert len(sandbox.writes()) == before


def test_cancelling_writes_nothing(sandbox, panel):
    panel.approve.click()
    before = len(sandbox.writes())
    panel.cancel.click()
    assert len(sandbox.writes()) == before
    assert (_shown(panel.approve), _shown(panel.confirm)) == (True, False)


def test_a_plan_that_was_edited_after_it_was_shown_is_not_written(sandbox, panel):
    panel.approve.click()
    before = len(sandbox.writes())
    metadata = pq.read_metadata(panel.plan.path).metadata
    cut = pq.read_table(panel.plan.path).slice(1)
    pq.write_table(cut.replace_schema_metadata(metadata), panel.plan.path)
    panel.confirm.click()
    assert "edited" in panel.notice.value
    assert panel.run is None
    assert len(sandbox.writes()) == before
    assert not _shown(panel.confirm)


def test_a_blocked_plan_has_no_button_and_says_why(portal, scores):
    scores.attrs["signal"] = False
    made = ls.plan(portal, scores.head(60), progress=False)
    review = ls.widgets.review(portal, made)
    assert review.widget is not None
    assert not _shown(review.approve)
    assert "no_signal" in review._state.value
    assert any("no_signal" in said for said in blocking(portal, made))


def test_a_part_is_a_plan_of_its_own_and_is_shown_as_such(panel):
    whole = panel.plan
    panel.tier.value = "A"
    assert len(panel._kept) == 15
    panel.part.click()
    assert (panel.plan.id != whole.id, panel.plan.rows["scores"]) == (True, 15)
    assert panel.plan.id in panel.approve.description
    assert whole.id in panel.notice.value
    panel.whole.click()
    assert panel.plan.id == whole.id


def test_the_table_is_paged_and_filtered(panel):
    first = panel._table.value
    assert first.count("<tr>") == PAGE + 1
    assert panel.back.disabled
    panel.on_.click()
    assert panel._table.value != first
    panel.search.value = str(panel._moves["contact_id"].iloc[7])
    assert panel._table.value.count("<tr>") == 2


def test_filters_go_by_tier_size_of_move_and_part_of_an_id(portal, scores):
    found = moves(ls.plan(portal, scores.head(60), progress=False))
    assert found["moved"].abs().is_monotonic_decreasing
    assert found.loc[chosen(found, tier="B"), "tier"].eq("B").all()
    assert found.loc[chosen(found, least=40), "moved"].abs().min() >= 40
    assert chosen(found, text="(").sum() == 0


def test_hostile_reasons_are_inert(portal, scores):
    scores["reasons"] = "<img src=x onerror=alert(1)>\u202e"
    review = ls.widgets.review(portal, ls.plan(portal, scores.head(5), progress=False))
    assert review.widget is not None
    shown = review._table.value + review._head.value + review.page()
    assert "<img src=x" not in shown
    assert "\u202e" not in shown


def test_an_error_is_one_message_and_the_same_can_go_on(sandbox, panel):
    panel.approve.click()
    sandbox.faults({"match": {"path": "*/batch/*"}, "action": {"status": 401}})
    panel.confirm.click()
    assert panel.run is None
    assert "Traceback" not in panel.notice.value
    assert sandbox.token not in panel.notice.value
    assert "Go on" in panel.confirm.description
    assert not panel.confirm.disabled
