from __future__ import annotations

import stat
from contextlib import suppress

import pytest
from dying import Died, dying
from handscores import hand_scores, score_writes
from portals import Hand, truth

from leadscore.errors import HubSpotError, MissingScopesError, PlanError, StoreError, UsageError
from leadscore.hubspot import imports
from leadscore.planning import plan
from leadscore.store import open_store
from leadscore.undoing import undo
from leadscore.writeback import apply


@pytest.fixture
def made(portal, sandbox, store):
    sandbox.portal.job_delay = 0.0
    return plan(portal, hand_scores(sandbox, store.workspace), progress=False)


def _import(portal, made, **options):
    return apply(portal, made, via="import", progress=False, **options)


def _updates(sandbox):
    return sum(r["path"].endswith("/batch/update") for r in sandbox.requests())


def test_one_upload_writes_all_but_the_canary_and_everything_is_read_back(portal, sandbox, made):
    run = _import(portal, made, canary=20)
    assert run.counts["written"] == run.verified == 250
    assert _updates(sandbox) == 1
    assert len(list(imports.imports_named(portal, f"leadscore {run.id}"))) == 1
    assert set(score_writes(sandbox).values()) == {1}
    assert truth(sandbox, "leadscore_score")[made.changes["contact_id"][42]] == "42"
    assert not list((made.workspace / "plans").glob("import-*"))
    assert undo(portal, run, progress=False).counts["written"] == 250


def test_the_file_is_its_owners_alone_while_it_is_there(portal, made, monkeypatch):
    modes = []
    send = imports.upload

    def seen(portal, path, **more):
        modes.append(stat.S_IMODE(path.stat().st_mode))
        return send(portal, path, **more)

    monkeypatch.setattr(imports, "upload", seen)
    _import(portal, made)
    assert modes == [0o600]


def test_a_conflict_and_a_missing_contact_are_not_in_the_file(portal, sandbox, made):
    _import(portal, made)
    scores = hand_scores(sandbox, made.workspace)
    scores["score"] = (scores["score"] + 5).clip(upper=100)
    later = plan(portal, scores, progress=False)
    theirs, gone = later.changes["contact_id"].iloc[[100, 101]]
    Hand(portal).edit(theirs, leadscore_score="999")
    Hand(portal).archive(gone)
    run = _import(portal, later)
    told = run.outcomes.set_index("contact_id")["state"]
    assert (told[theirs], told[gone]) == ("conflict", "missing")
    assert run.counts["written"] == len(later.changes) - 2
    assert truth(sandbox, "leadscore_score")[theirs] == "999"


def test_a_row_that_hubspot_refuses_is_rejected_with_its_words(portal, sandbox, made, monkeypatch):
    send = imports.upload
    lost = made.changes["contact_id"].iloc[99]

    def merged_meanwhile(portal, path, **more):
        text = path.read_text().replace(f"\n{lost},99,", f"\n{lost},ninety,")
        assert "ninety" in text
        path.write_text(text)
        return send(portal, path, **more)

    monkeypatch.setattr(imports, "upload", merged_meanwhile)
    run = _import(portal, made)
    row = run.outcomes.set_index("contact_id").loc[lost]
    assert row["state"] == "rejected"
    assert "ninety" in row["reason"] or "number" in row["reason"].lower()
    assert run.counts["written"] == 249


def test_an_import_that_fails_stops_the_run_and_the_same_call_imports_what_is_left(
    portal, sandbox, made, monkeypatch
):
    send = imports.upload

    def without_a_head(portal, path, **more):
        path.write_text("nothing\n")
        return send(portal, path, **more)

    monkeypatch.setattr(imports, "upload", without_a_head)
    with pytest.raises(PlanError, match="ended as FAILED"):
        _import(portal, made)
    monkeypatch.setattr(imports, "upload", send)
    run = apply(portal, made, progress=False)
    assert run.counts["written"] == run.verified == 250
    assert len(list(imports.imports_named(portal, f"leadscore {run.id}"))) == 2


@pytest.mark.parametrize(
    "action", [{"apply_then_reset": True}, {"reset": "before"}, {"html": True}]
)
def test_an_upload_whose_reply_is_lost_is_not_written_twice(portal, sandbox, made, action):
    rule = {"match": {"method": "POST", "path": "*/imports*"}, "times": 1}
    sandbox.faults([rule | {"action": action}])
    run = _import(portal, made)
    assert run.verified == 250
    assert set(score_writes(sandbox).values()) == {1}


def test_the_files_of_a_killed_import_go_with_the_next_run(portal, made):
    left = made.workspace / "plans" / "import-killed"
    left.mkdir()
    (left / "scores-1.csv").write_text("Record ID,leadscore_score\n1,2\n")
    apply(portal, made, via="batch", progress=False)
    assert not left.exists()


@pytest.mark.slow
def test_killed_at_any_point_the_same_call_finishes(portal, sandbox, tmp_path):
    sandbox.portal.job_delay = 0.0
    point, ended = 0, False
    while not ended:
        point += 1
        folder = open_store(tmp_path / str(point)).workspace
        made = plan(portal, hand_scores(sandbox, folder, 8), progress=False)
        since = len(sandbox.portal.writes)
        with dying(point) as fuse:
            with suppress(Died, StoreError, HubSpotError):
                _import(portal, made, canary=2)
            ended = not fuse.dead
        run = apply(portal, made, via="import", canary=2, progress=False)
        assert sum(run.counts.values()) == run.verified == 8
        assert set(score_writes(sandbox, since).values()) == {1}
        undo(portal, run, progress=False)
    assert point > 20


def test_a_way_that_is_none_and_a_token_that_may_not_import_are_refused(
    portal, sandbox, made, monkeypatch
):
    with pytest.raises(UsageError, match="pigeon"):
        apply(portal, made, via="pigeon", progress=False)
    portal.__dict__["scopes"] = frozenset(portal.scopes - {"crm.import"})
    with pytest.raises(MissingScopesError, match=r"crm\.import"):
        _import(portal, made)
    monkeypatch.setattr("leadscore.writeback.IMPORT_ABOVE", 100)
    assert apply(portal, made, progress=False).verified == 250
    assert _updates(sandbox) > 1


def test_many_changes_are_imported_of_themselves(portal, sandbox, made, monkeypatch):
    monkeypatch.setattr("leadscore.writeback.IMPORT_ABOVE", 100)
    assert apply(portal, made, progress=False).verified == 250
    assert _updates(sandbox) == 1


def test_contacts_that_get_other_properties_have_a_file_of_their_own(portal, sandbox, store):
    sandbox.portal.job_delay = 0.0
    scores = hand_scores(sandbox, store.workspace)
    scores.loc[::2, "engagement"] = 5
    made = plan(portal, scores, progress=False)
    run = _import(portal, made, canary=0)
    assert run.verified == 250
    assert _updates(sandbox) == 0
    assert len(list(imports.imports_named(portal, f"leadscore {run.id}"))) == 2
    held = truth(sandbox, "leadscore_engagement")
    assert [held[one] for one in scores["contact_id"].head(4)] == ["5", None, "5", None]
