"""A frame of snapshots in the store: written chunk by chunk, read as a stream."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore.arrowtypes import plain, to_frame
from leadscore.errors import DataError

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = ["TABLE", "read_frames", "write_frames"]

TABLE = "snapshot"
ROWS = 32_768  # of a batch, at most: what the writer puts into one row group
_ARROW = {
    "float64": pa.float64(),
    "boolean": pa.bool_(),
    "datetime64[us, UTC]": pa.timestamp("us", "UTC"),
    "str": pa.string(),
    "object": pa.list_(pa.string()),
}


def write_frames(store: Store, frames: Iterable[pd.DataFrame]) -> int:
    """Write frames of the same columns into the store's table, in place of what is there.

    Parameters
    ----------
    store : Store
    frames : iterable of DataFrame
        At least one. Their ``contact_id`` go up from the first row to the last. The attrs of the
        first go into the ledger.

    Returns
    -------
    int
        The rows written.
    """
    following = iter(frames)
    first = next(following)
    shape = pa.schema([(str(n), _ARROW[str(kind)]) for n, kind in first.dtypes.items()])
    # A writing that is cut short must not leave another snapshot's facts.
    store.ledger.set_checkpoint(TABLE, None)

    def batches() -> Iterator[pa.RecordBatch]:
        for frame in chain([first], following):
            table = pa.Table.from_pandas(frame, schema=shape, preserve_index=False)
            yield from table.to_batches(max_chunksize=ROWS)

    rows = store.write(TABLE, pa.RecordBatchReader.from_batches(shape, batches()))
    store.ledger.set_checkpoint(TABLE, dict(first.attrs))
    return rows


def read_frames(store: Store, columns: Sequence[str] | None) -> Iterator[pd.DataFrame]:
    """Read the table as frames of at most 32,768 rows, contact ids ascending.

    Raises
    ------
    DataError
        No snapshot was written completely, or it has no such column.
    """
    facts = store.ledger.checkpoint(TABLE)
    if facts is None or not store.has(TABLE):
        raise DataError("The store holds no snapshot.", hint="Write one with write_snapshot.")
    there = store.schema(TABLE).names
    names = there if columns is None else list(dict.fromkeys(["contact_id", *columns]))
    if strange := [name for name in names if name not in there]:
        raise DataError(
            f"The snapshot has no column {strange[0]!r}.", hint="Write it anew with write_snapshot."
        )
    return _frames(store, names, facts)


def _frames(
    store: Store, names: Sequence[str], facts: Mapping[Hashable, Any]
) -> Iterator[pd.DataFrame]:
    """Read part by part: the writer does not keep the order of rows."""
    ids = store.arrow(TABLE, ["contact_id"]).sort_by("contact_id")["contact_id"]
    starts = ids.take(pa.array(range(0, len(ids), ROWS), pa.int64())).to_pylist()
    for first, following in zip_longest(starts, starts[1:]):
        part = pc.field("contact_id") >= first
        if following is not None:
            part &= pc.field("contact_id") < following
        batches = store.stream(TABLE, names, where=part)
        frame = to_frame(plain(pa.Table.from_batches(batches).sort_by("contact_id")))
        frame.attrs = dict(facts)
        yield frame
