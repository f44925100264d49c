"""Score a snapshot batch by batch, in little memory, into one Arrow table.

A row's values do not depend on the batch that it comes in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.special import expit

from leadscore.errors import DataError
from leadscore.model import LeadModel, total
from leadscore.reasons import Vocabulary, reasons

__all__ = ["SCHEMA", "pieces", "ranked", "score_batches"]

CHUNK = 32_768
_WORKERS = 2
_NOISE = 1e-9
_UTC = pa.timestamp("us", "UTC")
_REASON = pa.struct(
    [
        ("property", pa.dictionary(pa.int16(), pa.string())),
        ("value", pa.large_string()),
        ("contribution", pa.float64()),
    ]
)
SCHEMA = pa.schema(
    [
        ("contact_id", pa.large_string()),
        ("snapshot_at", _UTC),
        ("probability", pa.float64()),
        *((name, pa.int64()) for name in ("score", "fit", "engagement")),
        ("reasons_for", pa.list_(_REASON)),
        ("reasons_against", pa.list_(_REASON)),
        ("reasons", pa.large_string()),
        ("held_out", pa.bool_()),
    ]
)

Floats = NDArray[np.float64]


def pieces(frame: pd.DataFrame, size: int = CHUNK) -> Iterator[pd.DataFrame]:
    """Yield a frame in pieces of so many rows; an empty one as it is."""
    for start in range(0, max(len(frame), 1), size):
        yield frame.iloc[start : start + size]


def score_batches(model: LeadModel, frames: Iterable[pd.DataFrame], words: Vocabulary) -> pa.Table:
    """Score frames one after the other, two at a time.

    Parameters
    ----------
    model : LeadModel
    frames : iterable of DataFrame
        Pieces of a scoring frame; a contact has one row in all of them.
    words : Vocabulary

    Returns
    -------
    pyarrow.Table
        `SCHEMA`, in the order of the rows.

    Raises
    ------
    DataError
        A frame has no column ``contact_id``.
    ModelError
        The columns do not fit the model.
    """
    batches = _in_order(partial(_batch, model, words), frames)
    table = pa.concat_tables([SCHEMA.empty_table(), *batches])
    pa.default_memory_pool().release_unused()
    return table


def _in_order(
    work: Callable[[pd.DataFrame], pa.Table], frames: Iterable[pd.DataFrame]
) -> Iterator[pa.Table]:
    """Work on a few frames at a time; numpy and Arrow let go of Python's lock meanwhile."""
    waiting: deque[Future[pa.Table]] = deque()
    with ThreadPoolExecutor(_WORKERS) as pool:
        for frame in frames:
            waiting.append(pool.submit(work, frame))
            if len(waiting) > _WORKERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _batch(model: LeadModel, words: Vocabulary, frame: pd.DataFrame) -> pa.Table:
    if "contact_id" not in frame:
        raise DataError("The frame has no column contact_id.", hint="Make it with scoring_frame.")
    parts = model.contributions(frame)
    logits = total(parts)
    held_out = frame["held_out"] if "held_out" in frame else np.zeros(len(frame), dtype=bool)
    at = pd.to_datetime(frame["snapshot_at"], utc=True)
    columns = {
        "contact_id": pa.array(frame["contact_id"].astype("str"), pa.large_string()),
        "snapshot_at": pa.array(at).cast(_UTC, safe=False),
        "probability": pa.array(expit(logits)),
        **_scores(model, parts, logits),
        **dict(zip(*_columns(reasons(parts, frame, words)), strict=True)),
        "held_out": pa.array(np.asarray(held_out, dtype=bool)),
    }
    return pa.table({name: columns[name] for name in SCHEMA.names}).cast(SCHEMA)


def _columns(table: pa.Table) -> tuple[list[str], list[Any]]:
    return table.column_names, table.columns


def _scores(model: LeadModel, parts: pd.DataFrame, logits: Floats) -> dict[str, pa.Array]:
    sums = {"score": ("whole", logits)}
    for group in ("fit", "engagement"):
        members = [name for name in parts.columns if model.groups[name] == group]
        sums[group] = (group, np.ascontiguousarray(parts[members].to_numpy()).sum(axis=1))
    quantiles = model.card["quantiles"]
    return {name: _share_below(quantiles.get(key), values) for name, (key, values) in sums.items()}


def _share_below(quantiles: list[float] | None, values: Floats) -> pa.Array:
    """Return the whole percentage of the newest training rows that lie below each value."""
    if not quantiles:
        return pa.nulls(len(values), pa.int64())
    # A value equal to a training row's but for the last bit is not above it.
    below = np.searchsorted(np.asarray(quantiles), values - _NOISE, side="left")
    return pa.array(np.rint(100 * below / len(quantiles)).astype("int64"))


def ranked(table: pa.Table) -> pa.Table:
    """Return the rows best first: by probability, of equal ones by contact id.

    Raises
    ------
    DataError
        A contact has two rows.
    """
    _check_ids(table["contact_id"])
    keys = [("probability", "descending"), ("contact_id", "ascending")]
    order = pc.sort_indices(table.select(["probability", "contact_id"]), sort_keys=keys)
    columns = dict(zip(table.column_names, table.columns, strict=True))
    del table
    for name in [*columns]:
        # One column at a time: if the caller keeps no name for the rows, only one is there twice.
        columns[name] = _taken(columns.pop(name), order)
    return pa.table(columns)


def _taken(column: pa.ChunkedArray, order: pa.Array) -> pa.ChunkedArray:
    """Return a column's values in another order, in pieces: an array that grows is copied."""
    kind, flat = column.type, column.combine_chunks()
    del column
    starts = range(0, len(order), CHUNK)
    return pa.chunked_array([flat.take(order.slice(start, CHUNK)) for start in starts], kind)


def _check_ids(ids: pa.ChunkedArray) -> None:
    if pc.count_distinct(ids).as_py() == len(ids):
        return
    counts = pc.value_counts(ids)
    twice = counts.filter(pc.greater(counts.field("counts"), 1)).field("values")
    raise DataError(
        f"{len(twice)} contacts have more than one row, such as {twice[0]}.",
        hint="Score one snapshot per contact.",
    )
