"""One byte in the footer of a Parquet file, so that pyarrow can filter what delta-rs merged."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["read_as_plain_text"]

# As Thrift's compact protocol writes a key: its length, the text, the head of the value's field.
_KEY, _PASSED_OVER = b"\x0cARROW:schema\x18", b"\x0cArrow:schema\x18"


def read_as_plain_text(path: Path) -> bool:
    """Make a file's texts be read as ``string``, not as ``string_view``.

    What delta-rs (1.6) writes in a merge or delete carries an Arrow schema with ``string_view``,
    and pyarrow (26) cannot compare that with ``string``: every filter on text fails, DuckDB's
    included. The schema is a hint that only Arrow reads; under another key nobody finds it, and
    the types are those of Parquet itself, which are the same. The size does not change.

    Returns
    -------
    bool
        Whether the file had to be changed.
    """
    kinds = pq.read_schema(path).types
    if not any(_has_views(kind) for kind in kinds):
        return False
    with path.open("r+b") as file:
        file.seek(-8, 2)
        length = int.from_bytes(file.read(4), "little")
        start = file.seek(-8 - length, 2)
        place = file.read(length).find(_KEY)
        if place >= 0:
            file.seek(start + place)
            file.write(_PASSED_OVER)
    return place >= 0


def _has_views(kind: pa.DataType) -> bool:
    if pa.types.is_nested(kind):
        return any(_has_views(kind.field(place).type) for place in range(kind.num_fields))
    return bool(pa.types.is_string_view(kind) or pa.types.is_binary_view(kind))
