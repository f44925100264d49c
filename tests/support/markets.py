"""Simulated markets that several tests read."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from leadscore.sandbox.world import Batch, World, simulate

NOW = pd.Timestamp("2026-01-01T15:30", tz="UTC")
NOW_MS = int(NOW.timestamp() * 1000)
DAY = 86_400_000
COUNTERS = (
    *("hs_analytics_num_visits", "hs_analytics_num_page_views", "hs_email_delivered"),
    *("hs_email_open", "hs_email_click", "num_conversion_events", "num_contacted_notes"),
    *("num_notes", "num_associated_deals", "pricing_page_views", "product_logins"),
)


@cache
def world(**options) -> World:
    return simulate(**({"contacts": 6000, "seed": 3, "now": NOW} | options))


@cache
def read(**options) -> tuple[Batch, ...]:
    return tuple(world(**options).batches())


@cache
def history(kind: str = "contacts", **options) -> pd.DataFrame:
    """Return the entries of one kind: id, property, at, value, source, created."""
    names, sources = world(**options).names[kind], world(**options).sources
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "id": batch.ids[batch.entries.record],
                    "property": np.array(names, dtype=object)[batch.entries.property],
                    "at": batch.entries.at,
                    "value": pd.Series(batch.entries.value, dtype=object),
                    "source": [sources[place][0] for place in batch.entries.source],
                    "created": batch.created[batch.entries.record],
                }
            )
            for batch in read(**options)
            if batch.kind == kind
        ],
        ignore_index=True,
    )


def first_entries(told: pd.DataFrame, name: str) -> pd.Series:
    return told[told["property"] == name].groupby("id")["at"].min()


def current(told: pd.DataFrame) -> pd.DataFrame:
    last = told.sort_values("at", kind="stable").drop_duplicates(["id", "property"], keep="last")
    wide = last.pivot_table(index="id", columns="property", values="value", aggfunc="last")
    wide.index = wide.index.astype(str)
    return wide
