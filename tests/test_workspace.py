"""The workspace: whose it is, who holds it, and files that are never half-written."""

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from leadscore.errors import BusyError, SettingsError
from leadscore.workspace import (
    hold,
    is_alive,
    make_private,
    open_workspace,
    private_files,
    replace_file,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_workspace_is_private_with_its_parents(tmp_path: Path) -> None:
    folder = open_workspace(tmp_path / "a" / "b")
    assert mode(folder) == mode(folder.parent) == 0o700


def test_an_empty_folder_becomes_private_and_a_folder_in_use_keeps_its_mode(tmp_path: Path) -> None:
    empty, used = tmp_path / "empty", tmp_path / "used"
    for folder in (empty, used):
        folder.mkdir(mode=0o755)
    (used / "letter.txt").write_text("mine")
    assert mode(open_workspace(empty)) == 0o700
    assert mode(open_workspace(used)) == 0o755


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert open_workspace("~/crm") == tmp_path / "crm"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_one_may_not_write_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SettingsError, match=r"cannot be used: Permission denied.*--workspace"):
        open_workspace(tmp_path)


def test_a_file_system_that_refuses_is_explained() -> None:
    with pytest.raises(SettingsError, match=r"cannot be used: .*--workspace"):
        open_workspace("/proc/leadscore")
    with pytest.raises(SettingsError, match="cannot be used"):
        make_private(Path("/proc/leadscore"))


def test_nested_and_parallel_users_restore_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        inside, leave = threading.Event(), threading.Event()

        def other() -> None:
            with private_files():
                inside.set()
                leave.wait(10)

        thread = threading.Thread(target=other)
        with private_files():
            thread.start()
            inside.wait(10)
        (tmp_path / "still").touch()
        leave.set()
        thread.join()
        (tmp_path / "after").touch()
    finally:
        assert os.umask(before) == 0o022
    assert (mode(tmp_path / "still"), mode(tmp_path / "after")) == (0o600, 0o644)


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.html"
    for text in (b"first", b"second"):
        assert replace_file(path, text).read_bytes() == text
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limit on Windows")
def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(b"old")
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "from leadscore.workspace import replace_file; from leadscore.errors import SettingsError;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: replace_file(sys.argv[1], b'x' * 5000)\n"
        "except SettingsError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert "cannot be written: File too large" in done.stdout
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_a_folder_in_its_place_is_explained_and_no_draft_is_left(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(SettingsError, match=r"report\.html cannot be written"):
        replace_file(tmp_path / "report.html", b"x")
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_the_lock_can_be_taken_again_after_it_is_freed(tmp_path: Path) -> None:
    for _ in range(2):
        with hold(tmp_path, "sync"):
            pass
    with pytest.raises(ZeroDivisionError), hold(tmp_path, "sync"):
        raise ZeroDivisionError
    with hold(tmp_path, "sync"):
        assert mode(tmp_path / "lock") == 0o600


def test_a_holder_that_has_not_signed_yet_is_still_in_the_way(tmp_path: Path) -> None:
    with hold(tmp_path, "sync"):
        (tmp_path / "lock").write_text("{")
        with pytest.raises(BusyError, match="another run"), hold(tmp_path, "apply"):
            pass


def test_another_process_is_named_and_its_death_frees_the_lock(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from leadscore.workspace import hold\n"
        "with hold(Path(sys.argv[1]), 'sync'):\n  print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with (
            pytest.raises(BusyError, match=rf"`sync` \(process {other.pid}, since") as caught,
            hold(tmp_path, "apply"),
        ):
            pass
        other.send_signal(signal.SIGKILL)
    assert caught.value.exit_code == 75
    with hold(tmp_path, "apply"):
        pass


def test_a_process_that_has_ended_is_not_alive():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert not is_alive(ended.pid)
    assert is_alive(os.getpid())
