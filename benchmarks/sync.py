"""A first sync of many contacts, then one of few changes: time, memory, requests, bytes.

The portal runs in a process of its own; memory and CPU are those of this process.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from typing import Any

from leadscore.choosing import choose
from leadscore.hubspot.connection import Portal, connect
from leadscore.hubspot.pacing import Bucket
from leadscore.hubspot.properties import definitions
from leadscore.sandbox import open_sandbox
from leadscore.store import open_store
from leadscore.syncing import sync

PROPERTIES = 30


def measured(portal: Portal, store: Any, **options: Any) -> dict[str, Any]:
    """Sync, and return what it took."""
    wall, cpu, size = time.perf_counter(), time.process_time(), portal.pool.bytes
    done = sync(portal, store, progress=False, **options)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "contacts": done.contacts,
        "changed": done.changed["contacts"],
        "complete": done.complete,
        "requests": done.requests,
        "limited": portal.pool.limited,
        "mb_received": round((portal.pool.bytes - size) / 1e6, 2),
        "wall_s": round(wall, 2),
        "cpu_s": round(cpu, 2),
        "contacts_per_s": round(done.contacts / wall),
        "cpu_us_per_contact": round(cpu / max(done.contacts, 1) * 1e6, 1),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def thirty(portal: Portal) -> list[str]:
    """Return so many contact properties that, with those always read, there are thirty."""
    defined = definitions(portal, "contacts")
    always = set(choose("contacts", defined, []))
    others = [name for name in choose("contacts", defined, None) if name not in always]
    return ["jobtitle", *(name for name in others if name != "jobtitle")][
        : PROPERTIES - len(always)
    ]


def edit(portal: Portal, ids: list[str]) -> None:
    """Change a property of some contacts, as somebody in HubSpot would."""
    for start in range(0, len(ids), 100):
        inputs = [
            {"id": i, "properties": {"jobtitle": "Falconer"}} for i in ids[start : start + 100]
        ]
        portal.client.crm.contacts.batch_api.update({"inputs": inputs})


def main() -> None:
    """Run it and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=200_000)
    parser.add_argument("--share", type=float, default=0.01, help="Contacts that change.")
    parser.add_argument("--history", action="store_true", help="Read what properties were before.")
    parser.add_argument("--limits", action="store_true", help="Keep the portal's rate limits.")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_sandbox(contacts=asked.contacts, history=asked.history, limits=asked.limits) as place,
        connect(place) as portal,
        open_store(folder) as store,
    ):
        if not asked.limits:
            for name in ("general", "search", "associations"):
                setattr(portal.pool, name, Bucket(1_000_000, 1.0))
        options = {"history": None if asked.history else (), "properties": thirty(portal)}
        first = measured(portal, store, **options)
        columns = len(store.schema("contacts").names)
        ids = store.contacts(["id"])["id"].tolist()
        edit(portal, ids[:: max(round(1 / asked.share), 1)])
        second = measured(portal, store, **options)
        third = measured(portal, store, **options)
    line = {"columns": columns, "first": first, "changes": second, "nothing_new": third}
    print(json.dumps(line))


if __name__ == "__main__":
    main()
