import json

import pandas as pd
import pytest
from leadframes import leads

from leadscore.errors import ModelError
from leadscore.evaluation import evaluate
from leadscore.modellist import models
from leadscore.registry import load_live, promote, register
from leadscore.training import train

DATA = leads()


def evaluated(data, **recipe):
    model = train(data, **recipe)
    evaluate(model, data)
    return model


GOOD = evaluated(DATA)
CLOSE = evaluated(DATA, drop=["opted_in"])


def only(frame):
    (row,) = frame.to_dict("records")
    return row


def test_a_workspace_without_models_has_an_empty_list_of_the_same_types(store):
    empty = models(store)
    assert empty.empty
    register(store, GOOD)
    pd.testing.assert_series_equal(empty.dtypes, models(store).dtypes)


def test_the_list_says_what_each_model_was_made_of_and_how_good_it_is(store):
    register(store, GOOD)
    row = only(models(store))
    assert row["id"] == GOOD.id
    assert row["rows"] == 1500
    assert row["conversions"] == int(DATA["outcome"].sum())
    assert row["roc_auc_low"] < row["roc_auc"] < row["roc_auc_high"]
    assert row["signal"] is True
    assert (row["live"], row["problem"]) == (False, "")
    assert pd.isna(row["promoted_at"])


def test_a_model_that_was_never_evaluated_is_listed_without_figures(store):
    register(store, train(DATA))
    row = only(models(store))
    assert pd.isna(row["roc_auc"])
    assert pd.isna(row["signal"])


def test_a_damaged_model_is_listed_as_such_and_not_loaded(store):
    for model in (GOOD, CLOSE):
        register(store, model)
    promote(store, GOOD.id)
    (store.workspace / "models" / GOOD.id / "model.skops").write_bytes(b"PK")
    listed = models(store).set_index("id")
    assert "is not the one that its card describes" in listed.loc[GOOD.id, "problem"]
    assert listed.loc[CLOSE.id, "problem"] == ""
    with pytest.raises(ModelError):
        load_live(store)


def test_a_model_of_another_scikit_learn_is_listed_as_such(store):
    folder = register(store, GOOD)
    card = json.loads((folder / "card.json").read_text())
    card["versions"]["scikit-learn"] = "0.1"
    (folder / "card.json").write_text(json.dumps(card))
    assert "scikit-learn 0.1" in only(models(store))["problem"]
