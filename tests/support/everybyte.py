"""Search every byte of a folder: raw, and what Parquet, zip, NumPy and SQLite hide in pages."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq


def where_is(marker: str, folder: Path) -> list[str]:
    """Return the files that hold a text anywhere, by their path inside the folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [
        str(path.relative_to(folder))
        for path in files
        if any(_holds(text, marker) for text in _readings(path))
    ]


def _holds(data: bytes, marker: str) -> bool:
    spellings = (marker.encode(), marker.encode("utf-16-le"), marker.encode("utf-32-le"))
    return any(spelling in data for spelling in spellings)


def _readings(path: Path) -> Iterator[bytes]:
    data = path.read_bytes()
    yield data
    if data[:4] == data[-4:] == b"PAR1":
        yield str(pq.read_table(path, partitioning=None).to_pylist()).encode()
        yield str(pq.read_metadata(path).to_dict()).encode()
        yield str(pq.read_schema(path).metadata).encode()
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    if data[:15] == b"SQLite format 3":
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            yield "\n".join(connection.iterdump()).encode()
        connection.close()
