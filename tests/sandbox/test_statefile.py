"""The file of a portal: whole or not at all, and one sandbox's at a time."""

import json
import os
import stat
import subprocess
import sys
import zipfile

import pytest

from leadscore.errors import SandboxError
from leadscore.sandbox.portal import Portal
from leadscore.sandbox.statefile import VERSION, StateFile


@pytest.fixture
def file(tmp_path):
    found = StateFile(tmp_path / "portal.zip")
    found.save(Portal(id=7), origin={"goal": "customer"})
    return found


def rewritten(file, **members):
    with zipfile.ZipFile(file.path) as archive:
        old = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file.path, "w") as archive:
        for name, content in (old | members).items():
            if content is not None:
                archive.writestr(name, content)


def refused(file, words):
    before = file.path.read_bytes()
    with pytest.raises(SandboxError, match=words) as error:
        file.load()
    assert str(file.path) in str(error.value)
    assert error.value.hint
    assert file.path.read_bytes() == before


def test_what_was_saved_is_loaded_with_what_is_not_kept_given_anew(file):
    portal, origin = file.load(token="pat-na1-own", limits=False)
    assert (portal.id, portal.token, portal.limits) == (7, "pat-na1-own", False)
    assert origin == {"goal": "customer"}


def test_only_its_owner_may_read_it(file):
    before = os.umask(0)
    try:
        file.save(Portal(), origin={})
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip" * 100, b"\x00" * 4000])
def test_a_file_of_another_kind_is_refused_and_left_alone(file, content):
    file.path.write_bytes(content)
    refused(file, "damaged, or not a sandbox's")


def test_another_zip_is_refused(file):
    with zipfile.ZipFile(file.path, "w") as archive:
        archive.writestr("a.txt", "hello")
    refused(file, "not a sandbox's")


@pytest.mark.parametrize("head", [{"format": "other", "version": 1}, [], {}, "x", {"format": 3}])
def test_another_format_is_refused(file, head):
    rewritten(file, **{"sandbox.json": json.dumps(head).encode()})
    refused(file, "not a sandbox's")


def test_a_newer_version_is_named(file):
    head = {"format": "leadscore sandbox", "version": VERSION + 1, "origin": {}}
    rewritten(file, **{"sandbox.json": json.dumps(head).encode()})
    refused(file, f"version {VERSION + 1}")


@pytest.mark.parametrize(
    "member",
    [
        {"portal.json": None},
        {"portal.json": b"{}"},
        {"portal.json": b"{"},
        {"records/0.jsonl": b'["city"]\n[1, null]'},
        {"records/0.jsonl": b""},
        {"records/0.jsonl": b"\xff"},
        {"definitions/0.json": None},
        {"history/0.jsonl": b"[1]"},
    ],
    ids=str,
)
def test_a_damaged_member_is_refused(file, member):
    rewritten(file, **member)
    refused(file, "damaged")


def test_flipped_bits_are_found(tmp_path):
    file = StateFile(tmp_path / "portal.zip")
    file.save(Portal(), origin={})
    whole = file.path.read_bytes()
    for place in range(60, len(whole) - 200, len(whole) // 40):
        file.path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            portal, _ = file.load()
        except SandboxError:
            continue
        assert portal.id == Portal().id


def test_a_truncated_file_is_refused(file):
    file.path.write_bytes(file.path.read_bytes()[:-30])
    refused(file, "damaged")


def test_a_failed_save_leaves_the_old_file_and_nothing_else(file, monkeypatch):
    before = file.path.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SandboxError, match="No space left"):
        file.save(Portal(id=8), origin={})
    assert file.path.read_bytes() == before
    assert [one.name for one in file.path.parent.iterdir()] == ["portal.zip"]


def test_a_killed_save_leaves_the_old_file(file):
    code = (
        "import os, sys\n"
        "from leadscore.sandbox.portal import Portal\n"
        "from leadscore.sandbox.statefile import StateFile\n"
        "os.fsync = lambda _: os.kill(os.getpid(), 9)\n"
        "StateFile(sys.argv[1]).save(Portal(id=9), origin={})\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file.path)], check=False)
    assert done.returncode == -9
    assert file.load()[0].id == 7


def test_a_folder_that_cannot_be_written_to_is_a_clear_error(tmp_path):
    with pytest.raises(SandboxError, match="cannot be written"):
        StateFile(tmp_path / "nowhere" / "portal.zip").save(Portal(), origin={})


def test_a_file_that_is_not_there_cannot_be_loaded(tmp_path):
    file = StateFile(tmp_path / "none.zip")
    assert not file.exists()
    with pytest.raises(SandboxError, match="cannot be read"):
        file.load()


@pytest.mark.skipif(os.name != "posix", reason="locks are POSIX's")
def test_one_sandbox_at_a_time_has_a_file(file):
    file.lock()
    other = StateFile(file.path)
    with pytest.raises(SandboxError, match="Another sandbox"):
        other.lock()
    file.release()
    other.lock()
    other.release()


def test_a_link_stays_a_link_to_the_file(file, tmp_path):
    link = tmp_path / "link.zip"
    link.symlink_to(file.path)
    StateFile(link).save(Portal(id=10), origin={})
    assert link.is_symlink()
    assert file.load()[0].id == 10
