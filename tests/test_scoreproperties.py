from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.scoreproperties import definitions_of, same, values_of

AT = pd.Timestamp("2026-05-01T10:20:30.456", tz="UTC")


def _scores(**more):
    row = {
        "contact_id": "7",
        "score": 80,
        "tier": "A",
        "probability": 0.25,
        "fit": 70,
        "engagement": pd.NA,
        "reasons": "because",
        "model": "m",
    }
    return pd.DataFrame([row | more])


def _values(scores, old=None):
    return values_of(scores, old or {}, prefix="leadscore", at=AT)["7"]


def test_every_name_begins_with_the_prefix():
    assert all(d["name"].startswith("acme_") for d in definitions_of("acme"))


def test_values_are_strings_as_hubspot_takes_them_and_never_empty():
    values = _values(_scores())
    assert values["leadscore_scored_at"] == "2026-05-01T10:20:30.456Z"
    assert values["leadscore_probability"] == "0.250000"
    assert all(isinstance(value, str) and value for value in values.values())


def test_a_part_that_has_no_score_is_left_out_rather_than_cleared():
    assert "leadscore_engagement" not in _values(_scores())


@pytest.mark.parametrize(
    ("before", "trend"),
    [(None, "new"), ("x", "new"), ("70", "rising"), ("79", "steady"), ("95", "falling")],
)
def test_the_trend_is_against_the_score_in_the_portal(before, trend):
    old = {"7": {"leadscore_score": before}} if before else {}
    assert _values(_scores(), old)["leadscore_trend"] == trend


def test_who_reached_the_goal_has_a_tier_and_no_numbers():
    won = _scores(tier="reached", score=pd.NA, probability=float("nan"), fit=pd.NA)
    values = _values(won, {"7": {"leadscore_score": "70"}})
    names = {name.removeprefix("leadscore_") for name in values}
    assert names == {"tier", "reasons", "model", "scored_at"}
    with pytest.raises(ValueError, match="not finite"):
        _values(won.assign(tier="A"))


@given(st.floats())
def test_no_probability_outside_zero_to_one_is_ever_turned_into_a_value(probability):
    if 0 <= probability <= 1:
        text = _values(_scores(probability=probability))["leadscore_probability"]
        assert float(text) == pytest.approx(probability, abs=1e-6)
    else:
        with pytest.raises(ValueError, match="not finite, or out of range"):
            _values(_scores(probability=probability))


def test_a_contact_with_two_scores_is_refused():
    with pytest.raises(ValueError, match="two scores"):
        values_of(pd.concat([_scores(), _scores()]), {}, prefix="leadscore", at=AT)


@given(st.text(), st.text())
def test_sameness_is_symmetric_and_never_fails(one, other):
    assert same(one, other) == same(other, one)


def test_a_value_is_the_same_however_it_is_written():
    assert same("12", "12.0", "number")
    assert same("2026-05-01T10:20:30Z", "2026-05-01T10:20:30.000Z", "datetime")
    assert not same("2026-05-01T10:20:30Z", "2026-05-01T10:20:31Z", "datetime")
    assert not same("1e99999999", "2e88888888", "number")
    assert not same("12", None, "number")
    assert not same("A", "a")
