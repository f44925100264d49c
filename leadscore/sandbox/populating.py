"""Fill a portal with a simulated world, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from leadscore.errors import SandboxError
from leadscore.sandbox import owners
from leadscore.sandbox.history import Block, Source
from leadscore.sandbox.moments import from_ms
from leadscore.sandbox.records import Record
from leadscore.sandbox.seeding import Seeded

if TYPE_CHECKING:
    from leadscore.sandbox.portal import Collection, Portal
    from leadscore.sandbox.world import Batch, Entries, World

__all__ = ["seed_world"]

Values = list[dict[str, str]]


def seed_world(portal: Portal, world: World, *, history: bool = True) -> Seeded:
    """Make a simulated market the records of a portal.

    Parameters
    ----------
    portal : Portal
        It should have no records yet.
    world : World
    history : bool
        Keep what every property was before; without it a value dates from its record's creation.

    Returns
    -------
    Seeded
        The goal is the lifecycle stage "customer".

    Raises
    ------
    SandboxError
        The world has a property that the portal does not.
    """
    _define(portal, world)
    owners.seed(portal, world.owners)
    sources = tuple(Source(kind, identifier or None) for kind, identifier in world.sources)
    for batch in world.batches():
        collection = portal.collection(batch.kind)
        names = _known(collection, world.names[batch.kind])
        for record in _records(collection, batch, names):
            collection.records.add(record)
        if history:
            collection.history.load(_block(batch, names, sources))
        _join(portal, batch)
    return Seeded("customer", {})


def _define(portal: Portal, world: World) -> None:
    definitions = portal.collection("contacts").definitions
    for body in world.properties:
        if body["groupName"] not in definitions.groups:
            group = str(body["groupName"])
            definitions.create_group({"name": group, "label": group.replace("_", " ")})
        definitions.create(body, at=portal.now)


def _known(collection: Collection, names: tuple[str, ...]) -> tuple[str, ...]:
    strange = [name for name in names if name not in collection.definitions.active]
    if strange:
        message = f"The world has a property {strange[0]!r} that {collection.kind.name} lack."
        raise SandboxError(message, hint="Define it in World.properties.")
    return names


def _records(collection: Collection, batch: Batch, names: tuple[str, ...]) -> Iterator[Record]:
    values = _current(batch.entries, len(batch.ids), names)
    latest = _latest(batch)
    kind = collection.kind
    facts = zip(batch.ids.tolist(), batch.created.tolist(), latest.tolist(), values, strict=True)
    for number, created, changed, own in facts:
        own.setdefault("createdate", from_ms(created))
        if "hs_createdate" in collection.definitions.active:
            own.setdefault("hs_createdate", own["createdate"])
        own[kind.modified] = from_ms(changed)
        own["hs_object_id"] = str(number)
        yield Record(number, own, archived_at=_archived(batch, number))


def _archived(batch: Batch, number: int) -> str | None:
    at = batch.archived.get(number)
    return None if at is None else from_ms(at)


def _current(entries: Entries, size: int, names: tuple[str, ...]) -> Values:
    """Return each record's values: the last entry of each property."""
    values: Values = [{} for _ in range(size)]
    places = np.flatnonzero(_last(entries))
    rows, props = entries.record[places].tolist(), entries.property[places].tolist()
    for place, row, prop in zip(places.tolist(), rows, props, strict=True):
        value = entries.value[place]
        if value:
            values[row][names[prop]] = value
    return values


def _last(entries: Entries) -> npt.NDArray[np.bool_]:
    record, prop = entries.record, entries.property
    changes = (record[1:] != record[:-1]) | (prop[1:] != prop[:-1])
    return np.append(changes, np.ones(min(len(record), 1), dtype=bool))


def _latest(batch: Batch) -> npt.NDArray[np.int64]:
    """Return when each record was changed last."""
    latest = batch.created.copy()
    np.maximum.at(latest, batch.entries.record, batch.entries.at)
    return latest


def _block(batch: Batch, names: tuple[str, ...], sources: tuple[Source, ...]) -> Block:
    entries = batch.entries
    starts = np.searchsorted(entries.record, np.arange(len(batch.ids) + 1))
    return Block(
        batch.ids.tolist(),
        starts.astype(np.int64),
        names,
        sources,
        entries.property,
        entries.at,
        entries.value,
        entries.source,
    )


def _join(portal: Portal, batch: Batch) -> None:
    """Take over merges and associations, and keep the batch's ids from being given again."""
    records = portal.collection(batch.kind).records
    for gone, (survivor, _) in batch.merged.items():
        records.merged[gone] = survivor
    for links in batch.links:
        portal.associations.load(
            batch.kind, links.to_kind, links.from_ids, links.to_ids, links.type_ids
        )
    ids = [*batch.merged, *batch.ids[-1:].tolist()]
    portal.reserve_id(max(ids, default=0))
