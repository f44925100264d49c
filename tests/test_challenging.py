import sys

import numpy as np
import pandas as pd
import pytest
from leadframes import leads

from leadscore.challenging import challenge, winner
from leadscore.errors import DataError, UsageError
from leadscore.evaluation import backtest, measure
from leadscore.training import train


def compared(ranking, loss=(-0.01, 0.01)):
    return pd.DataFrame(
        {
            "metric": ["roc_auc", "log_loss"],
            "difference": [np.mean(ranking), np.mean(loss)],
            "low": [ranking[0], loss[0]],
            "high": [ranking[1], loss[1]],
        }
    )


@pytest.mark.parametrize(
    ("ranking", "loss", "name"),
    [
        ((0.001, 0.02), (-0.01, 0.01), "ebm"),
        ((0.001, 0.02), (-0.02, -0.01), "ebm"),
        ((0.0, 0.02), (-0.02, -0.01), "logistic"),
        ((-0.01, 0.05), (-0.02, -0.01), "logistic"),
        ((-0.05, -0.01), (0.01, 0.02), "logistic"),
        ((0.001, 0.02), (0.001, 0.02), "logistic"),
        ((np.nan, np.nan), (np.nan, np.nan), "logistic"),
    ],
)
def test_the_challenger_wins_only_by_more_than_the_interval(ranking, loss, name):
    assert winner(compared(ranking, loss))[0] == name


def test_the_verdict_gives_the_figures():
    assert winner(compared((0.01, 0.03)))[1] == (
        "The challenger wins: the challenger changes the ROC AUC by 0.020 (95 % 0.010 to 0.030)."
    )
    assert winner(compared((0.01, 0.03), (0.01, 0.03)))[1].endswith(
        ", but the log loss by 0.020 (95 % 0.010 to 0.030)."
    )


def test_without_the_extra_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "interpret.glassbox", None)
    with pytest.raises(UsageError, match=r'pip install "leadscore\[ebm\]"'):
        challenge(leads())


@pytest.fixture(scope="module")
def found():
    pytest.importorskip("interpret")
    return challenge(leads(), drop=["interests"], seed=3)


def test_both_learners_are_judged_side_by_side(found):
    assert list(found.columns) == ["metric", "logistic", "ebm", "difference", "low", "high"]
    rows = found.set_index("metric")
    assert {"roc_auc", "log_loss", "brier_skill"} <= set(rows.index)
    assert np.allclose(rows["difference"], rows["ebm"] - rows["logistic"])
    for name in ("roc_auc", "log_loss"):
        low, high = rows.loc[name, ["low", "high"]]
        assert low < rows.loc[name, "difference"] < high


@pytest.mark.parametrize("learner", ["logistic", "ebm"])
def test_the_figures_are_those_of_each_learners_own_backtest(found, learner):
    model = train(leads(), drop=["interests"], seed=3, learner=learner)
    tested = measure(backtest(model, leads())).set_index("metric")["value"]
    for name in ("roc_auc", "log_loss"):
        assert found.set_index("metric").loc[name, learner] == pytest.approx(
            tested[name], abs=1e-12
        )


def test_the_winner_is_a_learner_that_train_takes(found):
    assert found.attrs["winner"] == winner(found)[0]
    assert found.attrs["verdict"] == winner(found)[1]
    assert found.attrs["protocol"] == "temporal_holdout"
    assert found.attrs["test_rows"] > 300
    assert train(leads(), learner=found.attrs["winner"]).card["recipe"]["learner"] == "logistic"


@pytest.mark.slow
def test_where_the_truth_is_a_jagged_step_the_challenger_wins():
    pytest.importorskip("interpret")
    data = leads(2500, signal=0.0)
    rng = np.random.default_rng(0)
    opened = (data["snapshot_at"] - data["last_open"]) / pd.Timedelta("1D")
    jagged = np.where(np.floor(opened / 10) % 2 == 1, 0.6, 0.03)
    data["outcome"] = pd.array(rng.random(len(data)) < jagged, dtype="boolean")
    found = challenge(data)
    assert found.attrs["winner"] == "ebm", found.attrs["verdict"]


def test_a_property_that_is_not_there_is_refused():
    pytest.importorskip("interpret")
    with pytest.raises(UsageError, match="no property 'nope'"):
        challenge(leads(), drop=["nope"])


def test_too_little_data_is_refused():
    pytest.importorskip("interpret")
    with pytest.raises(DataError, match="a model needs 40"):
        challenge(leads(150))
