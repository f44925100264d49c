import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.errors import DataError
from leadscore.ruleconditions import OPERATORS, age_of, flaw, holds, types_of
from leadscore.ruleterms import Condition

NOW = pd.Timestamp("2026-05-01", tz="UTC")
FRAME = pd.DataFrame(
    {
        "contact_id": list("abcd"),
        "snapshot_at": NOW,
        "seats": [3.0, 12.0, np.nan, 50.0],
        "views__30d": [0.0, 2.0, 5.0, np.nan],
        "views__since": [1.0, 40.0, 7.0, np.nan],
        "views": [9.0, 9.0, 9.0, np.nan],
        "opted": pd.array([True, False, None, True], dtype="boolean"),
        "country": pd.Series(["DE", " de ", None, "NO"], dtype="str"),
        "jobtitle": pd.Series(["VP Sales", "Nurse", None, "Vertriebsleiterin"], dtype="str"),
        "mail": pd.Series(["gmail.com", "acme.com", None, "mit.edu"], dtype="str"),
        "tags": [["api", "b"], [], None, ["c"]],
        "clicked": NOW - pd.to_timedelta([5, 60, np.nan, -3], unit="D"),
        "signed": pd.to_datetime(["2026-04-30", None, "2026-01-01", "2026-05-01"]),
    }
)
TYPES = types_of(FRAME, FRAME.columns)


def fulfilled(name, operator, value=True, **options):
    return holds(Condition(name, operator, value, **options), FRAME, TYPES).tolist()


@pytest.mark.parametrize(
    ("name", "operator", "value", "wanted"),
    [
        ("seats", "equals", 12, [0, 1, 0, 0]),
        ("seats", "any_of", (3, 50), [1, 0, 0, 1]),
        ("seats", "none_of", (3, 50), [0, 1, 0, 0]),
        ("seats", "at_least", 12, [0, 1, 0, 1]),
        ("seats", "more_than", 12, [0, 0, 0, 1]),
        ("seats", "at_most", 12, [1, 1, 0, 0]),
        ("seats", "less_than", 12, [1, 0, 0, 0]),
        ("seats", "between", (3, 12), [1, 1, 0, 0]),
        ("seats", "known", True, [1, 1, 0, 1]),
        ("seats", "known", False, [0, 0, 1, 0]),
        ("opted", "equals", True, [1, 0, 0, 1]),
        ("opted", "equals", False, [0, 1, 0, 0]),
        ("opted", "known", False, [0, 0, 1, 0]),
        ("country", "equals", "de", [1, 1, 0, 0]),
        ("country", "any_of", ("de", "no"), [1, 1, 0, 1]),
        ("country", "none_of", ("de",), [0, 0, 0, 1]),
        ("jobtitle", "contains", ("sales", "vertrieb"), [1, 0, 0, 1]),
        ("jobtitle", "role", ("sales",), [1, 0, 0, 1]),
        ("jobtitle", "seniority", ("vp", "chief"), [1, 0, 0, 0]),
        ("mail", "domain", ("free", "education"), [1, 0, 0, 1]),
        ("tags", "any_of", ("API", "c"), [1, 0, 0, 1]),
        ("tags", "none_of", ("api",), [0, 1, 0, 1]),
        ("tags", "known", True, [1, 1, 0, 1]),
        ("clicked", "within", 5, [1, 0, 0, 0]),
        ("clicked", "older_than", 5, [0, 1, 0, 0]),
        ("clicked", "known", True, [1, 1, 0, 0]),
        ("clicked", "due_within", 3, [0, 0, 0, 1]),
        ("clicked", "due_within", 2, [0, 0, 0, 0]),
        ("clicked", "due_after", 2, [0, 0, 0, 1]),
        ("signed", "due_within", 9, [0, 0, 0, 0]),
        ("signed", "within", 1, [1, 0, 0, 1]),
        ("signed", "older_than", 30, [0, 0, 1, 0]),
        ("views", "changed_within", 7, [1, 0, 1, 0]),
        ("views", "unchanged_for", 7, [0, 1, 0, 0]),
    ],
)
def test_operators_mean_what_they_say(name, operator, value, wanted):
    assert fulfilled(name, operator, value) == [bool(one) for one in wanted]


def test_what_a_counter_gained_lately_is_counted():
    assert fulfilled("views", "at_least", 2, in_last=30) == [False, True, True, False]


def test_every_operator_is_tested_above():
    marks = test_operators_mean_what_they_say.pytestmark[0].args[1]
    assert {case[1] for case in marks} == set(OPERATORS)


@given(st.sampled_from([n for n in OPERATORS if n != "known"]), st.integers(1, 9))
def test_a_missing_value_fulfils_nothing_but_unknown(operator, number):
    takes = OPERATORS[operator].takes
    value = {"list": ("a",), "pair": (0, number)}.get(takes, number)
    empty = FRAME.assign(**{name: FRAME[name].where([False] * 4) for name in FRAME.columns[2:]})
    for name in ("seats", "country", "opted", "clicked", "tags", "views"):
        condition = Condition(name, operator, value)
        if TYPES.get(condition.column) in OPERATORS[operator].types:
            assert not holds(condition, empty, TYPES).any()


@given(st.lists(st.one_of(st.none(), st.text(max_size=5)), min_size=1), st.text(max_size=3))
def test_equals_any_of_and_none_of_divide_the_known_values(values, wanted):
    frame = pd.DataFrame({"x": pd.Series(values, dtype=object)})
    types = {"x": "string"}
    one = holds(Condition("x", "equals", wanted), frame, types)
    assert (one == holds(Condition("x", "any_of", (wanted,)), frame, types)).all()
    rest = holds(Condition("x", "none_of", (wanted,)), frame, types)
    known = holds(Condition("x", "known"), frame, types)
    assert (one ^ rest == known).all()


@given(st.lists(st.floats(allow_nan=True)), st.floats(-5, 5))
def test_at_least_and_less_than_divide_the_known_numbers(values, limit):
    frame = pd.DataFrame({"x": pd.Series(values, dtype="float64")})
    types = {"x": "number"}
    high, low, known = (
        holds(Condition("x", operator, value), frame, types)
        for operator, value in (("at_least", limit), ("less_than", limit), ("known", True))
    )
    assert (high ^ low == known).all()


def test_rows_keep_their_places_under_any_index():
    shuffled = FRAME.set_axis([9, 9, 2, 1])
    for name in ("seats", "tags", "clicked", "country"):
        condition = Condition(name, "known")
        assert (holds(condition, shuffled, TYPES) == holds(condition, FRAME, TYPES)).all()
    ticked = Condition("tags", "any_of", ("c",))
    assert holds(ticked, shuffled, TYPES).tolist() == [False, False, False, True]


def test_a_condition_that_cannot_be_looked_up_says_why():
    assert flaw(Condition("country", "at_least", 3), TYPES) == (
        "country is string, and at_least takes number"
    )
    assert flaw(Condition("seats", "within", 3), TYPES) == (
        "seats is number, and within takes date or datetime"
    )
    assert flaw(Condition("views", "at_least", 3, in_last=7), TYPES) == (
        "there is no column views__7d"
    )
    assert flaw(Condition("seats", "at_least", 3), TYPES) == ""


def test_ages_come_from_the_date_or_from_the_last_change():
    assert age_of("clicked", FRAME, TYPES)[:2].tolist() == [5, 60]
    assert age_of("views", FRAME, TYPES)[:3].tolist() == [1, 40, 7]
    with pytest.raises(DataError, match="How long ago seats changed is not known"):
        age_of("seats", FRAME, TYPES)


def test_dates_need_a_moment_to_count_from():
    with pytest.raises(DataError, match="no column snapshot_at"):
        holds(Condition("clicked", "within", 5), FRAME.drop(columns="snapshot_at"), TYPES)


def test_hubspots_types_win_over_what_a_column_looks_like():
    typed = FRAME[["country"]].copy()
    typed.attrs["types"] = {"country": "enumeration"}
    assert types_of(typed, ["country", "absent"]) == {"country": "enumeration"}
