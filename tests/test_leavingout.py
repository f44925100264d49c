from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from leadscore.errors import UsageError
from leadscore.leavingout import chosen_rows, excluded_by, held_out, needs_columns

CONTACTS = pd.DataFrame(
    {
        "id": ["1", "2", "3"],
        "seniority": pd.Series(["student", None, "manager"], dtype="str"),
        "optout": pd.array([True, None, False], dtype="boolean"),
    }
)
HELD = [0, 10, 52, 73, 87]  # of the ids 0 to 99
IDS = [str(number) for number in range(20_000)]


@pytest.mark.parametrize(
    "rule",
    [
        ["1"],
        pd.Series(["1", "404"]),
        {"1"},
        "seniority == 'student'",
        "optout",
        lambda contacts: contacts["optout"],
        lambda contacts: contacts["id"] == "1",
    ],
)
def test_contacts_are_named_by_ids_by_a_condition_or_by_a_function(rule):
    assert excluded_by(rule, CONTACTS)["left out on request"].tolist() == [True, False, False]


def test_who_has_two_reasons_counts_for_the_first():
    found = excluded_by({"staff": ["1", "2"], "students": "seniority == 'student'"}, CONTACTS)
    assert {reason: int(who.sum()) for reason, who in found.items()} == {"staff": 2, "students": 0}


def test_without_a_rule_nobody_is_left_out():
    assert excluded_by(None, CONTACTS) == {}
    assert not needs_columns(None)
    assert not needs_columns(["1"])
    assert needs_columns({"students": "seniority == 'student'"})


@pytest.mark.parametrize("rule", ["nope == 1", "seniority ==", lambda c: c["nope"], 7, "id"])
def test_a_rule_that_cannot_be_used_is_refused_without_showing_a_value(rule):
    with pytest.raises(UsageError, match="exclude") as caught:
        excluded_by(rule, CONTACTS)
    assert "student" not in str(caught.value)


def test_a_condition_that_names_no_property_says_which():
    with pytest.raises(UsageError, match="nope"):
        excluded_by("nope == 1", CONTACTS)


def test_the_same_contacts_are_held_out_every_night():
    assert np.flatnonzero(held_out([str(i) for i in range(100)], 0.05)).tolist() == HELD
    assert held_out(IDS, 0.05).mean() == pytest.approx(0.05, abs=0.005)


def test_a_greater_share_holds_out_the_same_contacts_and_more():
    small, large = held_out(IDS, 0.05), held_out(IDS, 0.2)
    assert large[small].all()
    assert not held_out(IDS, 0).any()
    assert held_out(IDS, 1).all()
    with pytest.raises(UsageError, match="hold-out"):
        held_out(IDS, 5)


def test_snapshots_are_drawn_by_contact_and_moment_whatever_their_order():
    contact, at = np.repeat(np.arange(100), 50), np.tile(np.arange(50), 100) * 86_400_000
    kept = chosen_rows(IDS, contact, at, most=1000)
    assert 850 < kept.sum() < 1150
    order = np.random.default_rng(0).permutation(len(at))
    assert (chosen_rows(IDS, contact[order], at[order], most=1000) == kept[order]).all()
    assert chosen_rows(IDS, contact, at, most=5000).all()
