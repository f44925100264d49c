"""Measure what a press costs a panel's kernel at many contacts: ``widgets.py [CONTACTS]``."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa

import leadscore as ls

PER_CONTACT = 20  # changes in the history
ROUNDS = 30


def scored(n: int) -> pd.DataFrame:
    """Return scores of so many contacts, best first."""
    probability = np.sort(np.random.default_rng(0).beta(0.6, 8, n))[::-1]
    reason = [{"property": "visits", "value": "3", "contribution": 0.4}]
    return pd.DataFrame(
        {
            "contact_id": np.arange(1, n + 1).astype(str),
            "probability": probability,
            "score": pd.array(np.linspace(100, 0, n).round(), dtype="Int64"),
            "tier": "C",
            "reasons": "For: Visits: 3.",
            "reasons_for": [reason] * n,
        }
    )


def filled(folder: str, n: int) -> ls.Store:
    """Return a store with contacts and their history."""
    store = ls.open_store(folder)
    ids = np.arange(1, n + 1).astype(str)
    names = np.char.add("Company ", (np.arange(n) // 3).astype(str))
    store.write("contacts", pa.table({"id": ids, "company": names}))
    place = np.tile(np.arange(n), PER_CONTACT)
    days = np.random.default_rng(1).integers(0, 700, len(place)).astype("timedelta64[D]")
    history = {
        "object": np.full(len(place), "contacts"),
        "id": ids[place],
        "property": np.where(place % 2, "hs_analytics_num_visits", "jobtitle"),
        "value": np.full(len(place), "4"),
        "timestamp": pa.array(np.datetime64("2025-01-01", "us") + days, pa.timestamp("us", "UTC")),
    }
    store.write("history", pa.table(history))
    return store


def milliseconds(act: Callable[[int], object]) -> dict[str, float]:
    """Return median and worst of some presses, in milliseconds."""
    took = []
    for turn in range(ROUNDS):
        began = time.perf_counter()
        act(turn)
        took.append(1000 * (time.perf_counter() - began))
    return {"median": round(statistics.median(took), 1), "worst": round(max(took), 1)}


def main(n: int) -> dict[str, object]:
    """Return the times of slider and explorer, widgets included."""
    scores = scored(n)
    cut = ls.widgets.capacity(scores, 500)
    assert cut.widget is not None
    with tempfile.TemporaryDirectory() as folder:
        store = filled(folder, n)
        began = time.perf_counter()
        explorer = ls.widgets.explore(store, scores)
        assert explorer.widget is not None
        opening = round(time.perf_counter() - began, 2)

        def search(way: str, text: str) -> None:
            explorer.way.value, explorer.search.value = way, text

        return {
            "contacts": n,
            "history_rows": n * PER_CONTACT,
            "slider_ms": milliseconds(lambda turn: setattr(cut.slider, "value", 100 * (turn + 1))),
            "opening_the_explorer_s": opening,
            "search_by_id_ms": milliseconds(lambda turn: search("contact id", str(n - turn))),
            "search_by_company_ms": milliseconds(lambda turn: search("company", f"pany {turn}")),
            "showing_a_contact_ms": milliseconds(lambda turn: explorer.show(str(turn * 7 + 1))),
        }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if sys.argv[1:] else 100_000)))
