import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadframes import leads

from leadscore.drifting import (
    check_missingness,
    drift,
    lost_properties,
    mean,
    missingness,
    psi,
    worth,
)
from leadscore.errors import GuardError, ModelError
from leadscore.reference import reference_of
from leadscore.training import train

DATA = leads()
MODEL = train(DATA)
MODEL.card["reference"] = reference_of(MODEL, DATA)
LATER = leads(seed=4)

counts = st.lists(st.integers(0, 10_000), min_size=2, max_size=12)


def row(found, name, check):
    (one,) = found[(found["property"] == name) & (found["check"] == check)].to_dict("records")
    return one


def emptied(frame, name, share=1.0):
    gone = np.random.default_rng(0).random(len(frame)) < share
    changed = frame.copy()
    changed[name] = changed[name].mask(gone)
    return changed


def test_psi_is_the_sum_of_differences_times_log_ratios():
    then, now = np.array([2000.0, 5000, 3000]), np.array([4000.0, 4000, 2000])
    e, a = then / then.sum(), now / now.sum()
    assert psi(then, now) == pytest.approx(float(((a - e) * np.log(a / e)).sum()), rel=1e-3)


@given(counts, st.data())
def test_psi_is_never_negative_symmetric_and_finite(then, data):
    now = data.draw(st.lists(st.integers(0, 10_000), min_size=len(then), max_size=len(then)))
    assert 0 <= psi(then, now) < np.inf
    assert psi(then, now) == pytest.approx(psi(now, then))


@given(counts)
def test_psi_of_a_sample_with_itself_is_zero(then):
    assert psi(then, then) == 0


def test_rows_like_those_it_learnt_from_give_no_alarm():
    found = drift(MODEL, LATER)
    assert set(found["verdict"]) == {"ok"}
    assert set(found["advice"]) == {""}
    # The score, and for each property its values and its gaps.
    assert len(found) == 1 + 2 * len(MODEL.features)


def test_a_property_that_moved_is_found_alone_and_the_score_with_it():
    found = drift(MODEL, LATER.assign(visits=LATER["visits"] + 4))
    moved = found[found["verdict"] == "alarm"]
    assert set(moved["property"]) == {"", "visits"}
    assert (moved["value"] > 0.25).all()
    assert (moved["low"] < moved["value"]).all()
    assert (moved["value"] < moved["high"]).all()
    assert (moved["advice"] != "").all()


def test_a_property_without_weight_that_moved_is_advice_and_no_alarm():
    changed = LATER.assign(opted_in=pd.array([True] * len(LATER), dtype="boolean"))
    found = drift(MODEL, changed)
    assert row(found, "opted_in", "psi")["verdict"] == "advice"
    assert "alarm" not in set(found["verdict"])


def test_few_leads_give_no_alarm_by_chance():
    few = drift(MODEL, LATER.head(30))
    assert few.loc[few["check"] == "psi", "value"].max() > 0.1
    assert not set(few["verdict"]) & {"advice", "alarm"}
    assert "too few" in set(few["verdict"])


def test_by_chance_alone_hardly_a_comparison_in_twenty_is_remarked_on():
    found = pd.concat([drift(MODEL, leads(120, seed=seed)) for seed in range(100, 120)])
    told = found[(found["check"] == "psi") & (found["verdict"] != "too few")]
    assert len(told) > 60
    assert (told["verdict"] != "ok").mean() <= 0.05


def test_a_property_that_is_empty_now_is_an_alarm_if_scores_rest_on_it():
    assert row(drift(MODEL, emptied(LATER, "source")), "source", "missing")["verdict"] == "alarm"
    light = row(drift(MODEL, emptied(LATER, "opted_in")), "opted_in", "missing")
    assert light["verdict"] == "advice"
    assert "empty now" in light["advice"]


def test_a_property_that_is_filled_now_is_remarked_on_too():
    filled = LATER.assign(opted_in=LATER["opted_in"].fillna(value=False))
    found = row(drift(MODEL, filled), "opted_in", "missing")
    assert (found["value"], found["verdict"]) == (0, "advice")


def test_what_nothing_is_known_of_cannot_be_compared():
    with pytest.raises(ModelError, match="Nothing is known of the rows"):
        drift(train(DATA), LATER)


def test_the_frame_of_drift_does_not_depend_on_the_order_of_the_rows():
    mixed = LATER.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(drift(MODEL, mixed), drift(MODEL, LATER))


def test_missingness_is_compared_with_what_it_learnt_from():
    changed = emptied(emptied(LATER, "source"), "visits", 0.5)
    changed["opted_in"] = changed["opted_in"].fillna(value=True)
    found = missingness(MODEL, changed).set_index("property")
    assert found["verdict"].to_dict() == {
        "interests": "ok",
        "last_open": "ok",
        "opted_in": "fuller",
        "source": "lost",
        "visits": "emptier",
    }
    assert found.loc["source", "then"] == pytest.approx(DATA["source"].isna().mean(), abs=1e-6)
    assert found["weight"].sum() == pytest.approx(1)


def test_a_frame_that_lost_what_scores_rest_on_is_refused_in_words():
    with pytest.raises(GuardError, match=r"All values of source are missing.* 91% of the leads"):
        check_missingness(MODEL, emptied(LATER, "source"))


def test_a_frame_that_lost_next_to_nothing_is_scored():
    check_missingness(MODEL, emptied(LATER, "opted_in"))
    check_missingness(MODEL, emptied(LATER, "source", 0.9))
    check_missingness(MODEL, LATER)


def test_one_lead_without_a_value_is_no_accident_and_no_loss():
    check_missingness(MODEL, emptied(LATER.head(3), "source"))


def test_a_model_of_unknown_weights_refuses_whatever_is_lost():
    with pytest.raises(GuardError, match="opted_in"):
        check_missingness(train(DATA), emptied(LATER, "opted_in"))


def test_that_the_leads_have_grown_older_is_no_drift():
    rng = np.random.default_rng(0)

    def leads_of_ages(days, visits_a_day=0.1, seed=0):
        frame = leads(len(days), seed=seed)
        created = frame["snapshot_at"] - pd.to_timedelta(days, unit="D")
        return frame.assign(createdate=created, visits=rng.poisson(visits_a_day * days) + 0.0)

    young, old = rng.uniform(0, 100, 2000), rng.triangular(0, 100, 100, 2000)
    known = reference_of(MODEL, leads_of_ages(young))
    grown = leads_of_ages(old, seed=1)
    aged = row(drift(MODEL, grown, reference=known), "visits", "psi")
    assert aged["verdict"] == "ok"
    raw = row(drift(MODEL, grown, reference=known | {"ages": None}), "visits", "psi")
    assert raw["value"] > 0.1
    busier = leads_of_ages(old, visits_a_day=0.3, seed=1)
    assert row(drift(MODEL, busier, reference=known), "visits", "psi")["verdict"] == "alarm"


def test_no_lead_of_a_known_age_is_too_few_to_tell():
    created = DATA.assign(createdate=DATA["snapshot_at"] - pd.Timedelta(days=7))
    known = reference_of(MODEL, created)
    old = LATER.assign(createdate=LATER["snapshot_at"] - pd.Timedelta(days=700))
    found = drift(MODEL, old, reference=known)
    assert set(found.loc[found["check"] == "psi", "verdict"]) == {"too few"}
    assert worth(old, np.zeros(len(old))) == 0


def test_weighted_rows_are_worth_fewer_contacts():
    assert worth(LATER, np.ones(1500)) == 1500
    assert worth(LATER, np.repeat([1.0, 0.0], 750)) == 750
    assert mean([1, 0], np.array([3.0, 1.0])) == 0.75


def test_a_column_that_is_not_there_at_all_counts_as_empty():
    found = missingness(MODEL, LATER.drop(columns="source")).set_index("property")
    assert found.loc["source", ["now", "verdict"]].tolist() == [1.0, "lost"]
    assert "source" in lost_properties(MODEL, LATER.drop(columns="source"))
    assert lost_properties(MODEL, LATER) == ""
