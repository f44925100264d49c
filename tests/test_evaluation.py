import numpy as np
import pandas as pd
import pytest
from leadframes import leads, with_attrs

from leadscore import metrics
from leadscore.errors import DataError, ModelError
from leadscore.evaluation import backtest, evaluate
from leadscore.model import train

DATA = leads(3000)
MODEL = train(DATA)
TESTED = backtest(MODEL, DATA)


def test_known_time_means_a_temporal_holdout_of_the_newest_rows():
    assert TESTED.attrs["protocol"] == "temporal_holdout"
    assert len(TESTED) == 900
    cut = TESTED["snapshot_at"].min()
    assert set(TESTED["contact_id"]) == set(DATA.loc[DATA["snapshot_at"] >= cut, "contact_id"])


def test_the_gap_before_the_test_is_the_horizon():
    cut = TESTED["snapshot_at"].min()
    older = DATA["snapshot_at"] <= cut - pd.Timedelta("30D")
    assert TESTED.attrs["train_rows"] == older.sum()
    unlimited = backtest(MODEL, with_attrs(DATA, horizon_days=None))
    assert unlimited.attrs["train_rows"] == 2100


def test_unknown_time_means_cross_validation_in_which_each_row_is_tested_once():
    found = backtest(MODEL, with_attrs(DATA, time_known=False))
    assert found.attrs["protocol"] == "cross_validation"
    assert sorted(found["contact_id"]) == sorted(DATA["contact_id"])
    assert set(found["fold"]) == {0, 1, 2, 3, 4}


def test_contacts_are_on_one_side_only():
    twice = pd.concat([DATA, DATA.assign(snapshot_at=DATA["snapshot_at"] + pd.Timedelta("90D"))])
    twice.attrs = DATA.attrs
    found = backtest(MODEL, twice)
    cut = found["snapshot_at"].min()
    older = twice[twice["snapshot_at"] <= cut - pd.Timedelta("30D")]
    only_older = older[~older["contact_id"].isin(found["contact_id"])]
    assert found.attrs["train_rows"] == len(only_older) < len(older)


def test_the_tested_rows_are_never_seen_in_training():
    # Outcomes of the test rows turned round: an honest backtest predicts the same as before.
    cut = TESTED["snapshot_at"].min()
    newest = DATA["snapshot_at"] >= cut
    turned = DATA.assign(outcome=DATA["outcome"] ^ newest)
    again = backtest(MODEL, turned)
    assert again["probability"].tolist() == TESTED["probability"].tolist()


def test_what_the_model_itself_has_learnt_is_not_used():
    other = train(leads(3000, seed=77, signal=-1.0))
    assert backtest(other, DATA)["probability"].tolist() == TESTED["probability"].tolist()


def test_exclusions_are_found_within_the_training_side():
    # Gives the outcome away among the newest rows only: the training side cannot know.
    cut = TESTED["snapshot_at"].min()
    late = np.where(DATA["snapshot_at"] >= cut, DATA["outcome"], False) * 1.0
    data = DATA.assign(late=late + np.arange(3000) % 5 / 10)
    assert evaluate(train(data), data).attrs["signal"]
    before = np.where(DATA["snapshot_at"] < cut, DATA["outcome"] * 9.0, np.arange(3000) % 7)
    gone = DATA.assign(before=before + np.arange(3000) % 5 / 10)
    assert backtest(MODEL, gone)["probability"].tolist() == TESTED["probability"].tolist()


def test_the_recipe_of_the_model_is_used():
    without = train(DATA, drop=["visits"])
    assert backtest(without, DATA)["probability"].tolist() != TESTED["probability"].tolist()
    changed = DATA.assign(visits=0.0)
    changed.attrs = DATA.attrs
    one, other = backtest(without, DATA), backtest(without, changed)
    assert one["probability"].tolist() == other["probability"].tolist()


def test_the_reference_is_the_rate_of_the_newest_training_block():
    drifting = leads(4000, drift=3.0)
    found = backtest(train(drifting), drifting)
    cut = found["snapshot_at"].min()
    past = drifting[drifting["snapshot_at"] <= cut - pd.Timedelta("30D")]
    newest = past[past["snapshot_at"] >= past["snapshot_at"].quantile(0.8)]
    assert found.attrs["reference_rate"] == pytest.approx(newest["outcome"].mean(), abs=0.01)


def test_the_evaluation_names_nine_metrics_with_their_intervals():
    found = evaluate(MODEL, DATA, predictions=TESTED)
    assert found["metric"].tolist() == [
        "roc_auc",
        "average_precision",
        "lift_top_decile",
        "brier_skill",
        "ece",
        "log_loss",
        "recall_top_decile",
        "recall_top_half",
        "base_rate",
    ]
    others = found[found["metric"] != "ece"]  # resampling always adds to a mean of distances
    assert (others["low"] <= others["value"]).all()
    assert (others["value"] <= others["high"]).all()
    by_name = found.set_index("metric")["value"]
    y, p = TESTED["outcome"], TESTED["probability"]
    assert by_name["roc_auc"] == metrics.roc_auc(y, p)
    assert by_name["lift_top_decile"] == metrics.lift(y, p, 0.1)
    assert by_name["base_rate"] == y.mean()
    assert found.attrs["test_rows"] == 900


def test_the_evaluation_is_the_same_in_any_order_of_rows():
    mixed = DATA.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(evaluate(MODEL, mixed), evaluate(MODEL, DATA))


def test_real_signal_is_seen():
    found = evaluate(MODEL, DATA, predictions=TESTED)
    assert found.attrs["signal"]
    assert found.set_index("metric").loc["brier_skill", "value"] > 0


def test_noise_is_called_noise():
    data = leads(3000, seed=11, signal=0.0)
    found = evaluate(train(data), data)
    assert found.attrs["signal"] is False
    assert found.set_index("metric").loc["brier_skill", "value"] > -0.02


def test_data_about_another_goal_is_refused():
    with pytest.raises(ModelError, match="predicts 'customer', and the data is about 'deal_won'"):
        backtest(MODEL, with_attrs(DATA, goal="deal_won"))


def test_too_short_a_time_for_the_horizon_is_refused():
    with pytest.raises(DataError, match=r"training part .* is empty"):
        backtest(MODEL, with_attrs(DATA, horizon_days=400))


def test_no_known_outcome_is_refused():
    with pytest.raises(DataError, match="No row has a known outcome"):
        backtest(MODEL, DATA.assign(outcome=pd.array([None] * 3000, dtype="boolean")))


def bank(folder):
    table = pd.read_csv(folder / "bank-additional-full.csv.gz", sep=";")
    return table.rename(columns=lambda name: name.replace(".", "_")), "y", "yes", "duration"


def shoppers(folder):
    table = pd.read_csv(folder / "online-shoppers-intention.csv.gz")
    names = ["Feb", "Mar", "May", "June", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    table["month"] = table.pop("Month").map(names.index)
    return table.sort_values("month", kind="stable"), "Revenue", True, "PageValues"


def real(read, folder):
    table, outcome, positive, leak = read(folder)
    table = table.reset_index(drop=True)
    order = table.pop("month") if read is shoppers else table.index.to_series()
    happened = table.pop(outcome) == positive
    table.insert(0, "contact_id", [f"{i:06d}" for i in range(len(table))])
    table["snapshot_at"] = pd.Timestamp("2010-01-01", tz="UTC") + pd.to_timedelta(order, unit="h")
    table["outcome"] = happened.astype("boolean")
    table.attrs = {"goal": f"{outcome}=yes", "horizon_days": None, "time_known": True}
    return table.drop(columns=leak)


@pytest.mark.slow
@pytest.mark.parametrize(("read", "auc"), [(bank, 0.65), (shoppers, 0.67)])
def test_real_leads_are_ranked_better_than_chance_on_what_came_later(public_tables, read, auc):
    data = real(read, public_tables)
    model = train(data)
    found = evaluate(model, data)
    assert model.card["excluded"] == []
    assert found.attrs["protocol"] == "temporal_holdout"
    by_name = found.set_index("metric")["value"]
    assert by_name["roc_auc"] >= auc
    assert by_name["brier_skill"] > 0
