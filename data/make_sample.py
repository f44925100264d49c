"""Write the sample export: contacts of the simulated market, as an analyst would export them.

    python data/make_sample.py [--contacts 500] [--seed 7] [--output data/sample_contacts.csv]

The same arguments give the same file.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from leadscore.sandbox.world import simulate
from leadscore.tables import Table, read_table, wire

NOW = "2026-01-01"
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


def sample(*, contacts: int = 500, seed: int = 7) -> pd.DataFrame:
    """Return the export: strings as on the wire, None where nothing is known.

    Only contacts that are at least 90 days old: what became of the others is not settled.
    """
    world = simulate(contacts=round(contacts * 1.3), seed=seed, now=NOW)
    settled = world.contacts["createdate"] + pd.Timedelta(days=90) <= world.now
    leads = world.contacts[settled].tail(contacts)
    table = read_table(leads[COLUMNS])
    export = pd.DataFrame({name: _wired(table, name) for name in COLUMNS})
    customer = leads["closedate"].notna().to_numpy()
    export["became_customer"] = pd.Series(customer).map({True: "yes", False: "no"})
    return export


def _wired(table: Table, name: str) -> pd.Series:
    return wire(table.frame[name], table.column(name).type)


def main() -> None:
    """Write the file and say so."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contacts", type=int, default=500)
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
