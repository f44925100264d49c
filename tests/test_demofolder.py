"""A demo replaces what a demo left, and touches nothing else."""

import pytest

from leadscore.demofolder import emptied, folder_for, mark
from leadscore.errors import BusyError, SettingsError
from leadscore.workspace import hold


def test_what_a_demo_left_is_taken_away(tmp_path):
    mark(tmp_path)
    (tmp_path / "report.html").write_text("old")
    (tmp_path / "models" / "abc").mkdir(parents=True)
    (tmp_path / "ledger.sqlite-wal").write_text("")
    assert folder_for(tmp_path) == tmp_path
    assert list(emptied(tmp_path).iterdir()) == []


@pytest.mark.parametrize("name", ["report.html", "store", "notes.txt"])
def test_a_folder_without_the_demos_mark_is_refused_whatever_it_holds(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(SettingsError, match="no demo left there"):
        folder_for(tmp_path)
    assert (tmp_path / name).read_text() == "mine"


def test_something_strange_beside_the_mark_is_refused(tmp_path):
    mark(tmp_path)
    (tmp_path / "mine.csv").write_text("")
    with pytest.raises(SettingsError, match=r"mine\.csv"):
        folder_for(tmp_path)


def test_what_a_file_manager_left_is_no_obstacle(tmp_path):
    (tmp_path / ".DS_Store").write_text("")
    assert folder_for(tmp_path) == tmp_path


def test_a_folder_that_is_not_there_is_not_made(tmp_path):
    folder = folder_for(tmp_path / "new")
    assert emptied(folder) == tmp_path / "new"
    assert not folder.exists()


def test_a_demo_that_is_at_work_is_left_alone(tmp_path):
    mark(tmp_path)
    with hold(tmp_path, "score"), pytest.raises(BusyError):
        emptied(tmp_path)
    assert (tmp_path / ".leadscore-demo").exists()


def test_without_a_name_the_folder_is_the_demos_own_in_the_workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("LEADSCORE_WORKSPACE", str(tmp_path / "crm"))
    assert folder_for(None) == tmp_path / "crm" / "demo"
