"""Parts of a reading that is not finished: kept on disk, so that a killed one goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from leadscore.workspace import make_private, replace_file

__all__ = ["Stage", "discard"]

_FOLDER = "staging"
_MANIFEST = "manifest.json"


class Stage:
    """One reading in parts, each of which is there wholly or not at all.

    Parameters
    ----------
    workspace : Path
    name : str
        What is read: a folder name.
    about : dict
        JSON-able; parts of a reading about something else are discarded.

    Attributes
    ----------
    facts : dict
        What the first session of this reading put on record.
    position : dict or None
        Where to go on; None at the start.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> stage = Stage(folder, "contacts", {"properties": ["email"]})
    >>> stage.add({"rows": pa.table({"id": ["1", "2"]})}, position={"after": "3"})
    >>> again = Stage(folder, "contacts", {"properties": ["email"]})
    >>> again.position, again.rows
    ({'after': '3'}, 2)
    >>> [batch.num_rows for batch in again.read("rows", pa.schema([("id", pa.string())]))]
    [2]
    """

    def __init__(self, workspace: Path, name: str, about: dict[str, Any]) -> None:
        self._folder = make_private(make_private(workspace / _FOLDER) / name)
        self._state = self._load(about) or self._begin(about)

    def _load(self, about: dict[str, Any]) -> dict[str, Any] | None:
        try:
            found = json.loads((self._folder / _MANIFEST).read_bytes())
            same = found["about"] == about and all(map(self._there, found["parts"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return found if same else None

    def _there(self, part: dict[str, Any]) -> bool:
        path = self._folder / part["file"]
        return path.is_file() and bool(path.stat().st_size == part["bytes"])

    def _begin(self, about: dict[str, Any]) -> dict[str, Any]:
        shutil.rmtree(self._folder)
        make_private(self._folder)
        return {"about": about, "facts": {}, "position": None, "rows": 0, "parts": []}

    @property
    def facts(self) -> dict[str, Any]:
        """What was known when the reading began."""
        return dict(self._state["facts"])

    @property
    def position(self) -> dict[str, Any] | None:
        """Where the reading goes on; None at its start."""
        found: dict[str, Any] | None = self._state["position"]
        return found

    @property
    def rows(self) -> int:
        """How many rows are in the parts of the kind ``rows``."""
        return int(self._state["rows"])

    def note(self, **facts: Any) -> None:
        """Put facts on record."""
        self._state["facts"] |= facts
        self._commit()

    def add(self, tables: dict[str, pa.Table], *, position: dict[str, Any]) -> None:
        """Add one part of each kind, and where to go on after it, in one step."""
        for kind, table in tables.items():
            if table.num_rows:
                self._state["parts"].append(self._write(kind, table))
        self._state["rows"] += tables["rows"].num_rows if "rows" in tables else 0
        self._state["position"] = position
        self._commit()

    def _write(self, kind: str, table: pa.Table) -> dict[str, Any]:
        buffer = BytesIO()
        pq.write_table(table, buffer, compression="zstd", compression_level=1)
        name = f"{kind}-{len(self._state['parts']):06d}.parquet"
        replace_file(self._folder / name, buffer.getvalue())
        return {"kind": kind, "file": name, "bytes": buffer.tell()}

    def _commit(self) -> None:
        replace_file(self._folder / _MANIFEST, json.dumps(self._state).encode())

    def read(self, kind: str, schema: pa.Schema) -> pa.RecordBatchReader:
        """Return the rows of one kind as a stream, part after part."""
        return pa.RecordBatchReader.from_batches(schema, self._batches(kind, schema))

    def _batches(self, kind: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for part in self._state["parts"]:
            if part["kind"] == kind:
                table = pq.read_table(self._folder / part["file"], columns=schema.names)
                yield from table.cast(schema).to_batches()

    def discard(self) -> None:
        """Forget the reading: it is in the store, or cannot be used."""
        shutil.rmtree(self._folder, ignore_errors=True)


def discard(workspace: Path, name: str) -> None:
    """Forget a reading that was begun, if there is one."""
    shutil.rmtree(workspace / _FOLDER / name, ignore_errors=True)
