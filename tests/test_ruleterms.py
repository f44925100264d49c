import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.ruleconditions import OPERATORS
from leadscore.ruleterms import Condition, Decay, Rule, default_name, described

AGES = st.floats(0, 10_000)
DECAYS = st.builds(Decay, st.floats(1, 365), st.one_of(st.none(), st.floats(1, 100)))


def test_hubspots_example_of_linear_decay_holds():
    left = 10 * Decay(30, percent=50).factor(np.array([0, 29, 30, 59, 60, 400.0]))
    assert left.tolist() == [10, 10, 5, 5, 0, 0]


def test_a_half_life_halves():
    assert (8 * Decay(7).factor(np.array([0, 7, 14, 21.0]))).tolist() == [8, 4, 2, 1]


def test_points_of_unknown_age_and_of_the_future_do_not_fade():
    for decay in (Decay(30), Decay(30, percent=20)):
        assert decay.factor(np.array([np.nan, -5.0])).tolist() == [1, 1]


@given(DECAYS, AGES, AGES)
def test_points_never_grow_with_age_and_never_turn_round(decay, one, other):
    younger, older = decay.factor(np.sort([one, other]))
    assert 0 <= older <= younger <= 1


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_has_words(operator):
    value = (1, 2) if OPERATORS[operator].takes in ("list", "pair") else 3
    assert str(Condition("seats", operator, value)).startswith("seats ")


@pytest.mark.parametrize(
    ("condition", "column"),
    [
        (Condition("views", "at_least", 3), "views"),
        (Condition("views", "at_least", 3, in_last=30), "views__30d"),
        (Condition("stage", "changed_within", 7), "stage__since"),
        (Condition("stage", "unchanged_for", 7), "stage__since"),
    ],
)
def test_a_condition_knows_the_column_that_tells(condition, column):
    assert condition.column == column


def test_rules_are_described_as_a_person_would():
    conditions = (
        Condition("country", "any_of", ("DE", "AT")),
        Condition("views", "at_least", 3.0, in_last=7),
        Condition("opted_out", "equals", False),
        Condition("phone", "known", False),
    )
    assert described(conditions) == (
        "country is DE or AT and views in the last 7 days is at least 3"
        " and opted_out is no and phone is unknown"
    )
    assert Rule("r", 1, conditions).properties == ("country", "views", "opted_out", "phone")


def test_a_rule_that_counts_is_called_so():
    counted = (Condition("views", "known"), Condition("seats", "at_least", 3))
    assert default_name(counted, each=True) == "each of views and seats is at least 3"
    assert default_name(counted, each=False) == "views is known and seats is at least 3"
