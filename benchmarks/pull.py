"""CPU and contacts a second of a full read, against the official client's `get_all`."""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Callable

import pandas as pd
import pyarrow as pa
from hubspot import HubSpot

from leadscore.hubspot.connection import connect
from leadscore.hubspot.properties import definitions
from leadscore.hubspot.reading import read_pages, record_batches, schema
from leadscore.sandbox import open_sandbox

PROPERTIES = 40


def measured(read: Callable[[], int]) -> dict[str, float]:
    """Return CPU seconds of this process (the portal runs in another), wall seconds and rows."""
    wall, cpu = time.perf_counter(), time.process_time()
    rows = read()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"cpu_s": round(cpu, 3), "wall_s": round(wall, 3), "contacts_per_s": round(rows / wall)}


def main() -> None:
    """Read the same portal both ways, alternating."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=20_000)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    with (
        open_sandbox(contacts=asked.contacts, latency_ms=asked.latency_ms, limits=False) as place,
        connect(place) as portal,
    ):
        portal.pool.general.learn(
            {
                "X-HubSpot-RateLimit-Max": "1000000",
                "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
            }
        )
        defined = definitions(portal, "contacts")
        names = sorted(defined)[:PROPERTIES]
        client = HubSpot(access_token=place.token, host=place.url, base_url=place.url)

        def ours() -> int:
            batches = record_batches(read_pages(portal, "contacts", names), defined, names)
            return len(pa.Table.from_batches(batches, schema(defined, names)).to_pandas())

        def theirs() -> int:
            found = client.crm.contacts.get_all(properties=names)
            return len(pd.DataFrame([{"id": r.id, **r.properties} for r in found]))

        runs = [{"ours": measured(ours), "get_all": measured(theirs)} for _ in range(asked.runs)]
    ratios = sorted(r["get_all"]["cpu_s"] / r["ours"]["cpu_s"] for r in runs)
    print(
        json.dumps(
            {
                "contacts": asked.contacts,
                "properties": PROPERTIES,
                "latency_ms": asked.latency_ms,
                "runs": runs,
                "get_all_cpu_over_ours_median": round(ratios[len(ratios) // 2], 2),
            }
        )
    )


if __name__ == "__main__":
    main()
