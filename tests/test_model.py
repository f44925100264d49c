import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leadframes import leads, with_attrs
from scipy.special import expit

from leadscore import metrics
from leadscore.errors import DataError, ModelError, UsageError
from leadscore.model import fit, total, train

MODEL = train(leads())


def test_it_learns_what_matters():
    fresh = leads(3000, seed=8)
    said = MODEL.probability(fresh)
    assert metrics.roc_auc(fresh["outcome"], said) > 0.7
    assert metrics.ece(fresh["outcome"], said) < 0.04


def test_contributions_and_base_add_up_to_the_logit_of_the_plain_pipeline():
    data = leads(500, seed=2)
    parts = MODEL.contributions(data)
    from leadscore.features import prepare

    limits = {name: tuple(span) for name, span in MODEL.card["limits"].items()}
    prepared = prepare(data, MODEL._types, options=MODEL._options, limits=limits)
    logits = MODEL.pipeline.decision_function(prepared)
    assert np.abs(MODEL.base + parts.sum(axis=1) - logits).max() < 1e-6
    assert np.allclose(MODEL.probability(data), MODEL.pipeline.predict_proba(prepared)[:, 1])
    assert np.allclose(MODEL.probability(data), expit(total(parts)))
    assert parts.attrs["base"] == MODEL.base


def test_there_is_one_contribution_per_property_under_the_frames_index():
    data = leads(50, seed=2).set_index("contact_id", drop=False)
    parts = MODEL.contributions(data)
    assert list(parts.columns) == MODEL.features
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
    monkeypatch.setattr(logistic, "decision_function", lambda matrix: np.zeros(len(matrix)))
    with pytest.raises(ModelError, match="do not add up"):
        MODEL.contributions(leads(5))


def test_the_model_does_not_depend_on_row_order_column_order_or_time_zone():
    data = leads()
    mixed = data.sample(frac=1, random_state=1)[data.columns[::-1]]
    zoned = mixed.assign(
        snapshot_at=mixed["snapshot_at"].dt.tz_convert("Pacific/Auckland"),
        last_open=mixed["last_open"].dt.tz_convert("America/New_York"),
    )
    again = train(zoned)
    assert again.card["id"] == MODEL.card["id"]
    assert again.probability(data).tobytes() == MODEL.probability(data).tobytes()


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


def test_rows_without_a_known_outcome_are_never_trained_on():
    data = leads()
    hidden = leads(700, seed=5).assign(outcome=pd.array([None] * 700, dtype="boolean"))
    hidden["contact_id"] = "x" + hidden["contact_id"]
    both = pd.concat([data, hidden.assign(visits=1e6)], ignore_index=True)
    both.attrs = data.attrs
    assert train(both).card["id"] == MODEL.card["id"]


def test_few_conversions_are_refused_with_their_number():
    data = leads()
    few = pd.concat([data[data["outcome"]].head(39), data[~data["outcome"]]])
    with pytest.raises(DataError, match=r"Only 39 contacts converted .* a model needs 40"):
        train(few)
    assert fit(few).card["training"]["conversions"] == 39


def test_conversions_count_contacts_and_not_snapshots():
    data = leads()
    few = pd.concat([*[data[data["outcome"]].head(20)] * 3, data[~data["outcome"]]])
    with pytest.raises(DataError, match="Only 20 contacts converted"):
        train(few)


@pytest.mark.parametrize("outcome", [True, False])
def test_a_single_outcome_is_refused(outcome):
    data = leads().assign(outcome=pd.array([outcome] * 1500, dtype="boolean"))
    with pytest.raises(DataError, match="Only 0 contacts"):
        train(data)
    with pytest.raises(DataError, match="one outcome"):
        fit(data)


def test_a_frame_without_the_key_columns_is_refused():
    with pytest.raises(DataError, match="no column contact_id, outcome"):
        train(leads().drop(columns=["contact_id", "outcome"]))


def test_a_property_can_be_dropped_by_name_or_label():
    by_name, by_label = train(leads(), drop=["visits"]), train(leads(), drop=["Page visits"])
    assert "visits" not in by_name.features
    assert by_label.features == by_name.features
    assert by_name.card["excluded"] == [{"property": "visits", "why": "left out on request"}]


def test_a_name_that_is_not_there_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match=r"no property 'visit'.*visits"):
        train(leads(), drop=["visit"])
    with pytest.raises(UsageError, match="no property 'outcome'"):
        train(leads(), drop=["outcome"])


def leaky():
    return leads().assign(won=lambda d: np.where(d["outcome"], 9.0, 1.0), total_revenue=1.5)


def test_what_the_audit_finds_is_left_out_and_said_on_the_card():
    model = train(leaky())
    assert "won" not in model.features
    why = {e["property"]: e["why"] for e in model.card["excluded"]}
    assert set(why) == {"won", "total_revenue"}
    assert why["won"].startswith("too good alone")


def test_keep_overrules_the_audit():
    model = train(leaky(), keep=["won"])
    assert "won" in model.features
    assert [e["property"] for e in model.card["excluded"]] == ["total_revenue"]


def test_exclusions_made_before_are_carried_on_and_may_be_named_again():
    given = [{"property": "stage_date", "why": "written after the outcome"}]
    assert train(with_attrs(leads(), excluded=given)).card["excluded"] == given
    again = train(with_attrs(leads(), excluded=given), drop=["stage_date"])
    assert again.card["excluded"] == [{"property": "stage_date", "why": "left out on request"}]


def test_nothing_left_to_learn_from_is_refused():
    with pytest.raises(DataError, match="No property is left"):
        train(leads(), drop=MODEL.features)


def test_columns_that_are_not_what_their_types_say_are_refused():
    wrong = with_attrs(leads().assign(visits="many"), types={"visits": "number"})
    with pytest.raises(DataError, match="visits is string, not number"):
        train(wrong)


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
