"""A portal as the members of one file, and a portal of them again.

Kept is what the portal answers from: definitions, records with their history, associations, what
each part of the API has on its shelf, the clock and the last id. Not kept are tokens of any kind,
faults, the log, how much of the limits is used, and what a search does not see yet.

Records are JSON lines; the history that a world came with is in Parquet. Nothing is pickled.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from leadscore.sandbox.clock import Clock
from leadscore.sandbox.history import Block, Change, History, Source
from leadscore.sandbox.kinds import KINDS, Kind
from leadscore.sandbox.portal import Collection, Portal
from leadscore.sandbox.records import Record, Records

__all__ = ["Members", "dump_portal", "restore_portal"]

_BUILT_IN = {kind.name for kind in KINDS}
_DEFINITIONS = ("active", "archived", "groups", "most_custom")


class Members(Protocol):
    """Where members are read from."""

    def __getitem__(self, name: str) -> bytes:
        """Return a member's content."""


def dump_portal(portal: Portal) -> Iterator[tuple[str, bytes]]:
    """Yield the members of a portal's file: names and contents.

    Examples
    --------
    >>> [name for name, _ in dump_portal(Portal())][:2]
    ['portal.json', 'definitions/0.json']
    """
    yield "portal.json", _json(_facts(portal))
    for place, collection in enumerate(portal.collections.values()):
        definitions = {key: getattr(collection.definitions, key) for key in _DEFINITIONS}
        yield f"definitions/{place}.json", _json(definitions)
        yield f"records/{place}.jsonl", _lines(_record_lines(collection.records))
        yield f"history/{place}.jsonl", _lines(_history_lines(collection.history))
        for number, block in enumerate(collection.history.blocks):
            yield from _block_members(block, f"blocks/{place}.{number}")
    for place, columns in enumerate(portal.associations.dump()["links"].values()):
        yield f"links/{place}.parquet", _parquet(dict(zip("abt", columns, strict=True)))


def _facts(portal: Portal) -> dict[str, Any]:
    associations = portal.associations.dump()
    clock = portal.clock
    return {
        "id": portal.id,
        "tier": portal.tier,
        "api_addon": portal.api_addon,
        "time_zone": portal.time_zone,
        "last_id": portal.last_id,
        "clock": clock.dump() if isinstance(clock, Clock) else None,
        "kinds": [_kind(collection.kind) for collection in portal.collections.values()],
        "blocks": [len(one.history.blocks) for one in portal.collections.values()],
        "merged": [list(one.records.merged.items()) for one in portal.collections.values()],
        "types": associations["types"],
        "links": list(associations["links"]),
        "shelves": _shelves(portal.shelves),
    }


def _kind(kind: Kind) -> str | dict[str, Any]:
    return kind.name if kind.name in _BUILT_IN else asdict(kind)


def _shelves(shelves: Mapping[str, Any]) -> dict[str, Any]:
    """Return the shelves without the access tokens that OAuth has issued."""
    oauth = {key: kept for key, kept in shelves.get("oauth", {}).items() if key != "access"}
    return {**shelves, **({"oauth": oauth} if oauth else {})}


def restore_portal(members: Members, **options: Any) -> Portal:
    """Return the portal that a file's members tell of.

    Parameters
    ----------
    members : Members
    **options
        Of `Portal`: what is not kept.
    """
    facts = json.loads(members["portal.json"])
    portal = Portal(
        id=int(facts["id"]),
        tier=facts["tier"],
        api_addon=facts["api_addon"],
        time_zone=facts["time_zone"],
        clock=Clock() if facts["clock"] is None else Clock.restore(facts["clock"]),
        **options,
    )
    portal.reserve_id(int(facts["last_id"]))
    portal.shelves.update(facts["shelves"])
    for place, kind in enumerate(facts["kinds"]):
        collection = _collection(portal, kind)
        for key, kept in json.loads(members[f"definitions/{place}.json"]).items():
            setattr(collection.definitions, key, kept)
        _restore_records(collection, _read_lines(members[f"records/{place}.jsonl"]))
        collection.records.merged.update(facts["merged"][place])
        _restore_history(collection.history, _read_lines(members[f"history/{place}.jsonl"]))
        for number in range(facts["blocks"][place]):
            collection.history.load(_read_block(members, f"blocks/{place}.{number}"))
    pairs = facts["links"]
    links = {pair: _read_links(members[f"links/{i}.parquet"]) for i, pair in enumerate(pairs)}
    portal.associations.restore({"types": facts["types"], "links": links})
    return portal


def _collection(portal: Portal, kind: str | Mapping[str, Any]) -> Collection:
    if isinstance(kind, str):
        return portal.collections[kind]
    given: dict[str, Any] = {
        key: tuple(one) if isinstance(one, list) else one for key, one in kind.items()
    }
    return portal.add_kind(Kind(**given))


# --------------------------------------------------------------------------- records


def _record_lines(records: Records) -> Iterator[Any]:
    everything = [*records.walk(), *records.walk(archived=True)]
    names = list(dict.fromkeys(name for record in everything for name in record.values))
    yield names
    for record in everything:
        yield [record.id, record.archived_at, [record.values.get(name) for name in names]]


def _restore_records(collection: Collection, lines: Iterator[Any]) -> None:
    records, same = collection.records, dict[str, str]()
    for name in collection.definitions.unique:
        records.watch(name)
    names = next(lines)
    for number, archived_at, cells in lines:
        pairs = zip(names, cells, strict=True)
        values = {name: same.setdefault(cell, cell) for name, cell in pairs if cell is not None}
        records.add(Record(number, values, archived_at))


# --------------------------------------------------------------------------- history


def _history_lines(history: History) -> Iterator[Any]:
    for number, properties in history.live.items():
        entries = [[name, *_change(one)] for name, all_ in properties.items() for one in all_]
        yield [number, entries]


def _change(change: Change) -> tuple[Any, ...]:
    return change.value, change.at, list(change.source)


def _restore_history(history: History, lines: Iterator[Any]) -> None:
    same: dict[Source, Source] = {}
    for number, entries in lines:
        for name, value, at, source in entries:
            made = Source(*source)
            history.add(number, name, Change(value, at, same.setdefault(made, made)))


def _block_members(block: Block, name: str) -> Iterator[tuple[str, bytes]]:
    yield f"{name}.json", _json({"names": block.names, "sources": block.sources})
    rows = {"id": np.asarray(block.ids, np.int64), "end": block.starts[1:]}
    yield f"{name}.rows.parquet", _parquet(rows)
    entries = {"property": block.property, "at": block.at, "source": block.source}
    yield f"{name}.parquet", _parquet({**entries, "value": _texts(block.value)})


def _texts(values: Iterable[str]) -> Any:
    listed = list(values)
    try:
        return pa.array(listed, pa.string())
    except UnicodeEncodeError:
        return pa.array([one.encode("utf-8", "surrogatepass") for one in listed], pa.binary())


def _read_block(members: Members, name: str) -> Block:
    words = json.loads(members[f"{name}.json"])
    rows, entries = _table(members[f"{name}.rows.parquet"]), _table(members[f"{name}.parquet"])
    return Block(
        ids=rows["id"].tolist(),
        starts=np.concatenate([[0], rows["end"]]).astype(np.int64),
        names=tuple(words["names"]),
        sources=tuple(Source(*one) for one in words["sources"]),
        property=entries["property"].astype(np.int16),
        at=entries["at"].astype(np.int64),
        value=entries["value"],
        source=entries["source"].astype(np.int8),
    )


def _read_links(raw: bytes) -> tuple[Any, ...]:
    table = _table(raw)
    return table["a"], table["b"], table["t"]


# --------------------------------------------------------------------------- members


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _lines(values: Iterator[Any]) -> bytes:
    return b"\n".join(map(_json, values))


def _read_lines(raw: bytes) -> Iterator[Any]:
    return map(json.loads, raw.splitlines())


def _parquet(columns: Mapping[str, Any]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(dict(columns)), sink, compression="zstd")
    return sink.getvalue()


def _table(raw: bytes) -> dict[str, Any]:
    table = pq.read_table(io.BytesIO(raw))
    return {name: _column(table[name].combine_chunks()) for name in table.column_names}


def _column(column: Any) -> Any:
    """Return numbers as an array, and texts as a list in which equal ones are the same."""
    if not pa.types.is_string(column.type) and not pa.types.is_binary(column.type):
        return column.to_numpy(zero_copy_only=False)
    packed = column.dictionary_encode()
    words = packed.dictionary.to_pylist()
    if pa.types.is_binary(column.type):
        words = [word.decode("utf-8", "surrogatepass") for word in words]
    return [words[place] for place in packed.indices.to_numpy(zero_copy_only=False).tolist()]
