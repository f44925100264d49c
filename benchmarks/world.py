"""How fast the simulated market is, and how much of it can be learnt.

Speed: seconds and history entries of 100,000 contacts, all batches read.

Ranking, all on one test set. A snapshot is a contact 1, 7 or 30 days after its creation or at a
month's start, if it exists then and is no customer yet; the outcome is to become one within 90
days. Test: one contact in eight, snapshots of the newest 75 days whose 90 days are over; at most
40,000. Training: the other contacts' snapshots whose 90 days were over when the test began, at most
500,000, drawn at random. Features: the values of property history as
of the snapshot, growth of counters in 7, 30 and 90 days, days since the last entry, the month.

- oracle: `World.oracle` at the snapshot.
- trees: HistGradientBoostingClassifier, categories as native categoricals.
- additive: logistic regression on one-hot codes of the same features, numbers in 20 bins.
- additive_trees: the same boosting with stumps, so that nothing interacts.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from leadscore.sandbox.world import World, simulate

NOW = "2026-01-01"
DAY = 86_400_000
HORIZON = 90 * DAY
BLOCK = 75 * DAY
MOST_TEST, MOST_TRAINING = 40_000, 500_000
BINS = 20
COUNTERS = (
    *("hs_analytics_num_visits", "hs_analytics_num_page_views", "pricing_page_views"),
    *("hs_email_delivered", "hs_email_open", "hs_email_click", "hs_email_bounce"),
    *("num_conversion_events", "num_contacted_notes", "num_associated_deals"),
)
RECENT = (
    *("createdate", "hs_analytics_last_timestamp", "hs_email_last_open_date"),
    *("hs_email_last_click_date", "recent_conversion_date", "notes_last_contacted"),
    *("engagements_last_meeting_booked", "hs_sales_email_last_replied", "lifecyclestage"),
    *("demo_requested", "pricing_page_views", "first_deal_created_date"),
)
NUMBERS = ("seats_needed",)
CATEGORIES = (
    *("jobtitle", "seniority", "numemployees", "industry", "country", "hs_analytics_source"),
    *("hs_latest_source", "first_conversion_event_name", "recent_conversion_event_name"),
    *("product_interest", "lifecyclestage", "hs_lead_status", "hubspot_owner_id"),
    *("hs_email_optout", "demo_requested", "hs_email_domain"),
)
KEPT = tuple(dict.fromkeys([*COUNTERS, *RECENT, *NUMBERS, *CATEGORIES]))


@dataclass
class Column:
    """One property's history: sorted keys (contact and time) and values."""

    key: np.ndarray
    value: np.ndarray

    def place(self, key: np.ndarray, row: np.ndarray) -> np.ndarray:
        """Return the place of the last entry by then, or -1."""
        found = np.searchsorted(self.key, key, side="right") - 1
        there = (found >= 0) & (self.key[np.maximum(found, 0)] >> 42 == row)
        return np.where(there, found, -1)

    def known(self, place: np.ndarray) -> np.ndarray:
        """Return the values at places; NaN at -1."""
        return np.where(place >= 0, self.value[np.maximum(place, 0)], np.nan)

    def moment(self, place: np.ndarray) -> np.ndarray:
        """Return the times of the entries at places; NaN at -1."""
        return np.where(place >= 0, (self.key & (2**42 - 1))[np.maximum(place, 0)], np.nan)


@dataclass
class Recorded:
    """What the benchmark keeps of a world."""

    ids: np.ndarray
    created: np.ndarray
    ended: np.ndarray
    won: np.ndarray
    columns: dict[str, Column]


def recorded(world: World) -> Recorded:
    """Read a world's contacts."""
    names = world.names["contacts"]
    wanted = {names.index(name): name for name in (*KEPT, "closedate")}
    parts: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {name: [] for name in wanted.values()}
    ids, created, first = [], [], 0
    archived: dict[int, int] = {}
    for batch in world.batches():
        if batch.kind != "contacts":
            continue
        found, moments = batch.entries, batch.entries.at
        order = np.argsort(found.property, kind="stable")
        bounds = np.searchsorted(found.property[order], np.arange(len(names) + 1))
        values = np.array(found.value, dtype=object)
        for place, name in wanted.items():
            some = order[bounds[place] : bounds[place + 1]]
            key = (found.record[some].astype(np.int64) + first << 42) + moments[some]
            parts[name].append((key, _encoded(name, values[some])))
        ids.append(batch.ids)
        created.append(batch.created)
        archived |= batch.archived
        first += len(batch.ids)
    columns = {name: _column(name, part) for name, part in parts.items()}
    every = np.concatenate(ids)
    ended = np.array([archived.get(one, 2**41) for one in every.tolist()])
    won = np.full(len(every), 2**41)
    closed = columns.pop("closedate")
    won[closed.key >> 42] = closed.key & (2**42 - 1)
    return Recorded(every, np.concatenate(created), ended, won, columns)


def _encoded(name: str, values: np.ndarray) -> np.ndarray:
    if name in COUNTERS or name in NUMBERS:
        return values.astype(np.float64)
    if name == "hs_email_domain":
        free = {"freemail.example", "webmail.example", "mymail.example"}
        return np.array([value in free for value in values.tolist()], dtype=object)
    return values if name in CATEGORIES else np.zeros(len(values))


def _column(name: str, part: list[tuple[np.ndarray, np.ndarray]]) -> Column:
    value = np.concatenate([value for _, value in part])
    if name in CATEGORIES:
        value = pd.factorize(value, sort=True)[0].astype(np.float64)
    return Column(np.concatenate([key for key, _ in part]), value)


def snapshots(found: Recorded, now: int) -> pd.DataFrame:
    """Return row, at (epoch ms) and outcome of all mature snapshots of open contacts."""
    rows = np.arange(len(found.ids))
    months = pd.date_range("2023-01-01", pd.Timestamp(now, unit="ms"), freq="MS")
    months = months.astype("datetime64[ms]").astype("int64").to_numpy()
    ages = [(rows, found.created + days * DAY) for days in (1, 7, 30)]
    pairs = [*ages, *((rows, np.full(len(rows), month)) for month in months)]
    row = np.concatenate([row for row, _ in pairs])
    at = np.concatenate([at for _, at in pairs])
    end = np.minimum(found.ended, found.won)
    keep = (at >= found.created[row]) & (at < end[row]) & (at + HORIZON <= now)
    row, at = row[keep], at[keep]
    return pd.DataFrame({"row": row, "at": at, "won": found.won[row] <= at + HORIZON})


def split(every: pd.DataFrame, now: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return training and test snapshots."""
    begin = now - HORIZON - BLOCK
    held = every["row"] % 8 == 0
    training = every[~held & (every["at"] + HORIZON <= begin)]
    test = every[held & (every["at"] > begin)]
    return tuple(
        part.sample(min(most, len(part)), random_state=0).sort_values(["row", "at"])
        for part, most in ((training, MOST_TRAINING), (test, MOST_TEST))
    )


def features(found: Recorded, shots: pd.DataFrame) -> pd.DataFrame:
    """Return what was known at the snapshots: categories as codes."""
    row, at = shots["row"].to_numpy(), shots["at"].to_numpy()
    key = (row << 42) + at
    made: dict[str, np.ndarray] = {}
    for name in COUNTERS:
        column = found.columns[name]
        made[name] = column.known(column.place(key, row))
        for days in (7, 30, 90):
            before = column.known(column.place(key - days * DAY, row))
            made[f"{name}_{days}"] = np.nan_to_num(made[name]) - np.nan_to_num(before)
    for name in RECENT:
        column = found.columns[name]
        made[f"{name}_days"] = (at - column.moment(column.place(key, row))) / DAY
    for name in (*NUMBERS, *CATEGORIES):
        column = found.columns[name]
        made[name] = column.known(column.place(key, row))
    made["month"] = pd.to_datetime(shots["at"], unit="ms").dt.month.to_numpy(dtype=float)
    return pd.DataFrame(made)


def trees(**options: Any) -> HistGradientBoostingClassifier:
    """Return boosted trees."""
    settings = {
        "learning_rate": 0.06,
        "max_iter": 400,
        "max_leaf_nodes": 31,
        "l2_regularization": 5,
    }
    return HistGradientBoostingClassifier(
        **(settings | options),
        categorical_features=[*CATEGORIES],
        min_samples_leaf=60,
        early_stopping=True,
        n_iter_no_change=20,
        random_state=0,
    )


class Binned:
    """Logistic regression on one-hot codes; numbers are cut at quantiles, missing is a code."""

    def fit(self, known: pd.DataFrame, won: np.ndarray) -> Binned:
        """Learn cuts and weights."""
        self.cuts = {
            name: np.unique(np.nanquantile(known[name], np.linspace(0, 1, BINS + 1)[1:-1]))
            for name in known
            if name not in CATEGORIES
        }
        self.sizes = {name: int(known[name].max()) + 2 for name in CATEGORIES}
        self.model = LogisticRegression(C=0.3, max_iter=300).fit(self._codes(known), won)
        return self

    def _codes(self, known: pd.DataFrame) -> sparse.csr_matrix:
        codes, first = [], 0
        for name in known:
            if name in CATEGORIES:
                code, size = known[name].fillna(-1).to_numpy().astype(int) + 1, self.sizes[name]
            else:
                values = known[name].to_numpy()
                code = np.searchsorted(self.cuts[name], values, side="right") + 1
                code, size = np.where(np.isnan(values), 0, code), len(self.cuts[name]) + 2
            codes.append(np.minimum(code, size - 1) + first)
            first += size
        columns = np.stack(codes, axis=1).ravel()
        rows = np.arange(len(known) + 1) * len(codes)
        return sparse.csr_matrix((np.ones(len(columns)), columns, rows), (len(known), first))

    def predict_proba(self, known: pd.DataFrame) -> np.ndarray:
        """Return the probabilities of both classes."""
        return self.model.predict_proba(self._codes(known))


MODELS: dict[str, Any] = {
    "trees": trees,
    "additive": Binned,
    "additive_trees": lambda: trees(max_leaf_nodes=2, max_iter=1500),
}


def ranking(
    contacts: int, *, seed: int = 0, models: tuple[str, ...] = tuple(MODELS), **options: Any
) -> dict[str, Any]:
    """Return the test set's size and the AUC of the oracle, trees and additive models."""
    world = simulate(contacts=contacts, seed=seed, now=NOW, **options)
    now, found = int(world.now.timestamp() * 1000), recorded(world)
    training, test = split(snapshots(found, now), now)
    known, unseen = features(found, training), features(found, test)
    ids = found.ids[test["row"]].astype(str).tolist()
    truth = world.oracle(ids, pd.to_datetime(test["at"], unit="ms", utc=True).tolist())
    scores = {"oracle": truth.to_numpy()}
    for name in models:
        fitted = MODELS[name]().fit(known, training["won"].to_numpy())
        scores[name] = fitted.predict_proba(unseen)[:, 1]
    outcome = test["won"].to_numpy()
    return {
        "contacts": contacts,
        "training_rows": len(training),
        "test_rows": len(test),
        "test_won": int(outcome.sum()),
        "test_expected": round(float(truth.sum()), 1),
        "roc_auc": {name: round(roc_auc_score(outcome, s), 4) for name, s in scores.items()},
    }


def speed(contacts: int = 100_000, **options: Any) -> dict[str, Any]:
    """Return seconds to simulate and read all batches, and how many entries there are."""
    began, entries = time.perf_counter(), 0
    for batch in simulate(contacts=contacts, now=NOW, **options).batches():
        entries += len(batch.entries.value)
    seconds = round(time.perf_counter() - began, 1)
    return {"speed_contacts": contacts, "seconds": seconds, "entries": entries}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contacts", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    print(json.dumps(speed() | ranking(asked.contacts, seed=asked.seed)))


if __name__ == "__main__":
    main()
