"""The ledger's SQLite file: private, written in transactions, explained when damaged."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from leadscore.errors import StoreError
from leadscore.workspace import private_files

__all__ = ["LedgerFile"]

_VERSION = 3
_WAITS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0)  # seconds
_JSON = frozenset({"facts", "old", "new"})
_SCHEMA = """
CREATE TABLE portal (
    one INTEGER PRIMARY KEY CHECK (one = 1), portal_id INTEGER NOT NULL, bound_at TEXT NOT NULL);
CREATE TABLE runs (
    run TEXT PRIMARY KEY, kind TEXT NOT NULL, plan TEXT, status TEXT NOT NULL, pid INTEGER NOT NULL,
    started_at TEXT NOT NULL, finished_at TEXT, facts TEXT NOT NULL);
CREATE TABLE checkpoints (name TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE plans (plan TEXT PRIMARY KEY, created_at TEXT NOT NULL, facts TEXT NOT NULL);
"""
_JOURNAL = """
CREATE TABLE journal (
    run TEXT NOT NULL REFERENCES runs (run), action TEXT NOT NULL DEFAULT 'scores',
    object_id TEXT NOT NULL, state TEXT,
    old TEXT NOT NULL DEFAULT '{}', new TEXT NOT NULL DEFAULT '{}', reason TEXT NOT NULL DEFAULT '',
    intent_at TEXT, outcome_at TEXT, verified_at TEXT, before_at TEXT, after_at TEXT,
    record_id TEXT,
    PRIMARY KEY (run, action, object_id)) WITHOUT ROWID;
CREATE INDEX journal_waiting ON journal (run, action, object_id) WHERE state IS NULL;
"""
_ASIDE = "ALTER TABLE journal RENAME TO journal_1;"
_OVER = """
INSERT INTO journal (run, object_id, state, old, new, reason, intent_at, outcome_at, verified_at)
    SELECT run, object_id, state, old, new, reason, intent_at, outcome_at, verified_at
    FROM journal_1;
DROP TABLE journal_1;
"""
_RECORD = "ALTER TABLE journal ADD COLUMN record_id TEXT;"
_STEPS = {0: _SCHEMA + _JOURNAL, 1: _ASIDE + _JOURNAL + _OVER, 2: _RECORD}


class LedgerFile:
    """One SQLite file with the ledger's tables.

    Parameters
    ----------
    path : Path
        Made when missing, mode 0600.

    Raises
    ------
    StoreError
        The file is damaged, is no ledger, or was made by a newer leadscore.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._guard = threading.RLock()
        with private_files(), self._explained():
            self._connection = sqlite3.connect(
                path, timeout=30, isolation_level=None, check_same_thread=False
            )
            self._finalizer = weakref.finalize(self, self._connection.close)
            try:
                self._prepare()
            except BaseException:
                self.close()
                raise

    def _prepare(self) -> None:
        # SQLite gives -wal and -shm the mode of the file itself.
        self.path.chmod(0o600)
        self._use_wal()
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.execute("PRAGMA secure_delete = ON")
        with self.transaction():
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if version < _VERSION:
                self._bring_up(_STEPS[version])
        if version > _VERSION:
            raise StoreError(
                f"The ledger {self.path} was made by a newer version of leadscore.",
                hint="Update leadscore: pip install --upgrade leadscore.",
            )

    def _use_wal(self) -> None:
        # SQLite does not wait for others here, whatever the timeout: two may open a new ledger.
        for wait in (*_WAITS, None):
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if wait is None or "locked" not in str(error):
                    raise
                time.sleep(wait)

    def _bring_up(self, script: str) -> None:
        # Not executescript: it would commit, and two processes may be opening a new workspace.
        for statement in filter(str.strip, script.split(";")):
            self._connection.execute(statement)
        self._connection.execute(f"PRAGMA user_version = {_VERSION}")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise _explain(self.path, error) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit what is done inside, or nothing of it if an error ends it."""
        with self._guard, self._explained(), private_files():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of one query."""
        with self._guard, self._explained(), private_files():
            return self._connection.execute(sql, values).fetchall()

    def frame(self, sql: str, *values: Any) -> pd.DataFrame:
        """Return one query as a DataFrame: times (``_at``) UTC, JSON as objects, the rest text."""
        with self._guard, self._explained(), private_files():
            cursor = self._connection.execute(sql, values)
            names, rows = [column[0] for column in cursor.description], cursor.fetchall()
        frame = pd.DataFrame(rows, columns=names, dtype=object)
        return pd.DataFrame({name: _typed(name, frame[name]) for name in names})

    def close(self) -> None:
        """Close the file; what is committed stays."""
        with self._guard:
            self._finalizer()

    def shred(self) -> None:
        """Leave nothing of deleted rows in the file and in its write-ahead log.

        Raises
        ------
        StoreError
            Another process is reading the ledger, which keeps the log's old bytes.
        """
        with self._guard, self._explained(), private_files():
            self._connection.execute("VACUUM")
            busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise StoreError(
                f"The ledger {self.path} is being read by another process.",
                hint="Close it (a notebook, say), then do the same again.",
            )

    def check(self) -> None:
        """Read the whole file and compare it with itself.

        Raises
        ------
        StoreError
            It is damaged.
        """
        if self.query("PRAGMA quick_check") != [("ok",)]:
            raise _explain(self.path, sqlite3.DatabaseError("its pages contradict each other"))


def _typed(name: str, values: pd.Series[Any]) -> pd.Series[Any]:
    if name.endswith("_at"):
        return pd.to_datetime(values, utc=True, format="ISO8601").dt.as_unit("us")
    if name in _JSON:
        return pd.Series([json.loads(value) for value in values], dtype=object)
    return values.astype("Int64" if name == "pid" else "str")


def _explain(path: Path, error: sqlite3.DatabaseError) -> StoreError:
    text = str(error)
    if isinstance(error, sqlite3.OperationalError) and "locked" in text:
        hint = "Another process is writing to it for long; try again when it has ended."
    elif isinstance(error, sqlite3.OperationalError):
        hint = "Check the disk's free space and the folder's permissions."
    else:
        hint = "The file is damaged: restore a backup, or move the workspace away and sync anew."
    return StoreError(f"The ledger {path} cannot be used: {text}.", hint=hint)
