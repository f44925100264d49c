"""What the store's tables weigh, and whether everything in them can be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from leadscore import checksums
from leadscore.deltatables import DeltaTables, is_table_name
from leadscore.errors import DataError, StoreError
from leadscore.ledger import Ledger
from leadscore.versions import versions_of

__all__ = ["check", "sizes"]


def sizes(tables: DeltaTables) -> pd.DataFrame:
    """Return one row per table; see `leadscore.store.Store.sizes`."""
    rows = [_size(tables, table) for table in tables.names()]
    columns = ["table", "rows", "versions", "files", "bytes", "old_bytes"]
    counts = dict.fromkeys(columns[1:], "Int64")
    return pd.DataFrame(rows, columns=columns).astype({"table": "str", **counts})


def _size(tables: DeltaTables, table: str) -> dict[str, Any]:
    dataset, folder = tables.dataset(table), tables.path(table)
    live = {Path(file).name for file in dataset.files}
    weights = {path.name: path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    data = {name: weight for name, weight in weights.items() if name.endswith(".parquet")}
    kept = sum(weight for name, weight in data.items() if name in live)
    old = sum(weight for name, weight in data.items() if name.startswith("part-")) - kept
    with tables.reading(table):
        rows = dataset.count_rows()
    return {
        "table": table,
        "rows": rows,
        "versions": len(versions_of(tables.open(table))),
        "files": len(live),
        "bytes": sum(weights.values()) - old,
        "old_bytes": old,
    }


def check(tables: DeltaTables, ledger: Ledger) -> pd.DataFrame:
    """Read everything; see `leadscore.store.Store.check`."""
    rows = [_checked(tables, table) for table in _folders(tables)]
    rows.append({"name": "ledger", "files": 1, "unverified": 0, "problem": _problem(ledger)})
    frame = pd.DataFrame(rows).astype({"name": "str", "files": "Int64", "unverified": "Int64"})
    return frame.assign(problem=frame["problem"].astype("str"))


def _folders(tables: DeltaTables) -> list[str]:
    """Return the tables, those that have lost their log included."""
    found = {path.parent.name for path in tables.folder.glob("*/*.parquet")}
    return sorted({name for name in found if is_table_name(name)} | set(tables.names()))


def _checked(tables: DeltaTables, table: str) -> dict[str, Any]:
    folder = tables.path(table)
    names = [path.name for path in folder.glob("*.parquet")] + tables.log_files(table)
    without, problem = 0, ""
    try:
        with tables.reading(table):
            without = checksums.verify(folder, names, again=True)
            dataset = tables.dataset(table)
            for batch in dataset.to_batches(batch_readahead=2, fragment_readahead=1):
                batch.validate(full=True)
    except (StoreError, DataError) as error:
        problem = str(error)
    return {"name": table, "files": len(names), "unverified": without, "problem": problem}


def _problem(ledger: Ledger) -> str:
    try:
        ledger.check()
    except StoreError as error:
        return str(error)
    return ""
