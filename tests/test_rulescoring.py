import numpy as np
import pandas as pd
import pytest
from leadframes import leads, with_attrs

import leadscore as ls
from leadscore.errors import DataError
from leadscore.evaluation import backtest as model_backtest
from leadscore.rulefiles import parse
from leadscore.rulescoring import backtest, evaluate, score_frame
from leadscore.scores import score_frame as model_score_frame
from leadscore.training import train

RULES = parse("""
groups:
  Fit:
    rules: [{property: source, equals: event, points: 20}]
  Activity:
    kind: engagement
    rules:
      - {property: visits, points_each: 5, max: 40}
      - {property: last_open, within: 30 days, points: 10}
""")
NOISE = parse("groups: {Fit: {rules: [{property: opted_in, equals: true, points: 5}]}}")
DATA = leads(1500)
FRESH = leads(400, seed=1)


def few(wins):
    """Leads of which only so many converted."""
    data = leads(300)
    won = np.zeros(300, dtype=bool)
    won[np.argsort(-data["visits"].fillna(0).to_numpy(), kind="stable")[:wins]] = True
    return with_attrs(data.assign(outcome=pd.array(won, dtype="boolean")))


def value(found, metric):
    return found.set_index("metric").loc[metric, "value"]


def test_rules_are_tested_on_the_rows_that_a_model_is_tested_on():
    mine, its = backtest(RULES, DATA), model_backtest(train(DATA), DATA)
    keys = ["contact_id", "snapshot_at", "outcome", "fold"]
    pd.testing.assert_frame_equal(mine[keys], its[keys], check_dtype=False)
    assert mine.attrs.keys() == its.attrs.keys()
    assert mine.attrs["protocol"] == its.attrs["protocol"] == "temporal_holdout"


def test_what_a_point_is_worth_comes_from_the_past_alone():
    cut = backtest(RULES, DATA).attrs["cuts"][0]["cut"]
    later = DATA["snapshot_at"] >= pd.Timestamp(cut)
    turned = with_attrs(DATA.assign(outcome=DATA["outcome"] ^ later))
    same = backtest(RULES, DATA)["probability"]
    pd.testing.assert_series_equal(backtest(RULES, turned)["probability"], same)


def test_good_rules_show_a_signal_and_empty_ones_none():
    good, empty = evaluate(RULES, DATA), evaluate(NOISE, DATA)
    assert good.attrs["signal"]
    assert value(good, "roc_auc") > 0.65
    assert value(good, "brier_skill") > 0
    assert not empty.attrs["signal"]
    assert not good.attrs["seen"]


def test_the_figures_are_those_of_a_models_evaluation():
    model = train(DATA)
    mine, its = evaluate(RULES, DATA), ls.evaluate(model, DATA)
    assert mine["metric"].tolist() == its["metric"].tolist()
    assert list(mine.columns) == list(its.columns)


def test_a_table_without_time_is_cross_validated():
    data = with_attrs(DATA, time_known=False)
    assert evaluate(RULES, data).attrs["protocol"] == "cross_validation"
    assert backtest(RULES, data)["fold"].nunique() == 5


@pytest.mark.parametrize("wins", [1, 39])
def test_few_conversions_are_tested_on_points_alone(wins):
    data = few(wins)
    found = evaluate(RULES, data)
    assert found.attrs["protocol"] == "all_rows"
    assert found.attrs["test_rows"] == 300
    assert not {"brier_skill", "ece", "log_loss"} & set(found["metric"])
    assert value(found, "roc_auc") > 0.7


def test_a_protocol_that_was_asked_for_is_kept_or_refused():
    with pytest.raises(DataError):
        backtest(RULES, few(1), protocol="temporal_holdout")
    assert backtest(RULES, DATA, protocol="all_rows")["contact_id"].nunique() == 1500
    assert backtest(RULES, DATA, protocol="rolling").attrs["protocol"] == "rolling"


def test_from_forty_conversions_on_the_past_and_the_future_are_apart():
    assert backtest(RULES, few(39)).attrs["protocol"] == "all_rows"
    assert backtest(RULES, few(40)).attrs["protocol"] == "temporal_holdout"


def test_nobody_converted_is_no_signal():
    found = evaluate(RULES, few(0))
    assert not found.attrs["signal"]
    assert np.isnan(value(found, "roc_auc"))


def test_rules_that_do_not_fit_the_data_are_refused():
    with pytest.raises(DataError, match="no column visits"):
        evaluate(RULES, DATA.drop(columns="visits"))


def test_scores_by_rules_have_the_columns_of_scores_by_a_model():
    mine = score_frame(RULES, FRESH, data=DATA, capacity=40)
    its = model_score_frame(train(DATA), FRESH, capacity=40)
    assert list(mine.columns) == list(its.columns)
    assert (mine["tier"] == "A").sum() == 40
    assert mine["score"].between(0, 100).all()


def test_more_points_mean_a_better_place_and_a_higher_score():
    scored = score_frame(RULES, FRESH, data=DATA).set_index("contact_id")
    points = RULES.points(FRESH.set_index("contact_id")).reindex(scored.index)
    assert points.round(9).is_monotonic_decreasing
    assert scored["score"].is_monotonic_decreasing


def test_the_reasons_are_the_properties_whose_rules_fired():
    scored = score_frame(RULES, FRESH, data=DATA).set_index("contact_id")
    lead = FRESH.set_index("contact_id")
    parts = RULES.contributions(lead)
    for contact in scored.index[:50]:
        fired = {reason["property"] for reason in scored.loc[contact, "reasons_for"]}
        wanted = [
            name.removeprefix("each of ").split()[0]
            for name in parts.columns[parts.loc[contact] > 0]
        ]
        assert fired == set(wanted)


def test_few_conversions_are_enough_for_scores_by_rules():
    scored = score_frame(RULES, FRESH, data=few(3))
    assert scored["probability"].between(0, 0.5).all()
    assert len(scored) == 400


def test_a_store_is_scored_by_rules_as_by_a_model(synced, store):
    data = ls.training_set(store, ls.reaches("customer"))
    rules = parse("""
groups:
  Fit: {rules: [{property: jobtitle, seniority: [chief, vp, director], points: 20}]}
  Activity:
    kind: engagement
    rules: [{property: hs_analytics_num_visits, in_last: 30 days, points_each: 3, max: 30}]
""")
    model = ls.rules.as_model(rules, data)
    model.record(ls.rules.evaluate(rules, data))
    scored = ls.score(model, store, capacity=20)
    open_contacts = scored[scored["tier"] != "reached"]
    assert (open_contacts["tier"] == "A").sum() == 20
    assert scored.attrs["signal"] == model.card["signal"]
    assert scored.attrs["model"] == model.id
    assert open_contacts["reasons"].str.contains("Job title is|last 30 days").any()
