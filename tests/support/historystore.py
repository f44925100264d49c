"""A store of a few contacts whose history is written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from leadscore.hubspot.history import HISTORY
from leadscore.hubspot.properties import definitions_table, typed_rows
from leadscore.store import Store

START = pd.Timestamp("2026-01-01", tz="UTC")
DAY = pd.Timedelta(days=1)
TYPES: dict[str, dict[str, str]] = {
    "createdate": {"type": "datetime"},
    "lifecyclestage": {"type": "enumeration"},
    "hubspot_owner_id": {"type": "enumeration"},
    "associatedcompanyid": {"type": "number"},
    "ticket_id": {"type": "number"},
    "opens": {"type": "number"},
    "optout": {"type": "bool"},
    "asked": {"type": "datetime"},
    "title": {"type": "string"},
    "topics": {"type": "enumeration", "fieldType": "checkbox"},
}


def history_store(
    store: Store,
    created: Mapping[str, float],
    entries: Iterable[Sequence[Any]],
    *,
    synced: float = 400,
    more: Mapping[str, Mapping[str, str]] | None = None,
) -> Store:
    """Write contacts and their history into an empty store.

    Parameters
    ----------
    store : Store
    created : mapping of str to float
        Ids, and the day of creation.
    entries : iterable of tuple
        Contact id, property, value on the wire, day, and if need be the source.
    synced : float
        The day of the sync.
    more : mapping, optional
        Current values on the wire by property and id, for what has no history.
    """
    rows = [(*row, "CRM_UI")[:5] for row in entries]
    names = ("id", "property", "value", "timestamp", "source_type")
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    columns["timestamp"] = [START + day * DAY for day in columns["timestamp"]]
    columns |= {"object": ["contacts"] * len(rows), "source_id": [None] * len(rows)}
    store.write("history", pa.table(columns, schema=HISTORY))
    values: dict[str, dict[str, str]] = {name: {} for name in TYPES}
    values["createdate"] = {one: (START + day * DAY).isoformat() for one, day in created.items()}
    for who, name, value, *_ in sorted(rows, key=lambda row: float(row[3])):
        values[name] = values.get(name, {}) | {who: value}
    values |= {name: dict(own) for name, own in (more or {}).items()}
    defined = {n: {"name": n, "groupName": "g", **TYPES.get(n, {"type": "string"})} for n in values}
    wire = {
        n: pa.array([own.get(one) for one in created], pa.string()) for n, own in values.items()
    }
    store.write("contacts", typed_rows(pa.table({"id": list(created), **wire}), defined).table)
    store.write("properties", definitions_table(defined, "contacts"))
    store.ledger.set_checkpoint("synced_at", (START + synced * DAY).isoformat())
    store.ledger.set_checkpoint("history:contacts", sorted({row[1] for row in rows}))
    return store
