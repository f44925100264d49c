"""The ledger's file: private, one version of schema, damage explained."""

import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from leadscore.errors import StoreError
from leadscore.ledgerfile import LedgerFile, now, to_json


def test_times_are_utc_with_milliseconds() -> None:
    import re

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", now())


def test_json_keeps_every_letter() -> None:
    assert to_json({"b": "Ægir", "a": None}) == '{"a": null, "b": "Ægir"}'


def test_it_is_a_write_ahead_log_with_full_synchronisation(tmp_path: Path) -> None:
    file = LedgerFile(tmp_path / "ledger.sqlite")
    assert file.query("PRAGMA journal_mode") == [("wal",)]
    assert file.query("PRAGMA synchronous") == [(2,)]
    file.close()


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    file = LedgerFile(tmp_path / "ledger.sqlite")

    def interrupted() -> None:
        with file.transaction() as connection:
            connection.execute("INSERT INTO portal VALUES (1, 42, '')")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert file.query("SELECT * FROM portal") == []
    file.close()


def test_an_older_file_open_to_all_is_made_private(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    LedgerFile(path).close()
    path.chmod(0o644)
    file = LedgerFile(path)
    file.query("SELECT * FROM runs")
    assert {stat.S_IMODE(p.stat().st_mode) for p in tmp_path.iterdir()} == {0o600}
    file.close()


def test_a_ledger_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    LedgerFile(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match=r"newer version.*pip install --upgrade"):
        LedgerFile(path)


@pytest.mark.parametrize("harm", ["header", "middle"])
def test_damage_is_found_and_explained(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "ledger.sqlite"
    file = LedgerFile(path)
    with file.transaction() as connection:
        for n in range(200):
            connection.execute("INSERT INTO checkpoints VALUES (?, ?, '')", (str(n), "x" * 999))
    file.close()
    whole = bytearray(path.read_bytes())
    start = 0 if harm == "header" else len(whole) // 2
    whole[start : start + 4096] = b"\xff" * 4096
    path.write_bytes(whole)
    with pytest.raises(StoreError, match=r"ledger.*damaged"):
        LedgerFile(path).check()


def test_a_folder_in_its_place_is_explained(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").mkdir()
    with pytest.raises(StoreError, match=r"cannot be used.*permissions"):
        LedgerFile(tmp_path / "ledger.sqlite")


def test_two_that_open_a_new_ledger_at_once_both_succeed(tmp_path: Path) -> None:
    path, files = tmp_path / "ledger.sqlite", []
    threads = [threading.Thread(target=lambda: files.append(LedgerFile(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(files) == 8
    for file in files:
        file.close()


def test_threads_share_one_ledger(tmp_path: Path) -> None:
    file = LedgerFile(tmp_path / "ledger.sqlite")

    def add(n: int) -> None:
        with file.transaction() as connection:
            connection.execute("INSERT INTO checkpoints VALUES (?, '', '')", (str(n),))

    threads = [threading.Thread(target=add, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert file.query("SELECT count(*) FROM checkpoints") == [(20,)]
    file.close()


def test_shredding_removes_what_was_deleted_before_bytes_were_wiped(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    LedgerFile(path).close()
    plain = sqlite3.connect(path)
    plain.execute("PRAGMA secure_delete = OFF")
    for number in range(200):
        plain.execute("INSERT INTO checkpoints VALUES (?, 'Zq8 Forgetme', '')", (str(number),))
    plain.commit()
    plain.execute("DELETE FROM checkpoints")
    plain.commit()
    plain.close()
    assert b"Zq8 Forgetme" in path.read_bytes()
    file = LedgerFile(path)
    file.shred()
    assert all(b"Zq8 Forgetme" not in each.read_bytes() for each in tmp_path.iterdir())
    file.close()
