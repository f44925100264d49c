"""The evaluation of point-in-time frames of the simulated market, whose truth is known."""

import pandas as pd
import pytest
from worldstore import world_store

import leadscore as ls
from leadscore.evaluation import known_rows
from leadscore.holdouts import make_folds
from leadscore.metrics import roc_auc
from leadscore.sandbox.world import simulate

NOW = "2026-11-01"


def market(folder, **options):
    world = simulate(seed=1, now=NOW, **options)
    return world, ls.training_set(world_store(folder, world), ls.reaches("customer"))


def test_leads_that_stay_open_for_months_are_learnt_from_like_the_others(tmp_path):
    _, data = market(tmp_path, contacts=1500)
    known = known_rows(data)
    found = make_folds(known)
    gap = pd.Timedelta(days=data.attrs["horizon_days"])
    old = known[known["snapshot_at"] <= found[0].cut - gap]
    for fold in found:
        past, asked = known.iloc[fold.past], known.iloc[fold.asked]
        assert past["snapshot_at"].max() <= asked["snapshot_at"].min() - gap
        assert not set(past["contact_id"]) & set(asked["contact_id"])
        assert past["outcome"].mean() == pytest.approx(old["outcome"].mean(), rel=0.25)


@pytest.mark.slow
def test_what_the_model_is_worth_lies_between_chance_and_the_oracle(tmp_path):
    world, data = market(tmp_path, contacts=2500)
    model = ls.train(data)
    predictions = ls.backtest(model, data)
    found = ls.evaluate(model, data, predictions=predictions)
    assert found.attrs["signal"]
    truth = world.oracle(
        predictions["contact_id"].tolist(), predictions["snapshot_at"].tolist(), within="90D"
    )
    best = roc_auc(predictions["outcome"].astype(float), truth.to_numpy())
    auc = found.set_index("metric").loc["roc_auc"]
    assert 0.5 < auc["low"] < auc["high"] < best
    owners = ls.breakdown(predictions, data, by="hubspot_owner_id")
    assert owners["rows"].sum() == len(predictions)
    read = {name for cut in predictions.attrs["cuts"] for name in cut["columns"]}
    assert not read & set(data.attrs["not_features"])
    beside = ls.compare_baselines(model, data, predictions=predictions)
    assert {"recency alone", "boosted trees"} <= set(beside["ranking"])


@pytest.mark.slow
def test_a_market_without_signal_is_called_one(tmp_path):
    _, data = market(tmp_path, contacts=1500, signal=False)
    found = ls.evaluate(ls.train(data), data)
    assert found.attrs["signal"] is False
    assert found.attrs["verdict"].startswith("No usable signal")
