from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.errors import PlanError
from leadscore.scorecheck import usable
from leadscore.scoreproperties import values_of

AT = pd.Timestamp("2026-05-01", tz="UTC")
GOOD = {
    "contact_id": "7",
    "probability": 0.25,
    "score": 80,
    "tier": "A",
    "fit": 70,
    "engagement": pd.NA,
    "reasons": "because",
    "model": "m",
}
NUMBERS = st.one_of(
    st.floats(),
    st.integers(),
    st.integers(0, 100),
    st.booleans(),
    st.none(),
    st.text(max_size=4),
    st.fractions(),
    st.sampled_from([pd.NA, pd.NaT, np.float32(50), np.int64(101), np.bool_(True), -0.0, 1e-9]),
    st.sampled_from([10**400, 1j, b"50", "50", np.datetime64("NaT"), [], Fraction(1, 3)]),
)


def _frame(**more):
    return pd.DataFrame({k: pd.Series([v], dtype=object) for k, v in (GOOD | more).items()})


def _values(found):
    return values_of(found.to_dict("records"), {}, prefix="p", at=AT)["7"]


@given(name=st.sampled_from(["score", "probability", "fit", "engagement"]), value=NUMBERS)
def test_what_is_no_number_in_range_never_becomes_a_value(name, value):
    try:
        found = usable(_frame(**{name: value}))
    except PlanError:
        return
    written = _values(found)
    assert all(isinstance(v, str) and v for v in written.values())
    text = written.get(f"p_{name}")
    if text is None:
        assert name in ("fit", "engagement")
        return
    most = 1 if name == "probability" else 100
    assert 0 <= float(text) <= most
    assert math.isclose(float(text), float(value), abs_tol=1e-6)
    assert not text.startswith("-")


@pytest.mark.parametrize("dtype", ["Int64", "float64", "int32", "float32", "Float64", "object"])
def test_numbers_of_any_type_are_taken(dtype):
    frame = _frame().astype({"score": dtype})
    assert _values(usable(frame))["p_score"] == "80"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"score": math.nan}, "no usable score"),
        ({"score": 101}, "no usable score.*'7': '101'"),
        ({"score": True}, "no usable score"),
        ({"score": 55.5}, "no usable score"),
        ({"probability": math.inf}, "no usable probability"),
        ({"probability": None}, "no usable probability"),
        ({"fit": -1}, "no usable fit"),
        ({"tier": "E"}, "no tier"),
        ({"tier": None}, "no tier"),
        ({"reasons": None}, "no reasons"),
        ({"model": math.nan}, "no model"),
        ({"contact_id": None}, "no id"),
        ({"contact_id": ""}, "no id"),
        ({"contact_id": "7; drop"}, "no id"),
    ],
)
def test_each_is_one_clear_error(more, said):
    with pytest.raises(PlanError, match=said):
        usable(_frame(**more))


def test_a_column_that_lacks_is_named():
    with pytest.raises(PlanError, match="The scores lack score, reasons"):
        usable(_frame().drop(columns=["reasons", "score"]))


def test_a_contact_with_two_scores_is_refused():
    with pytest.raises(PlanError, match="2 of 2 contacts have more than one score"):
        usable(pd.concat([_frame(), _frame()]))


def test_what_reached_the_goal_needs_no_numbers():
    assert len(usable(_frame(tier="reached", score=None, probability=math.nan))) == 1


def test_those_held_out_are_left_out_and_not_looked_at():
    both = pd.concat([_frame(), _frame(contact_id="8", score=math.nan)], ignore_index=True)
    found = usable(both.assign(held_out=[False, True]))
    assert found["contact_id"].tolist() == ["7"]


def test_ids_that_were_read_as_numbers_are_ids():
    assert usable(_frame().astype({"contact_id": "int64"}))["contact_id"].tolist() == ["7"]
