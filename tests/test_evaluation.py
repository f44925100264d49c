import json

import numpy as np
import pandas as pd
import pytest
from leadframes import leads, with_attrs

from leadscore import metrics
from leadscore.errors import DataError, ModelError
from leadscore.evaluation import backtest, evaluate, measure
from leadscore.pointsmodel import as_model
from leadscore.rulefiles import parse
from leadscore.training import train

DATA = leads(3000)
MODEL = train(DATA)
TESTED = backtest(MODEL, DATA)
SHARES = {"twentieth": 0.05, "decile": 0.1, "fifth": 0.2, "half": 0.5}


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
    assert len(found) == (twice["snapshot_at"] >= cut).sum()
    assert found["fold"].nunique() == 3
    older = (twice["snapshot_at"] <= cut - pd.Timedelta("30D")).sum()
    assert found.attrs["train_rows"] == pytest.approx(2 / 3 * older, rel=0.02)


def test_a_rolling_test_stands_beside_the_headline():
    found = backtest(MODEL, DATA, protocol="rolling")
    assert found.attrs["protocol"] == "rolling"
    assert len(found) == 1500
    cuts = pd.DataFrame(found.attrs["cuts"])
    assert pd.to_datetime(cuts["cut"]).is_monotonic_increasing
    assert cuts["train_rows"].is_monotonic_increasing
    first = found.groupby("fold")["snapshot_at"].min()
    assert first.map(pd.Timestamp.isoformat).tolist() == cuts["cut"].tolist()
    model = train(DATA)
    evaluate(model, DATA)
    headline = dict(model.card)
    beside = evaluate(model, DATA, predictions=found)
    assert beside.attrs["protocol"] == "rolling"
    assert model.card == headline


def test_every_cut_tells_what_was_learnt_from_and_what_was_read():
    (cut,) = TESTED.attrs["cuts"]
    assert cut["train_rows"] == TESTED.attrs["train_rows"]
    assert cut["test_rows"] == 900
    assert set(cut["columns"]) <= set(DATA.columns) - {"contact_id", "snapshot_at", "outcome"}
    assert json.loads(json.dumps(TESTED.attrs)) == TESTED.attrs


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


def test_the_evaluation_names_its_metrics_with_their_intervals():
    found = evaluate(MODEL, DATA, predictions=TESTED)
    tops = [f"{what}_top_{share}" for share in SHARES for what in ("lift", "recall")]
    assert found["metric"].tolist() == [
        *("roc_auc", "average_precision", "brier_skill", "ece", "log_loss"),
        *tops,
        *("flagged_share", "flagged_recall", "very_good_to_low", "base_rate"),
    ]
    others = found[found["metric"] != "ece"]  # resampling always adds to a mean of distances
    assert (others["low"] <= others["value"]).all()
    assert (others["value"] <= others["high"]).all()
    by_name = found.set_index("metric")["value"]
    y, p = TESTED["outcome"], TESTED["probability"]
    assert by_name["roc_auc"] == metrics.roc_auc(y, p)
    for word, share in SHARES.items():
        assert by_name[f"lift_top_{word}"] == metrics.lift(y, p, share)
        assert by_name[f"recall_top_{word}"] == metrics.recall_at(y, p, share)
    assert by_name["base_rate"] == y.mean()
    assert found.attrs["test_rows"] == 900


def test_madkudus_numbers_are_those_of_the_ranking():
    by_name = measure(TESTED).set_index("metric")["value"]
    y, p = TESTED["outcome"], TESTED["probability"]
    assert metrics.recall_at(y, p, by_name["flagged_share"]) == pytest.approx(0.6)
    assert by_name["flagged_recall"] == metrics.recall_at(y, p, 0.25)
    ranked = TESTED.sort_values("probability", ascending=False)["outcome"].astype(float)
    best, worse = ranked.iloc[:90], ranked.iloc[450:]
    expected = ((best.sum() + 0.5) / 91) / ((worse.sum() + 0.5) / 451)
    assert by_name["very_good_to_low"] == pytest.approx(expected, rel=0.02)


def test_any_predictions_can_be_measured_whatever_the_order_of_their_rows():
    mixed = TESTED.sample(frac=1, random_state=1)
    mixed.attrs = TESTED.attrs
    pd.testing.assert_frame_equal(measure(mixed), measure(TESTED))


def test_intervals_are_over_contacts():
    alone = measure(TESTED).set_index("metric")
    often = pd.concat([TESTED] * 4, ignore_index=True)
    often.attrs = TESTED.attrs
    again = measure(often).set_index("metric")
    assert again.loc["roc_auc"].tolist() == pytest.approx(alone.loc["roc_auc"].tolist())


def test_the_verdict_says_in_a_sentence_what_the_interval_means():
    assert measure(TESTED).attrs["verdict"].startswith("There is a usable signal: the ROC AUC is")
    for said, words in (
        (TESTED["probability"] * 0 + 0.2, "includes chance (0.5)"),
        (-TESTED["probability"], "worse than chance"),
    ):
        rows = TESTED.assign(probability=said.clip(-1, 1) / 2 + 0.5)
        rows.attrs = TESTED.attrs
        found = measure(rows).attrs
        assert found["signal"] is False
        assert found["verdict"].startswith("No usable signal: ")
        assert words in found["verdict"]


def test_an_auc_above_a_half_is_no_signal_while_its_interval_includes_a_half():
    chance = np.random.default_rng(0).random(len(TESTED))
    better = metrics.roc_auc(TESTED["outcome"], chance) > 0.5
    rows = TESTED.assign(probability=chance if better else 1 - chance)
    rows.attrs = TESTED.attrs
    found = measure(rows)
    auc = found.iloc[0]
    assert auc["low"] < 0.5 < auc["value"]
    assert found.attrs["signal"] is False


def test_without_a_conversion_there_is_no_signal_and_the_sentence_says_why():
    rows = TESTED.assign(outcome=False)
    rows.attrs = TESTED.attrs
    found = measure(rows)
    assert found.attrs["signal"] is False
    assert "too few leads of one of the two outcomes" in found.attrs["verdict"]


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


def test_point_rules_are_not_given_the_figures_of_a_recipe():
    text = "name: P\ngroups: {Who: {rules: [{property: source, known: true, points: 5}]}}"
    rules = parse(text)
    with pytest.raises(ModelError, match="point rules"):
        backtest(as_model(rules, DATA), DATA)


def test_a_fold_knows_of_the_goals_timing_only_what_was_known_at_its_cut():
    cut = pd.Timestamp(TESTED.attrs["cuts"][0]["cut"])
    months = pd.date_range("2025-01-01", "2025-12-01", freq="MS", tz="UTC")
    over = months + pd.DateOffset(months=1) <= cut
    assert 0 < over.sum() < len(months)

    def read(*, late_before, late_after):
        late = {"visits": " ".join(map(str, np.where(over, late_before, late_after)))}
        by_month = {
            "months": " ".join(months.strftime("%Y-%m-%d")),
            "converted": " ".join(["10"] * len(months)),
            "first_after_goal": late,
            "at_goal": {},
        }
        whole = {"visits": {"first_after_goal": 0.9, "at_goal": 0.0}}
        data = with_attrs(DATA, timing=whole, timing_by_month=by_month)
        assert "visits" not in train(data).features
        return {name for fold in backtest(MODEL, data).attrs["cuts"] for name in fold["columns"]}

    assert "visits" in read(late_before=0, late_after=10)
    assert "visits" not in read(late_before=10, late_after=0)
