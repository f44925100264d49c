"""Checksums: what is not as it was written is found, by us and by sha256sum."""

import shutil
import subprocess
from pathlib import Path

import pytest

from leadscore.checksums import SUMS, ChecksumError, known_sums, record, tidy, verify


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    record(tmp_path, ["a", "b"])
    return tmp_path


def test_intact_files_are_believed_and_read_once(folder: Path, monkeypatch) -> None:
    assert verify(folder, ["a", "b"]) == 0
    monkeypatch.setattr("hashlib.file_digest", None)
    assert verify(folder, ["a", "b"]) == 0


def test_a_changed_file_is_found_by_its_name_though_it_was_intact_before(folder: Path) -> None:
    verify(folder, ["a"])
    (folder / "a").write_text("c")
    with pytest.raises(ChecksumError, match=r"^a is not as it was written$"):
        verify(folder, ["b", "a"])


def test_reading_again_finds_what_keeps_its_time_and_size(folder: Path) -> None:
    import os

    verify(folder, ["a"])
    about = (folder / "a").stat()
    (folder / "a").write_text("c")
    os.utime(folder / "a", ns=(about.st_atime_ns, about.st_mtime_ns))
    assert verify(folder, ["a"]) == 0
    with pytest.raises(ChecksumError):
        verify(folder, ["a"], again=True)


def test_a_missing_file_is_missing_and_one_without_a_checksum_is_counted(folder: Path) -> None:
    (folder / "new").write_text("")
    assert verify(folder, ["new", "a"]) == 1
    with pytest.raises(FileNotFoundError):
        verify(folder, ["gone"])


def test_a_checksum_on_record_is_never_replaced(folder: Path) -> None:
    (folder / "a").write_text("c")
    record(folder, ["a"])
    with pytest.raises(ChecksumError):
        verify(folder, ["a"])


def test_a_line_cut_short_by_a_full_disk_does_not_swallow_the_next(folder: Path) -> None:
    with (folder / SUMS).open("a") as file:
        file.write("0123456789abcdef")
    (folder / "new").write_text("")
    record(folder, ["new"])
    assert set(known_sums(folder)) == {"a", "b", "new"}


def test_tidying_forgets_what_is_gone(folder: Path) -> None:
    (folder / "a").unlink()
    tidy(folder)
    assert set(known_sums(folder)) == {"b"}


def test_the_file_is_private(folder: Path) -> None:
    assert (folder / SUMS).stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="this machine has no sha256sum")
def test_sha256sum_reads_the_file(folder: Path) -> None:
    command = ["sha256sum", "--check", "--strict", SUMS]
    assert subprocess.run(command, cwd=folder, check=False).returncode == 0
    (folder / "a").write_text("c")
    assert subprocess.run(command, cwd=folder, check=False).returncode == 1
