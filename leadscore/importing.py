"""Scores by one upload instead of many batches; compared before, read back after all the same.

The canary goes by batches. Of the others, whoever is to be written is put on record and into a CSV
file; HubSpot works through it, says which rows it refused, and every contact is read back: only
that says "written". Contacts that get other properties than the rest have a file of their own, so
that no cell is ever empty.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path
from shutil import rmtree
from threading import Lock
from typing import IO, TYPE_CHECKING

from leadscore.engine import Engine, Job
from leadscore.errors import PlanError
from leadscore.hubspot import imports
from leadscore.hubspot.reading import chunks
from leadscore.hubspot.writing import Outcome
from leadscore.planfile import Change
from leadscore.workspace import private_files

if TYPE_CHECKING:
    from leadscore.journal import Entry

__all__ = ["ImportEngine", "clear_leftovers"]

_LEFT_OUT = "The import named no error, and the value is not there."


def clear_leftovers(folder: Path) -> None:
    """Remove the files of an import that was killed; for whoever holds the workspace."""
    for left in folder.glob("import-*"):
        rmtree(left, ignore_errors=True)


class _Sheet:
    """A CSV file of contacts that get the same properties."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self.path, self.columns, self.rows = path, columns, 0
        with private_files():
            self.file: IO[str] = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self.file)
        self._writer.writerow([imports.RECORD_ID, *columns])

    def add(self, change: Change) -> None:
        self._writer.writerow([change.contact, *(change.new[name] for name in self.columns)])
        self.rows += 1


class ImportEngine(Engine):
    """Does the scores of a run by imports.

    Parameters
    ----------
    job : Job
    folder : Path
        Where the files are for as long as it takes; their owner alone may read them.
    progress : bool
    """

    def __init__(self, job: Job, *, folder: Path, progress: bool = True) -> None:
        super().__init__(job, progress=progress)
        self._folder, self._lock = folder, Lock()
        self._folder_now = folder
        self._name = f"leadscore {job.run}"
        self._refused: dict[str, str] = {}
        self._sheets: dict[tuple[str, ...], _Sheet] = {}

    def resolve(self) -> None:
        """Follow what an earlier attempt has uploaded to its end, then look what arrived."""
        if next(self.job.ledger.waiting(self.job.run), None) is None:
            return
        for one in imports.imports_named(self.job.portal, self._name):
            ended = imports.follow(self.job.portal, str(one["id"]))
            self._refused |= dict(imports.row_errors(self.job.portal, str(ended["id"])))
        super().resolve()
        waiting = self.job.ledger.waiting(self.job.run)
        self._each(self._refusals, chunks(waiting), "Looking what was refused")

    def carry_out(self, changes: Iterable[Change], *, canary: int, total: int) -> None:
        """Do what has no outcome yet: the canary by batches, the others by upload."""
        left = self._left(changes)
        self._each(self._batch, chunks(islice(left, canary)), "Canary", workers=1)
        while self._one_file_full(islice(left, imports.MOST_ROWS), total):
            pass
        again = self.job.ledger.unverified(self.job.run, action=self.job.action)
        self._each(self._read_back, chunks(again), "Reading back")

    def _one_file_full(self, changes: Iterable[Change], total: int) -> bool:
        """Do as many contacts as one file can hold; say whether there were any."""
        changes = iter(changes)
        first = next(changes, None)
        if first is None:
            return False
        with tempfile.TemporaryDirectory(prefix="import-", dir=self._folder) as folder:
            self._folder_now, self._sheets = Path(folder), {}
            try:
                self._each(self._stage, chunks(chain([first], changes)), "Comparing", total=total)
            finally:
                for sheet in self._sheets.values():
                    sheet.file.close()
            for columns, sheet in self._sheets.items():
                self._import(columns, sheet)
        return True

    def _stage(self, changes: list[Change]) -> int:
        """Compare, put the intent on record, and put the rows into the files."""
        live = self._live({change.contact: change.new for change in changes})
        sent = self._known([change.contact for change in changes])
        doing = self._settle(changes, live, sent=sent)
        if doing:
            self._intend(doing, live)
        with self._lock:
            for change in doing:
                self._sheet(tuple(sorted(change.new))).add(change)
        return len(changes)

    def _sheet(self, columns: tuple[str, ...]) -> _Sheet:
        if columns not in self._sheets:
            path = self._folder_now / f"scores-{len(self._sheets) + 1}.csv"
            self._sheets[columns] = _Sheet(path, columns)
        return self._sheets[columns]

    def _import(self, columns: tuple[str, ...], sheet: _Sheet) -> None:
        portal = self.job.portal
        done = len(list(imports.imports_named(portal, self._name)))
        name = f"{self._name} {done + 1}"
        made = imports.upload(portal, sheet.path, name=name, columns=columns)
        ended = imports.follow(portal, str(made["id"]))
        refused = dict(imports.row_errors(portal, str(made["id"])))
        self._refused |= refused
        if ended["state"] != "DONE":
            super().resolve()
            self.job.check()
            why = next(iter(refused.values()), "")
            raise PlanError(
                f"HubSpot's import {made['id']} ended as {ended['state']}. {why}".strip(),
                hint="Do the same again: what is left is imported anew.",
            )
        if len(refused) >= sheet.rows:
            self.job.check()
        waiting = self.job.ledger.waiting(self.job.run, action=self.job.action)
        mine = (entry for entry in waiting if tuple(sorted(entry.new)) == columns)
        self._each(self._judge, chunks(mine), "Reading back", total=sheet.rows)

    def _judge(self, entries: list[Entry]) -> int:
        """Put on record how rows of an import ended: only what is there was written."""
        live = self._live({entry.contact: entry.new for entry in entries})
        here = [entry for entry in entries if entry.contact in live]
        right = [entry.contact for entry in here if self._has(entry, live)]
        self._record([Outcome(one, "written") for one in right])
        self._verified(right)
        self._lost([entry.contact for entry in entries if entry.contact not in live])
        wrong = [entry.contact for entry in here if not self._has(entry, live)]
        self._record([Outcome(one, "rejected", self._refused.get(one, _LEFT_OUT)) for one in wrong])
        return len(entries)

    def _refusals(self, entries: list[Entry]) -> int:
        """Put on record what an earlier attempt's import refused; the others are sent again."""
        known = [e.contact for e in entries if e.contact in self._refused]
        self._record([Outcome(one, "rejected", self._refused[one]) for one in known])
        return len(entries)
