"""A simulated world in a store's tables, as a sync would leave them, without a portal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from leadscore.choosing import OBJECTS, PAIRS, choose, choose_history
from leadscore.hubspot.history import HISTORY
from leadscore.hubspot.properties import definitions_table, schema, typed_rows
from leadscore.sandbox.pipelinestate import pipelines
from leadscore.sandbox.portal import Portal
from leadscore.sandbox.world import Batch, World
from leadscore.store import Store, open_store

ASSOCIATIONS = pa.schema(
    [(n, pa.string()) for n in ("from_object", "from_id", "to_object", "to_id", "category")]
    + [("type_id", pa.int64()), ("label", pa.string())]
)
Defined = Mapping[str, Mapping[str, Any]]


def world_store(folder: Path | str, world: World, *, time_zone: str = "America/New_York") -> Store:
    """Write a simulated world into a new store.

    Parameters
    ----------
    folder : path
        The workspace.
    world : World
        As `leadscore.sandbox.world.simulate` makes it.
    time_zone : str
        The portal's.

    Returns
    -------
    Store
        Tables contacts, companies, deals, history, associations, properties, pipelines, owners.
        ``synced_at`` is the world's now.
    """
    store, portal = open_store(folder), Portal(id=1)
    _define(portal, world)
    defined = {kind: _defined(portal, kind) for kind in OBJECTS}
    chosen = {kind: choose(kind, defined[kind], None) for kind in OBJECTS}
    past = {k: choose_history(k, chosen[k], None, defined=defined[k]) for k in OBJECTS}
    batches = list(world.batches())
    for kind in OBJECTS:
        rows = [_records(b, world, defined[kind], chosen[kind]) for b in batches if b.kind == kind]
        shape = schema(defined[kind], chosen[kind])
        store.write(kind, pa.concat_tables([shape.empty_table(), *rows]).cast(shape))
        store.ledger.set_checkpoint(f"history:{kind}", past[kind])
    store.write("history", _stream(_history(b, world, past[b.kind]) for b in batches))
    store.write("associations", _associations(portal, batches))
    tables = [definitions_table(dict(defined[kind]), kind) for kind in OBJECTS]
    store.write("properties", pa.concat_tables(tables))
    store.write("pipelines", _pipelines(portal))
    store.write("owners", _owners(world))
    store.ledger.set_checkpoint("synced_at", world.now.isoformat())
    store.ledger.set_checkpoint("time_zone", time_zone)
    return store


def _define(portal: Portal, world: World) -> None:
    definitions = portal.collection("contacts").definitions
    for body in world.properties:
        definitions.create(body, at=portal.now)


def _defined(portal: Portal, kind: str) -> Defined:
    found = portal.collection(kind).definitions.active
    plain = "non_sensitive"
    return {n: one for n, one in found.items() if one.get("dataSensitivity", plain) == plain}


def _stream(tables: Iterator[pa.Table]) -> pa.RecordBatchReader:
    batches = (batch for table in tables for batch in table.to_batches(max_chunksize=100_000))
    return pa.RecordBatchReader.from_batches(HISTORY, batches)


def _live(batch: Batch) -> np.ndarray:
    return ~np.isin(batch.ids, np.array(list(batch.archived), dtype=np.int64))


def _records(batch: Batch, world: World, defined: Defined, chosen: list[str]) -> pa.Table:
    """Return current values: the last entry of each property, and what HubSpot adds."""
    entries, n = batch.entries, len(batch.ids)
    changes = (np.diff(entries.record) != 0) | (np.diff(entries.property) != 0)
    last = np.flatnonzero(np.append(changes, np.ones(min(len(entries.at), 1), bool)))
    newest = batch.created.copy()
    np.maximum.at(newest, entries.record, entries.at)
    modified = "lastmodifieddate" if batch.kind == "contacts" else "hs_lastmodifieddate"
    columns: dict[str, Any] = {
        modified: _wire_times(newest),
        "createdate": _wire_times(batch.created),
        "hs_createdate": _wire_times(batch.created),
        "hs_object_id": batch.ids.astype(str).astype(object),
    }
    for place, name in enumerate(world.names[batch.kind]):
        own = last[entries.property[last] == place]
        values = np.full(n, None, dtype=object)
        values[entries.record[own]] = [entries.value[one] for one in own.tolist()]
        columns[name] = values
    empty = np.full(n, None, dtype=object)
    texts = {name: pa.array(columns.get(name, empty), pa.string()) for name in chosen}
    rows = pa.table({"id": pa.array(batch.ids.astype(str).astype(object), pa.string()), **texts})
    return typed_rows(rows.filter(pa.array(_live(batch))), defined).table


def _wire_times(ms: np.ndarray) -> np.ndarray:
    stamps = np.datetime_as_string(ms.astype("datetime64[ms]"), unit="ms", timezone="UTC")
    return np.asarray(stamps.astype(object))


def _history(batch: Batch, world: World, names: list[str]) -> pa.Table:
    entries = batch.entries
    wanted = np.isin(world.names[batch.kind], names)[entries.property]
    kept = np.flatnonzero(wanted & _live(batch)[entries.record])
    kinds, sources = (list(part) for part in zip(*world.sources, strict=True))
    return pa.table(
        {
            "object": pa.repeat(batch.kind, len(kept)),
            "id": _taken(batch.ids.astype(str).tolist(), entries.record[kept]),
            "property": _taken(list(world.names[batch.kind]), entries.property[kept]),
            "value": pa.array([entries.value[one] for one in kept.tolist()], pa.string()),
            "timestamp": pa.array(entries.at[kept] * 1000, pa.timestamp("us", "UTC")),
            "source_type": _taken(kinds, entries.source[kept]),
            "source_id": _taken([one or None for one in sources], entries.source[kept]),
        },
        schema=HISTORY,
    )


def _taken(values: list[Any], places: np.ndarray) -> pa.Array:
    return pa.array(values, pa.string()).take(pa.array(places.astype(np.int64)))


def _associations(portal: Portal, batches: list[Batch]) -> pa.Table:
    gone = np.array([one for b in batches for one in b.archived], dtype=np.int64)
    found = [ASSOCIATIONS.empty_table()]
    for links in (links for batch in batches for links in batch.links):
        for number in set(links.type_ids.tolist()):
            kept = links.type_ids == number
            ends = links.from_ids[kept], links.to_ids[kept]
            found += _both_ways(portal, number, *ends, gone=gone)
    return pa.concat_tables(found)


def _both_ways(
    portal: Portal, number: int, from_ids: np.ndarray, to_ids: np.ndarray, *, gone: np.ndarray
) -> Iterator[pa.Table]:
    there = portal.associations.types[number]
    back = portal.associations.types[there.inverse]
    for kind, one, other in ((there, from_ids, to_ids), (back, to_ids, from_ids)):
        if (kind.from_kind, kind.to_kind) in PAIRS:
            # An archived record is not asked for its associations; others still name it.
            asked = ~np.isin(one, gone)
            columns = [
                *_ids(kind.from_kind, one[asked]),
                *_ids(kind.to_kind, other[asked]),
                pa.repeat(kind.category, int(asked.sum())),
                pa.repeat(pa.scalar(kind.id), int(asked.sum())),
                pa.repeat(pa.scalar(kind.label, pa.string()), int(asked.sum())),
            ]
            yield pa.Table.from_arrays(columns, names=ASSOCIATIONS.names).cast(ASSOCIATIONS)


def _ids(kind: str, ids: np.ndarray) -> list[pa.Array]:
    return [pa.repeat(kind, len(ids)), pa.array(ids).cast(pa.string())]


def _pipelines(portal: Portal) -> pa.Table:
    rows = [
        {
            "object": "deals",
            "pipeline": pipeline["id"],
            "pipeline_label": pipeline["label"],
            "pipeline_order": pipeline["displayOrder"],
            "stage": stage["id"],
            "stage_label": stage["label"],
            "stage_order": stage["displayOrder"],
            "probability": float(stage["metadata"]["probability"]),
            "archived": False,
        }
        for pipeline in pipelines(portal)
        for stage in pipeline["stages"]
    ]
    return pa.Table.from_pylist(rows)


def _owners(world: World) -> pa.Table:
    ids = [str(owner[0]) for owner in world.owners]
    users = pc.add(pa.array([owner[0] for owner in world.owners]), 9_000_000).cast(pa.string())
    nothing = pa.array([[] for _ in ids], pa.list_(pa.string()))
    return pa.table(
        {
            "id": pa.array(ids),
            "user_id": users,
            "type": pa.repeat("PERSON", len(ids)),
            "team_ids": nothing,
            "teams": nothing,
            "archived": pa.repeat(pa.scalar(value=False), len(ids)),
        }
    )
