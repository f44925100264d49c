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
import time
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

import leadscore as ls
from leadscore.datasets import fetch_table
from leadscore.metrics import brier_skill, roc_auc
from leadscore.splits import temporal_split
from leadscore.tables import outcome, read_table, times

KEYS = ("contact_id", "snapshot_at", "outcome")
SHARES = (0.6, 0.65, 0.7, 0.75, 0.8)
TABLES: dict[str, dict[str, Any]] = {
    "bank-additional-full": {"positive": "y", "order": True, "known": "duration"},
    "online-shoppers-intention": {"positive": "Revenue", "date": "Month", "known": "PageValues"},
}
METRICS = ("roc_auc", "brier_skill")


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


def references() -> dict[str, Pipeline]:
    """Return plain logistic regression and boosted trees."""
    numbers = make_column_selector(dtype_include="number")
    others = make_column_selector(dtype_exclude="number")
    scaled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    onehot = OneHotEncoder(min_frequency=20, handle_unknown="infrequent_if_exist")
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return {
        "logistic": make_pipeline(
            make_column_transformer((scaled, numbers), (onehot, others)),
            LogisticRegression(C=1, max_iter=1000),
        ),
        "trees": make_pipeline(
            make_column_transformer(("passthrough", numbers), (codes, others)),
            HistGradientBoostingClassifier(max_iter=200, random_state=0),
        ),
    }


def cut(data: pd.DataFrame, share: float, known: str) -> dict[str, Any]:
    """Learn from what is older than a cut, and rank what is newer, in three ways."""
    past, asked = temporal_split(data["snapshot_at"], train_share=share, outcome=data["outcome"])
    older, newer = data[past], data[asked]
    older.attrs = dict(data.attrs)
    began = time.perf_counter()
    model = ls.train(older)
    seconds = round(time.perf_counter() - began, 1)
    rate, won = model.card["recalibration"]["rate"], newer["outcome"].to_numpy(float)
    found: dict[str, Any] = {
        "share": share,
        "train_rows": len(older),
        "test_rows": len(newer),
        "excluded": [e["property"] for e in model.card["excluded"]],
        "set_aside": [e["property"] for e in model.card["set_aside"]],
        "strength": model.card["strength"],
        "seconds": seconds,
        "ours": _skill(won, model.probability(newer), rate),
    }
    plain = data.drop(columns=[*KEYS, known])
    truths = plain.select_dtypes("boolean").columns
    plain = plain.astype(dict.fromkeys(truths, "float64"))
    for name, reference in references().items():
        reference.fit(plain[past], older["outcome"].astype(int))
        found[name] = _skill(won, reference.predict_proba(plain[asked])[:, 1], rate)
    return found


def _skill(won: np.ndarray, probability: np.ndarray, rate: float) -> dict[str, float]:
    return {
        "roc_auc": round(float(roc_auc(won, probability)), 4),
        "brier_skill": round(float(brier_skill(won, probability, reference=rate)), 4),
    }


def measured(name: str) -> dict[str, Any]:
    """Return the figures of one table, cut by cut and on average."""
    data, known = frame(name), TABLES[name]["known"]
    cuts = [cut(data, share, known) for share in SHARES]
    mean = {way: _mean(cuts, way) for way in ("ours", *references())}
    different = list({found["train_rows"]: found for found in cuts}.values())
    excluded = [set(found["excluded"]) for found in cuts]
    best = max(mean[way]["roc_auc"] for way in references())
    return {
        "leak_found": all(known in found for found in excluded),
        "most_false_exclusions": max(len(found - {known}) for found in excluded),
        "mean": mean,
        "distinct": {way: _mean(different, way) for way in ("ours", *references())},
        "ours_minus_the_better": round(mean["ours"]["roc_auc"] - best, 4),
        "cuts": cuts,
    }


def _mean(cuts: list[dict[str, Any]], way: str) -> dict[str, float]:
    return {m: round(float(np.mean([found[way][m] for found in cuts])), 4) for m in METRICS}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", choices=TABLES, action="append")
    asked = parser.parse_args()
    print(json.dumps({name: measured(name) for name in asked.table or TABLES}))


if __name__ == "__main__":
    main()
