"""What benchmarks on real tables share: cuts in time, and two references on the same rows.

`ours` is `leadscore.train`, which has to find leaks itself. `told` is the same, told which
columns are leaks and that no other is: what our recipe makes of the columns that the references
have. Without a miss or a false exclusion both are one.
"""

from __future__ import annotations

import time
from collections.abc import Collection
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
from leadscore.metrics import brier_skill, roc_auc
from leadscore.splits import temporal_split

KEYS = ("contact_id", "snapshot_at", "outcome")
SHARES = (0.6, 0.65, 0.7, 0.75, 0.8)
METRICS = ("roc_auc", "brier_skill")
WAYS = ("ours", "told", "logistic", "trees")
REFERENCES = ("logistic", "trees")


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


def cut(data: pd.DataFrame, share: float, known: Collection[str] = ()) -> dict[str, Any]:
    """Learn from what is older than a cut, and rank what is newer, in each way."""
    past, asked = temporal_split(data["snapshot_at"], train_share=share, outcome=data["outcome"])
    older, newer = data[past], data[asked]
    older.attrs = dict(data.attrs)
    began = time.perf_counter()
    model = ls.train(older)
    seconds = round(time.perf_counter() - began, 1)
    told = _told(model, older, known)
    rate, won = model.card["recalibration"]["rate"], newer["outcome"].to_numpy(float)
    plain = data.drop(columns=[*KEYS, *known])
    truths = plain.select_dtypes("boolean").columns
    plain = plain.astype(dict.fromkeys(truths, "float64"))
    said = {"ours": model.probability(newer), "told": told.probability(newer)}
    for name, reference in references().items():
        reference.fit(plain[past], older["outcome"].astype(int))
        said[name] = reference.predict_proba(plain[asked])[:, 1]
    return {
        "share": share,
        "train_rows": len(older),
        "test_rows": len(newer),
        "excluded": _names(model, "excluded"),
        "missed": sorted({*known} & {f["property"] for f in model.card["features"]}),
        "set_aside": _names(model, "set_aside"),
        "strength": model.card["strength"],
        "pairs": len(model.card["pairs"]),
        "seconds": seconds,
        **{way: _skill(won, probability, rate) for way, probability in said.items()},
    }


def _names(model: Any, what: str) -> list[str]:
    return [entry["property"] for entry in model.card[what]]


def _told(model: Any, older: pd.DataFrame, known: Collection[str]) -> Any:
    excluded = {*_names(model, "excluded")}
    if excluded == {*known}:
        return model
    return ls.train(older, drop=sorted(known), keep=sorted(excluded - {*known}))


def _skill(won: np.ndarray, probability: np.ndarray, rate: float) -> dict[str, float]:
    return {
        "roc_auc": round(float(roc_auc(won, probability)), 4),
        "brier_skill": round(float(brier_skill(won, probability, reference=rate)), 4),
    }


def means(cuts: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return the mean figures of each way over some cuts."""
    return {
        way: {m: round(float(np.mean([found[way][m] for found in cuts])), 4) for m in METRICS}
        for way in WAYS
    }


def lead(mean: dict[str, dict[str, float]], way: str = "ours") -> float:
    """Return by how much the mean AUC of a way is above the better reference's."""
    best = max(mean[reference]["roc_auc"] for reference in REFERENCES)
    return round(mean[way]["roc_auc"] - best, 4)
