import json

import numpy as np
import pandas as pd

from leadscore.terms import Carded, term_name, terms_of, weights_by_term

FEATURES = [
    {"name": "opens", "property": "opens", "group": "engagement", "label": "Emails opened"},
    {"name": "opens__30d", "property": "opens", "group": "engagement", "label": "… last 30 days"},
    {"name": "size", "property": "size", "group": "fit", "label": "Company size"},
    {"name": "visits__7d", "property": "visits", "group": "engagement", "label": "Visits, 7 days"},
]


def test_a_property_and_what_is_derived_from_it_are_one_term():
    terms = terms_of(FEATURES, [("opens",), ("opens__30d",), ("size",)])
    assert list(terms) == ["opens", "size", "visits"]
    assert terms["opens"].columns == ("opens", "opens__30d")
    assert terms["opens"].label == "Emails opened"


def test_a_property_of_which_only_derived_columns_are_left_takes_their_label():
    assert terms_of(FEATURES, [])["visits"].label == "Visits, 7 days"


def test_two_properties_together_are_a_term_after_the_properties():
    terms = terms_of(FEATURES, [("size", "opens__30d"), ("opens", "size")])
    assert list(terms)[-1] == "opens & size"
    pair = terms["opens & size"]
    assert pair.properties == ("opens", "size")
    assert pair.group == "engagement"
    assert pair.label == "Emails opened and Company size"


def test_two_columns_of_one_property_together_belong_to_that_property():
    assert list(terms_of(FEATURES, [("opens", "opens__30d")])) == ["opens", "size", "visits"]


def test_a_terms_name_does_not_depend_on_the_order():
    assert term_name(["b", "a"]) == term_name(["a", "b"]) == "a & b"


def test_the_weights_add_up_the_columns_of_each_term():
    weights = weights_by_term(np.array([1.0, 2.0, 4.0]), ["a", "b"], ["b", "a", "b"])
    row = np.array([[1.0, 1.0, 1.0]])
    assert (row @ weights.toarray()).tolist() == [[2.0, 5.0]]


def test_an_evaluation_is_noted_in_json():
    model = Carded()
    model.card = {}
    rows = pd.DataFrame({"metric": ["roc_auc", "ece"], "value": [0.7, np.nan]})
    rows.attrs = {"protocol": "rolling", "signal": np.True_}
    model.record(rows)
    assert json.loads(json.dumps(model.card)) == {
        "protocol": "rolling",
        "signal": True,
        "metrics": [{"metric": "roc_auc", "value": 0.7}, {"metric": "ece", "value": None}],
    }
