"""Erase a person from every file of a workspace, older versions and logs included.

The tables come last: as long as they hold the person, an erasure that was cut short finds again
what gives the person away in the other files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

from leadscore import erasurelog
from leadscore.deltatables import DeltaTables
from leadscore.distinctive import Marks, texts_in, without_shared
from leadscore.erasurefiles import loose_files, models_with, rewrite_parquet, strip
from leadscore.ledger import Ledger
from leadscore.recordrows import Records
from leadscore.recordtraces import RecordTraces, with_marks
from leadscore.workspace import hold

__all__ = ["Erased", "erase"]


@dataclass(frozen=True)
class Erased:
    """What an erasure did.

    Attributes
    ----------
    object : str
    records : int
        The ids that were given.
    rows : dict of str to int
        Rows removed by table; ``ledger.journal`` and so on for the ledger.
    rewritten, deleted : list of str
        Files, inside the workspace, that were written anew without the person, or deleted.
    plans : list of str
        Deleted plans, which held the person and can no longer be applied: make new ones.
    models : list of str
        Models whose files hold a value of the person: train anew.
    """

    object: str
    records: int
    rows: dict[str, int] = field(default_factory=dict)
    rewritten: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    plans: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return what can be printed as JSON."""
        return asdict(self)


def erase(
    workspace: Path,
    tables: DeltaTables,
    ledger: Ledger,
    records: Records,
    *,
    held: bool = False,
    delete_models: bool = False,
) -> Erased:
    """Erase records; see `leadscore.store.Store.erase`. The workspace is held meanwhile."""
    with nullcontext() if held else hold(workspace, "erase"):
        erasurelog.note(ledger, records, done=False)
        done = _Erasure(workspace, tables, ledger, records).run(delete_models=delete_models)
        erasurelog.note(ledger, records, done=True)
        ledger.shred()
    return done


class _Erasure:
    def __init__(
        self, workspace: Path, tables: DeltaTables, ledger: Ledger, records: Records
    ) -> None:
        self.workspace, self.tables, self.ledger = workspace, tables, ledger
        self.records, self.traces = records, RecordTraces(ledger, records)
        self.done = Erased(records.object, len(records.ids))

    def run(self, *, delete_models: bool) -> Erased:
        parquet, others = loose_files(self.workspace)
        held = {path: rows for path in parquet if (rows := self._held(path)) is not None}
        folders = {self.tables.path(table): table for table in self.tables.names()}
        loose = sorted(path for path in held if path.parent not in folders)
        values = self._distinctive(held, loose) | self.traces.addresses
        marks = Marks(self.records.ids, values)
        loose += [path for path in parquet if self._is_told(path, held, marks)]
        for path in others:
            self._note(path, strip(path, marks))
        self._models(Marks((), values), delete=delete_models)
        for path in loose:
            self._loose_parquet(path)
        self._forget_in_ledger(marks)
        for folder in sorted({path.parent for path in held} & folders.keys()):
            self._table(folders[folder])
        if lists := erasurelog.forget_ids(self.ledger, self.records):
            self.done.rows["ledger.lists"] = lists
        return self.done

    def _is_told(self, path: Path, held: Collection[Path], marks: Marks) -> bool:
        """Say whether a plan of records gives the person away although it has no id for them."""
        ours = path.parent == self.workspace / "plans" and path not in held
        return ours and with_marks(path, marks)

    # finding ------------------------------------------------------------------------------------

    def _held(self, path: Path) -> pa.Table | None:
        """Return the records' rows in a Parquet file; None when it has none.

        Of our own, what cannot be read counts as holding them: it may be a write cut short.
        """
        try:
            if path.parent == self.workspace / "plans":
                rows = self.traces.in_plan(path)
                if rows is not None:
                    return rows if len(rows) else None
            dataset = ds.dataset(path, format="parquet")
            keys = self.records.keys(dataset.schema, str(path.relative_to(self.workspace)))
            if not keys:
                return None
            rows = dataset.to_table(filter=self.records.condition(keys, dataset.schema))
        except (pa.ArrowException, OSError):
            return pa.table({}) if self._is_ours(path) else None
        return rows if len(rows) else None

    def _is_ours(self, path: Path) -> bool:
        first = path.relative_to(self.workspace).parts[0]
        return first in (self.tables.folder.name, "staging", "scores", "plans")

    def _distinctive(self, held: dict[Path, pa.Table], loose: Collection[Path]) -> set[str]:
        values = {text for rows in held.values() for text in texts_in(_own(rows))}
        return without_shared(values - set(self.records.ids), self._others(loose))

    def _others(self, loose: Collection[Path]) -> Iterator[pa.RecordBatch]:
        """Yield the rows of all other records."""
        for table in self.tables.names():
            with self.tables.reading(table):
                yield from self._without(self.tables.dataset(table), table)
        for path in loose:
            with suppress(pa.ArrowException, OSError):
                dataset = ds.dataset(path, format="parquet")
                yield from self._without(dataset, str(path.relative_to(self.workspace)))

    def _without(self, dataset: Any, where: str) -> Iterator[pa.RecordBatch]:
        keys = self.records.keys(dataset.schema, where)
        others = ~self.records.condition(keys, dataset.schema)
        yield from dataset.to_batches(filter=others, batch_readahead=2, fragment_readahead=1)

    # removing -----------------------------------------------------------------------------------

    def _note(self, path: Path, how: str | None) -> None:
        name = str(path.relative_to(self.workspace))
        if how == "deleted":
            self.done.deleted.append(name)
        elif how == "rewritten":
            self.done.rewritten.append(name)

    def _models(self, marks: Marks, *, delete: bool) -> None:
        self.done.models.extend(models_with(self.workspace / "models", marks))
        for model in self.done.models if delete else ():
            for path in sorted((self.workspace / "models" / model).iterdir()):
                path.unlink()
                self._note(path, "deleted")

    def _loose_parquet(self, path: Path) -> None:
        if path.parent == self.workspace / "plans":
            # A plan's hash binds all of its rows.
            self.done.plans.append(path.stem.removeprefix("plan-"))
            path.unlink()
            self._note(path, "deleted")
        else:
            where = str(path.relative_to(self.workspace))
            self._note(path, rewrite_parquet(path, self.records, where))

    def _forget_in_ledger(self, marks: Marks) -> None:
        gone = erasurelog.forget(self.ledger, self.records, marks, self.done.plans)
        self.done.rows.update({f"ledger.{name}": n for name, n in gone.items() if n})

    def _table(self, table: str) -> None:
        schema = self.tables.schema(table)
        keys = self.records.keys(schema, table)
        rows = sum(
            self.tables.delete_matching(table, self.records.rows(key, schema)) for key in keys
        )
        self.done.rows[table] = rows
        gone = self.tables.forget_versions(table)
        self.done.deleted.extend(f"store/{table}/{name}" for name in gone)


def _own(rows: pa.Table) -> pa.Table:
    """Return what records say of themselves: their properties, and the values of their history."""
    names = rows.column_names
    if "id" not in names:
        return pa.table({})
    return rows.select(["value"]) if {"property", "value"} <= set(names) else rows
