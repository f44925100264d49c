"""Both public tables without a hint: what is excluded, and how newer rows are ranked.

Protocol. A frame as a portal would give it: all columns but the outcome, and for shoppers but the
month, which is the time; bank's rows are in time order. For each cut at 60, 65, 70, 75 and 80 % of
the rows (a cut in time never splits equal times: `leadscore.splits.time_cut`), learn from what is
older and rank what is newer. Means are over the cuts asked for; where two of them fall onto one
month end, it counts twice (`distinct` is over different cuts).

- `ours`: `leadscore.train`, nothing dropped or kept by hand. brier_skill is against the rate of the
  newest training block, as `leadscore.evaluate` has it.
- `logistic`: median and a missing indicator, standardised; one-hot, min_frequency 20; C = 1.
- `trees`: HistGradientBoosting, 200 iterations, ordinal codes.

Both references are given the table without its known leak; ours has to find it. Their brier_skill
is against the same rate. Both tables were looked at, these cuts included, while the recipe was made
(docs/decisions/0009-recipe.md): the figures are no blind test of it. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import pandas as pd
from contest import SHARES, cut, lead, means

from leadscore.datasets import fetch_table
from leadscore.tables import outcome, read_table, times

TABLES: dict[str, dict[str, Any]] = {
    "bank-additional-full": {"positive": "y", "order": True, "known": "duration"},
    "online-shoppers-intention": {"positive": "Revenue", "date": "Month", "known": "PageValues"},
}


def frame(name: str) -> pd.DataFrame:
    """Return a public table as a training frame."""
    about = TABLES[name]
    table = read_table(fetch_table(name))
    date = about.get("date")
    made = table.frame.drop(columns=[about["positive"], *([date] if date else [])]).assign(
        contact_id=[f"{place:07d}" for place in range(len(table.frame))],
        snapshot_at=times(table, date=date, order=about.get("order", False)),
        outcome=outcome(table, about["positive"]).values,
    )
    made.attrs = {"goal": about["positive"], "time_known": True, "horizon_days": None}
    return made


def measured(name: str) -> dict[str, Any]:
    """Return the figures of one table, cut by cut and on average."""
    data, known = frame(name), TABLES[name]["known"]
    cuts = [cut(data, share, [known]) for share in SHARES]
    mean = means(cuts)
    different = list({found["train_rows"]: found for found in cuts}.values())
    excluded = [set(found["excluded"]) for found in cuts]
    return {
        "leak_found": all(known in found for found in excluded),
        "most_false_exclusions": max(len(found - {known}) for found in excluded),
        "mean": mean,
        "distinct": means(different),
        "ours_minus_the_better": lead(mean),
        "cuts": cuts,
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", choices=TABLES, action="append")
    asked = parser.parse_args()
    print(json.dumps({name: measured(name) for name in asked.table or TABLES}))


if __name__ == "__main__":
    main()
