import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadframes import leads, with_attrs
from scipy.special import expit

from leadscore.errors import DataError, ModelError
from leadscore.model import total
from leadscore.pointsmodel import PointsModel, _shrunk, _worth, as_model
from leadscore.rulefiles import parse

RULES = parse("""
max: 40
groups:
  Fit:
    max: 25
    rules:
      - {property: source, equals: event, points: 20}
      - {property: opted_in, equals: true, points: 10}
      - name: both
        all: [{property: source, equals: event}, {property: opted_in, equals: true}]
        points: -3
  Activity:
    kind: engagement
    rules:
      - {property: visits, points_each: 3, max: 12}
      - {property: last_open, within: 30 days, points: 10}
""")
DATA = leads(1500)
MODEL = as_model(RULES, DATA)


def test_the_logit_is_affine_in_the_points_and_rises_with_them():
    points = RULES.points(DATA).to_numpy()
    worth = MODEL.card["points"]
    logit = worth["intercept"] + worth["slope"] * points
    assert np.allclose(MODEL.probability(DATA), expit(logit), atol=1e-12)
    assert worth["slope"] > 0


def test_contributions_add_up_to_the_logit_although_limits_apply():
    parts = MODEL.contributions(DATA)
    assert list(parts.columns) == list(MODEL.terms)
    assert np.abs(expit(total(parts)) - MODEL.probability(DATA)).max() < 1e-9
    worth, points = MODEL.card["points"], RULES.points(DATA).to_numpy()
    assert np.abs(total(parts) - worth["intercept"] - worth["slope"] * points).max() < 1e-9


def test_probabilities_are_calibrated_where_there_are_outcomes():
    assert MODEL.probability(DATA).mean() == pytest.approx(DATA["outcome"].mean(), abs=0.01)


def test_terms_are_properties_and_groups_are_those_of_the_rules():
    assert MODEL.groups == {
        "last_open": "engagement",
        "opted_in": "fit",
        "opted_in & source": "fit",
        "source": "fit",
        "visits": "engagement",
    }
    assert MODEL.terms["source"].label == "Original source"
    assert MODEL.features == ["last_open", "opted_in", "source", "visits"]


def test_a_lead_without_points_has_the_base_alone():
    nobody = DATA.head(1).assign(source=None, opted_in=False, visits=0.0, last_open=pd.NaT)
    assert MODEL.contributions(nobody).abs().to_numpy().max() == 0
    assert MODEL.contributions(nobody).attrs["base"] == MODEL.base


def test_the_card_is_json_and_makes_the_model_again():
    again = PointsModel.from_card(json.loads(json.dumps(MODEL.card)))
    assert (again.probability(DATA) == MODEL.probability(DATA)).all()
    assert again.id == MODEL.id
    assert again.rules == RULES


def test_a_saved_model_is_the_same_when_loaded(tmp_path):
    again = PointsModel.load(MODEL.save(tmp_path / "models" / MODEL.id))
    assert again.card == json.loads(json.dumps(MODEL.card))
    assert (again.probability(DATA) == MODEL.probability(DATA)).all()


@pytest.mark.parametrize("text", [None, "{", "[]", "{}", '{"kind": "rules", "rules": "x"}'])
def test_a_folder_without_a_card_of_rules_is_refused(tmp_path, text):
    if text is not None:
        (tmp_path / "card.json").write_text(text)
    with pytest.raises(ModelError, match="holds no model made of rules"):
        PointsModel.load(tmp_path)


def test_the_same_rows_in_another_order_give_the_same_model():
    shuffled = DATA.sample(frac=1, random_state=1)
    shuffled.attrs = DATA.attrs
    assert as_model(RULES, shuffled).id == MODEL.id
    assert as_model(RULES, shuffled).card["quantiles"] == MODEL.card["quantiles"]


@pytest.mark.parametrize("wins", [0, 1, 5])
def test_hardly_any_conversion_gives_small_finite_rising_probabilities(wins):
    outcome = pd.array([True] * wins + [False] * (len(DATA) - wins), dtype="boolean")
    model = as_model(RULES, with_attrs(DATA.assign(outcome=outcome)))
    found = model.probability(DATA)
    assert 0 < found.mean() < 0.02
    assert model.card["points"]["slope"] > 0


@pytest.mark.parametrize(("won", "rate"), [(0, 1 / 52), (1, 51 / 52)])
def test_outcomes_that_are_all_the_same_are_smoothed_as_platt_did(won, rate):
    points = np.arange(50.0)
    slope, intercept = _worth(points, np.full(50, float(won)))
    assert expit(intercept + slope * points).mean() == pytest.approx(rate, abs=1e-6)


def test_rules_that_rank_the_wrong_way_round_keep_their_order_and_say_little():
    points = np.arange(1000.0)
    outcome = (points < 200).astype(float)
    slope, _ = _worth(points, outcome)
    assert 0 < slope * points.std() <= 0.1 + 1e-9


def test_equal_points_for_everybody_are_no_probabilities():
    flat = parse("groups: {Fit: {rules: [{property: source, equals: nowhere, points: 5}]}}")
    model = as_model(flat, DATA)
    with pytest.raises(ModelError, match="one and the same probability"):
        model.probability(DATA)


def test_without_outcomes_nobody_knows_what_a_point_is_worth():
    with pytest.raises(DataError, match="No row has a known outcome"):
        as_model(RULES, DATA.assign(outcome=pd.array([pd.NA] * len(DATA), dtype="boolean")))


@given(
    st.lists(st.lists(st.floats(-50, 50), min_size=3, max_size=3), min_size=1, max_size=4),
    st.one_of(st.none(), st.floats(-40, 0)),
    st.one_of(st.none(), st.floats(0, 40)),
)
def test_limits_are_taken_from_what_they_limit_in_proportion(points, low, high):
    given_ = np.array(points)
    found = _shrunk(given_, low, high)
    wanted = np.clip(
        given_.sum(axis=1), -np.inf if low is None else low, np.inf if high is None else high
    )
    assert np.allclose(found.sum(axis=1), wanted, atol=1e-9)
    assert (np.abs(found) <= np.abs(given_) + 1e-9).all()
    assert (found * given_ >= 0).all()


def test_an_evaluation_is_noted_on_the_card():
    model = as_model(RULES, DATA)
    found = pd.DataFrame(
        [("roc_auc", 0.7, 0.6, np.nan)], columns=["metric", "value", "low", "high"]
    )
    found.attrs = {"protocol": "temporal_holdout", "signal": True}
    model.record(found)
    assert (model.card["protocol"], model.card["signal"]) == ("temporal_holdout", True)
    assert model.card["metrics"] == [{"metric": "roc_auc", "value": 0.7, "low": 0.6, "high": None}]
    assert "5 rules in 2 groups" in repr(model)
