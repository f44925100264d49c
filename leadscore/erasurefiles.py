"""The files of a workspace beside its tables, and how a person is taken out of each."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from leadscore.distinctive import Marks
from leadscore.recordrows import Records
from leadscore.workspace import replace_file

__all__ = ["loose_files", "models_with", "rewrite_parquet", "strip"]

_TEXTS = frozenset((".html", ".htm", ".json", ".jsonl", ".ipynb", ".log", ".csv", ".tsv", ".txt",
                    ".md", ".svg", ".xml", ".yaml", ".yml"))  # fmt: skip
_LINES = frozenset((".log", ".jsonl"))
_NOT_OURS = frozenset(("models", "_delta_log", "node_modules", "__pycache__"))


def loose_files(workspace: Path) -> tuple[list[Path], list[Path]]:
    """Return the Parquet files, those of tables included, and the other files that may tell.

    Models and Delta logs are left out, as are hidden folders except notebooks' checkpoints.
    """
    parquet, others = [], []
    for path in _files(workspace):
        if path.suffix.lower() in _TEXTS or _is_draft(path):
            others.append(path)
        elif ".parquet" in path.name:
            parquet.append(path)
    return parquet, others


def _files(workspace: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(workspace):
        folders[:] = sorted(f for f in folders if f not in _NOT_OURS and _is_seen(f))
        yield from (Path(root) / name for name in sorted(names))


def _is_seen(folder: str) -> bool:
    return not folder.startswith(".") or folder == ".ipynb_checkpoints"


def _is_draft(path: Path) -> bool:
    """Return whether it is what `replace_file` leaves behind when it is killed."""
    return path.name.startswith(".") and path.suffix == ".tmp"


def strip(path: Path, marks: Marks) -> str | None:
    """Take a person out of a file: line by line out of a log, else the file goes.

    Returns
    -------
    str or None
        "rewritten", "deleted", or None when the file does not hold the person.
    """
    if _is_draft(path):
        path.unlink(missing_ok=True)
        return "deleted"
    text = path.read_text(encoding="utf-8", errors="replace")
    if not marks.are_in(text):
        return None
    if path.suffix.lower() not in _LINES:
        path.unlink()
        return "deleted"
    kept = "".join(line for line in text.splitlines(keepends=True) if not marks.are_in(line))
    replace_file(path, kept.encode())
    return "rewritten"


def rewrite_parquet(path: Path, records: Records, where: str) -> str:
    """Write a Parquet file anew without the records' rows; one that cannot be read goes."""
    try:
        schema = pq.read_schema(path)
        rest = ~records.condition(records.keys(schema, where), schema)
        rows = pq.read_table(path, filters=rest, partitioning=None)
    except (pa.ArrowException, OSError):
        path.unlink(missing_ok=True)
        return "deleted"
    buffer = io.BytesIO()
    pq.write_table(rows, buffer, compression="zstd")
    replace_file(path, buffer.getvalue())
    return "rewritten"


def models_with(folder: Path, marks: Marks) -> list[str]:
    """Return the models whose files hold something that gives a person away.

    A card holds the options of checkboxes; scikit-learn's encoder keeps every level that it has
    seen, rare ones included.
    """
    found = [path for path in sorted(folder.glob("*/*")) if path.is_file()]
    return sorted({path.parent.name for path in found if marks.are_in(_text_of(path))})


def _text_of(path: Path) -> str:
    data = path.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"".join(archive.read(name) for name in archive.namelist())
    except zipfile.BadZipFile:
        pass
    # NumPy keeps texts as UTF-32: without the zeros it reads like any other.
    return data.replace(b"\0", b"").decode("utf-8", errors="replace")
