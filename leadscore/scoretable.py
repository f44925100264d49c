"""The store's table ``scores``: every score ever given, one row each, and what it tells later runs.

A score that is given is never changed. The table is written in one commit per run, so that a crash
leaves all of a run's scores or none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore.scoreproperties import STEADY

if TYPE_CHECKING:
    from leadscore.model import LeadModel
    from leadscore.store import Store

__all__ = ["TABLE", "append_scores", "last_scores", "recent_runs", "scored_lately", "trend"]

TABLE = "scores"
RECENT = pd.Timedelta(days=30)
_UTC = pa.timestamp("us", "UTC")
SCHEMA = pa.schema(
    [
        ("contact_id", pa.string()),
        ("model", pa.string()),
        ("goal", pa.string()),
        ("run", pa.string()),
        ("snapshot_at", _UTC),
        ("scored_at", _UTC),
        ("probability", pa.float64()),
        ("score", pa.int64()),
        ("fit", pa.int64()),
        ("engagement", pa.int64()),
        ("tier", pa.string()),
        ("trend", pa.string()),
        ("reasons", pa.string()),
        ("horizon_days", pa.int64()),
        ("held_out", pa.bool_()),
    ]
)
_ROWS = 32_768


def append_scores(store: Store, scored: pa.Table, *, model: LeadModel, run: str) -> int:
    """Append a run's scores to the table, in one commit.

    Parameters
    ----------
    store : Store
    scored : pyarrow.Table
        The other columns of the table.
    model : LeadModel
    run : str
        The run's id in the ledger.

    Returns
    -------
    int
        The rows appended.
    """
    same = {"goal": model.goal, "run": run, "horizon_days": model.card.get("horizon_days")}

    def batch(rows: pa.RecordBatch) -> pa.RecordBatch:
        columns = [
            pa.repeat(pa.scalar(same[field.name], field.type), len(rows))
            if field.name in same
            else rows.column(field.name).cast(field.type)
            for field in SCHEMA
        ]
        return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)

    batches = (batch(rows) for rows in scored.to_batches(max_chunksize=_ROWS))
    return store.write(TABLE, pa.RecordBatchReader.from_batches(SCHEMA, batches), mode="append")


def recent_runs(store: Store, goal: str, now: pd.Timestamp) -> list[str]:
    """Return the last scoring run for a goal and those of the last 30 days, newest first."""
    runs = store.ledger.runs()
    facts = runs["facts"].map(lambda known: known.get("goal"))
    ours = runs[(runs["kind"] == "score") & (runs["status"] == "done") & (facts == goal)]
    ours = ours.sort_values(["started_at", "run"], ascending=False)
    young = pd.to_datetime(ours["started_at"], utc=True) >= now - RECENT
    young.iloc[:1] = True
    return [str(run) for run in ours.loc[young, "run"]]


def last_scores(store: Store, runs: list[str]) -> pa.Table:
    """Return ``contact_id`` and ``score`` of the newest of the runs."""
    columns = ["contact_id", "score"]
    if not runs or not store.has(TABLE):
        return SCHEMA.empty_table().select(columns)
    where = (pc.field("run") == runs[0]) & pc.field("score").is_valid()
    return _read(store, columns, where)


def scored_lately(store: Store, runs: list[str], contacts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return which of the contacts had a score in one of the runs, and which were `reached`."""
    columns = ["contact_id", "tier"]
    known = SCHEMA.empty_table().select(columns)
    if runs and len(contacts) and store.has(TABLE):
        ours = pc.field("run").isin(runs) & pc.field("contact_id").isin(contacts)
        known = _read(store, columns, ours)
    reached = pc.equal(known["tier"], "reached")
    return tuple(pc.unique(known["contact_id"].filter(m)) for m in (pc.invert(reached), reached))


def _read(store: Store, columns: list[str], where: pc.Expression) -> pa.Table:
    batches = store.stream(TABLE, columns, where=where)
    schema = pa.schema([SCHEMA.field(name) for name in columns])
    return pa.Table.from_batches((b.cast(schema) for b in batches), schema)


def trend(contacts: pa.ChunkedArray, score: pa.ChunkedArray, last: pa.Table) -> pa.Array:
    """Say how each score moved against the last run: by 3 points or more, or not.

    Parameters
    ----------
    contacts, score : pyarrow.ChunkedArray, shape (n,)
    last : pyarrow.Table
        As `last_scores` returns it.

    Returns
    -------
    pyarrow.Array of string
        ``rising``, ``steady``, ``falling``, or ``new`` for one without a score then.

    Examples
    --------
    >>> last = pa.table({"contact_id": ["7"], "score": [50]})
    >>> trend(pa.chunked_array([["7", "8"]]), pa.chunked_array([[53, 1]]), last).to_pylist()
    ['rising', 'new']
    """
    place = pc.index_in(contacts.cast(pa.string()), value_set=last["contact_id"])
    before = last["score"].take(place) if len(last) else pa.nulls(len(contacts), pa.int64())
    moved = pc.subtract(score, before).to_numpy(zero_copy_only=False).astype("float64")
    words = np.select(
        [np.isnan(moved), moved >= STEADY, moved <= -STEADY], ["new", "rising", "falling"], "steady"
    )
    return pa.array(words, pa.string())
