from __future__ import annotations

import pandas as pd
import pytest
from leadframes import leads

from leadscore.errors import DataError, ModelError, UsageError
from leadscore.evaluation import evaluate
from leadscore.goals import reaches
from leadscore.registry import goal_of, promote, register
from leadscore.steps import among, live_model, newest_scores, property_names, score_and_keep
from leadscore.training import train

KNOWN = {"jobtitle": {"label": "Job Title"}, "seats_needed": {"label": "seats needed"}}


def test_a_property_goes_by_its_name_or_by_its_label():
    assert property_names(KNOWN, ["jobtitle", "Job Title"]) == ["jobtitle", "jobtitle"]


def test_a_tables_own_name_wins_over_hubspots_property_of_that_name():
    known = {"createdate": {"label": "Create date"}, "table_createdate": {"label": "createdate"}}
    assert property_names(known, ["createdate"]) == ["table_createdate"]


def test_a_property_that_is_not_there_suggests_the_nearest():
    with pytest.raises(UsageError, match="jobtitle"):
        property_names(KNOWN, ["jobtitel"])


def test_a_property_without_any_value_may_be_left_out_too():
    assert among(pd.DataFrame({"a": [1]}), ["a", "empty"]) == ["a"]


def test_what_was_not_made_yet_says_which_command_makes_it(store):
    with pytest.raises(DataError, match="leadscore train"):
        score_and_keep(store)
    with pytest.raises(DataError, match="leadscore score"):
        newest_scores(store)


@pytest.fixture(scope="module")
def model():
    data = leads()
    made = train(data)
    evaluate(made, data)
    return made


def test_the_live_model_is_taken_and_nothing_is_trained(store, model):
    register(store, model)
    promote(store, model.id)
    assert live_model(store, goal_of(model)).id == model.id  # from an empty store none is made


def test_where_none_is_live_or_when_asked_one_is_trained(store, model):
    with pytest.raises(DataError, match="sync"):
        live_model(store, goal_of(model))
    register(store, model)
    promote(store, model.id)
    with pytest.raises(DataError, match="sync"):
        live_model(store, goal_of(model), retrain=True)


def test_a_live_model_of_another_goal_is_not_taken_for_this_one(store, model):
    register(store, model)
    promote(store, model.id)
    with pytest.raises(ModelError, match="'customer within 30 days' is asked for"):
        live_model(store, reaches("customer", within="30D"), retrain=True)
