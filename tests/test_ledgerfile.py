"""The ledger's file: private, one version of schema, damage explained."""

import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from leadscore.errors import StoreError
from leadscore.ledgerfile import LedgerFile


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


V1 = """
CREATE TABLE portal (
    one INTEGER PRIMARY KEY CHECK (one = 1), portal_id INTEGER NOT NULL, bound_at TEXT NOT NULL);
CREATE TABLE runs (
    run TEXT PRIMARY KEY, kind TEXT NOT NULL, plan TEXT, status TEXT NOT NULL, pid INTEGER NOT NULL,
    started_at TEXT NOT NULL, finished_at TEXT, facts TEXT NOT NULL);
CREATE TABLE checkpoints (name TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE plans (plan TEXT PRIMARY KEY, created_at TEXT NOT NULL, facts TEXT NOT NULL);
CREATE TABLE journal (
    run TEXT NOT NULL REFERENCES runs (run), object_id TEXT NOT NULL, state TEXT,
    old TEXT NOT NULL DEFAULT '{}', new TEXT NOT NULL DEFAULT '{}', reason TEXT NOT NULL DEFAULT '',
    intent_at TEXT, outcome_at TEXT, verified_at TEXT, PRIMARY KEY (run, object_id)) WITHOUT ROWID;
INSERT INTO runs VALUES ('r', 'apply', 'p', 'interrupted', 1, '2026-01-01T00:00:00Z', NULL, '{}');
INSERT INTO journal VALUES ('r', '7', 'written', '{}', '{"leadscore_score": "81"}', 'why',
    '2026-01-01T00:00:01Z', '2026-01-01T00:00:02Z', '2026-01-01T00:00:03Z');
INSERT INTO journal (run, object_id, intent_at) VALUES ('r', '8', '2026-01-01T00:00:01Z');
PRAGMA user_version = 1;
"""


def test_a_ledger_of_version_1_is_brought_up_with_all_that_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    plain = sqlite3.connect(path)
    plain.executescript(V1)
    plain.close()
    file = LedgerFile(path)
    assert file.query("PRAGMA user_version") == [(3,)]
    kept = "SELECT run, action, object_id, state, new, reason, verified_at FROM journal"
    assert file.query(kept) == [
        ("r", "scores", "7", "written", '{"leadscore_score": "81"}', "why", "2026-01-01T00:00:03Z"),
        ("r", "scores", "8", None, "{}", "", None),
    ]
    file.check()
    file.close()
    assert LedgerFile(path).query("SELECT count(*) FROM journal") == [(2,)]


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
