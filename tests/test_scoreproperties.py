from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.scoreproperties import definitions_of, same, values_of
from leadscore.settings import PROPERTIES

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
    return values_of(scores.to_dict("records"), old or {}, prefix="leadscore", at=AT)["7"]


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
    numbers = won.assign(score=50, probability=0.5)
    assert _values(numbers).keys() == values.keys()


@given(st.floats(0, 1))
def test_a_probability_is_a_plain_decimal_number(probability):
    text = _values(_scores(probability=probability))["leadscore_probability"]
    assert re.fullmatch(r"[01]\.[0-9]{6}", text)
    assert float(text) == pytest.approx(probability, abs=1e-6)


def test_only_the_properties_that_are_wanted_get_values():
    some = values_of(
        _scores().to_dict("records"),
        {},
        prefix="leadscore",
        at=AT,
        names=["leadscore_score", "leadscore_tier"],
    )
    assert some == {"7": {"leadscore_score": "80", "leadscore_tier": "A"}}
    assert [d["name"] for d in definitions_of("x", ["tier"])] == ["x_tier"]
    assert tuple(d["name"][2:] for d in definitions_of("x")) == PROPERTIES


@pytest.mark.parametrize("reasons", ["", "  ", "\ud800"])
def test_no_reason_is_said_so_rather_than_left_as_it_was(reasons):
    said = _values(_scores().assign(reasons=pd.Series([reasons], dtype=object)))
    assert said["leadscore_reasons"] in ("Nothing stands out.", "?")


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
