import json

import pytest
from leadframes import leads, with_attrs

from leadscore.training import train


@pytest.fixture(scope="module")
def card():
    return train(leads()).card


def test_the_card_is_plain_json(card):
    assert json.loads(json.dumps(card, allow_nan=False)) == card


def test_the_card_says_what_the_model_was_made_of(card):
    data = leads()
    assert card["goal"] == "customer"
    assert card["horizon_days"] == 30
    assert card["store_version"] == 3
    assert card["training"]["rows"] == len(data)
    assert card["training"]["conversions"] == data["outcome"].sum()
    assert card["training"]["base_rate"] == pytest.approx(data["outcome"].mean())
    assert card["recipe"] == {"drop": [], "keep": [], "seed": 0, "learner": "logistic"}
    assert card["recalibration"]["slope"] > 0
    assert set(card["versions"]) >= {"python", "scikit-learn", "skops", "numpy", "pandas"}


def test_each_feature_has_type_group_label_and_missing_share(card):
    visits = next(f for f in card["features"] if f["name"] == "visits")
    assert visits == {
        "name": "visits",
        "type": "number",
        "group": "engagement",
        "label": "Page visits",
        "property": "visits",
        "missing": pytest.approx(0.1, abs=0.03),
    }
    boxes = next(f for f in card["features"] if f["name"] == "interests")
    assert (boxes["type"], boxes["options"]) == ("checkboxes", ["a", "b"])


def test_the_id_depends_on_data_and_recipe_and_not_on_the_time(card):
    assert train(leads()).card["id"] == card["id"]
    assert len(card["id"]) == 10
    assert train(leads(seed=1)).card["id"] != card["id"]
    other_values = leads().assign(visits=lambda d: d["visits"].to_numpy()[::-1])
    assert train(other_values).card["id"] != card["id"]
    assert train(leads(), drop=["visits"]).card["id"] != card["id"]
    assert train(with_attrs(leads(), goal="opportunity")).card["id"] != card["id"]


def test_the_goal_is_kept_as_it_was_given_and_said_in_words():
    goal = {"property": "lifecyclestage", "value": "customer", "within_days": 30}
    card = train(with_attrs(leads(), goal=goal, goal_text="customer within 30 days")).card
    assert (card["goal"], card["goal_text"]) == (goal, "customer within 30 days")


def test_the_quantiles_are_sorted_and_at_most_a_thousand(card):
    for name in ("whole", "fit", "engagement"):
        grid = card["quantiles"][name]
        assert grid == sorted(grid)
        assert 100 < len(grid) <= 1000
