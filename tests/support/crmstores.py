"""Stores of a few contacts, written by hand, whose reports can be counted on fingers."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa

from leadscore.hubspot.history import HISTORY
from leadscore.hubspot.properties import definitions_table
from leadscore.sandbox.standard import standard_properties
from leadscore.store import Store

SYNCED = pd.Timestamp("2026-09-01", tz="UTC")
DATES = (
    *("createdate", "hs_v2_date_entered_customer", "hs_lifecyclestage_lead_date"),
    *("hs_lifecyclestage_marketingqualifiedlead_date", "notes_last_contacted"),
    *("hs_first_outreach_date", "recent_conversion_date"),
)
STANDARD = standard_properties("contacts")
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e$\\frac{1}$"


def person(name: str, created: str = "2026-01-10", **more: Any) -> dict[str, Any]:
    """Return a contact; `won` is when it became a customer."""
    won = more.pop("won", None)
    return {
        "id": name,
        "createdate": created,
        "lifecyclestage": "customer" if won else "lead",
        "hs_analytics_source": "PAID_SEARCH",
        "hs_v2_date_entered_customer": won,
        **more,
    }


def entry(who: str, name: str, value: str, at: str) -> dict[str, Any]:
    """Return an entry of a contact's history."""
    moment = pd.to_datetime(at, utc=True)
    return {"object": "contacts", "id": who, "property": name, "value": value, "timestamp": moment}


def fill(
    store: Store,
    people: list[dict[str, Any]],
    history: list[dict[str, Any]] | None = None,
    *,
    zone: str | None = "America/New_York",
) -> Store:
    """Write contacts, their history and HubSpot's definitions, as a sync leaves them."""
    frame = pd.DataFrame(people, columns=None if people else list(person("1")))
    for name in frame:
        if name in DATES:
            moments = pd.to_datetime(frame[name], utc=True, format="ISO8601")
            frame[name] = moments.astype("datetime64[us, UTC]")
        elif name != "num_contacted_notes":
            frame[name] = frame[name].astype("str")
    store.write("contacts", frame)
    if history is not None:
        store.write("history", pa.Table.from_pylist(history, schema=HISTORY))
    store.write("properties", definitions_table(dict(STANDARD), "contacts"))
    store.ledger.set_checkpoint("synced_at", SYNCED.isoformat())
    store.ledger.set_checkpoint("time_zone", zone)
    return store
