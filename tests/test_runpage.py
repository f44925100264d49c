"""The page of a run: each contact accounted for, in the page as in the ledger."""

import stat

import pytest
from htmlreading import ATTRIBUTES, ELEMENTS, HOSTILE, Page

from leadscore.errors import DataError, StoreError, UsageError
from leadscore.planning import plan
from leadscore.runpage import write_run
from leadscore.writeback import apply


def run_of(store, *, kind="apply", states=("written",), reason="", status="done", **facts):
    run = store.ledger.start_run(kind, plan="p1", model="m1", **facts)
    rows = [
        {"object_id": str(n), "old": {}, "new": {"leadscore_score": "1"}}
        for n in range(len(states))
    ]
    store.ledger.journal_intent(run, rows)
    outcomes = [
        {"object_id": str(n), "state": state, "reason": reason if state == "rejected" else ""}
        for n, state in enumerate(states)
        if state
    ]
    store.ledger.journal_outcome(run, outcomes)
    store.ledger.finish_run(run, status)
    return run


def test_the_newest_run_that_wrote_is_shown_and_a_sync_is_not(store):
    run = run_of(store)
    store.ledger.finish_run(store.ledger.start_run("sync"), "done")
    page = write_run(store)
    assert page.name == f"run-{run}.html"
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert "Done: every contact holds what was planned." in Page(page).text


def test_who_was_rejected_and_why_is_listed_and_heads_the_page(store):
    run_of(store, states=("written", "rejected", "conflict", None), reason="PROPERTY_INVALID")
    text = Page(write_run(store)).text
    assert "Done, but not for everybody: 1 rejected, 1 conflict." in text
    assert "PROPERTY_INVALID" in text
    assert "1 more were sent and not looked up" in text


def test_a_run_that_did_not_end_says_so(store):
    run_of(store, status="failed", error={"kind": "unreachable"})
    text = Page(write_run(store)).text
    assert "did not come to its end: failed" in text
    assert "unreachable" in text


def test_what_was_passed_over_stands_with_its_reason(store):
    run_of(store, overridden={"many_changes": "first run"})
    text = Page(write_run(store)).text
    assert "many_changes" in text
    assert "first run" in text
    assert "The plan's file is gone" in text


def test_an_undo_is_shown_with_what_it_undid(store):
    first = run_of(store)
    undo = run_of(store, kind="undo", undoes=first)
    assert first in Page(write_run(store)).text
    assert f"It was undone by the run {undo}." in Page(write_run(store, first)).text


def test_hostile_words_of_the_portal_are_inert(store):
    run_of(store, states=("rejected",), reason=" ".join(HOSTILE), overridden={"g": HOSTILE[0]})
    path = write_run(store)
    page = Page(path)
    assert {tag for tag, _ in page.tags} <= ELEMENTS
    assert all(set(a) <= ATTRIBUTES.get(tag, set()) for tag, a in page.tags)
    assert not set("\x1b\x07\u202e") & set(path.read_text("utf-8"))
    assert "<script>alert(1)</script>" in page.text


def test_a_run_that_writes_nothing_or_is_not_there_is_a_clear_error(store):
    with pytest.raises(DataError, match=r"No run has written.*Apply a plan first"):
        write_run(store)
    sync = store.ledger.start_run("sync")
    with pytest.raises(UsageError, match="is a sync, which writes to no portal"):
        write_run(store, sync)
    with pytest.raises(StoreError, match="no run 'nope'"):
        write_run(store, "nope")


@pytest.mark.parametrize("sandbox", [{"contacts": 30}], indirect=True)
def test_a_real_run_shows_its_guards_its_plan_and_the_portal(portal, store, scores, tmp_path):
    made = plan(portal, scores.head(12))
    run = apply(portal, made)
    text = Page(write_run(store, run.id, tmp_path / "page.html")).text
    assert f"portal {portal.id}" in text
    assert f"{len(made.changes):,} contacts, each in exactly one" in " ".join(text.split())
    assert made.id in text
    assert "hand-made" in text
    assert "The plan's file is gone" not in text
    assert all(guard["says"] in text for guard in made.facts["guards"])
