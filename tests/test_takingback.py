"""What was done with files is taken back by the same `ls.undo` as everything else."""

from __future__ import annotations

import pytest

import leadscore as ls
from leadscore.errors import UsageError
from leadscore.store import open_store

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)


@pytest.fixture
def here(tmp_path):
    return {"workspace": tmp_path / "crm"}


@pytest.fixture
def made(portal, tmp_path, here):
    path = tmp_path / "a.txt"
    path.write_text("a")
    return ls.files.upload(portal, path, **here)


def notes(portal):
    return portal.client.crm.objects.basic_api.get_page("notes").results


def contacts(portal):
    return [one.id for one in portal.client.crm.contacts.basic_api.get_page(limit=3).results]


def test_a_file_is_deleted_again_and_once(portal, made, here):
    first = ls.undo(portal, made.run, **here)
    assert ls.files.find(portal).empty
    assert ls.undo(portal, made.run, **here).id == first.id
    with pytest.raises(UsageError, match="cannot be undone"):
        ls.undo(portal, first.id, **here)


def test_notes_go_and_those_that_others_made_stay(portal, made, here):
    ids = contacts(portal)
    ls.files.attach(portal, made, ("contacts", ids[:1]), progress=False, **here)
    second = ls.files.attach(portal, made, ("contacts", ids), progress=False, **here)
    assert second.counts["attached"] == 2
    undone = ls.undo(portal, second.id, **here)
    assert undone.counts["written"] == 2
    assert len(notes(portal)) == 1
    with open_store(here["workspace"]) as store:
        assert store.ledger.undone_by(second.id) == undone.id
        line = ls.runs(store)
    assert line["kind"].tolist() == ["upload", "attach", "attach", "undo"]


def test_a_note_that_is_gone_already_is_missing(portal, made, here):
    done = ls.files.attach(portal, made, ("contacts", contacts(portal)), progress=False, **here)
    portal.client.crm.objects.basic_api.archive("notes", done.results["note"][0])
    undone = ls.undo(portal, done.id, **here)
    assert (undone.counts["written"], undone.counts["missing"]) == (2, 1)
    assert notes(portal) == []


def test_an_undo_that_was_cut_short_goes_on(portal, made, here, monkeypatch):
    done = ls.files.attach(portal, made, ("contacts", contacts(portal)), progress=False, **here)
    monkeypatch.setattr("leadscore.takingback._PIECE", 2)
    monkeypatch.setattr("leadscore.takingback.remove_notes", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ls.undo(portal, done.id, **here)
    monkeypatch.undo()
    undone = ls.undo(portal, done.id, **here)
    assert undone.counts["written"] == 3
    assert notes(portal) == []


def test_what_cannot_be_taken_back_says_so(portal, made, here):
    ls.files.delete(portal, made, **here)
    with open_store(here["workspace"]) as store:
        deleted = store.ledger.runs()["run"].iloc[-1]
        cut = store.ledger.start_run("upload", bytes=1)
    with pytest.raises(UsageError, match="deleted a file"):
        ls.undo(portal, deleted, **here)
    with pytest.raises(UsageError, match="cut short"):
        ls.undo(portal, cut, **here)
