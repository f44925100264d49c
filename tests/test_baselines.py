"""The model beside simpler rankings: the same rows, paired differences, nothing left unsaid."""

import numpy as np
import pandas as pd
import pytest
from leadframes import leads
from panels import panel

from leadscore import metrics
from leadscore.baselines import compare_baselines, recency
from leadscore.errors import DataError
from leadscore.evaluation import backtest, measure
from leadscore.training import train

DATA = leads(2500)
DATA["hubspotscore"] = DATA["visits"].fillna(0) * 10
MODEL = train(DATA)
TESTED = backtest(MODEL, DATA)


class Rules:
    def points(self, frame):
        return frame["visits"].fillna(0) + 5 * (frame["source"] == "event")


FOUND = compare_baselines(MODEL, DATA, predictions=TESTED, rules=Rules())


def aucs(found):
    return found[found["metric"] == "roc_auc"].set_index("ranking")


def test_every_ranking_stands_beside_the_model():
    assert FOUND["ranking"].unique().tolist() == [
        *("model", "boosted trees", "point rules", "portal score hubspotscore"),
        *("recency alone", "base rate"),
    ]
    assert FOUND.attrs["absent"] == {}
    assert FOUND.attrs["test_rows"] == len(TESTED)
    assert FOUND.attrs["protocol"] == "temporal_holdout"


def test_the_models_figures_are_those_of_its_evaluation():
    own = FOUND[FOUND["ranking"] == "model"].set_index("metric")[["value", "low", "high"]]
    expected = measure(TESTED).set_index("metric").loc[own.index]
    pd.testing.assert_frame_equal(own, expected)
    assert (FOUND.loc[FOUND["ranking"] == "model", "difference"] == 0).all()


def test_the_base_rate_is_worth_chance():
    row = aucs(FOUND).loc["base rate"]
    assert row[["value", "low", "high"]].tolist() == [0.5, 0.5, 0.5]
    assert row["difference"] == pytest.approx(aucs(FOUND).loc["model", "value"] - 0.5)
    base = FOUND[(FOUND["ranking"] == "base rate") & (FOUND["metric"] == "brier_skill")]
    assert base["value"].tolist() == [0]


def test_a_score_is_ranked_on_the_models_test_rows():
    rows = DATA.set_index("contact_id").loc[TESTED["contact_id"]]
    expected = metrics.roc_auc(TESTED["outcome"], rows["hubspotscore"])
    assert aucs(FOUND).loc["portal score hubspotscore", "value"] == pytest.approx(expected)


def test_differences_are_paired_over_the_same_contacts():
    rows = DATA.set_index("contact_id").loc[TESTED["contact_id"]]
    y, p = TESTED["outcome"].astype(float), TESTED["probability"]
    expected = metrics.bootstrap_difference(
        metrics.roc_auc, y, p, rows["hubspotscore"], groups=TESTED["contact_id"]
    )
    row = aucs(FOUND).loc["portal score hubspotscore"]
    assert (row["difference_low"], row["difference_high"]) == pytest.approx(expected)


def test_rankings_that_say_no_probability_have_no_brier_skill():
    with_brier = set(FOUND.loc[FOUND["metric"] == "brier_skill", "ranking"])
    assert with_brier == {"model", "boosted trees", "base rate"}


def test_what_being_explainable_costs_is_said_in_a_sentence():
    row = aucs(FOUND).loc["boosted trees"]
    cost = FOUND.attrs["cost"]
    assert f"reach a ROC AUC of {row['value']:.3f}" in cost
    assert f"{row['difference']:+.3f}" in cost


def test_a_ranking_that_beats_the_model_is_named():
    data = DATA.assign(clever=DATA["outcome"].astype(float) + np.arange(2500) % 2 / 2)
    data.attrs = DATA.attrs
    tested = backtest(train(data, drop=["clever"]), data)
    found = compare_baselines(
        train(data, drop=["clever"]), data, predictions=tested, scores=["clever"], trees=False
    )
    assert found.attrs["beaten_by"] == ["portal score clever"]
    assert FOUND.attrs["beaten_by"] == []


def test_what_is_not_there_is_named_with_its_reason():
    bare = DATA.drop(columns=["hubspotscore", "last_open"])
    bare.attrs = DATA.attrs
    found = compare_baselines(train(bare), bare, trees=False)
    assert set(found["ranking"]) == {"model", "base rate"}
    assert found.attrs["absent"] == {
        "point rules": "no rules were given",
        "recency alone": "the model reads no date and no change",
        "boosted trees": "they were not asked for",
        "portal score": "the data has no score property with a value",
    }
    assert "cost" not in found.attrs


def test_rules_may_be_a_function_and_must_give_one_number_per_row():
    found = compare_baselines(MODEL, DATA, predictions=TESTED, rules=Rules().points, trees=False)
    pd.testing.assert_frame_equal(
        aucs(found).loc[["point rules"]], aucs(FOUND).loc[["point rules"]]
    )
    with pytest.raises(DataError, match="points of shape"):
        compare_baselines(MODEL, DATA, predictions=TESTED, rules=lambda _: [1.0], trees=False)


def test_a_score_that_is_not_there_is_refused():
    with pytest.raises(DataError, match="no column of numbers 'source'"):
        compare_baselines(MODEL, DATA, predictions=TESTED, scores=["source"], trees=False)


def test_leads_without_a_score_rank_last():
    data = DATA.assign(hubspotscore=DATA["hubspotscore"].where(DATA["source"] == "event"))
    data.attrs = DATA.attrs
    found = compare_baselines(MODEL, data, predictions=TESTED, trees=False)
    rows = data.set_index("contact_id").loc[TESTED["contact_id"], "hubspotscore"].fillna(-1)
    expected = metrics.roc_auc(TESTED["outcome"], rows)
    assert aucs(found).loc["portal score hubspotscore", "value"] == pytest.approx(expected)


def test_recency_is_of_what_leads_did_and_nothing_is_known_before_it_happened():
    now = pd.Timestamp("2026-01-10", tz="UTC")
    rows = pd.DataFrame(
        {
            "snapshot_at": [now] * 3,
            "opened": [now - pd.Timedelta("2D"), now + pd.Timedelta("1D"), pd.NaT],
            "form__since": [4.0, 7.0, np.nan],
            "founded": [now - pd.Timedelta("1D")] * 3,
        }
    )
    rows.attrs = {
        "families": {"form__since": "form"},
        "groups": {"opened": "engagement", "form": "engagement", "founded": "fit"},
    }
    found = recency(rows, columns=["opened", "form__since", "founded"])
    assert found[:2].tolist() == [-2, -7]
    assert np.isnan(found[2])
    assert recency(rows, columns=["founded"]).tolist() == [-1] * 3
    assert recency(rows, columns=[]) is None


@pytest.mark.parametrize("protocol", [None, "rolling"])
def test_with_several_folds_the_trees_see_what_the_model_saw(protocol):
    data = panel(1200).drop(columns=["hubspot_owner_id", "associatedcompanyid"])
    model = train(data)
    tested = backtest(model, data, protocol=protocol)
    found = compare_baselines(model, data, predictions=tested)
    assert found.attrs["test_rows"] == len(tested)
    trees, own = aucs(found).loc["boosted trees"], aucs(found).loc["model"]
    assert min(trees["value"], own["value"]) > 0.6


def test_the_comparison_is_the_same_in_any_order_of_rows():
    mixed = DATA.sample(frac=1, random_state=3)
    again = compare_baselines(MODEL, mixed, rules=Rules())
    pd.testing.assert_frame_equal(again, FOUND)
