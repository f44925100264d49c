"""What a model of 10,000 contacts is worth on the simulated market, by the way that users go.

Protocol. The market of `leadscore.sandbox.world` as it stands, seen on 2026-01-01, as a sync would
leave it in a store. One contact in eight is tested; of the others 10,000 are learnt from, and
200,000, those 10,000 among them, by the boosted trees. Snapshots and their columns are those of
`leadscore.training_set`; for the 10,000 it is called on a store that holds no other contacts. The
outcome is to become a customer within 90 days. Test: snapshots of the newest 75 days whose 90 days
are over, at most 40,000. All learn from snapshots whose 90 days were over when the test began, the
trees from at most 500,000 of them, drawn at random.

- `ours`: `leadscore.train` on 10,000 contacts that have such a snapshot; nothing dropped or kept by
  hand.
- `ours_of_portal`: the same on any 10,000: about four in ten came in too late to be learnt from, as
  of the trees' 200,000.
- `trees`: `benchmarks/world.py`'s boosted trees on the 200,000: dates as days before the snapshot,
  e-mail domains as free or not, the other texts as native categoricals of at most 254 levels.
- `oracle`: the market's true probability, given everything. No model can do better.

gini is 2 · ROC AUC - 1. `--leak` plants a property that is set once the outcome is known and trains
on the same contacts with and without it; `--no-signal` asks a market in which all convert at one
rate. `--naive` reads the market as it is today, the way of most notebooks: the same 10,000
contacts, one row each, the values of now (`leadscore.training_set(history=False)`), no audit, the
trees of above, a third of the rows drawn at random as the test. That is what it promises; what it
delivers is what the same model reaches on the test set above, where values are those of then and
the next 90 days decide. `careful` leaves out all properties that nobody has before the goal. Both
learn from values of the market's now, later than the test: what they deliver is flattered, if
anything. Beside them: what `leadscore.evaluate` promises, and what that delivers.

Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from world import MOST_TEST, MOST_TRAINING, NOW, trees

import leadscore as ls
from leadscore.metrics import brier_skill
from leadscore.sandbox.world import World, simulate

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from worldstore import world_store

GOAL = ls.reaches("customer", within="90D")
HORIZON, BLOCK = pd.Timedelta("90D"), pd.Timedelta("75D")
LEAK = "account_review_score"
KEYS = ("contact_id", "snapshot_at", "outcome")
FREE = ("freemail.example", "webmail.example", "mymail.example")
MOST_LEVELS = 254


class Market:
    """A simulated market, read by way of a store: who is learnt from and who is tested."""

    def __init__(
        self, folder: str, *, contacts: int, learn: int, seed: int, **options: Any
    ) -> None:
        self.world: World = simulate(contacts=contacts, seed=seed, now=NOW, **options)
        self.store = world_store(folder, self.world)
        # By number: which contacts the store holds does not depend on a planted property.
        ids = np.array(sorted(self.store.arrow("contacts", ["id"])["id"].to_pylist(), key=int))
        mixed = np.random.default_rng(seed).permutation(ids)
        self.tested, self.others = np.split(mixed, [len(ids) // 8])
        self.learn = learn
        self.begin = self.world.now - HORIZON - BLOCK

    def own_set(self, *, usable: bool = True, **options: Any) -> pd.DataFrame:
        """Return the training set of a store that holds only as many as are to be learnt from.

        With `usable` all of them were there early enough to have an outcome when the test began.
        """
        every = self.store.arrow("contacts")
        chosen = self.others
        if usable:
            early = pa.scalar(self.begin - HORIZON - pd.Timedelta("1D"))
            old = every.filter(pa.compute.less_equal(every["createdate"], early))["id"]
            chosen = chosen[np.isin(chosen, old.to_pylist())]
        chosen = pa.array(chosen[: self.learn].tolist())
        few = every.filter(pa.compute.is_in(every["id"], chosen))
        self.store.write("contacts", few)
        try:
            return ls.training_set(self.store, GOAL, **options)
        finally:
            self.store.write("contacts", every)

    def past(self, data: pd.DataFrame) -> pd.DataFrame:
        """Return the rows whose outcome was known when the test began."""
        return _rows(data, data["snapshot_at"] + HORIZON <= self.begin)

    def test(self, data: pd.DataFrame) -> pd.DataFrame:
        """Return the test set."""
        newest = data["outcome"].notna() & (data["snapshot_at"] > self.begin)
        return _some(_rows(data, newest & data["contact_id"].isin(self.tested)), MOST_TEST)

    def oracle(self, test: pd.DataFrame) -> np.ndarray:
        """Return the true probabilities of the test's rows."""
        at = test["snapshot_at"].tolist()
        return self.world.oracle(test["contact_id"].tolist(), at).to_numpy()


def _rows(data: pd.DataFrame, mask: Any) -> pd.DataFrame:
    kept = data[mask].reset_index(drop=True)
    kept.attrs = dict(data.attrs)
    return kept


def _some(data: pd.DataFrame, most: int) -> pd.DataFrame:
    few = data.sample(min(most, len(data)), random_state=0).sort_values(list(KEYS[:2]))
    few.attrs = dict(data.attrs)
    return few.reset_index(drop=True)


class Trees:
    """The boosted trees of `benchmarks/world.py` over the columns of a training set."""

    def fit(self, data: pd.DataFrame, *, at: pd.Timestamp | None = None) -> Trees:
        """Learn from rows; dates become days before `at`, or before each row's snapshot."""
        self.columns = [n for n in data if n not in {*KEYS, *data.attrs.get("not_features", [])}]
        self.levels = {n: levels(data[n]) for n in self.columns if _is_text(data[n])}
        known = self.encoded(data, at=at)
        chosen: HistGradientBoostingClassifier = trees()
        chosen.set_params(categorical_features=[known.columns.get_loc(n) for n in self.levels])
        self.model = chosen.fit(known, data["outcome"].astype(bool))
        return self

    def encoded(self, data: pd.DataFrame, *, at: pd.Timestamp | None = None) -> pd.DataFrame:
        """Return numbers and codes; a column that the data lacks is empty."""
        moment = data["snapshot_at"] if at is None else at
        return pd.DataFrame({n: self._numbers(data, n, moment) for n in self.columns})

    def _numbers(self, data: pd.DataFrame, name: str, moment: Any) -> Any:
        if name not in data:
            return np.full(len(data), np.nan)
        values = data[name]
        if name in self.levels:
            places = {level: float(place) for place, level in enumerate(self.levels[name])}
            return _text(values).map(places).to_numpy(float)
        if isinstance(values.dtype, pd.DatetimeTZDtype):
            return ((moment - values) / pd.Timedelta("1D")).to_numpy(float)
        return values.astype("Float64").to_numpy(float, na_value=np.nan)

    def probability(self, data: pd.DataFrame) -> np.ndarray:
        """Return the probability of each row."""
        return self.model.predict_proba(self.encoded(data))[:, 1]


def _is_text(values: pd.Series) -> bool:
    return values.dtype == "str" or values.dtype == object


def _text(values: pd.Series) -> pd.Series:
    if values.name == "hs_email_domain":
        return values.isin(FREE).astype("str")
    if values.dtype == object:  # several checkboxes
        return values.map(lambda v: ";".join(sorted(v)), na_action="ignore").astype("str")
    return values


def levels(values: pd.Series) -> list[str]:
    """Return the most frequent levels."""
    return _text(values).value_counts().index[:MOST_LEVELS].tolist()


def skill(test: pd.DataFrame, probability: np.ndarray) -> dict[str, float]:
    """Return ROC AUC and Gini."""
    auc = roc_auc_score(test["outcome"].astype(bool), probability)
    return {"roc_auc": round(auc, 4), "gini": round(2 * auc - 1, 4)}


def _counted(test: pd.DataFrame, probability: np.ndarray) -> dict[str, float]:
    """Return how many conversions were expected, and how many came."""
    return {"expected": round(float(probability.sum()), 1), "came": int(test["outcome"].sum())}


def _brier(test: pd.DataFrame, probability: np.ndarray, rate: float) -> float:
    outcome = test["outcome"].to_numpy(float)
    return round(float(brier_skill(outcome, probability, reference=rate)), 4)


def timed(run: Callable[[], Any]) -> tuple[Any, float]:
    """Return what a call gives and its seconds."""
    began = time.perf_counter()
    found = run()
    return found, round(time.perf_counter() - began, 1)


def own(
    market: Market, past: pd.DataFrame, test: pd.DataFrame, *, honest: bool = False
) -> dict[str, Any]:
    """Train on the few and test; with `honest`, say what the backtest promised."""
    past = market.past(past)
    model, seconds = timed(lambda: ls.train(past))
    probability = model.probability(test)
    found = {
        "rows": len(past),
        "contacts": int(past["contact_id"].nunique()),
        "converted": int(past.loc[past["outcome"].astype(bool), "contact_id"].nunique()),
        "seconds": seconds,
        "excluded": [f"{e['property']}: {e['why']}" for e in model.card["excluded"]],
        "set_aside": [e["property"] for e in model.card["set_aside"]],
        "strength": model.card["strength"],
        "pairs": model.card["pairs"],
        **skill(test, probability),
        **_counted(test, probability),
        "brier_skill": _brier(test, probability, model.card["recalibration"]["rate"]),
    }
    if honest:
        promised = ls.evaluate(model, past)
        row = promised.set_index("metric").loc["roc_auc"]
        found["promised_roc_auc"] = [round(row[n], 4) for n in ("value", "low", "high")]
        found["signal"], found["verdict"] = (promised.attrs[n] for n in ("signal", "verdict"))
    return found


def ranking(asked: argparse.Namespace) -> dict[str, Any]:
    """Compare with boosted trees that know twenty times as many contacts."""
    with tempfile.TemporaryDirectory() as folder:
        market, seconds = timed(lambda: _market(asked, folder))
        # The few come first: which properties count up is found in their history alone.
        few, mixed = market.own_set(), market.own_set(usable=False)
        every = ls.training_set(market.store, GOAL, most_rows=10**9)
        test = market.test(every)
        past = market.past(every)
        past = _rows(past, ~past["contact_id"].isin(market.tested))
        learnt = _some(past, MOST_TRAINING)
        del every, past
        ours, of_portal = own(market, few, test), own(market, mixed, test)
        black, fitting = timed(lambda: Trees().fit(learnt))
        theirs = skill(test, black.probability(test))
    return {
        "store_seconds": seconds,
        **_about(market, test),
        "oracle": skill(test, market.oracle(test)),
        "trees": {
            "contacts": int(learnt["contact_id"].nunique()),
            "rows": len(learnt),
            "seconds": fitting,
            **theirs,
        },
        "ours": ours,
        "ours_of_portal": of_portal,
        "ours_of_trees": round(ours["gini"] / theirs["gini"], 4),
        "portal_of_trees": round(of_portal["gini"] / theirs["gini"], 4),
    }


def _market(asked: argparse.Namespace, folder: str, **options: Any) -> Market:
    return Market(folder, contacts=asked.contacts, learn=asked.learn, seed=asked.seed, **options)


def _about(market: Market, test: pd.DataFrame) -> dict[str, Any]:
    return {
        "test_rows": len(test),
        "test_contacts": int(test["contact_id"].nunique()),
        "test_converted_rows": int(test["outcome"].sum()),
        "test_begins": str(market.begin.date()),
    }


def one(asked: argparse.Namespace, *, honest: bool = False, **options: Any) -> dict[str, Any]:
    """Train on the few and test, without the trees."""
    with tempfile.TemporaryDirectory() as folder:
        market = _market(asked, folder, **options)
        few = market.own_set()
        test = market.test(ls.training_set(market.store, GOAL, most_rows=10**9))
        found = own(market, few, test, honest=honest)
        return {**_about(market, test), "oracle": _oracle(market, test), "ours": found}


def _oracle(market: Market, test: pd.DataFrame) -> dict[str, float] | None:
    truth = market.oracle(test)
    return skill(test, truth) if np.ptp(truth) else None


def leaking(asked: argparse.Namespace) -> dict[str, Any]:
    """Compare the same contacts with and without a planted property."""
    with_it, without = one(asked, leak=LEAK), one(asked)
    reasons = [why for why in with_it["ours"]["excluded"] if why.startswith(f"{LEAK}:")]
    gini = [found["ours"]["gini"] for found in (with_it, without)]
    return {
        "leak": reasons or "not excluded",
        "false_exclusions": len(with_it["ours"]["excluded"]) - len(reasons),
        "gini_with_and_without": gini,
        "unchanged": gini[0] == gini[1],
        "with": with_it,
        "without": without,
    }


def naive(asked: argparse.Namespace) -> dict[str, Any]:
    """Compare what a reading of today's values promises, and delivers, with ours."""
    with tempfile.TemporaryDirectory() as folder:
        market = _market(asked, folder)
        few = market.own_set()
        test = market.test(ls.training_set(market.store, GOAL, most_rows=10**9))
        today = market.own_set(history=False)
        known = _rows(today, today["outcome"].notna())
        third = np.random.default_rng(asked.seed).random(len(known)) < 1 / 3
        learnt, kept = _rows(known, ~third), _rows(known, third)
        ours = own(market, few, test, honest=True)
        truth = skill(test, market.oracle(test))
    early = [name for name in known if name in few or name in KEYS]
    now = market.world.now
    return {
        **_about(market, test),
        "naive": _today(learnt, kept, test, now),
        "careful": _today(learnt[early], kept[early], test, now),
        "left_out_by_careful": sorted(set(known) - set(early)),
        "ours": ours,
        "oracle": truth,
    }


def _today(
    learnt: pd.DataFrame, kept: pd.DataFrame, test: pd.DataFrame, now: pd.Timestamp
) -> dict[str, Any]:
    model = Trees().fit(learnt, at=now)
    promised = model.model.predict_proba(model.encoded(kept, at=now))[:, 1]
    delivered = model.probability(test)
    return {
        "rows": len(learnt),
        "columns": len(model.columns),
        "promised": skill(kept, promised) | _counted(kept, promised),
        "delivered": skill(test, delivered) | _counted(test, delivered),
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--contacts", type=int, help="of the market (228,571; 70,000 without trees)"
    )
    parser.add_argument("--learn", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--leak", action="store_true")
    way.add_argument("--no-signal", action="store_true")
    way.add_argument("--naive", action="store_true")
    asked = parser.parse_args()
    small = asked.leak or asked.no_signal or asked.naive
    asked.contacts = asked.contacts or (70_000 if small else 228_571)
    if asked.leak:
        found = leaking(asked)
    elif asked.no_signal:
        found = one(asked, honest=True, signal=False)
    else:
        found = naive(asked) if asked.naive else ranking(asked)
    given = {"seed": asked.seed, "market_contacts": asked.contacts, "learn": asked.learn}
    print(json.dumps(given | found, default=str))


if __name__ == "__main__":
    main()
