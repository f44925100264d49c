from __future__ import annotations

import os
import re
import subprocess
import sys

import pyarrow as pa
import pytest

from leadscore.checkworkspace import workspace
from leadscore.store import open_store
from leadscore.workspace import hold


def _found(folder, portal_id=7):
    checks = list(workspace(folder, portal_id))
    found = {check.name: check for check in checks}
    assert len(found) == len(checks)
    return found


@pytest.fixture
def filled(tmp_path):
    folder = tmp_path / "crm"
    with open_store(folder) as store:
        store.ledger.bind_portal(7)
        store.write("contacts", pa.table({"id": ["1", "2"]}))
    return folder


def _checkpoint(folder, status="done"):
    with open_store(folder) as store:
        store.ledger.set_checkpoint("synced_at", "2026-11-24T10:30:00+00:00")
        store.ledger.finish_run(store.ledger.start_run("sync"), status)


def test_a_folder_that_is_not_there_is_fine_and_stays_away(tmp_path):
    found = _found(tmp_path / "crm")
    assert found["workspace"].state == "ok"
    assert not (tmp_path / "crm").exists()


def test_a_folder_of_other_things_is_left_as_it_is(tmp_path):
    (tmp_path / "letter.txt").write_text("x")
    before = tmp_path.stat().st_mode
    assert list(_found(tmp_path)) == ["workspace"]
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    assert tmp_path.stat().st_mode == before


def test_a_file_is_no_workspace(tmp_path):
    (tmp_path / "crm").write_text("x")
    assert _found(tmp_path / "crm")["workspace"].state == "wrong"


def test_a_good_workspace_is_good_in_every_respect(filled):
    _checkpoint(filled)
    found = _found(filled)
    assert {name: check.state for name, check in found.items()} == dict.fromkeys(
        ("modes", "lock", "workspace", "sync", "files", "tables"), "ok"
    )
    assert "portal 7" in found["workspace"].message
    assert "2026-11-24 10:30 UTC" in found["sync"].message
    assert re.fullmatch(r"contacts 2 rows \(\d\.\d kB\)\.", found["tables"].message)


def test_another_portals_workspace_is_wrong(filled):
    found = _found(filled, portal_id=8)["workspace"]
    assert found.state == "wrong"
    assert "portal 7" in found.message
    assert "portal 8" in found.message


def test_a_portal_that_could_not_be_asked_is_no_other_one(filled):
    assert _found(filled, portal_id=None)["workspace"].state == "ok"


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize(("folder", "file"), [(0o755, 0o644), (0o750, 0o640), (0o705, 0o604)])
def test_files_that_others_can_read_are_counted(filled, folder, file):
    (filled / "store" / "contacts").chmod(folder)
    next((filled / "store" / "contacts").glob("*.parquet")).chmod(file)
    found = _found(filled)["modes"]
    assert (found.state, "read 2 of" in found.message) == ("warning", True)
    assert str(filled) in found.hint


def test_the_run_that_holds_the_workspace_is_named_and_not_disturbed(filled):
    with hold(filled, "sync"):
        found = _found(filled)
        assert f"`sync` (process {os.getpid()}, since 2" in found["lock"].message
        assert found["files"].state == "unknown"
    assert "No run" in _found(filled)["lock"].message


@pytest.mark.skipif(os.name != "posix", reason="how a process ends is POSIX's")
def test_a_run_that_was_killed_holds_nothing(filled):
    code = (
        "import os, pathlib; from leadscore.workspace import hold\n"
        f"with hold(pathlib.Path({str(filled)!r}), 'sync'): os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    assert "cut off" in _found(filled)["lock"].message


def test_a_sync_that_was_never_complete_is_a_warning(filled):
    assert _found(filled)["sync"].state == "warning"


@pytest.mark.parametrize("status", ["incomplete", "interrupted", "failed"])
def test_a_last_sync_that_was_not_complete_is_a_warning_and_the_whole_one_is_told(filled, status):
    _checkpoint(filled, status)
    found = _found(filled)["sync"]
    assert found.state == "warning"
    assert status in found.message
    assert "Complete as of 2026-11-24" in found.message


def test_a_damaged_ledger_is_wrong_and_says_what_to_do(filled):
    (filled / "ledger.sqlite").write_bytes(b"rubbish" * 1000)
    found = _found(filled)["workspace"]
    assert found.state == "wrong"
    assert found.hint


@pytest.mark.parametrize(
    "damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"PAR1")]
)
def test_a_damaged_table_is_wrong_and_named(filled, damage):
    for path in (filled / "store" / "contacts").glob("*.parquet"):
        damage(path)
    found = _found(filled)
    assert (found["files"].state, found["workspace"].state) == ("wrong", "ok")
    assert "contacts" in found["files"].message
    assert "tables" not in found


def test_a_file_that_was_changed_by_a_bit_is_found(filled):
    path = next((filled / "store" / "contacts").glob("*.parquet"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert _found(filled)["files"].state == "wrong"
