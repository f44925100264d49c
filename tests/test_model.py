import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leadframes import leads
from scipy.special import expit

from leadscore import metrics
from leadscore.errors import ModelError
from leadscore.model import total
from leadscore.training import train

MODEL = train(leads())


def test_it_learns_what_matters():
    fresh = leads(3000, seed=8)
    said = MODEL.probability(fresh)
    assert metrics.roc_auc(fresh["outcome"], said) > 0.7
    assert metrics.ece(fresh["outcome"], said) < 0.04


def test_contributions_and_base_add_up_to_the_logit_of_the_plain_pipeline():
    data = leads(500, seed=2)
    parts = MODEL.contributions(data)
    prepared = MODEL.prepared(data)
    logits = MODEL.pipeline.decision_function(prepared)
    assert np.abs(MODEL.base + parts.sum(axis=1) - logits).max() < 1e-6
    assert np.allclose(MODEL.probability(data), MODEL.pipeline.predict_proba(prepared)[:, 1])
    assert np.allclose(MODEL.probability(data), expit(total(parts)))
    assert parts.attrs["base"] == MODEL.base


def test_there_is_one_contribution_per_property_under_the_frames_index():
    data = leads(50, seed=2).set_index("contact_id", drop=False)
    parts = MODEL.contributions(data)
    assert list(parts.columns) == list(MODEL.terms) == MODEL.features
    assert MODEL.features == ["interests", "last_open", "opted_in", "source", "visits"]
    assert parts.index.equals(data.index)


def test_contributions_are_relative_to_the_average_training_row():
    parts = MODEL.contributions(leads())
    assert np.abs(parts.mean()).max() < 1e-9


def test_a_property_that_does_not_differ_does_not_contribute_differently():
    data = leads(200, seed=2)
    other = data.assign(source="web")
    parts, changed = MODEL.contributions(data), MODEL.contributions(other)
    pd.testing.assert_frame_equal(parts.drop(columns="source"), changed.drop(columns="source"))
    assert (changed["source"] == changed["source"].iloc[0]).all()


def test_a_damaged_model_does_not_give_reasons_that_do_not_add_up(monkeypatch):
    logistic = MODEL.pipeline[-1]
    monkeypatch.setattr(logistic, "decision_function", lambda matrix: np.zeros(matrix.shape[0]))
    with pytest.raises(ModelError, match="do not add up"):
        MODEL.contributions(leads(5))


def test_a_rows_probability_does_not_depend_on_the_rows_beside_it():
    data = leads(300, seed=3)
    whole = MODEL.probability(data)
    for part in (slice(0, 1), slice(17, 60), slice(299, 300)):
        assert MODEL.probability(data.iloc[part]).tobytes() == whole[part].tobytes()


def test_many_rows_are_scored_in_pieces(monkeypatch):
    data = leads(300, seed=3)
    whole = MODEL.contributions(data)
    monkeypatch.setattr("leadscore.model._CHUNK", 64)
    pd.testing.assert_frame_equal(MODEL.contributions(data), whole)


def test_no_rows_give_no_probabilities():
    assert MODEL.probability(leads(5).iloc[:0]).shape == (0,)


@settings(max_examples=50)
@given(
    visits=st.floats(allow_nan=True, allow_infinity=True),
    source=st.one_of(st.none(), st.text(max_size=9)),
    days=st.integers(-(10**4), 10**4),
)
def test_whatever_a_lead_holds_its_probability_is_one(visits, source, days):
    lead = leads(1).assign(visits=visits, source=pd.Series([source], dtype="str"))
    lead["last_open"] = lead["snapshot_at"] + pd.Timedelta(days=days)
    said = MODEL.probability(lead)[0]
    assert 0 <= said <= 1


def test_a_frame_that_does_not_fit_is_refused_with_all_differences():
    odd = leads(10).drop(columns="source").assign(visits="3", newcomer=1.0)
    with pytest.raises(ModelError) as refused:
        MODEL.probability(odd)
    for part in ("missing: source", "visits is string, not number", "newcomer"):
        assert part in refused.value.message


def test_column_order_and_further_columns_do_not_matter():
    data = leads(20, seed=1)
    other = data[data.columns[::-1]].assign(newcomer=1.0)
    assert MODEL.probability(other).tobytes() == MODEL.probability(data).tobytes()


def test_one_probability_for_everyone_is_refused():
    empty = leads(200).assign(
        visits=np.nan, source=None, opted_in=pd.NA, last_open=pd.NaT, interests=None
    )
    with pytest.raises(ModelError, match="All 200 contacts get one and the same probability"):
        MODEL.probability(empty)


def test_a_column_that_is_empty_now_is_scored_as_missing():
    empty = leads(50).assign(visits=None, interests=None, source=None)
    assert np.isfinite(MODEL.probability(empty)).all()


def test_seconds_or_microseconds_give_the_same_ages():
    data = leads(50)
    coarse = data.assign(last_open=data["last_open"].astype("datetime64[s, UTC]"))
    assert MODEL.probability(coarse).tobytes() == MODEL.probability(data).tobytes()


def test_an_evaluation_is_noted_on_the_card():
    rows = pd.DataFrame(
        {"metric": ["roc_auc", "lift"], "value": [0.7, np.nan], "low": 0.6, "high": 0.8}
    )
    rows.attrs = {"protocol": "temporal_holdout", "signal": True}
    model = train(leads())
    model.record(rows)
    assert model.card["protocol"] == "temporal_holdout"
    assert model.card["metrics"][1] == {"metric": "lift", "value": None, "low": 0.6, "high": 0.8}


def test_the_model_shows_itself_in_one_line():
    assert repr(MODEL) == f"LeadModel({MODEL.id!r}, goal='customer', 5 features)"
