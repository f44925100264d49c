import pytest

from leadscore.lateness import LATE, late_findings


def found(history=True, **shares):
    timing = {"p": {"first_after_goal": 0.0, "at_goal": 0.0, "filled": 1.0} | shares}
    return {f.check: f.verdict for f in late_findings(timing, ["p"], history=history)}


def test_what_is_filled_before_the_goal_is_no_finding():
    assert found() == {}
    assert list(late_findings({}, ["p"], history=True)) == []


def test_what_most_have_only_after_the_goal_is_excluded():
    assert found(first_after_goal=LATE) == {"first seen after the goal": "exclude"}


def test_what_some_have_only_after_the_goal_is_advice():
    assert found(first_after_goal=0.2) == {"first seen after the goal": "advice"}


@pytest.mark.parametrize(("history", "verdict"), [(True, "advice"), (False, "exclude")])
def test_a_change_at_the_goal_excludes_only_where_values_are_todays(history, verdict):
    assert found(history, at_goal=0.7) == {"changes at the goal": verdict}


def test_only_the_named_properties_are_looked_at():
    timing = {"other": {"first_after_goal": 1.0, "at_goal": 1.0}}
    assert list(late_findings(timing, ["p"], history=True)) == []


def test_shares_that_are_not_known_are_none():
    assert found(first_after_goal=None, at_goal=None) == {}
