"""CPU and contacts a second of a full read, against the official client's `get_all`.

Without latency and limits: CPU seconds of this process (the portal runs in another) from a ready
client to a typed DataFrame. With latency, tier professional and its limits: contacts a second by
one cursor, and from both ends at once.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import time
from collections.abc import Callable

import pandas as pd
import pyarrow as pa
from hubspot import HubSpot

from leadscore.hubspot import fullreading
from leadscore.hubspot.connection import Portal, connect
from leadscore.hubspot.properties import definitions, typed_rows
from leadscore.hubspot.reading import read_records
from leadscore.sandbox import Sandbox, open_sandbox

PROPERTIES = 40
WORTH = fullreading.WORTH
NO_LIMIT = {
    "X-HubSpot-RateLimit-Max": "1000000",
    "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
}


def measured(read: Callable[[], int]) -> dict[str, float]:
    """Return CPU seconds of this process, wall seconds and contacts a second."""
    wall, cpu = time.perf_counter(), time.process_time()
    rows = read()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"cpu_s": round(cpu, 3), "wall_s": round(wall, 3), "contacts_per_s": round(rows / wall)}


class Pull:
    """The ways to read one portal into a DataFrame."""

    def __init__(self, place: Sandbox, portal: Portal) -> None:
        self.portal = portal
        self.defined = definitions(portal, "contacts")
        self.names = sorted(self.defined)[:PROPERTIES]
        self.client = HubSpot(access_token=place.token, host=place.url, base_url=place.url)

    def ours(self, *, both: bool) -> int:
        """Read with leadscore: typed columns."""
        fullreading.WORTH = WORTH if both else 10**12
        chunks = read_records(self.portal, "contacts", self.names)
        tables = [typed_rows(chunk.rows, self.defined).table for chunk in chunks]
        return len(pa.concat_tables(tables).to_pandas())

    def theirs(self) -> int:
        """Read with the official client: columns of text."""
        found = self.client.crm.contacts.get_all(properties=self.names)
        return len(pd.DataFrame([{"id": r.id, **r.properties} for r in found]))


def without_latency(contacts: int, runs: int) -> dict[str, object]:
    """Compare CPU, alternating."""
    with (
        open_sandbox(contacts=contacts, history=False, limits=False) as place,
        connect(place) as portal,
    ):
        portal.pool.general.learn(NO_LIMIT)
        pull = Pull(place, portal)
        ways = {
            "one_cursor": lambda: pull.ours(both=False),
            "both_ends": lambda: pull.ours(both=True),
            "get_all": pull.theirs,
        }
        found = [{name: measured(way) for name, way in ways.items()} for _ in range(runs)]
    ratio = {
        name: round(statistics.median(r["get_all"]["cpu_s"] / r[name]["cpu_s"] for r in found), 2)
        for name in ("one_cursor", "both_ends")
    }
    return {"runs": found, "get_all_cpu_over_ours_median": ratio}


def with_latency(contacts: int, latency_ms: float) -> dict[str, dict[str, float]]:
    """Compare contacts a second under the limits of tier professional."""
    found: dict[str, dict[str, float]] = {}
    for name in ("get_all", "one_cursor", "both_ends"):
        with (
            open_sandbox(
                contacts=contacts, history=False, latency_ms=latency_ms, tier="professional"
            ) as place,
            connect(place) as portal,
        ):
            pull = Pull(place, portal)
            both = name == "both_ends"
            way = pull.theirs if name == "get_all" else lambda p=pull, b=both: p.ours(both=b)
            found[name] = measured(way)
            statuses = [request["status"] for request in place.requests()]
            found[name]["replies_429"] = statuses.count(429)
    return found


def main() -> None:
    """Print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=20_000)
    parser.add_argument("--latency-ms", type=float, default=100.0)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    report = {
        "contacts": asked.contacts,
        "properties": PROPERTIES,
        "no_latency": without_latency(asked.contacts, asked.runs),
        "latency_ms": asked.latency_ms,
        "tier": "professional",
        "with_latency": with_latency(asked.contacts, asked.latency_ms),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
