"""Write the sample export: contacts of the simulated market, as an analyst would export them.

    python data/make_sample.py [--contacts 2000] [--seed 7] [--output data/sample_contacts.csv]

Each row is what was on record a day after the contact came in, and what became of it by day 90.
The same arguments give the same file.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from leadscore.sandbox.world import Batch, World, simulate
from leadscore.tables import Table, read_table, wire

NOW = "2026-01-01"
# More than the market's own, so that there is something to learn from a small file.
BASE_RATE = 0.12
DAY = 86_400_000
# Neither who a contact is (name, mail address) nor what HubSpot fills in after a conversion.
COLUMNS = [
    "createdate",
    "jobtitle",
    "numemployees",
    "industry",
    "country",
    "hs_analytics_source",
    "first_conversion_event_name",
    "hs_analytics_num_visits",
    "hs_analytics_num_page_views",
    "hs_email_delivered",
    "hs_email_open",
    "hs_email_click",
    "num_conversion_events",
    "product_interest",
    "seats_needed",
    "demo_requested",
]


def sample(*, contacts: int = 2000, seed: int = 7) -> pd.DataFrame:
    """Return the export: strings as on the wire, None where nothing is known.

    Only contacts that are at least 90 days old, and were no customers yet a day after they came in.
    """
    world = simulate(contacts=round(contacts * 1.4), seed=seed, now=NOW, base_rate=BASE_RATE)
    leads = pd.concat(_leads(world), ignore_index=True).tail(contacts).reset_index(drop=True)
    table = read_table(leads[COLUMNS])
    export = pd.DataFrame({name: _wired(table, name) for name in COLUMNS})
    export["became_customer"] = leads["became_customer"]
    return export


def _leads(world: World) -> Iterator[pd.DataFrame]:
    last = world.now.timestamp() * 1000 - 90 * DAY
    for batch in world.batches():
        if batch.kind == "contacts":
            created = pd.Series(batch.created)
            won = _won(batch, world)
            open_then = ~(won <= created + DAY) & (created <= last)
            early = _as_of(batch, world, created + DAY)
            early["became_customer"] = (won <= created + 90 * DAY).map({True: "yes", False: "no"})
            yield early[open_then]


def _entries(batch: Batch, world: World) -> pd.DataFrame:
    own = batch.entries
    names = pd.Series(world.names["contacts"])
    return pd.DataFrame(
        {
            "row": own.record,
            "name": names.iloc[own.property].to_numpy(),
            "at": own.at,
            "value": own.value,
        }
    )


def _won(batch: Batch, world: World) -> pd.Series:
    """Return when each contact became a customer, in milliseconds; missing if it did not."""
    found = _entries(batch, world)
    stages = found[(found["name"] == "lifecyclestage") & (found["value"] == "customer")]
    return stages.groupby("row")["at"].min().reindex(range(len(batch.ids)))


def _as_of(batch: Batch, world: World, at: pd.Series) -> pd.DataFrame:
    found = _entries(batch, world)
    known = found[found["name"].isin(COLUMNS) & (found["at"] <= at.iloc[found["row"]].to_numpy())]
    newest = known.drop_duplicates(["row", "name"], keep="last")
    wide = newest.pivot_table(index="row", columns="name", values="value", aggfunc="last")
    return wide.reindex(index=range(len(batch.ids)), columns=COLUMNS).replace("", None)


def _wired(table: Table, name: str) -> pd.Series:
    return wire(table.frame[name], table.column(name).type)


def main() -> None:
    """Write the file and say so."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contacts", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).with_name("sample_contacts.csv")
    )
    options = parser.parse_args()
    export = sample(contacts=options.contacts, seed=options.seed)
    export.to_csv(options.output, index=False, lineterminator="\n")
    customers = (export["became_customer"] == "yes").sum()
    print(f"{options.output}: {len(export)} contacts, {customers} customers")


if __name__ == "__main__":
    main()
